package merge

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

// place turns the changes of entries into edits of files.
func (m *merger) place() {
	for _, name := range m.mine.order {
		c := m.changes[name]
		switch e := c.entry; {
		case c.form == nil || c.moves:
		case c.text != nil:
			e.file.edit(e.first, e.last+1, c.text)
		}
	}
	m.added("operations")
	m.added("types")
	m.added("scopes")
	m.settings()
}

// stays reports whether an entry of the catalogue keeps its place.
func (m *merger) stays(e *entry) bool {
	c := m.changes[e.name()]
	return c.entry != nil && c.form != nil && !c.moves
}

// added places what is new behind what comes before it in the document.
func (m *merger) added(kind string) {
	for _, f := range m.theirs.files {
		for _, name := range listNames(f, kind) {
			all := f.lists[name].all
			for n, e := range all {
				c := m.changes[e.name()]
				if c.form == nil || c.entry != nil && !c.moves {
					continue
				}
				m.insert(f, name, e, all, n)
			}
		}
	}
}

// listNames returns the names of the lists of a file that hold entries of a kind.
func listNames(f *file, kind string) (out []string) {
	for name := range f.lists {
		if name == kind || kind == "scopes" && strings.HasPrefix(name, "group ") {
			out = append(out, name)
		}
	}
	slices.SortFunc(out, func(a, b string) int { return f.lists[a].key - f.lists[b].key })
	return out
}

// insert places one entry, the n-th of its list in the document.
func (m *merger) insert(from *file, name string, e *entry, all []*entry, n int) {
	lines := func(indent int) []string {
		c := m.changes[e.name()]
		if c.entry == nil {
			return e.at(indent)
		}
		// It moves, as it stands or as it becomes, with the comments above it.
		text := c.text
		if text == nil {
			text = c.entry.file.lines[c.entry.first-1 : c.entry.last]
		}
		text = slices.Concat(c.entry.file.lines[c.entry.above()-1:c.entry.first-1], text)
		return indented(dedented(text, c.entry.indent), indent)
	}
	for k := n - 1; k >= 0; k-- {
		if before := m.mine.entries[all[k].name()]; before != nil && m.stays(before) && (e.kind != "scopes" || m.sameGroup(before, e)) {
			before.file.edit(before.last+1, before.last+1, lines(before.indent))
			before.list.grows = true
			m.changes[e.name()].group = before.group
			return
		}
	}
	for k := n + 1; k < len(all); k++ {
		if after := m.mine.entries[all[k].name()]; after != nil && m.stays(after) && (e.kind != "scopes" || m.sameGroup(after, e)) {
			at := after.above()
			after.file.edit(at, at, lines(after.indent))
			after.list.grows = true
			m.changes[e.name()].group = after.group
			return
		}
	}
	m.insertLast(from, name, e, lines)
}

// sameGroup reports whether a scope belongs into the group of another. A group that
// was renamed by hand is still the document's.
func (m *merger) sameGroup(other, e *entry) bool {
	c := m.changes[e.name()]
	if c.moves {
		return other.group == c.group
	}
	was, _ := m.was[groupOf+other.name()].(string)
	return other.group == e.group || was == e.group
}

// insertLast places an entry at the end of the list that it has in the document, in a
// list or a file of its own if there is none.
func (m *merger) insertLast(from *file, name string, e *entry, lines func(int) []string) {
	key := name
	if e.kind == "scopes" {
		key = "group " + m.changes[e.name()].group
	}
	f := m.fileCalled(from.name)
	l := f.lists[key]
	if l == nil {
		l = f.newList(key)
	}
	l.grows = true
	switch {
	case l.before > 0:
		l.lines = append(l.lines, lines(l.indent)...)
	case len(l.all) == 0: // "operations: []"
		f.reopen(l, key)
		l.lines = append(l.lines, lines(l.indent)...)
	default:
		end := l.all[len(l.all)-1].last + 1
		f.edit(end, end, lines(l.indent))
	}
}

