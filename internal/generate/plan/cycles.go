package plan

import (
	"maps"
	"slices"
)

// breakCycles makes a pointer of every field through which a struct would contain
// itself by value, which Go does not allow.
func (b *builder) breakCycles() {
	// held returns the declared type that r holds by value, if any.
	held := func(r Ref) *Type {
		for r.is(Nullable) { // an Optional holds no struct
			r = *r.Elem
		}
		// A second name for a type is that type: it holds the same.
		for t := b.declared(r); t != nil; t = b.declared(r) {
			if t.Kind != Alias {
				return t
			}
			for r = t.Underlying; r.is(Nullable); {
				r = *r.Elem
			}
		}
		return nil
	}
	const (
		unseen = iota
		open
		done
	)
	state := map[*Type]int{}
	var visit func(*Type)
	visit = func(t *Type) {
		state[t] = open
		for i := range t.Fields {
			inner := held(t.Fields[i].Type)
			if inner == nil {
				continue
			}
			if state[inner] == open {
				t.Fields[i].Type = pointed(t.Fields[i].Type)
				continue
			}
			if state[inner] == unseen {
				visit(inner)
			}
		}
		state[t] = done
	}
	for _, name := range slices.Sorted(maps.Keys(b.packages)) {
		for _, t := range b.packages[name].Types {
			if state[t] == unseen {
				visit(t)
			}
		}
	}
}

// pointed returns r with a pointer to its innermost type: Nullable[Node] →
// Nullable[*Node].
func pointed(r Ref) Ref {
	if r.is(Nullable) {
		return wrap(Nullable, pointed(*r.Elem))
	}
	return wrap(Pointer, r)
}
