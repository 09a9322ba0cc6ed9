package write

import (
	"bytes"

	"gopkg.in/yaml.v3"
)

// batch is how many entries of a long mapping or sequence are encoded at once.
const batch = 16

// Document returns a mapping as a YAML document in block style, two spaces deep.
//
// The encoder of yaml.v3 keeps each event of a document until its end, half a
// gigabyte for a large catalogue. So the entries of a long member are encoded in
// batches, which is the same text. The mapping holds no anchors.
func Document(mapping *yaml.Node) ([]byte, error) {
	var out bytes.Buffer
	for k := 0; k+1 < len(mapping.Content); k += 2 {
		key, value := mapping.Content[k], mapping.Content[k+1]
		if !long(key, value) {
			if err := encode(&out, part(mapping, k, k+2)); err != nil {
				return nil, err
			}
			continue
		}
		out.WriteString(Scalar(key.Value) + ":\n")
		size := batch
		if value.Kind == yaml.MappingNode {
			size *= 2 // keys and values
		}
		for from := 0; from < len(value.Content); from += size {
			var entries bytes.Buffer
			if err := encode(&entries, part(value, from, min(from+size, len(value.Content)))); err != nil {
				return nil, err
			}
			for line := range bytes.Lines(entries.Bytes()) {
				if len(line) > 1 { // an empty line stands in a text of several lines
					out.WriteString("  ")
				}
				out.Write(line)
			}
		}
	}
	if len(mapping.Content) == 0 {
		return []byte("{}\n"), nil
	}
	return out.Bytes(), nil
}

// long reports whether a member can be encoded in batches and is worth it.
func long(key, value *yaml.Node) bool {
	return value.Kind != yaml.ScalarNode && value.Style&yaml.FlowStyle == 0 && len(value.Content) > 2*batch &&
		key.HeadComment+key.LineComment+key.FootComment+value.HeadComment+value.LineComment+value.FootComment == ""
}

// part returns a mapping or sequence of some of a node's entries.
func part(n *yaml.Node, from, to int) *yaml.Node {
	return &yaml.Node{Kind: n.Kind, Tag: n.Tag, Style: n.Style, Content: n.Content[from:to]}
}

func encode(b *bytes.Buffer, n *yaml.Node) error {
	e := yaml.NewEncoder(b)
	e.SetIndent(2)
	if err := e.Encode(n); err != nil {
		return err
	}
	return e.Close()
}
