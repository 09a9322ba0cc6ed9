package sync

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

// editor collects changes to a text and makes them all at once.
type editor struct {
	text   string
	starts []int // offset of each line
	eol    string
	edits  []edit
}

// edit puts a text in the place of another.
type edit struct {
	start, end int
	text       string
}

func newEditor(text []byte) *editor {
	e := &editor{text: string(text), starts: []int{0}, eol: "\n"}
	for i := range len(e.text) {
		if e.text[i] == '\n' {
			e.starts = append(e.starts, i+1)
		}
	}
	if strings.Contains(e.text, "\r\n") {
		e.eol = "\r\n"
	}
	return e
}

// line returns the offset at which a line starts, counted from 1, or the end
// of the text.
func (e *editor) line(n int) int {
	if n-1 < len(e.starts) {
		return e.starts[n-1]
	}
	return len(e.text)
}

// parse reads the text as YAML, and returns its mapping.
func (e *editor) parse() (*yaml.Node, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(e.text), &document); err != nil {
		return nil, err
	}
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("the file is no mapping")
	}
	return document.Content[0], nil
}

// lineText returns a line without its end.
func (e *editor) lineText(n int) string {
	return strings.TrimRight(e.text[e.line(n):e.line(n+1)], "\r\n")
}

// offset returns where a node starts. YAML counts columns in characters.
func (e *editor) offset(node *yaml.Node) int {
	at := e.line(node.Line)
	for range node.Column - 1 {
		if at >= len(e.text) {
			break
		}
		_, size := utf8.DecodeRuneInString(e.text[at:])
		at += size
	}
	return at
}

// lineOf returns the line of an offset, counted from 1.
func (e *editor) lineOf(offset int) int {
	i, found := slices.BinarySearch(e.starts, offset)
	if found {
		return i + 1
	}
	return i
}

func (e *editor) replace(start, end int, text string) {
	e.edits = append(e.edits, edit{start, end, text})
}

// insertLines puts whole lines before line n.
func (e *editor) insertLines(n int, lines []string) {
	at := e.line(n)
	text := strings.Join(lines, e.eol) + e.eol
	if at == len(e.text) && at > 0 && e.text[at-1] != '\n' {
		text = e.eol + strings.TrimSuffix(text, e.eol)
	}
	e.replace(at, at, text)
}

// removeLines takes out the lines from one up to another, which stays, and puts the
// lines to keep in their place.
func (e *editor) removeLines(from, to int, keep []string) {
	text := ""
	if len(keep) > 0 {
		text = strings.Join(keep, e.eol) + e.eol
	}
	e.replace(e.line(from), e.line(to), text)
}

// apply makes the changes. Two that overlap are a fault of the caller.
func (e *editor) apply() (string, error) {
	slices.SortStableFunc(e.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	var b strings.Builder
	last := 0
	for i, c := range e.edits {
		if i > 0 && c == e.edits[i-1] && c.start != c.end {
			continue // one place that is reached twice
		}
		if c.start < last {
			return "", fmt.Errorf("two changes meet in line %d", e.lineOf(c.start))
		}
		b.WriteString(e.text[last:c.start])
		b.WriteString(c.text)
		last = c.end
	}
	b.WriteString(e.text[last:])
	return b.String(), nil
}

// scalarEnd returns where a scalar ends. parent is the column of the key or list that
// it belongs to.
func (e *editor) scalarEnd(node *yaml.Node, parent int) (int, error) {
	at := e.offset(node)
	wrong := fmt.Errorf("line %d: the value is written in a way that cannot be changed in place", node.Line)
	switch {
	case node.Kind != yaml.ScalarNode || node.Anchor != "" || at > len(e.text):
		return 0, wrong
	case node.Style&yaml.DoubleQuotedStyle != 0, node.Style&yaml.SingleQuotedStyle != 0:
		return e.quotedEnd(at, wrong)
	case node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		last := node.Line
		for n := node.Line + 1; n <= len(e.starts); n++ {
			text := e.lineText(n)
			if strings.TrimSpace(text) == "" {
				continue
			}
			if len(text)-len(strings.TrimLeft(text, " ")) < parent {
				break
			}
			last = n
		}
		return e.line(last) + len(e.lineText(last)), nil
	}
	for _, word := range strings.Fields(node.Value) {
		at += len(e.text[at:]) - len(strings.TrimLeft(e.text[at:], " \t\r\n"))
		if !strings.HasPrefix(e.text[at:], word) {
			return 0, wrong
		}
		at += len(word)
	}
	return at, nil
}

// headerComment returns the comment behind the mark of a block scalar, "| # so".
func (e *editor) headerComment(node *yaml.Node) string {
	if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) == 0 {
		return ""
	}
	_, comment, ok := strings.Cut(e.lineText(node.Line)[min(e.offset(node)-e.line(node.Line), len(e.lineText(node.Line))):], "#")
	if !ok {
		return ""
	}
	return "#" + comment
}

