// Package audit finds which scopes a program can reach, and what it holds too
// much of.
//
// It follows references: what main and the initialisation of packages mention,
// called or not, and what that mentions. A method is also reached if a value of
// its type becomes a value of an interface and the method is called through an
// interface, by reflection, or by code that is not analysed. An operation counts
// if the constructor of its client and an Authorize with the client's scopes are
// reached too.
//
// So "unreachable" means that a scope is safe to drop. "Reachable" means that a
// call is possible, not that it happens.
//
// The sources of packages that import the runtime, directly or not, are read; of
// all others the types are enough, because every generated method names a type
// of the runtime, so that no other package can declare an interface with one. Of
// generated packages that nobody edited, the table says what their methods do, and
// what the program can name of them is read.
package audit

import (
	"context"
	"go/token"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
)

// Audit audits the roots that match the patterns. It returns an error, and no
// result, if anything of the program cannot be loaded.
func Audit(ctx context.Context, config Config) (*Result, error) {
	c, err := load(ctx, config)
	if err != nil {
		return nil, err
	}
	result := newResult(newBuild(c.program.GOOS, c.program.GOARCH, c.program.Tags), c.dir)
	f := collect(c.program)
	w := &writer{code: c, facts: f, result: result}
	var kept map[start]map[string]bool
	if config.Precise {
		if kept, err = c.link(ctx, config); err != nil {
			return nil, err
		}
	}
	for _, root := range c.roots {
		r := newReach(c, f, root)
		if kept[root] != nil {
			r.keep(kept[root])
		}
		w.root(r)
	}
	w.unseen(config)
	w.suppress()
	w.finish()
	return result, nil
}

func newResult(build Build, dir string) *Result {
	return &Result{
		Schema: Schema, Build: build, Roots: []Root{}, witnesses: map[findingKey][]Step{}, functions: map[string][]*node{},
		tables: map[string]*apitable.Table{}, raw: map[string]bool{}, wider: map[string]bool{}, dir: dir,
	}
}

// writer turns what is reached into a result.
type writer struct {
	code   *code
	facts  *facts
	result *Result
	marked []marked // findings that a suppression may be for
}

// marked is a finding, and the scopes that it is about.
type marked struct {
	d      diag.Diagnostic
	scopes []string
}

type findingKey struct {
	code    string
	pos     diag.Position
	message string
}

func (w *writer) pos(at token.Pos) diag.Position {
	if !at.IsValid() {
		return diag.Position{}
	}
	p := w.facts.fset.Position(at)
	if w.code.madeUp[p.Filename] {
		return diag.Position{}
	}
	return diag.Position{File: w.code.name(p.Filename), Line: p.Line, Column: p.Column}
}

func (w *writer) site(s step) Site {
	site := Site{Pos: w.pos(s.at), How: s.why}
	if s.from != nil {
		site.Function = s.from.name
	}
	return site
}

// witness returns how a step is reached from the start of the root.
func (w *writer) witness(r *reach, last step, name string) []Step {
	steps := []Step{{name, w.pos(last.at), last.why}}
	seen := map[*node]bool{}
	for n := last.from; n != nil && !seen[n]; {
		seen[n] = true
		via := r.seen[n]
		steps = append(steps, Step{n.name, w.pos(via.at), via.why})
		n = via.from
	}
	slices.Reverse(steps)
	return steps
}

func (w *writer) root(r *reach) {
	out := Root{Package: r.root.path, Kind: r.root.kind, APIs: []API{}}
	for _, a := range w.code.apis {
		if r.contained[a.path] == nil && r.contained[a.path+"/scope"] == nil {
			continue
		}
		out.APIs = append(out.APIs, w.api(r, a))
		w.result.tables[a.path] = a.Table
	}
	w.marks(r)
	w.versions(r)
	w.result.raw[out.Name()] = len(r.marks) > 0 || r.unrestricted
	w.result.wider[out.Name()] = r.wider
	w.result.Roots = append(w.result.Roots, out)
	for n := range r.seen {
		w.result.functions[out.Name()] = append(w.result.functions[out.Name()], n)
	}
}

