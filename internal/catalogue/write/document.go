package write

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// Document returns a mapping as a YAML document in block style, two spaces deep, and
// sets the line and the column of each node to where it stands there. The mapping is
// made of mappings with scalar keys, sequences and scalars, without comments, anchors
// and tags that would have to be written.
//
// The encoder of yaml.v3 writes the same. But it keeps each event of a document until
// its end, half a gigabyte for a large catalogue, and does not tell where a node stands.
func Document(mapping *yaml.Node) ([]byte, error) {
	w := documentWriter{line: 1}
	w.node(mapping, 0, false)
	w.newline(0)
	return w.text.Bytes(), w.err
}

type documentWriter struct {
	text   bytes.Buffer
	line   int // in which the text ends
	column int // the characters of that line
	err    error
}

func (w *documentWriter) write(text string) {
	w.text.WriteString(text)
	w.column += utf8.RuneCountInString(text)
}

func (w *documentWriter) newline(indent int) {
	w.text.WriteByte('\n')
	for range indent {
		w.text.WriteByte(' ')
	}
	w.line, w.column = w.line+1, indent
}

// node writes a node from where the line is, and its further lines with an indent.
func (w *documentWriter) node(n *yaml.Node, indent int, flow bool) {
	n.Line, n.Column = w.line, w.column+1
	switch {
	case n.Kind == yaml.ScalarNode:
		w.scalar(n, indent, flow, false)
	case flow || !inBlock(n):
		w.flow(n)
	case n.Kind == yaml.SequenceNode:
		for k, item := range n.Content {
			if k > 0 {
				w.newline(indent)
			}
			w.write("- ")
			w.node(item, indent+2, false)
		}
	default:
		for k := 0; k+1 < len(n.Content); k += 2 {
			if k > 0 {
				w.newline(indent)
			}
			w.key(n.Content[k], indent, false)
			value := n.Content[k+1]
			switch {
			case !isSimple(n.Content[k]):
				w.newline(indent)
				w.write(": ")
			case inBlock(value):
				w.write(":")
				w.newline(indent + 2)
			default:
				w.write(": ")
			}
			w.node(value, indent+2, false)
		}
	}
}

// flow writes a mapping or a sequence on one line.
func (w *documentWriter) flow(n *yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		w.write("[")
		for k, item := range n.Content {
			if k > 0 {
				w.write(", ")
			}
			w.node(item, 0, true)
		}
		w.write("]")
		return
	}
	w.write("{")
	for k := 0; k+1 < len(n.Content); k += 2 {
		if k > 0 {
			w.write(", ")
		}
		w.key(n.Content[k], 0, true)
		if !isSimple(n.Content[k]) {
			w.write(" ")
		}
		w.write(": ")
		w.node(n.Content[k+1], 0, true)
	}
	w.write("}")
}

func (w *documentWriter) key(n *yaml.Node, indent int, flow bool) {
	simple := isSimple(n)
	if !simple {
		w.write("? ")
	}
	n.Line, n.Column = w.line, w.column+1
	w.scalar(n, indent+2, flow, simple)
}

// inBlock reports whether a node has further lines for what is in it.
func inBlock(n *yaml.Node) bool {
	return n.Kind != yaml.ScalarNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0
}

// isSimple reports whether a key needs no question mark before it.
func isSimple(key *yaml.Node) bool {
	return len(key.Value) <= 128 && !strings.ContainsAny(key.Value, breaks)
}

// breaks are the characters that end a line of YAML.
const breaks = "\n\r\u0085\u2028\u2029"

func (w *documentWriter) scalar(n *yaml.Node, indent int, flow, key bool) {
	text := n.Value
	if !utf8.ValidString(text) {
		w.err = fmt.Errorf("%q is not UTF-8", text)
	}
	style := n.Style & (yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle)
	if style == 0 && n.Tag != "" {
		plain := yaml.Node{Kind: yaml.ScalarNode, Value: text}
		switch reads := plain.ShortTag(); {
		case strings.Contains(text, "\n"):
			style = yaml.LiteralStyle
		case reads == n.ShortTag():
		case n.ShortTag() == "!!str":
			style = yaml.DoubleQuotedStyle
		default:
			w.err = fmt.Errorf("YAML does not read %q as %s", text, n.Tag)
		}
	}
	if style == 0 && !plainly(text, flow, key) {
		style = yaml.SingleQuotedStyle
	}
	switch {
	case style == yaml.LiteralStyle && !flow && !key && literally(text):
		w.literal(text, indent)
	case style == 0 && text == "": // without the space before a value
		w.text.Truncate(w.text.Len() - 1)
		n.Column--
	case style == 0:
		w.write(text)
	case style == yaml.SingleQuotedStyle && strings.IndexFunc(text, escaped) < 0:
		w.write("'" + strings.ReplaceAll(text, "'", "''") + "'")
	default:
		w.write(doubleQuoted(text))
	}
}

// plainly reports whether YAML reads a text back that stands without quotes; "<<" would
// be the key of a merge.
func plainly(text string, flow, key bool) bool {
	switch {
	case text == "":
		return !flow && !key
	case strings.HasPrefix(text, "---"), strings.HasPrefix(text, "..."),
		strings.IndexByte("#,[]{}&*!|>'\"%@`", text[0]) >= 0,
		text == "<<", text == "-", strings.HasPrefix(text, "- "), text == "?", strings.HasPrefix(text, "? "),
		strings.HasPrefix(text, " "), strings.HasSuffix(text, " "),
		strings.HasSuffix(text, ":"), strings.Contains(text, ": "), strings.Contains(text, " #"),
		flow && strings.ContainsAny(text, ",?[]{}:"):
		return false
	}
	return strings.IndexFunc(text, escaped) < 0
}

// literally reports whether a text can stand in lines of its own.
func literally(text string) bool {
	return strings.Trim(text, " \n") == text && text != "" && !strings.Contains(text, " \n") &&
		strings.IndexFunc(text, func(r rune) bool { return r != '\n' && escaped(r) }) < 0
}

// literal writes a text in lines of its own.
func (w *documentWriter) literal(text string, indent int) {
	w.write("|-")
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" {
			w.newline(0)
			continue
		}
		w.newline(indent)
		w.write(line)
	}
}

// escaped reports whether a character stands in double quotes alone.
func escaped(r rune) bool {
	return r < ' ' || r > '~' && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r > 0xfffd
}

// doubleQuoted returns a text in double quotes, on one line.
func doubleQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch short := escapes[r]; {
		case short != "":
			b.WriteString(short)
		case !escaped(r):
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02X`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04X`, r)
		default:
			fmt.Fprintf(&b, `\U%08X`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// escapes are the characters with an escape of their own.
var escapes = map[rune]string{
	'"': `\"`, '\\': `\\`, 0: `\0`, '\a': `\a`, '\b': `\b`, '\t': `\t`, '\n': `\n`, '\v': `\v`, '\f': `\f`, '\r': `\r`, 0x1b: `\e`,
	0x85: `\N`, 0x2028: `\L`, 0x2029: `\P`,
}
