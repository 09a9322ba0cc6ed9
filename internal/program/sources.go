package program

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/types"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// LoadSources reads the sources of those packages of a graph that read chooses, and finds
// whether those compile that verify chooses besides. A package must be read if it imports
// one that is.
//
// Of what these import it takes the types from the sources too, as far as they can name
// them. If the sources do not tell, it takes what the compiler exported, so that the go
// command compiles what is not read. Of packages that were compiled anew for a test, which
// nobody can ask the go command for, it then reads all.
//
// The Program holds the packages that are read, those that are imported before those that
// import them.
func (g *Graph) LoadSources(ctx context.Context, read, verify func(*packages.Package) bool) (*Program, error) {
	known := map[*packages.Package][]packages.Error{}
	for p := range packages.Postorder(g.Packages) {
		known[p] = slices.Clip(p.Errors)
	}
	p, whole, err := g.load(ctx, read, verify, false)
	if err != nil || whole {
		return p, err
	}
	for p, errors := range known {
		p.Errors, p.Syntax, p.Types, p.TypesInfo = errors, nil, nil, nil
	}
	p, _, err = g.load(ctx, read, verify, true)
	return p, err
}

// load reports too whether the program is whole. It is not if what was left out of what is
// imported may be why something does not compile; what is compiled has nothing left out.
func (g *Graph) load(ctx context.Context, read, verify func(*packages.Package) bool, compiled bool) (_ *Program, whole bool, err error) {
	s := &sources{Program: g.program(), graph: g, types: map[string]*types.Package{}, declared: map[*packages.Package]bool{}}
	for p := range packages.Postorder(g.Packages) {
		if read(p) {
			s.Packages = append(s.Packages, p)
		}
	}
	parses := func(p *packages.Package) bool {
		return read(p) || compiled && p.ForTest != "" || !compiled && verify(p)
	}
	var parsed []*packages.Package
	for p := range packages.Postorder(s.Packages) {
		if parses(p) {
			p.CompiledGoFiles = p.GoFiles
			s.parse(p)
			parsed = append(parsed, p)
		}
	}
	if slices.ContainsFunc(parsed, derives) {
		if err := s.derive(ctx, parsed); err != nil {
			return nil, false, err
		}
	}
	var all []*packages.Package
	for p := range packages.Postorder(s.Packages) {
		all = append(all, p)
		s.types[p.ID] = types.NewPackage(p.PkgPath, p.Name)
	}
	var declared []*packages.Package
	if !compiled {
		declared = declarationsOf(s.Fset, g.config.Overlay).find(all, parses)
	}
	for _, p := range declared {
		s.declared[p] = true
	}
	exports := map[string]*packages.Package{}
	for _, p := range slices.Concat(parsed, declared) {
		for _, file := range p.Syntax {
			for _, spec := range file.Imports {
				path, _ := strconv.Unquote(spec.Path.Value) // it was parsed
				imported := p.Imports[path]
				switch {
				case imported == nil || parses(imported) || s.declared[imported] || imported.PkgPath == "unsafe":
				case imported.ForTest != "":
					return s.Program, false, nil
				default:
					exports[imported.PkgPath] = imported
				}
			}
		}
	}
	if err := s.export(ctx, exports); err != nil {
		return nil, false, err
	}
	for _, p := range parsed {
		if s.check(p, read(p)); !read(p) {
			p.Syntax = nil
		}
	}
	err = s.collectErrors(parsed)
	failed := len(s.Broken) > 0 || slices.ContainsFunc(declared, func(p *packages.Package) bool { return len(p.Errors) > 0 })
	return s.Program, compiled || !failed, err
}

// sources reads packages one after the other.
type sources struct {
	*Program
	graph    *Graph
	types    map[string]*types.Package  // by package ID
	declared map[*packages.Package]bool // those of which the declarations alone are read
}

