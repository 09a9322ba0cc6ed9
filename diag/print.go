package diag

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/scopegen/scopegen/internal/visible"
)

// String returns "error", "warning" or "note".
func (s Severity) String() string {
	switch s {
	case Warning:
		return "warning"
	case Note:
		return "note"
	}
	return "error"
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads a severity's name.
func (s *Severity) UnmarshalText(text []byte) error {
	switch string(text) {
	case "error":
		*s = Error
	case "warning":
		*s = Warning
	case "note":
		*s = Note
	default:
		return fmt.Errorf("diag: unknown severity %q", text)
	}
	return nil
}

// Text prints findings for a person: position and message, the source line
// with a mark below the place, every other place involved in the same way, and
// the hint on a line of its own. With colour it uses ANSI sequences.
//
// What comes from the input is printed so that it cannot control a terminal.
func Text(w io.Writer, l List, colour bool) error {
	p := printer{Writer: bufio.NewWriter(w), colour: colour}
	for i, d := range l {
		if i > 0 {
			p.WriteByte('\n')
		}
		style := map[Severity]string{Error: red, Warning: yellow, Note: blue}[d.Severity]
		p.place(d.Pos)
		p.paint(style, d.Severity.String()+": ")
		p.paint(bold, d.Message)
		p.WriteByte('\n')
		p.source(d.Pos, d.Source, style)
		for _, r := range d.Related {
			p.WriteString("  ")
			p.place(r.Pos)
			p.paint(plain, r.Message)
			p.WriteByte('\n')
			p.source(r.Pos, r.Source, blue)
		}
		if d.Hint != "" {
			p.WriteString("  ")
			p.paint(blue, "hint: ")
			p.paint(plain, d.Hint)
			p.WriteByte('\n')
		}
	}
	return p.Flush()
}

const (
	plain  = ""
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	blue   = "\x1b[34m"
	reset  = "\x1b[0m"
)

type printer struct {
	*bufio.Writer // keeps the first error, which Flush returns
	colour        bool
}

func (p printer) paint(style, text string) {
	text = visible.Line(text)
	if p.colour && style != plain {
		text = style + text + reset
	}
	p.WriteString(text)
}

func (p printer) place(pos Position) {
	if pos.File != "" {
		p.paint(plain, pos.String()+": ")
	}
}

// source prints the line at pos and marks the column. A long line is cut to
// what stands around the column.
func (p printer) source(pos Position, line, style string) {
	if line == "" {
		return
	}
	const before, around = 60, 100 // letters
	column := min(max(pos.Column-1, 0), len(line))
	start, end := 0, len(line)
	for start < column && utf8.RuneCountInString(line[start:column]) > before {
		_, size := utf8.DecodeRuneInString(line[start:])
		start += size
	}
	for i := range line[start:] {
		if utf8.RuneCountInString(line[start:start+i]) >= around {
			end = start + i
			break
		}
	}
	lead, tail := "", ""
	if start > 0 {
		lead = "…"
	}
	if end < len(line) {
		tail = "…"
	}
	number := strconv.Itoa(pos.Line)
	fmt.Fprintf(p, "%5s | %s\n", number, lead+visible.Line(line[start:end])+tail)
	if pos.Column == 0 {
		return
	}
	// Tabs stay tabs, so that the mark stands below its place at any width.
	pad := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, lead+line[start:column])
	fmt.Fprintf(p, "%*s | %s", max(5, len(number)), "", pad)
	p.paint(style, "^")
	p.WriteByte('\n')
}

// JSON prints findings as one document: {"diagnostics": […]}.
func JSON(w io.Writer, l List) error {
	if l == nil {
		l = List{}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Diagnostics List `json:"diagnostics"`
	}{l})
}

// GitHub prints findings as workflow commands, which GitHub shows beside the
// lines of a pull request.
func GitHub(w io.Writer, l List) error {
	b := bufio.NewWriter(w)
	for _, d := range l {
		command := d.Severity.String()
		if d.Severity == Note {
			command = "notice" // GitHub's word
		}
		fmt.Fprintf(b, "::%s ", command)
		if d.Pos.File != "" {
			fmt.Fprintf(b, "file=%s,", githubProperty(d.Pos.File))
		}
		if d.Pos.Line > 0 {
			fmt.Fprintf(b, "line=%d,", d.Pos.Line)
		}
		if d.Pos.Column > 0 {
			fmt.Fprintf(b, "col=%d,", d.Pos.Column)
		}
		message := d.Message
		for _, r := range d.Related {
			message += "\n" + r.Pos.String() + ": " + r.Message
		}
		if d.Hint != "" {
			message += "\nhint: " + d.Hint
		}
		fmt.Fprintf(b, "title=%s::%s\n", githubProperty(d.Code), githubText(message))
	}
	return b.Flush()
}

// Both escapes are those of GitHub's own toolkit (actions/toolkit, command.ts).
func githubText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

func githubProperty(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubText(s))
}
