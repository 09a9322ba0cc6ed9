// Package sync brings a published table of scopes into a catalogue that exists
// already, in place: whatever did not change stays byte for byte, comments,
// order, quoting and blank lines included.
package sync

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/spec"
)

// Options say how a table is brought in.
type Options struct {
	// Renames are confirmed renames, from the catalogue's name to the table's.
	// An empty new name says that the scope was removed, whatever it looks like.
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
	published, _ = inOurSpelling(c, published, o)
	published = withRenames(published, o.Renames)
	all := diff.Compare(diff.Side{Catalogue: c}, diff.Side{Catalogue: published, Table: true}).Suggestions
	return slices.DeleteFunc(all, func(s diff.Suggestion) bool {
		_, decided := o.Renames[s.From]
		return decided
	})
}

// Sync works out how the catalogue c, loaded from the file name of fsys, has
// to change to say what a published table says. Nothing is written. If the list
// holds an error, there are conflicts and no result.
func Sync(fsys fs.FS, name string, c, published *spec.Catalogue, o Options) (*Result, diag.List) {
	s := &syncer{fsys: fsys, name: name, old: c, options: o, editors: map[string]*editor{}, result: &Result{Files: map[string][]byte{}, Before: map[string][]byte{}}}
	s.table, s.result.Notes = inOurSpelling(c, published, o)
	s.match()
	s.conflicts()
	if s.problems.Err() != nil {
		return nil, s.problems
	}
	if err := s.edit(); err != nil {
		return nil, diag.List{{
			Code: "cannot-edit", Pos: diag.Position{File: name}, Message: "the catalogue cannot be edited in place: " + err.Error(),
			Hint: "nothing was written; make this change by hand",
		}}
	}
	if err := s.verify(); err != nil {
		return nil, err
	}
	return s.result, nil
}

type syncer struct {
	fsys    fs.FS
	name    string
	old     *spec.Catalogue
	table   *spec.Catalogue
	options Options

	groups   bool              // the table says which group a scope is in
	renames  map[string]string // old → new, those that happen
	target   map[string]*want  // by the name that it will have
	order    []*want           // in the order of the table
	removed  []*spec.Scope
	problems diag.List
	editors  map[string]*editor
	result   *Result
}

// want is how a scope of the table is to stand in the catalogue.
type want struct {
	*spec.Scope
	group string      // title
	old   *spec.Scope // nil if it is new
}

// inOurSpelling returns a table in the catalogue's names, and notes about the
// names that were replaced.
func inOurSpelling(c, published *spec.Catalogue, o Options) (*spec.Catalogue, []string) {
	out, changed := diff.InSpellingOf(c, published, func(name, table string) bool { return o.Renames[name] == table })
	var notes []string
	for _, pair := range changed {
		notes = append(notes, fmt.Sprintf("the table's %q is the catalogue's %q in another spelling", pair[0], pair[1]))
	}
	return out, notes
}

// withRenames writes confirmed renames into a table.
func withRenames(published *spec.Catalogue, renames map[string]string) *spec.Catalogue {
	back := map[string]string{}
	for old, new := range renames {
		back[new] = old
	}
	out := *published
	out.Groups = slices.Clone(published.Groups)
	for i := range out.Groups {
		g := &out.Groups[i]
		g.Scopes = slices.Clone(g.Scopes)
		for j, s := range g.Scopes {
			if old := back[s.Name]; old != "" {
				renamed := *s
				renamed.RenamedFrom = []spec.Text{{Value: old}}
				g.Scopes[j] = &renamed
			}
		}
	}
	return &out
}

