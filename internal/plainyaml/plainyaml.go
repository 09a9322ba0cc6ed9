// Package plainyaml reads the YAML that catalogues are mostly written in, at a small
// part of what reading any YAML costs.
//
// It knows mappings, lists and values that each stand on one line, and texts in literal
// style. What it reads, it reads as yaml.v3 does, but without comments. For anything
// else, and for whatever is wrong, it leaves the text to yaml.v3.
package plainyaml

import (
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Parser reads one text after another. The zero Parser is ready to use.
type Parser struct {
	nodes    slab[yaml.Node]
	pointers slab[*yaml.Node] // the content of nodes
	stack    []*yaml.Node     // the content of the nodes that are open
}

// Parse returns the root of the only document in text, or false if the text holds
// something that this package does not know. The values share the memory of text. The
// nodes are good until the next call, which uses their memory again.
func (r *Parser) Parse(text string) (root *yaml.Node, ok bool) {
	if strings.ContainsAny(text, "\t\r") {
		return nil, false
	}
	r.nodes.reset()
	r.pointers.reset()
	r.stack = r.stack[:0]
	p := &parser{Parser: r, text: text, line: 1}
	p.nextLine()
	if p.at == len(text) {
		return nil, false
	}
	root = p.block()
	return root, !p.unknown && p.at == len(text)
}

const (
	deepest = 90  // levels of nesting
	longest = 900 // bytes of a key: yaml.v3 knows no keys above 1,024
)

// slab hands out memory, and takes all of it back at once.
type slab[T any] struct {
	blocks [][]T
	block  int // which is in use
	used   int // of it
}

func (s *slab[T]) reset() { s.block, s.used = 0, 0 }

// take returns memory for count values, which hold what they held before.
func (s *slab[T]) take(count int) []T {
	const size = 512
	for ; ; s.block, s.used = s.block+1, 0 {
		if s.block == len(s.blocks) {
			s.blocks = append(s.blocks, make([]T, max(count, size)))
		}
		if block := s.blocks[s.block]; len(block)-s.used >= count {
			s.used += count
			return block[s.used-count : s.used : s.used]
		}
	}
}

type parser struct {
	*Parser
	text    string
	at      int
	line    int
	start   int // of the line
	further int // bytes of the line before at that begin no character
	indent  int // of the line
	depth   int
	unknown bool
}

func (p *parser) fail() { p.unknown, p.at = true, len(p.text) }

// nextLine moves to the first character of the next line that holds more than a
// comment, beginning with the one that begins here.
func (p *parser) nextLine() {
	for p.at < len(p.text) {
		p.start, p.further = p.at, 0
		for p.at < len(p.text) && p.text[p.at] == ' ' {
			p.at++
		}
		p.indent = p.at - p.start
		if p.at == len(p.text) {
			return
		}
		switch p.text[p.at] {
		case '\n':
		case '#':
			p.at = p.lineEnd()
			if p.at == len(p.text) {
				return
			}
		default:
			if p.indent == 0 && (strings.HasPrefix(p.text[p.at:], "---") || strings.HasPrefix(p.text[p.at:], "...")) || p.text[p.at] == '%' {
				p.fail()
			}
			return
		}
		p.at++
		p.line++
	}
}

func (p *parser) lineEnd() int {
	if end := strings.IndexByte(p.text[p.at:], '\n'); end >= 0 {
		return p.at + end
	}
	return len(p.text)
}

// endOfLine moves from behind a value to the next line. Nothing but a comment may
// follow the value.
func (p *parser) endOfLine() {
	p.spaces()
	if p.at == len(p.text) {
		p.start, p.indent = p.at, -1
		return
	}
	if p.text[p.at] == '#' && p.text[p.at-1] == ' ' {
		p.at = p.lineEnd()
	}
	switch {
	case p.at == len(p.text):
	case p.text[p.at] != '\n':
		p.fail()
	default:
		p.at++
		p.line++
		p.nextLine()
	}
	if p.at == len(p.text) {
		p.indent = -1
	}
}

// node returns a node that begins here.
func (p *parser) node(kind yaml.Kind, tag string) *yaml.Node {
	n := &p.nodes.take(1)[0]
	*n = yaml.Node{Kind: kind, Tag: tag, Line: p.line, Column: p.column()}
	return n
}

func (p *parser) column() int { return p.at - p.start - p.further + 1 }

// content gives a node what was put on the stack since its height was base.
func (p *parser) content(n *yaml.Node, base int) {
	if count := len(p.stack) - base; count > 0 {
		n.Content = p.pointers.take(count)
		copy(n.Content, p.stack[base:])
		p.stack = p.stack[:base]
	}
}

func (p *parser) follows(c byte) bool { return p.at < len(p.text) && p.text[p.at] == c }

// ends reports whether a word ends at i.
func (p *parser) ends(i int) bool {
	return i >= len(p.text) || p.text[i] == ' ' || p.text[i] == '\n'
}

// entry reports whether an entry of a list begins here.
func (p *parser) entry() bool { return p.follows('-') && p.ends(p.at+1) }

// block reads what begins on this line and goes down to lines that are indented less.
func (p *parser) block() *yaml.Node {
	if p.depth++; p.depth > deepest {
		p.fail()
	}
	defer func() { p.depth-- }()
	if p.unknown {
		return nil
	}
	if p.entry() {
		return p.list(p.indent)
	}
	return p.mapping(p.indent, nil)
}

// list reads the entries of a list that are indented by indent.
func (p *parser) list(indent int) *yaml.Node {
	n := p.node(yaml.SequenceNode, "!!seq")
	base := len(p.stack)
	for !p.unknown && p.indent == indent && p.entry() {
		p.at++
		p.spaces()
		if p.at == len(p.text) || p.text[p.at] == '\n' || p.text[p.at] == '#' || p.entry() {
			p.fail() // an entry that is empty, or on a line below
			break
		}
		p.stack = append(p.stack, p.item(indent))
	}
	if !p.unknown && p.indent > indent {
		p.fail()
	}
	p.content(n, base)
	return n
}

// item reads an entry of a list that is indented by indent.
func (p *parser) item(indent int) *yaml.Node {
	if p.depth++; p.depth > deepest {
		p.fail()
	}
	defer func() { p.depth-- }()
	if p.unknown {
		return nil
	}
	switch p.text[p.at] {
	case '{', '[', '|':
		return p.value(indent)
	}
	column := p.at - p.start
	n := p.scalar(false)
	if p.unknown {
		return nil
	}
	if p.follows(':') && p.ends(p.at+1) {
		if p.at-p.start-column > longest {
			p.fail()
		}
		return p.mapping(column, n)
	}
	p.endOfLine()
	if p.indent > indent {
		p.fail()
	}
	return n
}

// mapping reads the members of a mapping that are indented by indent. first is its
// first key, if that is read already.
func (p *parser) mapping(indent int, first *yaml.Node) *yaml.Node {
	n := p.node(yaml.MappingNode, "!!map")
	if first != nil {
		n.Line, n.Column = first.Line, first.Column
	}
	base := len(p.stack)
	for key := first; !p.unknown; key = nil {
		if key == nil {
			if p.indent != indent || p.entry() {
				break
			}
			begin := p.at
			key = p.scalar(false)
			if p.unknown || !p.follows(':') || !p.ends(p.at+1) || p.at-begin > longest {
				p.fail()
				break
			}
		}
		p.at++ // the colon
		p.stack = append(p.stack, key)
		p.stack = append(p.stack, p.member(indent))
		if p.indent > indent {
			p.fail()
		}
	}
	p.content(n, base)
	return n
}

// member reads the value of a member of a mapping that is indented by indent.
func (p *parser) member(indent int) *yaml.Node {
	p.spaces()
	if p.at < len(p.text) && p.text[p.at] != '\n' && p.text[p.at] != '#' {
		return p.value(indent)
	}
	p.endOfLine()
	if p.unknown || p.at == len(p.text) || p.indent < indent || p.indent == indent && !p.entry() {
		p.fail() // the value is empty
		return nil
	}
	return p.block()
}

// value reads a value that begins on this line, behind a key or the mark of an entry
// that is indented by indent.
func (p *parser) value(indent int) *yaml.Node {
	var n *yaml.Node
	switch p.text[p.at] {
	case '{', '[':
		n = p.flow()
	case '|':
		return p.literal(indent)
	default:
		n = p.scalar(false)
	}
	if p.unknown {
		return nil
	}
	p.endOfLine()
	if p.indent > indent {
		p.fail() // a text that goes on, or a mistake
	}
	return n
}

// flow reads a mapping or a list in brackets, which is on one line.
func (p *parser) flow() *yaml.Node {
	if p.depth++; p.depth > deepest {
		p.fail()
	}
	defer func() { p.depth-- }()
	if p.unknown {
		return nil
	}
	mapping := p.text[p.at] == '{'
	kind, tag, closing := yaml.SequenceNode, "!!seq", byte(']')
	if mapping {
		kind, tag, closing = yaml.MappingNode, "!!map", '}'
	}
	n := p.node(kind, tag)
	n.Style = yaml.FlowStyle
	base := len(p.stack)
	p.at++
	p.spaces()
	for first := true; !p.unknown && !p.follows(closing); first = false {
		if !first {
			if !p.follows(',') {
				p.fail()
				break
			}
			p.at++
			p.spaces()
		}
		if mapping {
			begin := p.at
			key := p.scalar(true)
			if p.unknown || !p.follows(':') || !p.ends(p.at+1) || p.at-begin > longest {
				p.fail()
				break
			}
			p.stack = append(p.stack, key)
			p.at++
			p.spaces()
		}
		p.stack = append(p.stack, p.flowValue())
		p.spaces()
	}
	p.at++
	p.content(n, base)
	return n
}

func (p *parser) flowValue() *yaml.Node {
	if p.follows('{') || p.follows('[') {
		return p.flow()
	}
	return p.scalar(true)
}

func (p *parser) spaces() {
	for p.follows(' ') {
		p.at++
	}
}

// scalar reads a value that is neither a mapping nor a list, within brackets or
// without.
func (p *parser) scalar(flow bool) *yaml.Node {
	if p.at >= len(p.text) {
		p.fail()
		return nil
	}
	n := p.node(yaml.ScalarNode, "!!str")
	switch c := p.text[p.at]; {
	case c == '"':
		n.Style = yaml.DoubleQuotedStyle
		n.Value = p.double()
	case c == '\'':
		n.Style = yaml.SingleQuotedStyle
		n.Value = p.single()
	case strings.IndexByte("?:,[]{}#&*!|>%@`\n", c) >= 0, c == '-' && (p.ends(p.at+1) || flow && !('0' <= p.text[p.at+1] && p.text[p.at+1] <= '9')):
		p.fail()
	default:
		n.Value = p.plain(flow)
		if n.Value == "" || n.Value == "<<" {
			p.fail()
			break
		}
		if n.Tag = tag(n.Value); n.Tag == "" {
			n.Tag = n.ShortTag()
		}
	}
	return n
}

// plain reads a value without quotes.
func (p *parser) plain(flow bool) string {
	begin, end := p.at, p.at // end is behind the last character that is no space
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\n':
			return p.text[begin:end]
		case c == ' ':
			continue
		case c == '#' && p.text[p.at-1] == ' ' && p.at > begin:
			return p.text[begin:end]
		case c == ':' && p.ends(p.at+1):
			return p.text[begin:end]
		case flow && (c == ',' || c == ']' || c == '}'):
			return p.text[begin:end]
		case flow && (c == '[' || c == '{' || c == '?' || c == ':' && strings.IndexByte(",[]{}?", p.text[p.at+1]) >= 0):
			p.fail()
			return ""
		case c >= utf8.RuneSelf && !utf8.RuneStart(c):
			p.further++
		}
		end = p.at + 1
	}
	return p.text[begin:end]
}

