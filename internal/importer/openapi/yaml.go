package openapi

import (
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

// object is a mapping of the catalogue under construction.
type object struct{ *yaml.Node }

func newObject() object { return object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}} }

// set adds a member. A nil value adds nothing.
func (o object) set(key string, v *yaml.Node) {
	if v != nil {
		o.Content = append(o.Content, scalar(key), v)
	}
}

// setText adds a text, if there is one.
func (o object) setText(key, text string) {
	if text != "" {
		o.set(key, scalar(text))
	}
}

func (o object) empty() bool { return len(o.Content) == 0 }

func (o object) has(key string) bool {
	for i := 0; i < len(o.Content); i += 2 {
		if o.Content[i].Value == key {
			return true
		}
	}
	return false
}

func scalar(text string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	if strings.Contains(text, "\n") {
		n.Style = yaml.LiteralStyle
		if strings.TrimRight(text, " \n") != text || strings.HasPrefix(text, " ") || strings.Contains(text, " \n") || strings.Contains(text, "\t") {
			n.Style = yaml.DoubleQuotedStyle
		}
	}
	return n
}

func boolean(b bool) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: strconv.FormatBool(b)}
}

func integer(n int) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: strconv.Itoa(n)}
}

func list(items ...*yaml.Node) *yaml.Node {
	return &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq", Content: items}
}

func texts(words []string) *yaml.Node {
	n := list()
	for _, word := range words {
		n.Content = append(n.Content, scalar(word))
	}
	return flow(n)
}

// flow writes a node on one line.
func flow(n *yaml.Node) *yaml.Node {
	n.Style |= yaml.FlowStyle
	return n
}

// compact writes on one line what is short enough.
func compact(n *yaml.Node) *yaml.Node {
	if length(n) <= 120 {
		return flow(n)
	}
	return n
}

// length is about the length of a node on one line; large for what should not
// stand on one.
func length(n *yaml.Node) int {
	if n.Kind == yaml.ScalarNode {
		if strings.Contains(n.Value, "\n") {
			return 1000
		}
		return len(n.Value) + 2
	}
	total := 2
	for _, child := range n.Content {
		if total += length(child) + 1; total > 200 {
			return total
		}
	}
	return total
}

// literal copies a JSON value of the document into the catalogue.
func literal(v value) *yaml.Node {
	v = v.resolved()
	n := &yaml.Node{Kind: v.Kind, Tag: v.Tag, Value: v.Value}
	switch v.Kind {
	case yaml.MappingNode:
		for _, m := range v.members() {
			n.Content = append(n.Content, scalar(m.key), literal(m.value))
		}
		return flow(n)
	case yaml.SequenceNode:
		for _, item := range v.items() {
			n.Content = append(n.Content, literal(item))
		}
		return flow(n)
	}
	switch v.Tag {
	case "!!str", "!!timestamp", "!!binary":
		return scalar(v.text())
	case "!!bool":
		n.Value = strings.ToLower(v.Value)
	}
	return n
}
