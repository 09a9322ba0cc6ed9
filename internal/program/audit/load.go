package audit

import (
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
)

// Config says what to audit. The environment (GOOS, GOARCH, GOFLAGS, GOWORK)
// counts as it does for the go command.
type Config struct {
	Dir      string
	Patterns []string
	Tags     string // build tags, separated by commas
	Library  bool   // audit the exported functions and types of packages that are no programs
}

// code is what was loaded: the graph of all packages, and the sources of those
// that can make calls.
type code struct {
	graph       map[string]*packages.Package // all packages, by ID
	roots       []*packages.Package          // in the graph: what is audited
	affected    map[string]bool              // IDs of packages that import the runtime, directly or not
	ours        map[string]bool              // their import paths, and the runtime's
	apis        []*api
	generatedBy map[string]*api // by import path
	dir         string          // absolute
	program     *program.Program
	linked      []linked // what packages without sources link to by name
}

// load loads the program in two steps: first the graph of packages, without any
// types; then the sources of the packages that can make calls. All else is export
// data.
func load(ctx context.Context, config Config) (*code, error) {
	for _, pattern := range config.Patterns {
		if strings.HasPrefix(pattern, "-") {
			return nil, fmt.Errorf("%q is not a package", pattern)
		}
	}
	var flags []string
	if config.Tags != "" {
		flags = append(flags, "-tags="+config.Tags)
	}
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, err
	}
	initial, err := packages.Load(&packages.Config{
		Context: ctx, Dir: config.Dir, BuildFlags: flags,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule,
	}, config.Patterns...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("cannot load packages: %w", err)
	}
	c := &code{graph: map[string]*packages.Package{}, affected: map[string]bool{}, ours: map[string]bool{}, generatedBy: map[string]*api{}, dir: dir}
	var broken []string
	for p := range packages.Postorder(initial) {
		c.graph[p.ID] = p
		for _, e := range p.Errors {
			broken = append(broken, p.PkgPath+": "+strings.TrimPrefix(e.Error(), "-: "))
		}
		isRuntime := p.PkgPath == runtimePath || strings.HasPrefix(p.PkgPath, runtimePath+"/")
		for _, imported := range p.Imports {
			if imported.PkgPath == runtimePath || imported.PkgPath == implPath || c.affected[imported.ID] {
				c.affected[p.ID] = !isRuntime
			}
		}
		if c.affected[p.ID] || isRuntime {
			c.ours[p.PkgPath] = true
		}
	}
	if len(broken) > 0 {
		return nil, errors.New("the program cannot be loaded completely:\n  " + strings.Join(broken, "\n  "))
	}
	if len(initial) == 0 {
		return nil, fmt.Errorf("no packages match %s", strings.Join(config.Patterns, " "))
	}
	if err := c.findAPIs(); err != nil {
		return nil, err
	}
	for _, p := range initial {
		if (p.Name == "main") != config.Library && !c.generated(p.PkgPath) {
			c.roots = append(c.roots, p)
		}
	}
	slices.SortFunc(c.roots, func(a, b *packages.Package) int { return strings.Compare(a.PkgPath, b.PkgPath) })
	if len(c.roots) == 0 {
		if config.Library {
			return nil, fmt.Errorf("%s has no package that is not a program: leave --lib out", strings.Join(config.Patterns, " "))
		}
		return nil, fmt.Errorf("%s has no main package: name one, or audit packages for others with --lib", strings.Join(config.Patterns, " "))
	}
	// Only what a root contains is read.
	needed := map[string]bool{}
	for p := range packages.Postorder(c.roots) {
		if c.affected[p.ID] && !c.generated(p.PkgPath) {
			needed[p.PkgPath] = true
		}
	}
	if len(needed) == 0 {
		return c, nil
	}
	var patterns []string
	for path := range needed {
		patterns = append(patterns, path)
	}
	slices.Sort(patterns)
	c.program, err = program.Load(ctx, program.Config{Dir: config.Dir, Patterns: patterns, Tags: config.Tags, WithoutTests: true})
	if err != nil {
		return nil, err
	}
	if err := c.program.CompileError(); err != nil {
		return nil, err
	}
	return c, c.scanOutside()
}
