package layout

import (
	"bytes"
	"go/doc/comment"
	"strings"
	"unicode"
	"unicode/utf8"
)

// docComment returns the lines of a comment that stands before something, as gofmt lays
// them out. It returns false for a directive that is elsewhere than gofmt puts it.
func docComment(lines [][]byte) ([][]byte, bool) {
	end := len(lines)
	for end > 0 && bytes.HasPrefix(lines[end-1], []byte("//go:")) {
		end--
	}
	directives := lines[end:]
	if len(directives) > 0 {
		if end--; end <= 0 || string(lines[end]) != "//" {
			return nil, false
		}
	}
	if plain(lines[:end]) {
		return lines, true
	}
	var source strings.Builder
	for _, line := range lines[:end] {
		after := line[len("//"):]
		if len(after) > 0 && after[0] != ' ' && after[0] != '\t' {
			return nil, false
		}
		source.Write(bytes.TrimPrefix(after, []byte(" ")))
		source.WriteByte('\n')
	}
	var parser comment.Parser
	var printer comment.Printer
	formatted := bytes.TrimSuffix(printer.Comment(parser.Parse(source.String())), []byte("\n"))
	var out [][]byte
	for line := range bytes.SplitSeq(formatted, []byte("\n")) {
		mark := "// "
		if len(line) == 0 || line[0] == '\t' {
			mark = "//"
		}
		out = append(out, bytes.TrimRight(append([]byte(mark), line...), " \t"))
	}
	if len(directives) > 0 {
		out = append(append(out, []byte("//")), directives...)
	}
	return out, len(formatted) > 0
}

// plain reports whether gofmt leaves a comment as it is because it holds nothing but
// paragraphs and lines of code, each with an empty line between.
func plain(lines [][]byte) bool {
	empty := func(i int) bool { return i < 0 || i >= len(lines) || len(lines[i]) == len("//") }
	code := func(i int) bool { return !empty(i) && lines[i][len("//")] == '\t' }
	for i, line := range lines {
		if empty(i) {
			if i == 0 || i == len(lines)-1 || empty(i+1) {
				return false
			}
			continue
		}
		mark, text := line[2], line[3:]
		if len(text) == 0 || trailingSpace(line) || bytes.Contains(text, []byte("``")) || bytes.Contains(text, []byte("''")) {
			return false
		}
		switch first := text[0]; {
		case first >= utf8.RuneSelf, first <= ' ', digit(first):
			return false
		case first == '-', first == '+', first == '*', first == '#', first == '[' && bytes.Contains(text, []byte("]:")):
			return false // a list, a heading, a definition of a link
		}
		switch {
		case mark == '\t':
			// Behind an empty line, and before one; a comment does not begin with it.
			if i == 0 || !empty(i-1) && !code(i-1) || !empty(i+1) && !code(i+1) {
				return false
			}
		case mark != ' ':
			return false
		case empty(i-1) && empty(i+1) && i > 0 && i < len(lines)-1:
			// A line that ends without a full stop may be taken for a heading.
			if last, _ := utf8.DecodeLastRune(text); unicode.IsLetter(last) || unicode.IsDigit(last) {
				return false
			}
		}
	}
	return true
}

func trailingSpace(line []byte) bool { return line[len(line)-1] <= ' ' }
