package spec

import (
	"cmp"
	"slices"
)

// Implications says which scopes include which others. It does not change, and
// is safe for concurrent use.
type Implications struct {
	direct  map[string][]string // scope → the scopes that its row of the table lists under implies
	closure map[string]ScopeSet // scope → itself and all that it includes, directly or through others
}

// Implications returns what the scopes of the catalogue imply.
func (c *Catalogue) Implications() *Implications {
	direct := map[string][]string{}
	for _, scope := range c.Scopes() {
		implied := make([]string, len(scope.Implies))
		for i, other := range scope.Implies {
			implied[i] = other.Value
		}
		direct[scope.Name] = implied
	}
	return newImplications(direct)
}

func newImplications(direct map[string][]string) *Implications {
	i := &Implications{direct: direct, closure: make(map[string]ScopeSet, len(direct))}
	for name := range direct {
		set := ScopeSet{}
		i.addTo(set, name)
		i.closure[name] = set
	}
	return i
}

func (i *Implications) addTo(set ScopeSet, name string) {
	if set[name] {
		return
	}
	set[name] = true
	for _, implied := range i.direct[name] {
		i.addTo(set, implied)
	}
}

// Closure returns the scope and all that it includes, directly or through
// others. Of a scope that the table does not declare, this is the scope alone.
// The set belongs to i: do not change it.
func (i *Implications) Closure(scope string) ScopeSet {
	if set, ok := i.closure[scope]; ok {
		return set
	}
	return ScopeSet{scope: true}
}

// Close returns the listed scopes and all that they include.
func (i *Implications) Close(list []Text) ScopeSet {
	all := ScopeSet{}
	for _, scope := range list {
		i.addTo(all, scope.Value)
	}
	return all
}

// Uses returns those of the held scopes that give the needed ones: for each its
// own namesake where that is held, else the first held scope that includes it.
// ok is false if the held scopes do not give all of them.
func (i *Implications) Uses(held []string, need []Text) (used []string, ok bool) {
	for _, n := range need {
		at := slices.Index(held, n.Value)
		if at < 0 {
			at = slices.IndexFunc(held, func(scope string) bool { return i.Closure(scope)[n.Value] })
		}
		if at < 0 {
			return nil, false
		}
		if !slices.Contains(used, held[at]) {
			used = append(used, held[at])
		}
	}
	return used, true
}

// Rename returns the same implications in new names; to gives the new name of
// each scope that has one. Scopes that get the same name become one, which
// includes what each of them did.
func (i *Implications) Rename(to map[string]string) *Implications {
	if len(to) == 0 {
		return i
	}
	direct := make(map[string][]string, len(i.direct))
	for name, implied := range i.direct {
		renamed := make([]string, len(implied))
		for k, other := range implied {
			renamed[k] = cmp.Or(to[other], other)
		}
		name = cmp.Or(to[name], name)
		direct[name] = append(direct[name], renamed...)
	}
	return newImplications(direct)
}
