// Package sync brings a published table of scopes into a catalogue that is there
// already, in place: whatever did not change stays byte for byte, with its comments,
// order, quotes and blank lines.
package sync

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/spec"
)

// Options say how a table is brought in.
type Options struct {
	// Renames are confirmed renames, from the catalogue's name to the table's.
	// Several scopes may get one name, and it may be that of another scope of the
	// catalogue: they are merged. An empty new name says that the scope was removed,
	// whatever it looks like.
	Renames map[string]string
	// KeepTexts leaves the texts of scopes that are there already.
	KeepTexts bool
}

// Result is what a sync would write.
type Result struct {
	Files     map[string][]byte // the new content of the files that change, by path below the folder of the table
	Before    map[string][]byte // what these files hold now
	Catalogue *spec.Catalogue   // the catalogue as it will be
	Notes     []string          // what was decided, and what was not taken over
}

// Suggest returns the renames that the table may hold and o does not decide.
func Suggest(c, published *spec.Catalogue, o Options) []diff.Suggestion {
	published, o, _ = inOurSpelling(c, published, o)
	return suggest(c, published, o)
}

func suggest(c, published *spec.Catalogue, o Options) []diff.Suggestion {
	published = withRenames(published, o.Renames)
	all := diff.Compare(diff.Side{Catalogue: c}, diff.Side{Catalogue: published, Table: true}).Suggestions
	return slices.DeleteFunc(all, func(s diff.Suggestion) bool {
		_, decided := o.Renames[s.From]
		return decided
	})
}

// Sync works out how the catalogue c, loaded from the file name of fsys, has to
// change to say what a published table says. Nothing is written. If the list holds
// an error, it says what stands against the change, and there is no result.
func Sync(fsys fs.FS, name string, c, published *spec.Catalogue, o Options) (*Result, diag.List) {
	s := &syncer{fsys: fsys, name: name, old: c, editors: map[string]*editor{}, result: &Result{Files: map[string][]byte{}, Before: map[string][]byte{}}}
	s.table, s.options, s.result.Notes = inOurSpelling(c, published, o)
	s.match()
	s.findConflicts()
	if s.problems.Err() != nil {
		return nil, s.problems
	}
	s.tellMerges()
	if err := s.edit(); err != nil {
		return nil, cannotEdit(name, err.Error())
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	return s.result, nil
}

// cannotEdit says why the catalogue in the file name cannot be changed in place.
func cannotEdit(name, why string) diag.List {
	return diag.List{{
		Code: "cannot-edit", Pos: diag.Position{File: name}, Message: "the catalogue cannot be edited in place: " + why,
		Hint: "nothing was written; make this change by hand",
	}}
}

type syncer struct {
	fsys    fs.FS
	name    string
	old     *spec.Catalogue
	table   *spec.Catalogue // the published one, in the catalogue's names
	options Options

	groups   bool              // the table says which group a scope is in
	renames  map[string]string // old name → new name, those that happen
	order    []*want           // in the order of the table
	removed  []*spec.Scope
	problems diag.List
	editors  map[string]*editor // by path below the folder of the table
	result   *Result
}

// want is how a scope of the table is to stand in the catalogue.
type want struct {
	*spec.Scope
	group  string        // its title
	old    *spec.Scope   // whose row it takes; nil if it is new
	merged []*spec.Scope // further scopes that become this one; their rows go
}

// gone returns the scopes whose rows go: those that were removed, and those that are
// merged into another.
func (s *syncer) gone() map[string]bool {
	gone := map[string]bool{}
	for _, sc := range s.removed {
		gone[sc.Name] = true
	}
	for _, w := range s.order {
		for _, sc := range w.merged {
			gone[sc.Name] = true
		}
	}
	return gone
}

// inOurSpelling returns a table and renames in the catalogue's names, and notes about
// the names that were replaced.
func inOurSpelling(c, published *spec.Catalogue, o Options) (*spec.Catalogue, Options, []string) {
	out, changed := diff.InSpellingOf(c, published, func(name, table string) bool { return o.Renames[name] == table })
	o.Renames = maps.Clone(o.Renames)
	var notes []string
	for _, pair := range changed {
		notes = append(notes, fmt.Sprintf("the table's %q is the catalogue's %q in another spelling", pair[0], pair[1]))
		for from, to := range o.Renames {
			if to == pair[0] {
				o.Renames[from] = pair[1]
			}
		}
	}
	return out, o, notes
}

// withRenames writes confirmed renames into a table.
func withRenames(published *spec.Catalogue, renames map[string]string) *spec.Catalogue {
	former := map[string][]spec.Text{}
	for _, old := range slices.Sorted(maps.Keys(renames)) {
		former[renames[old]] = append(former[renames[old]], spec.Text{Value: old})
	}
	out := *published
	out.Groups = slices.Clone(published.Groups)
	for i := range out.Groups {
		g := &out.Groups[i]
		g.Scopes = slices.Clone(g.Scopes)
		for j, s := range g.Scopes {
			if len(former[s.Name]) > 0 {
				renamed := *s
				renamed.RenamedFrom = former[s.Name]
				g.Scopes[j] = &renamed
			}
		}
	}
	return &out
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
