package table

import (
	"html"
	"strings"
	"unicode"
	"unicode/utf8"
)

// stripper walks over a cell once and writes what is not markup to out.
type stripper struct {
	raw      string
	out      strings.Builder
	skip     map[int]int // end of a link's text → end of the link
	template bool
	htmlOnly bool
	budget   int // bytes that may still be searched for the ends of marks
}

// window is how far the end of a mark may be from its start.
const window = 2000

// effort returns how many bytes may be searched for the ends of marks in a text of
// this size. Real texts need far less; the bound keeps hostile ones from costing the
// square of their size. Marks that come after the budget is spent are taken as text.
func effort(size int) int { return 10_000 + 50*size }

// find returns where end stands next, at most a window away, or -1.
func (s *stripper) find(from int, end string) int {
	rest := s.raw[from:min(len(s.raw), from+window)]
	s.budget -= len(rest)
	if i := strings.Index(rest, end); i >= 0 {
		return from + i
	}
	return -1
}

func (s *stripper) run() {
	for i := 0; i < len(s.raw); {
		if to, ok := s.skip[i]; ok {
			i = to
			continue
		}
		if next := s.mark(i); next > i {
			i = next
			continue
		}
		r, size := utf8.DecodeRuneInString(s.raw[i:])
		s.out.WriteRune(r)
		i += size
	}
}

// mark handles the markup at i, and returns where to go on, or i if there is none.
func (s *stripper) mark(i int) int {
	rest := s.raw[i:]
	if s.budget < 0 {
		return i
	}
	if s.htmlOnly && rest[0] != '<' && rest[0] != '&' {
		if isPunct(rest[0]) {
			s.protect(rest[:1])
			return i + 1
		}
		return i
	}
	switch rest[0] {
	case '\\':
		if len(rest) > 1 && isPunct(rest[1]) {
			s.protect(rest[1:2])
			return i + 2
		}
	case '`':
		run := len(rest) - len(strings.TrimLeft(rest, "`"))
		if end := s.find(i+run, rest[:run]); end >= 0 {
			s.code(s.raw[i+run : end])
			return end + run
		}
		s.protect(rest[:run])
		return i + run
	case '<':
		return s.tag(i)
	case '&':
		if end := strings.IndexByte(rest[:min(len(rest), 32)], ';'); end > 0 {
			if decoded := html.UnescapeString(rest[:end+1]); decoded != rest[:end+1] {
				s.protect(decoded)
				return i + end + 1
			}
		}
	case '!':
		if strings.HasPrefix(rest, "![") {
			if _, to := s.link(i + 1); to > 0 {
				return to
			}
		}
	case '[':
		if strings.HasPrefix(rest, "[^") {
			if end := s.find(i, "]"); end >= 0 {
				return end + 1
			}
		}
		if end, to := s.link(i); to > 0 {
			s.skip[end] = to
			return i + 1
		}
	case '{':
		return s.braces(i)
	}
	return i
}

// link finds the end of the text and the end of a link "[text](target)" or
// "[text][name]" that starts at i; zeros if there is none.
func (s *stripper) link(i int) (textEnd, end int) {
	depth := 0
	for j := i; j < min(len(s.raw), i+window); j++ {
		s.budget--
		switch s.raw[j] {
		case '\\':
			j++
		case '[':
			depth++
		case ']':
			if depth--; depth > 0 {
				continue
			}
			if j+1 >= len(s.raw) {
				return 0, 0
			}
			switch s.raw[j+1] {
			case '(':
				parens := 0
				for k := j + 1; k < min(len(s.raw), j+window); k++ {
					s.budget--
					switch s.raw[k] {
					case '(':
						parens++
					case ')':
						if parens--; parens == 0 {
							return j, k + 1
						}
					}
				}
			case '[':
				if k := s.find(j+1, "]"); k >= 0 {
					return j, k + 1
				}
			}
			return 0, 0
		}
	}
	return 0, 0
}

// tag handles a "<" at i, which starts an autolink, a comment or a tag, and returns
// where to go on.
func (s *stripper) tag(i int) int {
	if strings.HasPrefix(s.raw[i:], "<!--") {
		if end := s.find(i, "-->"); end >= 0 {
			return end + 3
		}
		return i
	}
	if end := s.find(i, ">"); end > 0 {
		if inner := s.raw[i+1 : end]; strings.Contains(inner, ":") && !strings.ContainsAny(inner, " \"'={") {
			s.code(inner)
			return end + 1
		}
	}
	s.budget -= min(window, len(s.raw)-i)
	name, closing, _, end := scanTag(s.raw[i:min(len(s.raw), i+window)])
	if end == 0 {
		return i
	}
	if s.standsForName(i, end, name, closing) {
		s.protect(s.raw[i : i+end])
		return i + end
	}
	switch name {
	case "br", "p", "li", "div":
		s.out.WriteByte(' ')
	case "sup", "sub":
		if closing {
			break
		}
		// The mark of a footnote must not become part of a scope.
		rest := s.raw[i+end:]
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		if closing := "</" + name; digits == 0 || len(rest) < digits+len(closing) || !strings.EqualFold(rest[digits:digits+len(closing)], closing) {
			s.out.WriteByte(' ')
			break
		}
		raised := []rune(map[string]string{"sup": "⁰¹²³⁴⁵⁶⁷⁸⁹", "sub": "₀₁₂₃₄₅₆₇₈₉"}[name])
		for _, c := range rest[:digits] {
			s.out.WriteRune(raised[c-'0'])
		}
		return i + end + digits
	case "code", "kbd", "tt", "samp":
		if closing {
			break
		}
		s.budget -= window
		if stop := strings.Index(strings.ToLower(s.raw[i+end:min(len(s.raw), i+end+window)]), "</"+name); stop >= 0 {
			s.code(html.UnescapeString(dropTags(s.raw[i+end : i+end+stop])))
			return i + end + stop
		}
	}
	return i + end
}

