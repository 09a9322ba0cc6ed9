package audit

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/visible"
)

// commentLimit is how many bytes a comment may have. GitHub refuses one with more
// than 65,536 characters.
const commentLimit = 60_000

// Markdown writes a comment for a pull request: the findings first, then a table
// for each root. link returns the address at which a position can be read, or "".
func (r *Result) Markdown(w io.Writer, link func(diag.Position) string) error {
	m := markdown{link: link}
	m.printf("### Scopes: %s\n", r.Summary())
	if len(r.Findings) > 0 {
		m.printf("\n| | Where | Finding |\n|---|---|---|\n")
		for _, d := range r.Findings {
			m.row("%s | %s | %s", d.Severity, m.place(d.Pos), m.finding(d))
		}
	}
	for _, root := range r.Roots {
		for _, a := range root.APIs {
			m.api(root, a)
		}
	}
	if m.left > 0 {
		m.printf("\n%s left out, because a comment holds no more: `--format html` has them all.\n", areRows(m.left))
	}
	_, err := io.WriteString(w, m.String())
	return err
}

// Summary returns in a few words what was found.
func (r *Result) Summary() string {
	var parts []string
	for _, severity := range []diag.Severity{diag.Error, diag.Warning, diag.Note} {
		n := 0
		for _, d := range r.Findings {
			if d.Severity == severity {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, plural.Count(n, severity.String()))
		}
	}
	if len(parts) == 0 {
		return "nothing to find fault with"
	}
	return strings.Join(parts, ", ")
}

func areRows(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}

type markdown struct {
	strings.Builder
	link func(diag.Position) string
	left int // rows for which there was no room
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(m, format, args...) }

func (m *markdown) row(format string, args ...any) {
	row := "| " + fmt.Sprintf(format, args...) + " |\n"
	if m.Len()+len(row) > commentLimit {
		m.left++
		return
	}
	m.WriteString(row)
}

func (m *markdown) finding(d diag.Diagnostic) string {
	text := visible.Markdown(d.Message) + " (" + d.Code + ")"
	for _, related := range d.Related {
		text += "<br>" + m.place(related.Pos) + ": " + visible.Markdown(related.Message)
	}
	if d.Hint != "" {
		text += "<br>do: " + visible.Markdown(d.Hint)
	}
	return text
}

func (m *markdown) api(root Root, a API) {
	if m.Len()+1000 > commentLimit {
		m.left += max(1, len(a.Scopes))
		return
	}
	m.printf("\n#### %s: %s\n\n", visible.MarkdownCode(root.Name()), visible.Markdown(a.Title))
	m.printf("Requested: %s. Reachable: %s.", codes(a.Requested), codes(a.Reachable))
	if len(a.Unreachable) > 0 {
		m.printf(" **Safe to drop: %s.**", codes(a.Unreachable))
	}
	m.printf("\n")
	if len(a.Scopes)+len(a.Unscoped) == 0 {
		return
	}
	m.printf("\n| Scope | Operation | How it is reached |\n|---|---|---|\n")
	for _, s := range a.Scopes {
		scope := fmt.Sprintf("%s (%s)", visible.MarkdownCode(s.Scope), share(operations(s.Operations), s.Permits))
		for _, use := range s.Operations {
			m.row("%s | %s | %s", scope, operation(use), m.path(use.Witness))
			scope = ""
		}
		for _, raw := range s.Raw {
			m.row("%s | no generated client | %s", scope, m.path([]Step{{Function: raw.Function, Pos: raw.Pos, How: raw.How}}))
			scope = ""
		}
	}
	scope := "none"
	for _, use := range a.Unscoped {
		m.row("%s | %s | %s", scope, operation(use), m.path(use.Witness))
		scope = ""
	}
}

func operation(use Use) string { return visible.MarkdownCode(use.Method + " " + use.Path) }

// share returns how many operations are reachable with a scope, of how many it
// permits. Those that need a second scope are not among the latter.
func share(reached, permits int) string {
	if reached > permits {
		return fmt.Sprint(reached)
	}
	return fmt.Sprintf("%d of %d", reached, permits)
}

func codes(scopes []string) string {
	if len(scopes) == 0 {
		return "none"
	}
	list := make([]string, len(scopes))
	for i, s := range scopes {
		list[i] = visible.MarkdownCode(s)
	}
	return strings.Join(list, ", ")
}

func (m *markdown) path(steps []Step) string {
	parts := make([]string, len(steps))
	for i, step := range steps {
		parts[i] = visible.Markdown(step.Function)
		if at := m.place(step.Pos); at != "" || step.How != "" {
			parts[i] += " (" + place(at, visible.Markdown(step.How)) + ")"
		}
	}
	return strings.Join(parts, " → ")
}

// place returns file:line, as a link if there is an address.
func (m *markdown) place(pos diag.Position) string {
	text := visible.Markdown(fileLine(pos))
	if address := m.link(pos); address != "" && text != "" {
		return "[" + text + "](" + address + ")"
	}
	return text
}

func fileLine(pos diag.Position) string {
	if pos.Line == 0 {
		return pos.File
	}
	return pos.File + ":" + strconv.Itoa(pos.Line)
}
