package audit

import (
	"go/types"

	"github.com/scopegen/scopegen/internal/program"
)

// namesCallOption reports whether a type is written with runtime.CallOption.
func namesCallOption(t types.Type) bool {
	found := false
	program.EachNamed(t, func(o *types.TypeName) {
		// A type parameter's argument, an interface or a named type of the program may have it inside.
		found = found || o.Pkg() != nil && o.Pkg().Path() == runtimePath && o.Name() != "Token"
	})
	_, named := types.Unalias(t).(*types.Named)
	_, parameter := types.Unalias(t).(*types.TypeParam)
	return found || parameter || named && types.IsInterface(t)
}

// mentions reports whether a type is made of one of ours.
func (r *reach) mentions(t types.Type) bool {
	found := false
	program.EachNamed(t, func(o *types.TypeName) {
		found = found || o.Pkg() != nil && r.code.ours[o.Pkg().Path()]
	})
	return found
}

// eachInterface calls found for each interface type that a type is written with.
func eachInterface(t types.Type, found func(types.Type)) {
	seen := map[types.Type]bool{}
	var visit func(types.Type)
	visit = func(t types.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		if types.IsInterface(t) {
			found(t)
			return
		}
		switch t := t.(type) {
		case *types.Alias:
			visit(types.Unalias(t))
		case *types.Named:
			for arg := range t.TypeArgs().Types() {
				visit(arg)
			}
			visit(t.Underlying())
		case *types.Struct:
			for v := range t.Fields() {
				visit(v.Type())
			}
		case *types.Signature:
			for v := range t.Params().Variables() {
				visit(v.Type())
			}
			for v := range t.Results().Variables() {
				visit(v.Type())
			}
		case *types.Map:
			visit(t.Key())
			visit(t.Elem())
		case interface{ Elem() types.Type }:
			visit(t.Elem())
		}
	}
	visit(t)
}

// generic reports whether a type is made with a type parameter.
func generic(t types.Type) bool {
	if named, ok := t.(*types.Named); ok && named.TypeParams().Len() > 0 {
		return true
	}
	return mentionsParameter(t, map[types.Type]bool{})
}

func mentionsParameter(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	each := func(t types.Type) bool { return mentionsParameter(t, seen) }
	switch t := t.(type) {
	case *types.Alias:
		return each(types.Unalias(t))
	case *types.TypeParam:
		return true
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			if each(arg) {
				return true
			}
		}
	case *types.Pointer:
		return each(t.Elem())
	case *types.Slice:
		return each(t.Elem())
	case *types.Array:
		return each(t.Elem())
	case *types.Chan:
		return each(t.Elem())
	case *types.Map:
		return each(t.Key()) || each(t.Elem())
	case *types.Signature:
		return each(t.Params()) || each(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if each(v.Type()) {
				return true
			}
		}
	case *types.Struct:
		for v := range t.Fields() {
			if each(v.Type()) {
				return true
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if each(m.Type()) {
				return true
			}
		}
	}
	return false
}

func pathOf(o types.Object) string {
	if o.Pkg() == nil {
		return ""
	}
	return o.Pkg().Path()
}

func shortly(p *types.Package) string { return p.Name() }
