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
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// Bounds on what one import may cost. The largest document known to us, that
// of Microsoft Graph, has 20 MB.
const (
	MostBytes     = 100 << 20  // of one file
	mostFiles     = 1000       // that references lead to
	mostNodes     = 50_000_000 // visited, aliases of YAML included
	deepest       = 500
	mostKey       = 8 << 10   // bytes of a key, of an id and of a name, which each note about what is below repeats
	mostPath      = 4 << 10   // bytes of a path, as in a catalogue
	mostNote      = 4 << 10   // bytes of a note
	mostText      = 64 << 10  // bytes of a description, as in a catalogue
	mostSpread    = 20_000    // parameters that objects become, of which one may be a parameter of many operations
	mostInherited = 1_000_000 // scopes of operations that state none and repeat those of the document
	mostTexts     = 256 << 20 // bytes of all texts of a catalogue, in which a text to which much refers is repeated
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
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	text.Grow(int(min(info.Size(), MostBytes)) + bytes.MinRead) // so that it does not grow while a large document is read
	if _, err := text.ReadFrom(io.LimitReader(f, MostBytes+1)); err != nil {
		return nil, err
	}
	return parseDocument(name, text.Bytes())
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
			return newDocument(name, root)
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
	return newDocument(name, root.Content[0])
}

func newDocument(name string, root *yaml.Node) (*document, error) {
	if key := longKey(root); key != nil {
		return nil, fmt.Errorf("%s:%d: a key of %d KiB; at most %d KiB are read: shorten it", name, key.Line, len(key.Value)>>10, mostKey>>10)
	}
	return &document{name, root}, nil
}

// longKey returns a key below a node that is too long, or nil.
func longKey(n *yaml.Node) *yaml.Node {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && len(child.Value) > mostKey {
			return child
		}
		if key := longKey(child); key != nil {
			return key
		}
	}
	return nil
}

// parseJSON reads JSON into YAML's nodes. YAML's own parser refuses some of
// JSON: tabs, and characters written as surrogate pairs.
func parseJSON(text []byte) (*yaml.Node, error) {
	if json.Valid(text) {
		p := jsonParser{text: string(text), line: 1}
		if root := p.value(0); root != nil {
			return root, nil
		}
	}
	return nil, faultOf(text)
}

// faultOf returns what is wrong with a text that is no JSON, or is nested too deep.
func faultOf(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	for depth := 0; ; {
		token, err := d.Token()
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			err = errors.New("the document ends too early")
		case depth > deepest:
			err = fmt.Errorf("nested deeper than %d", deepest)
		case err == nil && depth == 0:
			return errors.New("there is something behind the document")
		}
		if err != nil {
			before := text[:d.InputOffset()]
			return fmt.Errorf("line %d, column %d: %w", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'), err)
		}
	}
}

// jsonParser reads a text that is valid JSON. It is there because the decoder of
// encoding/json takes three times as long to give a token with its place.
type jsonParser struct {
	text  string
	at    int          // what is read next
	line  int          // where that is
	start int          // of the line
	nodes []yaml.Node  // memory for the next nodes
	stack []*yaml.Node // the content of the nodes that are open
}

func (p *jsonParser) node() *yaml.Node {
	const atOnce = 128
	if len(p.nodes) == 0 {
		p.nodes = make([]yaml.Node, atOnce)
	}
	n := &p.nodes[0]
	p.nodes = p.nodes[1:]
	return n
}

// skip skips white space, commas and colons, and returns what comes next.
func (p *jsonParser) skip() byte {
	for ; ; p.at++ {
		switch c := p.text[p.at]; c {
		case '\n':
			p.line, p.start = p.line+1, p.at+1
		case ' ', '\t', '\r', ',', ':':
		default:
			return c
		}
	}
}

// value reads a value, which stands where its last character is, or its first bracket.
// It returns nil if what is in it is nested too deep.
func (p *jsonParser) value(depth int) *yaml.Node {
	if depth > deepest {
		return nil
	}
	n := p.node()
	n.Kind = yaml.ScalarNode
	switch first := p.skip(); first {
	case '{', '[':
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		if first == '{' {
			n.Kind, n.Tag = yaml.MappingNode, "!!map"
		}
		n.Line, n.Column = p.line, p.at-p.start+1
		p.at++
		open := len(p.stack)
		for c := p.skip(); c != '}' && c != ']'; c = p.skip() {
			item := p.value(depth + 1)
			if item == nil {
				return nil
			}
			p.stack = append(p.stack, item)
		}
		n.Content = slices.Clone(p.stack[open:])
		p.stack = p.stack[:open]
		p.at++
		return n
	case '"':
		n.Tag, n.Value, n.Style = "!!str", p.string(), yaml.DoubleQuotedStyle
	default:
		from := p.at
		for p.at < len(p.text) && strings.IndexByte(" \t\r\n,]}", p.text[p.at]) < 0 {
			p.at++
		}
		n.Value = p.text[from:p.at]
		switch first {
		case 't', 'f':
			n.Tag = "!!bool"
		case 'n':
			n.Tag = "!!null"
		default:
			n.Tag = "!!float"
			if _, err := strconv.ParseInt(n.Value, 10, 64); err == nil {
				n.Tag = "!!int"
			}
		}
	}
	n.Line, n.Column = p.line, p.at-p.start
	return n
}

func (p *jsonParser) string() string {
	from := p.at
	plain := true
	for p.at++; p.text[p.at] != '"'; p.at++ {
		if p.text[p.at] == '\\' {
			plain = false
			p.at++
		}
	}
	p.at++
	text := p.text[from+1 : p.at-1]
	if !plain || !utf8.ValidString(text) {
		_ = json.Unmarshal([]byte(p.text[from:p.at]), &text) // it is valid
	}
	return text
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

// with returns an object with another value of a member.
func (v value) with(key string, n *yaml.Node) value {
	v = v.without(key)
	v.Content = append(v.Content, scalar(key), n)
	return v
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
