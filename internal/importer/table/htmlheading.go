package table

import (
	"regexp"
	"strings"
)

// headingTag matches where an HTML heading begins, and where it ends.
var headingTag = regexp.MustCompile(`(?i)<h[1-6](?:\s[^>]*)?>|</h[1-6]\s*>`)

// ownLines gives each HTML heading that shares a line with something else a line of
// its own, as pages have them that were written for machines. If it did, numbers
// holds the line of the page that each line comes from; else it is nil.
func ownLines(all []string) (lines []string, numbers []int) {
	split := false
	for i, text := range all {
		rest := text
		for strings.HasPrefix(strings.TrimSpace(text), "<") {
			at := headingTag.FindStringIndex(rest)
			if at == nil {
				break
			}
			cut := at[0] // before one that begins, behind one that ends
			if rest[at[0]+1] == '/' {
				cut = at[1]
			} else if strings.TrimSpace(rest[:cut]) == "" {
				end := headingTag.FindStringIndex(rest[at[1]:])
				if end == nil {
					break
				}
				cut = at[1] + end[1]
				if rest[at[1]+end[0]+1] != '/' {
					cut = at[1] + end[0]
				}
			}
			if strings.TrimSpace(rest[cut:]) == "" {
				break
			}
			lines, numbers = append(lines, rest[:cut]), append(numbers, i+1)
			rest, split = rest[cut:], true
		}
		lines, numbers = append(lines, rest), append(numbers, i+1)
	}
	if !split {
		return all, nil
	}
	return lines, numbers
}

// renumber gives everything in a document the lines of the page.
func (d *document) renumber(numbers []int) {
	if numbers == nil {
		return
	}
	page := func(line *int) {
		if *line >= 1 && *line <= len(numbers) {
			*line = numbers[*line-1]
		}
	}
	for i := range d.lines {
		page(&d.lines[i].number)
	}
	for i := range d.problems {
		page(&d.problems[i].number)
	}
	for i := range d.items {
		page(&d.items[i].line)
	}
	for i := range d.sections {
		page(&d.sections[i].line)
	}
	for i := range d.grids {
		page(&d.grids[i].line)
		for k := range d.grids[i].rows {
			page(&d.grids[i].rows[k].line)
		}
	}
}
