package audit

import (
	"go/types"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// set is a scope set that Authorize is given.
type set struct {
	step
	typ    types.Type
	api    *api
	scopes []string
}

// requested returns the scopes of the sets that the root gives to Authorize.
func (r *reach) requested(a *api) (spec.ScopeSet, []set) {
	requested := spec.ScopeSet{}
	var sets []set
	for _, s := range r.sets {
		if s.api == a {
			sets = append(sets, s)
		}
	}
	if r.open {
		// The set is a type parameter: it may be any that a type argument names.
		for _, c := range r.candidates {
			if r.code.ours[pathOf(c.to)] && (r.code.generated(pathOf(c.to)) || strings.HasPrefix(pathOf(c.to), runtimePath)) || !types.IsInterface(c.typ) {
				continue
			}
			if scopes := a.scopesOf(c.typ); len(scopes) > 0 {
				sets = append(sets, set{step{nil, c.at, ""}, c.typ, a, scopes})
			}
		}
	}
	for _, s := range sets {
		for _, scope := range s.scopes {
			requested[scope] = true
		}
	}
	return requested, sets
}

// tokenOnly returns what the calls of a token-only client carry.
func (r *reach) tokenOnly(a *api, c *client, requested map[string]bool) map[string]bool {
	carried := map[string]bool{}
	for _, t := range r.arguments[c] {
		if _, ok := types.Unalias(t).(*types.TypeParam); ok {
			return requested
		}
		for _, s := range a.scopesOf(t) {
			carried[s] = true
		}
	}
	return carried
}

func (r *reach) authorize(t types.Type, via step) {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok || !types.IsInterface(t) {
		r.open = true
		return
	}
	for _, a := range r.code.apis {
		if scopes := a.scopesOf(t); len(scopes) > 0 {
			r.sets = append(r.sets, set{via, t, a, scopes})
		}
	}
}

// scopesOf returns the scopes that an interface type embeds, in the order of the
// table.
func (a *api) scopesOf(t types.Type) []string {
	held := map[string]bool{}
	a.embedded(t, held, map[types.Type]bool{})
	var scopes []string
	for _, s := range a.Scopes {
		if held[s.Scope] {
			scopes = append(scopes, s.Scope)
		}
	}
	return scopes
}

func (a *api) embedded(t types.Type, held map[string]bool, seen map[types.Type]bool) {
	t = types.Unalias(t)
	if seen[t] {
		return
	}
	seen[t] = true
	if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == a.path+"/scope" {
		if scope := a.byType[named.Obj().Name()]; scope != "" {
			held[scope] = true
		}
		return
	}
	if i, ok := t.Underlying().(*types.Interface); ok {
		for e := range i.EmbeddedTypes() {
			a.embedded(e, held, seen)
		}
	}
}
