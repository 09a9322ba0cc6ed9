package program

import "go/types"

// EachNamed calls found for each named type that t is written with. A type
// parameter counts as whatever its constraint names.
func EachNamed(t types.Type, found func(*types.TypeName)) {
	eachNamed(t, map[types.Type]bool{}, found)
}

func eachNamed(t types.Type, seen map[types.Type]bool, found func(*types.TypeName)) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	each := func(t types.Type) { eachNamed(t, seen, found) }
	switch t := t.(type) {
	case *types.Alias:
		each(types.Unalias(t))
	case *types.Named:
		found(t.Obj())
		for arg := range t.TypeArgs().Types() {
			each(arg)
		}
	case *types.TypeParam:
		each(t.Constraint())
	case *types.Pointer:
		each(t.Elem())
	case *types.Slice:
		each(t.Elem())
	case *types.Array:
		each(t.Elem())
	case *types.Chan:
		each(t.Elem())
	case *types.Map:
		each(t.Key())
		each(t.Elem())
	case *types.Signature:
		each(t.Params())
		each(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			each(v.Type())
		}
	case *types.Struct:
		for v := range t.Fields() {
			each(v.Type())
		}
	case *types.Union:
		for term := range t.Terms() {
			each(term.Type())
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			each(m.Type())
		}
		for e := range t.EmbeddedTypes() {
			each(e)
		}
	}
}
