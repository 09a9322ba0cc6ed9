package table

import (
	"fmt"
	"regexp"
	"strings"
)

// section is a heading of a page with the paragraph below it.
type section struct {
	line    int
	level   int    // 1 for the highest
	heading string // with its markup
	text    string // with its markup
	ended   bool   // a blank line has ended the paragraph
}

// add appends a line to the section's first paragraph; later ones are not its text.
func (s *section) add(text string) {
	switch {
	case text == "":
		s.ended = s.text != ""
	case !s.ended && len(s.text) < maxCell:
		s.text += "\n" + text
	}
}

// htmlHeading matches a heading of HTML that fills a line.
var htmlHeading = regexp.MustCompile(`(?i)^<h([1-6])(?:\s[^>]*)?>(.*)</h[1-6]>$`)

// headingOf returns the level and the marked-up text of a line that is a heading
// of Markdown or HTML, or 0.
func headingOf(trimmed string) (level int, heading string) {
	if m := htmlHeading.FindStringSubmatch(trimmed); m != nil {
		return int(m[1][0] - '0'), m[2]
	}
	level = len(trimmed) - len(strings.TrimLeft(trimmed, "#"))
	if level == 0 || level > 6 || len(trimmed) == level || trimmed[level] != ' ' {
		return 0, ""
	}
	return level, strings.TrimSpace(strings.TrimRight(trimmed[level:], "# "))
}

// scope returns the scope that a heading consists of, or "".
func (s section) scope() string {
	c := clean(s.heading)
	names, words := c.names()
	if len(names) != 1 || words != "" || len(c.codes) == 0 && !evident(names[0]) {
		return ""
	}
	return names[0]
}

// sections reads the scopes of a page that has a heading for each. The nearest
// higher heading that is no scope is their group.
func (r *reader) sections(all []section) {
	var above []section
	for _, s := range all {
		for len(above) > 0 && above[len(above)-1].level >= s.level {
			above = above[:len(above)-1]
		}
		name := s.scope()
		if name == "" {
			above = append(above, s)
			continue
		}
		if r.skip(name, s.line) || r.placeholder(clean(s.heading), []string{name}, s.line) {
			continue
		}
		f := found{name: name, text: clean(s.text).text, line: s.line}
		if len(above) > 0 {
			f.group = clean(above[len(above)-1].heading).text
		}
		if f.group == "" {
			f.group = r.ungrouped(s.line)
		}
		r.add(f)
	}
	if len(r.scopes) > 0 {
		r.note(r.scopes[0].line, "no table and no list of scopes was found, so the headings that are a scope were read, with the paragraph below each: %d", len(r.scopes))
	}
}

// unread names the form in which a line seems to define a scope, although the
// form is not read.
func unread(text string) (string, bool) {
	first, rest, _ := strings.Cut(text, " ")
	bare := strings.Trim(first, "`+*_,;")
	switch term := strings.Trim(strings.TrimRight(bare, ":"), "`+*_"); {
	case !evident(term):
		return "", false
	case strings.HasSuffix(bare, "::"):
		return fmt.Sprintf("this looks like a definition list of AsciiDoc, which is not read: %q", clip(text, 60)), true
	case rest == "":
		return fmt.Sprintf("this may be a scope, but it stands in no table, list or heading: %q", clip(text, 60)), true
	}
	return "", false
}
