package spec

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

var yamlLine = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntaxHints says what usually causes what yaml.v3 complains of.
var syntaxHints = []struct{ message, hint string }{
	{"mapping values are not allowed", "text that holds \": \" goes into quotes; else a line above is indented in another way"},
	{"did not find expected key", "this line is indented in another way than those above, or a quote was not closed"},
	{"did not find expected '-' indicator", "this line is indented in another way than those above"},
	{"did not find expected ',' or", "a bracket opened here or above is not closed, or a comma is missing"},
	{"did not find expected <document start>", "something stands behind the end of the catalogue; is the indentation right?"},
	{"could not find expected ':'", "a key without its colon, or text that goes on at the wrong indentation"},
	{"cannot start any token", "text that begins with @, `, % or a similar character goes into quotes"},
	{"found unexpected end of stream", "a quote or a bracket is not closed"},
}

// syntax reports what yaml.v3 says about a piece.
func (p *piece) syntax(err error) {
	message := err.Error()
	line := 1
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		message = message[len(m[0]):]
		if n, err := strconv.Atoi(m[1]); err == nil {
			line = n
			if strings.HasPrefix(message, "did not find expected") {
				line++ // its parser counts lines from 0, its scanner from 1
			}
		}
	}
	line, column := p.syntaxPlace(message, line)
	d := diag.Diagnostic{Code: "syntax", Pos: Position{File: p.file, Line: p.line + line, Column: column}, Message: message}
	for _, known := range syntaxHints {
		if strings.Contains(message, known.message) {
			d.Hint = known.hint
		}
	}
	if strings.Contains(message, "exceeded max depth") {
		d.Code, d.Message = "too-deep", fmt.Sprintf("nested deeper than %d levels", p.bounds.depth)
	}
	if alias, ok := strings.CutPrefix(message, "unknown anchor '"); ok {
		alias = "*" + strings.TrimSuffix(alias, "' referenced")
		if at := bytes.Index(p.text, []byte(alias)); at >= 0 {
			before := p.text[:at]
			d.Pos.Line = p.line + 1 + bytes.Count(before, []byte("\n"))
			d.Pos.Column = at - bytes.LastIndexByte(before, '\n')
		}
		d.Code, d.Message = "alias", fmt.Sprintf("alias %s: aliases are not used in a catalogue", alias)
		d.Hint = "write the value out, or declare a type and refer to it with $ref; text that begins with * goes into quotes"
	}
	// yaml.v3 stops somewhere behind a tab; the tab is what the user can see.
	for i, text := range strings.SplitN(string(p.text), "\n", line+2) {
		blank := text[:len(text)-len(strings.TrimLeft(text, " \t"))]
		if tab := strings.IndexByte(blank, '\t'); tab >= 0 && i <= line && i >= line-2 {
			d.Pos = Position{File: p.file, Line: p.line + i + 1, Column: tab + 1}
			d.Message, d.Hint = "a tab in the indentation", "indent with spaces; YAML does not allow tabs here"
			break
		}
	}
	p.report(d)
}

// syntaxPlace returns where a person looks for what yaml.v3 complains of, which
// tells the line alone: the line, and the column in bytes.
func (p *piece) syntaxPlace(message string, line int) (int, int) {
	lines := bytes.Split(p.text, []byte("\n"))
	line = min(line, len(lines))
	if strings.Contains(message, "unexpected end of stream") {
		if at := openQuote(p.text); at >= 0 {
			before := p.text[:at]
			return 1 + bytes.Count(before, []byte("\n")), at - bytes.LastIndexByte(before, '\n')
		}
	}
	for line > 1 && len(bytes.TrimSpace(lines[line-1])) == 0 {
		line-- // the end of the file
	}
	text := string(lines[line-1])
	at := len(text) - len(strings.TrimLeft(text, " \t"))
	switch {
	case strings.Contains(message, "mapping values are not allowed"):
		if colons := colonInText.FindAllStringIndex(text, 2); len(colons) > 0 {
			at = colons[len(colons)-1][0]
		}
	case strings.Contains(message, "cannot start any token"):
		if odd := oddStart.FindStringSubmatchIndex(text); odd != nil {
			at = odd[2]
		}
	}
	return line, at + 1
}

var (
	colonInText = regexp.MustCompile(`:([ \t]|\r?$)`)
	oddStart    = regexp.MustCompile("(?:^|[-:,\\[{?] *)([@`%])")
)

// openQuote returns the offset of a quotation mark that opens a text that never
// ends, or -1.
func openQuote(text []byte) int {
	starts := true // whether a quotation mark here would open a text
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == ' ' || c == '\t' || c == '\r':
		case c == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\n'):
			end := bytes.IndexByte(text[i:], '\n')
			if end < 0 {
				return -1
			}
			i, starts = i+end, true
		case (c == '"' || c == '\'') && starts:
			end := closingQuote(text[i+1:], c)
			if end < 0 {
				return i
			}
			i, starts = i+1+end, false
		default:
			starts = c == '\n' || c == ':' || c == '-' || c == ',' || c == '[' || c == '{' || c == '?'
		}
	}
	return -1
}

// closingQuote returns the offset of the quotation mark that ends a text.
func closingQuote(text []byte, quote byte) int {
	for i := 0; i < len(text); i++ {
		switch {
		case quote == '"' && text[i] == '\\':
			i++
		case text[i] != quote:
		case quote == '\'' && i+1 < len(text) && text[i+1] == quote:
			i++ // two stand for one
		default:
			return i
		}
	}
	return -1
}