// standsForName reports whether what looks like a tag is a placeholder in a
// name: "zones.<zone id>.admin".
func (s *stripper) standsForName(i, end int, name string, closing bool) bool {
	if closing || s.raw[i+1] < 'a' || s.raw[i+1] > 'z' || strings.Contains(s.raw[i:i+end], "=") || strings.HasSuffix(s.raw[i:i+end], "/>") {
		return false
	}
	switch name {
	case "a", "abbr", "b", "big", "br", "code", "del", "div", "em", "font", "i", "img", "ins", "kbd", "label", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span",
		"strike", "strong", "sub", "sup", "svg", "table", "tbody", "td", "th", "thead", "tr", "tt", "u", "ul", "var", "wbr":
		return false
	}
	part := func(at int) bool {
		return at >= 0 && at < len(s.raw) && (isLower(s.raw[at]|0x20) || strings.IndexByte("0123456789.:_/-", s.raw[at]) >= 0)
	}
	if !part(i-1) && !part(i+end) {
		return false
	}
	s.budget -= window
	return !strings.Contains(s.raw[i:min(len(s.raw), i+window)], "</"+name)
}

// scanTag reads the tag at the start of s: "<br/>", "</td>", `<Tip text="a > b">`,
// "<Card icon={<X/>}>". end is 0 if there is none.
func scanTag(s string) (name string, closing bool, attributes string, end int) {
	i := 1
	if i < len(s) && s[i] == '/' {
		closing = true
		i++
	}
	start := i
	for i < len(s) && (isLower(s[i]|0x20) || i > start && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' || s[i] == '-')) {
		i++
	}
	if i == start {
		// "<>" and "</>" hold a fragment in MDX.
		if i < len(s) && s[i] == '>' {
			return "", closing, "", i + 1
		}
		return "", false, "", 0
	}
	name = strings.ToLower(s[start:i])
	rest := i
	var quote byte
	braces := 0
	for ; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			braces++
		case c == '}':
			braces--
		case c == '>' && braces <= 0:
			return name, closing, s[rest:i], i + 1
		}
	}
	return "", false, "", 0
}

func dropTags(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); {
		if s[i] == '<' {
			if _, _, _, end := scanTag(s[i:]); end > 0 {
				i += end
				continue
			}
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// braces handles "{": tags of Liquid, comments and strings of MDX.
func (s *stripper) braces(i int) int {
	rest := s.raw[i:]
	for _, pair := range [...]struct {
		open, end string
		template  bool
	}{{"{%", "%}", true}, {"{{", "}}", true}, {"{/*", "*/}", false}} {
		if strings.HasPrefix(rest, pair.open) {
			if end := s.find(i, pair.end); end >= 0 {
				s.template = s.template || pair.template
				s.out.WriteByte(' ')
				return end + len(pair.end)
			}
		}
	}
	if len(rest) > 1 && strings.IndexByte("\"'`", rest[1]) >= 0 {
		if end := s.find(i+2, rest[1:2]+"}"); end >= 0 {
			s.protect(s.raw[i+2 : end])
			return end + 2
		}
	}
	return i
}

// code writes what stands in a code mark.
func (s *stripper) code(text string) {
	s.out.WriteRune(codeStart)
	s.protect(text)
	s.out.WriteRune(codeEnd)
}

// protect writes text that is no markup any more.
func (s *stripper) protect(text string) {
	for _, r := range text {
		if r < utf8.RuneSelf && isPunct(byte(r)) {
			r += protected
		}
		s.out.WriteRune(r)
	}
}

func isPunct(b byte) bool {
	return b > ' ' && b < 0x7f && !isLower(b|0x20) && (b < '0' || b > '9')
}

// emphasis drops the marks of bold, italic and struck text. As in Markdown,
// an underscore inside a word is none.
func emphasis(in []rune) []rune {
	type run struct{ at, length int }
	open := map[rune][]run{}
	drop := make([]bool, len(in))
	at := func(i int) rune {
		if i < 0 || i >= len(in) {
			return ' '
		}
		return in[i]
	}
	for i := 0; i < len(in); {
		r := in[i]
		if r != '*' && r != '_' && r != '~' {
			i++
			continue
		}
		end := i
		for end < len(in) && in[end] == r {
			end++
		}
		before, after := at(i-1), at(end)
		opens, closes := !unicode.IsSpace(after), !unicode.IsSpace(before)
		if r == '_' {
			opens = opens && !isWord(before)
			closes = closes && !isWord(after)
		}
		length := end - i
		if stack := open[r]; closes && len(stack) > 0 {
			last := stack[len(stack)-1]
			n := min(last.length, length)
			for k := range n {
				drop[last.at+last.length-1-k] = true
				drop[i+k] = true
			}
			last.length -= n
			stack = stack[:len(stack)-1]
			if last.length > 0 {
				stack = append(stack, last)
			}
			open[r] = stack
			i += n
			continue
		}
		if opens {
			open[r] = append(open[r], run{i, length})
		}
		i = end
	}
	out := in[:0]
	for i, r := range in {
		if !drop[i] {
			out = append(out, r)
		}
	}
	return out
}

func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r >= protected && r <= codeEnd
}
