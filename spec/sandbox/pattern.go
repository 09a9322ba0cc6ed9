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
	var out strings.Builder
	writeMatch(&out, parsed, repeat, random)
	return out.String(), true
}

// maxMatch bounds what nested repetitions can add up to.
const maxMatch = 1 << 16

func writeMatch(out *strings.Builder, re *syntax.Regexp, repeat int, random *rand.Rand) {
	if out.Len() > maxMatch {
		return
	}
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			out.WriteRune(r)
		}
	case syntax.OpCharClass:
		out.WriteRune(runeOf(re.Rune, random))
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		out.WriteRune(rune('a' + random.IntN(26)))
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			writeMatch(out, sub, repeat, random)
		}
	case syntax.OpAlternate:
		writeMatch(out, re.Sub[random.IntN(len(re.Sub))], repeat, random)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		low, high := bounds(re)
		n := low + repeat
		if high >= 0 {
			n = min(n, high)
		}
		for range n {
			writeMatch(out, re.Sub[0], repeat, random)
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