// parse parses the files of a package. What is wrong with them is added to its errors.
func (s *sources) parse(p *packages.Package) {
	p.Syntax = nil
	for _, name := range p.CompiledGoFiles {
		var text any
		if content, ok := s.graph.config.Overlay[name]; ok {
			text = content
		}
		file, err := parser.ParseFile(s.Fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
		if file != nil {
			p.Syntax = append(p.Syntax, file)
		}
		var wrong scanner.ErrorList
		switch {
		case errors.As(err, &wrong):
			for _, e := range wrong {
				p.Errors = append(p.Errors, packages.Error{Pos: e.Pos.String(), Msg: e.Msg, Kind: packages.ParseError})
			}
		case err != nil:
			p.Errors = append(p.Errors, packages.Error{Pos: name + ":1", Msg: err.Error(), Kind: packages.ParseError})
		}
	}
}

// derives reports whether the go command makes further files of those of a package, as
// it does with cgo.
func derives(p *packages.Package) bool {
	return slices.ContainsFunc(p.Syntax, func(file *ast.File) bool {
		return slices.ContainsFunc(file.Imports, func(spec *ast.ImportSpec) bool { return spec.Path.Value == `"C"` })
	}) || slices.ContainsFunc(p.OtherFiles, func(name string) bool { return strings.HasPrefix(filepath.Ext(name), ".swig") })
}

// derive parses the files that the go command makes of those of packages, in place of
// these.
func (s *sources) derive(ctx context.Context, parsed []*packages.Package) error {
	listed, err := s.graph.list(ctx, s.graph.config, packages.Config{Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps})
	if err != nil {
		return err
	}
	made, known := map[string]*packages.Package{}, map[string]*packages.Package{}
	for p := range packages.Postorder(listed) {
		made[p.ID] = p
	}
	for p := range packages.Postorder(parsed) {
		known[p.ID] = p
	}
	for _, p := range parsed {
		from := made[p.ID]
		if from == nil || !derives(p) {
			continue
		}
		p.CompiledGoFiles, p.Errors = from.CompiledGoFiles, from.Errors
		// What is made imports more: package runtime/cgo, for instance.
		for path, imported := range from.Imports {
			if p.Imports[path] == nil {
				p.Imports[path] = cmp.Or(known[imported.ID], imported)
			}
		}
		s.parse(p)
	}
	return nil
}

// export finds the files with the types of packages, by their import paths.
//
// Package packages would ask the go command for its version and for the architecture too,
// each with a process that costs as much as a small program's types.
func (s *sources) export(ctx context.Context, wanted map[string]*packages.Package) error {
	if len(wanted) == 0 {
		return nil
	}
	flags, remove, err := s.graph.config.flags()
	if err != nil {
		return err
	}
	defer remove()
	paths, broken := slices.Sorted(maps.Keys(wanted)), false
	for some := range slices.Chunk(paths, 200) { // a command line has an end
		args := slices.Concat([]string{"list", "-e", "-export", "-f", "{{.ImportPath}}\t{{.Export}}"}, flags, []string{"--"}, some)
		command := exec.CommandContext(ctx, "go", args...)
		command.Dir = s.dir
		output, err := command.Output()
		var failed *exec.ExitError
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &failed):
			return fmt.Errorf("cannot load packages: %s", bytes.TrimSpace(failed.Stderr))
		case err != nil:
			return fmt.Errorf("cannot load packages: %w", err)
		}
		for line := range strings.Lines(string(output)) {
			path, file, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
			if !ok {
				return fmt.Errorf("cannot load packages: the go command lists %q", line)
			}
			if to := wanted[path]; to != nil {
				to.ExportFile = file
				broken = broken || to.ExportFile == ""
			}
		}
	}
	if !broken {
		return nil
	}
	named := s.graph.config
	named.Patterns, named.WithoutTests = paths, true
	// What does not compile may be what one of them imports.
	list, err := s.graph.list(ctx, named, packages.Config{Mode: packages.NeedName | packages.NeedExportFile | packages.NeedImports | packages.NeedDeps})
	if err != nil {
		return err
	}
	for _, p := range list {
		for below := range packages.Postorder([]*packages.Package{p}) {
			if to := wanted[p.PkgPath]; to != nil && to.ExportFile == "" {
				to.Errors = append(to.Errors, below.Errors...)
			}
		}
	}
	return nil
}

