package table

import (
	"slices"
	"strconv"
	"strings"
)

// roles holds the column of each kind of content, or -1 if the grid has none.
type roles struct {
	scope, child, text, parent, includes, group int
	named                                       bool // the header says "scope"
	longest                                     bool // text is the longest of several that no header tells apart
	instead                                     int  // the column of bare words in whose place scope is read, or -1
}

// promoteHeader returns the grid with its first row as the header if the row reads
// like one.
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

// headerRole returns what a column with this header holds, or "" if the header does
// not tell.
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
	case is("description", "descriptions", "permits", "grants", "meaning", "purpose", "details", "explanation", "summary", "what it allows", "what it permits", "allows", "scope description", "what"),
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

// width returns the number of columns that are looked at.
func (g grid) width() int {
	w := len(g.header)
	for _, r := range g.rows {
		w = max(w, len(r.cells))
	}
	return min(w, 64)
}

// roles returns what the columns hold, judged by header and content, and reports
// whether one of them holds scopes.
func (g grid) roles() (roles, bool) {
	ro := roles{-1, -1, -1, -1, -1, -1, false, false, -1}
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
		g.columnOfText(&ro)
	}
	return ro, ro.named || g.holdsScopes(ro.scope, ro.scope == name)
}

// nameless gives a role to columns without a header. Scopes to the right of the
// column of scopes are children. Words to the left of it that do not stand in every
// row are headings.
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

// evidentCell reports whether a cell names a scope that can hardly be a word.
func evidentCell(c cell) bool {
	names, _ := c.names()
	return len(names) > 0 && evident(names[0])
}

// columnOfScopes returns the first column in which most cells are evidently scopes,
// or -1.
func (g grid) columnOfScopes() int {
	for i := range g.width() {
		if headerRole(headerText(g, i)) != "other" && g.holdsScopes(i, false) {
			return i
		}
	}
	return -1
}

// holdsScopes reports whether most cells of a column name scopes. Headings do not
// count. A bare word counts as a scope only if names is true, which says that the
// header speaks of names.
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

// columnOfText makes the column with the longest text the one of texts, among those
// that have no role and whose header does not say that they hold something else.
func (g grid) columnOfText(ro *roles) {
	most, others := 0, 0
	for i := range g.width() {
		if i == ro.scope || i == ro.child || i == ro.parent || i == ro.includes || i == ro.group || headerRole(headerText(g, i)) == "other" {
			continue
		}
		size := 0
		for _, r := range g.rows {
			if i < len(r.cells) {
				size += len(r.cells[i].text)
			}
		}
		if size > 0 {
			others++
		}
		if size > most {
			ro.text, most = i, size
		}
	}
	ro.longest = others > 1
}

// column returns what messages call a column.
func (g grid) column(i int) string {
	if i < len(g.header) && !g.header[i].empty() {
		return "the column " + strconv.Quote(g.header[i].text)
	}
	return "column " + strconv.Itoa(i+1)
}
