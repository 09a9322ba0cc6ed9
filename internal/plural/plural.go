// Package plural puts a noun that is counted into the right number.
package plural

import "strconv"

// Count returns n with the noun, given in the singular: "1 file", "2 files". The noun
// must take an s.
func Count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}
