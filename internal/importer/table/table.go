// Package table reads the scopes that an API publishes: a table in Markdown, MDX,
// HTML, AsciiDoc or reStructuredText, a list in Markdown or HTML, headings that are
// scopes, lines with tabs, CSV, the metadata of an authorization server, or an
// OpenAPI document.
//
// Published tables are rarely valid Markdown: rows lose their leading pipe,
// headings stand in rows with one filled cell, children are indented with
// entities. So lines are read for what they show a person, not by a Markdown
// grammar. What is not understood, or can be read in more than one way, is refused
// with its place, and every assumption is reported.
package table

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// Codes of the findings that come with a table that was read.
const (
	Assumed = "assumed"  // a choice was made
	NoGroup = "no-group" // scopes stand below no heading
)

// MostBytes is the size of the largest text that is read: a document for machines.
const MostBytes = openapi.MostBytes

// bounds on what one table may cost.
const (
	maxText   = 8 << 20  // bytes of a page for people
	maxCell   = 32 << 10 // bytes of a cell; the rest is left out
	maxScopes = 50_000
)

// Options choose what of a document is read, where it leaves a choice. The zero
// value reads every table of scopes that has the same columns.
type Options struct {
	Table    int      // the number of the table, counted from 1; 0 for all
	Column   string   // the column of scopes, by its header or its number
	SkipRows []string // rows that are left out, by the text of their scope
}

// Parse reads a text with the zero [Options].
func Parse(name string, text []byte) (*spec.Catalogue, diag.List) {
	return Options{}.Parse(name, text)
}

// Parse reads the scopes of a published table. name is printed in positions.
//
// The catalogue holds groups and scopes alone, in the order of the table, with
// "implies" only where the table states parents. The list holds what was
// assumed, as warnings. If it holds an error, the text has no table of scopes
// or can be read in more than one way, and the catalogue is nil.
func (o Options) Parse(name string, text []byte) (*spec.Catalogue, diag.List) {
	if len(text) > MostBytes {
		return nil, diag.List{{
			Code: "too-large", Pos: diag.Position{File: name},
			Message: fmt.Sprintf("the text is larger than %d MiB", MostBytes>>20),
			Hint:    "give the table alone, not the whole site; of an OpenAPI document, components.securitySchemes alone",
		}}
	}
	r := &reader{file: name, options: o, byName: map[string]*found{}, skipped: map[string]bool{}}
	for _, row := range o.SkipRows {
		r.skipped[row] = false
	}
	d := r.read(text)
	for _, row := range o.SkipRows {
		if !r.skipped[row] {
			r.refuse("no-row", 0, fmt.Sprintf("no row of the table is %q, which is to be left out", row), "write the text of the scope's cell as it is shown", nil)
		}
	}
	notes := r.notes
	var c *spec.Catalogue
	switch {
	case len(r.problems) > 0:
		notes = r.problems
	case len(r.scopes) == 0:
		return nil, diag.List{nothing(name, d)}
	default:
		c = r.catalogue()
		notes = r.notes
	}
	notes.Sort()
	lines := strings.Split(strings.ReplaceAll(strings.ReplaceAll(string(text), "\r\n", "\n"), "\r", "\n"), "\n")
	for i := range notes {
		if n := notes[i].Pos.Line; n > 0 && n <= len(lines) {
			notes[i].Source = strings.TrimSpace(clip(lines[n-1], 400))
		}
	}
	return c, notes
}

// read gathers the scopes of a text in the first of these forms that has any: a
// document for machines, tables, lists, headings.
func (r *reader) read(text []byte) document {
	if r.machine(text) {
		return document{}
	}
	if len(text) > maxText {
		r.refuse("too-large", 0, fmt.Sprintf("the text is larger than %d MiB", maxText>>20), "give the table alone, not the whole site", nil)
		return document{}
	}
	d := scan(text)
	for _, p := range d.problems {
		r.refuse("not-understood", p.number, p.text, "write this part as a Markdown table", nil)
	}
	for _, form := range []struct {
		name string
		read func()
	}{
		{"a table", func() { r.grids(d.grids) }},
		{"a list", func() { r.list(d.items) }},
		{"", func() { r.sections(d.sections) }},
	} {
		form.read()
		if len(r.scopes) > 0 && form.name != "" && r.options.Table == 0 {
			r.beside(d, form.name)
		}
		if len(r.scopes) > 0 || len(r.problems) > 0 || r.options.Table > 0 {
			break
		}
	}
	return d
}

// Looks reports whether a file of this name holds a table rather than a
// catalogue. An OpenAPI document in YAML has a catalogue's name: only a command
// that never takes a catalogue can read it.
func Looks(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".yaml", ".yml":
		return false
	}
	return true
}

// nothing returns the error for a text in which no scopes were found. It names the
// line that comes nearest to one.
func nothing(name string, d document) diag.Diagnostic {
	pos := diag.Position{File: name}
	for _, l := range d.lines {
		if token, ok := glued(l.text); ok {
			pos.Line = l.number
			return diag.Diagnostic{
				Code: "flattened-table", Pos: pos,
				Message: fmt.Sprintf("the columns of this table have run together: where does the scope end in %q?", clip(token, 60)),
				Source:  clip(l.text, 400),
				Hint:    "paste the page's Markdown or HTML source, or write one row a line with a pipe or tab between: users:read | Read users.",
			}
		}
	}
	message := "no table of scopes was found"
	for _, l := range d.lines {
		if what, ok := unread(l.text); ok {
			pos.Line, message = l.number, message+"; "+what
			break
		}
	}
	return diag.Diagnostic{
		Code: "no-table", Pos: pos,
		Message: message,
		Hint:    "give a Markdown or HTML table with a column of scopes, or a list such as: - `users:read`: Read users.",
	}
}

