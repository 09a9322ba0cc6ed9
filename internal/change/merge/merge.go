// Package merge brings what an import makes of a newer document into the
// catalogue that an earlier import wrote and people have edited since, in place.
//
// For each value it knows three states: what the former import wrote, what stands
// in the catalogue, and what the import makes now. What people changed stays, what
// the document changed is taken over, and where both changed one value in
// different ways a person has to say which holds. Entries that do not change
// (operations, types, scopes, settings) stay byte for byte; one that changes keeps
// its comments, its order and its quoting.
package merge

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
	"testing/fstest"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

// Conflict is the code of what both sides changed; what is related to such a finding
// stands in the document, and all else in the catalogue.
const Conflict = "conflict"

// Import is what an import makes of a document.
type Import struct {
	Document string                   // as the user called it
	Files    map[string][]byte        // the catalogue's files, the table among them
	Places   map[string]diag.Position // entry → where the document has it, as the user can open it
}

// Options are the decisions of a person about what both sides changed. A name
// stands for everything below it, too.
type Options struct {
	Keep []string // names of values that stay as the catalogue has them
	Take []string // names of values that become what the document says
}

// Result is what a merge would write.
type Result struct {
	Files     map[string][]byte // new content of the files that change or are new, by path below the catalogue's folder
	Before    map[string][]byte // what the files that are there hold now
	Removed   []string          // files that hold nothing any more
	Record    []byte            // of this import, for the next one
	Catalogue *spec.Catalogue   // as it will be
	Notes     []string          // what was not taken over
}

// Same reports whether there is nothing to write. record is the former one.
func (r *Result) Same(record []byte) bool {
	return len(r.Files) == 0 && len(r.Removed) == 0 && bytes.Equal(record, r.Record)
}

// Merge works out how the catalogue c, loaded from the file table of fsys, has to
// change. record is what [Record] made of the former import. Nothing is written.
// If the list holds an error there is no result: there are conflicts, or the
// catalogue would not hold.
func Merge(fsys fs.FS, table string, c *spec.Catalogue, record []byte, now Import, o Options) (*Result, diag.List) {
	m := &merger{
		table: table, options: o, now: now, used: map[string]bool{},
		result: &Result{Files: map[string][]byte{}, Before: map[string][]byte{}},
	}
	fail := func(name string, err error) (*Result, diag.List) {
		return nil, diag.List{{
			Code: "cannot-edit", Pos: diag.Position{File: name}, Message: "the catalogue cannot be edited in place: " + err.Error(),
			Hint: "nothing was written; write this part as import does, one entry below the other",
		}}
	}
	var err error
	if m.was, err = readRecord(record); err != nil {
		return nil, diag.List{{Code: "record", Pos: diag.Position{File: RecordName}, Message: "the record of the former import cannot be read: " + err.Error(), Hint: "take it back from version control, or import again with --replace and lose what was edited"}}
	}
	for _, name := range c.Files {
		text, err := fs.ReadFile(fsys, path.Join(path.Dir(table), name))
		if err != nil {
			return fail(name, err)
		}
		m.result.Before[name] = text
	}
	if m.mine, err = readCatalogue(c.Files, m.result.Before); err != nil {
		return fail(table, err)
	}
	names := slices.Sorted(maps.Keys(now.Files))
	base := path.Base(table)
	names = append([]string{base}, slices.DeleteFunc(names, func(name string) bool { return name == base })...)
	if m.theirs, err = readCatalogue(names, now.Files); err != nil {
		return fail(table, fmt.Errorf("what the import makes of %s: %w", now.Document, err))
	}
	m.result.Record = m.theirs.record()
	if err := m.entries(); err != nil {
		return fail(table, err)
	}
	m.unused()
	if m.conflicts.Err() != nil {
		return nil, m.conflicts
	}
	m.place()
	if err := m.write(); err != nil {
		return fail(table, err)
	}
	if len(m.result.Files) == 0 && len(m.result.Removed) == 0 {
		m.result.Catalogue = c
		return m.result, nil
	}
	return m.verify(c)
}

type merger struct {
	table   string
	options Options
	now     Import
	was     map[string]any // entry → what the former import wrote
	mine    *catalogue
	theirs  *catalogue
	used    map[string]bool // decisions that were needed

	changes   map[string]*change // by entry
	conflicts diag.List
	result    *Result

	entry *entry // the catalogue's, while it is merged
	shift int    // lines before it
}

// change is what becomes of an entry.
type change struct {
	entry  *entry // the catalogue's; nil if it is new
	theirs *entry // the document's; nil if it goes
	text   []string
	form   any    // what it will be; nil if it goes
	group  string // of a scope
	moves  bool   // to another group
}

