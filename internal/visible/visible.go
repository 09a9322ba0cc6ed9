// Package visible keeps foreign text from deceiving who reads it: a person at a
// terminal, or one who reviews the source that it was written into.
package visible

import (
	"strings"
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
