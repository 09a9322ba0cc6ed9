package spec

import (
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// Glance reads from a table's text the API's name and where its packages go, and
// nothing else: api.name and go.output, "" for what is not there. It is for
// finding out quickly that there is nothing to do, and says nothing of what else
// is in the table. ok is false if the text is not YAML or too long to be read at
// once.
func Glance(table []byte) (api, output string, ok bool) {
	l := &loader{bounds: defaultBounds}
	if len(table) > l.bounds.piece {
		return "", "", false
	}
	root, ok := (&piece{loader: l, text: table}).document()
	if !ok {
		return "", "", false
	}
	return textAt(root, "api", "name"), textAt(root, "go", "output"), true
}

// textAt returns the text below keys of mappings inside each other.
func textAt(n *yaml.Node, keys ...string) string {
	for _, key := range keys {
		n = yamlmap.Value(n, key)
	}
	if n == nil || n.Kind != yaml.ScalarNode {
		return ""
	}
	return n.Value
}
