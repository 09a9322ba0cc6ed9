package sync

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/spec"
)

// groupNode is a group as it is written.
type groupNode struct {
	title string
	node  *yaml.Node // the mapping
	list  *yaml.Node // the sequence of scopes
	items []*itemNode
	first int // line of its dash
	last  int // last line
	adds  [][]string
}

// itemNode is a scope as it is written.
type itemNode struct {
	name  string
	node  *yaml.Node
	group *groupNode
	first int
	last  int
}

func (i *itemNode) flow() bool { return i.node.Style&yaml.FlowStyle != 0 }

// value returns the key and value nodes of a mapping.
func value(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	for i := 0; i+1 < len(mapping.Content); i += 2 {
		if mapping.Content[i].Value == key {
			return mapping.Content[i], mapping.Content[i+1]
		}
	}
	return nil, nil
}

// editor opens a file for changes.
func (s *syncer) editor(name string) (*editor, error) {
	if e := s.editors[name]; e != nil {
		return e, nil
	}
	text, err := fs.ReadFile(s.fsys, path.Join(path.Dir(s.name), name))
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(string(text), "\ufeff") {
		return nil, errors.New("the file starts with a byte order mark: remove it")
	}
	e := newEditor(text)
	s.editors[name] = e
	return e, nil
}

// edit turns what was matched into changes of text.
func (s *syncer) edit() error {
	e, err := s.editor(path.Base(s.name))
	if err != nil {
		return err
	}
	groups, err := readGroups(e)
	if err != nil {
		return err
	}
	items := map[string]*itemNode{}
	byTitle := map[string]*groupNode{}
	for _, g := range groups {
		if byTitle[g.title] == nil {
			byTitle[g.title] = g
		}
		for _, i := range g.items {
			items[i.name] = i
		}
	}
	leave := map[*itemNode]bool{} // items that leave their place
	for _, sc := range s.removed {
		if i := items[sc.Name]; i != nil {
			leave[i] = true
		}
	}
	newGroups := map[string][]*want{}
	var newTitles []string
	for _, w := range s.order {
		g := byTitle[w.group]
		if w.old == nil {
			if g != nil {
				g.adds = append(g.adds, newItem(w.Scope, g))
			} else {
				if newGroups[w.group] == nil {
					newTitles = append(newTitles, w.group)
				}
				newGroups[w.group] = append(newGroups[w.group], w)
			}
			continue
		}
		item := items[w.old.Name]
		if item == nil {
			return fmt.Errorf("scope %q was not found in the file", w.old.Name)
		}
		if w.group == item.group.title {
			if err := s.change(e, item, w); err != nil {
				return err
			}
			continue
		}
		leave[item] = true
		if g == nil {
			if newGroups[w.group] == nil {
				newTitles = append(newTitles, w.group)
			}
			newGroups[w.group] = append(newGroups[w.group], w)
			continue
		}
		lines, err := s.moved(e, item, w, g.list.Column-1)
		if err != nil {
			return err
		}
		g.adds = append(g.adds, lines)
	}
	if err := s.placeGroups(e, groups, byTitle, items, newTitles, newGroups); err != nil {
		return err
	}
	s.leave(e, groups, leave)
	if err := s.renameReferences(); err != nil {
		return err
	}
	for name, ed := range s.editors {
		out, err := ed.apply()
		if err != nil {
			return err
		}
		if out != ed.text {
			s.result.Files[name], s.result.Before[name] = []byte(out), []byte(ed.text)
		}
	}
	return nil
}