// tag returns the tag of a value without quotes, or "" if that takes a closer look.
func tag(value string) string {
	switch c := value[0]; {
	case '0' <= c && c <= '9', c == '+', c == '-', c == '.', c == '~', c == '<':
		return ""
	case len(value) <= len("false") && strings.IndexByte("tTfFnNyYoO", c) >= 0:
		return ""
	}
	return "!!str"
}

// single reads a text in single quotes.
func (p *parser) single() string {
	p.at++
	begin := p.at
	doubled := false
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\n':
			p.fail()
			return ""
		case c == '\'' && p.at+1 < len(p.text) && p.text[p.at+1] == '\'':
			doubled = true
			p.at++
		case c == '\'':
			value := p.text[begin:p.at]
			p.at++
			if doubled {
				value = strings.ReplaceAll(value, "''", "'")
			}
			return value
		case c >= utf8.RuneSelf && !utf8.RuneStart(c):
			p.further++
		}
	}
	p.fail()
	return ""
}

// double reads a text in double quotes.
func (p *parser) double() string {
	p.at++
	begin := p.at
	var escaped strings.Builder
	for ; p.at < len(p.text); p.at++ {
		switch c := p.text[p.at]; {
		case c == '\n':
			p.fail()
			return ""
		case c == '\\':
			escaped.WriteString(p.text[begin:p.at])
			p.at++
			switch {
			case p.follows('n'):
				escaped.WriteByte('\n')
			case p.follows('t'):
				escaped.WriteByte('\t')
			case p.follows('"'), p.follows('\\'):
				escaped.WriteByte(p.text[p.at])
			default:
				p.fail()
				return ""
			}
			begin = p.at + 1
		case c == '"':
			value := p.text[begin:p.at]
			p.at++
			if escaped.Len() > 0 {
				escaped.WriteString(value)
				value = escaped.String()
			}
			return value
		case c >= utf8.RuneSelf && !utf8.RuneStart(c):
			p.further++
		}
	}
	p.fail()
	return ""
}