// glued returns the line if a scope at its start has run into the text behind it:
// "users:readRead users."
func glued(line string) (string, bool) {
	line = strings.TrimSpace(line)
	first, _, _ := strings.Cut(line, " ")
	at := strings.IndexAny(first, ":._/")
	if at <= 0 || !valid(first) || strings.Contains(first, "://") {
		return "", false
	}
	rest := first[at+1:]
	for i := 1; i < len(rest); i++ {
		if isLower(rest[i-1]) && rest[i] >= 'A' && rest[i] <= 'Z' {
			return line, true
		}
	}
	return "", false
}

func isLower(b byte) bool { return b >= 'a' && b <= 'z' }

// clip returns the first n bytes of s, cut between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// found is a scope as it was read.
type found struct {
	name    string
	text    string
	group   string
	line    int
	parents []string
	implies []string
}

// reader gathers scopes and what was assumed.
type reader struct {
	file     string
	options  Options
	scopes   []*found
	byName   map[string]*found
	skipped  map[string]bool // rows that are to be left out → whether they were met
	notes    diag.List
	problems diag.List // why the text cannot be read
	full     bool

	ungroupedNoted bool
}

// note records an assumption.
func (r *reader) note(line int, format string, args ...any) {
	r.report(Assumed, line, format, args...)
}

// report records a warning.
func (r *reader) report(code string, line int, format string, args ...any) {
	const most = 200 // notes that a person reads
	if len(r.notes) >= most {
		return
	}
	r.notes = append(r.notes, diag.Diagnostic{
		Severity: diag.Warning, Code: code, Pos: diag.Position{File: r.file, Line: line}, Message: fmt.Sprintf(format, args...),
	})
}

// add keeps a scope and returns it. If the scope is known already, add returns that
// one, and refuses a text that differs: which of the two holds is not for it to say.
func (r *reader) add(f found) *found {
	if first := r.byName[f.name]; first != nil {
		switch {
		case f.text == first.text || f.text == "":
		case first.text == "":
			first.text = f.text
		default:
			r.refuse("twice", f.line, fmt.Sprintf("the scope %q stands here with another text than in line %d", f.name, first.line), "take one of the two out of the text, or make them one", []diag.Related{{Pos: r.pos(first.line), Message: "here it reads " + strconv.Quote(clip(first.text, 100))}})
		}
		first.parents = append(first.parents, f.parents...)
		return first
	}
	if len(r.scopes) >= maxScopes {
		if !r.full {
			r.full = true
			r.refuse("too-large", f.line, fmt.Sprintf("more than %d scopes", maxScopes), "give the table in parts", nil)
		}
		return &f
	}
	r.scopes = append(r.scopes, &f)
	r.byName[f.name] = &f
	return &f
}

// catalogue returns the scopes by group. A parent implies its children.
func (r *reader) catalogue() *spec.Catalogue {
	for _, f := range r.scopes {
		for _, p := range f.parents {
			switch parent := r.byName[p]; {
			case parent == nil:
				r.note(f.line, "the parent %q of %q is no row of the table, so nothing implies %q", p, f.name, f.name)
			case p != f.name && !slices.Contains(parent.implies, f.name):
				parent.implies = append(parent.implies, f.name)
			}
		}
	}
	r.dropUnknown()
	r.dropCycles()

	c := &spec.Catalogue{}
	at := map[string]int{}
	for _, f := range r.scopes {
		i, ok := at[f.group]
		if !ok {
			i = len(c.Groups)
			at[f.group] = i
			c.Groups = append(c.Groups, spec.Group{Pos: r.pos(f.line), Title: f.group})
		}
		s := &spec.Scope{Pos: r.pos(f.line), Name: f.name, Permits: f.text}
		for _, child := range f.implies {
			s.Implies = append(s.Implies, spec.Text{Pos: s.Pos, Value: child})
		}
		c.Groups[i].Scopes = append(c.Groups[i].Scopes, s)
	}
	return c
}

func (r *reader) pos(line int) spec.Position { return spec.Position{File: r.file, Line: line} }

// dropUnknown removes what a scope is said to include and is no scope of the table,
// and notes it.
func (r *reader) dropUnknown() {
	for _, f := range r.scopes {
		f.implies = slices.DeleteFunc(f.implies, func(name string) bool {
			if r.byName[name] != nil && name != f.name {
				return false
			}
			r.note(f.line, "%q is said to include %q, which is no other row of the table: left out", f.name, name)
			return true
		})
	}
}

// dropCycles removes every implication that would close a cycle, and notes it.
func (r *reader) dropCycles() {
	const open, done = 1, 2
	state := map[*found]int{}
	var visit func(f *found)
	visit = func(f *found) {
		state[f] = open
		f.implies = slices.DeleteFunc(f.implies, func(name string) bool {
			switch child := r.byName[name]; state[child] {
			case open:
				r.note(f.line, "%q cannot include %q, which includes it: left out", f.name, name)
				return true
			case done:
			default:
				visit(child)
			}
			return false
		})
		state[f] = done
	}
	for _, f := range r.scopes {
		if state[f] == 0 {
			visit(f)
		}
	}
}
