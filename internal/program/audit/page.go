package audit

import (
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/plural"
	"github.com/scopegen/scopegen/internal/visible"
	"github.com/scopegen/scopegen/templates"
)

// What the template of the page gets. All text of programs and catalogues has
// gone through visible.Line; package html/template escapes it.
type (
	page struct {
		Summary, Build string
		Counts         []pageCount
		Findings       []pageFinding
		Pictures       []picture
		Roots          []pageRoot
	}
	pageCount struct {
		Number int
		What   string
		Drop   bool
	}
	pagePlace   struct{ Text, Link, Source string }
	pageFinding struct {
		Severity, Code, Message, Hint string
		At                            pagePlace
		Related                       []pageRelated
	}
	pageRelated struct {
		At      pagePlace
		Message string
	}
	pageRoot struct {
		Package string
		APIs    []pageAPI
	}
	pageAPI struct {
		ID, Title, Package                     string
		Requested, Unreachable, Carried, Least []string
		Scopes                                 []pageScope
	}
	pageScope struct {
		Scope, Share string // no Scope: operations that need none
		Permits      int
		Rows         []pageRow
	}
	pageRow struct {
		ID, Operation, Method, Path string // no Path: a call that no generated client makes
		Steps, Also                 []pageStep
	}
	pageStep struct {
		Function, How string
		At            pagePlace
	}
)

// Page writes one HTML page that needs no other file and no script: the findings,
// a picture of each API, and how each operation is reached. link returns the
// address at which a position can be read, or "".
func (r *Result) Page(w io.Writer, link func(diag.Position) string) error {
	t, err := template.ParseFS(templates.Audit, "audit/page.html.tmpl")
	if err != nil {
		return err
	}
	b := pageWriter{link}
	p := page{Summary: r.Summary(), Build: visible.Line(r.Build.String())}
	for _, d := range r.Findings {
		p.Findings = append(p.Findings, b.finding(d))
	}
	var apis []string
	for i, root := range r.Roots {
		shown := pageRoot{Package: visible.Line(root.Name())}
		for j, a := range root.APIs {
			shown.APIs = append(shown.APIs, b.api(fmt.Sprintf("p%da%d", i+1, j+1), a))
			if pkg := visible.Line(a.Package); !slices.Contains(apis, pkg) {
				apis = append(apis, pkg)
			}
		}
		p.Roots = append(p.Roots, shown)
	}
	for i, pkg := range apis {
		p.Pictures = append(p.Pictures, draw(fmt.Sprintf("api%d", i+1), p.Roots, pkg))
	}
	p.count(apis)
	return t.Execute(w, p)
}

// count sums up what all programs have in common.
func (p *page) count(apis []string) {
	requested, reachable, unused, operations := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, root := range p.Roots {
		for _, a := range root.APIs {
			for _, scope := range a.Requested {
				requested[a.Package+" "+scope] = true
			}
			for _, scope := range a.Unreachable {
				unused[root.Package+" "+a.Package+" "+scope] = true
			}
			for _, s := range a.Scopes {
				if s.Scope != "" {
					reachable[a.Package+" "+s.Scope] = true
				}
				for _, row := range s.Rows {
					if row.Path != "" {
						operations[a.Package+" "+row.Method+" "+row.Path] = true
					}
				}
			}
		}
	}
	named := func(n int, one, many string) string {
		if n == 1 {
			return one
		}
		return many
	}
	p.Counts = []pageCount{
		{len(p.Roots), named(len(p.Roots), "program", "programs"), false},
		{len(apis), named(len(apis), "API", "APIs"), false},
		{len(requested), named(len(requested), "scope requested", "scopes requested"), false},
		{len(reachable), named(len(reachable), "scope reachable", "scopes reachable"), false},
		{len(operations), named(len(operations), "operation reachable", "operations reachable"), false},
		{len(unused), "safe to drop", len(unused) > 0},
	}
}

type pageWriter struct{ link func(diag.Position) string }

func (b pageWriter) place(pos diag.Position, source string) pagePlace {
	if pos.File == "" {
		return pagePlace{}
	}
	return pagePlace{visible.Line(fileLine(pos)), b.link(pos), visible.Line(strings.TrimSpace(source))}
}

func (b pageWriter) finding(d diag.Diagnostic) pageFinding {
	f := pageFinding{d.Severity.String(), d.Code, visible.Line(d.Message), visible.Line(d.Hint), b.place(d.Pos, d.Source), nil}
	for _, related := range d.Related {
		f.Related = append(f.Related, pageRelated{b.place(related.Pos, related.Source), visible.Line(related.Message)})
	}
	return f
}

func (b pageWriter) api(id string, a API) pageAPI {
	shown := pageAPI{ID: id, Title: visible.Line(a.Title), Package: visible.Line(a.Package),
		Requested: lines(a.Requested), Unreachable: lines(a.Unreachable), Carried: lines(a.Carried), Least: lines(a.Least)}
	for i, s := range a.Scopes {
		scope := pageScope{Scope: visible.Line(s.Scope), Permits: s.Permits, Share: fmt.Sprintf("%s reachable; alone it permits %d", plural.Count(operations(s.Operations), "operation"), s.Permits)}
		for _, use := range s.Operations {
			scope.Rows = append(scope.Rows, b.use(fmt.Sprintf("%ss%d.%d", id, i+1, len(scope.Rows)+1), use))
		}
		for _, raw := range s.Raw {
			scope.Rows = append(scope.Rows, pageRow{ID: fmt.Sprintf("%ss%d.%d", id, i+1, len(scope.Rows)+1), Steps: []pageStep{b.step(raw.Function, raw.Pos, raw.How)}})
		}
		if len(scope.Rows) > 0 {
			shown.Scopes = append(shown.Scopes, scope)
		}
	}
	if len(a.Unscoped) > 0 {
		var none pageScope
		for i, use := range a.Unscoped {
			none.Rows = append(none.Rows, b.use(fmt.Sprintf("%sn%d", id, i+1), use))
		}
		shown.Scopes = append(shown.Scopes, none)
	}
	return shown
}

func (b pageWriter) use(id string, use Use) pageRow {
	row := pageRow{ID: id, Operation: visible.Line(use.Operation), Method: visible.Line(use.Method), Path: visible.Line(use.Path)}
	for _, step := range use.Witness {
		row.Steps = append(row.Steps, b.step(step.Function, step.Pos, step.How))
	}
	for i, site := range use.Sites {
		if i > 0 { // the witness leads to the first
			row.Also = append(row.Also, b.step(site.Function, site.Pos, site.How))
		}
	}
	return row
}

func (b pageWriter) step(function string, pos diag.Position, how string) pageStep {
	return pageStep{visible.Line(function), visible.Line(how), b.place(pos, "")}
}

// scope returns what the program reaches with a scope, or nil.
func (a pageAPI) scope(scope string) *pageScope {
	for i := range a.Scopes {
		if a.Scopes[i].Scope == scope {
			return &a.Scopes[i]
		}
	}
	return nil
}

func (a pageAPI) rows(scope string) []pageRow {
	if s := a.scope(scope); s != nil {
		return s.Rows
	}
	return nil
}

func (s *pageScope) onlyRaw() bool {
	return !slices.ContainsFunc(s.Rows, func(row pageRow) bool { return row.Path != "" })
}
