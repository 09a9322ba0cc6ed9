package table

import "strings"

// underlines are the marks of headings that are underlined, the highest first. Those
// of Markdown have the levels that Markdown gives them.
const underlines = "=-~^\"*#+"

// underlined returns the level and the text of a heading in line i that the line below
// it underlines, as in Markdown and reStructuredText, or 0.
func (s *scanner) underlined(i int) (level int, heading string) {
	text := strings.TrimSpace(s.all[i])
	if text == "" || i+1 >= len(s.all) || strings.ContainsAny(text, "|\t") || strings.ContainsAny(text[:1], "<>#[.=-+{") {
		return 0, ""
	}
	if _, item := bullet(text); item {
		return 0, ""
	}
	below := strings.TrimRight(s.all[i+1], " \t")
	if len(below) < 3 || strings.Trim(below, below[:1]) != "" {
		return 0, ""
	}
	level = strings.IndexByte(underlines, below[0]) + 1
	if level > 2 && len(below) < len(text) {
		return 0, ""
	}
	if i > 0 {
		if above := strings.TrimRight(s.all[i-1], " \t"); above != "" && above != below {
			return 0, "" // the last line of a paragraph
		}
	}
	return level, text
}
