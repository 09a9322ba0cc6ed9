package audit

import (
	"slices"
	"time"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/program/suppression"
)

// LocalRule is the rule of the analyzer that looks at one package alone. Its
// findings are no part of an audit, so the analyzer judges suppressions of it.
const LocalRule = "SG2001"

// allowed is a suppression in the program.
type allowed struct {
	suppression.Suppression
	pos  diag.Position
	used bool
}

// suppress drops findings that the program allows, and reports suppressions that
// do nothing.
func (w *writer) suppress() {
	now := time.Now()
	known := map[string]bool{"": true} // without a subject it is wrong in itself
	for _, r := range Rules {
		known[r.ID] = true
	}
	for _, a := range w.code.apis {
		for s := range a.scopes {
			known[s] = true
		}
	}
	var list []*allowed
	seen := map[diag.Position]bool{} // a package that has tests is there more than once
	for _, c := range w.facts.allows {
		s, ok := suppression.Parse(c.text)
		if pos := w.pos(c.at); ok && s.Subject != LocalRule && !seen[pos] {
			seen[pos] = true
			list = append(list, &allowed{Suppression: s, pos: pos})
		}
	}
	if len(list) == 0 {
		return
	}
	w.marked = slices.DeleteFunc(w.marked, func(m marked) bool {
		for _, a := range list {
			near := a.pos.File == m.d.Pos.File && suppression.Covers(a.pos.Line, m.d.Pos.Line)
			if !near || a.Subject != m.d.Code && !slices.Contains(m.scopes, a.Subject) {
				continue
			}
			a.used = true
			if what, _ := a.Problem(now); what == "" {
				return true
			}
		}
		return false
	})
	for _, a := range list {
		what, todo := a.Problem(now)
		if !known[a.Subject] {
			what, todo = "is for "+a.Subject+", which is neither a scope of an API in the program nor a rule", suppression.Form
		}
		if what == "" && !a.used && (w.code.judged == nil || w.code.judged(a.pos.File)) {
			what, todo = a.Unused()
		}
		if what != "" {
			w.find(suppression.Rule, a.pos, nil, todo, "the suppression %s", what)
		}
	}
}
