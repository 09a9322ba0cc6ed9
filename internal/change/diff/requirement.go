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
	if old.Stated() != now.Stated() {
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
	if !r.Stated() {
		return "nothing stated"
	}
	ways := make([]string, len(r.Alternatives))
	for i, a := range r.Alternatives {
		ways[i] = alternative(a)
	}
	slices.Sort(ways)
	return strings.Join(ways, " or ")
}

func alternative(a spec.Alternative) string {
	var parts []string
	for _, s := range a.Scopes {
		parts = append(parts, s.Value)
	}
	slices.Sort(parts)
	if a.Token && len(a.Scopes) == 0 {
		parts = append(parts, "any token")
	}
	for _, k := range a.Keys {
		parts = append(parts, "the key "+k.Value)
	}
	if parts == nil {
		return "no token"
	}
	return strings.Join(parts, " with ")
}
