package table

import (
	"regexp"
	"strconv"
	"strings"
)

// rstTable reads the table of reStructuredText that starts in line i, if one does,
// and returns the line after it.
func (s *scanner) rstTable(i int) (next int, ok bool) {
	trimmed := strings.TrimSpace(s.all[i])
	r := rstReader{all: s.all, grid: grid{line: i + 1, heading: s.heading}}
	switch {
	case len(trimmed) > 4 && strings.HasPrefix(trimmed, "+-") && strings.HasSuffix(trimmed, "-+") && strings.Trim(trimmed, "+-") == "":
		next = r.boxes(i)
	case isRSTBorder(trimmed):
		next = r.simple(i)
	case strings.HasPrefix(trimmed, ".. list-table::"):
		next = r.listTable(i)
	default:
		return i, false
	}
	s.endPipes()
	s.endTabs()
	s.list.interrupt("")
	switch {
	case r.problem.text != "":
		s.problems = append(s.problems, r.problem)
	case len(r.grid.rows) > 0:
		s.grids = append(s.grids, r.grid)
	}
	return next, true
}

// isRSTBorder reports whether a line is a border of a simple table: "===  ===".
func isRSTBorder(trimmed string) bool {
	return len(strings.Fields(trimmed)) > 1 && strings.Trim(trimmed, "= \t") == ""
}

// rstReader reads one table of reStructuredText.
type rstReader struct {
	all     []string
	grid    grid
	problem line
}

func (r *rstReader) refuse(number int, text string) {
	if r.problem.text == "" {
		r.problem = line{number, text}
	}
}

// put adds a row. The texts are those of its cells; one text alone spans them all.
func (r *rstReader) put(number int, texts []string, wide bool) {
	row := row{line: number, wide: wide, cells: make([]cell, len(texts))}
	for k, t := range texts {
		row.cells[k] = rstText(t)
	}
	if len(row.filled()) > 0 {
		r.grid.rows = append(r.grid.rows, row)
	}
}

// head makes a header of the rows that were read so far.
func (r *rstReader) head(number int) {
	if len(r.grid.rows) != 1 || r.grid.header != nil || r.grid.rows[0].wide {
		r.refuse(number, "the header of this table of reStructuredText is not one row")
		return
	}
	r.grid.header, r.grid.rows = r.grid.rows[0].cells, nil
}

// boxes reads a grid table, whose cells stand in boxes, and returns the line after it.
func (r *rstReader) boxes(i int) int {
	border := []rune(strings.TrimRight(r.all[i], " \t"))
	indent := 0
	for border[indent] != '+' {
		indent++
	}
	var walls []int
	for k := indent; k < len(border); k++ {
		if border[k] == '+' {
			walls = append(walls, k)
		}
	}
	columns := len(walls) - 1
	var texts []string
	wide, start, j := false, 0, i+1
	for ; j < len(r.all); j++ {
		t := strings.TrimSpace(r.all[j])
		if t == "" || t[0] != '+' && t[0] != '|' {
			break
		}
		text := []rune(strings.TrimRight(r.all[j], " \t"))
		if len(text) != len(border) || strings.TrimSpace(string(text[:indent])) != "" {
			r.refuse(j+1, "this line is not as long as the table's border")
			continue
		}
		if t[0] == '+' && strings.Trim(t, "+-=") == "" {
			if !r.border(text, walls) || strings.Contains(t, "=") && strings.Contains(t, "-") {
				r.refuse(j+1, "this border does not go through the whole table: cells that span rows or columns are not read")
			}
			if texts != nil {
				r.put(start, texts, wide)
			}
			texts = nil
			if strings.Contains(t, "=") {
				r.head(j + 1)
			}
			continue
		}
		inner := 0
		for _, w := range walls[1:columns] {
			if text[w] == '|' {
				inner++
			}
		}
		isWide := inner == 0 && columns > 1
		switch {
		case text[walls[0]] != '|' || text[walls[columns]] != '|' || inner != 0 && inner != columns-1, texts != nil && isWide != wide:
			r.refuse(j+1, "the cells of this line do not stand below each other: cells that span rows or columns are not read")
			continue
		case texts == nil:
			wide, start = isWide, j+1
			texts = make([]string, columns)
			if wide {
				texts = make([]string, 1)
			}
		}
		if wide {
			texts[0] += strings.TrimSpace(string(text[walls[0]+1:walls[columns]])) + "\n"
			continue
		}
		for k := range columns {
			texts[k] += strings.TrimSpace(string(text[walls[k]+1:walls[k+1]])) + "\n"
		}
	}
	if texts != nil {
		r.refuse(j, "this table of reStructuredText has no end")
	}
	return j
}

