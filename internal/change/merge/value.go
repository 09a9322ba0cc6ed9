package merge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/yamlmap"
)

// sets are keys of lists without an order.
var sets = map[string]bool{"required": true, "enum": true, "errors": true}

// value merges three states of one value and returns what it becomes, nil if it
// goes. It changes mine where it can, so that comments stay.
func (m *merger) value(name, key string, was any, mine, theirs *yaml.Node) *yaml.Node {
	is, new := form(mine), form(theirs)
	switch {
	case equal(is, new) || equal(was, new):
		return mine
	case mine == nil:
		if was != nil { // taken out by hand
			return nil
		}
		return theirs
	case theirs == nil:
		if equal(was, is) {
			return nil
		}
		return m.conflict(name, mine, nil)
	}
	// What an operation requires is one decision, and never made of two; so are the
	// kinds of value that a type has.
	whole := name == m.entry.name()+"/requires" || key == "type" && mine.Kind != yaml.MappingNode
	if !whole {
		switch {
		case mine.Kind == yaml.MappingNode && theirs.Kind == yaml.MappingNode:
			before, _ := was.(map[string]any)
			return m.mapping(name, before, mine, theirs)
		case mine.Kind == yaml.SequenceNode && theirs.Kind == yaml.SequenceNode:
			before, _ := was.([]any)
			if m.sequence(name, key, before, mine, theirs) {
				return mine
			}
		}
	}
	if equal(was, is) {
		return commented(theirs, mine)
	}
	return m.conflict(name, mine, theirs)
}

// commented returns a node with the comments of the one in whose place it stands.
func commented(n, old *yaml.Node) *yaml.Node {
	n = resolved(n)
	n.HeadComment, n.LineComment, n.FootComment = old.HeadComment, old.LineComment, old.FootComment
	return n
}

func (m *merger) mapping(name string, was map[string]any, mine, theirs *yaml.Node) *yaml.Node {
	if theirs.Style&yaml.FlowStyle == 0 {
		mine.Style &^= yaml.FlowStyle // it has outgrown one line
	}
	var content []*yaml.Node
	for i := 0; i+1 < len(mine.Content); i += 2 {
		key := mine.Content[i]
		if merged := m.value(name+"/"+key.Value, key.Value, was[key.Value], mine.Content[i+1], member(theirs, key.Value)); merged != nil {
			content = append(content, key, merged)
		}
	}
	at := 0 // behind the member that comes before in the document
	for i := 0; i+1 < len(theirs.Content); i += 2 {
		key := theirs.Content[i]
		if k := yamlmap.Index(content, key.Value); k >= 0 {
			at = k + 2
			continue
		}
		if member(mine, key.Value) != nil {
			continue // it has just gone
		}
		if merged := m.value(name+"/"+key.Value, key.Value, was[key.Value], nil, theirs.Content[i+1]); merged != nil {
			content = slices.Insert(content, at, key, merged)
			at += 2
		}
	}
	mine.Content = content
	return mine
}

// sequence merges lists whose items can be told apart, and reports whether they can.
func (m *merger) sequence(name, key string, was []any, mine, theirs *yaml.Node) bool {
	switch {
	case key == "parameters":
		return m.parameters(name, was, mine, theirs)
	case sets[key]:
		m.set(was, mine, theirs)
		return true
	case len(mine.Content) == len(theirs.Content) && len(was) == len(mine.Content):
		for i := range mine.Content {
			if merged := m.value(name+"/"+strconv.Itoa(i), "", was[i], mine.Content[i], theirs.Content[i]); merged != nil {
				mine.Content[i] = merged
			}
		}
		return true
	}
	return false
}

