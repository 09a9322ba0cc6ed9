// Package fix rewrites the calls of constructors that a renamed scope has left
// deprecated. It is for what "go fix" cannot do: the type argument of such a
// call is inferred, and calls like that are not inlined (Go 1.26).
package fix

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/packages"
)

// Result is what a fix would write.
type Result struct {
	Files map[string][]byte // by absolute path, those that change
	Calls int               // how many calls were rewritten
}

// Constructors finds the uses of deprecated generated constructors in the
// packages that match patterns, tests included, and writes them with the
// constructor to use. Nothing is written to disk.
func Constructors(ctx context.Context, dir string, patterns []string) (*Result, error) {
	fset := token.NewFileSet()
	loaded, err := packages.Load(&packages.Config{
		Context: ctx, Dir: dir, Fset: fset, Tests: true,
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, patterns...)
	if err != nil {
		return nil, fmt.Errorf("the packages cannot be loaded: %w", err)
	}
	f := &fixer{fset: fset, moved: map[string]map[string]target{}, result: &Result{Files: map[string][]byte{}}}
	seen := map[string]bool{}
	for _, p := range loaded {
		for _, e := range p.Errors {
			return nil, fmt.Errorf("the program has to compile first: %s", e)
		}
		for _, file := range p.Syntax {
			name := fset.Position(file.Package).Filename
			if seen[name] || ast.IsGenerated(file) {
				continue // a package is loaded again with its tests
			}
			seen[name] = true
			if err := f.file(p, file, name); err != nil {
				return nil, err
			}
		}
	}
	return f.result, nil
}

// target is the constructor to use.
type target struct{ path, name string }

type fixer struct {
	fset   *token.FileSet
	moved  map[string]map[string]target // file → deprecated constructor → the one to use
	result *Result
}

type use struct {
	selector *ast.SelectorExpr
	from     *types.PkgName
	to       target
}

type edit struct {
	start, end int
	text       string
}

func (f *fixer) file(p *packages.Package, file *ast.File, name string) error {
	var uses []use
	counts := map[*types.PkgName]int{}
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		id, ok := selector.X.(*ast.Ident)
		if !ok {
			return true
		}
		from, ok := p.TypesInfo.Uses[id].(*types.PkgName)
		if !ok {
			return true
		}
		counts[from]++
		if fn, ok := p.TypesInfo.Uses[selector.Sel].(*types.Func); ok && strings.HasPrefix(fn.Name(), "New") {
			if to, ok := f.constructors(f.fset.Position(fn.Origin().Pos()).Filename)[fn.Name()]; ok {
				to.path = cmp.Or(to.path, fn.Pkg().Path())
				uses = append(uses, use{selector, from, to})
				if to.path != fn.Pkg().Path() {
					counts[from]--
				}
			}
		}
		return true
	})
	if len(uses) == 0 {
		return nil
	}
	source, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	offset := func(pos token.Pos) int { return f.fset.Position(pos).Offset }
	names := f.imports(p, file)
	var edits []edit
	taken := map[*types.PkgName]bool{} // imports whose path has been replaced
	for _, u := range uses {
		edits = append(edits, edit{offset(u.selector.Sel.Pos()), offset(u.selector.Sel.End()), u.to.name})
		if u.to.path == u.from.Imported().Path() {
			continue
		}
		local, known := names[u.to.path]
		if !known {
			local = path.Base(u.to.path)
			for n := 0; f.clashes(p, file, local, u.from, u.selector.Pos()); n++ {
				local = path.Base(u.to.path) + strconv.Itoa(n)
			}
			spec := importSpec(p, file, u.from)
			written := strconv.Quote(u.to.path)
			if local != path.Base(u.to.path) {
				written = local + " " + written
			}
			switch {
			case counts[u.from] == 0 && !taken[u.from]:
				taken[u.from] = true
				edits = append(edits, edit{offset(spec.Pos()), offset(spec.End()), written})
			case grouped(file, spec):
				edits = append(edits, edit{offset(spec.End()), offset(spec.End()), "\n\t" + written})
			default:
				edits = append(edits, edit{offset(spec.End()), offset(spec.End()), "\nimport " + written})
			}
			names[u.to.path] = local
		} else if counts[u.from] == 0 && !taken[u.from] {
			taken[u.from] = true
			edits = append(edits, removal(source, offset, file, importSpec(p, file, u.from)))
		}
		edits = append(edits, edit{offset(u.selector.X.Pos()), offset(u.selector.X.End()), local})
	}
	f.result.Calls += len(uses)
	f.result.Files[name] = apply(source, edits)
	return nil
}

