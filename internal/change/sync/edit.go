package sync

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

// open returns the editor of a file, whose name is relative to the folder of the
// table.
func (s *syncer) open(name string) (*editor, error) {
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

// edit turns what was decided into changes of text.
func (s *syncer) edit() error {
	e, err := s.open(path.Base(s.name))
	if err != nil {
		return err
	}
	groups, err := readGroups(e)
	if err != nil {
		return err
	}
	t := &tableEdit{syncer: s, editor: e, groups: groups, rows: map[string]*rowNode{}, byTitle: map[string]*groupNode{}, newRows: map[string][]*want{}}
	for _, g := range groups {
		if t.byTitle[g.title] == nil {
			t.byTitle[g.title] = g
		}
		for _, row := range g.rows {
			t.rows[row.name] = row
		}
	}
	leaving := map[*rowNode]bool{}
	for name := range s.gone() {
		if row := t.rows[name]; row != nil {
			leaving[row] = true
		}
	}
	for _, w := range s.order {
		if err := t.place(w, leaving); err != nil {
			return err
		}
	}
	if err := t.insert(); err != nil {
		return err
	}
	t.remove(leaving)
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

// tableEdit is the change of the file that holds the groups.
type tableEdit struct {
	*syncer
	*editor
	groups    []*groupNode
	rows      map[string]*rowNode   // by the name of the scope
	byTitle   map[string]*groupNode // the first group of each title
	newTitles []string              // of the groups that the file does not have yet
	newRows   map[string][]*want    // title of a new group → its rows
}

// place changes the row of a scope where it stands, or adds a row to the group
// where it belongs.
func (t *tableEdit) place(w *want, leaving map[*rowNode]bool) error {
	g := t.byTitle[w.group]
	var row *rowNode
	if w.old != nil {
		if row = t.rows[w.old.Name]; row == nil {
			return fmt.Errorf("scope %q was not found in the file", w.old.Name)
		}
		if row.group.title == w.group {
			return t.change(t.editor, row, w)
		}
		leaving[row] = true
	}
	if g == nil {
		if t.newRows[w.group] == nil {
			t.newTitles = append(t.newTitles, w.group)
		}
		t.newRows[w.group] = append(t.newRows[w.group], w)
		return nil
	}
	lines, err := t.rowLines(w, g)
	g.adds = append(g.adds, lines)
	return err
}