// entries merges entry by entry.
func (m *merger) entries() error {
	m.changes = map[string]*change{}
	for _, name := range append(slices.Clone(m.theirs.order), m.mine.order...) {
		if m.changes[name] != nil {
			continue
		}
		was, mine, theirs := m.was[name], m.mine.entries[name], m.theirs.entries[name]
		c := &change{entry: mine, theirs: theirs}
		m.changes[name] = c
		if err := m.merge(name, c, was, mine, theirs); err != nil {
			return err
		}
	}
	return nil
}

func (m *merger) merge(name string, c *change, was any, mine, theirs *entry) error {
	is, new := mine.form(), theirs.form()
	c.form = is
	if mine != nil {
		c.group = mine.group
	}
	switch {
	case equal(is, new) || equal(was, new):
		return m.group(name, c)
	case mine == nil && was != nil:
		m.result.Notes = append(m.result.Notes, fmt.Sprintf("%s was taken out of the catalogue by hand, and the document has changed it: it stays out", name))
		return nil
	case mine == nil:
		c.form, c.group = new, theirs.group
		return nil
	case theirs == nil && (equal(was, is) || m.decided(m.options.Take, name)):
		c.form = nil
		return nil
	case theirs == nil:
		m.entry, m.shift = mine, 0
		m.conflict(name, mine.node, nil)
		return nil
	}
	node, err := mine.fragment()
	if err != nil {
		return err
	}
	m.entry, m.shift = mine, mine.first-1
	merged := m.value(name, mine.key, was, mine.of(node), theirs.node)
	if c.form = form(merged); equal(c.form, is) {
		return m.group(name, c)
	}
	mine.put(node, merged)
	if c.text, err = mine.encode(node); err != nil {
		return err
	}
	return m.group(name, c)
}

// group merges the group that a scope is in.
func (m *merger) group(name string, c *change) error {
	if c.entry == nil || c.theirs == nil || !strings.HasPrefix(name, "scopes/") {
		return nil
	}
	was, _ := m.was[groupOf+name].(string)
	is, new := c.entry.group, c.theirs.group
	switch {
	case is == new || was == new || was == "":
	case was == is || m.decided(m.options.Take, name+"/group"):
		c.group, c.moves = new, true
	case m.decided(m.options.Keep, name+"/group"):
	default:
		m.entry, m.shift = c.entry, 0
		m.conflict(name+"/group", c.entry.node, nil)
	}
	return nil
}

// unused refuses decisions that decide nothing: a name may be misspelt.
func (m *merger) unused() {
	for flag, names := range map[string][]string{"--keep": m.options.Keep, "--take": m.options.Take} {
		for _, name := range names {
			if !m.used[name] {
				m.conflicts = append(m.conflicts, diag.Diagnostic{
					Code: "no-conflict", Pos: diag.Position{File: m.table}, Message: fmt.Sprintf("%s %s: nothing of this name was changed in the catalogue and in the document", flag, name),
					Hint: "leave it out, or correct it: without it the import names what is in conflict",
				})
			}
		}
	}
	m.conflicts.Sort()
}

// verify reads the result as a user would, and compares it with what was wanted.
func (m *merger) verify(old *spec.Catalogue) (*Result, diag.List) {
	files := map[string][]byte{}
	for name, text := range m.result.Before {
		files[name] = text
	}
	maps.Copy(files, m.result.Files)
	for _, name := range m.result.Removed {
		delete(files, name)
	}
	names := slices.DeleteFunc(slices.Clone(old.Files), func(name string) bool { return files[name] == nil })
	for _, name := range slices.Sorted(maps.Keys(m.result.Files)) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	wrong := func(name, why string) (*Result, diag.List) {
		return nil, diag.List{{
			Code: "cannot-edit", Pos: diag.Position{File: m.table}, Message: fmt.Sprintf("the catalogue cannot be edited in place: %s %s", name, why),
			Hint: "nothing was written; write this part as import does, one entry below the other",
		}}
	}
	got, err := readCatalogue(names, files)
	if err != nil {
		return wrong("it", "would not be readable: "+err.Error())
	}
	for name, c := range m.changes {
		e := got.entries[name]
		if !equal(e.form(), c.form) || e != nil && e.group != c.group {
			return wrong(name, "would not be as it should")
		}
		delete(got.entries, name)
	}
	for name := range got.entries {
		return wrong(name, "would be new")
	}
	fsys := fstest.MapFS{}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: text}
	}
	c, findings := spec.Load(fsys, path.Base(m.table))
	if c != nil {
		_, found := plan.Build(c, "catalogue")
		findings = append(findings, found...)
	}
	if findings.Err() != nil {
		return nil, findings
	}
	m.result.Catalogue = c
	return m.result, nil
}
