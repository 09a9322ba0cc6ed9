package sandbox

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
)

// matching makes a text that a pattern matches: any "repeat" more than the
// least number of repetitions wherever the pattern leaves it open. It says
// false for patterns that Go cannot read. Assertions inside the pattern are not
// looked at, so the text has to be checked.
func matching(pattern string, repeat int, random *rand.Rand) (string, bool) {
	parsed, err := syntax.Parse(goPattern(pattern), syntax.Perl)
	if err != nil {
		return "", false
	}
	w := matchWriter{repeat: repeat, random: random}
	w.write(parsed)
	return w.out.String(), true
}

type matchWriter struct {
	out    strings.Builder
	repeat int
	random *rand.Rand
	steps  int
}

// maxMatch bounds what nested repetitions can add up to, of characters and of
// nothing.
const maxMatch = 1 << 16

func (w *matchWriter) write(re *syntax.Regexp) {
	if w.steps++; w.steps > maxMatch || w.out.Len() > maxMatch {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			w.out.WriteRune(r)
		}
	case syntax.OpCharClass:
		w.out.WriteRune(runeOf(re.Rune, w.random))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		w.out.WriteRune(rune('a' + w.random.IntN(26)))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			w.write(sub)
		}
	case syntax.OpAlternate:
		w.write(re.Sub[w.random.IntN(len(re.Sub))])
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		low, high := bounds(re)
		n := low + w.repeat
		if high >= 0 {
			n = min(n, high)
		}
		for range n {
			if w.steps > maxMatch {
				return
			}
			w.write(re.Sub[0])
		}
	}
}

func bounds(re *syntax.Regexp) (low, high int) {
	switch re.Op {
	case syntax.OpStar:
		return 0, -1
	case syntax.OpPlus:
		return 1, -1
	case syntax.OpQuest:
		return 0, 1
	}
	return re.Min, re.Max
}

// readable are the characters that a text is made of where the pattern permits.
const readable = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz"

// runeOf picks from the ranges of a character class: a letter or a digit if
// there is one, else the first character.
func runeOf(ranges []rune, random *rand.Rand) rune {
	var choice []rune
	for _, r := range readable {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				choice = append(choice, r)
				break
			}
		}
	}
	switch {
	case len(choice) > 0:
		return choice[random.IntN(len(choice))]
	case len(ranges) == 0:
		return 'a' // a class that matches nothing: the check will tell
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= ' ' {
			return max(ranges[i], ' ')
		}
	}
	return ranges[0]
}
