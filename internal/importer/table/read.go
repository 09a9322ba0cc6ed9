package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// defaultGroup is the title of the group of scopes that stand below no heading.
const defaultGroup = "Scopes"

// ungrouped returns the group of scopes that stand below no heading, and notes its
// first use.
func (r *reader) ungrouped(line int) string {
	if !r.ungroupedNoted {
		r.ungroupedNoted = true
		r.report(NoGroup, line, "scopes without a heading above them are in the group %q", defaultGroup)
	}
	return defaultGroup
}

// noteParent notes once why a parent is taken to imply its child.
func (r *reader) noteParent(noted *bool, line int, child, parent, why string) {
	if !*noted {
		*noted = true
		r.note(line, "%q implies %q because the latter %s, and so on below: remove implies where a token for the parent does not do", parent, child, why)
	}
}

// walk holds what is known while the rows of a grid are read.
type walk struct {
	r       *reader
	g       grid
	ro      roles
	group   string
	last    []*found // of the row above
	parent  string   // in the column of parents
	levels  []level  // by indentation
	alone   bool     // scopes without a text are usual here
	plain   bool     // bare words are usual here
	noted   struct{ child, parents, indent, template, words, joined, ignored bool }
	columns int
}

type level struct {
	indent int
	scope  string
}

// grid reads the rows of a table whose columns are known.
func (r *reader) grid(g grid, ro roles) {
	w := &walk{r: r, g: g, ro: ro, group: g.heading, columns: g.width()}
	if g.header == nil {
		r.note(g.line, "the table has no header: column %d was read as the scope%s", ro.scope+1, columnNote(", column %d as its text", ro.text))
	} else if ro.instead >= 0 {
		r.note(g.line, "%s was read as the scope, because its names are between code marks; %s holds bare words", g.column(ro.scope), g.column(ro.instead))
	} else if !ro.named {
		r.note(g.line, "%s was read as the scope", g.column(ro.scope))
	}
	if g.header != nil && ro.longest {
		r.note(g.line, "%s was read as what the scopes permit, because its texts are the longest", g.column(ro.text))
	}
	w.customs()
	w.noteIgnored()
	for _, row := range g.rows {
		w.row(row)
	}
}

func columnNote(format string, column int) string {
	if column < 0 {
		return ""
	}
	return strings.ReplaceAll(format, "%d", strconv.Itoa(column+1))
}

// customs sets plain and alone by how most rows of the table write a scope.
func (w *walk) customs() {
	full, bare := 0, 0
	for _, row := range w.g.rows {
		if w.ro.scope >= len(row.cells) || row.wide {
			continue
		}
		names, _ := row.cells[w.ro.scope].names()
		if len(names) == 0 {
			continue
		}
		if len(row.filled()) < 2 {
			continue
		}
		full++
		if !evident(names[0]) {
			bare++
		}
	}
	w.alone = full == 0
	w.plain = bare*2 > full
}

// noteIgnored notes the columns that are not read.
func (w *walk) noteIgnored() {
	var ignored []string
	for i, c := range w.g.header {
		switch i {
		case w.ro.scope, w.ro.child, w.ro.text, w.ro.parent, w.ro.includes, w.ro.group:
			continue
		}
		if !c.empty() {
			ignored = append(ignored, c.text)
		}
	}
	if len(ignored) > 0 {
		w.r.note(w.g.line, "columns that were not read: %s", quoted(ignored))
	}
}

// row reads a row: a heading, or scopes.
func (w *walk) row(row row) {
	filled := row.filled()
	if len(filled) == 0 || w.isHeader(row) {
		return
	}
	if len(filled) == 1 && (row.wide || filled[0] != w.ro.text || filled[0] == w.ro.scope) {
		if c := row.cells[filled[0]]; row.wide && len(c.codes) == 0 || !w.aloneScope(c, row.line, filled[0]) {
			if strings.Trim(c.text, ".… ") == "" {
				w.r.refuse("left-out", row.line, fmt.Sprintf("%q stands where scopes were left out of the table", c.text), "write a row for each scope, or remove this one", nil)
			}
			w.group, w.parent, w.levels = c.text, "", nil
			return
		}
	}
	w.scopes(row)
}

// isHeader reports whether a row repeats the header.
func (w *walk) isHeader(row row) bool {
	if len(w.g.header) < 2 || len(row.cells) != len(w.g.header) {
		return false
	}
	for i, c := range row.cells {
		if c.text != w.g.header[i].text {
			return false
		}
	}
	return true
}

// aloneScope reports whether the only filled cell of a row is a scope, not a heading.
func (w *walk) aloneScope(c cell, line, column int) bool {
	names, _ := c.names()
	if len(names) == 0 {
		return false
	}
	if column != w.ro.scope && column != w.ro.child {
		return false
	}
	if len(c.codes) > 0 || evident(names[0]) {
		return true
	}
	if names[0] != strings.ToLower(names[0]) {
		return false
	}
	if w.plain || w.alone {
		w.r.note(line, "%q stands alone in its row and was read as a scope without a text, not as a heading", c.text)
		return true
	}
	w.r.note(line, "%q stands alone in its row and was read as a heading, not as a scope", c.text)
	return false
}

