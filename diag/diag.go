// Package diag defines the form in which scopegen reports what it finds in an
// input: a message with its position, the source line, every other position that
// is involved, and a hint what to do.
//
// [Text], [JSON] and [GitHub] print a list of findings.
package diag

import (
	"fmt"
	"strings"
)

// Severity says how serious a finding is.
type Severity int

// The severities, worst first.
const (
	Error   Severity = iota // the input cannot be used
	Warning                 // the input can be used, and something in it should change
	Note                    // nothing has to change
)

// Position is a place in an input file. Line and Column count from 1, Column
// in bytes. A zero Line stands for the whole file.
type Position struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
}

// String returns file:line:column, without the parts that are not known.
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

// Related is another position that contributed to a finding, such as the first
// of two declarations.
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

// List holds the findings of one run, in source order. It can be returned as an
// error; [List.Err] does so if one of the findings has severity [Error].
type List []Diagnostic

// Error returns one line for each finding, with its position and message.
func (l List) Error() string {
	lines := make([]string, len(l))
	for i, d := range l {
		lines[i] = d.Pos.String() + ": " + d.Message
	}
	return strings.Join(lines, "\n")
}

// Err returns the list if one of its findings has severity [Error], and nil
// otherwise.
func (l List) Err() error {
	for _, d := range l {
		if d.Severity == Error {
			return l
		}
	}
	return nil
}