// border reports whether a line is a border of all columns, or of none but the
// outer walls.
func (r *rstReader) border(text []rune, walls []int) bool {
	pluses := 0
	for _, c := range text {
		if c == '+' {
			pluses++
		}
	}
	last := len(walls) - 1
	if pluses == 2 {
		return text[walls[0]] == '+' && text[walls[last]] == '+'
	}
	for _, w := range walls {
		if text[w] != '+' {
			return false
		}
	}
	return pluses == len(walls)
}

// simple reads a simple table, whose columns stand below borders, and returns the line
// after it.
func (r *rstReader) simple(i int) int {
	border := strings.TrimRight(r.all[i], " \t")
	var starts, ends []int
	for k := range len(border) {
		if border[k] == '=' && (k == 0 || border[k-1] != '=') {
			starts = append(starts, k)
		}
		if border[k] == '=' && (k+1 == len(border) || border[k+1] != '=') {
			ends = append(ends, k+1)
		}
	}
	var texts []string
	start, j := 0, i+1
	flush := func() {
		if texts != nil {
			r.put(start, texts, false)
		}
		texts = nil
	}
	for ; j < len(r.all); j++ {
		t := strings.TrimSpace(r.all[j])
		switch {
		case t == "":
			continue
		case strings.Trim(t, "= \t") == "":
			flush()
			if strings.TrimRight(r.all[j], " \t") != border {
				r.refuse(j+1, "this border is not like the one at the start of the table")
			}
			if j+1 == len(r.all) || strings.TrimSpace(r.all[j+1]) == "" {
				return j + 1
			}
			r.head(j + 1)
			continue
		case strings.Trim(t, "- ") == "" && len(t) > 2:
			r.refuse(j+1, "cells that span columns are not read")
		case strings.Contains(r.all[j], "\t"):
			r.refuse(j+1, "a tab stands in this table: it does not tell in which column its cells are")
		}
		parts, apart := columnsOf([]rune(r.all[j]), starts, ends)
		if !apart {
			r.refuse(j+1, "the cells of this line do not stand below their borders")
			continue
		}
		if texts == nil || parts[0] != "" {
			flush()
			texts, start = make([]string, len(starts)), j+1
		}
		for k, p := range parts {
			texts[k] += p + "\n"
		}
	}
	r.refuse(i+1, "this table of reStructuredText has no end")
	return j
}

// columnsOf cuts a line of a simple table below its borders, and reports whether
// nothing stands between them. The last column has no end.
func columnsOf(text []rune, starts, ends []int) (parts []string, apart bool) {
	cut := func(from, to int) string {
		return strings.TrimSpace(string(text[min(from, len(text)):min(to, len(text))]))
	}
	if cut(0, starts[0]) != "" {
		return nil, false
	}
	for k := range starts {
		end := len(text)
		if k+1 < len(starts) {
			end = ends[k]
			if cut(end, starts[k+1]) != "" {
				return nil, false
			}
		}
		parts = append(parts, cut(starts[k], end))
	}
	return parts, true
}

// rstRow matches the start of a row in a list table, rstCell that of a cell.
var (
	rstRow  = regexp.MustCompile(`^(\s*)([*+-]\s+)([*+-])(?:\s+(.*))?$`)
	rstCell = regexp.MustCompile(`^(\s*)([*+-])(?:\s+(.*))?$`)
)

