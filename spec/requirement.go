package spec

import (
	"cmp"
	"slices"
)

// Stated reports whether it is known what the operation requires.
func (r Requirement) Stated() bool { return r.Alternatives != nil }

// Public reports whether a call may carry no credential at all.
func (r Requirement) Public() bool {
	return slices.ContainsFunc(r.Alternatives, func(a Alternative) bool { return !a.Token && len(a.Keys) == 0 })
}

// Sets returns the sets of scopes of the alternatives that have scopes.
func (r Requirement) Sets() [][]Text {
	var sets [][]Text
	for _, a := range r.Alternatives {
		if len(a.Scopes) > 0 {
			sets = append(sets, a.Scopes)
		}
	}
	return sets
}

// MetBy reports whether an access token that holds these scopes, and all that they
// imply, meets the requirement without a key. Nothing is known to meet one that is
// not stated.
func (r Requirement) MetBy(held ScopeSet) bool {
	return slices.ContainsFunc(r.Alternatives, func(a Alternative) bool { return len(a.Keys) == 0 && held.Covers(a.Scopes) })
}

// Satisfies reports whether whatever meets the requirement r meets other as well,
// where scopes imply each other as given. A requirement that is not stated
// satisfies only another one that is not stated.
func (r Requirement) Satisfies(other Requirement, implies *Implications) bool {
	if !r.Stated() || !other.Stated() {
		return r.Stated() == other.Stated()
	}
	return !slices.ContainsFunc(r.Alternatives, func(a Alternative) bool {
		held, keys := implies.Close(a.Scopes), ScopesOf(a.Keys)
		return !slices.ContainsFunc(other.Alternatives, func(b Alternative) bool {
			return (a.Token || !b.Token) && held.Covers(b.Scopes) && keys.Covers(b.Keys)
		})
	})
}

// Rename returns the requirement in new names; to gives the new name of each
// scope that has one.
func (r Requirement) Rename(to map[string]string) Requirement {
	if len(to) == 0 {
		return r
	}
	r.Alternatives = slices.Clone(r.Alternatives)
	for i, a := range r.Alternatives {
		scopes := make([]Text, len(a.Scopes))
		for j, scope := range a.Scopes {
			scopes[j] = Text{Pos: scope.Pos, Value: cmp.Or(to[scope.Value], scope.Value)}
		}
		r.Alternatives[i].Scopes = scopes
	}
	return r
}