// parameters merges the parameters of an operation, which their place and name tell
// apart.
func (m *merger) parameters(name string, was []any, mine, theirs *yaml.Node) bool {
	before := map[string]any{}
	for _, p := range was {
		fields, _ := p.(map[string]any)
		before[fmt.Sprint(fields["in"], "/", fields["name"])] = p
	}
	call := func(n *yaml.Node) string {
		in, called := member(n, "in"), member(n, "name")
		if in == nil || called == nil {
			return ""
		}
		return in.Value + "/" + called.Value
	}
	index := func(list *yaml.Node) (map[string]*yaml.Node, bool) {
		out := map[string]*yaml.Node{}
		for _, n := range list.Content {
			if out[call(n)] != nil || call(n) == "" {
				return nil, false
			}
			out[call(n)] = n
		}
		return out, true
	}
	ours, ok := index(mine)
	now, fine := index(theirs)
	if !ok || !fine {
		return false
	}
	var content []*yaml.Node
	for _, n := range mine.Content {
		if merged := m.value(name+"/"+call(n), "", before[call(n)], n, now[call(n)]); merged != nil {
			content = append(content, merged)
		}
	}
	at := 0
	for _, n := range theirs.Content {
		if k := slices.IndexFunc(content, func(c *yaml.Node) bool { return call(c) == call(n) }); k >= 0 {
			at = k + 1
			continue
		}
		if ours[call(n)] != nil {
			continue // it has just gone
		}
		if merged := m.value(name+"/"+call(n), "", before[call(n)], nil, n); merged != nil {
			content = slices.Insert(content, at, merged)
			at++
		}
	}
	mine.Content = content
	return true
}

// set takes out of a list what the document no longer has, and adds what it has new.
func (m *merger) set(was []any, mine, theirs *yaml.Node) {
	in := func(list []any, v any) bool {
		return slices.ContainsFunc(list, func(o any) bool { return equal(o, v) })
	}
	forms := func(n *yaml.Node) (out []any) {
		for _, item := range n.Content {
			out = append(out, form(item))
		}
		return out
	}
	ours, now := forms(mine), forms(theirs)
	if equal(was, ours) { // nobody has edited it: the document's order, too
		content := slices.Clone(theirs.Content)
		for i := range content {
			if k := slices.IndexFunc(ours, func(o any) bool { return equal(o, now[i]) }); k >= 0 {
				content[i] = mine.Content[k]
			}
		}
		mine.Content = content
		return
	}
	mine.Content = slices.DeleteFunc(mine.Content, func(n *yaml.Node) bool { return in(was, form(n)) && !in(now, form(n)) })
	for _, n := range theirs.Content {
		if !in(was, form(n)) && !in(ours, form(n)) {
			mine.Content = append(mine.Content, n)
		}
	}
}

// decided reports whether a person has decided about a value or one above it.
func (m *merger) decided(names []string, name string) bool {
	found := false
	for _, n := range names {
		if n == name || strings.HasPrefix(name, n+"/") {
			m.used[n], found = true, true
		}
	}
	return found
}

// conflict decides about a value that both sides changed, as a person has said, or
// records that somebody has to. theirs is nil if the document no longer has it.
func (m *merger) conflict(name string, mine, theirs *yaml.Node) *yaml.Node {
	switch {
	case m.decided(m.options.Keep, name):
		return mine
	case m.decided(m.options.Take, name):
		if theirs == nil {
			return nil
		}
		return commented(theirs, mine)
	}
	entry := m.entry.name()
	pos := diag.Position{File: m.entry.file.name, Line: mine.Line + m.shift, Column: mine.Column}
	if m.shift > 0 {
		pos.Column += m.entry.indent
	}
	said := "the document no longer has it"
	if strings.HasSuffix(name, "/group") {
		said = "the document has it in another group"
	}
	if theirs != nil {
		said = "the document says now: " + oneLine(theirs)
	}
	place := m.now.Places[entry]
	if place.File == "" {
		place.File = m.now.Document
	}
	m.conflicts = append(m.conflicts, diag.Diagnostic{
		Code: Conflict, Pos: pos, Message: fmt.Sprintf("%s was edited here, and the document has changed it too", name),
		Related: []diag.Related{{Pos: place, Message: said}},
		Hint:    fmt.Sprintf("say --keep %q if the catalogue is right, --take %q if the document is", name, name),
	})
	return mine
}

// oneLine returns a value as it stands on one line, clipped.
func oneLine(n *yaml.Node) string {
	const most = 200
	var flow func(n *yaml.Node) *yaml.Node
	flow = func(n *yaml.Node) *yaml.Node {
		c := yaml.Node{Kind: n.Kind, Tag: n.Tag, Value: n.Value, Style: n.Style&^(yaml.LiteralStyle|yaml.FoldedStyle) | yaml.FlowStyle}
		for _, child := range n.Content {
			c.Content = append(c.Content, flow(child))
		}
		return &c
	}
	out, err := yaml.Marshal(flow(resolved(n)))
	if err != nil {
		return "another value"
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}
