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

// Side is one of the two catalogues that are compared.
type Side struct {
	Name      string // as the user wrote it
	Catalogue *spec.Catalogue
	Table     bool // the catalogue is a published table, which has no operations
}

// Compare returns how new differs from old. It reports no error: what cannot be
// compared is a note of the report.
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
		c.buildSurfaces(old, new)
	} else {
		if new.Table && !old.Table {
			c.buildSurfaces(old, Side{Name: new.Name, Catalogue: withTable(old.Catalogue, new.Catalogue)})
		}
		c.note("a table says nothing about operations, so scopes alone were compared")
	}
	c.groups = c.whole || haveGroups(old.Catalogue, new.Catalogue)
	if !c.groups {
		c.note("one of the two has no groups, so groups were not compared")
	}
	c.findRenames()
	c.compareScopes()
	if c.whole {
		c.compareOperations()
		c.compareRest()
	}
	c.suggestRenames()
	c.finish()
	return c.Report
}

// comparison is the state while two catalogues are compared. Its methods record
// changes in the report.
type comparison struct {
	*Report
	was, is  *indexed
	whole    bool                // neither side is a table, so operations are compared too
	groups   bool                // groups are compared too
	to       map[string]string   // old scope → new scope, for renames that the new catalogue confirms
	from     map[string][]string // new scope → the old scopes that became it
	implied  *spec.Implications  // what the scopes of the old catalogue imply, in the new names
	removed  []*row
	added    []*row
	toldGone map[string]bool           // Go names that a change lists as gone
	toldNew  map[string]bool           // Go names that a change lists as new, or that have no need to be listed
	matched  map[string]map[string]int // removed scope → added scope → how many operations need the one instead of the other
}

// haveGroups reports whether two tables both sort their scopes into groups.
func haveGroups(a, b *spec.Catalogue) bool {
	return len(a.Groups) > 1 && len(b.Groups) > 1 || len(a.Groups) == len(b.Groups) && a.Groups[0].Title == b.Groups[0].Title
}

// note records what could not be compared.
func (c *comparison) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// row is a scope with the title of its group.
type row struct {
	*spec.Scope
	group string
}

// indexed is a catalogue with what is looked up in it.
type indexed struct {
	*spec.Catalogue
	scopes     map[string]*row // by name
	names      []string        // of the scopes, in the order of the table
	operations map[string]*spec.Operation
	implies    *spec.Implications
	textCount  map[string]int             // how many scopes have each text; made on first use
	paths      map[string]*spec.Operation // by method and shape of the path; made on first use
}

func index(c *spec.Catalogue) *indexed {
	x := &indexed{Catalogue: c, scopes: map[string]*row{}, operations: make(map[string]*spec.Operation, len(c.Operations)), implies: c.Implications()}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			x.scopes[s.Name] = &row{s, g.Title}
			x.names = append(x.names, s.Name)
		}
	}
	for _, op := range c.Operations {
		x.operations[op.ID] = op
	}
	return x
}

// add records a change.
func (c *comparison) add(change Change) {
	for _, name := range change.Gone {
		c.toldGone[name] = true
	}
	c.Changes = append(c.Changes, change)
}

// finish sorts the changes, and says what they mean together.
func (c *comparison) finish() {
	slices.SortStableFunc(c.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Subject, b.Subject))
	})
	for _, change := range c.Changes {
		c.Semver = max(c.Semver, change.Semver)
		c.Breaking = c.Breaking || change.Breaking
	}
}

// fold returns a text with one blank wherever it has white space.
func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
