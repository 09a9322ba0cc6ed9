package spec

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// parse reads the text of one file into a part of the catalogue.
//
// yaml.v3 builds a tree of the whole document, which takes thirty times the
// memory of the text. A file longer than bounds.whole is therefore cut between
// its operations and between its types, and each piece is decoded and dropped
// before the next one is parsed. A file whose layout does not allow that is
// parsed as a whole if it is no longer than bounds.piece.
func (l *loader) parse(file string, text []byte, table bool) *Catalogue {
	part := &Catalogue{}
	text, ok := l.characters(file, text)
	if !ok {
		l.incomplete = true
		return part
	}
	if len(text) > l.bounds.whole {
		if pieces, ok := split(text, l.bounds.whole); ok {
			before := l.progress
			if l.pieces(file, pieces, table, part) {
				return part
			}
			l.incomplete = true
			if len(text) > l.bounds.piece {
				return part
			}
			// The cut may have been wrong: a quoted text may hold lines that
			// look like keys. The file is small enough to be read uncut.
			for _, entry := range part.Types {
				if l.declared[entry.Key] == entry.Pos {
					delete(l.declared, entry.Key)
				}
			}
			part = &Catalogue{}
			l.keys = map[string]Position{}
			l.progress = before
		} else if len(text) > l.bounds.piece {
			l.incomplete = true
			l.report(uncut(file, l.bounds.piece))
			return part
		}
	}
	p := &piece{loader: l, file: file, text: text}
	if root, ok := p.document(); ok {
		p.top(root, table, part)
	} else {
		l.incomplete = true
	}
	return part
}

// pieces decodes a file that was cut into pieces, and reports whether each of
// them was YAML.
func (l *loader) pieces(file string, pieces []cut, table bool, part *Catalogue) bool {
	for _, c := range pieces {
		if l.full() {
			break
		}
		p := &piece{loader: l, file: file, text: c.text, line: c.line}
		if len(c.text) > l.bounds.piece {
			p.report(tooLong(file, c, l.bounds.piece))
			l.incomplete = true
			continue
		}
		root, ok := p.document()
		if !ok {
			return false
		}
		if root == nil {
			continue
		}
		switch c.section {
		case "operations":
			var operations []*Operation
			p.decode(root, &operations, "operations")
			part.Operations = append(part.Operations, operations...)
		case "types":
			p.decodeTypes(root, part)
		default:
			p.top(root, table, part)
		}
	}
	return true
}

func tooLong(file string, c cut, most int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "too-large", Pos: Position{File: file, Line: c.line + 1},
		Message: fmt.Sprintf("one entry is %d KiB long; at most %d KiB are read at once", len(c.text)>>10, most>>10),
		Hint:    "divide it, or write what is below it on lines of its own",
	}
}

func uncut(file string, most int) diag.Diagnostic {
	return diag.Diagnostic{
		Code: "too-large", Pos: Position{File: file},
		Message: fmt.Sprintf("a file longer than %d KiB must have \"operations:\" and \"types:\" on lines of their own, and each operation and type on lines below them", most>>10),
		Hint:    "write it in block style, or divide it and include the parts",
	}
}

// TooLong returns what [Load] finds too long in a file of a catalogue: each operation,
// each type and each other part of it whose text is longer than Load reads at once.
func TooLong(file string, text []byte) (findings diag.List) {
	most := defaultBounds.piece
	if len(text) <= most {
		return nil
	}
	pieces, ok := split(text, defaultBounds.whole)
	if !ok {
		return diag.List{uncut(file, most)}
	}
	for _, c := range pieces {
		if len(c.text) > most {
			findings = append(findings, tooLong(file, c, most))
		}
	}
	return findings
}

