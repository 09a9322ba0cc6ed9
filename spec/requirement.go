package spec

import (
	"cmp"
	"slices"
)

// MetBy reports whether a token that holds these scopes, and all that they
// imply, meets the requirement. Nothing is known to meet one that is not stated.
func (r Requirement) MetBy(held ScopeSet) bool {
	switch r.Kind {
	case Public, TokenOnly:
		return true
	case Scoped:
		return slices.ContainsFunc(r.Sets, held.Covers)
	}
	return false
}

// Satisfies reports whether whatever meets the requirement r meets other as well,
// where scopes imply each other as given. A requirement that is not stated
// satisfies only another one that is not stated.
func (r Requirement) Satisfies(other Requirement, implies *Implications) bool {
	switch {
	case other.Kind == NotStated || r.Kind == NotStated:
		return other.Kind == r.Kind
	case other.Kind == Public:
		return true
	case r.Kind == Public: // met without a token
		return false
	case other.Kind == TokenOnly:
		return true
	case r.Kind == TokenOnly: // met by a token without scopes
		return false
	}
	return !slices.ContainsFunc(r.Sets, func(set []Text) bool { return !other.MetBy(implies.Close(set)) })
}

// Rename returns the requirement in new names; to gives the new name of each
// scope that has one.
func (r Requirement) Rename(to map[string]string) Requirement {
	if len(to) == 0 || r.Kind != Scoped {
		return r
	}
	sets := make([][]Text, len(r.Sets))
	for i, set := range r.Sets {
		sets[i] = make([]Text, len(set))
		for j, scope := range set {
			sets[i][j] = Text{Pos: scope.Pos, Value: cmp.Or(to[scope.Value], scope.Value)}
		}
	}
	r.Sets = sets
	return r
}