// newList adds an empty list at the end of a file, or an empty group at the end of
// the groups.
func (f *file) newList(key string) *list {
	l := &list{indent: 2, before: len(f.lines) + 1, lines: []string{key + ":"}}
	if title, isGroup := strings.CutPrefix(key, "group "); isGroup {
		groups := f.lists["groups"]
		switch {
		case groups == nil:
			groups = f.newList("groups")
		case groups.before == 0 && len(groups.node.Content) == 0:
			f.reopen(groups, "groups")
		}
		if groups.before > 0 {
			l.within = groups
		} else {
			l.before = f.extent(groups.key, 0, false) + 1
		}
		l.indent = groups.indent + 4
		l.lines = indented([]string{"- title: " + write.Scalar(title), "  scopes:"}, groups.indent)
	}
	f.lists[key] = l
	f.fresh = append(f.fresh, l)
	return l
}

// reopen makes an empty list of one that is written as empty: "operations: []".
func (f *file) reopen(l *list, key string) {
	end := f.extent(l.key, l.indent-2, false) + 1
	f.edit(l.key, end, nil)
	first := strings.Repeat(" ", l.indent-2) + key + ":"
	if l.node.LineComment != "" {
		first += " " + l.node.LineComment
	}
	l.before, l.lines = end, []string{first}
	f.fresh = append(f.fresh, l)
}

// flush turns the lists that are new into edits.
func (f *file) flush() {
	for _, l := range f.fresh {
		if l.within != nil {
			l.within.lines = append(l.within.lines, l.lines...)
		}
	}
	for _, l := range f.fresh {
		if l.within == nil {
			f.edit(l.before, l.before, l.lines)
		}
	}
}

// fileCalled returns the catalogue's file of this name, a new one if there is none.
func (m *merger) fileCalled(name string) *file {
	for _, f := range m.mine.files {
		if f.name == name {
			return f
		}
	}
	f := &file{name: name, eol: m.mine.files[0].eol, lists: map[string]*list{}, bare: true}
	m.mine.files = append(m.mine.files, f)
	m.include(name)
	return f
}

// include adds a file to the table's list.
func (m *merger) include(name string) {
	table := m.mine.files[0]
	l := table.lists["include"]
	line := func(indent int, name string) string { return strings.Repeat(" ", indent) + "- " + write.Scalar(name) }
	switch {
	case l == nil:
		l = table.newList("include")
	case l.before == 0 && flow(l): // between brackets: one file a line from now on
		table.reopen(l, "include")
		for _, n := range l.node.Content {
			l.lines = append(l.lines, line(l.indent, n.Value))
		}
	}
	if l.before > 0 {
		l.lines = append(l.lines, line(l.indent, name))
		return
	}
	if n := len(l.node.Content); n > 0 {
		_, l.indent = table.dash(l.node.Content[n-1].Line)
	}
	end := table.extent(l.key, 0, false) + 1
	table.edit(end, end, []string{line(l.indent, name)})
}

// settings adds the settings that are new, before the groups.
func (m *merger) settings() {
	table := m.mine.files[0]
	for _, name := range m.theirs.order {
		c := m.changes[name]
		if c.entry != nil || c.form == nil || c.theirs.kind != "" {
			continue
		}
		at := len(table.lines) + 1
		if groups := table.lists["groups"]; groups != nil {
			at = groups.key
			for at > 1 && strings.HasPrefix(table.lines[at-2], "#") {
				at--
			}
		}
		table.edit(at, at, c.theirs.at(0))
	}
}

// remove takes entries out that go or move. Comments in those that go stay.
func (m *merger) remove() error {
	for _, f := range m.mine.files {
		for name, l := range f.lists {
			if err := m.removeFrom(f, name, l); err != nil {
				return err
			}
		}
	}
	for _, name := range m.mine.order {
		if c := m.changes[name]; c.entry.kind == "" && c.form == nil {
			keep, err := c.entry.comments()
			if err != nil {
				return err
			}
			c.entry.file.edit(c.entry.first, c.entry.last+1, keep)
		}
	}
	return nil
}