func (w *writer) api(r *reach, a *api) API {
	requested, sets := r.requested(a)
	out := API{Name: a.API, Title: a.Title, Package: a.path, Scopes: []Scope{}}
	clients := map[*client]*used{}
	var order []*used
	for _, s := range r.sites {
		if s.client.api != a || !s.direct && !r.unrestricted && (len(r.constructed[s.client]) == 0 || !requested.CoversNames(s.client.Scopes)) {
			continue
		}
		u := clients[s.client]
		if u == nil {
			u = &used{s.client, map[string][]site{}}
			clients[s.client] = u
			order = append(order, u)
		}
		u.sites[s.method] = append(u.sites[s.method], s)
	}
	slices.SortFunc(order, func(x, y *used) int { return strings.Compare(x.client.name(), y.client.name()) })

	reachable, carried := map[string]bool{}, map[string]bool{}
	uses := map[string][]Use{} // by scope
	for _, u := range order {
		for _, method := range u.methods() {
			use := w.use(r, u, method)
			if u.client.Carries != apitable.CarriesScopes {
				out.Unscoped = append(out.Unscoped, use)
			}
			for _, s := range u.client.Scopes {
				reachable[s], carried[s] = true, true
				uses[s] = append(uses[s], use)
			}
		}
		if u.client.Carries == apitable.CarriesToken {
			for s := range r.tokenOnly(a, u.client, requested) {
				carried[s] = true
			}
		}
	}
	raw := map[string][]Site{}
	for _, m := range r.marks {
		scopes := m.scopes
		if len(scopes) == 1 && scopes[0] == "*" {
			scopes = nil
			if m.api == nil || m.api == a {
				for s := range requested {
					scopes = append(scopes, s)
				}
			}
		} else if m.api != a {
			continue
		}
		for _, s := range scopes {
			reachable[s], carried[s] = true, true
			raw[s] = append(raw[s], w.site(m.step))
		}
	}
	if len(r.oneToken) > 0 && len(order) > 0 {
		for s := range requested {
			carried[s] = true
		}
	}
	out.Requested, out.Reachable, out.Carried = a.byPower(requested), a.byPower(reachable), a.byPower(carried)
	least, advice := a.least(r, order, raw, requested)
	out.Least = a.byPower(least)
	unreachable := map[string]bool{}
	for s := range requested {
		unreachable[s] = !reachable[s] && !least[s]
	}
	out.Unreachable = a.byPower(unreachable)
	for _, s := range out.Reachable {
		scope := Scope{s, a.permitted([]string{s}), uses[s], raw[s]}
		if scope.Operations == nil {
			scope.Operations = []Use{}
		}
		out.Scopes = append(out.Scopes, scope)
	}
	w.findings(r, a, out, order, sets, advice)
	return out
}

func (w *writer) use(r *reach, u *used, method string) Use {
	op := u.client.operations[method]
	sites := slices.Clone(u.sites[method])
	slices.SortStableFunc(sites, func(x, y site) int { return len(w.witness(r, x.step, "")) - len(w.witness(r, y.step, "")) })
	name := u.client.name() + "." + method
	use := Use{
		Operation: op.ID, Method: op.Method, Path: op.Path, Client: u.client.name(), Carries: append([]string{}, u.client.Scopes...),
		Witness: w.witness(r, sites[0].step, name),
	}
	for _, s := range sites {
		if one := w.site(s.step); !slices.Contains(use.Sites, one) {
			use.Sites = append(use.Sites, one)
		}
	}
	return use
}

// finish hands the findings over.
func (w *writer) finish() {
	for _, m := range w.marked {
		w.result.Findings = append(w.result.Findings, m.d)
	}
	w.result.sort()
	if w.result.Findings == nil {
		w.result.Findings = diag.List{}
	}
}
