package audit

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/spec"
)

// Rule is one kind of finding.
type Rule struct {
	ID       string
	Severity diag.Severity
	Text     string
}

// Rules are all kinds of findings.
var Rules = []Rule{
	{"SG1001", diag.Warning, "A scope is in the set that a program asks for, and unreachable: it is safe to drop."},
	{"SG1002", diag.Warning, "A narrower client has every operation that is reachable through this one."},
	{"SG1003", diag.Error, "A scope is reachable and was not granted to the program."},
	{"SG1005", diag.Note, "A client becomes a value of an interface without methods, or reflection reaches it."},
	{"SG1006", diag.Warning, "A program makes calls that no generated client makes, or uses what hides calls."},
	{"SG1007", diag.Error, "The reachable scopes differ from scopes.lock."},
	{"SG1008", diag.Error, "A suppression is unused, has expired, or gives no reason."},
	{"SG1009", diag.Warning, "A call carries more scopes than it needs."},
	{"SG1010", diag.Error, "A call was made that the audit holds to be unreachable: a defect of scopegen, not of the program."},
	{"SG1011", diag.Warning, "A scope, or an operation of a scope, is newly reachable since the revision that was compared with."},
	{"SG1012", diag.Note, "A file that can make calls is not part of this build, so it was not seen."},
	{"SG1013", diag.Warning, "A program contains several generated versions of one API."},
}

func severity(rule string) diag.Severity {
	for _, r := range Rules {
		if r.ID == rule {
			return r.Severity
		}
	}
	return diag.Error
}

// find adds a finding about scopes. Of several equal ones, the first counts.
func (w *writer) find(rule string, pos diag.Position, scopes []string, hint, format string, args ...any) *diag.Diagnostic {
	d := diag.Diagnostic{Severity: severity(rule), Code: rule, Pos: pos, Message: fmt.Sprintf(format, args...), Hint: hint}
	w.marked = append(w.marked, marked{d, scopes})
	return &w.marked[len(w.marked)-1].d
}

func (w *writer) witnessOf(d *diag.Diagnostic, steps []Step) {
	w.result.witnesses[findingKey{d.Code, d.Pos, d.Message}] = steps
}

func (w *writer) findings(r *reach, a *api, out API, order []*used, sets []set, advice []narrower) {
	for _, scope := range out.Unreachable {
		for _, s := range sets {
			pos := w.pos(s.at)
			if !slices.Contains(s.scopes, scope) || !r.judges(pos) {
				continue
			}
			if at := w.embedding(a, s.typ, scope); at.IsValid() {
				pos = w.pos(at)
			}
			d := w.find("SG1001", pos, []string{scope}, "remove scope."+a.scopes[scope].Go+" from the set, and have the scope withdrawn from the client",
				"%s is in the set %s, and unreachable in %s: it is safe to drop", scope, types.TypeString(s.typ, shortly), r.root.name())
			d.Related = append(d.Related, diag.Related{Pos: w.pos(s.at), Message: "the set is given to Authorize here"})
			w.result.advised = append(w.result.advised, advised{finding: keyOf(d), drop: w.drop(a, s, scope)})
		}
	}
	for _, s := range sets {
		for _, scope := range s.scopes {
			if !slices.Contains(out.Unreachable, scope) {
				w.result.advised = append(w.result.advised, advised{drop: w.drop(a, s, scope)})
			}
		}
	}
	for _, u := range order {
		if !slices.ContainsFunc(advice, func(n narrower) bool { return n.used == u }) {
			w.result.advised = append(w.result.advised, advised{client: u.client})
		}
	}
	for _, n := range advice {
		for _, at := range w.constructedAt(r, n.used.client) {
			if !r.judges(w.pos(at.at)) {
				continue
			}
			d := w.find("SG1002", w.pos(at.at), n.used.client.Scopes,
				fmt.Sprintf("use %s.New%s, which carries %s", n.to.Package, n.to.Type, strings.Join(n.to.Scopes, " with ")),
				"%s carries %s, and of its operations only %s reachable in %s: %s has %s too", n.used.client.name(), strings.Join(n.used.client.Scopes, " with "),
				list(n.used.methods()), r.root.name(), n.to.name(), them(len(n.used.sites)))
			for _, method := range n.used.methods() {
				site := n.used.sites[method][0]
				if p := w.pos(site.at); p.File != "" {
					d.Related = append(d.Related, diag.Related{Pos: p, Message: method + " is used here"})
				}
			}
			w.result.advised = append(w.result.advised, advised{finding: keyOf(d), client: n.used.client, narrow: Narrowing{
				Pos: d.Pos, From: n.used.client.goName(), To: n.to.goName(), Lacking: w.lacking(a, sets, n.used.client, n.to),
			}})
		}
	}
	for _, u := range order {
		if u.client.Carries == apitable.CarriesToken {
			if carried := r.tokenOnly(a, u.client, spec.ScopesNamed(out.Requested)); len(carried) > 1 {
				for _, at := range w.constructedAt(r, u.client) {
					w.find("SG1009", w.pos(at.at), out.Requested, "give it a token for the narrowest scope that the program has: runtime.Authorize[…](session)",
						"calls of %s need no scope, and carry a token for %s", u.client.name(), strings.Join(a.byPower(carried), ", "))
				}
			}
		}
	}
	if len(order) > 0 && len(out.Requested) > 1 {
		for _, s := range r.oneToken {
			w.find("SG1009", w.pos(s.at), out.Requested, "leave WithOneToken out, unless the server bills or limits access tokens",
				"every call carries one token for the whole set, %s", strings.Join(out.Requested, ", "))
		}
	}
	w.escapes(r, a)
	for _, e := range a.edited {
		if r.contained[e.pkg] != nil {
			w.find("SG1006", diag.Position{File: w.code.name(e.file)}, nil, "generate the packages again; all operations of this one count as reachable until then",
				"this file of the API %s %s", a.API, e.why)
		}
	}
	if a.unverified {
		w.find("SG1006", diag.Position{File: a.path}, nil, "keep scopegen.json beside the generated packages; a copy in vendor has it only if the entry package is imported",
			"the generated packages of the API %s have no scopegen.json, so nothing tells whether they were edited", a.API)
	}
}