func (m *merger) removeFrom(f *file, name string, l *list) error {
	var going []*entry
	for _, e := range l.all {
		if !m.stays(e) {
			going = append(going, e)
		}
	}
	if len(going) == 0 {
		return nil
	}
	empty := len(going) == len(l.all) && !l.grows
	var comments []string
	for _, e := range going {
		var keep []string
		first := e.first
		if m.changes[e.name()].form == nil {
			var err error
			if keep, err = e.comments(); err != nil {
				return err
			}
		} else {
			first = e.above() // they move along
		}
		comments = append(comments, keep...)
		if !empty || l.group == nil {
			f.edit(first, e.last+1, keep)
		}
	}
	switch {
	case !empty:
	case l.group != nil:
		keep, err := m.commentsOf(f, l)
		if err != nil {
			return err
		}
		f.edit(l.group.first, l.group.last+1, keep)
	case f.bare && len(f.lists) == 1 && len(comments) == 0 && !f.commented() && m.exclude(f.name):
		m.result.Removed = append(m.result.Removed, f.name)
	default:
		f.edit(l.key, l.key+1, []string{strings.Repeat(" ", max(0, l.indent-2)) + name + ": " + map[bool]string{true: "{}", false: "[]"}[name == "types"]})
	}
	return nil
}

// commentsOf returns the comments of a group that goes as a whole, without what its
// moved scopes take along.
func (m *merger) commentsOf(f *file, l *list) (out []string, err error) {
	for n := l.group.first; n <= l.group.last; n++ {
		at := slices.IndexFunc(l.all, func(e *entry) bool {
			return n >= e.first && n <= e.last || m.changes[e.name()].moves && n >= e.above() && n <= e.last
		})
		if at < 0 {
			if text := strings.TrimSpace(f.lines[n-1]); strings.HasPrefix(text, "#") {
				out = append(out, text)
			}
			continue
		}
		e := l.all[at]
		if !m.changes[e.name()].moves {
			own, err := e.comments()
			if err != nil {
				return nil, err
			}
			out = append(out, dedented(own, e.indent)...)
		}
		n = e.last
	}
	return indented(out, l.group.indent), nil
}

// commented reports whether a file holds lines of comments.
func (f *file) commented() bool {
	return slices.ContainsFunc(f.lines, func(l string) bool { return strings.HasPrefix(strings.TrimSpace(l), "#") })
}

// exclude takes a file out of the table's list, and reports whether it could.
func (m *merger) exclude(name string) bool {
	table := m.mine.files[0]
	l := table.lists["include"]
	if l == nil || l.node == nil || flow(l) || len(l.node.Content) < 2 {
		return false
	}
	for _, n := range l.node.Content {
		if n.Value == name {
			table.edit(n.Line, n.Line+1, nil)
			return true
		}
	}
	return false
}

// write applies the edits.
func (m *merger) write() error {
	if err := m.remove(); err != nil {
		return err
	}
	for _, f := range m.mine.files {
		f.flush()
		if len(f.edits) == 0 || slices.Contains(m.result.Removed, f.name) {
			continue
		}
		text, err := f.apply()
		if err != nil {
			return err
		}
		if path.IsAbs(f.name) || strings.Contains(f.name, "..") {
			return fmt.Errorf("%s stands outside of the catalogue's folder", f.name)
		}
		if !bytes.Equal(text, m.result.Before[f.name]) {
			m.result.Files[f.name] = text
		}
	}
	slices.Sort(m.result.Removed)
	return nil
}

// flow reports whether a list stands between brackets.
func flow(l *list) bool {
	return l.node != nil && l.node.Style&yaml.FlowStyle != 0
}
