package apitable

import "slices"

// Permitted returns how many operations a set of scopes permits, with the scopes
// that they imply.
func (t *Table) Permitted(scopes []string) int {
	held := map[string]bool{}
	for _, s := range scopes {
		held[s] = true
	}
	for _, s := range t.Scopes {
		if slices.Contains(scopes, s.Scope) {
			for _, implied := range s.Implies {
				held[implied] = true
			}
		}
	}
	counted := map[string]bool{}
	for _, op := range t.Operations {
		if slices.ContainsFunc(op.Requires, func(set []string) bool {
			return !slices.ContainsFunc(set, func(s string) bool { return !held[s] })
		}) {
			counted[op.ID] = true
		}
	}
	return len(counted)
}
