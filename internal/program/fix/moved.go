package fix

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"strconv"
	"strings"
)

// target is the name to use instead of a deprecated one.
type target struct {
	path string // import path; "" for the package of the deprecated name
	name string
}

// readMoved returns the deprecated names that renamed scopes left behind in a
// generated file, each with the name to use: aliases of types, constants, and
// constructors that call another one.
func readMoved(file string) map[string]target {
	moved := map[string]target{}
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return moved // the compiler reports it
	}
	paths := map[string]string{}
	for _, spec := range parsed.Imports {
		p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
		local := path.Base(p)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		paths[local] = p
	}
	add := func(doc *ast.CommentGroup, old string, use ast.Expr) {
		if !strings.Contains(doc.Text(), "Deprecated: use ") {
			return
		}
		switch use := use.(type) {
		case *ast.Ident:
			moved[old] = target{"", use.Name}
		case *ast.SelectorExpr:
			if x, ok := use.X.(*ast.Ident); ok && paths[x.Name] != "" {
				moved[old] = target{paths[x.Name], use.Sel.Name}
			}
		}
	}
	for _, d := range parsed.Decls {
		switch d := d.(type) {
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					if spec.Assign.IsValid() {
						add(either(spec.Doc, d.Doc), spec.Name.Name, spec.Type)
					}
				case *ast.ValueSpec:
					if d.Tok == token.CONST && len(spec.Names) == 1 && len(spec.Values) == 1 {
						add(either(spec.Doc, d.Doc), spec.Names[0].Name, spec.Values[0])
					}
				}
			}
		case *ast.FuncDecl:
			if d.Recv != nil || d.Body == nil || len(d.Body.List) != 1 {
				continue
			}
			if ret, ok := d.Body.List[0].(*ast.ReturnStmt); ok && len(ret.Results) == 1 {
				if call, ok := ret.Results[0].(*ast.CallExpr); ok {
					add(d.Doc, d.Name.Name, call.Fun)
				}
			}
		}
	}
	return moved
}

func either(a, b *ast.CommentGroup) *ast.CommentGroup {
	if a != nil {
		return a
	}
	return b
}
