package merge

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// RecordName is the file beside the table that holds what the last import wrote.
const RecordName = "imported.jsonl"

// plain is a scalar that is no string: a number, a boolean, null.
type plain string

// longest is the length of the longest text that a record holds; of longer ones it
// holds a digest, for whether they are equal is all that counts.
const longest = 60

// form returns a node as values that compare, in which order of members, quoting
// and comments do not show: string, plain, map[string]any, []any; nil for nil.
func form(n *yaml.Node) any {
	n = resolved(n)
	if n == nil {
		return nil
	}
	switch n.Kind {
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i+1 < len(n.Content); i += 2 {
			out[n.Content[i].Value] = form(n.Content[i+1])
		}
		return out
	case yaml.SequenceNode:
		out := make([]any, len(n.Content))
		for i, item := range n.Content {
			out[i] = form(item)
		}
		return out
	}
	if n.ShortTag() != "!!str" {
		return plain(n.Value)
	}
	return digest(n.Value)
}

func digest(text string) string {
	if len(text) <= longest {
		return text
	}
	sum := sha256.Sum256([]byte(text))
	return "sha256:" + hex.EncodeToString(sum[:12])
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// resolved follows an alias of YAML.
func resolved(n *yaml.Node) *yaml.Node {
	for n != nil && n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	return n
}

// MarshalJSON writes the scalar as it is, if JSON can.
func (p plain) MarshalJSON() ([]byte, error) {
	if json.Valid([]byte(p)) && !strings.ContainsAny(string(p), "\"[{ \n") {
		return []byte(p), nil
	}
	return json.Marshal(map[string]string{"=": string(p)})
}

// shown turns what JSON holds back into a form.
func shown(v any) any {
	switch v := v.(type) {
	case json.Number:
		return plain(v)
	case bool:
		return plain(fmt.Sprint(v))
	case nil:
		return plain("null")
	case []any:
		for i := range v {
			v[i] = shown(v[i])
		}
	case map[string]any:
		if text, ok := v["="].(string); ok && len(v) == 1 {
			return plain(text)
		}
		for key := range v {
			v[key] = shown(v[key])
		}
	}
	return v
}

// line is one line of a record.
type line[V any] struct {
	Entry string `json:"entry"`
	Group string `json:"group,omitempty"` // of a scope
	Value V      `json:"value"`
}

// groupOf is put before the name of a scope to call its group.
const groupOf = "group of "

const head = `{"about":"What scopegen import wrote last. By this the next import tells your edits from the API's changes: commit it, and do not edit it.","version":1}`

// Record returns the record of an import, from the trees of the files that it wrote,
// of which table is the table.
func Record(table string, trees map[string]*yaml.Node) []byte {
	c := &catalogue{entries: map[string]*entry{}}
	for name, root := range trees {
		c.built(root, name == table)
	}
	return c.record()
}

func (c *catalogue) record() []byte {
	var b bytes.Buffer
	b.WriteString(head + "\n")
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for _, name := range slices.Sorted(maps.Keys(c.entries)) {
		entry := c.entries[name]
		if err := e.Encode(line[any]{name, entry.group, entry.form()}); err != nil {
			panic(err) // forms always encode
		}
	}
	return b.Bytes()
}

// MethodNames returns the Go names that the import whose record it is gave to
// operations, by id, "" for one without. There are none in what cannot be read.
func MethodNames(record []byte) map[string]string {
	names := map[string]string{}
	entries, err := readRecord(record)
	if err != nil {
		return names
	}
	for entry, value := range entries {
		if id, ok := strings.CutPrefix(entry, "operations/"); ok {
			members, _ := value.(map[string]any)
			names[id], _ = members["go_name"].(string)
		}
	}
	return names
}

// readRecord reads a record as forms by entry.
func readRecord(text []byte) (map[string]any, error) {
	out := map[string]any{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 100<<20)
	for n := 1; lines.Scan(); n++ {
		var l line[json.RawMessage]
		if n == 1 {
			var first struct{ Version int }
			if err := json.Unmarshal(lines.Bytes(), &first); err != nil || first.Version != 1 {
				return nil, errors.New("line 1: it is not of version 1")
			}
			continue
		}
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		d := json.NewDecoder(bytes.NewReader(l.Value))
		d.UseNumber()
		var v any
		if err := d.Decode(&v); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		out[l.Entry] = shown(v)
		if l.Group != "" {
			out[groupOf+l.Entry] = l.Group
		}
	}
	if len(text) == 0 {
		return nil, errors.New("it is empty")
	}
	return out, lines.Err()
}
