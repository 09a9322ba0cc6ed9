package table

import "strings"

// document is a text taken apart: the grids, list items and headings in it.
type document struct {
	lines []line // text that belongs to neither
	grids []grid
	items []item

	sections []section // its headings

	problems []line // what cannot be read, and why
}

type line struct {
	number int
	text   string
}

// grid is a table before anything is known about its columns.
type grid struct {
	line    int
	heading string // the heading above it
	header  []cell // nil if it has none
	rows    []row
}

type row struct {
	line  int
	cells []cell
	wide  bool // one cell spans the whole row
}

// filled returns the columns whose cells are not empty.
func (r row) filled() (indices []int) {
	for i, c := range r.cells {
		if !c.empty() {
			indices = append(indices, i)
		}
	}
	return indices
}

// scanner walks over the lines of a document.
type scanner struct {
	document
	all     []string
	heading string
	pipes   *grid // the table that is being read
	leading bool  // its header starts with a pipe
	gap     []line
	tabs    *grid
	list    lister
}

// scan returns the grids, list items and headings of a text.
func scan(text []byte) document {
	plain := strings.ToValidUTF8(string(text), "\uFFFD")
	plain = strings.ReplaceAll(strings.ReplaceAll(strings.TrimPrefix(plain, "\ufeff"), "\r\n", "\n"), "\r", "\n")
	plain = blank(plain, "<!--", "-->")
	plain = blank(plain, "{/*", "*/}")
	all, numbers := ownLines(strings.Split(plain, "\n"))
	s := &scanner{all: all}
	s.list.hanging = hangingBullets(s.all)
	for i := s.frontMatter(); i < len(s.all); {
		i = s.step(i)
	}
	s.endPipes()
	s.endTabs()
	s.items = s.list.end()
	s.renumber(numbers)
	return s.document
}

// blank returns s without its comments. Lines keep their numbers.
func blank(s, start, end string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, start)
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		comment, after, ok := strings.Cut(rest, end)
		if !ok {
			b.WriteString(start + rest)
			return b.String()
		}
		b.WriteString(strings.Repeat("\n", strings.Count(comment, "\n")))
		s = after
	}
}

// frontMatter returns the line after the YAML block that may start a page.
func (s *scanner) frontMatter() int {
	if strings.TrimSpace(s.all[0]) != "---" {
		return 0
	}
	for i := 1; i < min(len(s.all), 200); i++ {
		if strings.TrimSpace(s.all[i]) == "---" {
			return i + 1
		}
	}
	return 0
}

// step reads what starts in line i and returns the line after it.
func (s *scanner) step(i int) int {
	text := s.all[i]
	trimmed := strings.TrimSpace(text)
	if fence := strings.HasPrefix(trimmed, "```") || strings.HasPrefix(trimmed, "~~~"); fence {
		mark := trimmed[:3]
		for end := i + 1; end < len(s.all); end++ {
			if strings.HasPrefix(strings.TrimSpace(s.all[end]), mark) {
				s.endPipes()
				return end + 1
			}
		}
	}
	if next, ok := s.asciidocTable(i); ok {
		return next
	}
	if next, ok := s.rstTable(i); ok {
		return next
	}
	if what := foreignTable(trimmed); what != "" {
		s.problems = append(s.problems, line{i + 1, "this looks like " + what + ", which is not read"})
		return len(s.all)
	}
	if strings.Contains(strings.ToLower(text), "<table") {
		s.endPipes()
		s.endTabs()
		return s.htmlTable(i)
	}
	if listTag.MatchString(text) {
		s.endPipes()
		s.endTabs()
		s.list.interrupt("")
		return s.htmlList(i)
	}
	next := i + 1
	level, heading := headingOf(trimmed)
	if level == 0 {
		if level, heading = s.underlined(i); level > 0 {
			next++
		}
	}
	if level > 0 {
		s.sections = append(s.sections, section{line: i + 1, level: level, heading: heading})
	} else if len(s.sections) > 0 {
		s.sections[len(s.sections)-1].add(trimmed)
	}
	if heading, ok := headingText(trimmed, level, heading); ok {
		s.endPipes()
		s.endTabs()
		s.heading = heading
		s.list.interrupt(heading)
		return next
	}
	if s.tabs != nil && strings.Contains(trimmed, "\t") {
		s.tabLine(i)
		return i + 1
	}
	if _, item := bullet(trimmed); strings.Contains(text, "|") && !(item && s.pipes == nil) {
		if s.tabs != nil {
			s.endTabs()
		}
		s.list.interrupt("")
		return s.pipeLine(i)
	}
	if strings.Contains(trimmed, "\t") && trimmed != "" {
		s.tabLine(i)
		return i + 1
	}
	if trimmed == "" {
		s.list.blank()
		return i + 1
	}
	if s.pipes != nil || s.tabs != nil {
		s.gap = append(s.gap, line{i + 1, trimmed})
	}
	s.lines = append(s.lines, line{i + 1, trimmed})
	s.list.line(i+1, text)
	return i + 1
}

// foreignTable names the kind of table that starts with this line and is not read, or
// returns "".
func foreignTable(trimmed string) string {
	switch {
	case len(trimmed) >= 4 && strings.ContainsAny(trimmed[:1], "!,:") && strings.Trim(trimmed[1:], "=") == "":
		return "a table of AsciiDoc with other marks than |==="
	case strings.HasPrefix(trimmed, ".. csv-table::"):
		return "a CSV table of reStructuredText"
	}
	return ""
}

