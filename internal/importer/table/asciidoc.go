package table

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// asciidocTable reads the table of AsciiDoc that starts in line i, if one does, and
// returns the line after it.
func (s *scanner) asciidocTable(i int) (next int, ok bool) {
	fence := strings.TrimSpace(s.all[i])
	if len(fence) < 4 || fence[0] != '|' || strings.Trim(fence[1:], "=") != "" {
		return i, false
	}
	s.endPipes()
	s.endTabs()
	s.list.interrupt("")
	a := asciidocReader{line: i + 1}
	a.attributes(s.all[:i])
	end := i + 1
	for end < len(s.all) && strings.TrimSpace(s.all[end]) != fence {
		end++
	}
	if end == len(s.all) {
		a.refuse(i+1, "this table of AsciiDoc has no end")
	}
	a.cells(s.all[i+1:end], i+2)
	if a.problem.text == "" {
		s.grids = append(s.grids, a.grid(s.heading)...)
	}
	if a.problem.text != "" {
		s.problems = append(s.problems, a.problem)
	}
	return end + 1, true
}

// asciidocReader reads one table of AsciiDoc.
type asciidocReader struct {
	line    int
	styles  []byte // of the columns, as far as they are given
	first   int    // cells in the first line, which are the columns if none are given
	header  bool
	all     []asciidocCell
	problem line
}

type asciidocCell struct {
	line          int
	text          string
	style         byte
	rows, columns int
}

func (a *asciidocReader) refuse(number int, text string) {
	if a.problem.text == "" {
		a.problem = line{number, text}
	}
}

var (
	asciidocAttribute = regexp.MustCompile(`(\w+)\s*=\s*(?:"([^"]*)"|([^,\]]*))`)
	asciidocColumn    = regexp.MustCompile(`^(?:(\d+)\*)?[<^>.]*(?:\d+%?|~)?([a-z])?$`)
	asciidocStart     = regexp.MustCompile(`^[ \t]*(?:(\d+(?:\.\d*)?|(?:\d*\.)?\d+)([*+]))?(?:[<^>](?:\.[<^>])?|(?:[<^>]?\.)?[<^>])?([a-z])?$`)
	asciidocEnd       = regexp.MustCompile(`[ \t]+(?:(\d+(?:\.\d*)?|(?:\d*\.)?\d+)([*+]))?(?:[<^>](?:\.[<^>])?|(?:[<^>]?\.)?[<^>])?([a-z])?$`)
)

// attributes reads the lines between brackets right above the table.
func (a *asciidocReader) attributes(above []string) {
	for n := len(above) - 1; n >= 0; n-- {
		t := strings.TrimSpace(above[n])
		if strings.HasPrefix(t, ".") && len(t) > 1 && t[1] != '.' && t[1] != ' ' {
			continue // the table's title
		}
		if !strings.HasPrefix(t, "[") || !strings.HasSuffix(t, "]") || len(t) > maxCell {
			return
		}
		a.header = a.header || strings.Contains(t, "%header")
		for _, m := range asciidocAttribute.FindAllStringSubmatch(t, -1) {
			value := strings.TrimSpace(m[2] + m[3])
			switch m[1] {
			case "cols":
				a.columns(value, n+1)
			case "options", "opts":
				a.header = a.header || slices.Contains(strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' }), "header")
			case "format", "separator":
				a.refuse(n+1, "this table of AsciiDoc is written with "+m[1]+"="+strconv.Quote(value)+", which is not read")
			}
		}
	}
}

// columns reads how many columns there are, and their styles: "1,2m", "3*".
func (a *asciidocReader) columns(value string, number int) {
	parts := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ';' })
	for _, p := range parts {
		m := asciidocColumn.FindStringSubmatch(strings.TrimSpace(p))
		if m == nil {
			a.refuse(number, "the columns of this table are not understood: cols="+strconv.Quote(value))
			return
		}
		times := 1
		if m[1] != "" {
			times, _ = strconv.Atoi(m[1]) // too large a number is bounded below
		}
		style := byte(0)
		if m[2] != "" {
			style = m[2][0]
		}
		for range min(times, maxSpan) {
			if len(a.styles) < maxSpan {
				a.styles = append(a.styles, style)
			}
		}
	}
}

// cells takes the lines of the table apart.
func (a *asciidocReader) cells(lines []string, number int) {
	started := false
	for n, text := range lines {
		t := strings.TrimSpace(text)
		if name, _, ok := strings.Cut(t, "::"); ok && slices.Contains([]string{"include", "ifdef", "ifndef", "ifeval", "endif"}, name) {
			a.refuse(number+n, "this table of AsciiDoc depends on other files or attributes: "+strconv.Quote(clip(t, 60)))
		}
		if strings.HasPrefix(t, "!===") {
			a.refuse(number+n, "a table stands inside a cell of a table")
		}
		before := len(a.all)
		a.cellsOf(text, number+n)
		if started || t == "" {
			continue
		}
		started = true
		a.first = 0
		for _, c := range a.all[before:] {
			a.first += c.columns
		}
		// A first line that a blank one follows is the header, if nothing
		// stands between the start of the table and it.
		a.header = a.header || n == 0 && n+1 < len(lines) && strings.TrimSpace(lines[n+1]) == ""
	}
}

