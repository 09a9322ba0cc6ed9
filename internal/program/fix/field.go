package fix

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// field is an embedded field. Go names it after its type, so it gets another
// name when the name of the type is rewritten.
type field struct {
	from, to string
	why      string // why its name, and that of its type, has to stay
}

// fieldUse is a place that names an embedded field.
type fieldUse struct {
	name  *ast.Ident
	field *field
}

// key identifies an object across the variants of a package that are loaded for
// tests, in which it is another object at the same position.
func (f *fixer) key(at token.Pos) string {
	pos := f.Fset.PositionFor(at, false)
	return fmt.Sprintf("%s:%d:%d", pos.Filename, pos.Line, pos.Column)
}

// findFields finds the embedded fields that get another name, and those among
// them that cannot.
func (f *fixer) findFields(files []*source) {
	for _, s := range files {
		if s.skip != "" {
			continue
		}
		renamed := map[*ast.Ident]target{}
		for _, u := range s.uses {
			if u.selector != nil && u.to.name != u.name.Name {
				renamed[u.name] = u.to
			}
		}
		if len(renamed) > 0 {
			f.embedded(s, renamed)
		}
	}
	if len(f.fields) == 0 {
		return
	}
	for _, s := range files {
		if s.skip == "" {
			continue
		}
		for _, u := range f.fieldUses(s) {
			u.field.why = fmt.Sprintf("the name of this embedded field is used in %s, which is not rewritten", f.Name(s.Path))
		}
	}
}

// embedded finds the structs of a file that embed one of the names.
func (f *fixer) embedded(s *source, renamed map[*ast.Ident]target) {
	info := s.Package.TypesInfo
	ast.PreorderStack(s.File.File, nil, func(n ast.Node, stack []ast.Node) bool {
		declared, ok := n.(*ast.StructType)
		if !ok {
			return true
		}
		for _, one := range declared.Fields.List {
			if len(one.Names) > 0 {
				continue
			}
			name := embeddedName(one.Type)
			to, ok := renamed[name]
			if name == nil || !ok {
				continue
			}
			fd := &field{from: name.Name, to: to.name}
			switch {
			case taken(info, declared, stack, s.Package.Types, to.name):
				fd.why = fmt.Sprintf("the struct has another field or method called %s: rename one of the two", to.name)
			case s.Package.Name != "main" && !f.CoversModule(s.Package):
				fd.why = "packages that were not named may use this embedded field: run " + f.command + " ./... in the root of the module"
			}
			f.fields[f.key(name.Pos())] = fd
		}
		return true
	})
}

// embeddedName returns the identifier that an embedded field is named after.
func embeddedName(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.StarExpr:
		return embeddedName(e.X)
	case *ast.ParenExpr:
		return embeddedName(e.X)
	case *ast.SelectorExpr:
		return e.Sel
	case *ast.Ident:
		return e
	}
	return nil
}

// taken reports whether a struct, or the type that it declares, has a field or
// method of a name already.
func taken(info *types.Info, declared *ast.StructType, stack []ast.Node, pkg *types.Package, name string) bool {
	typ := info.TypeOf(declared)
	if len(stack) > 0 {
		if spec, ok := stack[len(stack)-1].(*ast.TypeSpec); ok {
			if object := info.Defs[spec.Name]; object != nil {
				typ = object.Type()
			}
		}
	}
	object, _, _ := types.LookupFieldOrMethod(typ, true, pkg, name)
	return object != nil
}

// declares returns the field that an identifier declares by embedding, or nil.
func (f *fixer) declares(s *source, name *ast.Ident) *field {
	if v, ok := s.Package.TypesInfo.Defs[name].(*types.Var); ok && v.Embedded() {
		return f.fields[f.key(name.Pos())]
	}
	return nil
}

// fieldReason says why an identifier has to stay because it names an embedded
// field, or is empty.
func (f *fixer) fieldReason(s *source, name *ast.Ident) string {
	if fd := f.declares(s, name); fd != nil {
		return fd.why
	}
	return ""
}

// fieldUses returns the places of a file that name a field that is renamed.
func (f *fixer) fieldUses(s *source) []fieldUse {
	if len(f.fields) == 0 {
		return nil
	}
	var out []fieldUse
	info := s.Package.TypesInfo
	ast.Inspect(s.File.File, func(n ast.Node) bool {
		if name, ok := n.(*ast.Ident); ok {
			if v, ok := info.Uses[name].(*types.Var); ok && v.Embedded() {
				if fd := f.fields[f.key(v.Origin().Pos())]; fd != nil && fd.why == "" {
					out = append(out, fieldUse{name, fd})
				}
			}
		}
		return true
	})
	return out
}