// headingText returns the text of a line that is a heading, such as "## Orders",
// "<h2>Orders</h2>" or a line that is bold as a whole, and reports whether it is one.
func headingText(t string, level int, heading string) (string, bool) {
	if strings.Contains(t, "|") {
		return "", false
	}
	if level > 0 {
		return clean(heading).text, true
	}
	if len(t) > 4 && strings.HasPrefix(t, "**") && strings.HasSuffix(t, "**") && !strings.Contains(t[2:len(t)-2], "*") && !strings.Contains(t, "`") && !evident(t[2:len(t)-2]) {
		return clean(t).text, true
	}
	return "", false
}

// pipeLine reads one line of a table with pipes.
func (s *scanner) pipeLine(i int) int {
	if i+1 < len(s.all) && isDelimiter(s.all[i+1]) && !isDelimiter(s.all[i]) {
		s.endPipes()
		s.leading = strings.HasPrefix(strings.TrimSpace(s.all[i]), "|")
		s.pipes = &grid{line: i + 1, heading: s.heading, header: cells(splitPipes(s.all[i]))}
		return i + 2
	}
	if isDelimiter(s.all[i]) {
		return i + 1
	}
	if s.pipes == nil {
		s.pipes, s.leading = &grid{line: i + 1, heading: s.heading}, true
	}
	if len(s.gap) > 1 {
		s.endPipes()
		s.pipes, s.leading = &grid{line: i + 1, heading: s.heading}, true
	}
	s.pipes.bridge(s.gap)
	s.gap = nil
	parts := splitPipes(s.all[i])
	// In a table without leading pipes, a row that starts with one starts
	// with an empty cell.
	if t := strings.TrimSpace(s.all[i]); !s.leading && strings.HasPrefix(t, "|") && len(parts) < len(s.pipes.header) && len(parts) > 1 && !(len(parts) == 2 && strings.TrimSpace(parts[1]) == "") {
		parts = append([]string{""}, parts...)
	}
	s.pipes.rows = append(s.pipes.rows, row{line: i + 1, cells: cells(parts)})
	return i + 1
}

// bridge adds what stood between two rows as a heading if it is a single line: a
// heading row that lost its delimiters.
func (g *grid) bridge(gap []line) {
	if len(gap) == 1 && len(g.rows) > 0 {
		g.rows = append(g.rows, row{line: gap[0].number, cells: []cell{clean(gap[0].text)}, wide: true})
	}
}

func (s *scanner) endPipes() {
	if s.pipes != nil && len(s.pipes.rows) > 0 {
		s.grids = append(s.grids, *s.pipes)
	}
	s.pipes, s.gap = nil, nil
}

// tabLine reads a line of cells between tabs, as browsers paste a table.
func (s *scanner) tabLine(i int) {
	if s.pipes != nil {
		s.endPipes()
	}
	parts := strings.Split(strings.TrimRight(s.all[i], " \t"), "\t")
	if strings.TrimSpace(parts[0]) == "" && s.list.open() || strings.HasPrefix(strings.TrimSpace(s.all[i]), "- ") {
		s.list.line(i+1, s.all[i]) // a list that is indented with tabs
		return
	}
	if len(s.gap) > 1 {
		s.endTabs()
	}
	if s.tabs == nil {
		s.tabs = &grid{line: i + 1, heading: s.heading}
	}
	s.tabs.bridge(s.gap)
	s.gap = nil
	s.tabs.rows = append(s.tabs.rows, row{line: i + 1, cells: cells(parts)})
}

func (s *scanner) endTabs() {
	if s.tabs != nil {
		s.grids = append(s.grids, *s.tabs)
	}
	s.tabs, s.gap = nil, nil
}

// cells returns the parts of a row without their markup.
func cells(parts []string) []cell {
	out := make([]cell, len(parts))
	for i, p := range parts {
		out[i] = clean(p)
	}
	return out
}

// splitPipes returns the cells of a row of Markdown, in which the pipes at both ends
// are optional.
func splitPipes(text string) []string {
	parts := splitCells(strings.TrimPrefix(strings.TrimSpace(text), "|"))
	if last := len(parts) - 1; last > 0 && strings.TrimSpace(parts[last]) == "" {
		parts = parts[:last]
	}
	return parts
}

// splitCells returns what stands between the pipes of a line. "\|" does not end a
// cell.
func splitCells(text string) []string {
	var parts []string
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '|':
			b.WriteByte('|')
			i++
		case text[i] == '|':
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(text[i])
		}
	}
	return append(parts, b.String())
}

// isDelimiter reports whether a line is the one below a header: "|---|:---:|".
func isDelimiter(text string) bool {
	text = strings.TrimSpace(text)
	if !strings.Contains(text, "-") || !strings.Contains(text, "|") {
		return false
	}
	for _, p := range splitPipes(text) {
		p = strings.TrimSpace(p)
		p = strings.TrimSuffix(strings.TrimPrefix(p, ":"), ":")
		if p == "" || strings.Trim(p, "-") != "" {
			return false
		}
	}
	return true
}