// quotedEnd returns where the quoted text ends that starts at an offset.
func (e *editor) quotedEnd(at int, wrong error) (int, error) {
	if at >= len(e.text) {
		return 0, wrong
	}
	quote := e.text[at]
	if quote != '"' && quote != '\'' {
		return 0, wrong
	}
	for i := at + 1; i < len(e.text); i++ {
		switch {
		case quote == '"' && e.text[i] == '\\':
			i++
		case e.text[i] == quote && quote == '\'' && i+1 < len(e.text) && e.text[i+1] == '\'':
			i++
		case e.text[i] == quote:
			return i + 1, nil
		}
	}
	return 0, wrong
}

// lastLine returns the last line of a node. parent is the column of the key or list
// that it belongs to.
func (e *editor) lastLine(node *yaml.Node, parent int) (int, error) {
	switch node.Kind {
	case yaml.ScalarNode:
		if node.Value == "" && node.Style == 0 {
			return node.Line, nil
		}
		end, err := e.scalarEnd(node, parent)
		if err != nil {
			return 0, err
		}
		return e.lineOf(max(end-1, 0)), nil
	case yaml.AliasNode:
		return node.Line, nil
	}
	if node.Style&yaml.FlowStyle != 0 {
		end, err := e.flowEnd(e.offset(node))
		return e.lineOf(end), err
	}
	if len(node.Content) == 0 {
		return node.Line, nil
	}
	last := node.Content[len(node.Content)-1]
	if node.Kind == yaml.MappingNode {
		parent = node.Content[len(node.Content)-2].Column
	}
	return e.lastLine(last, parent)
}

// flowEnd returns the place of the bracket that closes the one at an offset.
func (e *editor) flowEnd(at int) (int, error) {
	wrong := fmt.Errorf("line %d: a bracket is not closed", e.lineOf(at))
	depth := 0
	for i := at; i < len(e.text); i++ {
		switch c := e.text[i]; c {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i, nil
			}
		case '"', '\'':
			// A quote inside a plain scalar is a letter: "it's".
			if i > 0 && strings.IndexByte(" {[,:\n\t", e.text[i-1]) < 0 {
				continue
			}
			end, err := e.quotedEnd(i, wrong)
			if err != nil {
				return 0, err
			}
			i = end - 1
		case '#':
			if i > 0 && strings.IndexByte(" \n\t", e.text[i-1]) >= 0 {
				for i < len(e.text) && e.text[i] != '\n' {
					i++
				}
			}
		}
	}
	return 0, wrong
}

// replaceScalar writes another value in the manner of the old. parent is the column
// of the key or list that it belongs to; flow says that it stands between brackets.
func (e *editor) replaceScalar(node *yaml.Node, parent int, text string, flow bool) error {
	end, err := e.scalarEnd(node, parent)
	if err != nil {
		return err
	}
	written := write.Scalar(text)
	if flow {
		written = write.FlowScalar(text)
	}
	switch {
	case node.Style&yaml.SingleQuotedStyle != 0:
		written = "'" + strings.ReplaceAll(text, "'", "''") + "'"
	case node.Style&yaml.DoubleQuotedStyle != 0:
		written = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`, "\t", `\t`).Replace(text) + `"`
	}
	if comment := e.headerComment(node); comment != "" {
		written += " " + comment
	}
	e.replace(e.offset(node), end, written)
	return nil
}