// readGroups finds the groups and scopes of a table's file.
func readGroups(e *editor) ([]*groupNode, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(e.text), &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the file is no mapping")
	}
	_, list := value(document.Content[0], "groups")
	if list == nil || list.Kind != yaml.SequenceNode || list.Style&yaml.FlowStyle != 0 {
		return nil, errors.New("its groups are not written as a list with dashes")
	}
	var groups []*groupNode
	for _, node := range list.Content {
		_, title := value(node, "title")
		_, scopes := value(node, "scopes")
		if node.Kind != yaml.MappingNode || node.Style&yaml.FlowStyle != 0 || title == nil || scopes == nil || scopes.Kind != yaml.SequenceNode || scopes.Style&yaml.FlowStyle != 0 || node.Anchor != "" {
			return nil, fmt.Errorf("line %d: the group is not written as title and a list of scopes with dashes", node.Line)
		}
		g := &groupNode{title: title.Value, node: node, list: scopes, first: node.Line}
		var err error
		if g.last, err = e.lastLine(node, list.Column); err != nil {
			return nil, err
		}
		for _, item := range scopes.Content {
			_, name := value(item, "scope")
			if item.Kind != yaml.MappingNode || name == nil || name.Kind != yaml.ScalarNode || item.Anchor != "" {
				return nil, fmt.Errorf("line %d: the scope is an alias or has an anchor", item.Line)
			}
			i := &itemNode{name: name.Value, node: item, group: g, first: item.Line}
			if i.last, err = e.lastLine(item, scopes.Column); err != nil {
				return nil, err
			}
			g.items = append(g.items, i)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

// newItem writes a new scope in the manner of the group's last.
func newItem(sc *spec.Scope, g *groupNode) []string {
	dash := strings.Repeat(" ", g.list.Column-1)
	if n := len(g.items); n > 0 && g.items[n-1].flow() {
		return []string{dash + "- " + write.FlowScope(sc)}
	}
	return strings.Split(strings.TrimSuffix(write.Scope(sc, dash), "\n"), "\n")
}

// placeGroups puts the lines of new scopes behind the last of their group, and
// new groups behind the one that precedes them in the table.
func (s *syncer) placeGroups(e *editor, groups []*groupNode, byTitle map[string]*groupNode, items map[string]*itemNode, titles []string, members map[string][]*want) error {
	behind := map[*groupNode][]string{} // new groups to put behind one
	var model *groupNode
	if len(groups) > 0 {
		model = groups[len(groups)-1]
	} else if len(titles) > 0 {
		return errors.New("it has no groups yet")
	}
	blank := len(groups) < 2
	for _, g := range groups[min(1, len(groups)):] {
		for n := g.first - 1; n > 1; n-- {
			text := strings.TrimSpace(e.lineText(n))
			if text == "" {
				blank = true
			}
			if !strings.HasPrefix(text, "#") {
				break
			}
		}
	}
	for _, title := range titles {
		anchor := model
		for i, g := range s.table.Groups {
			if g.Title != title {
				continue
			}
			for j := i - 1; j >= 0; j-- {
				if known := byTitle[s.table.Groups[j].Title]; known != nil {
					anchor = known
					break
				}
			}
		}
		dash := strings.Repeat(" ", anchor.node.Column-3)
		if anchor.node.Column < 3 {
			return errors.New("its groups are indented in an unusual way")
		}
		var lines []string
		if blank {
			lines = append(lines, "")
		}
		key, _ := value(anchor.node, "scopes")
		lines = append(lines, dash+"- title: "+write.Scalar(title), strings.Repeat(" ", key.Column-1)+"scopes:")
		like := &groupNode{list: anchor.list, items: anchor.items}
		for _, w := range members[title] {
			if w.old == nil {
				lines = append(lines, newItem(w.Scope, like)...)
				continue
			}
			moved, err := s.moved(e, items[w.old.Name], w, anchor.list.Column-1)
			if err != nil {
				return err
			}
			lines = append(lines, moved...)
		}
		behind[anchor] = append(behind[anchor], lines...)
	}
	for _, g := range groups {
		var lines []string
		for _, add := range g.adds {
			lines = append(lines, add...)
		}
		if len(lines) > 0 {
			e.insertLines(g.last+1, lines)
		}
		if len(behind[g]) > 0 {
			e.insertLines(g.end(e)+1, behind[g])
		}
	}
	return nil
}

// end is the last line of a group with the comments that belong into it, by
// their indentation.
func (g *groupNode) end(e *editor) int {
	last := g.last
	for n := g.last + 1; n <= len(e.starts); n++ {
		text := e.lineText(n)
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

// moved returns the lines of a scope that goes to another group, changed as
// wanted, with the comment above it.
func (s *syncer) moved(e *editor, item *itemNode, w *want, dash int) ([]string, error) {
	own := &editor{text: e.text, starts: e.starts, eol: e.eol}
	if err := s.change(own, item, w); err != nil {
		return nil, err
	}
	from, to := e.line(head(e, item)), e.line(item.last+1)
	text, err := own.apply()
	if err != nil {
		return nil, err
	}
	text = text[from : to+len(text)-len(e.text)]
	text = strings.ReplaceAll(strings.TrimRight(text, "\r\n"), "\r\n", "\n")
	lines := strings.Split(text, "\n")
	shift := dash - (item.group.list.Column - 1)
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

// head is the first line of the comment that stands right above a scope.
func head(e *editor, item *itemNode) int {
	n := item.first
	for n > 1 {
		text := e.lineText(n - 1)
		if !strings.HasPrefix(strings.TrimSpace(text), "#") || len(text)-len(strings.TrimLeft(text, " ")) != item.group.list.Column-1 {
			break
		}
		n--
	}
	return n
}

// leave takes scopes from their place, and groups that are empty then. The
// comments of a scope that was removed stay; those of one that moved went along.
func (s *syncer) leave(e *editor, groups []*groupNode, leave map[*itemNode]bool) {
	removed := map[string]bool{}
	for _, sc := range s.removed {
		removed[sc.Name] = true
	}
	for _, g := range groups {
		var going []*itemNode
		for _, i := range g.items {
			if leave[i] {
				going = append(going, i)
			}
		}
		if len(going) == len(g.items) && len(g.items) > 0 && len(g.adds) == 0 {
			keep := g.comments(e, removed)
			e.removeLines(g.first, g.last+1, keep)
			continue
		}
		for _, i := range going {
			if removed[i.name] {
				e.removeLines(i.first, i.last+1, commentLines(e, i.first, i.last, i.node, i.group.list.Column-1))
			} else {
				e.removeLines(head(e, i), i.last+1, nil)
			}
		}
	}
}

// comments are those of a group that goes as a whole, without what its moved
// scopes took along.
func (g *groupNode) comments(e *editor, removed map[string]bool) []string {
	indent := g.node.Column - 3
	var out []string
	line := g.first
	titled := &yaml.Node{Kind: yaml.MappingNode}
	for i := 0; i+1 < len(g.node.Content); i += 2 {
		if g.node.Content[i].Value != "scopes" {
			titled.Content = append(titled.Content, g.node.Content[i], g.node.Content[i+1])
		} else {
			titled.Content = append(titled.Content, &yaml.Node{LineComment: g.node.Content[i].LineComment}, &yaml.Node{LineComment: g.list.LineComment})
		}
	}
	out = append(out, lineComments(e, titled, indent)...)
	for _, i := range g.items {
		start := i.first
		if !removed[i.name] {
			start = head(e, i)
		}
		out = append(out, wholeLines(e, line, start-1, indent)...)
		if removed[i.name] {
			out = append(out, commentLines(e, i.first, i.last, i.node, indent)...)
		}
		line = i.last + 1
	}
	return append(out, wholeLines(e, line, g.last, indent)...)
}

// commentLines are the comments in the lines of a node, each on a line of its own.
func commentLines(e *editor, from, to int, node *yaml.Node, indent int) []string {
	return append(lineComments(e, node, indent), wholeLines(e, from, to, indent)...)
}

// wholeLines are the lines that hold a comment alone.
func wholeLines(e *editor, from, to, indent int) (out []string) {
	for n := from; n <= to; n++ {
		if text := strings.TrimSpace(e.lineText(n)); strings.HasPrefix(text, "#") {
			out = append(out, strings.Repeat(" ", max(indent, 0))+text)
		}
	}
	return out
}

// lineComments are the comments behind values.
func lineComments(e *editor, node *yaml.Node, indent int) (out []string) {
	if comment := e.headerComment(node); comment != "" && node.LineComment == "" {
		out = append(out, strings.Repeat(" ", max(indent, 0))+comment)
	}
	if node.LineComment != "" {
		for text := range strings.SplitSeq(node.LineComment, "\n") {
			out = append(out, strings.Repeat(" ", max(indent, 0))+text)
		}
	}
	for _, child := range node.Content {
		out = append(out, lineComments(e, child, indent)...)
	}
	return out
}

// change edits a scope in its place: its name and its text.
func (s *syncer) change(e *editor, item *itemNode, w *want) error {
	if w.old.Name != w.Name {
		_, name := value(item.node, "scope")
		if err := s.replaceScalar(e, name, item.node.Column, w.Name, item.flow()); err != nil {
			return err
		}
		if err := s.addRenamedFrom(e, item, w); err != nil {
			return err
		}
	}
	if s.options.KeepTexts || w.Permits == "" || fold(w.Permits) == fold(w.old.Permits) {
		return nil
	}
	if _, text := value(item.node, "permits"); text != nil {
		return s.replaceScalar(e, text, item.node.Column, w.Permits, item.flow())
	}
	return s.addField(e, item, "permits", write.Scalar(w.Permits), write.FlowScalar(w.Permits))
}

// replaceScalar writes another value in the manner of the old.
func (s *syncer) replaceScalar(e *editor, node *yaml.Node, parent int, text string, flow bool) error {
	end, err := e.scalarEnd(node, parent)
	if err != nil {
		return err
	}
	written := write.Scalar(text)
	if flow {
		written = write.FlowScalar(text)
	}
	switch {
	case node.Style&yaml.SingleQuotedStyle != 0:
		written = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case node.Style&yaml.DoubleQuotedStyle != 0:
		written = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
	}
	if comment := e.headerComment(node); comment != "" {
		written += " " + comment
	}
	e.replace(e.offset(node), end, written)
	return nil
}

// addField adds a key to a scope, behind its name.
func (s *syncer) addField(e *editor, item *itemNode, key, block, flow string) error {
	_, name := value(item.node, "scope")
	end, err := e.scalarEnd(name, item.node.Column)
	if err != nil {
		return err
	}
	if item.flow() {
		e.replace(end, end, ", "+key+": "+flow)
		return nil
	}
	line := e.lineOf(max(end-1, 0))
	e.insertLines(line+1, []string{strings.Repeat(" ", item.node.Column-1) + key + ": " + block})
	return nil
}

func (s *syncer) addRenamedFrom(e *editor, item *itemNode, w *want) error {
	old := w.old.Name
	_, list := value(item.node, "renamed_from")
	if list == nil {
		written := "[" + write.FlowScalar(old) + "]"
		return s.addField(e, item, "renamed_from", written, written)
	}
	if list.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: renamed_from is not a list", list.Line)
	}
	for _, entry := range list.Content {
		if entry.Value == w.Name { // it goes back to a name that it had
			return s.replaceScalar(e, entry, list.Column, old, list.Style&yaml.FlowStyle != 0)
		}
	}
	if list.Style&yaml.FlowStyle != 0 {
		end, err := e.flowEnd(e.offset(list))
		if err != nil {
			return err
		}
		comma := ", "
		if len(list.Content) == 0 {
			comma = ""
		}
		e.replace(end, end, comma+write.FlowScalar(old))
		return nil
	}
	last, err := e.lastLine(list, list.Column)
	if err != nil {
		return err
	}
	e.insertLines(last+1, []string{strings.Repeat(" ", list.Column-1) + "- " + write.Scalar(old)})
	return nil
}

// renameReferences writes the new name wherever the catalogue refers to a
// scope that was renamed, in all its files.
func (s *syncer) renameReferences() error {
	if len(s.renames) == 0 {
		return nil
	}
	// Positions carry the path as it was given when the catalogue was loaded.
	folder := strings.TrimSuffix(s.old.Groups[0].Pos.File, s.old.Files[0])
	var wrong error
	seen := map[spec.Position]bool{}
	s.references(func(t spec.Text, by string) {
		to := s.renames[t.Value]
		if to == "" || seen[t.Pos] || wrong != nil {
			return
		}
		seen[t.Pos] = true
		e, err := s.editor(strings.TrimPrefix(t.Pos.File, folder))
		if err != nil {
			wrong = err
			return
		}
		at := e.line(t.Pos.Line) + t.Pos.Column - 1
		for _, quote := range []string{"", "'", `"`} {
			if strings.HasPrefix(e.text[min(at, len(e.text)):], quote+t.Value+quote) {
				written := quote + to + quote
				if quote == "" {
					written = write.FlowScalar(to)
				}
				e.replace(at, at+len(quote+t.Value+quote), written)
				return
			}
		}
		wrong = fmt.Errorf("%s: %q, %s, is written in a way that cannot be changed in place", t.Pos, t.Value, by)
	})
	return wrong
}
