package table

import "strings"

// htmlTable reads the HTML table that starts in line i and returns the line
// after it. Tags are read leniently, as browsers do: none has to be closed.
func (s *scanner) htmlTable(i int) int {
	end := len(s.all)
	for j := i; j < len(s.all); j++ {
		if strings.Contains(strings.ToLower(s.all[j]), "</table") {
			end = j + 1
			break
		}
	}
	h := htmlReader{grid: grid{line: i + 1, heading: s.heading}, line: i + 1}
	text := strings.Join(s.all[i:end], "\n")
	start := strings.Index(strings.ToLower(text), "<table")
	h.line += strings.Count(text[:start], "\n")
	h.read(text[start:])
	h.endTable()
	s.grids = append(s.grids, h.done...)
	if h.nested > 0 {
		s.problems = append(s.problems, line{h.nested, "a table stands inside a cell of a table"})
	}
	return end
}

type htmlReader struct {
	grid   grid
	done   []grid       // tables that have ended
	nested int          // the line of a table inside a cell
	below  map[int]span // cells that span the rows to come, by column
	spans  []span       // of the row's cells
	rows   int          // rows that the cell spans
	wide   int          // columns that the cell spans
	line   int
	row    *row
	heads  int // th cells in the row
	inHead bool
	cell   strings.Builder
	open   bool
	th     bool
}

// span is a cell that spans rows or columns.
type span struct {
	cell          cell
	rows, columns int
}

// maxSpan bounds the rows and columns that one cell may span.
const maxSpan = 64

// spanned returns the value of rowspan or colspan in the attributes of a tag.
func spanned(attributes, name string) int {
	a := strings.NewReplacer("\"", "", "'", "", " ", "", "{", "", "}", "").Replace(strings.ToLower(attributes))
	_, rest, ok := strings.Cut(a, name+"=")
	if !ok {
		return 1
	}
	n := 0
	for i := 0; i < len(rest) && rest[i] >= '0' && rest[i] <= '9' && n < 10*maxSpan; i++ {
		n = 10*n + int(rest[i]-'0')
	}
	if n == 0 && name == "rowspan" {
		n = maxSpan // down to the end of the table
	}
	return max(1, n)
}

// endTable closes the table that is being read.
func (h *htmlReader) endTable() {
	h.endRow()
	if len(h.grid.rows) > 0 {
		h.done = append(h.done, h.grid)
	}
	h.grid = grid{line: h.line, heading: h.grid.heading}
	h.below, h.inHead = nil, false
}

// read reads the tags and cells of a text.
func (h *htmlReader) read(text string) {
	budget := effort(len(text))
	for i := 0; i < len(text); {
		if text[i] == '<' && budget > 0 {
			budget -= min(window, len(text)-i)
			if name, closing, attributes, end := scanTag(text[i:min(len(text), i+window)]); end > 0 {
				budget += min(window, len(text)-i) - end // that much was searched in truth
				if !h.tag(name, closing, attributes) && h.open {
					h.cell.WriteString(text[i : i+end])
				}
				if (name == "script" || name == "style") && !closing {
					end += hidden(text[i+end:], name)
				}
				h.line += strings.Count(text[i:i+end], "\n")
				i += end
				continue
			}
		}
		if text[i] == '\n' {
			h.line++
		}
		if h.open {
			h.cell.WriteByte(text[i])
		}
		i++
	}
	h.endRow()
}

// hidden returns the length of a script or style sheet, which a browser does not
// show, up to the tag that ends it.
func hidden(text, name string) int {
	for i := 0; ; i += 2 {
		next := strings.Index(text[i:], "</")
		if next < 0 {
			return len(text)
		}
		i += next
		if rest := text[i+2:]; len(rest) >= len(name) && strings.EqualFold(rest[:len(name)], name) {
			return i
		}
	}
}

// tag handles a tag of the table itself, and reports whether it was one.
func (h *htmlReader) tag(name string, closing bool, attributes string) bool {
	switch name {
	case "tbody", "colgroup", "col", "caption":
	case "table":
		if !closing && h.open && h.nested == 0 {
			h.nested = h.line
		}
		h.endTable()
	case "thead":
		h.endRow()
		h.inHead = !closing
	case "tr":
		h.endRow()
		if !closing {
			h.row = &row{line: h.line}
		}
	case "td", "th":
		h.endCell()
		if closing {
			break
		}
		if h.row == nil {
			h.row = &row{line: h.line}
		}
		h.open, h.th = true, name == "th"
		h.rows, h.wide = spanned(attributes, "rowspan"), min(maxSpan, spanned(attributes, "colspan"))
	default:
		return false
	}
	return true
}

// endCell closes the cell that is being read.
func (h *htmlReader) endCell() {
	if !h.open {
		return
	}
	c := cleanHTML(h.cell.String())
	h.cell.Reset()
	h.open = false
	h.spans = append(h.spans, span{c, h.rows, h.wide})
	if h.th {
		h.heads++
	}
}

// endRow closes the row that is being read.
func (h *htmlReader) endRow() {
	h.endCell()
	if h.row == nil {
		return
	}
	r, heads, spans := *h.row, h.heads, h.spans
	h.row, h.heads, h.spans = nil, 0, nil
	h.lay(&r, spans)
	switch {
	case len(r.cells) == 0:
	case h.grid.header == nil && len(h.grid.rows) == 0 && len(r.cells) > 1 && (h.inHead || heads == len(spans)):
		h.grid.header = r.cells
	default:
		h.grid.rows = append(h.grid.rows, r)
	}
}

// lay puts the cells of a row into its columns, with those that span it from
// above. A cell that spans the row alone stays one cell.
func (h *htmlReader) lay(r *row, spans []span) {
	if len(spans) == 1 && spans[0].columns > 1 && len(h.below) == 0 {
		r.cells, r.wide = []cell{spans[0].cell}, true
		return
	}
	next := map[int]span{}
	put := func(s span, copied bool) {
		for k := range s.columns {
			c := cell{spanned: copied}
			if k == 0 {
				c = s.cell
				c.spanned = copied
			}
			if s.rows > 1 {
				next[len(r.cells)] = span{c, s.rows - 1, 1}
			}
			r.cells = append(r.cells, c)
		}
	}
	for len(spans) > 0 || len(h.below) > 0 {
		if s, ok := h.below[len(r.cells)]; ok {
			delete(h.below, len(r.cells))
			put(s, true)
			continue
		}
		if len(spans) == 0 {
			if len(r.cells) > maxSpan {
				break
			}
			r.cells = append(r.cells, cell{}) // missing before one that spans from above
			continue
		}
		put(spans[0], false)
		spans = spans[1:]
	}
	h.below = next
}
