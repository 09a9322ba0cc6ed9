// Package yamlmap finds the members of YAML mappings.
package yamlmap

import "gopkg.in/yaml.v3"

// Index returns the index of a key in the Content of a mapping, or -1. Its value is the
// next node.
func Index(content []*yaml.Node, key string) int {
	for i := 0; i+1 < len(content); i += 2 {
		if content[i].Value == key {
			return i
		}
	}
	return -1
}

// Value returns the value of a key of a mapping. It returns nil if there is no such
// key, or n is no mapping.
func Value(n *yaml.Node, key string) *yaml.Node {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	if i := Index(n.Content, key); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}
