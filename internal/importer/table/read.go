package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// defaultGroup is the heading for scopes that stand below none.
const defaultGroup = "Scopes"

// roles tells what the columns of a grid hold; -1 for none.
type roles struct {
	scope, child, text, parent, includes, group int
	named                                       bool // the header says "scope"
	instead                                     int  // the column of bare words in whose place scope is read, or -1
}

// promoteHeader makes the first row the header if it reads like one.
func (g grid) promoteHeader() grid {
	if g.header != nil || len(g.rows) < 2 || len(g.rows[0].cells) < 2 {
		return g
	}
	known := 0
	for _, c := range g.rows[0].cells {
		if len(c.codes) == 0 && headerRole(c.text) != "" {
			known++
		}
	}
	if known >= 2 {
		g.header, g.rows = g.rows[0].cells, g.rows[1:]
	}
	return g
}

// headerRole says what a column with this header holds, or "" if that is not known.
func headerRole(header string) string {
	h := strings.ToLower(strings.Trim(header, " :*"))
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(h, w) })
	}
	is := func(words ...string) bool { return slices.Contains(words, h) }
	switch {
	case has("parent", "implied by", "included in", "part of"):
		return "parent"
	case has("includes", "implies", "included scopes", "implied scopes"):
		return "includes"
	case has("child", "sub-scope", "subscope"):
		return "child"
	case is("description", "descriptions", "permits", "grants", "meaning", "purpose", "details", "explanation", "summary", "what it allows", "what it permits", "allows", "scope description"),
		has("description", "permissions", "what "):
		return "text"
	case has("endpoint", "method", "path", "parameter", "argument", "attribute", "property", "header", "event", "error", "variable"), is("url", "uri", "type", "field", "required", "default", "example", "date", "status", "code"):
		if has("scope") {
			return "scope"
		}
		return "other"
	case has("scope"):
		return "scope"
	case is("group", "category", "resource", "section", "area", "domain", "topic", "resource group", "product"):
		return "group"
	case is("name", "permission", "privilege", "permission name", "identifier", "value", "key", "claim"):
		return "name"
	case is("access", "usage", "notes", "note", "title", "label", "actions"):
		return "maybe text"
	}
	return ""
}

func (g grid) width() int {
	w := len(g.header)
	for _, r := range g.rows {
		w = max(w, len(r.cells))
	}
	return min(w, 64)
}

// roles finds out what the columns hold, by header and by content, and whether
// one of them holds scopes.
func (g grid) roles() (roles, bool) {
	ro := roles{-1, -1, -1, -1, -1, -1, false, -1}
	maybe, name := -1, -1
	for i, c := range g.header {
		if i >= 64 {
			break
		}
		take := func(to *int) {
			if *to < 0 {
				*to = i
			}
		}
		switch headerRole(c.text) {
		case "parent":
			take(&ro.parent)
		case "includes":
			take(&ro.includes)
		case "child":
			take(&ro.child)
		case "text":
			take(&ro.text)
		case "scope":
			if ro.scope >= 0 {
				take(&ro.child)
			}
			take(&ro.scope)
		case "group":
			take(&ro.group)
		case "name":
			take(&name)
		case "maybe text":
			take(&maybe)
		}
	}
	ro.named = ro.scope >= 0
	if ro.scope < 0 && ro.child < 0 && name >= 0 {
		ro.scope = name
	}
	if ro.scope < 0 && ro.parent >= 0 && ro.child >= 0 {
		ro.scope, ro.parent, ro.named = ro.parent, -1, true // "Parent | Child"
	}
	if ro.scope < 0 && ro.child >= 0 {
		ro.scope, ro.child, ro.named = ro.child, -1, true
	}
	if ro.scope < 0 {
		ro.scope = g.columnOfScopes()
	}
	if ro.scope < 0 {
		return ro, false
	}
	if ro.text < 0 && maybe != ro.scope {
		ro.text = maybe
	}
	g.nameless(&ro)
	if ro.text < 0 {
		ro.text = g.columnOfText(ro)
	}
	return ro, ro.named || g.holdsScopes(ro.scope, ro.scope == name)
}

// nameless finds a role for columns whose header says nothing: scopes beside
// the column of scopes are its children, and words before it that are not in
// every row are headings.
func (g grid) nameless(ro *roles) {
	for i := range g.width() {
		if i == ro.scope || i == ro.child || i == ro.text || i == ro.parent || i == ro.includes || i == ro.group {
			continue
		}
		unnamed := i >= len(g.header) || g.header[i].empty()
		scopes, words, gaps := 0, 0, 0
		for _, r := range g.rows {
			switch {
			case i >= len(r.cells) || r.cells[i].empty():
				gaps++
			case evidentCell(r.cells[i]):
				scopes++
			default:
				words++
			}
		}
		switch {
		case unnamed && scopes > words && ro.child < 0 && i > ro.scope:
			ro.child = i
		case unnamed && words > scopes && gaps > 0 && ro.group < 0 && i < ro.scope:
			ro.group = i
		}
	}
}

