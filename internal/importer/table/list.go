package table

import (
	"slices"
	"strconv"
	"strings"
)

// item is one entry of a list.
type item struct {
	line    int
	depth   int // columns of indentation
	heading string
	text    string
	list    int // the number of the list that it is in

	html bool // it is written in HTML
	term bool // it is a term of a definition list
}

// clean returns what the item shows a reader.
func (it item) clean() cell {
	if it.html {
		return cleanHTML(it.text)
	}
	return clean(it.text)
}

// lister gathers the items of lists from lines.
type lister struct {
	hanging bool // bullets stand at the end of the line above, as in pages saved as text
	heading string
	number  int // of the list
	items   []item
	current *item
	pending bool // the line above ended with the next item's bullet
	blanks  bool
}

// hangingBullets reports whether a bullet stands alone in a line, as in a page
// whose list was saved as text: "-", "users:read", "· Read users -".
func hangingBullets(lines []string) bool {
	for _, l := range lines {
		if t := strings.TrimSpace(l); t == "-" || t == "•" {
			return true
		}
	}
	return false
}

func (l *lister) open() bool { return l.current != nil }

func (l *lister) line(number int, text string) {
	trimmed := strings.TrimSpace(text)
	if l.hanging && (trimmed == "-" || trimmed == "•") {
		l.flush()
		l.pending = true
		return
	}
	rest, marked := bullet(trimmed)
	more := false
	if l.hanging {
		rest, more = strings.CutSuffix(rest, " -")
	}
	depth := 0
	for _, r := range text {
		if r == '\t' {
			depth += 4
		} else if r == ' ' {
			depth++
		} else {
			break
		}
	}
	switch {
	case marked || l.pending:
		l.flush()
		l.current = &item{line: number, depth: depth, heading: l.heading, text: rest, list: l.number}
	case l.current != nil && (!l.blanks || depth > l.current.depth):
		l.current.text += "\n" + rest
	default:
		// A line before a list is its heading: "Orders:".
		l.flush()
		l.number++
		heading, ok := strings.CutSuffix(trimmed, ":")
		if (ok || l.hanging && !evident(trimmed)) && len(heading) < 80 {
			l.heading = clean(heading).text
		}
	}
	l.pending, l.blanks = false, false
	if more {
		l.flush()
		l.pending = true
	}
}

func (l *lister) blank() { l.blanks = true }

// interrupt ends the list, because of a heading or a table.
func (l *lister) interrupt(heading string) {
	l.flush()
	l.number++
	l.pending = false
	if heading != "" {
		l.heading = heading
	}
}

func (l *lister) flush() {
	if l.current != nil {
		l.items = append(l.items, *l.current)
	}
	l.current, l.blanks = nil, false
}

func (l *lister) end() []item {
	l.flush()
	return l.items
}

// bullet returns a list item without the mark at its start, and reports whether it
// had one.
func bullet(s string) (rest string, ok bool) {
	for _, mark := range []string{"- ", "* ", "+ ", "• ", "◦ ", "▪ "} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			return strings.TrimSpace(rest), true
		}
	}
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	if digits > 0 && digits < 6 && len(s) > digits+1 && (s[digits] == '.' || s[digits] == ')') && s[digits+1] == ' ' {
		return strings.TrimSpace(s[digits+2:]), true
	}
	return s, false
}

// list reads scopes from list items. An item counts when it starts with a
// scope; an item above that does not is the heading of those below it.
func (r *reader) list(items []item) {
	type level struct {
		depth int
		scope string
	}
	var stack []level
	group := ""
	groupDepth := -1
	noted := false
	type doubt struct {
		line       int
		name, what string
	}
	var doubtful []doubt
	parameters := aboutParameters(items)
	for _, it := range items {
		if parameters[it.list] {
			continue
		}
		name, text, ok := itemScope(it.clean())
		for len(stack) > 0 && stack[len(stack)-1].depth >= it.depth {
			stack = stack[:len(stack)-1]
		}
		if !ok {
			if name != "" {
				if !r.skip(name, it.line) {
					doubtful = append(doubtful, doubt{it.line, name, "no mark stands between the scope " + strconv.Quote(name) + " and its text"})
				}
				continue
			}
			if text := it.clean().text; it.term {
				if !r.skip(text, it.line) {
					doubtful = append(doubtful, doubt{it.line, text, strconv.Quote(clip(text, 60)) + " is no scope"})
				}
				continue
			}
			if len(stack) == 0 {
				group, groupDepth = strings.TrimSuffix(it.clean().text, ":"), it.depth
			}
			continue
		}
		if r.skip(name, it.line) || r.placeholder(cell{text: name, codes: []string{name}}, []string{name}, it.line) {
			continue
		}
		f := found{name: name, text: text, line: it.line, group: it.heading}
		if group != "" && it.depth > groupDepth {
			f.group = group
		} else {
			group = ""
		}
		if f.group == "" {
			f.group = r.ungrouped(it.line)
		}
		if len(stack) > 0 {
			parent := stack[len(stack)-1].scope
			f.parents = []string{parent}
			r.noteParent(&noted, it.line, f.name, parent, "stands below it in the list")
		}
		r.add(f)
		stack = append(stack, level{it.depth, name})
	}
	if len(r.scopes) > 0 {
		for _, d := range doubtful {
			r.refuse("not-understood", d.line, "this list item was not understood: "+d.what, "write - `users:read`: Read users., or leave it out with --skip-row "+strconv.Quote(d.name), nil)
		}
		r.note(r.scopes[0].line, "no table was found, so the list items that start with a scope were read: %d", len(r.scopes))
	}
}

// aboutParameters returns the numbers of the lists whose items describe parameters of
// OAuth rather than scopes.
func aboutParameters(items []item) map[int]bool {
	balance := map[int]int{} // parameters less other names
	for _, it := range items {
		switch name, _, ok := itemScope(it.clean()); {
		case !ok:
		case slices.Contains(oauthParameters, name):
			balance[it.list]++
		default:
			balance[it.list]--
		}
	}
	about := map[int]bool{}
	for list, n := range balance {
		about[list] = n > 0
	}
	return about
}

// itemScope returns the scope that a list item starts with, and its text. If no mark
// stands between the two, it returns the name and false.
func itemScope(c cell) (name, text string, ok bool) {
	if len(c.codes) > 0 && strings.HasPrefix(c.text, c.codes[0]) {
		names := separate(c.codes[0])
		rest, fine := afterName(c.text[len(c.codes[0]):])
		if len(names) != 1 || noScope(names[0]) {
			return "", "", false
		}
		if !fine {
			return names[0], "", false
		}
		return names[0], rest, true
	}
	first, rest, _ := strings.Cut(c.text, " ")
	bare := strings.TrimRight(first, ":,")
	if !evident(bare) {
		return "", "", false
	}
	rest, fine := afterName(first[len(bare):] + " " + rest)
	if strings.HasSuffix(first, ",") {
		return "", "", false
	}
	if !fine {
		return bare, "", false
	}
	return bare, rest, true
}

// afterName returns the text behind a scope without the mark between them, and
// reports whether there is one. Without a mark the scope is the first word of a
// sentence.
func afterName(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", true
	}
	for _, mark := range []string{":", "·", "–", "—", "-", "=>", "→", "(", "="} {
		if rest, ok := strings.CutPrefix(s, mark); ok {
			if mark == "(" {
				rest = s
			}
			return strings.TrimSpace(rest), true
		}
	}
	return "", false
}
