package diff

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"github.com/scopegen/scopegen/internal/plural"
)

// Suggestion is a rename that may have happened. It is never assumed: until
// the new catalogue confirms it with renamed_from, one scope was removed and
// another added.
type Suggestion struct {
	From       string  `json:"from"`
	To         string  `json:"to"`
	Confidence float64 `json:"confidence"` // 0 to 1
	Reason     string  `json:"reason"`
	Action     string  `json:"action"`
}

// least is the confidence from which a suggestion is shown.
const least = 0.5

// suggestRenames finds likely renames among the scopes that were removed and those that
// were added. Each scope is in one suggestion at most, the most likely.
func (c *comparison) suggestRenames() {
	if len(c.removed) == 0 || len(c.added) == 0 {
		return
	}
	candidates := c.candidates()
	slices.SortStableFunc(candidates, func(a, b Suggestion) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	from, to := map[string]bool{}, map[string]bool{}
	for _, s := range candidates {
		if from[s.From] || to[s.To] {
			continue
		}
		from[s.From], to[s.To] = true, true
		s.Action = fmt.Sprintf("if it is one, say so: scopegen sync … --rename %s=%s, or renamed_from: [%s] in the catalogue", s.From, s.To, s.From)
		c.Suggestions = append(c.Suggestions, s)
	}
	slices.SortFunc(c.Suggestions, func(a, b Suggestion) int { return cmp.Compare(a.From, b.From) })
}

// candidates returns the pairs that are alike. Pairs that share no word, text or
// operation are never looked at, so that thousands of changes stay cheap.
func (c *comparison) candidates() []Suggestion {
	byKey := map[string][]*row{}
	for _, a := range c.added {
		for _, k := range keys(a) {
			byKey[k] = append(byKey[k], a)
		}
	}
	var out []Suggestion
	for _, r := range c.removed {
		seen := map[*row]bool{}
		consider := func(a *row) {
			if seen[a] {
				return
			}
			seen[a] = true
			if s := c.likeness(r, a); s.Confidence >= least {
				out = append(out, s)
			}
		}
		for _, k := range keys(r) {
			near := byKey[k]
			if len(near) > 50 {
				continue // a word that tells nothing, such as "read"
			}
			for _, a := range near {
				consider(a)
			}
		}
		for name := range c.matched[r.Name] {
			consider(c.is.scopes[name])
		}
	}
	return out
}

// keys returns what the row of a scope may have in common with the one before a rename.
func keys(r *row) []string {
	parts := nameWords(r.Name)
	out := []string{"all " + strings.Join(parts, " "), "stems " + strings.Join(stems(parts), " ")}
	if text := textKey(r); text != "" {
		out = append(out, "text "+text)
	}
	for _, p := range stems(parts) {
		out = append(out, "word "+p)
		if len(p) > 4 {
			out = append(out, "start "+p[:4], "end "+p[len(p)-4:])
		}
	}
	return out
}

// textKey returns the text of a scope as it is compared.
func textKey(e *row) string { return strings.ToLower(fold(e.Permits)) }

// texts returns how many scopes have each text.
func (x *indexed) texts() map[string]int {
	if x.textCount == nil {
		x.textCount = map[string]int{}
		for _, e := range x.scopes {
			x.textCount[textKey(e)]++
		}
	}
	return x.textCount
}

// likeness says how likely it is that one scope was renamed to another, and why.
func (c *comparison) likeness(old, new *row) Suggestion {
	s := Suggestion{From: old.Name, To: new.Name}
	a, b := nameWords(old.Name), nameWords(new.Name)
	var reasons []string
	doubt := 1.0
	because := func(confidence float64, format string, args ...any) {
		doubt *= 1 - confidence
		reasons = append(reasons, fmt.Sprintf(format, args...))
	}
	lastSame := len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1]
	switch {
	case slices.Equal(a, b):
		because(0.95, "the same words, written another way")
	case slices.Equal(stems(a), stems(b)):
		because(0.9, "the same words but for singular and plural")
	case sameSet(a, b):
		because(0.7, "the same words in another order")
	case lastSame && oneMore(a, b) && alikeTexts(old.Permits, new.Permits):
		because(0.6, "the same words and one more, in the name and nearly so in the text")
	case lastSame && nearWord(strings.Join(a[:len(a)-1], " "), strings.Join(b[:len(b)-1], " ")):
		because(0.6, "the same but for a letter or two")
	}
	// A text that several scopes share is no sign of anything.
	if x, y := textKey(old), textKey(new); strings.Contains(x, " ") && x == y && c.was.texts()[x] == 1 && c.is.texts()[x] == 1 {
		switch {
		case lastSame:
			because(0.6, "the same text")
		case len(a) > 1 && len(b) > 1 && slices.Equal(a[:len(a)-1], b[:len(b)-1]):
			because(0.55, "about the same thing, with the same text")
		default:
			because(0.3, "the same text")
		}
	}
	if n := c.matched[old.Name][new.Name]; n > 0 {
		because(0.6, "%s that needed the one need%s the other now", plural.Count(n, "operation"), map[bool]string{true: "s"}[n == 1])
	}
	s.Confidence = math.Round((1-doubt)*100) / 100
	s.Reason = strings.Join(reasons, "; ")
	return s
}