// imports tells under which name a file has each import.
func (f *fixer) imports(p *packages.Package, file *ast.File) map[string]string {
	names := map[string]string{}
	for _, spec := range file.Imports {
		if name := p.TypesInfo.PkgNameOf(spec); name != nil && name.Name() != "_" && name.Name() != "." {
			names[name.Imported().Path()] = name.Name()
		}
	}
	return names
}

// clashes tells whether a name means something else already, where it would be used.
func (f *fixer) clashes(p *packages.Package, file *ast.File, name string, from *types.PkgName, at token.Pos) bool {
	scope := p.TypesInfo.Scopes[file].Innermost(at)
	if scope == nil {
		scope = p.TypesInfo.Scopes[file]
	}
	_, object := scope.LookupParent(name, at)
	if object == nil {
		object = p.Types.Scope().Lookup(name)
	}
	return object != nil && object != from
}

func importSpec(p *packages.Package, file *ast.File, name *types.PkgName) *ast.ImportSpec {
	for _, spec := range file.Imports {
		if p.TypesInfo.PkgNameOf(spec) == name {
			return spec
		}
	}
	return file.Imports[0] // a name is always imported by one
}

func grouped(file *ast.File, spec *ast.ImportSpec) bool {
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && slices.Contains(g.Specs, ast.Spec(spec)) {
			return g.Lparen.IsValid()
		}
	}
	return false
}

// removal takes an import out, with its line if nothing else is on it.
func removal(source []byte, offset func(token.Pos) int, file *ast.File, spec *ast.ImportSpec) edit {
	start, end := offset(spec.Pos()), offset(spec.End())
	if !grouped(file, spec) {
		for _, d := range file.Decls {
			if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT && slices.Contains(g.Specs, ast.Spec(spec)) {
				start = offset(g.Pos())
			}
		}
	}
	for start > 0 && (source[start-1] == ' ' || source[start-1] == '\t') {
		start--
	}
	if end < len(source) && source[end] == '\n' {
		end++
	}
	return edit{start, end, ""}
}

func apply(source []byte, edits []edit) []byte {
	slices.SortStableFunc(edits, func(a, b edit) int { return cmp.Compare(a.start, b.start) })
	var b bytes.Buffer
	last := 0
	for _, e := range edits {
		b.Write(source[last:e.start])
		b.WriteString(e.text)
		last = e.end
	}
	b.Write(source[last:])
	// What was formatted stays so; what was not is nobody's business here.
	if clean, err := format.Source(source); err == nil && bytes.Equal(clean, source) {
		if formatted, err := format.Source(b.Bytes()); err == nil {
			return formatted
		}
	}
	return b.Bytes()
}

// constructors reads the deprecated constructors of a generated file.
func (f *fixer) constructors(name string) map[string]target {
	known, ok := f.moved[name]
	if ok {
		return known
	}
	known = map[string]target{}
	f.moved[name] = known
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil || !ast.IsGenerated(file) || !strings.Contains(file.Comments[0].List[0].Text, "scopegen") {
		return known
	}
	paths := map[string]string{}
	for _, spec := range file.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		local := path.Base(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		paths[local] = p
	}
	for _, d := range file.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !ok || fn.Recv != nil || fn.Body == nil || len(fn.Body.List) != 1 || !strings.Contains(fn.Doc.Text(), "Deprecated: use ") {
			continue
		}
		ret, ok := fn.Body.List[0].(*ast.ReturnStmt)
		if !ok || len(ret.Results) != 1 {
			continue
		}
		call, ok := ret.Results[0].(*ast.CallExpr)
		if !ok {
			continue
		}
		switch callee := call.Fun.(type) {
		case *ast.Ident:
			known[fn.Name.Name] = target{"", callee.Name}
		case *ast.SelectorExpr:
			if x, ok := callee.X.(*ast.Ident); ok && paths[x.Name] != "" {
				known[fn.Name.Name] = target{paths[x.Name], callee.Sel.Name}
			}
		}
	}
	return known
}