// scopes reads a row that names scopes.
func (w *walk) scopes(row row) {
	at := func(column int) cell {
		if column < 0 || column >= len(row.cells) {
			return cell{}
		}
		return row.cells[column]
	}
	if g := at(w.ro.group); !g.empty() {
		w.group = g.text
	}
	text := at(w.ro.text)
	if w.ro.text >= 0 && w.ro.text == w.headerWidth()-1 && len(row.cells) > w.headerWidth() {
		var parts []string
		for _, c := range row.cells[w.ro.text:] {
			if !c.empty() {
				parts = append(parts, c.text)
			}
		}
		text.text = strings.Join(parts, " | ")
		if !w.noted.joined {
			w.noted.joined = true
			w.r.note(row.line, "this row has more cells than the header: the last ones were joined")
		}
	}
	if text.template && !w.noted.template {
		w.noted.template = true
		w.r.note(row.line, "tags of a template language ({%% … %%}) were dropped from the texts, here and perhaps below: read them once")
	}
	main, child := at(w.ro.scope), at(w.ro.child)
	if main.spanned && child.empty() {
		main = cell{} // the scope of the row above, with more text
		if text.spanned {
			return
		}
	}
	subject := main
	if !child.empty() {
		subject = child
	}
	if subject.empty() {
		w.continuation(row, text)
		return
	}
	names, words := subject.names()
	if w.r.skip(subject.text, row.line) {
		w.last = nil
		return
	}
	if w.r.placeholder(subject, names, row.line) {
		w.last = nil
		return
	}
	if len(names) == 0 {
		switch {
		case subject.struck:
			w.r.note(row.line, "%q is struck out: left out", subject.text)
		case noScope(subject.text) && (len(subject.codes) == 0 || !valid(subject.text)):
			w.r.note(row.line, "%q says that no scope is needed: left out", subject.text)
		default:
			w.r.refuse("not-understood", row.line, fmt.Sprintf("%q is not understood as a scope", clip(subject.text, 100)), "correct it (names with stars between code marks: `users:*`), or leave this row out with --skip-row "+strconv.Quote(subject.text), nil)
		}
		w.last = nil
		return
	}
	if words != "" && !w.noted.words {
		w.noted.words = true
		w.r.note(row.line, "words beside a scope were left out, here and perhaps below: %q", words)
	}
	parents := w.parents(row.line, names, main, child, at(w.ro.parent))
	var implies []string
	if c := at(w.ro.includes); !c.empty() {
		implies, _ = c.names()
	}
	if w.group == "" {
		w.group = w.r.ungrouped(row.line)
	}
	if len(names) > 1 {
		w.r.note(row.line, "this row names %d scopes, which share its text: %s", len(names), quoted(names))
	}
	w.last = w.last[:0]
	for _, name := range names {
		f := w.r.add(found{name: name, text: text.text, group: w.group, line: row.line, parents: parents})
		for _, i := range implies {
			if !slices.Contains(f.implies, i) {
				f.implies = append(f.implies, i)
			}
		}
		w.last = append(w.last, f)
	}
}

// headerWidth returns the number of columns that the header has, or the grid if it
// has no header.
func (w *walk) headerWidth() int {
	if w.g.header != nil {
		return len(w.g.header)
	}
	return w.columns
}

// parents returns the scopes that the table shows to include those of the row: they
// stand in the column of parents, in the column to the left, or above with less
// indentation.
func (w *walk) parents(line int, names []string, main, child, parentCell cell) []string {
	if !parentCell.empty() {
		parents, _ := parentCell.names()
		return parents
	}
	if w.ro.child >= 0 {
		if child.empty() {
			w.parent = names[0]
			return nil
		}
		if mains, _ := main.names(); len(mains) > 0 {
			w.parent = mains[0]
		}
		if w.parent == "" || w.parent == names[0] {
			return nil
		}
		w.r.noteParent(&w.noted.child, line, names[0], w.parent, "stands below it as its child")
		return []string{w.parent}
	}
	for len(w.levels) > 0 && w.levels[len(w.levels)-1].indent >= main.indent {
		w.levels = w.levels[:len(w.levels)-1]
	}
	var parents []string
	if len(w.levels) > 0 {
		parent := w.levels[len(w.levels)-1].scope
		parents = []string{parent}
		w.r.noteParent(&w.noted.indent, line, names[0], parent, "is indented below it")
	}
	w.levels = append(w.levels, level{main.indent, names[0]})
	return parents
}

// continuation adds the text of a row without a scope to the scopes of the row above.
func (w *walk) continuation(row row, text cell) {
	if text.empty() {
		return
	}
	if len(w.last) == 0 {
		w.r.refuse("not-understood", row.line, fmt.Sprintf("this row has a text and no scope: %q", clip(text.text, 60)), "write the scope into its cell, or remove the row", nil)
		return
	}
	w.r.note(row.line, "a row without a scope was added to the text of %q", w.last[0].name)
	for _, f := range w.last {
		f.text = strings.TrimSpace(f.text + " " + text.text)
	}
}

func quoted(list []string) string {
	parts := make([]string, len(list))
	for i, s := range list {
		parts[i] = strconv.Quote(s)
	}
	return strings.Join(parts, ", ")
}
