package sync

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

func (s *syncer) note(format string, args ...any) {
	s.result.Notes = append(s.result.Notes, fmt.Sprintf(format, args...))
}

// tellMerges notes what is kept of scopes that become one, and what is not.
func (s *syncer) tellMerges() {
	for _, w := range s.order {
		if len(w.merged) == 0 {
			continue
		}
		names := make([]string, len(w.merged))
		for i, sc := range w.merged {
			names[i] = strconv.Quote(sc.Name)
		}
		text := "it has the text of the table"
		if s.options.KeepTexts || w.Permits == "" {
			text = fmt.Sprintf("it has the text of %q", w.old.Name)
		}
		if w.old.Name == w.Name {
			become := "become"
			if len(names) == 1 {
				become = "becomes"
			}
			s.note("%s %s part of %q, whose row stays; %s", strings.Join(names, ", "), become, w.Name, text)
		} else {
			s.note("%q, %s become %q, in the row of %q, which is the first of them; %s", w.old.Name, strings.Join(names, ", "), w.Name, w.old.Name, text)
			if kept := properties(w.old, nil); len(kept) > 0 {
				s.note("%q keeps of %q: %s", w.Name, w.old.Name, strings.Join(kept, ", "))
			}
		}
		for _, sc := range w.merged {
			if lost := properties(sc, w.old); len(lost) > 0 {
				s.note("%q does not take over from %q: %s", w.Name, sc.Name, strings.Join(lost, ", "))
			}
		}
	}
}

// properties lists what a row says about a scope that only one of several scopes can
// bring along, except for what the row of other says too.
func properties(sc, other *spec.Scope) []string {
	if other == nil {
		other = &spec.Scope{}
	}
	var out []string
	for _, p := range []struct{ key, value, other string }{
		{"go_name", sc.GoName, other.GoName}, {"domain", sc.Domain, other.Domain}, {"client", sc.Client, other.Client},
		{"deprecated", fold(sc.Deprecated), fold(other.Deprecated)},
	} {
		if p.value != "" && p.value != p.other {
			out = append(out, fmt.Sprintf("%s %q", p.key, p.value))
		}
	}
	for _, spelling := range sc.Spellings {
		if same, _ := other.Spellings.Get(spelling.Key); same != spelling.Value {
			out = append(out, fmt.Sprintf("the spelling %s %q", spelling.Key, spelling.Value))
		}
	}
	return out
}

// verifyMerges compares what is generated for the catalogue before and after. Each
// name that a scope brought which was merged has to live on as an alias: its type,
// its client and the client's constructor.
func (s *syncer) verifyMerges(c *spec.Catalogue) diag.List {
	into := map[string]*want{} // merged scope → what it becomes
	for _, w := range s.order {
		if len(w.merged) > 0 {
			for _, sc := range append([]*spec.Scope{w.old}, w.merged...) {
				into[sc.Name] = w
			}
		}
	}
	if len(into) == 0 {
		return nil
	}
	if before, _ := plan.Build(s.old, "before"); before == nil {
		return nil // nothing is generated, so no program depends on anything
	}
	var out diag.List
	_, findings := plan.Build(c, "after")
	if findings.Err() != nil {
		for _, f := range findings {
			if f.Severity == diag.Error {
				out = append(out, diag.Diagnostic{Code: "merge", Pos: diag.Position{File: s.name}, Message: "nothing could be generated once these scopes are one: " + f.Message, Hint: f.Hint})
			}
		}
		return out
	}
	report := diff.Compare(diff.Side{Name: "old", Catalogue: s.old}, diff.Side{Name: "new", Catalogue: c})
	for _, change := range report.Changes {
		w := into[change.From]
		if change.Kind != diff.ScopeMerged || len(change.Gone) == 0 || w == nil {
			continue
		}
		old := s.old.Scope(change.From)
		d := diag.Diagnostic{
			Code: "merge", Pos: old.Pos,
			Message: fmt.Sprintf("--rename %s=%s: programs that use %s would not compile any more, because no alias can take the place of these names", old.Name, w.Name, strings.Join(change.Gone, ", ")),
			Hint:    "nothing was written; merge these scopes by hand, and tell those who use these names",
		}
		for _, sc := range []*spec.Scope{old, w.old} {
			if sc.GoName+sc.Domain+sc.Client != "" {
				d.Related = append(d.Related, diag.Related{Pos: sc.Pos, Message: fmt.Sprintf("this row names what is generated for %q itself", sc.Name)})
				d.Hint = "take go_name, domain and client out of these rows first; scopegen diff says whom that breaks"
			}
		}
		// The plan says why it leaves out an alias, at the name in renamed_from.
		for _, former := range c.Scope(w.Name).RenamedFrom {
			for _, f := range findings {
				if former.Value == old.Name && f.Pos == former.Pos {
					d.Message += ": " + f.Message
				}
			}
		}
		out = append(out, d)
	}
	return out
}
