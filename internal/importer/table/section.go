package table

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
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
// of Markdown, HTML or AsciiDoc, or 0.
func headingOf(trimmed string) (level int, heading string) {
	if m := htmlHeading.FindStringSubmatch(trimmed); m != nil {
		return int(m[1][0] - '0'), m[2]
	}
	level = len(trimmed) - len(strings.TrimLeft(trimmed, "#"))
	if level == 0 {
		level = len(trimmed) - len(strings.TrimLeft(trimmed, "=")) // AsciiDoc
	}
	if level == 0 || level > 6 || len(trimmed) == level || trimmed[level] != ' ' {
		return 0, ""
	}
	return level, strings.TrimSpace(strings.TrimRight(trimmed[level:], "#= "))
}

// scope returns the scope that a heading consists of, or "". A parameter of OAuth is
// none.
func (s section) scope() string {
	c := clean(s.heading)
	names, words := c.names()
	if len(names) != 1 || words != "" || slices.Contains(oauthParameters, names[0]) || len(c.codes) == 0 && !evident(names[0]) {
		return ""
	}
	return names[0]
}

// sections reads the scopes of a page that has a heading for each. The nearest
// higher heading that is no scope is their group.
func (r *reader) sections(all []section) {
	levels := map[int]bool{} // of headings that are scopes
	for _, s := range all {
		levels[s.level] = levels[s.level] || s.scope() != ""
	}
	var above []section
	for n, s := range all {
		for len(above) > 0 && above[len(above)-1].level >= s.level {
			above = above[:len(above)-1]
		}
		name := s.scope()
		if name == "" {
			above = append(above, s)
			if levels[s.level] {
				r.noSection(s, all[n+1:])
			}
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

// noSection judges a heading that is no scope although others of its level are. below
// are the headings that follow it.
func (r *reader) noSection(s section, below []section) {
	c := clean(s.heading)
	if r.skip(c.text, s.line) {
		return
	}
	doubtful := len(c.codes) > 0
	for _, word := range strings.Fields(c.text) {
		doubtful = doubtful || evident(word) && strings.ContainsAny(word, ":._")
	}
	if doubtful {
		r.refuse("not-understood", s.line, fmt.Sprintf("other headings of this level are scopes, and %q is not understood as one", clip(c.text, 100)), "write the scope alone into the heading, or leave it out with --skip-row "+strconv.Quote(c.text), nil)
		return
	}
	for _, b := range below {
		if b.level <= s.level {
			break
		}
		if b.scope() != "" {
			r.note(s.line, "%q was taken for a group, though other headings of its level are scopes", c.text)
			return
		}
	}
	r.note(s.line, "%q is no scope, though other headings of its level are: left out", c.text)
}

// beside notes what looks like scopes on a page of which another form was read.
func (r *reader) beside(d document, form string) {
	var first string
	line, more := 0, -1
	see := func(name string, at int) {
		if _, skipped := r.skipped[name]; skipped || !evident(name) || r.byName[name] != nil {
			return
		}
		if more++; more == 0 {
			first, line = name, at
		}
	}
	if form == "a table" {
		for _, it := range d.items {
			if name, _, ok := itemScope(it.clean()); ok {
				see(name, it.line)
			}
		}
	}
	for _, s := range d.sections {
		see(s.scope(), s.line)
	}
	if more < 0 {
		return
	}
	others := ""
	if more > 0 {
		others = fmt.Sprintf(" and %d more", more)
	}
	r.note(line, "%s was read, so this was not, which may be a scope too: %q%s; if it is, give its part of the page alone", form, first, others)
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
