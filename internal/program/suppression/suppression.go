// Package suppression reads the comments with which a program allows a finding:
//
//	//scopegen:allow users:read until=2027-01-31 reason
//
// Each is for findings on its own line or the next one.
package suppression

import (
	"strings"
	"time"
)

// Directive begins a suppression.
const Directive = "//scopegen:allow"

// Rule is the number of the rule that suppressions themselves are held to.
const Rule = "SG1008"

// Form says what to do about a suppression that is none.
const Form = "write " + Directive + " SCOPE until=2027-01-31 reason"

// Suppression is what a comment allows.
type Suppression struct {
	Subject string // a scope as it is sent, or a rule
	until   time.Time
	wrong   string
}

// Parse reads a comment. It reports whether that is a suppression, right or wrong.
func Parse(comment string) (Suppression, bool) {
	rest, ok := strings.CutPrefix(comment, Directive)
	if !ok || rest != "" && rest[0] != ' ' && rest[0] != '\t' {
		return Suppression{}, false
	}
	var s Suppression
	fields := strings.Fields(rest)
	if len(fields) == 0 {
		s.wrong = "names no scope"
		return s, true
	}
	s.Subject = fields[0]
	if len(fields) < 2 || !strings.HasPrefix(fields[1], "until=") {
		s.wrong = "has no date: until=2027-01-31"
		return s, true
	}
	var err error
	if s.until, err = time.Parse(time.DateOnly, strings.TrimPrefix(fields[1], "until=")); err != nil {
		s.wrong = "has a date that is none: " + fields[1]
	} else if len(fields) < 3 {
		s.wrong = "gives no reason"
	}
	return s, true
}

// Covers reports whether a suppression in one line is for findings in another.
func Covers(line, finding int) bool { return line == finding || line+1 == finding }

// Problem returns what is wrong with a suppression on a day, as the predicate of a
// sentence, and what to do about it. A suppression without a problem holds.
func (s Suppression) Problem(now time.Time) (what, todo string) {
	switch {
	case s.wrong != "":
		return s.wrong, Form
	case s.until.Before(now.UTC().Truncate(24 * time.Hour)):
		return "has expired on " + s.until.Format(time.DateOnly), "mend what it was for, or give it a new date and a reason that still holds"
	}
	return "", ""
}

// Unused returns the same of one for which there is no finding.
func (s Suppression) Unused() (what, todo string) {
	return "for " + s.Subject + " is unused: there is no such finding on this line or the next", "remove it"
}