// nameWords splits a scope into lower-case words.
func nameWords(name string) []string {
	var out []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			out = append(out, strings.ToLower(b.String()))
			b.Reset()
		}
	}
	lower := false
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			flush()
			lower = false
			continue
		}
		if lower && unicode.IsUpper(r) {
			flush()
		}
		b.WriteRune(r)
		lower = unicode.IsLower(r)
	}
	flush()
	return out
}

// stems returns words in the singular.
func stems(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		switch {
		case strings.HasSuffix(w, "ies") && len(w) > 4:
			w = w[:len(w)-3] + "y"
		case strings.HasSuffix(w, "sses") || strings.HasSuffix(w, "xes") || strings.HasSuffix(w, "ches"):
			w = w[:len(w)-2]
		case strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && len(w) > 2:
			w = w[:len(w)-1]
		}
		out[i] = w
	}
	return out
}

// sameSet reports whether two lists hold the same words, in any order.
func sameSet(a, b []string) bool {
	x, y := slices.Clone(a), slices.Clone(b)
	slices.Sort(x)
	slices.Sort(y)
	return slices.Equal(x, y)
}

// oneMore reports whether one list of words is the other with a word put in.
func oneMore(a, b []string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b) != len(a)+1 || len(a) < 2 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	return slices.Equal(a[i:], b[i+1:])
}

// alikeTexts reports whether two texts have nearly all of their words in common.
func alikeTexts(a, b string) bool {
	x, y := nameWords(a), nameWords(b)
	both, all := 0, map[string]bool{}
	for _, w := range x {
		all[w] = true
	}
	for _, w := range y {
		if all[w] {
			both++
		}
		all[w] = true
	}
	return len(x) > 2 && len(y) > 2 && float64(both) >= 0.75*float64(len(all))
}

// nearWord reports whether a and b differ by at most two letters, and by less
// than a fifth of them.
func nearWord(a, b string) bool {
	if max(len(a), len(b)) > 100 || min(len(a), len(b)) < 5 {
		return false
	}
	most := min(2, max(len(a), len(b))/5)
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := last[j]
			if a[i] != b[j] {
				cost++
			}
			next[j+1] = min(cost, last[j+1]+1, next[j]+1)
		}
		last = next
	}
	return last[len(b)] <= most
}

// some returns the first few names, and how many more there are.
func some(names []string) string {
	const few = 6
	if len(names) <= few {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:few], ", ") + fmt.Sprintf(" and %d more", len(names)-few)
}
