package table

import (
	"regexp"
	"strings"
)

// listTag matches the start of a list of HTML.
var listTag = regexp.MustCompile(`(?i)<(ul|ol|dl)[\s>]`)

// htmlList reads the HTML list that starts in line i, with those inside it, and
// returns the line after it.
func (s *scanner) htmlList(i int) int {
	h := htmlLister{heading: s.heading, line: i + 1, number: s.list.number}
	s.list.number++
	for j := i; j < len(s.all); j++ {
		if j > i && strings.Contains(strings.ToLower(s.all[j]), "<table") {
			s.problems = append(s.problems, line{j + 1, "a table stands inside a list of HTML"})
			return len(s.all)
		}
		h.read(s.all[j])
		h.line++
		if h.depth == 0 {
			s.list.items = append(s.list.items, h.items...)
			return j + 1
		}
	}
	h.end()
	s.list.items = append(s.list.items, h.items...)
	return len(s.all)
}

// htmlLister gathers the items of one HTML list and of those inside it.
type htmlLister struct {
	heading string
	number  int // of the list
	items   []item
	line    int
	depth   int // lists that are open
	open    bool
	current item
	text    strings.Builder // of the current item, or of a description

	terms       []int // the items that are the last terms, which share the next description
	description bool  // a description is being read
	described   bool  // the terms have one
}

// mostTerms is how many terms share a description at the most.
const mostTerms = 16

// read reads one line.
func (h *htmlLister) read(text string) {
	budget := effort(len(text))
	for i := 0; i < len(text); {
		if text[i] == '<' && budget > 0 {
			budget -= min(window, len(text)-i)
			if name, closing, _, end := scanTag(text[i:min(len(text), i+window)]); end > 0 {
				budget += min(window, len(text)-i) - end
				if !h.tag(name, closing) {
					h.write(text[i : i+end])
				}
				i += end
				continue
			}
		}
		h.write(text[i : i+1])
		i++
	}
	h.write("\n")
}

// write adds to the text of the item that is being read, if there is one.
func (h *htmlLister) write(s string) {
	if h.open {
		h.text.WriteString(s)
	}
}

// tag handles a tag of the list itself, and reports whether it was one.
func (h *htmlLister) tag(name string, closing bool) bool {
	switch name {
	case "ul", "ol", "dl":
		h.end()
		h.terms = nil
		if closing {
			h.depth = max(0, h.depth-1)
		} else {
			h.depth++
		}
	case "li", "dt":
		h.end()
		if !closing {
			h.open = true
			if h.described {
				h.terms, h.described = nil, false
			}
			h.current = item{line: h.line, depth: h.depth, heading: h.heading, list: h.number, html: true, term: name == "dt"}
		}
	case "dd":
		h.end()
		h.description = !closing && len(h.terms) > 0
		h.open = h.description
	default:
		return false
	}
	return true
}

// end closes the item, or the description of terms, that is being read.
func (h *htmlLister) end() {
	text := strings.TrimSpace(h.text.String())
	switch {
	case !h.open || text == "":
	case h.description:
		mark := ": "
		if h.described {
			mark = " "
		}
		for _, i := range h.terms {
			h.items[i].text += mark + text
		}
		h.described = true
	default:
		h.current.text = text
		h.items = append(h.items, h.current)
		if h.current.term {
			h.terms = append(h.terms, len(h.items)-1)
			h.terms = h.terms[max(0, len(h.terms)-mostTerms):]
		}
	}
	h.open, h.description = false, false
	h.text.Reset()
}