// listTable reads a table that is written as a list of lists, and returns the line
// after it.
func (r *rstReader) listTable(i int) int {
	indent := indentOf(r.all[i])
	headers, dash := 0, -1
	var texts []string
	start, number := 0, 0
	flush := func() {
		if texts == nil {
			return
		}
		r.put(start, texts, false)
		if number++; number == headers {
			r.head(start)
		}
		texts = nil
	}
	j := i + 1
	for ; j < len(r.all); j++ {
		text := r.all[j]
		t := strings.TrimSpace(text)
		if t == "" {
			continue
		}
		if indentOf(text) <= indent {
			break
		}
		if strings.Contains(text, "\t") {
			r.refuse(j+1, "a tab stands in this table: it does not tell where its cells begin")
		}
		if option, value, ok := strings.Cut(strings.TrimPrefix(t, ":"), ":"); dash < 0 && t[0] == ':' && ok {
			if n, err := strconv.Atoi(strings.TrimSpace(value)); option == "header-rows" && (err != nil || n < 0 || n > 1) {
				r.refuse(j+1, "the header of this table of reStructuredText is not one row")
			} else if option == "header-rows" {
				headers = n
			}
			continue
		}
		if m := rstRow.FindStringSubmatch(text); m != nil && (dash < 0 || len(m[1])+len(m[2]) == dash) {
			flush()
			dash = len(m[1]) + len(m[2])
			texts, start = []string{m[4] + "\n"}, j+1
			continue
		}
		if m := rstCell.FindStringSubmatch(text); m != nil && texts != nil && len(m[1]) == dash {
			texts = append(texts, m[3]+"\n")
			continue
		}
		if texts == nil || indentOf(text) <= dash {
			r.refuse(j+1, "this line of a list table is neither a row nor a cell")
			continue
		}
		texts[len(texts)-1] += t + "\n"
	}
	flush()
	for _, row := range r.grid.rows {
		if width := max(len(r.grid.header), len(r.grid.rows[0].cells)); len(row.cells) != width {
			r.refuse(row.line, "this row of a list table has another number of cells than the first: "+strconv.Itoa(len(row.cells)))
		}
	}
	return j
}

func indentOf(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }

// rstText returns a cell without the marks of reStructuredText.
func rstText(raw string) cell {
	m := marker{raw: clip(strings.TrimSpace(raw), maxCell)}
	m.budget = effort(len(m.raw))
	m.walk(m.rst)
	return clean(m.out.String())
}

var (
	rstRole = regexp.MustCompile("^(?::[A-Za-z][\\w.+-]*)+:`")
	rstNote = regexp.MustCompile(`^\[(?:#[\w.+-]*|\*|\d+|[A-Za-z][\w.+-]*)\]_`)
)

// rst handles the mark of reStructuredText at i, and returns where to go on, or i if
// there is none.
func (m *marker) rst(i int) int {
	rest := m.raw[i:]
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && rest[1] != ' ' && rest[1] != '\n' {
			m.plain(rest[1:2])
		}
		return min(i+2, len(m.raw))
	case '`':
		if strings.HasPrefix(rest, "``") {
			if end := m.find(i+2, "``"); end >= 0 {
				m.code(m.raw[i+2 : end])
				return end + 2
			}
		}
		return m.interpreted(i, i+1)
	case ':':
		if strings.Contains(rest[:min(len(rest), 100)], ":`") {
			if role := rstRole.FindString(rest[:min(len(rest), 100)]); role != "" && (i == 0 || !isWord(rune(m.raw[i-1]))) {
				return m.interpreted(i, i+len(role))
			}
		}
	case ' ', '\n':
		if len(rest) > 1 && rest[1] == '[' {
			if note := rstNote.FindString(rest[1:min(len(rest), 100)]); note != "" {
				return i + 1 + len(note)
			}
		}
	case '[':
		if note := rstNote.FindString(rest[:min(len(rest), 100)]); note != "" {
			return i + len(note)
		}
	case '|': // what stands elsewhere
		if end := m.find(i+1, "|"); end > i+1 && m.raw[i+1] != ' ' && m.raw[end-1] != ' ' {
			m.plain("{" + m.raw[i+1:end] + "}")
			return end + 1
		}
	case '&':
		m.plain("&")
		return i + 1
	case '_':
		run := len(rest) - len(strings.TrimLeft(rest, "_"))
		// "name_" refers to something and shows "name".
		if run > 2 || i == 0 || !isWord(rune(m.raw[i-1])) || run < len(rest) && isWord(rune(rest[run])) {
			m.plain(rest[:run])
		}
		return i + run
	}
	return i
}

// interpreted writes the text between single marks, which may be a link:
// "`text <target>`_". from is where the text starts.
func (m *marker) interpreted(i, from int) int {
	end := m.find(from, "`")
	if end <= from {
		return i
	}
	text, next := m.raw[from:end], end+1
	link := false
	for next < len(m.raw) && m.raw[next] == '_' {
		next++
		link = true
	}
	if title, target, ok := strings.Cut(text, " <"); ok && strings.HasSuffix(target, ">") {
		text, link = title, true
	}
	if link {
		m.plain(text)
	} else {
		m.code(text)
	}
	return next
}