// cellsOf adds the cells that start in a line, and its text to the one before.
func (a *asciidocReader) cellsOf(text string, number int) {
	parts := splitCells(text)
	for k, part := range parts {
		spec, times := asciidocCell{line: number, rows: 1, columns: 1}, 1
		if k+1 < len(parts) {
			m := asciidocEnd.FindStringSubmatch(part)
			if k == 0 {
				if whole := asciidocStart.FindStringSubmatch(part); whole != nil {
					m = whole
				}
			}
			if m != nil {
				part = strings.TrimSuffix(part, m[0])
				if m[3] != "" {
					spec.style = m[3][0]
				}
				columns, rows, _ := strings.Cut(m[1], ".")
				c, _ := strconv.Atoi(columns)
				r, _ := strconv.Atoi(rows)
				switch m[2] {
				case "*":
					times = min(max(1, c), maxSpan)
				case "+":
					spec.columns, spec.rows = min(max(1, c), maxSpan), min(max(1, r), maxSpan)
				}
			}
		}
		if n := len(a.all); n > 0 {
			if len(a.all[n-1].text) < maxCell {
				a.all[n-1].text += part + "\n"
			}
		} else if strings.TrimSpace(part) != "" {
			a.refuse(number, "this text stands in no cell of the table: "+strconv.Quote(clip(strings.TrimSpace(part), 60)))
		}
		if k+1 < len(parts) {
			if times > 1 {
				a.refuse(number, "a cell of this table stands for several")
			}
			a.all = append(a.all, spec)
		}
	}
}

// grid lays the cells into rows.
func (a *asciidocReader) grid(heading string) []grid {
	width := len(a.styles)
	if width == 0 {
		width = a.first
	}
	if width == 0 || width > maxSpan {
		if len(a.all) > 0 {
			a.refuse(a.line, "this table of AsciiDoc has no columns that can be read: its first line holds "+strconv.Itoa(a.first))
		}
		return nil
	}
	h := htmlReader{grid: grid{line: a.line, heading: heading}}
	cells := a.all
	for len(cells) > 0 {
		r, free := row{line: cells[0].line}, width-len(h.below)
		var spans []span
		for free > 0 && len(cells) > 0 {
			c := cells[0]
			cells = cells[1:]
			if free -= c.columns; free < 0 {
				a.refuse(c.line, "this cell spans more columns than the table has: "+strconv.Itoa(width))
				return nil
			}
			style := c.style
			if style == 0 && len(spans) < len(a.styles) && len(h.below) == 0 {
				style = a.styles[len(spans)]
			}
			spans = append(spans, span{asciidocText(c.text, style), c.rows, c.columns})
		}
		if free > 0 {
			a.refuse(r.line, "the last row of this table of AsciiDoc has fewer cells than its columns: "+strconv.Itoa(width))
			return nil
		}
		h.lay(&r, spans)
		if len(r.cells) > 0 {
			h.grid.rows = append(h.grid.rows, r)
		}
	}
	if a.header && len(h.grid.rows) > 0 {
		h.grid.header, h.grid.rows = h.grid.rows[0].cells, h.grid.rows[1:]
	}
	if len(h.grid.rows) == 0 {
		return nil
	}
	return []grid{h.grid}
}

// asciidocText returns a cell without the marks of AsciiDoc.
func asciidocText(raw string, style byte) cell {
	if (style == 'm' || style == 'l') && !strings.ContainsAny(raw, "`+") {
		return clean(markdownCode(strings.TrimSpace(raw)))
	}
	m := marker{raw: clip(strings.TrimSpace(raw), maxCell)}
	m.budget = effort(len(m.raw))
	m.walk(m.asciidoc)
	return clean(m.out.String())
}

var (
	asciidocLink = regexp.MustCompile(`^(?:link:|xref:|mailto:|https?://|kbd:|footnote:|image:|pass:)[^\s\[\]]*\[`)
	asciidocWord = map[string]string{"nbsp": " ", "zwsp": "", "empty": "", "blank": "", "sp": " ", "asterisk": "*", "plus": "+", "vbar": "|", "lt": "<", "gt": ">", "amp": "&", "tilde": "~", "caret": "^", "backtick": "`", "startsb": "[", "endsb": "]", "lsquo": "‘", "rsquo": "’", "ldquo": "“", "rdquo": "”", "wj": ""}
)