// check finds the types of a package, and notes them with details. What is wrong with it
// is added to its errors.
func (s *sources) check(p *packages.Package, details bool) {
	p.TypesSizes = types.SizesFor("gc", s.GOARCH)
	config := types.Config{
		Sizes: p.TypesSizes, IgnoreFuncBodies: s.declared[p],
		Importer: importer(func(path string) (*types.Package, error) {
			if path == "unsafe" {
				return types.Unsafe, nil
			}
			imported := p.Imports[path]
			if imported == nil {
				return nil, fmt.Errorf("no package %s was loaded", path)
			}
			return s.typesOf(imported)
		}),
		Error: func(err error) {
			var e types.Error
			if errors.As(err, &e) {
				p.Errors = append(p.Errors, packages.Error{Pos: e.Fset.Position(e.Pos).String(), Msg: e.Msg, Kind: packages.TypeError})
			}
		},
	}
	if p.Module != nil && p.Module.GoVersion != "" {
		config.GoVersion = "go" + p.Module.GoVersion
	}
	p.Types = s.types[p.ID]
	if details {
		p.TypesInfo = &types.Info{
			Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
			Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
			Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
		}
	}
	_ = types.NewChecker(&config, s.Fset, p.Types, p.TypesInfo).Files(p.Syntax) // p.Errors has them all
}

type importer func(path string) (*types.Package, error)

// Import implements [types.Importer].
func (i importer) Import(path string) (*types.Package, error) { return i(path) }

// typesOf returns the types of a package that is imported.
func (s *sources) typesOf(p *packages.Package) (*types.Package, error) {
	known := s.types[p.ID]
	if known.Complete() || p.Types != nil {
		return known, nil
	}
	if s.declared[p] {
		s.check(p, false)
		p.Syntax = nil
		return known, nil
	}
	if p.ExportFile == "" {
		var wrong []string
		for _, e := range p.Errors {
			wrong = append(wrong, strings.TrimSpace(e.Msg))
		}
		return nil, fmt.Errorf("package %s does not compile: %s", p.PkgPath, strings.Join(wrong, "; "))
	}
	file, err := os.Open(p.ExportFile)
	if err != nil {
		return nil, err
	}
	defer file.Close() // read only: nothing can be lost
	//lint:ignore SA1019 the go command hands out archives, as go/packages reads them
	reader, err := gcexportdata.NewReader(file)
	if err != nil {
		return nil, fmt.Errorf("the types of package %s cannot be read: %w", p.PkgPath, err)
	}
	// The reader knows packages by their paths. A package that was compiled anew for
	// a test has the path of the original, so each read gets the packages that this
	// one imports.
	view := map[string]*types.Package{p.PkgPath: known}
	for below := range packages.Postorder(slices.Collect(maps.Values(p.Imports))) {
		view[below.PkgPath] = s.types[below.ID]
	}
	read, err := gcexportdata.Read(reader, s.Fset, view, p.PkgPath)
	if err != nil {
		return nil, fmt.Errorf("the types of package %s cannot be read: %w", p.PkgPath, err)
	}
	s.types[p.ID] = read
	spare()
	return read, nil
}

// spare lets the garbage collector run more often where there are many types. They all
// stay to the end, so that a heap which may double before the next run, as it does
// otherwise, takes memory that nothing needs.
func spare() {
	const many = 64 << 20 // bytes
	var m runtime.MemStats
	if runtime.ReadMemStats(&m); m.HeapAlloc > many {
		debug.SetGCPercent(10)
	}
}
