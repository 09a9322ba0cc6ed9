package diff

import (
	"cmp"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// relation is how a requirement relates to the one before.
type relation int

const (
	same     relation = iota
	widened           // every token that did still does, and others do
	narrowed          // only some of the tokens that did still do
	replaced          // some that did no longer do, some that did not do now
	stated            // nothing was said before, or is now
)

// relate compares two requirements by the tokens that satisfy them. A closure
// gives a scope and all that it implies, on the side of the requirement.
func relate(old, now spec.Requirement, was, is func(string) map[string]bool) relation {
	if (old.Kind == spec.NotStated) != (now.Kind == spec.NotStated) {
		return stated
	}
	forward := covers(now, old, is) // all that satisfied old satisfies now
	back := covers(old, now, was)
	switch {
	case forward && back:
		return same
	case forward:
		return widened
	case back:
		return narrowed
	}
	return replaced
}

// covers tells whether every token that satisfies r satisfies by.
func covers(by, r spec.Requirement, closure func(string) map[string]bool) bool {
	switch {
	case by.Kind == spec.NotStated || r.Kind == spec.NotStated:
		return by.Kind == r.Kind
	case by.Kind == spec.Public:
		return true
	case r.Kind == spec.Public:
		return false
	case by.Kind == spec.TokenOnly:
		return true
	case r.Kind == spec.TokenOnly:
		return false
	}
	for _, set := range r.Sets {
		if !slices.ContainsFunc(by.Sets, func(need []spec.Text) bool { return holds(set, need, closure) }) {
			return false
		}
	}
	return true
}

// holds tells whether a token with the scopes of set has all of need.
func holds(set, need []spec.Text, closure func(string) map[string]bool) bool {
	for _, n := range need {
		if !slices.ContainsFunc(set, func(s spec.Text) bool { return s.Value == n.Value || closure(s.Value)[n.Value] }) {
			return false
		}
	}
	return true
}

// rename writes a requirement in the new names of its scopes.
func rename(r spec.Requirement, to map[string]string) spec.Requirement {
	if len(to) == 0 || r.Kind != spec.Scoped {
		return r
	}
	sets := make([][]spec.Text, len(r.Sets))
	for i, set := range r.Sets {
		sets[i] = make([]spec.Text, len(set))
		for j, s := range set {
			sets[i][j] = spec.Text{Pos: s.Pos, Value: cmp.Or(to[s.Value], s.Value)}
		}
	}
	r.Sets = sets
	return r
}

// closureRenamed is the closure in the new names of scopes.
func (x *indexed) closureRenamed(to map[string]string) func(string) map[string]bool {
	if len(to) == 0 {
		return x.closure
	}
	back := map[string]string{}
	for old, new := range to {
		back[new] = old
	}
	return func(name string) map[string]bool {
		all := map[string]bool{}
		for n := range x.closure(cmp.Or(back[name], name)) {
			all[cmp.Or(to[n], n)] = true
		}
		return all
	}
}

// words says what a requirement asks.
func words(r spec.Requirement) string {
	switch r.Kind {
	case spec.NotStated:
		return "nothing stated"
	case spec.Public:
		return "no token"
	case spec.TokenOnly:
		return "any token"
	}
	sets := make([]string, len(r.Sets))
	for i, set := range r.Sets {
		names := make([]string, len(set))
		for j, s := range set {
			names[j] = s.Value
		}
		slices.Sort(names)
		sets[i] = strings.Join(names, " with ")
	}
	slices.Sort(sets)
	return strings.Join(sets, " or ")
}