// match finds for each scope of the table the catalogue's.
func (s *syncer) match() {
	s.renames, s.target = map[string]string{}, map[string]*want{}
	old := map[string]*spec.Scope{}
	home := map[string]string{}
	for _, g := range s.old.Groups {
		for _, sc := range g.Scopes {
			old[sc.Name] = sc
			home[sc.Name] = g.Title
		}
	}
	s.groups = len(s.table.Groups) > 1 || len(s.old.Groups) == 1 && s.table.Groups[0].Title == s.old.Groups[0].Title
	if !s.groups && len(s.old.Groups) > 0 {
		s.result.Notes = append(s.result.Notes, "the table has no groups, so scopes stay in theirs, and new ones join the group of their likes")
	}
	back := map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(s.options.Renames)) {
		if to := s.options.Renames[from]; to != "" {
			back[to] = from
		}
	}
	theirs := map[string]bool{}
	for _, g := range s.table.Groups {
		for _, sc := range g.Scopes {
			theirs[sc.Name] = true
			w := &want{Scope: sc, group: g.Title, old: old[sc.Name]}
			if from := back[sc.Name]; w.old == nil && from != "" && old[from] != nil {
				w.old = old[from]
				s.renames[from] = sc.Name
			}
			s.target[sc.Name] = w
			s.order = append(s.order, w)
		}
	}
	for _, sc := range s.old.Scopes() {
		if !theirs[sc.Name] && s.renames[sc.Name] == "" {
			s.removed = append(s.removed, sc)
		}
	}
	if !s.groups {
		likes := map[string]string{}
		for _, sc := range s.old.Scopes() {
			if _, known := likes[about(sc.Name)]; !known {
				likes[about(sc.Name)] = home[sc.Name]
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
}

// about is what a scope is about: all but its last word.
func about(name string) string {
	return name[:max(0, strings.LastIndexAny(name, ":./"))]
}

// conflicts finds what stands against the sync.
func (s *syncer) conflicts() {
	for _, from := range slices.Sorted(maps.Keys(s.options.Renames)) {
		to := s.options.Renames[from]
		switch {
		case s.old.Scope(from) == nil:
			s.conflict("rename", diag.Position{File: s.name}, fmt.Sprintf("--rename %s=%s: the catalogue has no scope %q", from, to, from), "")
		case to != "" && s.renames[from] == "" && s.table.Scope(to) != nil:
			s.conflict("merge", s.old.Scope(from).Pos, fmt.Sprintf("--rename %s=%s: another scope of the catalogue becomes %q too, and sync cannot make one scope of two", from, to, to),
				fmt.Sprintf("merge them in the catalogue first: remove %q, write %q in its place where operations need it, and add it to renamed_from of %q", from, to, to))
		case to != "" && s.renames[from] == "":
			s.conflict("rename", diag.Position{File: s.name}, fmt.Sprintf("--rename %s=%s: the table has no new scope %q", from, to, to), "")
		}
	}
	asked := map[string]bool{}
	for _, suggestion := range Suggest(s.old, s.table, s.options) {
		asked[suggestion.From] = true
		s.conflict("perhaps-renamed", s.old.Scope(suggestion.From).Pos,
			fmt.Sprintf("scope %q may be called %q now (%.0f %%: %s)", suggestion.From, suggestion.To, suggestion.Confidence*100, suggestion.Reason),
			fmt.Sprintf("say --rename %s=%s if it is, --rename %s= if it was removed", suggestion.From, suggestion.To, suggestion.From))
	}
	s.dangling(asked)
}

func (s *syncer) conflict(code string, pos diag.Position, message, hint string, related ...diag.Related) {
	s.problems = append(s.problems, diag.Diagnostic{Code: code, Pos: pos, Message: message, Hint: hint, Related: related})
}

// dangling finds what still refers to scopes that the table no longer has,
// except for those of which a person has to say first whether they are gone.
func (s *syncer) dangling(asked map[string]bool) {
	removed := map[string]bool{}
	for _, sc := range s.removed {
		removed[sc.Name] = true
	}
	places := map[string][]diag.Related{}
	s.references(func(t spec.Text, by string) {
		if removed[t.Value] {
			places[t.Value] = append(places[t.Value], diag.Related{Pos: t.Pos, Message: by})
		}
	})
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

// references calls f with every place that refers to a scope, except from
// scopes that go themselves.
func (s *syncer) references(f func(t spec.Text, by string)) {
	gone := map[string]bool{}
	for _, sc := range s.removed {
		gone[sc.Name] = true
	}
	for _, op := range s.old.Operations {
		for _, set := range op.Requires.Sets {
			for _, t := range set {
				f(t, fmt.Sprintf("needed by operation %q", op.ID))
			}
		}
	}
	for _, cl := range s.old.Clients {
		for _, t := range cl.AllOf {
			f(t, fmt.Sprintf("named by client %q", cl.Name))
		}
	}
	for _, sc := range s.old.Scopes() {
		if !gone[sc.Name] {
			for _, t := range sc.Implies {
				f(t, fmt.Sprintf("implied by scope %q", sc.Name))
			}
		}
	}
}

// verify reads the result as a user would, and compares it with what was wanted.
func (s *syncer) verify() diag.List {
	if len(s.result.Files) == 0 {
		s.result.Catalogue = s.old
		return nil
	}
	folder := path.Dir(s.name)
	over := overlay{s.fsys, map[string][]byte{}}
	for name, text := range s.result.Files {
		over.files[path.Join(folder, name)] = text
	}
	c, findings := s.loadTable(over)
	if c == nil {
		c, findings = spec.Load(over, s.name)
	}
	if findings.Err() != nil {
		return findings
	}
	for _, w := range s.order {
		if sc := c.Scope(w.Name); sc == nil || !s.options.KeepTexts && w.Permits != "" && fold(sc.Permits) != fold(w.Permits) {
			return diag.List{{
				Code: "cannot-edit", Pos: diag.Position{File: s.name}, Message: fmt.Sprintf("the catalogue cannot be edited in place: scope %q would not be as the table says", w.Name),
				Hint: "nothing was written; make this change by hand",
			}}
		}
	}
	for _, sc := range s.removed {
		if c.Scope(sc.Name) != nil {
			return diag.List{{Code: "cannot-edit", Pos: sc.Pos, Message: fmt.Sprintf("scope %q cannot be removed in place", sc.Name), Hint: "nothing was written; remove it by hand"}}
		}
	}
	s.result.Catalogue = c
	return nil
}

// loadTable reads the result if the table's file alone changes and holds no
// operations: these are then as they were, and need not be read again, which
// takes most of the time with a large catalogue. It returns nil otherwise, or
// if anything is wrong.
func (s *syncer) loadTable(over overlay) (*spec.Catalogue, diag.List) {
	files := s.old.Files
	if len(files) < 2 || len(s.result.Files) != 1 || s.result.Files[files[0]] == nil {
		return nil, nil
	}
	printed := s.old.Groups[0].Pos.File
	for _, op := range s.old.Operations {
		if op.Pos.File == printed {
			return nil, nil
		}
	}
	for _, t := range s.old.Types {
		if t.Pos.File == printed {
			return nil, nil
		}
	}
	alone := overlay{over.FS, maps.Clone(over.files)}
	for _, name := range files[1:] {
		alone.files[path.Join(path.Dir(s.name), name)] = []byte("operations: []\n")
	}
	c, findings := spec.Load(alone, s.name)
	if findings.Err() != nil {
		return nil, nil
	}
	c.Operations, c.Types, c.Files = s.old.Operations, s.old.Types, files
	return c, findings
}

func fold(s string) string { return strings.Join(strings.Fields(s), " ") }
