package merge

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// edit replaces whole lines, the last not included.
type edit struct {
	from, to int
	lines    []string
}

func (e edit) indent() int {
	if len(e.lines) == 0 {
		return 0
	}
	return len(e.lines[0]) - len(strings.TrimLeft(e.lines[0], " "))
}

func (f *file) edit(from, to int, lines []string) {
	f.edits = append(f.edits, edit{from, to, lines})
}

// apply returns the file with its edits.
func (f *file) apply() ([]byte, error) {
	// What is added before a line comes before what happens to the line, and what
	// is indented more belongs to what stands above.
	slices.SortStableFunc(f.edits, func(a, b edit) int {
		return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(min(a.to-a.from, 1), min(b.to-b.from, 1)), cmp.Compare(b.indent(), a.indent()))
	})
	var out []string
	next := 1
	for _, e := range f.edits {
		if e.from < next {
			return nil, errors.New("two changes meet in line " + fmt.Sprint(e.from) + " of " + f.name)
		}
		out = append(out, f.lines[next-1:e.from-1]...)
		out = append(out, e.lines...)
		next = e.to
	}
	out = append(out, f.lines[min(next-1, len(f.lines)):]...)
	return []byte(strings.Join(out, f.eol) + f.eol), nil
}

func dedented(lines []string, by int) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = strings.TrimPrefix(l, strings.Repeat(" ", by))
	}
	return out
}

func indented(lines []string, by int) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		if out[i] = l; l != "" {
			out[i] = strings.Repeat(" ", by) + l
		}
	}
	return out
}
