package audit

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/spec"
)

// permitted returns what [apitable.Table.Permitted] does, and remembers it.
func (a *api) permitted(scopes []string) int {
	key := strings.Join(scopes, "\x00")
	n, ok := a.power[key]
	if !ok {
		n = a.Permitted(scopes)
		a.power[key] = n
	}
	return n
}

// byPower puts the widest scopes first; scopes of one power are in the order of
// the table.
func (a *api) byPower(held map[string]bool) []string {
	list := []string{}
	for _, s := range a.Scopes {
		if held[s.Scope] {
			list = append(list, s.Scope)
		}
	}
	slices.SortStableFunc(list, func(x, y string) int { return a.permitted([]string{y}) - a.permitted([]string{x}) })
	return list
}

// used is one client of which something is reached.
type used struct {
	client *client
	sites  map[string][]site // by method
}

func (u *used) methods() []string {
	var names []string
	for name := range u.sites {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// narrower is advice to use another client.
type narrower struct {
	used *used
	to   *client
}

// least returns the scopes that would do if every client were the narrowest that
// has all the operations which are reached through it: the one that permits the
// fewest operations, then one whose scopes are carried already, then the one with
// the fewest scopes.
func (a *api) least(r *reach, order []*used, raw map[string][]Site, requested map[string]bool) (map[string]bool, []narrower) {
	least := map[string]bool{}
	for s := range raw {
		least[s] = true
	}
	var advice []narrower
	carried := spec.ScopeSet{}
	for _, u := range order {
		for _, s := range u.client.Scopes {
			carried[s] = true
		}
	}
	tokenOnly := false
	for _, u := range order {
		if u.client.Carries != apitable.CarriesScopes {
			tokenOnly = tokenOnly || u.client.Carries == apitable.CarriesToken
			continue
		}
		best := u.client
		for _, name := range slices.Sorted(keys(a.clients)) {
			c := a.clients[name]
			if c.Carries != apitable.CarriesScopes || c == best || !slices.Equal(c.Keys, u.client.Keys) || !has(c, u) {
				continue
			}
			missing := func(c *client) int {
				if carried.CoversNames(c.Scopes) {
					return 0
				}
				return 1
			}
			if cmp.Or(a.permitted(c.Scopes)-a.permitted(best.Scopes), missing(c)-missing(best), len(c.Scopes)-len(best.Scopes)) < 0 {
				best = c
			}
		}
		if best != u.client && a.permitted(best.Scopes) < a.permitted(u.client.Scopes) {
			advice = append(advice, narrower{u, best})
		} else {
			best = u.client
		}
		for _, s := range best.Scopes {
			least[s] = true
		}
	}
	if tokenOnly && len(least) == 0 {
		// Any token will do, and a token needs a scope.
		if list := a.byPower(requested); len(list) > 0 {
			least[list[len(list)-1]] = true
		}
	}
	return least, advice
}

// has reports whether a client has all operations that are reached through another.
func has(c *client, u *used) bool {
	for method := range u.sites {
		op := u.client.operations[method]
		if other := c.operations[method]; other != nil && other.ID == op.ID {
			continue
		}
		return false
	}
	return true
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
