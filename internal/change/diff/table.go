package diff

import (
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// InSpellingOf returns a published table in the names of a catalogue: a name that the
// catalogue lists as another spelling of a scope becomes the scope's own. keep, if not
// nil, reports whether a name of the table stays although it is a spelling of the
// catalogue's name. changed holds the names that were replaced, each with the new one.
func InSpellingOf(c, published *spec.Catalogue, keep func(name, table string) bool) (out *spec.Catalogue, changed [][2]string) {
	own, other := map[string]bool{}, map[string]string{}
	for _, s := range c.Scopes() {
		own[s.Name] = true
		for _, e := range s.Spellings {
			other[e.Value] = s.Name
		}
	}
	theirs := map[string]bool{}
	for _, s := range published.Scopes() {
		theirs[s.Name] = true
	}
	copied := *published
	copied.Groups = slices.Clone(published.Groups)
	for i := range copied.Groups {
		g := &copied.Groups[i]
		g.Scopes = slices.Clone(g.Scopes)
		for j, s := range g.Scopes {
			name := other[s.Name]
			if name == "" || own[s.Name] || theirs[name] || keep != nil && keep(name, s.Name) {
				continue
			}
			same := *s
			same.Name = name
			g.Scopes[j] = &same
			changed = append(changed, [2]string{s.Name, name})
		}
	}
	return &copied, changed
}

// withTable returns a catalogue with the scopes of a table in place of its own. What
// needs a scope that is not in the table is left out: sets of scopes, and operations
// and clients of which nothing else is left.
func withTable(c, table *spec.Catalogue) *spec.Catalogue {
	stays := map[string]bool{}
	for _, s := range table.Scopes() {
		stays[s.Name] = true
	}
	allStay := func(set []spec.Text) bool {
		return !slices.ContainsFunc(set, func(t spec.Text) bool { return !stays[t.Value] })
	}
	out := *c
	known := map[string]bool{}
	out.Groups = nil
	for _, g := range c.Groups {
		scopes := g.Scopes
		g.Scopes = nil
		for _, s := range scopes {
			known[s.Name] = true
			if !stays[s.Name] {
				continue
			}
			kept := *s
			kept.Implies = slices.DeleteFunc(slices.Clone(s.Implies), func(t spec.Text) bool { return !stays[t.Value] })
			g.Scopes = append(g.Scopes, &kept)
		}
		if len(g.Scopes) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	for _, g := range table.Groups {
		g.Scopes = slices.DeleteFunc(slices.Clone(g.Scopes), func(s *spec.Scope) bool { return known[s.Name] })
		if len(g.Scopes) > 0 {
			out.Groups = append(out.Groups, g)
		}
	}
	out.Operations = nil
	for _, op := range c.Operations {
		if op.Requires.Stated() {
			kept := *op
			kept.Requires.Alternatives = slices.DeleteFunc(slices.Clone(op.Requires.Alternatives), func(a spec.Alternative) bool { return !allStay(a.Scopes) })
			if len(kept.Requires.Alternatives) == 0 {
				continue
			}
			op = &kept
		}
		out.Operations = append(out.Operations, op)
	}
	out.Clients = nil
	for _, cl := range c.Clients {
		if allStay(cl.AllOf) {
			out.Clients = append(out.Clients, cl)
		}
	}
	return &out
}
