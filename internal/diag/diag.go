// Package diag holds the one form in which scopegen tells what is wrong with
// an input: a message at a place, the source line, every other place
// involved, and what to do about it. Printers live beside it.
package diag

import (
	"fmt"
	"strings"
)

// Severity tells whether a diagnostic stops the run.
type Severity int

// The severities, worst first.
const (
	Error Severity = iota
	Warning
)

// Position is a place in an input file. Line and Column count from 1, Column
// in bytes; a zero Line means the file as a whole.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String prints file:line:column, leaving out what is not known.
func (p Position) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Column == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
	}
}

// Related is another place that contributed to a diagnostic, such as the
// first of two declarations.
type Related struct {
	Pos     Position `json:"position"`
	Message string   `json:"message"`
	Source  string   `json:"source,omitempty"`
}

// Diagnostic is one finding.
type Diagnostic struct {
	Severity Severity  `json:"severity"`
	Code     string    `json:"code"` // stable, kebab-case: "unknown-key"
	Pos      Position  `json:"position"`
	Message  string    `json:"message"`
	Source   string    `json:"source,omitempty"` // the text of the line at Pos
	Related  []Related `json:"related,omitempty"`
	Hint     string    `json:"hint,omitempty"` // what to do now
}

// List is the findings of one run, in source order. A list that holds an
// error is itself an error.
type List []Diagnostic

// Error prints one line a finding.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Pos.String() + ": " + d.Message
	}
	return strings.Join(lines, "\n")
}

// Err returns the list as an error if it holds one of severity Error, else nil.
func (l List) Err() error {
	for _, d := range l {
		if d.Severity == Error {
			return l
		}
	}
	return nil
}
