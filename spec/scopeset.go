package spec

import (
	"slices"
	"strings"
)

// ScopeSet is a set of scopes by name.
type ScopeSet map[string]bool

// ScopesOf returns the set of the listed scopes.
func ScopesOf(list []Text) ScopeSet {
	set := make(ScopeSet, len(list))
	for _, scope := range list {
		set[scope.Value] = true
	}
	return set
}

// ScopesNamed returns the set of the scopes with these names. It is [ScopesOf] for
// names that have no place in a catalogue.
func ScopesNamed(list []string) ScopeSet {
	set := make(ScopeSet, len(list))
	for _, scope := range list {
		set[scope] = true
	}
	return set
}

// Covers reports whether the set holds each of the listed scopes. Every set
// covers an empty list. What a scope implies counts only if the set holds it:
// see [Implications.Closure].
func (s ScopeSet) Covers(list []Text) bool {
	return !slices.ContainsFunc(list, func(scope Text) bool { return !s[scope.Value] })
}

// CoversNames is [ScopeSet.Covers] for names that have no place in a catalogue.
func (s ScopeSet) CoversNames(list []string) bool {
	return !slices.ContainsFunc(list, func(scope string) bool { return !s[scope] })
}

// ScopeKey returns a text that is equal for lists of the same scopes, in
// whatever order and however often each is listed. Lists that differ have
// different keys, because no scope holds a space.
func ScopeKey(list []Text) string {
	names := make([]string, len(list))
	for i, scope := range list {
		names[i] = scope.Value
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}
