// Package diff tells in words how two catalogues differ: what changed, whether it
// breaks a program that uses the generated packages, which Go names are gone or new,
// and what the author of the program does now. The order in which things are written
// never counts.
package diff

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// Side is one of the catalogues that are compared.
type Side struct {
	Name      string // as the user called it
	Catalogue *spec.Catalogue
	Table     bool // it holds groups and scopes alone
}

// Compare returns the changes that lead from old to new.
func Compare(old, new Side) *Report {
	switch {
	case new.Table && !old.Table:
		new.Catalogue, _ = InSpellingOf(old.Catalogue, new.Catalogue, nil)
	case old.Table && !new.Table:
		old.Catalogue, _ = InSpellingOf(new.Catalogue, old.Catalogue, nil)
	}
	c := &comparison{
		Report: &Report{Old: old.Name, New: new.Name, Changes: []Change{}, changed: map[string]Affected{}},
		was:    index(old.Catalogue), is: index(new.Catalogue),
		toldGone: map[string]bool{}, toldNew: map[string]bool{}, matched: map[string]map[string]int{},
	}
	c.output = old.Catalogue.API.Name
	if out := old.Catalogue.Go.Output; out != "" {
		c.output = path.Base(out)
	}
	c.whole = !old.Table && !new.Table
	if c.whole {
		c.surfaces(old, new)
	} else {
		if new.Table && !old.Table {
			c.surfaces(old, Side{Name: new.Name, Catalogue: withTable(old.Catalogue, new.Catalogue)})
		}
		c.note("a table says nothing about operations, so scopes alone were compared")
	}
	c.groups = c.whole || comparableGroups(old.Catalogue, new.Catalogue)
	if !c.groups {
		c.note("one of the two has no groups, so groups were not compared")
	}
	c.renames()
	c.scopes()
	if c.whole {
		c.operations()
		c.rest()
	}
	c.suggest()
	c.finish()
	return c.Report
}

// comparison is the state while two catalogues are compared.
type comparison struct {
	*Report
	was, is  *indexed
	whole    bool                // operations are compared too
	groups   bool                // groups are compared too
	to       map[string]string   // old scope → new scope, for confirmed renames
	from     map[string][]string // new scope → the old scopes that it was
	implied  *spec.Implications  // what the old catalogue's scopes imply, in the new names
	removed  []*entry
	added    []*entry
	toldGone map[string]bool // Go names that a change has told are gone
	toldNew  map[string]bool
	matched  map[string]map[string]int // operations: removed scope → added scope → how many moved
}

// comparableGroups reports whether two tables both sort their scopes into groups.
func comparableGroups(a, b *spec.Catalogue) bool {
	return len(a.Groups) > 1 && len(b.Groups) > 1 || len(a.Groups) == len(b.Groups) && a.Groups[0].Title == b.Groups[0].Title
}

func (c *comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// entry is a scope with its group.
type entry struct {
	*spec.Scope
	group string
}

// indexed is a catalogue by name.
type indexed struct {
	*spec.Catalogue
	scopes     map[string]*entry
	names      []string // of the scopes, in the order of the table
	operations map[string]*spec.Operation
	implies    *spec.Implications
	textCount  map[string]int             // made on first use
	paths      map[string]*spec.Operation // by method and shape of the path, made on first use
}

func index(c *spec.Catalogue) *indexed {
	x := &indexed{Catalogue: c, scopes: map[string]*entry{}, operations: make(map[string]*spec.Operation, len(c.Operations)), implies: c.Implications()}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			x.scopes[s.Name] = &entry{s, g.Title}
			x.names = append(x.names, s.Name)
		}
	}
	for _, op := range c.Operations {
		x.operations[op.ID] = op
	}
	return x
}

func (c *comparison) add(change Change) {
	for _, name := range change.Gone {
		c.toldGone[name] = true
	}
	c.Changes = append(c.Changes, change)
}

func (c *comparison) finish() {
	slices.SortStableFunc(c.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Subject, b.Subject))
	})
	for _, change := range c.Changes {
		c.Semver = max(c.Semver, change.Semver)
		c.Breaking = c.Breaking || change.Breaking
	}
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
