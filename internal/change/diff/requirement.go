package diff

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// relation is how a requirement relates to the one before.
type relation int

const (
	same     relation = iota
	widened           // every token that met the one before meets it, and further ones do
	narrowed          // only some of the tokens that met the one before meet it
	replaced          // some tokens no longer meet it, and others do that did not before
	stated            // one of the two says nothing
)

// relate compares two requirements by the tokens that meet them. was and is hold what
// scopes imply on the old and the new side.
func relate(old, now spec.Requirement, was, is *spec.Implications) relation {
	if (old.Kind == spec.NotStated) != (now.Kind == spec.NotStated) {
		return stated
	}
	forward := old.Satisfies(now, is)
	back := now.Satisfies(old, was)
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

// words returns what a requirement asks, in words.
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
