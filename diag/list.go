package diag

import (
	"bytes"
	"cmp"
	"slices"
)

// Sort puts the findings of each file in source order, files in alphabetical
// order, and removes repetitions.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b Diagnostic) int {
		return cmp.Or(a.Pos.compare(b.Pos), cmp.Compare(a.Severity, b.Severity), cmp.Compare(a.Message, b.Message))
	})
	*l = slices.CompactFunc(*l, func(a, b Diagnostic) bool {
		return a.Pos == b.Pos && a.Code == b.Code && a.Message == b.Message
	})
}

func (p Position) compare(q Position) int {
	return cmp.Or(cmp.Compare(p.File, q.File), cmp.Compare(p.Line, q.Line), cmp.Compare(p.Column, q.Column))
}

// Fill adds the source lines to findings that have none. read returns the text of
// a file. Findings in files that it cannot read stay without.
func (l List) Fill(read func(file string) ([]byte, error)) {
	type place struct {
		column int
		to     *string
	}
	wanted := map[string]map[int][]place{} // file → line → where the text goes
	want := func(pos Position, to *string) {
		if pos.Line == 0 || *to != "" {
			return
		}
		if wanted[pos.File] == nil {
			wanted[pos.File] = map[int][]place{}
		}
		wanted[pos.File][pos.Line] = append(wanted[pos.File][pos.Line], place{pos.Column, to})
	}
	for i := range l {
		want(l[i].Pos, &l[i].Source)
		for j := range l[i].Related {
			want(l[i].Related[j].Pos, &l[i].Related[j].Source)
		}
	}
	for file, lines := range wanted {
		text, err := read(file)
		if err != nil {
			continue
		}
		text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		for number := 1; len(text) > 0 && len(lines) > 0; number++ {
			var line []byte
			line, text, _ = bytes.Cut(text, []byte("\n"))
			for _, p := range lines[number] {
				*p.to = sourceLine(line, p.column)
			}
			delete(lines, number)
		}
	}
}

// sourceLine returns a line as a finding keeps it: without its end, and cut to a
// length that can be shown. It returns "" if the column is in what was cut off.
func sourceLine(line []byte, column int) string {
	const most = 4096
	line = bytes.TrimRight(line, " \t\r")
	if len(line) > most {
		if column > most {
			return ""
		}
		line = line[:most]
	}
	return string(bytes.ToValidUTF8(line, []byte("\uFFFD")))
}
