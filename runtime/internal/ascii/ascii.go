// Package ascii tells which texts can stand where protocols allow ASCII alone.
package ascii

// Printable reports whether a text has no characters but the space and the visible
// ones of ASCII. The empty text is printable.
func Printable(text string) bool { return within(text, ' ') }

// Visible reports whether a text has no characters but the visible ones of ASCII,
// which the space is not. The empty text is visible.
func Visible(text string) bool { return within(text, '!') }

// within reports whether the bytes of a text are at least first and at most "~".
func within(text string, first byte) bool {
	for i := range len(text) {
		if text[i] < first || text[i] > '~' {
			return false
		}
	}
	return true
}
