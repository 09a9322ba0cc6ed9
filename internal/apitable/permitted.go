package apitable

import (
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// Permitted returns how many operations a set of scopes permits, with the scopes
// that they imply.
func (t *Table) Permitted(scopes []string) int {
	held := spec.ScopesNamed(scopes)
	for _, s := range t.Scopes {
		if slices.Contains(scopes, s.Scope) {
			for _, implied := range s.Implies {
				held[implied] = true
			}
		}
	}
	counted := map[string]bool{}
	for _, op := range t.Operations {
		if slices.ContainsFunc(op.Requires, held.CoversNames) {
			counted[op.ID] = true
		}
	}
	return len(counted)
}