func evidentCell(c cell) bool {
	names, _ := c.names()
	return len(names) > 0 && evident(names[0])
}

// columnOfScopes is the first column of which most filled cells are evidently scopes.
func (g grid) columnOfScopes() int {
	for i := range g.width() {
		if headerRole(headerText(g, i)) != "other" && g.holdsScopes(i, false) {
			return i
		}
	}
	return -1
}

// holdsScopes reports whether most cells of a column name scopes, headings
// aside. A bare word is evidence only below a header that speaks of names.
func (g grid) holdsScopes(column int, names bool) bool {
	yes, no := 0, 0
	for _, r := range g.rows {
		if column >= len(r.cells) || r.cells[column].empty() || r.wide || len(r.filled()) < 2 {
			continue
		}
		c := r.cells[column]
		found, _ := c.names()
		ok := len(found) > 0
		for _, n := range found {
			ok = ok && (evident(n) || names && (len(c.codes) > 0 || n == strings.ToLower(n)))
		}
		if ok {
			yes++
		} else {
			no++
		}
	}
	return yes > no
}

// columnOfText is the column with the longest text among those without a role.
func (g grid) columnOfText(ro roles) int {
	best, most := -1, 0
	for i := range g.width() {
		if i == ro.scope || i == ro.child || i == ro.parent || i == ro.includes || i == ro.group {
			continue
		}
		size := 0
		for _, r := range g.rows {
			if i < len(r.cells) {
				size += len(r.cells[i].text)
			}
		}
		if size > most {
			best, most = i, size
		}
	}
	return best
}

func (r *reader) ungrouped(line int) string {
	if !r.ungroupedNoted {
		r.ungroupedNoted = true
		r.report(NoGroup, line, "scopes without a heading above them are in the group %q", defaultGroup)
	}
	return defaultGroup
}

func (r *reader) noteParent(noted *bool, line int, child, parent, why string) {
	if !*noted {
		*noted = true
		r.note(line, "%q implies %q because the latter %s, and so on below: remove implies where a token for the parent does not do", parent, child, why)
	}
}

// walk is the state while the rows of a grid are read.
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

func (r *reader) grid(g grid, ro roles) {
	w := &walk{r: r, g: g, ro: ro, group: g.heading, columns: g.width()}
	if g.header == nil {
		r.note(g.line, "the table has no header: column %d was read as the scope%s", ro.scope+1, columnNote(", column %d as its text", ro.text))
	} else if ro.instead >= 0 {
		r.note(g.line, "%s was read as the scope, because its names are between code marks; %s holds bare words", g.column(ro.scope), g.column(ro.instead))
	} else if !ro.named {
		r.note(g.line, "%s was read as the scope", g.column(ro.scope))
	}
	w.customs()
	w.noteIgnored()
	for _, row := range g.rows {
		w.row(row)
	}
}

// column is what a person calls a column.
func (g grid) column(i int) string {
	if i < len(g.header) && !g.header[i].empty() {
		return "the column " + strconv.Quote(g.header[i].text)
	}
	return "column " + strconv.Itoa(i+1)
}

func columnNote(format string, column int) string {
	if column < 0 {
		return ""
	}
	return strings.ReplaceAll(format, "%d", strconv.Itoa(column+1))
}

// customs finds out how this table writes a scope.
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

// noteIgnored names the columns that were not read.
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

func (w *walk) row(row row) {
	filled := row.filled()
	if len(filled) == 0 || w.isHeader(row) {
		return
	}
	if len(filled) == 1 && (row.wide || filled[0] != w.ro.text || filled[0] == w.ro.scope) {
		if c := row.cells[filled[0]]; row.wide && len(c.codes) == 0 || !w.aloneScope(c, row.line, filled[0]) {
			w.group, w.parent, w.levels = c.text, "", nil
			return
		}
	}
	w.scopes(row)
}

// isHeader recognises a header that is repeated inside a table.
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
	if w.ro.text >= 0 && w.ro.text == w.columns0()-1 && len(row.cells) > w.columns0() {
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

// columns0 is the number of columns that the header promises.
func (w *walk) columns0() int {
	if w.g.header != nil {
		return len(w.g.header)
	}
	return w.columns
}

// parents finds the scopes that are shown to include the row's.
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

// continuation reads a row without a scope: more text for the row above.
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
