package diff

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/visible"
)

// Summary returns one line that says how many changes of each kind there are, whether
// they break programs, and which part of the version number to raise.
func (r *Report) Summary() string {
	if r.Same() {
		return "no difference"
	}
	counts := map[Kind]int{}
	for _, c := range r.Changes {
		counts[c.Kind]++
	}
	var parts []string
	tell := func(what, verb string, kinds ...Kind) {
		n := 0
		for _, k := range kinds {
			n += counts[k]
		}
		if n > 0 {
			parts = append(parts, plural.Count(n, what)+" "+verb)
		}
	}
	tell("scope", "added", ScopeAdded)
	tell("scope", "removed", ScopeRemoved)
	tell("scope", "renamed", ScopeRenamed)
	tell("scope", "merged", ScopeMerged)
	tell("scope", "deprecated", ScopeDeprecated)
	tell("scope", "moved", ScopeMoved)
	tell("scope", "described anew", ScopeText)
	tell("scope", "changed", ScopeImplies, ScopeWire)
	tell("operation", "added", OperationAdded)
	tell("operation", "removed", OperationRemoved)
	tell("requirement", "narrowed", RequirementNarrowed)
	tell("requirement", "replaced", RequirementReplaced)
	tell("requirement", "widened", RequirementWidened)
	tell("requirement", "stated", RequirementStated)
	tell("operation", "changed", OperationChanged, OperationDeprecated)
	tell("change", "elsewhere", GoNameGone, TypeChanged, TypeAdded, Settings, Documentation)
	verdict := "nothing breaks"
	if r.Breaking {
		verdict = "breaking"
	}
	return fmt.Sprintf("%s: %s (version: %s)", strings.Join(parts, ", "), verdict, r.Semver)
}

// Text prints the report for a person at a terminal.
func (r *Report) Text(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s → %s: %s\n", visible.Line(r.Old), visible.Line(r.New), r.Summary())
	for _, note := range r.Notes {
		fmt.Fprintf(b, "note: %s\n", visible.Line(note))
	}
	for _, c := range r.Changes {
		mark := " "
		if c.Breaking {
			mark = "!"
		}
		fmt.Fprintf(b, "\n%s %s\n", mark, visible.Line(c.Message))
		for _, line := range []struct {
			label string
			names []string
		}{{"gone", c.Gone}, {"new", c.Added}} {
			if len(line.names) > 0 {
				fmt.Fprintf(b, "    %-5s %s\n", line.label+":", some(line.names))
			}
		}
		if c.Action != "" {
			fmt.Fprintf(b, "    do:   %s\n", visible.Line(c.Action))
		}
	}
	if len(r.Suggestions) > 0 {
		b.WriteString("\nPerhaps renamed (not assumed):\n")
		for _, s := range r.Suggestions {
			fmt.Fprintf(b, "  %s → %s  %.0f %%: %s\n    do:   %s\n", visible.Line(s.From), visible.Line(s.To), s.Confidence*100, s.Reason, visible.Line(s.Action))
		}
	}
	return b.Flush()
}

// JSON prints the report for a program.
func (r *Report) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// Markdown prints the report for a comment in a pull request.
func (r *Report) Markdown(w io.Writer) error {
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "### Scopes: %s → %s\n\n%s\n", visible.MarkdownCode(r.Old), visible.MarkdownCode(r.New), r.Summary())
	for _, note := range r.Notes {
		fmt.Fprintf(b, "\n> %s\n", visible.Markdown(note))
	}
	for _, part := range []struct {
		title    string
		breaking bool
	}{{"Breaking", true}, {"Not breaking", false}} {
		head := false
		for _, c := range r.Changes {
			if c.Breaking != part.breaking {
				continue
			}
			if !head {
				head = true
				fmt.Fprintf(b, "\n#### %s\n\n| Change | Go names | What to do |\n|---|---|---|\n", part.title)
			}
			fmt.Fprintf(b, "| %s | %s | %s |\n", visible.Markdown(c.Message), nameCell(c), visible.Markdown(c.Action))
		}
	}
	if len(r.Suggestions) > 0 {
		b.WriteString("\n#### Perhaps renamed\n\n| From | To | Confidence | Reason |\n|---|---|---|---|\n")
		for _, s := range r.Suggestions {
			fmt.Fprintf(b, "| %s | %s | %.0f %% | %s |\n", visible.MarkdownCode(s.From), visible.MarkdownCode(s.To), s.Confidence*100, visible.Markdown(s.Reason))
		}
	}
	return b.Flush()
}

// Findings returns the report as findings: an error for a change that breaks programs, a
// note for any other.
func (r *Report) Findings() diag.List {
	findings := make(diag.List, len(r.Changes))
	for i, c := range r.Changes {
		d := diag.Diagnostic{Severity: diag.Note, Code: string(c.Kind), Pos: c.Pos, Message: c.Message, Hint: c.Action}
		if c.Breaking {
			d.Severity = diag.Error
		}
		if c.Kind == ScopeRemoved || c.Kind == OperationRemoved {
			d.Pos = diag.Position{File: r.New} // its line is one of the old catalogue
		}
		findings[i] = d
	}
	return findings
}

// nameCell returns the Go names of a change for a cell of a table.
func nameCell(c Change) string {
	var parts []string
	if len(c.Gone) > 0 {
		parts = append(parts, "gone: "+visible.Markdown(some(c.Gone)))
	}
	if len(c.Added) > 0 {
		parts = append(parts, "new: "+visible.Markdown(some(c.Added)))
	}
	return strings.Join(parts, "<br>")
}
