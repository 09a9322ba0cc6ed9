package vettool

import (
	"encoding/json"
	"fmt"
	"go/token"
	"io"

	"golang.org/x/tools/go/analysis"
)

// The JSON that the go command reads: package → analyzer → findings.
type (
	jsonFinding struct {
		Category string        `json:"category,omitempty"`
		Posn     string        `json:"posn"`
		End      string        `json:"end"`
		Message  string        `json:"message"`
		Fixes    []jsonFix     `json:"suggested_fixes,omitempty"`
		Related  []jsonRelated `json:"related,omitempty"`
	}
	jsonFix struct {
		Message string     `json:"message"`
		Edits   []jsonEdit `json:"edits"`
	}
	jsonEdit struct {
		Filename string `json:"filename"`
		Start    int    `json:"start"`
		End      int    `json:"end"`
		New      string `json:"new"`
	}
	jsonRelated struct {
		Posn    string `json:"posn"`
		End     string `json:"end"`
		Message string `json:"message"`
	}
)

func (u *unit) print(findings []finding, w io.Writer) error {
	if len(findings) == 0 {
		return nil
	}
	var list []jsonFinding
	for _, f := range findings {
		one := jsonFinding{Category: f.code, Posn: place(f.pos), End: place(f.pos), Message: f.message}
		for _, r := range f.related {
			one.Related = append(one.Related, jsonRelated{place(r.pos), place(r.pos), r.message})
		}
		for _, fix := range f.fixes {
			one.Fixes = append(one.Fixes, u.jsonFix(fix))
		}
		list = append(list, one)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "\t")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(map[string]map[string][]jsonFinding{u.config.ID: {"scopevet": list}})
}

// place returns a position as the go command wants it, which reads a line and a
// column behind every name.
func place(p token.Position) string {
	return fmt.Sprintf("%s:%d:%d", p.Filename, max(p.Line, 1), max(p.Column, 1))
}

func (u *unit) jsonFix(fix analysis.SuggestedFix) jsonFix {
	out := jsonFix{Message: fix.Message}
	for _, edit := range fix.TextEdits {
		start, end := u.fset.PositionFor(edit.Pos, false), u.fset.PositionFor(edit.End, false)
		out.Edits = append(out.Edits, jsonEdit{start.Filename, start.Offset, end.Offset, string(edit.NewText)})
	}
	return out
}