// asciidoc handles the mark of AsciiDoc at i, and returns where to go on, or i if
// there is none.
func (m *marker) asciidoc(i int) int {
	rest := m.raw[i:]
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && strings.IndexByte("*_`+#^~{<[", rest[1]) >= 0 {
			m.plain(rest[1:2])
			return i + 2
		}
	case '"', '\'': // "`curved quotes`"
		if strings.HasPrefix(rest[1:], "`") {
			if end := m.find(i+2, "`"+rest[:1]); end >= 0 {
				m.plain(rest[:1] + m.raw[i+2:end] + rest[:1])
				return end + 2
			}
		}
	case '`':
		for _, pair := range [...][2]string{{"`+", "+`"}, {"``", "``"}, {"`", "`"}} {
			if next := m.between(i, pair[0], pair[1], len(pair[0]) == 1); next > i {
				return next
			}
		}
	case '+':
		for _, mark := range []string{"+++", "++", "+"} {
			if next := m.between(i, mark, mark, len(mark) == 1); next > i {
				return next
			}
		}
		if i > 0 && m.raw[i-1] == ' ' && (len(rest) == 1 || rest[1] == '\n') {
			return i + 1 // the mark of a line's end
		}
	case '[':
		if strings.HasPrefix(rest, "[[") {
			if end := m.find(i, "]]"); end >= 0 {
				return end + 2
			}
		}
		if end := m.find(i, "]"); end >= 0 && end+1 < len(m.raw) && m.raw[end+1] == '#' {
			return end + 1 // the role of marked text
		}
	case '#':
		run := len(rest) - len(strings.TrimLeft(rest, "#"))
		if end := m.find(i+run, rest[:run]); run <= 2 && end > i+run && m.raw[i+run] != ' ' && m.raw[end-1] != ' ' {
			m.plain(m.raw[i+run : end])
			return end + run
		}
	case '^', '~':
		if end := m.find(i+1, rest[:1]); end > i+1 && !strings.ContainsAny(m.raw[i+1:end], " \n") {
			tag := map[byte]string{'^': "sup", '~': "sub"}[rest[0]]
			m.out.WriteString("<" + tag + ">")
			m.plain(m.raw[i+1 : end])
			m.out.WriteString("</" + tag + ">")
			return end + 1
		}
	case '<':
		if strings.HasPrefix(rest, "<<") {
			if end := m.find(i, ">>"); end >= 0 {
				id, text, ok := strings.Cut(m.raw[i+2:end], ",")
				if !ok {
					text = id
				}
				m.plain(strings.TrimSpace(text))
				return end + 2
			}
		}
	case '{':
		if end := m.find(i, "}"); end >= 0 {
			if text, ok := asciidocWord[m.raw[i+1:end]]; ok {
				m.plain(text)
				return end + 1
			}
		}
	case 'l', 'x', 'm', 'h', 'k', 'f', 'i', 'p':
		if i > 0 && isWord(rune(m.raw[i-1])) {
			return i
		}
		m.budget -= min(window, len(rest))
		start := asciidocLink.FindString(rest[:min(len(rest), window)])
		if start == "" {
			return i
		}
		end := m.find(i+len(start), "]")
		if end < 0 {
			return i
		}
		text := m.raw[i+len(start) : end]
		switch kind, _, _ := strings.Cut(start, ":"); {
		case kind == "footnote" || kind == "image":
		case kind == "pass":
			m.code(text)
		case text == "":
			m.plain(strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(start, "link:"), "xref:"), "["))
		default:
			inner := marker{raw: text, budget: m.budget, inside: true}
			if !m.inside {
				inner.walk(inner.asciidoc)
				m.out.WriteString(inner.out.String())
				m.budget = inner.budget
			} else {
				m.plain(text)
			}
		}
		return end + 1
	}
	return i
}

// between writes as code what stands between two marks, and returns where to go on,
// or i if the second is missing. Constrained marks stand at the ends of words.
func (m *marker) between(i int, open, end string, constrained bool) int {
	if !strings.HasPrefix(m.raw[i:], open) || constrained && i > 0 && isWord(rune(m.raw[i-1])) {
		return i
	}
	for from := i + len(open); ; {
		at := m.find(from, end)
		if at < 0 {
			return i
		}
		after := at + len(end)
		if constrained && after < len(m.raw) && (isWord(rune(m.raw[after])) || m.raw[at-1] == ' ') {
			from = at + 1
			continue
		}
		inner := m.raw[i+len(open) : at]
		if inner == "" || constrained && strings.TrimSpace(inner) != inner {
			return i
		}
		if n := len(inner); open != "`+" && n > 2 && inner[0] == inner[n-1] && strings.IndexByte("*_", inner[0]) >= 0 {
			inner = inner[1 : n-1] // bold or italic code
		}
		m.code(inner)
		return after
	}
}
