package audit

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/visible"
)

// Text prints the roots for a person. The findings are not among it.
func (r *Result) Text(w io.Writer, colour bool) error {
	p := text{bufio.NewWriter(w), colour}
	for i, root := range r.Roots {
		if i > 0 {
			p.WriteByte('\n')
		}
		p.paint(bold, root.Package)
		switch root.Kind {
		case Test:
			p.WriteString(" (tests)")
		case Binary:
			p.WriteString(" (as built)")
		}
		p.line("")
		if len(root.APIs) == 0 {
			p.line("  uses no API that scopegen generated")
		}
		for _, a := range root.APIs {
			p.api(root.Kind, a)
		}
	}
	p.since(r.Changes)
	return p.Flush()
}

const (
	bold  = "\x1b[1m"
	red   = "\x1b[1;31m"
	faint = "\x1b[2m"
	reset = "\x1b[0m"
)

type text struct {
	*bufio.Writer // keeps the first error, which Flush returns
	colour        bool
}

func (p text) paint(style, s string) {
	s = visible.Line(s)
	if p.colour {
		s = style + s + reset
	}
	p.WriteString(s)
}

func (p text) line(format string, args ...any) {
	p.WriteString(visible.Line(fmt.Sprintf(format, args...)))
	p.WriteByte('\n')
}

func (p text) api(kind Kind, a API) {
	p.line("  %s (%s)", a.Title, a.Package)
	if kind == Binary {
		p.scopes("holds", a.Reachable)
	} else {
		p.summary(a)
	}
	state := "reachable"
	if kind == Binary {
		state = "held"
	}
	for _, s := range a.Scopes {
		p.WriteString("\n    ")
		p.paint(bold, s.Scope)
		p.line(": %s %s; alone it permits %d", plural.Count(operations(s.Operations), "operation"), state, s.Permits)
		for _, use := range s.Operations {
			p.use(use)
		}
		for _, raw := range s.Raw {
			p.line("      a call that no generated client makes, in %s (%s)", raw.Function, raw.Pos)
		}
	}
	if len(a.Unscoped) > 0 {
		p.line("\n    without a scope")
		for _, use := range a.Unscoped {
			p.use(use)
		}
	}
}

func (p text) summary(a API) {
	p.scopes("requested", a.Requested)
	p.scopes("reachable", a.Reachable)
	if len(a.Unreachable) > 0 {
		p.WriteString("    unreachable  ")
		p.paint(red, strings.Join(a.Unreachable, ", "))
		p.line(": safe to drop")
	} else {
		p.scopes("unreachable", nil)
	}
	p.scopes("carried", a.Carried)
	p.scopes("least", a.Least)
}

func (p text) scopes(what string, scopes []string) {
	value := strings.Join(scopes, ", ")
	if value == "" {
		value = "none"
	}
	p.line("    %-12s %s", what, value)
}

func (p text) use(use Use) {
	p.line("      %s %s (%s)", use.Method, use.Path, use.Operation)
	p.WriteString("        ")
	p.paint(faint, Path(use.Witness))
	p.WriteByte('\n')
	for _, site := range use.Sites[1:] {
		p.line("        also in %s", Path([]Step{Step(site)}))
	}
}

// Path returns a witness on one line.
func Path(steps []Step) string {
	var b strings.Builder
	for i, step := range steps {
		if i > 0 {
			b.WriteString(" → ")
		}
		at := place(step.Pos.String(), step.How)
		switch {
		case step.Function == "":
			b.WriteString(at)
		case at == "":
			b.WriteString(step.Function)
		default:
			b.WriteString(step.Function + " (" + at + ")")
		}
	}
	return b.String()
}

func place(pos, how string) string {
	switch {
	case how == "":
		return pos
	case pos == "":
		return how
	}
	return pos + ", " + how
}

func operations(uses []Use) int {
	seen := map[string]bool{}
	for _, u := range uses {
		seen[u.Operation] = true
	}
	return len(seen)
}

// Explain prints everything about a scope, or about a function and what is
// reached from it. It reports whether there is such a thing.
func (r *Result) Explain(w io.Writer, subject string) (bool, error) {
	p := text{bufio.NewWriter(w), false}
	found := false
	for _, root := range r.Roots {
		for _, a := range root.APIs {
			for _, s := range a.Scopes {
				uses := s.Operations
				if s.Scope != subject {
					uses = nil
					for _, use := range s.Operations {
						if use.Operation == subject || matches(use.Witness[len(use.Witness)-1].Function, subject) {
							uses = append(uses, use)
						}
					}
				}
				if len(uses) == 0 && s.Scope != subject {
					continue
				}
				found = true
				p.line("%s reaches %s of %s:", root.Name(), s.Scope, a.Title)
				for _, use := range uses {
					p.line("  %s %s (%s)", use.Method, use.Path, use.Operation)
					for _, step := range use.Witness {
						p.line("    %s", Path([]Step{step}))
					}
					for _, site := range use.Sites[1:] {
						p.line("    also in %s", Path([]Step{Step(site)}))
					}
				}
				for _, raw := range s.Raw {
					p.line("  a call that no generated client makes, in %s (%s)", raw.Function, raw.Pos)
				}
			}
			if in(a.Unreachable, subject) {
				found = true
				p.line("%s asks for %s of %s, which is unreachable: it is safe to drop", root.Name(), subject, a.Title)
			}
		}
		if r.passing(p, root, subject) {
			found = true
		}
	}
	return found, p.Flush()
}

// passing prints the uses whose witnesses pass through a function.
func (r *Result) passing(p text, root Root, subject string) bool {
	found := false
	for _, a := range root.APIs {
		for _, s := range a.Scopes {
			for _, use := range s.Operations {
				for _, step := range use.Witness[:len(use.Witness)-1] {
					if matches(step.Function, subject) {
						found = true
						p.line("%s: %s leads to %s (%s): %s", root.Name(), step.Function, s.Scope, use.Operation, Path(use.Witness))
						break
					}
				}
			}
		}
	}
	if found {
		return true
	}
	for _, n := range r.functions[root.Name()] {
		if matches(n.name, subject) {
			p.line("%s: %s is reachable, and no shortest path to an operation leads through it", root.Name(), n.name)
			return true
		}
	}
	return false
}

func matches(name, subject string) bool {
	return name == subject || strings.HasSuffix(name, "."+subject)
}

func in(list []string, s string) bool {
	for _, one := range list {
		if one == s {
			return true
		}
	}
	return false
}
