package sync

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// remove takes rows from their place, and the groups that are empty then. The
// comments of a scope that is gone stay; those of one that moved went along.
func (t *tableEdit) remove(leaving map[*rowNode]bool) {
	gone := t.gone()
	for _, g := range t.groups {
		stays := func(row *rowNode) bool { return !leaving[row] }
		if len(g.rows) > 0 && len(g.adds) == 0 && !slices.ContainsFunc(g.rows, stays) {
			t.removeLines(g.first, g.last+1, t.groupComments(g, gone))
			continue
		}
		for _, row := range g.rows {
			switch {
			case !leaving[row]:
			case gone[row.name]:
				t.removeLines(row.first, row.last+1, t.comments(row.first, row.last, row.node, g.list.Column-1))
			default:
				t.removeLines(t.commentedFirst(row), row.last+1, nil)
			}
		}
	}
}

// groupComments returns the comments of a group that goes as a whole, without
// those that its moved rows took along.
func (t *tableEdit) groupComments(g *groupNode, gone map[string]bool) []string {
	indent := g.node.Column - 3
	titled := &yaml.Node{Kind: yaml.MappingNode} // the group without its rows
	for i := 0; i+1 < len(g.node.Content); i += 2 {
		if g.node.Content[i].Value != "scopes" {
			titled.Content = append(titled.Content, g.node.Content[i], g.node.Content[i+1])
		} else {
			titled.Content = append(titled.Content, &yaml.Node{LineComment: g.node.Content[i].LineComment}, &yaml.Node{LineComment: g.list.LineComment})
		}
	}
	out := t.lineComments(titled, indent)
	line := g.first
	for _, row := range g.rows {
		start := row.first
		if !gone[row.name] {
			start = t.commentedFirst(row)
		}
		out = append(out, t.ownLineComments(line, start-1, indent)...)
		if gone[row.name] {
			out = append(out, t.comments(row.first, row.last, row.node, indent)...)
		}
		line = row.last + 1
	}
	return append(out, t.ownLineComments(line, g.last, indent)...)
}

// comments returns the comments of a node and in its lines, each on a line of its
// own.
func (e *editor) comments(from, to int, node *yaml.Node, indent int) []string {
	return append(e.lineComments(node, indent), e.ownLineComments(from, to, indent)...)
}

// ownLineComments returns the lines that hold a comment alone.
func (e *editor) ownLineComments(from, to int, indent int) (out []string) {
	for n := from; n <= to; n++ {
		if text := strings.TrimSpace(e.lineText(n)); strings.HasPrefix(text, "#") {
			out = append(out, strings.Repeat(" ", max(indent, 0))+text)
		}
	}
	return out
}

// lineComments returns the comments behind values.
func (e *editor) lineComments(node *yaml.Node, indent int) (out []string) {
	if comment := e.headerComment(node); comment != "" && node.LineComment == "" {
		out = append(out, strings.Repeat(" ", max(indent, 0))+comment)
	}
	if node.LineComment != "" {
		for text := range strings.SplitSeq(node.LineComment, "\n") {
			out = append(out, strings.Repeat(" ", max(indent, 0))+text)
		}
	}
	for _, child := range node.Content {
		out = append(out, e.lineComments(child, indent)...)
	}
	return out
}
