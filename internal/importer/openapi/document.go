package openapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// Bounds on what one import may cost. The largest document known to us, that
// of Microsoft Graph, has 20 MB.
const (
	MostBytes = 100 << 20  // of one file
	mostFiles = 1000       // that references lead to
	mostNodes = 50_000_000 // visited, aliases of YAML included
	deepest   = 500
)

// document is one file, as a tree of nodes that know their lines.
type document struct {
	name string
	root *yaml.Node
}

// readDocument reads a file of JSON or YAML.
func readDocument(fsys fs.FS, name string) (*document, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() // read only
	text, err := io.ReadAll(io.LimitReader(f, MostBytes+1))
	if err != nil {
		return nil, err
	}
	return parseDocument(name, text)
}

// Parse reads JSON or YAML as a tree whose nodes know their lines. JSON's booleans,
// numbers and null have the tags of YAML.
func Parse(name string, text []byte) (*yaml.Node, error) {
	doc, err := parseDocument(name, text)
	if err != nil {
		return nil, err
	}
	return doc.root, nil
}

func parseDocument(name string, text []byte) (*document, error) {
	if len(text) > MostBytes {
		return nil, fmt.Errorf("%s is larger than %d MiB", name, MostBytes>>20)
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if first := bytes.TrimLeft(text, " \t\r\n"); len(first) > 0 && first[0] == '{' {
		if root, err := parseJSON(text); err == nil {
			return &document{name, root}, nil
		} else if path.Ext(name) == ".json" {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if root.Kind != yaml.DocumentNode || len(root.Content) != 1 {
		return nil, fmt.Errorf("%s holds no document", name)
	}
	return &document{name, root.Content[0]}, nil
}

// parseJSON reads JSON into YAML's nodes. YAML's own parser refuses some of
// JSON: tabs, and characters written as surrogate pairs.
func parseJSON(text []byte) (*yaml.Node, error) {
	p := jsonParser{decoder: json.NewDecoder(bytes.NewReader(text)), lines: []int{0}}
	p.decoder.UseNumber()
	for i, b := range text {
		if b == '\n' {
			p.lines = append(p.lines, i+1)
		}
	}
	root, err := p.value(0)
	if err != nil {
		line, column := p.place(int(p.decoder.InputOffset()))
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the document ends too early")
		}
		return nil, fmt.Errorf("line %d, column %d: %w", line, column, err)
	}
	if _, err := p.decoder.Token(); err != io.EOF {
		return nil, errors.New("there is something behind the document")
	}
	return root, nil
}

type jsonParser struct {
	decoder *json.Decoder
	lines   []int // offsets at which lines begin
}

func (p *jsonParser) place(offset int) (line, column int) {
	line = sort.SearchInts(p.lines, offset+1)
	return line, offset - p.lines[line-1] + 1
}

func (p *jsonParser) value(depth int) (*yaml.Node, error) {
	if depth > deepest {
		return nil, fmt.Errorf("nested deeper than %d", deepest)
	}
	token, err := p.decoder.Token()
	if err != nil {
		return nil, err
	}
	end := int(p.decoder.InputOffset())
	n := &yaml.Node{Kind: yaml.ScalarNode}
	switch t := token.(type) {
	case json.Delim:
		n.Line, n.Column = p.place(end - 1)
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if t == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		for p.decoder.More() {
			if n.Kind == yaml.MappingNode {
				key, err := p.value(depth + 1)
				if err != nil {
					return nil, err
				}
				n.Content = append(n.Content, key)
			}
			item, err := p.value(depth + 1)
			if err != nil {
				return nil, err
			}
			n.Content = append(n.Content, item)
		}
		_, err := p.decoder.Token()
		return n, err
	case string:
		n.Tag, n.Value, n.Style = "!!str", t, yaml.DoubleQuotedStyle
	case json.Number:
		n.Tag, n.Value = "!!float", t.String()
		if _, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
			n.Tag = "!!int"
		}
	case bool:
		n.Tag, n.Value = "!!bool", strconv.FormatBool(t)
	case nil:
		n.Tag, n.Value = "!!null", "null"
	}
	n.Line, n.Column = p.place(max(0, end-1))
	return n, nil
}

// value is a node with the place it has in its document. The zero value stands
// for what is absent.
type value struct {
	*yaml.Node
	doc     *document
	pointer string // RFC 6901
}

func (d *document) value() value { return value{d.root, d, ""} }

// resolved follows an alias of YAML.
func (v value) resolved() value {
	for i := 0; v.Node != nil && v.Kind == yaml.AliasNode && i < deepest; i++ {
		v.Node = v.Alias
	}
	return v
}

func (v value) absent() bool { return v.Node == nil || v.Tag == "!!null" }

func (v value) isMap() bool { return v.Node != nil && v.Kind == yaml.MappingNode }

func (v value) isList() bool { return v.Node != nil && v.Kind == yaml.SequenceNode }

func (v value) isText() bool { return v.Node != nil && v.Kind == yaml.ScalarNode && v.Tag != "!!null" }

// get returns a member of an object, or the zero value.
func (v value) get(key string) value {
	if n := yamlmap.Value(v.Node, key); n != nil {
		return v.child(key, n)
	}
	return value{}
}

func (v value) child(key string, n *yaml.Node) value {
	return value{n, v.doc, v.pointer + "/" + escape(key)}.resolved()
}

// only returns an object with some of its members.
func (v value) only(keys ...string) value {
	return v.filter(func(key string) bool { return slices.Contains(keys, key) })
}

// without returns an object without some of its members.
func (v value) without(keys ...string) value {
	return v.filter(func(key string) bool { return !slices.Contains(keys, key) })
}

func (v value) filter(keep func(key string) bool) value {
	n := *v.Node
	n.Content = nil
	for k := 0; k+1 < len(v.Content); k += 2 {
		if keep(v.Content[k].Value) {
			n.Content = append(n.Content, v.Content[k], v.Content[k+1])
		}
	}
	return value{&n, v.doc, v.pointer}
}

// member is one member of an object.
type member struct {
	key string
	value
}

// members returns the members of an object in their order, the last of those
// that have one key, as JSON is read.
func (v value) members() []member {
	if !v.isMap() {
		return nil
	}
	members := make([]member, 0, len(v.Content)/2)
	seen := make(map[string]int, len(v.Content)/2)
	for i := 0; i+1 < len(v.Content); i += 2 {
		m := member{v.Content[i].Value, v.child(v.Content[i].Value, v.Content[i+1])}
		if j, again := seen[m.key]; again {
			members[j] = m
			continue
		}
		seen[m.key] = len(members)
		members = append(members, m)
	}
	return members
}

// items returns the items of a list.
func (v value) items() []value {
	if !v.isList() {
		return nil
	}
	items := make([]value, len(v.Content))
	for i, n := range v.Content {
		items[i] = v.child(strconv.Itoa(i), n)
	}
	return items
}

// text returns a scalar as it is written, without line ends that only Windows
// needs; "" for everything else.
func (v value) text() string {
	if !v.isText() {
		return ""
	}
	return strings.ReplaceAll(v.Value, "\r", "")
}

// is reports whether v is a boolean that is true.
func (v value) is() bool {
	return v.isText() && v.Tag == "!!bool" && strings.EqualFold(v.Value, "true")
}

func escape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

func unescape(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~1", "/"), "~0", "~")
}
