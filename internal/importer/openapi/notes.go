package openapi

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/visible"
)

// The codes of an importer's notes.
const (
	Bent    = "bent"     // carried, but not as the document says
	LeftOut = "left-out" // not carried
	Assumed = "assumed"  // the document does not say it
	Named   = "named"    // carried under a Go name that the importer chose
)

func (i *importer) note(code string, v value, message, hint string) {
	pos := diag.Position{File: i.documents.printed(v)}
	if v.Node != nil {
		pos.Line, pos.Column = v.Line, v.Column
	}
	if v.pointer != "" && !i.converted { // a pointer into what was made of the document would mislead
		message = fmt.Sprintf("#%s: %s", shortened(v.pointer, mostNote/4), message)
	}
	message = shortened(message, mostNote)
	i.notes = append(i.notes, diag.Diagnostic{Severity: diag.Warning, Code: code, Pos: pos, Message: message, Hint: hint})
}

// shortened returns the beginning of a text that has more than a number of bytes.
func shortened(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}

func (d *documents) printed(v value) string {
	if v.doc != nil {
		return v.doc.name
	}
	return ""
}

// bent notes that something is carried otherwise than the document says.
func (i *importer) bent(v value, what string) {
	i.note(Bent, v, what, "")
}

// leftOut notes that something is not carried, and why.
func (i *importer) leftOut(v value, what, why string) {
	i.note(LeftOut, v, fmt.Sprintf("%s is left out: %s", what, why), "")
}

// description returns what the document says of v in words, as a catalogue can hold it.
func (i *importer) description(v value) string {
	d := v.get("description")
	text := strings.TrimSpace(d.text())
	if n := len(text); n > mostText {
		i.leftOut(d, "a description", fmt.Sprintf("it is a text of %d KiB; at most %d KiB are read", n>>10, mostText>>10))
		return ""
	}
	if visible.IndexDeceiving(text) < 0 {
		return text
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029: // they end a line or a paragraph
			return '\n'
		case visible.Deceives(r):
			i.dropped[fmt.Sprintf("the invisible character %U of a description", r)]++
			return -1
		}
		return r
	}, text))
}

// rest notes the members of an object that nobody has read. Extensions are
// counted, not listed.
func (i *importer) rest(v value, what string, known ...string) {
	if !v.isMap() {
		return
	}
members:
	for n := 0; n+1 < len(v.Content); n += 2 {
		key := v.Content[n].Value
		for _, k := range known {
			if k == key {
				continue members
			}
		}
		if len(key) > 2 && key[:2] == "x-" {
			i.extensions[key]++
			continue
		}
		i.leftOut(v.child(key, v.Content[n+1]), fmt.Sprintf("%q of %s", key, what), "a catalogue has no place for it")
	}
}
