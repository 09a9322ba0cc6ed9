package sync

import (
	"errors"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/spec"
)

// rowLines returns the lines of a row that comes into a group: those of its old
// place, or new ones.
func (t *tableEdit) rowLines(w *want, g *groupNode) ([]string, error) {
	if w.old == nil {
		return newRow(w.Scope, g), nil
	}
	return t.movedRow(t.rows[w.old.Name], w, g.list.Column-1)
}

// newRow writes a new scope in the manner of the group's last one.
func newRow(sc *spec.Scope, g *groupNode) []string {
	indent := strings.Repeat(" ", g.list.Column-1)
	if n := len(g.rows); n > 0 && g.rows[n-1].flow() {
		return []string{indent + "- " + write.FlowScope(sc)}
	}
	return strings.Split(strings.TrimSuffix(write.Scope(sc, indent), "\n"), "\n")
}

// movedRow returns the lines of a row that goes to another group, changed as
// wanted, with the comment above it. indent is that of the dashes in the new group.
func (t *tableEdit) movedRow(row *rowNode, w *want, indent int) ([]string, error) {
	own := &editor{text: t.text, starts: t.starts, eol: t.eol}
	if err := t.change(own, row, w); err != nil {
		return nil, err
	}
	from, to := t.line(t.commentedFirst(row)), t.line(row.last+1)
	text, err := own.apply()
	if err != nil {
		return nil, err
	}
	text = text[from : to+len(text)-len(t.text)]
	text = strings.ReplaceAll(strings.TrimRight(text, "\r\n"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	shift := indent - (row.group.list.Column - 1)
	for i, l := range lines {
		switch {
		case shift > 0 && l != "":
			lines[i] = strings.Repeat(" ", shift) + l
		case shift < 0:
			lines[i] = strings.TrimPrefix(l, strings.Repeat(" ", -shift))
		}
	}
	return lines, nil
}

// insert puts the rows that come into a group behind its last one, and new groups
// behind the one that precedes them in the published table.
func (t *tableEdit) insert() error {
	if len(t.groups) == 0 && len(t.newTitles) > 0 {
		return errors.New("it has no groups yet")
	}
	blank := t.blankBetweenGroups()
	newGroups := map[*groupNode][]string{} // group of the file → the lines of new groups behind it
	for _, title := range t.newTitles {
		before := t.groupBefore(title)
		if before.node.Column < 3 {
			return errors.New("its groups are indented in an unusual way")
		}
		var lines []string
		if blank {
			lines = append(lines, "")
		}
		key, _ := find(before.node, "scopes")
		lines = append(lines, strings.Repeat(" ", before.node.Column-3)+"- title: "+write.Scalar(title), strings.Repeat(" ", key.Column-1)+"scopes:")
		for _, w := range t.newRows[title] {
			row, err := t.rowLines(w, before)
			if err != nil {
				return err
			}
			lines = append(lines, row...)
		}
		newGroups[before] = append(newGroups[before], lines...)
	}
	for _, g := range t.groups {
		if lines := slices.Concat(g.adds...); len(lines) > 0 {
			t.insertLines(g.last+1, lines)
		}
		if lines := newGroups[g]; len(lines) > 0 {
			t.insertLines(t.commentedLast(g)+1, lines)
		}
	}
	return nil
}

// groupBefore returns the group of the file behind which a new group goes: the
// nearest that precedes it in the published table, or else the last.
func (t *tableEdit) groupBefore(title string) *groupNode {
	at := 0
	for i, g := range t.table.Groups {
		if g.Title == title {
			at = i
		}
	}
	for i := at - 1; i >= 0; i-- {
		if known := t.byTitle[t.table.Groups[i].Title]; known != nil {
			return known
		}
	}
	return t.groups[len(t.groups)-1]
}

// blankBetweenGroups reports whether a blank line stands before a group, or the
// file has too few groups to tell.
func (t *tableEdit) blankBetweenGroups() bool {
	if len(t.groups) < 2 {
		return true
	}
	for _, g := range t.groups[1:] {
		for n := g.first - 1; n > 1; n-- {
			text := strings.TrimSpace(t.lineText(n))
			if text == "" {
				return true
			}
			if !strings.HasPrefix(text, "#") {
				break
			}
		}
	}
	return false
}

// commentedFirst returns the first line of a row, or of the comment right above it.
func (t *tableEdit) commentedFirst(row *rowNode) int {
	n := row.first
	for n > 1 {
		text := t.lineText(n - 1)
		if !strings.HasPrefix(strings.TrimSpace(text), "#") || len(text)-len(strings.TrimLeft(text, " ")) != row.group.list.Column-1 {
			break
		}
		n--
	}
	return n
}

// commentedLast returns the last line of a group, or of the comments behind it
// that are indented as a part of it.
func (t *tableEdit) commentedLast(g *groupNode) int {
	last := g.last
	for n := g.last + 1; n <= len(t.starts); n++ {
		text := t.lineText(n)
		switch trimmed := strings.TrimLeft(text, " "); {
		case trimmed == "":
		case strings.HasPrefix(trimmed, "#") && len(text)-len(trimmed) > g.node.Column-3:
			last = n
		default:
			return last
		}
	}
	return last
}
