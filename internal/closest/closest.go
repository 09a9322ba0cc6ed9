// Package closest finds what a misspelt name was meant to be.
package closest

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// To returns the candidate that name is most likely a misspelling of, the
// first of equals, or "" when none is close: more than a quarter of the letters
// would have to change. Case counts half, or nothing if it is all that differs.
func To(name string, candidates iter.Seq[string]) string {
	const longest = 100 // longer text is no misspelt name, and the work grows with the square of the length
	if name == "" || len(name) > longest {
		return ""
	}
	letters := utf8.RuneCountInString(name)
	changes := max(1, letters/4)
	if letters < 3 {
		changes = 0 // names as short as these are all alike
	}
	best, least := "", 2*changes+2 // less than one more change
	for candidate := range candidates {
		if len(candidate) > longest || candidate == name {
			continue
		}
		if strings.EqualFold(candidate, name) {
			return candidate
		}
		if d := distance(name, candidate, least); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance returns twice the number of letters that must be inserted, deleted,
// replaced or swapped with their neighbour to turn a into b. A letter whose case
// alone changes counts one. It stops counting at limit.
func distance(a, b string, limit int) int {
	if diff := 2 * (utf8.RuneCountInString(a) - utf8.RuneCountInString(b)); diff >= limit || -diff >= limit {
		return limit
	}
	var runes [2][104]rune // both are short, see To
	x, y := runes[0][:0], runes[1][:0]
	for _, r := range a {
		x = append(x, r)
	}
	for _, r := range b {
		y = append(y, r)
	}
	var rows [3][104]int
	before, last, next := rows[0][:len(y)+1], rows[1][:len(y)+1], rows[2][:len(y)+1]
	for j := range last {
		last[j] = 2 * j
	}
	for i := 1; i <= len(x); i++ {
		next[0] = 2 * i
		least := next[0]
		for j := 1; j <= len(y); j++ {
			cost := last[j-1]
			if x[i-1] != y[j-1] {
				cost += 2
				if unicode.ToLower(x[i-1]) == unicode.ToLower(y[j-1]) {
					cost--
				}
			}
			cost = min(cost, last[j]+2, next[j-1]+2)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				cost = min(cost, before[j-2]+2)
			}
			next[j] = cost
			least = min(least, cost)
		}
		if least >= limit {
			return limit
		}
		before, last, next = last, next, before
	}
	return last[len(y)]
}