// literal reads a text in literal style, behind a key or the mark of an entry that is
// indented by indent.
func (p *parser) literal(indent int) *yaml.Node {
	n := p.node(yaml.ScalarNode, "!!str")
	n.Style = yaml.LiteralStyle
	p.at++
	strip := p.follows('-')
	if strip {
		p.at++
	}
	if !p.follows('\n') {
		p.fail()
		return nil
	}
	p.at++
	p.line++
	var text strings.Builder
	inner := -1 // how far the text is indented
	empty := 0  // empty lines that are not written yet
	for p.at < len(p.text) {
		end := p.lineEnd()
		line := p.text[p.at:end]
		spaces := len(line) - len(strings.TrimLeft(line, " "))
		switch {
		case spaces == len(line) && (inner < 0 || spaces > inner):
			p.fail() // the indentation cannot be seen, or spaces are text
			return nil
		case spaces == len(line):
			empty++
		case inner < 0 && spaces > indent:
			inner = spaces
		}
		if spaces < len(line) {
			if spaces < inner || inner < 0 {
				break
			}
			for ; empty > 0; empty-- {
				text.WriteByte('\n')
			}
			text.WriteString(line[inner:])
			text.WriteByte('\n')
		}
		if end == len(p.text) {
			p.fail() // whether the text ends with a line break is for yaml.v3 to say
			return nil
		}
		p.at = end + 1
		p.line++
	}
	n.Value = text.String()
	if strip {
		n.Value = strings.TrimSuffix(n.Value, "\n")
	}
	if n.Value == "" {
		p.fail()
		return nil
	}
	p.nextLine()
	if p.at == len(p.text) {
		p.indent = -1
	}
	if p.indent > indent {
		p.fail()
	}
	return n
}
