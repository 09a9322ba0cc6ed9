// Package uses finds where a program depends on names of generated packages that are
// gone, changed or deprecated in what will be generated next.
package uses

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"path"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/program"
)

// Kind says in which way a program depends on a name.
type Kind string

// The kinds of use.
const (
	Named     Kind = "named"          // the program writes the name, or calls the method
	Interface Kind = "interface"      // a client, or a struct that embeds it, has to have the method to implement an interface
	Duplicate Kind = "duplicate-case" // two cases of a type switch, or two terms of a constraint, become one type
	Unkeyed   Kind = "unkeyed-fields" // a literal of a struct does not name its fields
	Ambiguous Kind = "ambiguous"      // two types that a struct embeds become one, so their methods are ambiguous
)

// Use is one place of a program.
type Use struct {
	File   string `json:"file"` // relative to the folder that was searched from
	Line   int    `json:"line"`
	Column int    `json:"column"`
	Name   string `json:"name"` // "users.Reader.ListUsers"; "users.User{}" for a literal without field names
	Kind   Kind   `json:"kind"`
	Detail string `json:"detail,omitempty"` // the interface, or where the first of two types is
}

// Result is what was found.
type Result struct {
	Uses     []Use    `json:"uses"`
	Packages int      `json:"packages"` // how many were searched
	Unbuilt  []string `json:"unbuilt"`  // files that use the generated packages and are not part of this build
}

// Names are the names to look for.
type Names struct {
	Output   string            // the last element of the path of the generated packages
	Affected map[string]bool   // name → whether its uses may not compile any more; a name that is deprecated alone has false
	Moved    map[string]string // deprecated name → the name to use
}

// Find returns the uses of the names in a program, without those in its generated
// packages.
func Find(p *program.Program, names Names) *Result {
	f := finder{Program: p, names: names, seen: map[Use]bool{}, fields: map[*types.Package]map[types.Object]string{}}
	searched := map[string]bool{}
	for _, file := range p.Files() {
		if _, ours := p.Generated(file.Path); ours {
			continue
		}
		searched[file.Package.PkgPath] = true
		f.search(file)
	}
	f.result.Packages = len(searched)
	for _, file := range p.Unbuilt(f.inOutput) {
		if _, ours := p.Generated(file.Path); !ours {
			f.result.Unbuilt = append(f.result.Unbuilt, p.Name(file.Path))
		}
	}
	slices.SortFunc(f.result.Uses, func(a, b Use) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Name, b.Name))
	})
	return &f.result
}

// finder is the state of a search.
type finder struct {
	*program.Program
	names  Names
	seen   map[Use]bool
	fields map[*types.Package]map[types.Object]string // generated package → field of a struct → the name of the struct
	result Result
}

// search finds the uses in a file.
func (f *finder) search(file program.File) {
	info := file.Package.TypesInfo
	ast.Inspect(file.File, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			if name := f.name(info.Uses[n]); f.wanted(name) {
				f.found(n.Pos(), name, Named, "")
			}
		case *ast.CompositeLit:
			f.literal(info, n)
		case *ast.TypeSwitchStmt:
			var cases []ast.Expr
			for _, clause := range n.Body.List {
				cases = append(cases, clause.(*ast.CaseClause).List...)
			}
			f.findSame(info, cases, Duplicate)
		case *ast.BinaryExpr:
			if n.Op == token.OR && info.Types[n].IsType() {
				f.findSame(info, terms(n), Duplicate)
			}
		case *ast.StructType:
			var embedded []ast.Expr
			for _, field := range n.Fields.List {
				if len(field.Names) == 0 {
					embedded = append(embedded, field.Type)
				}
			}
			f.findSame(info, embedded, Ambiguous)
		}
		return true
	})
	for c := range file.Conversions() {
		f.conversion(file.Package.Types, c)
	}
}

// wanted reports whether a name is one to look for.
func (f *finder) wanted(name string) bool {
	_, ok := f.names.Affected[name]
	return ok
}

// conversion records the methods of an interface that a type has from a client which
// will not have them any more, or will have others.
func (f *finder) conversion(pkg *types.Package, c program.Conversion) {
	to, ok := c.To.Underlying().(*types.Interface)
	if !ok || to.NumMethods() == 0 || types.IsInterface(c.From) {
		return
	}
	methods := types.NewMethodSet(c.From)
	for method := range to.Methods() {
		has := methods.Lookup(method.Pkg(), method.Name())
		if has == nil {
			continue
		}
		if name := f.name(has.Obj()); f.names.Affected[name] {
			f.found(c.At.Pos(), name, Interface, types.TypeString(c.To, types.RelativeTo(pkg)))
		}
	}
}

// literal records a literal that gives values for the fields of a generated struct and
// does not name them. The type may be one that the program derives from the struct.
func (f *finder) literal(info *types.Info, lit *ast.CompositeLit) {
	if len(lit.Elts) == 0 {
		return
	}
	if _, keyed := lit.Elts[0].(*ast.KeyValueExpr); keyed {
		return
	}
	t := info.TypeOf(lit).Underlying()
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem().Underlying() // {...} for &T{...} in a literal of []*T
	}
	s, ok := t.(*types.Struct)
	if !ok {
		return
	}
	field := f.name(s.Field(0))
	name := field[:max(0, strings.LastIndexByte(field, '.'))] + "{}"
	if !f.wanted(name) {
		return
	}
	at := lit.Pos()
	if selector, ok := lit.Type.(*ast.SelectorExpr); ok {
		at = selector.Sel.Pos()
	}
	f.found(at, name, Unkeyed, "")
}

