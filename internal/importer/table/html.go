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
	if len(h.grid.rows) > 0 {
		s.grids = append(s.grids, h.grid)
	}
	return end
}

type htmlReader struct {
	grid   grid
	line   int
	row    *row
	heads  int // th cells in the row
	inHead bool
	cell   strings.Builder
	open   bool
	span   bool
	th     bool
}

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

// hidden is the length of what a browser reads and does not show, up to the tag
// that ends it.
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

// tag handles a tag of the table itself, and tells whether it was one.
func (h *htmlReader) tag(name string, closing bool, attributes string) bool {
	switch name {
	case "table", "tbody", "colgroup", "col", "caption":
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
		span := strings.ToLower(attributes)
		h.span = strings.Contains(span, "colspan") && !strings.Contains(strings.NewReplacer("\"", "", "'", "", " ", "", "{", "", "}", "").Replace(span), "colspan=1")
	default:
		return false
	}
	return true
}

func (h *htmlReader) endCell() {
	if !h.open {
		return
	}
	c := cleanHTML(h.cell.String())
	h.cell.Reset()
	h.open = false
	h.row.cells = append(h.row.cells, c)
	if h.th {
		h.heads++
	}
	if h.span && len(h.row.cells) == 1 {
		h.row.wide = true
	}
}

func (h *htmlReader) endRow() {
	h.endCell()
	if h.row == nil {
		return
	}
	r, heads := *h.row, h.heads
	h.row, h.heads = nil, 0
	switch {
	case len(r.cells) == 0:
	case h.grid.header == nil && len(h.grid.rows) == 0 && len(r.cells) > 1 && (h.inHead || heads == len(r.cells)):
		h.grid.header = r.cells
	default:
		r.wide = r.wide && len(r.cells) == 1
		h.grid.rows = append(h.grid.rows, r)
	}
}
