package sync

import (
	"fmt"
	"maps"
	"slices"
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

// keepNames compares what is generated for the catalogue before and after. Of scopes
// that were renamed or merged, each name has to live on as an alias: the types of the
// scopes, the clients and their constructors. It records what the catalogue does not
// say yet about clients that have other names now.
func (s *syncer) keepNames() diag.List {
	if len(s.renames) == 0 {
		return nil
	}
	before, _ := plan.Build(s.old, "before")
	if before == nil {
		return nil // nothing is generated, so no program depends on anything
	}
	after, findings := plan.Build(s.result.Catalogue, "after")
	if after == nil {
		return s.verifyMerges(findings, nil)
	}
	former := s.formerClients(before, after, s.result.Catalogue)
	lost, files, why := former, s.result.Files, map[string]string{}
	for left := -1; len(former) != left && len(lost) > 0; { // until no name is recorded that can have no alias
		left = len(former)
		s.result.Files = maps.Clone(files)
		if err := s.recordFormer(former); err != nil {
			return cannotEdit(s.name, err.Error())
		}
		c, wrong := s.load()
		if wrong.Err() != nil {
			return wrong
		}
		if after, findings = plan.Build(c, "after"); after == nil {
			return s.verifyMerges(findings, nil)
		}
		lost, s.result.Catalogue = s.formerClients(before, after, c), c
		for _, cl := range c.Clients {
			for _, f := range findings {
				for _, earlier := range cl.RenamedFrom {
					if earlier.Pos == f.Pos {
						why[earlier.Value] = ": " + f.Message
					}
				}
			}
		}
		maps.DeleteFunc(former, func(name string, _ []string) bool { return lost[name] != nil })
	}
	for _, name := range slices.Sorted(maps.Keys(former)) {
		s.note("%s lives on as an alias: the list of clients names it under renamed_from of the client of %s", name, strings.Join(former[name], " with "))
	}
	for _, name := range slices.Sorted(maps.Keys(lost)) {
		s.note("%s gets no alias, so programs that use it do not compile any more; the client of %s holds its operations%s", name, strings.Join(lost[name], " with "), why[name])
	}
	needed := clientNames(before)
	maps.DeleteFunc(lost, func(name string, _ []string) bool { return len(needed[name]) == 1 })
	return s.verifyMerges(findings, lost)
}

// verifyMerges refuses a merge after which names of the scopes' own have no alias.
// findings are those of planning the catalogue as it will be, lost the clients of which
// a note says that they have none.
func (s *syncer) verifyMerges(findings diag.List, lost map[string][]string) diag.List {
	told := map[string]bool{}
	for name := range lost {
		pkg, client, _ := strings.Cut(name, ".")
		told[name], told[pkg+".New"+client] = true, true
	}
	c := s.result.Catalogue
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
	var out diag.List
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
		gone := slices.DeleteFunc(slices.Clone(change.Gone), func(name string) bool { return told[name] })
		if change.Kind != diff.ScopeMerged || len(gone) == 0 || w == nil {
			continue
		}
		old := s.old.Scope(change.From)
		d := diag.Diagnostic{
			Code: "merge", Pos: old.Pos,
			Message: fmt.Sprintf("--rename %s=%s: programs that use %s would not compile any more, because no alias can take the place of these names", old.Name, w.Name, strings.Join(gone, ", ")),
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
