package table

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// cell holds what one cell of a table shows a reader.
type cell struct {
	text     string   // without markup, spaces folded
	codes    []string // what stood in code marks, in order
	around   string   // what stood beside the code marks, separators aside
	indent   int      // how far it is indented
	template bool     // tags of a template language were dropped
	spanned  bool     // it spans this row from above
	struck   bool     // it is struck out: no longer valid
}

func (c cell) empty() bool { return c.text == "" }

// Punctuation that markup has protected is kept in the private use area until
// the end, and code stands between two marks there.
const (
	protected = 0xE000 // + the ASCII code
	codeStart = 0xE100
	codeEnd   = 0xE101
)

// role matches the mark by which reStructuredText says what stands between code marks:
// ":scope:`users:read`".
var role = regexp.MustCompile(`(^|[\s(])(?::[A-Za-z][\w.+-]*)+:` + "`")

// clean returns a cell without its markup: Markdown, HTML, MDX and Liquid.
func clean(raw string) cell { return strip(raw, false) }

// cleanHTML returns a cell without its tags and entities. Marks of Markdown stay.
func cleanHTML(raw string) cell { return strip(raw, true) }

func strip(raw string, htmlOnly bool) cell {
	raw = strings.Map(func(r rune) rune {
		if r >= protected && r <= codeEnd {
			return utf8.RuneError
		}
		return r
	}, clip(raw, maxCell))
	var c cell
	raw, c.indent = indentation(raw)
	if !htmlOnly && strings.Contains(raw, ":`") {
		raw = role.ReplaceAllString(raw, "$1`")
	}
	if lower := strings.ToLower(strings.TrimLeft(raw, "*_ ")); !htmlOnly && strings.HasPrefix(lower, "~~") || strings.HasPrefix(lower, "<del>") || strings.HasPrefix(lower, "<s>") || strings.HasPrefix(lower, "<strike>") {
		c.struck = true
	}
	if !strings.ContainsAny(raw, "\\`<&![{*_~") {
		c.text = fold(raw)
		c.around = c.text
		return c
	}
	s := stripper{raw: raw, skip: map[int]int{}, htmlOnly: htmlOnly, budget: effort(len(raw))}
	s.run()
	c.template = s.template
	var text, around, code strings.Builder
	inCode := false
	for _, r := range emphasis([]rune(s.out.String())) {
		switch {
		case r == codeStart:
			inCode = true
			code.Reset()
			continue
		case r == codeEnd:
			inCode = false
			if t := fold(code.String()); t != "" {
				c.codes = append(c.codes, t)
			}
			around.WriteByte(' ')
			continue
		case r >= protected && r < codeStart:
			r -= protected
		}
		text.WriteRune(r)
		if inCode {
			code.WriteRune(r)
		} else {
			around.WriteRune(r)
		}
	}
	c.text = fold(text.String())
	c.around = fold(around.String())
	if strings.Trim(c.around, " ,;/|&") == "" || c.around == "or" || c.around == "and" {
		c.around = ""
	}
	return c
}

// fold returns s with every run of white space and control characters as one space.
func fold(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || r == '\u200b' || r == '\ufeff'
	}), " ")
}

// indents are the marks by which tables show that a row belongs to the one above.
var indents = []struct {
	mark  string
	width int
}{
	{"&emsp;", 4}, {"&#8195;", 4}, {"&#x2003;", 4}, {"\u2003", 4}, {"&ensp;", 2}, {"&#8194;", 2}, {"\u2002", 2},
	{"&nbsp;", 1}, {"&#160;", 1}, {"&#xa0;", 1}, {"\u00a0", 1},
	{"└", 1}, {"├", 1}, {"─", 1}, {"↳", 1}, {"→ ", 1}, {"» ", 1}, {"- ", 1}, {"– ", 1}, {"— ", 1}, {"• ", 1}, {"· ", 1},
}

// indentation returns a cell without the marks that indent it, and their width.
func indentation(raw string) (rest string, width int) {
	rest = strings.TrimLeft(raw, " \t")
next:
	for {
		for _, in := range indents {
			if after, ok := strings.CutPrefix(rest, in.mark); ok {
				rest = strings.TrimLeft(after, " \t")
				width += in.width
				continue next
			}
		}
		return rest, width
	}
}
