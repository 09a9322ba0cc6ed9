package sync

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

// change edits a row where it stands: the name of the scope, its former names, what
// it implies, and its text.
func (s *syncer) change(e *editor, row *rowNode, w *want) error {
	if w.old.Name != w.Name {
		_, name := find(row.node, "scope")
		if err := e.replaceScalar(name, row.node.Column, w.Name, row.flow()); err != nil {
			return err
		}
	}
	if err := s.addFormerNames(e, row, w); err != nil {
		return err
	}
	if err := s.changeImplies(e, row, w); err != nil {
		return err
	}
	if s.options.KeepTexts || w.Permits == "" || fold(w.Permits) == fold(w.old.Permits) {
		return nil
	}
	if _, text := find(row.node, "permits"); text != nil {
		return e.replaceScalar(text, row.node.Column, w.Permits, row.flow())
	}
	return e.addField(row, "permits", write.Scalar(w.Permits), write.FlowScalar(w.Permits))
}

// addFormerNames writes into renamed_from what the scopes of a row were called: the
// one whose row it is, if it has another name now, and those that are merged into it
// with the names that these had before.
func (s *syncer) addFormerNames(e *editor, row *rowNode, w *want) error {
	var add []string
	know := func(name string) {
		if name != w.Name && s.table.Scope(name) == nil && !slices.Contains(add, name) {
			add = append(add, name)
		}
	}
	know(w.old.Name)
	for _, merged := range w.merged {
		for _, former := range merged.RenamedFrom {
			know(former.Value)
		}
		know(merged.Name)
	}
	if len(add) == 0 {
		return nil
	}
	return e.changeList(row, "renamed_from", add, func(former string) string {
		if former == w.Name { // the scope goes back to a name that it had
			return ""
		}
		return former
	})
}

// changeImplies writes what a row implies in the new names, each once, and adds what
// the scopes implied that are merged into it.
func (s *syncer) changeImplies(e *editor, row *rowNode, w *want) error {
	told := map[string]bool{w.Name: true} // no scope implies itself
	once := func(name string) string {
		name = cmp.Or(s.renames[name], name)
		if told[name] {
			return ""
		}
		told[name] = true
		return name
	}
	has := make(map[string]string, len(w.old.Implies))
	for _, implied := range w.old.Implies {
		has[implied.Value] = once(implied.Value)
	}
	var add []string
	for _, merged := range w.merged {
		for _, implied := range merged.Implies {
			if name := once(implied.Value); name != "" {
				add = append(add, name)
			}
		}
	}
	return e.changeList(row, "implies", add, func(name string) string { return has[name] })
}

// changeList changes a list of a row: each value becomes what to returns for it,
// and goes if that is "". add comes behind. A list that would be empty goes.
func (e *editor) changeList(row *rowNode, key string, add []string, to func(string) string) error {
	keyNode, list := find(row.node, key)
	if list == nil {
		if len(add) == 0 {
			return nil
		}
		written := write.FlowList(add)
		return e.addField(row, key, written, written)
	}
	values := make([]string, len(list.Content))
	for i, value := range list.Content {
		values[i] = to(value.Value)
	}
	if len(add) == 0 && len(values) > 0 && strings.Join(values, "") == "" && !row.flow() && keyNode.Line > row.first {
		last, err := e.lastLine(list, keyNode.Column)
		if err != nil {
			return err
		}
		e.removeLines(keyNode.Line, last+1, e.comments(keyNode.Line, last, &yaml.Node{Content: []*yaml.Node{keyNode, list}}, keyNode.Column-1))
		return nil
	}
	return e.editList(keyNode, list, values, add)
}

// addField adds a key to a row, behind the name of its scope or, in the list of
// clients, behind the scopes of the client. block and flow are the value as it is
// written outside and inside of braces.
func (e *editor) addField(row *rowNode, key, block, flow string) error {
	end, err := e.nameEnd(row)
	if err != nil {
		return err
	}
	if row.flow() {
		e.replace(end, end, ", "+key+": "+flow)
		return nil
	}
	line := e.lineOf(max(end-1, 0))
	e.insertLines(line+1, []string{strings.Repeat(" ", row.node.Column-1) + key + ": " + block})
	return nil
}

// nameEnd returns where the name of a row's scope ends, or the list of a client's scopes.
func (e *editor) nameEnd(row *rowNode) (int, error) {
	if _, name := find(row.node, "scope"); name != nil {
		return e.scalarEnd(name, row.node.Column)
	}
	_, all := find(row.node, "all_of")
	if isFlow(all) {
		end, err := e.flowEnd(e.offset(all))
		return end + 1, err
	}
	last, err := e.lastLine(all, row.node.Column)
	return e.line(last) + len(e.lineText(last)), err
}
