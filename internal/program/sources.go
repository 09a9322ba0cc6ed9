package program

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/types"
	"maps"
	"os"
	"slices"
	"strings"

	"golang.org/x/tools/go/gcexportdata"
	"golang.org/x/tools/go/packages"
)

// LoadSources loads the packages that match the patterns and all that they
// import, and reads the sources of those that read chooses; of the others it takes
// the types from what the compiler exported. A package must be chosen if it
// imports one that is. Unlike [Load], it reads packages that were compiled anew
// for a test, and tests only of the packages that match.
//
// The Program holds the chosen packages, those that are imported before those that
// import them.
func LoadSources(ctx context.Context, config Config, read func(*packages.Package) bool) (*Program, error) {
	p, err := config.program()
	if err != nil {
		return nil, err
	}
	initial, err := p.list(ctx, packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedCompiledGoFiles | packages.NeedImports | packages.NeedDeps |
			packages.NeedModule | packages.NeedExportFile | packages.NeedTypesSizes,
	})
	if err != nil {
		return nil, err
	}
	s := &sources{Program: p, types: map[string]*types.Package{}}
	for p := range packages.Postorder(initial) {
		switch {
		case p.PkgPath == "unsafe":
			s.types[p.ID] = types.Unsafe
		default:
			s.types[p.ID] = types.NewPackage(p.PkgPath, p.Name)
		}
		if read(p) {
			s.check(p)
			s.Packages = append(s.Packages, p)
		}
	}
	return s.Program, s.collectErrors()
}

// sources reads packages one after the other.
type sources struct {
	*Program
	types map[string]*types.Package // by package ID
}

// check parses a package and finds its types. What is wrong with it is added to
// its errors.
func (s *sources) check(p *packages.Package) {
	listed := p.Errors
	p.Errors = nil
	for _, name := range p.CompiledGoFiles {
		var text any
		if content, ok := s.config.Overlay[name]; ok {
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
	config := types.Config{
		Sizes: p.TypesSizes,
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
	p.TypesInfo = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
		Selections: map[*ast.SelectorExpr]*types.Selection{}, FileVersions: map[*ast.File]string{},
	}
	_ = types.NewChecker(&config, s.Fset, p.Types, p.TypesInfo).Files(p.Syntax) // p.Errors has them all
	if len(p.Errors) == 0 {
		p.Errors = listed // what only the go command knows: an import cycle, a file of another package
	}
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
	return read, nil
}
