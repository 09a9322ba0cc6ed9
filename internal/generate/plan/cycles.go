package plan

import (
	"maps"
	"slices"
)

// breakCycles puts a pointer into every field through which a struct would
// contain itself by value, which Go does not allow.
func (b *builder) breakCycles() {
	// held returns the declared type that r holds by value, if any.
	held := func(r Ref) *Type {
		for r.is(Optional) || r.is(Nullable) {
			r = *r.Elem
		}
		if !r.is(Named) {
			return nil
		}
		return b.index[r]
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
		if t.Kind == Alias || t.Kind == Defined {
			if inner := held(t.Underlying); inner != nil && state[inner] == unseen {
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

// pointed puts a pointer at the innermost type: Optional[Node] → Optional[*Node].
func pointed(r Ref) Ref {
	if r.is(Optional) || r.is(Nullable) {
		inner := pointed(*r.Elem)
		return wrap(r.Kind, inner)
	}
	return wrap(Pointer, r)
}