// judges reports whether a root tells that code at pos holds too much: tests do
// not call all that a program does, so they judge their own files alone.
func (r *reach) judges(pos diag.Position) bool {
	return r.root.kind != Test || strings.HasSuffix(pos.File, "_test.go")
}

func setName(s set) string { return types.TypeString(s.typ, shortly) }

// drop describes a scope of a set.
func (w *writer) drop(a *api, s set, scope string) Drop {
	d := Drop{Pos: w.pos(s.at), Scope: scope, Go: a.scopes[scope].Go, Set: setName(s)}
	if at := w.embedding(a, s.typ, scope); at.IsValid() {
		d.Pos, d.Named = w.pos(at), true
	}
	return d
}

func list(names []string) string {
	if len(names) == 1 {
		return names[0] + " is"
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are"
}

func them(n int) string {
	if n == 1 {
		return "it"
	}
	return "them"
}

// constructedAt returns where a client is made, each place once.
func (w *writer) constructedAt(r *reach, c *client) []step {
	var places []step
	for _, s := range r.constructed[c] {
		if !slices.ContainsFunc(places, func(other step) bool { return other.at == s.at }) {
			places = append(places, s)
		}
	}
	return places
}

// embedding returns where a set's declaration embeds a scope.
func (w *writer) embedding(a *api, t types.Type, scope string) token.Pos {
	named, ok := types.Unalias(t).(*types.Named)
	if !ok {
		return token.NoPos
	}
	for _, e := range w.facts.embedded[named.Obj()] {
		if scopes := a.scopesOf(e.typ); slices.Contains(scopes, scope) {
			if len(scopes) > 1 {
				if at := w.embedding(a, e.typ, scope); at.IsValid() {
					return at
				}
			}
			return e.at
		}
	}
	return token.NoPos
}

func (w *writer) escapes(r *reach, a *api) {
	seen := map[string]bool{}
	for _, e := range r.escapes {
		if e.client.api != a {
			continue
		}
		pos := w.pos(e.at)
		key := pos.String() + e.client.name()
		if seen[key] {
			continue
		}
		seen[key] = true
		why := "they count as reachable only where something calls them"
		if r.all != nil {
			why = "they count as reachable, because of " + r.all.why
		}
		w.find("SG1005", pos, e.client.Scopes, "", "%s becomes a value of an interface without methods; its operations are %s; %s",
			e.client.name(), strings.Join(slices.Sorted(maps.Keys(e.client.operations)), ", "), why)
	}
}

// marks reports what only generated code should use.
func (w *writer) marks(r *reach) {
	for _, m := range r.marks {
		pos := w.pos(m.at)
		if m.place.IsValid() {
			pos = diag.Position{File: w.code.name(m.place.Filename), Line: m.place.Line, Column: m.place.Column}
		}
		if pos.File == "" && m.from != nil {
			pos.File = m.from.pkg.PkgPath
		}
		scopes := m.scopes
		d := w.find("SG1006", pos, scopes, "", "%s", m.what)
		if len(scopes) > 0 {
			what := strings.Join(scopes, ", ")
			if what == "*" {
				what = "every scope of the set"
			}
			d.Message += "; " + what + " may be used, and counts as reachable"
		}
		w.witnessOf(d, w.witness(r, m.step, m.what))
	}
}