// terms returns the terms of a union of types: a | b | c.
func terms(n ast.Expr) []ast.Expr {
	if union, ok := n.(*ast.BinaryExpr); ok {
		return append(terms(union.X), terms(union.Y)...)
	}
	if tilde, ok := n.(*ast.UnaryExpr); ok {
		return []ast.Expr{tilde.X}
	}
	return []ast.Expr{n}
}

// findSame records types that differ today, as they have to, and will be one type.
func (f *finder) findSame(info *types.Info, list []ast.Expr, kind Kind) {
	first := map[string]ast.Expr{}
	for _, one := range list {
		value := info.Types[one]
		if !value.IsType() {
			continue // nil
		}
		text, name := f.nameOfType(value.Type)
		if kind == Ambiguous {
			text = strings.TrimPrefix(text, "*") // the methods of a pointer are among those
		}
		if name == "" {
			continue
		}
		if before := first[text]; before != nil {
			if !types.Identical(info.TypeOf(before), value.Type) {
				pos := f.Fset.Position(before.Pos())
				f.found(one.Pos(), name, kind, fmt.Sprintf("%s:%d", f.Name(pos.Filename), pos.Line))
			}
			continue
		}
		first[text] = one
	}
}

// nameOfType writes down a type in the names that will be used. It returns the
// generated name in it too, or "" if there is none.
func (f *finder) nameOfType(t types.Type) (text, name string) {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		text, name = f.nameOfType(t.Elem())
		return "*" + text, name
	case *types.Slice:
		text, name = f.nameOfType(t.Elem())
		return "[]" + text, name
	case *types.Array:
		text, name = f.nameOfType(t.Elem())
		return fmt.Sprintf("[%d]%s", t.Len(), text), name
	case *types.Map:
		key, keyName := f.nameOfType(t.Key())
		text, name = f.nameOfType(t.Elem())
		return "map[" + key + "]" + text, cmp.Or(name, keyName)
	case *types.Chan:
		text, name = f.nameOfType(t.Elem())
		return fmt.Sprintf("chan %d %s", t.Dir(), text), name
	case *types.Named:
		if name = f.name(t.Obj()); name != "" {
			return cmp.Or(f.names.Moved[name], name), name
		}
		if t.TypeArgs().Len() == 0 {
			break
		}
		text = types.TypeString(t.Origin().Obj().Type(), nil) + " of"
		for argument := range t.TypeArgs().Types() {
			one, oneName := f.nameOfType(argument)
			text, name = text+" "+one, cmp.Or(name, oneName)
		}
		return text, name
	}
	return types.TypeString(t, nil), ""
}

// found records a use.
func (f *finder) found(at token.Pos, name string, kind Kind, detail string) {
	pos := f.Fset.Position(at)
	u := Use{f.Name(pos.Filename), pos.Line, pos.Column, name, kind, detail}
	if !f.seen[u] {
		f.seen[u] = true
		f.result.Uses = append(f.result.Uses, u)
	}
}

// name returns what a generated object is called in a report, or "" for any
// other object.
func (f *finder) name(object types.Object) string {
	if object == nil || object.Pkg() == nil {
		return ""
	}
	if fn, ok := object.(*types.Func); ok {
		object = fn.Origin()
	}
	out, ours := f.Generated(f.Fset.PositionFor(object.Pos(), false).Filename)
	switch {
	case !ours:
		return ""
	case out != nil && path.Base(out.Manifest.ImportPath) != f.names.Output:
		return ""
	case out == nil && !f.inOutput(object.Pkg().Path()):
		return ""
	}
	owner := ""
	if object.Parent() != object.Pkg().Scope() {
		if owner = cmp.Or(receiverOf(object), f.structOf(object)); owner == "" {
			return ""
		}
		owner += "."
	}
	return object.Pkg().Name() + "." + owner + object.Name()
}

// structOf returns the struct of a generated package that an object is a field of,
// or "".
func (f *finder) structOf(object types.Object) string {
	if v, ok := object.(*types.Var); !ok || !v.IsField() {
		return ""
	}
	known := f.fields[object.Pkg()]
	if known == nil {
		known = map[types.Object]string{}
		scope := object.Pkg().Scope()
		for _, name := range scope.Names() {
			declared, ok := scope.Lookup(name).(*types.TypeName)
			if !ok || declared.IsAlias() {
				continue
			}
			if s, ok := declared.Type().Underlying().(*types.Struct); ok {
				for field := range s.Fields() {
					known[field] = name
				}
			}
		}
		f.fields[object.Pkg()] = known
	}
	return known[object]
}

// receiverOf returns the type that an object is a method of, or "".
func receiverOf(object types.Object) string {
	fn, ok := object.(*types.Func)
	if !ok || fn.Signature().Recv() == nil {
		return ""
	}
	receiver := fn.Signature().Recv().Type()
	if p, ok := receiver.(*types.Pointer); ok {
		receiver = p.Elem()
	}
	named, ok := receiver.(*types.Named)
	if !ok {
		return ""
	}
	return named.Obj().Name()
}

// inOutput reports whether a package is the output folder or directly below it.
func (f *finder) inOutput(at string) bool {
	return path.Base(at) == f.names.Output || path.Base(path.Dir(at)) == f.names.Output
}
