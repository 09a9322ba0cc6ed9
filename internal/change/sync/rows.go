package sync

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// groupNode is a group as the file writes it.
type groupNode struct {
	title string
	node  *yaml.Node // the mapping
	list  *yaml.Node // the sequence of its rows
	rows  []*rowNode
	first int        // the line of its dash
	last  int        // its last line
	adds  [][]string // the lines of each row that comes into it
}

// rowNode is a row of the table, which is a scope, as the file writes it.
type rowNode struct {
	name  string
	node  *yaml.Node
	group *groupNode
	first int
	last  int
}

func (r *rowNode) flow() bool { return isFlow(r.node) }

// isFlow reports whether a node is written between brackets or braces.
func isFlow(node *yaml.Node) bool { return node.Style&yaml.FlowStyle != 0 }

// find returns the nodes of a key of a mapping and of its value, or nil.
func find(mapping *yaml.Node, key string) (k, v *yaml.Node) {
	if i := yamlmap.Index(mapping.Content, key); i >= 0 {
		return mapping.Content[i], mapping.Content[i+1]
	}
	return nil, nil
}

// readGroups finds the groups and rows in the file of a table.
func readGroups(e *editor) ([]*groupNode, error) {
	document, err := e.parse()
	if err != nil {
		return nil, err
	}
	_, list := find(document, "groups")
	switch {
	case list == nil:
		return nil, errors.New("it has no groups: add the key groups with one group")
	case list.Kind != yaml.SequenceNode || isFlow(list):
		return nil, fmt.Errorf("line %d: the groups are not written as a list with dashes", list.Line)
	}
	var groups []*groupNode
	for _, node := range list.Content {
		_, title := find(node, "title")
		_, rows := find(node, "scopes")
		if node.Kind != yaml.MappingNode || isFlow(node) || title == nil || rows == nil || rows.Kind != yaml.SequenceNode || isFlow(rows) || node.Anchor != "" {
			return nil, fmt.Errorf("line %d: the group is not written as title and a list of scopes with dashes", node.Line)
		}
		g := &groupNode{title: title.Value, node: node, list: rows, first: node.Line}
		if g.last, err = e.lastLine(node, rows.Column); err != nil {
			return nil, err
		}
		for _, row := range rows.Content {
			_, name := find(row, "scope")
			if row.Kind != yaml.MappingNode || name == nil || name.Kind != yaml.ScalarNode || row.Anchor != "" {
				return nil, fmt.Errorf("line %d: the scope is an alias or has an anchor", row.Line)
			}
			r := &rowNode{name: name.Value, node: row, group: g, first: row.Line}
			if r.last, err = e.lastLine(row, rows.Column); err != nil {
				return nil, err
			}
			g.rows = append(g.rows, r)
		}
		groups = append(groups, g)
	}
	return groups, nil
}
