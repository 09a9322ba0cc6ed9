package sync

import (
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// match finds the scope of the catalogue for each scope of the table, and the group
// that it belongs to.
func (s *syncer) match() {
	s.renames = map[string]string{}
	in := map[string]bool{} // the scopes of the table
	for _, sc := range s.table.Scopes() {
		in[sc.Name] = true
	}
	known := map[string]*spec.Scope{}
	becomes := map[string][]string{} // new name → old names, in the order of the catalogue
	for _, sc := range s.old.Scopes() {
		known[sc.Name] = sc
		if to := s.options.Renames[sc.Name]; in[to] && !in[sc.Name] {
			becomes[to] = append(becomes[to], sc.Name)
			s.renames[sc.Name] = to
		}
	}
	for _, g := range s.table.Groups {
		for _, sc := range g.Scopes {
			w := &want{Scope: sc, group: g.Title, old: known[sc.Name]}
			for _, from := range becomes[sc.Name] {
				if w.old == nil {
					w.old = known[from]
				} else {
					w.merged = append(w.merged, known[from])
				}
			}
			s.order = append(s.order, w)
		}
	}
	for _, sc := range s.old.Scopes() {
		if !in[sc.Name] && s.renames[sc.Name] == "" {
			s.removed = append(s.removed, sc)
		}
	}
	s.chooseGroups()
}

// chooseGroups corrects the groups of the scopes if the table has none: scopes stay
// where they are then, and a new one goes where there is one about the same thing.
func (s *syncer) chooseGroups() {
	s.groups = len(s.table.Groups) > 1 || len(s.old.Groups) == 1 && s.table.Groups[0].Title == s.old.Groups[0].Title
	if s.groups {
		return
	}
	if len(s.old.Groups) > 0 {
		s.result.Notes = append(s.result.Notes, "the table has no groups, so scopes stay in theirs, and new ones join the group of scopes about the same thing")
	}
	home, likes := map[string]string{}, map[string]string{}
	for _, g := range s.old.Groups {
		for _, sc := range g.Scopes {
			home[sc.Name] = g.Title
			if _, known := likes[about(sc.Name)]; !known {
				likes[about(sc.Name)] = g.Title
			}
		}
	}
	for _, w := range s.order {
		switch like := likes[about(w.Name)]; {
		case w.old != nil:
			w.group = home[w.old.Name]
		case like != "":
			w.group = like
		case len(s.old.Groups) == 1:
			w.group = s.old.Groups[0].Title
		}
	}
}

// about returns what a scope is about: all but its last word.
func about(name string) string {
	return name[:max(0, strings.LastIndexAny(name, ":./"))]
}
