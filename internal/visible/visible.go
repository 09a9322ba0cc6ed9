// Package visible keeps foreign text from deceiving who reads it: a person at a
// terminal, or one who reviews the source that it was written into.
package visible

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Deceives reports whether a character is one that is not seen and changes how
// others are: a control character, one that changes the direction of what
// follows or ends a line, and a byte order mark. The tab and the line feed are
// not among them.
func Deceives(r rune) bool {
	switch {
	case r == '\t', r == '\n':
		return false
	case r < ' ', r >= 0x7f && r < 0xa0,
		r == 0x061c, r == 0x200e, r == 0x200f, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, // directions
		r == 0x2028, r == 0x2029, r == 0xfeff:
		return true
	}
	return false
}

// isProse reports whether Prose leaves the text as it is, as it does most texts in ASCII.
func isProse(text string) bool {
	last := byte(' ')
	for i := range len(text) {
		c := text[i]
		if c < ' ' || c >= 0x7f || c == ' ' && last == ' ' {
			return false
		}
		last = c
	}
	return text == "" || last != ' '
}

// IndexDeceiving returns where the first character is that deceives, or -1.
func IndexDeceiving(text string) int {
	for i := range len(text) {
		if c := text[i]; (c < ' ' || c >= 0x7f) && c != '\n' && c != '\t' {
			return strings.IndexFunc(text, Deceives)
		}
	}
	return -1
}

// Line returns the text as one line: line feeds become spaces, and characters
// that would deceive, and bytes that are not UTF-8, become U+FFFD.
func Line(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return ' '
		case r == utf8.RuneError, Deceives(r):
			return utf8.RuneError
		}
		return r
	}, text)
}

// Prose returns the text as one line of words: white space of any length becomes one
// space, and characters that do not print are left out. It is for text whose author is
// known to the reader, such as a description that becomes a comment; where one may want
// to see that there was something, [Line] shows it.
func Prose(text string) string {
	if isProse(text) {
		return text
	}
	var b strings.Builder
	b.Grow(len(text))
	space := false
	for _, r := range text {
		switch {
		case unicode.IsSpace(r) || r == 0x2028 || r == 0x2029:
			space = b.Len() > 0
		case !unicode.IsPrint(r):
		default:
			if space {
				b.WriteByte(' ')
				space = false
			}
			b.WriteRune(r)
		}
	}
	return b.String()
}
