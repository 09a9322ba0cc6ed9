package sandbox

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"
)

// matching returns a text that a pattern probably matches, with repeat repetitions
// more than the least number wherever the pattern leaves the number open. It
// returns false for a pattern that Go cannot read. It does not look at assertions
// inside the pattern, so the text has to be checked.
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

// maxMatch bounds the steps that nested repetitions can add up to, including those
// that add no character.
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

// readable are the characters that a text consists of if the pattern permits it.
const readable = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz"

// runeOf returns a character of a character class: a letter or a digit if there is
// one, and otherwise the first character.
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
		return 'a' // the class matches nothing, which the check of the text will show
	}
	for i := 0; i+1 < len(ranges); i += 2 {
		if ranges[i+1] >= ' ' {
			return max(ranges[i], ' ')
		}
	}
	return ranges[0]
}
