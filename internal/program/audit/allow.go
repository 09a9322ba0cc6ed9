package audit

import (
	"slices"
	"strings"
	"time"

	"github.com/scopegen/scopegen/diag"
)

// allowed is a suppression: //scopegen:allow users:read until=2027-01-31 reason.
// It is for findings on its own line or the next one.
type allowed struct {
	pos     diag.Position
	subject string // a scope, or the number of a rule
	until   time.Time
	wrong   string
	used    bool
}

const directive = "//scopegen:allow"

// suppress drops findings that the program allows, and reports suppressions that
// do nothing.
func (w *writer) suppress() {
	list := w.allowed()
	if len(list) == 0 {
		return
	}
	today := time.Now().UTC().Truncate(24 * time.Hour)
	w.marked = slices.DeleteFunc(w.marked, func(m marked) bool {
		for _, a := range list {
			near := a.pos.File == m.d.Pos.File && (a.pos.Line == m.d.Pos.Line || a.pos.Line+1 == m.d.Pos.Line)
			if !near || a.subject != m.d.Code && !slices.Contains(m.scopes, a.subject) {
				continue
			}
			a.used = true
			if a.wrong == "" && !a.until.Before(today) {
				return true
			}
		}
		return false
	})
	for _, a := range list {
		switch {
		case a.wrong != "":
			w.find("SG1008", a.pos, nil, "write "+directive+" SCOPE until=2027-01-31 reason", "the suppression %s", a.wrong)
		case a.until.Before(today):
			w.find("SG1008", a.pos, nil, "mend what it was for, or give it a new date and a reason that still holds", "the suppression has expired on %s", a.until.Format(time.DateOnly))
		case !a.used && (w.code.judged == nil || w.code.judged(a.pos.File)):
			w.find("SG1008", a.pos, nil, "remove it", "the suppression for %s is unused: there is no such finding on this line or the next", a.subject)
		}
	}
}

// allowed returns the suppressions in the sources.
func (w *writer) allowed() []*allowed {
	known := map[string]bool{}
	for _, r := range Rules {
		known[r.ID] = true
	}
	for _, a := range w.code.apis {
		for s := range a.scopes {
			known[s] = true
		}
	}
	var list []*allowed
	for _, c := range w.facts.allows {
		if a := w.allow(c, known); a != nil {
			list = append(list, a)
		}
	}
	return list
}

func (w *writer) allow(c comment, known map[string]bool) *allowed {
	rest, ok := strings.CutPrefix(c.text, directive)
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return nil
	}
	a := &allowed{pos: w.pos(c.at)}
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		a.wrong = "names no scope"
		return a
	}
	a.subject = fields[0]
	if !known[a.subject] {
		a.wrong = "is for " + a.subject + ", which is neither a scope of an API in the program nor a rule"
		return a
	}
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "until=") {
		a.wrong = "has no date: until=2027-01-31"
		return a
	}
	var err error
	if a.until, err = time.Parse(time.DateOnly, strings.TrimPrefix(fields[1], "until=")); err != nil {
		a.wrong = "has a date that is none: " + fields[1]
		return a
	}
	if len(fields) < 3 {
		a.wrong = "gives no reason"
	}
	return a
}
