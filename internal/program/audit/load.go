package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/apitable"
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

// api is one generated API in the program.
type api struct {
	*apitable.Table
	path         string // import path of the entry package
	clients      map[string]*client
	constructors map[string]*client         // "path/users.NewReader"
	functions    map[string][]*client       // "path/users.listUsers" → the clients that it makes calls for
	scopes       map[string]*apitable.Scope // by wire name
	byType       map[string]string          // Go name in package scope → wire name
	packages     []*packages.Package        // in the graph
	edited       []edit
	unverified   bool // there is no manifest to compare the files with
}

type client struct {
	*apitable.Client
	api        *api
	path       string                         // import path of its package
	operations map[string]*apitable.Operation // by method
	functions  map[string]string              // function → method
}

// name returns the name of the client as programs write it.
func (c *client) name() string { return c.Package + "." + c.Type }

type edit struct {
	file, why string
	pkg       string // import path
}

// findAPIs reads the tables of the APIs in the graph.
func (c *code) findAPIs() error {
	var dated []string
	for _, p := range c.graph {
		if !c.affected[p.ID] || !slices.ContainsFunc(p.GoFiles, hasHeader) || p.Imports[implPath] == nil {
			continue
		}
		if filepath.Base(p.PkgPath) != "scope" {
			continue
		}
		table, err := readTable(p)
		if err != nil {
			return err
		}
		if table == nil {
			dated = append(dated, p.PkgPath)
			continue
		}
		c.apis = append(c.apis, newAPI(strings.TrimSuffix(p.PkgPath, "/scope"), table))
	}
	slices.Sort(dated)
	if len(dated) > 0 {
		return fmt.Errorf("%s was generated by a scopegen that wrote no table of the API: generate it again with this one", strings.Join(dated, ", "))
	}
	slices.SortFunc(c.apis, func(a, b *api) int { return strings.Compare(a.path, b.path) })
	c.findPackages()
	for _, a := range c.apis {
		if err := a.verify(); err != nil {
			return err
		}
	}
	return nil
}

// readTable returns the table of the API from the sources of its package scope,
// nil if there is none.
func readTable(p *packages.Package) (*apitable.Table, error) {
	for _, name := range p.GoFiles {
		if filepath.Base(name) != "table.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, decl := range file.Decls {
			constants, ok := decl.(*ast.GenDecl)
			if !ok || constants.Tok != token.CONST {
				continue
			}
			for _, spec := range constants.Specs {
				spec := spec.(*ast.ValueSpec)
				if spec.Names[0].Name != apitable.Constant || len(spec.Values) != 1 {
					continue
				}
				literal, ok := spec.Values[0].(*ast.BasicLit)
				if !ok {
					continue
				}
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", name, err)
				}
				table, err := apitable.Parse([]byte(text))
				if err != nil {
					return nil, fmt.Errorf("%s: %w", p.PkgPath, err)
				}
				return table, nil
			}
		}
	}
	return nil, nil
}

func newAPI(path string, table *apitable.Table) *api {
	a := &api{
		Table: table, path: path, clients: map[string]*client{}, constructors: map[string]*client{}, functions: map[string][]*client{},
		scopes: map[string]*apitable.Scope{}, byType: map[string]string{},
	}
	for i := range table.Scopes {
		s := &table.Scopes[i]
		a.scopes[s.Scope] = s
		for _, name := range append([]string{s.Go}, s.Former...) {
			a.byType[name] = s.Scope
		}
	}
	for i := range table.Clients {
		entry := &table.Clients[i]
		c := &client{entry, a, path + "/" + entry.Package, map[string]*apitable.Operation{}, map[string]string{}}
		a.clients[c.path+"."+c.Type] = c
		for _, constructor := range entry.Constructors {
			a.constructors[path+"/"+constructor] = c
		}
	}
	for i := range table.Operations {
		op := &table.Operations[i]
		for _, call := range op.Calls {
			pkg := path + "/" + op.Package
			if c := a.clients[pkg+"."+call.Client]; c != nil {
				c.operations[call.Method] = op
				c.functions[call.Function] = call.Method
				a.functions[pkg+"."+call.Function] = append(a.functions[pkg+"."+call.Function], c)
			}
		}
	}
	return a
}

// generated reports whether a package is one of those that scopegen generated.
func (c *code) generated(path string) bool { return c.apiOf(path) != nil }

// apiOf returns the API that a package belongs to, or nil.
func (c *code) apiOf(path string) *api { return c.generatedBy[path] }

// findPackages finds the packages that belong to the APIs.
func (c *code) findPackages() {
	for _, p := range c.graph {
		for _, a := range c.apis {
			below, ok := strings.CutPrefix(p.PkgPath, a.path+"/")
			if (p.PkgPath == a.path || ok && !strings.Contains(below, "/")) && slices.ContainsFunc(p.GoFiles, hasHeader) {
				c.generatedBy[p.PkgPath] = a
				a.packages = append(a.packages, p)
			}
		}
	}
	for _, a := range c.apis {
		slices.SortFunc(a.packages, func(x, y *packages.Package) int { return strings.Compare(x.PkgPath, y.PkgPath) })
	}
}

// hasHeader reports whether a file starts with the line that scopegen writes at
// the top of every file.
func hasHeader(name string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close() // read only: nothing can be lost
	line, _ := bufio.NewReader(file).ReadString('\n')
	return strings.HasPrefix(line, "// Code generated by scopegen")
}
