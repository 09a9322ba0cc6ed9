package sync

import (
	"cmp"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

// formerClients returns the clients that programs could name before and cannot name
// now, although all their scopes are there still under some name: each name with the
// scopes that its client needs now. What scopes were called before does not tell
// which of them a client needed, so the catalogue has to name these clients.
func (s *syncer) formerClients(before, after *plan.Plan, c *spec.Catalogue) map[string][]string {
	implies := c.Implications()
	has := clientNames(after)
	out := map[string][]string{}
	for name, scopes := range clientNames(before) {
		if _, still := has[name]; still {
			continue
		}
		for i, old := range scopes {
			scopes[i] = cmp.Or(s.renames[old], old)
		}
		slices.Sort(scopes)
		scopes = slices.Compact(scopes)
		if slices.ContainsFunc(scopes, func(now string) bool { return c.Scope(now) == nil }) {
			continue
		}
		// The client of a scope that gives the others takes the place of theirs.
		for _, now := range scopes {
			if implies.Closure(now).CoversNames(scopes) {
				scopes = []string{now}
				break
			}
		}
		out[name] = scopes
	}
	return out
}

// clientNames returns the names of the clients that need scopes, deprecated ones too,
// each with its package and the scopes. Keys that calls carry are left out of the name.
func clientNames(p *plan.Plan) map[string][]string {
	catalogue := map[string]string{}
	for _, sc := range p.Scopes {
		catalogue[sc.GoName] = sc.Name
	}
	names := map[string][]string{}
	add := func(pkg *plan.Package, name string, keys []plan.Key, scopes []plan.ScopeName) {
		if len(scopes) == 0 {
			return
		}
		list := make([]string, len(scopes))
		for i, sc := range scopes {
			list[i] = catalogue[sc.GoName]
		}
		names[pkg.Name+"."+strings.TrimSuffix(name, plan.WithKeys(keys))] = list
	}
	for _, pkg := range p.Packages {
		for _, cl := range pkg.Clients {
			add(pkg, cl.Name, cl.Keys, cl.Scopes)
		}
		for _, m := range pkg.Moved {
			if m.Kind == "client" {
				add(pkg, m.Old, m.Keys, m.Scopes)
			}
		}
	}
	return names
}

// recordFormer writes into the list of clients what clients were called before.
func (s *syncer) recordFormer(former map[string][]string) error {
	if len(former) == 0 {
		return nil
	}
	name := path.Base(s.name)
	text := s.result.Files[name]
	if text == nil { // the names of operations changed alone
		e, err := s.open(name)
		if err != nil {
			return err
		}
		text, s.result.Before[name] = []byte(e.text), []byte(e.text)
	}
	e := newEditor(text)
	root, err := e.parse()
	if err != nil {
		return err
	}
	key, list := find(root, "clients")
	if list != nil && list.Kind != yaml.SequenceNode {
		return fmt.Errorf("line %d: the clients are not written as a list", list.Line)
	}
	rows := map[string]*rowNode{} // by the scopes that the client needs
	if list != nil {
		for _, row := range list.Content {
			if _, all := find(row, "all_of"); all != nil {
				rows[keyOf(all)] = &rowNode{node: row, first: row.Line}
			}
		}
	}
	byScopes := map[string][]string{} // the scopes that a client needs → what it was called
	for _, name := range slices.Sorted(maps.Keys(former)) {
		scopes := strings.Join(former[name], " ")
		byScopes[scopes] = append(byScopes[scopes], name)
	}
	var entries []string
	for _, scopes := range slices.Sorted(maps.Keys(byScopes)) {
		names := byScopes[scopes]
		if row := rows[scopes]; row != nil {
			if err := e.changeList(row, "renamed_from", names, func(has string) string { return has }); err != nil {
				return err
			}
			continue
		}
		entries = append(entries, fmt.Sprintf("{all_of: %s, renamed_from: %s}", write.FlowList(strings.Fields(scopes)), write.FlowList(names)))
	}
	switch {
	case len(entries) == 0:
	case key != nil:
		if err := e.appendWritten(list, entries); err != nil {
			return err
		}
	default:
		lines := []string{"clients:"}
		for _, entry := range entries {
			lines = append(lines, "  - "+entry)
		}
		groups, _ := find(root, "groups")
		at := groups.Line
		for at > 1 && strings.HasPrefix(e.lineText(at-1), "#") {
			at-- // the comments above the groups are theirs
		}
		e.insertLines(at, lines)
	}
	written, err := e.apply()
	s.result.Files[name] = []byte(written)
	return err
}

// keyOf returns the scopes in a node of all_of as one text, in alphabetical order.
func keyOf(all *yaml.Node) string {
	list := make([]spec.Text, len(all.Content))
	for i, scope := range all.Content {
		list[i].Value = scope.Value
	}
	return spec.ScopeKey(list)
}
