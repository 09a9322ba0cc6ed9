package openapi

import (
	"maps"
	"slices"

	"gopkg.in/yaml.v3"
)

// A catalogue is settled as trees of nodes. Their numbers stand in place of lines, so
// that a finding leads to the node that it is about.

// separate copies the nodes that stand in several places, of one tree or of several,
// so that each can be corrected by itself. Until they are numbered, their column says
// that they were seen.
func separate(trees map[string]*yaml.Node) {
	const seen = -1
	var walk func(n *yaml.Node)
	walk = func(n *yaml.Node) {
		for k, child := range n.Content {
			if child.Column == seen {
				copied := *child
				copied.Content = slices.Clone(child.Content)
				child, n.Content[k] = &copied, &copied
			}
			child.Column = seen
			walk(child)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(trees)) {
		walk(trees[name])
	}
}

// number gives the nodes of a tree numbers as lines, in their order. A mapping in
// block style stands where its first key stands, as in a text.
func number(tree *yaml.Node) {
	line := 0
	var walk func(n *yaml.Node, flow bool)
	walk = func(n *yaml.Node, flow bool) {
		flow = flow || n.Style&yaml.FlowStyle != 0
		n.Line, n.Column = line+1, 1
		if n.Kind != yaml.MappingNode || flow || len(n.Content) == 0 {
			line++
		}
		if isNumber(n) {
			n.Tag = ""
			n.Tag = n.ShortTag() // YAML's reading of a number differs from JSON's
		}
		for _, child := range n.Content {
			walk(child, flow)
		}
	}
	walk(tree, false)
}

func isNumber(n *yaml.Node) bool {
	return n.Kind == yaml.ScalarNode && (n.Tag == "!!int" || n.Tag == "!!float")
}

// plainNumbers takes the tags from numbers: YAML would write them where its own
// reading of a number differs from JSON's.
func plainNumbers(n *yaml.Node) {
	if isNumber(n) {
		n.Tag = ""
	}
	for _, inner := range n.Content {
		plainNumbers(inner)
	}
}

// tree holds the nodes of one file that findings are about, by their lines.
type tree struct {
	mappings map[int]spot
	keys     map[int]spot // by the line of the key
	values   map[int]spot // scalars that are a value or an item
	around   map[int][]*yaml.Node
}

// spot is a node with what it stands in.
type spot struct {
	node   *yaml.Node
	within []*yaml.Node // the nodes around it, the innermost last
	key    *yaml.Node   // its key, if it is a member
}

// find returns the nodes at the lines that are wanted.
func find(root *yaml.Node, wanted map[int]bool) *tree {
	t := &tree{map[int]spot{}, map[int]spot{}, map[int]spot{}, map[int][]*yaml.Node{}}
	var within []*yaml.Node
	var walk func(n, key *yaml.Node)
	walk = func(n, key *yaml.Node) {
		if wanted[n.Line] {
			here := spot{n, slices.Clone(within), key}
			switch n.Kind {
			case yaml.MappingNode:
				t.mappings[n.Line] = here
			case yaml.SequenceNode:
			default:
				t.values[n.Line] = here
			}
			t.around[n.Line] = append(here.within, n)
		}
		within = append(within, n)
		defer func() { within = within[:len(within)-1] }()
		if n.Kind != yaml.MappingNode {
			for _, item := range n.Content {
				walk(item, nil)
			}
			return
		}
		for k := 0; k+1 < len(n.Content); k += 2 {
			name, v := n.Content[k], n.Content[k+1]
			if wanted[name.Line] {
				t.keys[name.Line] = spot{v, slices.Clone(within), name}
				t.around[name.Line] = append(slices.Clone(within), name)
			}
			walk(v, name)
		}
	}
	walk(root, nil)
	return t
}
