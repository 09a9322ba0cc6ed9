package table

import (
	"strings"
	"unicode/utf8"
)

// marker turns the marks of another language into Markdown's, which [clean] reads.
type marker struct {
	raw    string
	out    strings.Builder
	budget int  // bytes that may still be searched for the ends of marks
	inside bool // the text stands between the marks of a link
}

// walk calls mark at each place, and copies what is no mark. mark returns where to go
// on, or its argument.
func (m *marker) walk(mark func(i int) int) {
	for i := 0; i < len(m.raw); {
		if m.budget >= 0 {
			if next := mark(i); next > i {
				i = next
				continue
			}
		}
		_, size := utf8.DecodeRuneInString(m.raw[i:])
		switch m.raw[i] {
		case '*', '_', '&':
			m.out.WriteByte(m.raw[i]) // emphasis and entities, as in Markdown
		default:
			m.plain(m.raw[i : i+size])
		}
		i += size
	}
}

// find returns where end stands next, at most a window away, or -1.
func (m *marker) find(from int, end string) int {
	if from > len(m.raw) {
		return -1
	}
	rest := m.raw[from:min(len(m.raw), from+window)]
	m.budget -= len(rest)
	if i := strings.Index(rest, end); i >= 0 {
		return from + i
	}
	return -1
}

// plain writes text that holds no mark.
func (m *marker) plain(text string) {
	for i := range len(text) {
		if strings.IndexByte("\\`*_~<>[]{}&!", text[i]) >= 0 {
			m.out.WriteByte('\\')
		}
		m.out.WriteByte(text[i])
	}
}

// code writes text between code marks.
func (m *marker) code(text string) { m.out.WriteString(markdownCode(text)) }

// markdownCode returns text between code marks that are longer than any in it.
func markdownCode(text string) string {
	fence := "`"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	if strings.HasPrefix(text, "`") || strings.HasSuffix(text, "`") {
		text = " " + text + " "
	}
	return fence + text + fence
}