// characters checks that a file is UTF-8 without control characters, and returns
// its text without a byte order mark.
func (l *loader) characters(file string, text []byte) ([]byte, bool) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	line, start := 1, 0
	for i := 0; i < len(text); {
		c := text[i]
		if c >= ' ' && c < 0x7f || c == '\t' {
			i++
			continue
		}
		if c == '\n' {
			i++
			line, start = line+1, i
			continue
		}
		if c == '\r' && i+1 < len(text) && text[i+1] == '\n' {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		pos := Position{File: file, Line: line, Column: i - start + 1}
		switch {
		case r == utf8.RuneError && size == 1 && (bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff"))):
			l.report(diag.Diagnostic{Code: "encoding", Pos: pos, Message: "the file is UTF-16", Hint: "save it as UTF-8"})
			return nil, false
		case r == utf8.RuneError && size == 1:
			l.report(diag.Diagnostic{Code: "encoding", Pos: pos, Message: fmt.Sprintf("byte 0x%02x is not UTF-8", c), Hint: "save the file as UTF-8"})
			return nil, false
		// NEL, LS and PS end a line in YAML but in no editor: positions would be wrong.
		case r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff:
			l.report(diag.Diagnostic{Code: "encoding", Pos: pos, Message: fmt.Sprintf("control character %U", r), Hint: "remove it; inside double quotes it can be written as an escape"})
			return nil, false
		}
		i += size
	}
	return text, true
}

// cut is a piece of a file: a section that begins with its key, or more entries
// of the section that the piece before it began.
type cut struct {
	section string // "operations" or "types" for further entries, else ""
	text    []byte
	line    int // lines before it
}

var sectionLine = regexp.MustCompile(`^(operations|types):[ \t]*(#.*)?\r?$`)

// split cuts a file that is written in block style into pieces of about the size
// given, between the entries of its operations and types. It returns false if the
// file is laid out in another way.
func split(text []byte, size int) ([]cut, bool) {
	var (
		cuts    []cut
		current = cut{}
		start   = 0  // of the current piece
		section = "" // where we are
		indent  = -1 // of the section's entries
		seen    = map[string]bool{}
		line    = 0
	)
	finish := func(end int) {
		current.text = text[start:end]
		cuts = append(cuts, current)
	}
	for at := 0; at < len(text); line++ {
		end := len(text)
		if i := bytes.IndexByte(text[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		content := text[at:end]
		trimmed := bytes.TrimLeft(content, " ")
		spaces := len(content) - len(trimmed)
		rest := bytes.TrimRight(trimmed, " \t\r\n")
		entry := bytes.HasPrefix(trimmed, []byte("- ")) || string(rest) == "-"
		switch {
		case len(rest) == 0 || rest[0] == '#':
		case spaces == 0 && !(section == "operations" && entry && indent <= 0):
			if at == 0 && string(rest) == "---" {
				break
			}
			if !isLetter(rest[0]) && rest[0] != '"' && rest[0] != '\'' {
				return nil, false
			}
			finish(at)
			section, indent = "", -1
			current, start = cut{line: line}, at
			if m := sectionLine.FindSubmatch(bytes.TrimRight(content, "\n")); m != nil {
				section = string(m[1])
				if seen[section] {
					return nil, false
				}
				seen[section] = true
			}
		case section == "":
		case indent < 0:
			indent = spaces
			if section == "operations" && !entry || section == "types" && !isLetter(rest[0]) {
				return nil, false
			}
		case spaces < indent:
			return nil, false
		case spaces == indent && at-start >= size && (section == "types" && isLetter(rest[0]) || section == "operations" && entry):
			finish(at)
			current, start = cut{section: section, line: line}, at
		}
		at = end
	}
	finish(len(text))
	return cuts, true
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// piece is a part of a file that is parsed at once.
type piece struct {
	*loader
	file string
	text []byte
	line int // lines before it in the file

	shared  bool // the values of its nodes share the memory of one text, or of trees
	depth   int
	columns *columns // nil for a piece in ASCII
}

// document parses the piece and returns its root node, nil if the piece holds
// nothing. ok is false if it is not YAML, which is reported.
func (p *piece) document() (root *yaml.Node, ok bool) {
	defer func() {
		// yaml.v3 panics on some input that it should refuse.
		if r := recover(); r != nil {
			p.errorf("syntax", Position{File: p.file, Line: p.line + 1}, "this is not YAML that can be read")
			root, ok = nil, false
		}
	}()
	if slices.ContainsFunc(p.text, func(b byte) bool { return b >= utf8.RuneSelf }) {
		p.columns = newColumns(p.text)
	}
	if root, ok := p.plainYAML.Parse(string(p.text)); ok {
		p.shared = true
		return root, true
	}
	decoder := yaml.NewDecoder(bytes.NewReader(p.text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, true
	case err != nil:
		p.syntax(err)
		return nil, false
	}
	switch err := decoder.Decode(&second); {
	case errors.Is(err, io.EOF):
	case err != nil:
		p.syntax(err)
		return nil, false
	default:
		p.report(diag.Diagnostic{Code: "several-documents", Pos: p.pos(&second), Message: "a second YAML document begins here", Hint: "put it into a file of its own and include that"})
		return nil, false
	}
	root = document.Content[0]
	p.keepInside(root)
	if root.Kind == yaml.ScalarNode && root.Tag == "!!null" && root.Value == "" {
		return nil, true
	}
	return root, true
}

// keepInside moves what stands behind the text to its end: yaml.v3 says that the absent
// value of "? key" stands in the line after it, though the file may have none.
func (p *piece) keepInside(root *yaml.Node) {
	lines, last := bytes.Count(p.text, []byte("\n"))+1, p.text[bytes.LastIndexByte(p.text, '\n')+1:]
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		if n.Line > lines {
			n.Line, n.Column = lines, utf8.RuneCount(last)+1
		}
		for _, child := range n.Content {
			walk(child)
		}
	}
	walk(root)
}

// pos returns the place of a node in its file.
func (p *piece) pos(n *yaml.Node) Position {
	column := n.Column
	if p.columns != nil {
		column = p.columns.bytes(n.Line, n.Column)
	}
	return Position{File: p.file, Line: p.line + n.Line, Column: column}
}

// columns turns the columns of yaml.v3, which count characters, into bytes.
type columns struct {
	text   []byte
	starts []int // offset of each line
	// The last place that was asked for. Nodes are asked for in their order, so
	// the next one is mostly behind it on the same line.
	line, column, offset int
}

func newColumns(text []byte) *columns {
	c := &columns{text: text, starts: []int{0}}
	for i, b := range text {
		if b == '\n' {
			c.starts = append(c.starts, i+1)
		}
	}
	return c
}

func (c *columns) bytes(line, column int) int {
	if line < 1 || line > len(c.starts) {
		return column
	}
	start := c.starts[line-1]
	if line != c.line || column < c.column {
		c.line, c.column, c.offset = line, 1, start
	}
	for c.column < column && c.offset < len(c.text) {
		_, size := utf8.DecodeRune(c.text[c.offset:])
		c.offset += size
		c.column++
	}
	return c.offset - start + 1
}
