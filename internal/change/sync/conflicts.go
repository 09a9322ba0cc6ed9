package sync

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// findConflicts finds what stands against the change.
func (s *syncer) findConflicts() {
	for _, from := range slices.Sorted(maps.Keys(s.options.Renames)) {
		to := s.options.Renames[from]
		old := s.old.Scope(from)
		switch {
		case old == nil:
			s.conflict("rename", diag.Position{File: s.name}, fmt.Sprintf("--rename %s=%s: the catalogue has no scope %q", from, to, from), "")
		case to == "":
		case s.table.Scope(to) == nil:
			s.conflict("rename", diag.Position{File: s.name}, fmt.Sprintf("--rename %s=%s: the table has no scope %q", from, to, to), "")
		case s.table.Scope(from) != nil:
			s.conflict("rename", old.Pos, fmt.Sprintf("--rename %s=%s: the table still has a scope %q", from, to, from), "leave this rename out, or take the scope out of the table")
		}
	}
	s.findCircles()
	asked := map[string]bool{}
	for _, suggestion := range suggest(s.old, s.table, s.options) {
		asked[suggestion.From] = true
		s.conflict("perhaps-renamed", s.old.Scope(suggestion.From).Pos,
			fmt.Sprintf("scope %q may be called %q now (%.0f %%: %s)", suggestion.From, suggestion.To, suggestion.Confidence*100, suggestion.Reason),
			fmt.Sprintf("say --rename %s=%s if it is, --rename %s= if it was removed", suggestion.From, suggestion.To, suggestion.From))
	}
	s.findUsesOfRemoved(asked)
}

func (s *syncer) conflict(code string, pos diag.Position, message, hint string, related ...diag.Related) {
	s.problems = append(s.problems, diag.Diagnostic{Code: code, Pos: pos, Message: message, Hint: hint, Related: related})
}

// findCircles finds scopes that could not be merged because the result would imply
// itself by way of another scope.
func (s *syncer) findCircles() {
	implies := s.old.Implications().Rename(s.renames)
	for _, w := range s.order {
		if len(w.merged) == 0 {
			continue
		}
		for _, old := range append([]*spec.Scope{w.old}, w.merged...) {
			for _, implied := range old.Implies {
				name := cmp.Or(s.renames[implied.Value], implied.Value)
				if name != w.Name && implies.Closure(name)[w.Name] {
					s.conflict("merge-circle", implied.Pos, fmt.Sprintf("%q would imply itself: %q implies %q, which implies %q", w.Name, old.Name, implied.Value, w.Name),
						"take one of the implications out of the catalogue first")
				}
			}
		}
	}
}

// findUsesOfRemoved finds what still needs scopes that the table no longer has,
// except for those of which a person has to say first whether they are gone.
func (s *syncer) findUsesOfRemoved(asked map[string]bool) {
	removed := map[string]bool{}
	for _, sc := range s.removed {
		removed[sc.Name] = true
	}
	places := map[string][]diag.Related{}
	add := func(t spec.Text, by string) {
		if removed[t.Value] {
			places[t.Value] = append(places[t.Value], diag.Related{Pos: t.Pos, Message: by})
		}
	}
	s.references(add)
	for _, sc := range s.old.Scopes() {
		if removed[sc.Name] {
			continue
		}
		for _, t := range sc.Implies {
			add(t, fmt.Sprintf("implied by scope %q", sc.Name))
		}
	}
	for _, sc := range s.removed {
		related := places[sc.Name]
		if len(related) == 0 || asked[sc.Name] {
			continue
		}
		const most = 20
		more := ""
		if len(related) > most {
			more = fmt.Sprintf(" (the first %d of %d places)", most, len(related))
			related = related[:most]
		}
		s.conflict("scope-in-use", sc.Pos, fmt.Sprintf("the table no longer has %q, but the catalogue needs it%s", sc.Name, more),
			fmt.Sprintf("take %q out of these places first, or say what it is called now with --rename %s=NEW", sc.Name, sc.Name), related...)
	}
}
