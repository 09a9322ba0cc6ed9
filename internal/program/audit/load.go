package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program"
)

const (
	runtimePath = "github.com/scopegen/scopegen/runtime"
	implPath    = runtimePath + "/clientimpl"
	sourcePath  = runtimePath + "/oauth2token"
)

// Config says what to audit. The environment (GOOS, GOARCH, GOFLAGS, GOWORK)
// counts as it does for the go command.
type Config struct {
	Dir      string
	Patterns []string
	Tags     string            // build tags, separated by commas
	Overlay  map[string][]byte // absolute path → content that counts instead of the one on disk
	Library  bool              // audit the exported functions and types of packages that are no programs
	Tests    bool              // audit the programs that the go command makes of tests too
	Precise  bool              // link the programs, and leave out what the linker did

	linkInto string // the folder in which linked programs stay; "" for none
}

// code is what was loaded: the graph of all packages, and the sources of those
// that can make calls.
type code struct {
	graph       map[string]*packages.Package // all packages, by ID
	listed      *program.Graph               // the same, beginning with those that the patterns match
	roots       []start                      // what is audited
	affected    map[string]bool              // IDs of packages that import the runtime, directly or not
	ours        map[string]bool              // their import paths, and the runtime's
	apis        []*api
	generatedBy map[string]*api // by import path
	dir         string          // absolute
	madeUp      map[string]bool // files that the go command writes for tests
	program     *program.Program
	linked      []linked                 // what packages without sources link to by name
	outside     map[string]*outside      // what is known of packages that are not analysed, by import path
	name        func(file string) string // the path of a file for people
	judged      func(file string) bool   // whether an unused suppression in a file is a finding; nil: always
}

// loadGraph loads the graph of packages, and the tables of the APIs in it.
func loadGraph(ctx context.Context, config Config) (*code, error) {
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	graph, err := program.LoadGraph(ctx, program.Config{
		Dir: dir, Patterns: config.Patterns, Tags: config.Tags, Overlay: config.Overlay, WithoutTests: !config.Tests,
	})
	if err != nil {
		return nil, err
	}
	c := &code{graph: map[string]*packages.Package{}, affected: map[string]bool{}, ours: map[string]bool{}, generatedBy: map[string]*api{}, dir: dir, madeUp: map[string]bool{}, listed: graph, outside: map[string]*outside{}}
	var broken []string
	for p := range packages.Postorder(graph.Packages) {
		c.graph[p.ID] = p
		for _, e := range p.Errors {
			broken = append(broken, p.PkgPath+": "+strings.TrimPrefix(e.Error(), "-: "))
		}
		for _, imported := range p.Imports {
			if imported.PkgPath == runtimePath || imported.PkgPath == implPath || c.affected[imported.ID] {
				c.affected[p.ID] = !isRuntime(p.PkgPath)
			}
		}
		if c.affected[p.ID] || isRuntime(p.PkgPath) {
			c.ours[p.PkgPath] = true
		}
	}
	if len(broken) > 0 {
		return nil, errors.New("the program cannot be loaded completely:\n  " + strings.Join(broken, "\n  "))
	}
	return c, c.findAPIs()
}

// load loads the program in two steps: first the graph of packages, without any
// types; then the sources of the packages that can make calls, and what these can name of
// others.
func load(ctx context.Context, config Config) (*code, error) {
	c, err := loadGraph(ctx, config)
	if err != nil {
		return nil, err
	}
	if err := c.findRoots(config); err != nil {
		return nil, err
	}
	// Only what a root contains is read.
	needed := map[string]bool{}
	for _, root := range c.roots {
		if !c.affected[root.pkg.ID] {
			continue
		}
		for p := range packages.Postorder([]*packages.Package{root.pkg}) {
			if c.affected[p.ID] && !c.generated(p.PkgPath) {
				needed[p.ID] = true
			}
		}
	}
	c.program, err = c.listed.LoadSources(ctx, func(p *packages.Package) bool { return needed[p.ID] }, c.own)
	if err != nil {
		return nil, err
	}
	if err := c.program.CompileError(); err != nil {
		return nil, err
	}
	c.name = c.program.Name
	return c, c.scanOutside()
}

// own reports whether those who run the audit wrote a package, in a module of theirs or in
// a folder that takes the place of one, so that they are told if it does not compile.
func (c *code) own(p *packages.Package) bool {
	if p.Module == nil || isRuntime(p.PkgPath) || !p.Module.Main && (p.Module.Replace == nil || p.Module.Replace.Version != "") {
		return false
	}
	a := c.apiOf(p.PkgPath)
	return a == nil || a.unverified || len(a.edited) > 0
}

// isRuntime reports whether a package is the runtime, or below it.
func isRuntime(path string) bool {
	return path == runtimePath || strings.HasPrefix(path, runtimePath+"/")
}

// isGo reports whether a file is named as source files are; what the go command
// writes for tests is not.
func isGo(name string) bool { return filepath.Ext(name) == ".go" }

// start is what is audited, and what it is.
type start struct {
	pkg  *packages.Package // in the graph
	path string            // import path: of a test, of what it tests
	kind Kind
}

func (s start) name() string { return Root{Package: s.path, Kind: s.kind}.Name() }

// findRoots finds what to audit among the packages that the patterns match.
func (c *code) findRoots(config Config) error {
	for _, p := range c.listed.Packages {
		if c.generated(p.PkgPath) || p.ForTest != "" {
			continue
		}
		tested, test := strings.CutSuffix(p.ID, ".test")
		switch {
		case test && config.Tests && p.Name == "main" && c.graph[tested] != nil && !slices.ContainsFunc(p.GoFiles, isGo):
			if !c.generated(tested) {
				c.roots = append(c.roots, start{p, tested, Test})
			}
			for _, name := range p.GoFiles {
				c.madeUp[name] = true
			}
		case p.Name == "main":
			if !config.Library {
				c.roots = append(c.roots, start{p, p.PkgPath, Main})
			}
		case config.Library:
			c.roots = append(c.roots, start{p, p.PkgPath, Library})
		}
	}
	slices.SortFunc(c.roots, func(a, b start) int {
		return cmp.Or(strings.Compare(a.path, b.path), strings.Compare(string(a.kind), string(b.kind)))
	})
	switch patterns := strings.Join(config.Patterns, " "); {
	case len(c.roots) > 0:
		return nil
	case config.Library:
		return fmt.Errorf("%s has no package that is not a program: leave --lib out", patterns)
	case config.Tests:
		return fmt.Errorf("%s has no main package and no test: name a package that has, or audit packages for others with --lib", patterns)
	default:
		return fmt.Errorf("%s has no main package: name one, audit tests with --test, or packages for others with --lib", patterns)
	}
}
