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
// of the runtime, so that no other package can declare an interface with one.
package audit

import (
	"cmp"
	"context"
	"go/token"
	"go/types"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/apitable"
)

// Schema is the number of the form of a [Result] as JSON.
const Schema = 1

// Result is what an audit found.
type Result struct {
	Schema   int       `json:"schema"`
	Build    Build     `json:"build"`
	Roots    []Root    `json:"roots"`
	Findings diag.List `json:"findings"`

	witnesses map[findingKey][]Step // of findings, for SARIF
	functions []function
	dir       string // in which the names of files are meant
}

// Build is what a program was audited for.
type Build struct {
	GOOS   string `json:"goos" yaml:"goos"`
	GOARCH string `json:"goarch" yaml:"goarch"`
	Tags   string `json:"tags,omitempty" yaml:"tags,omitempty"`
}

// Root is one program, or one package that was audited for others.
type Root struct {
	Package string `json:"package"`
	APIs    []API  `json:"apis"`
}

// API is what one root does with one API. Lists of scopes are in the order of
// their power: those that permit most operations come first.
type API struct {
	Name        string   `json:"api"`
	Title       string   `json:"title"`
	Package     string   `json:"package"`
	Requested   []string `json:"requested"`   // what the sets given to Authorize name
	Reachable   []string `json:"reachable"`   // what calls may use
	Unreachable []string `json:"unreachable"` // requested, and safe to drop
	Carried     []string `json:"carried"`     // what the access tokens of calls hold
	Least       []string `json:"least"`       // what would do, with the narrowest clients
	Scopes      []Scope  `json:"scopes"`
	Unscoped    []Use    `json:"unscoped,omitempty"` // operations that need no scope
}

// Scope is a reachable scope with what may use it.
type Scope struct {
	Scope      string `json:"scope"`
	Permits    int    `json:"permits"` // how many operations of the API it permits without another scope
	Operations []Use  `json:"operations"`
	Raw        []Site `json:"raw,omitempty"` // calls with it that no generated client makes
}

// Use is one operation through one client.
type Use struct {
	Operation string   `json:"operation"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Client    string   `json:"client"`
	Carries   []string `json:"carries"`
	Sites     []Site   `json:"sites"`
	Witness   []Step   `json:"witness"` // a shortest path from the start of the root to the first site
}

// Site is a place that introduces a call.
type Site struct {
	Function string        `json:"function"`
	Pos      diag.Position `json:"position"`
	How      string        `json:"how,omitempty"` // if it is no plain reference
}

// Step is one step of a witness: Function, reached at Pos of the step before.
type Step struct {
	Function string        `json:"function"`
	Pos      diag.Position `json:"position"`
	How      string        `json:"how,omitempty"`
}

// Audit audits the roots that match the patterns. It returns an error, and no
// result, if anything of the program cannot be loaded.
func Audit(ctx context.Context, config Config) (*Result, error) {
	c, err := load(ctx, config)
	if err != nil {
		return nil, err
	}
	result := &Result{Schema: Schema, Build: build(config), Roots: []Root{}, witnesses: map[findingKey][]Step{}, dir: c.dir}
	if c.program == nil {
		for _, root := range c.roots {
			result.Roots = append(result.Roots, Root{Package: root.PkgPath, APIs: []API{}})
		}
		return result, nil
	}
	f := collect(c.program)
	w := &writer{code: c, facts: f, result: result}
	for _, root := range c.roots {
		w.root(newReach(c, f, root))
	}
	w.suppress()
	w.finish()
	return result, nil
}

func build(config Config) Build {
	return Build{cmp.Or(os.Getenv("GOOS"), runtime.GOOS), cmp.Or(os.Getenv("GOARCH"), runtime.GOARCH), config.Tags}
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
	return diag.Position{File: w.code.program.Name(p.Filename), Line: p.Line, Column: p.Column}
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
	out := Root{Package: r.root.PkgPath, APIs: []API{}}
	for _, a := range w.code.apis {
		if r.contained[a.path] == nil && r.contained[a.path+"/scope"] == nil {
			continue
		}
		out.APIs = append(out.APIs, w.api(r, a, out.Package))
	}
	w.marks(r)
	w.result.Roots = append(w.result.Roots, out)
	for n := range r.seen {
		w.result.functions = append(w.result.functions, function{r, n})
	}
}

type function struct {
	reach *reach
	node  *node
}

// permitted returns how many operations a set of scopes permits, and those that
// it implies.
func (a *api) permitted(scopes []string) int {
	held := map[string]bool{}
	for _, s := range scopes {
		held[s] = true
		if entry := a.scopes[s]; entry != nil {
			for _, implied := range entry.Implies {
				held[implied] = true
			}
		}
	}
	counted := map[string]bool{}
	for _, op := range a.Operations {
		if slices.ContainsFunc(op.Requires, func(set []string) bool {
			return !slices.ContainsFunc(set, func(s string) bool { return !held[s] })
		}) {
			counted[op.ID] = true
		}
	}
	return len(counted)
}

// byPower puts the widest scopes first; scopes of one power are in the order of
// the table.
func (a *api) byPower(held map[string]bool) []string {
	list := []string{}
	for _, s := range a.Scopes {
		if held[s.Scope] {
			list = append(list, s.Scope)
		}
	}
	slices.SortStableFunc(list, func(x, y string) int { return a.permitted([]string{y}) - a.permitted([]string{x}) })
	return list
}

// used is one client of which something is reached.
type used struct {
	client *client
	sites  map[string][]site // by method
}

func (u *used) methods() []string {
	var names []string
	for name := range u.sites {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (w *writer) api(r *reach, a *api, root string) API {
	requested, sets := r.requested(a)
	out := API{Name: a.API, Title: a.Title, Package: a.path, Scopes: []Scope{}}
	clients := map[*client]*used{}
	var order []*used
	for _, s := range r.sites {
		if s.client.api != a || !s.direct && !r.unrestricted && (len(r.constructed[s.client]) == 0 || !covers(requested, s.client.Scopes)) {
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

func covers(held map[string]bool, want []string) bool {
	return !slices.ContainsFunc(want, func(s string) bool { return !held[s] })
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

// requested returns the scopes of the sets that the root gives to Authorize.
func (r *reach) requested(a *api) (map[string]bool, []set) {
	requested := map[string]bool{}
	var sets []set
	for _, s := range r.sets {
		if s.api == a {
			sets = append(sets, s)
		}
	}
	if r.open {
		// The set is a type parameter: it may be any that a type argument names.
		for _, c := range r.candidates {
			if r.code.ours[pathOf(c.to)] && (r.code.generated(pathOf(c.to)) || strings.HasPrefix(pathOf(c.to), runtimePath)) || !types.IsInterface(c.typ) {
				continue
			}
			if scopes := a.scopesOf(c.typ); len(scopes) > 0 {
				sets = append(sets, set{step{nil, c.at, ""}, c.typ, a, scopes})
			}
		}
	}
	for _, s := range sets {
		for _, scope := range s.scopes {
			requested[scope] = true
		}
	}
	return requested, sets
}

func pathOf(o types.Object) string {
	if o.Pkg() == nil {
		return ""
	}
	return o.Pkg().Path()
}

// tokenOnly returns what the calls of a token-only client carry.
func (r *reach) tokenOnly(a *api, c *client, requested map[string]bool) map[string]bool {
	carried := map[string]bool{}
	for _, t := range r.arguments[c] {
		if _, ok := types.Unalias(t).(*types.TypeParam); ok {
			return requested
		}
		for _, s := range a.scopesOf(t) {
			carried[s] = true
		}
	}
	return carried
}

// narrower is advice to use another client.
type narrower struct {
	used *used
	to   *client
}

// least returns the scopes that would do if every client were the narrowest that
// has all the operations which are reached through it: the one that permits the
// fewest operations, then one whose scopes are carried already, then the one with
// the fewest scopes.
func (a *api) least(r *reach, order []*used, raw map[string][]Site, requested map[string]bool) (map[string]bool, []narrower) {
	least := map[string]bool{}
	for s := range raw {
		least[s] = true
	}
	var advice []narrower
	carried := map[string]bool{}
	for _, u := range order {
		for _, s := range u.client.Scopes {
			carried[s] = true
		}
	}
	tokenOnly := false
	for _, u := range order {
		if u.client.Carries != apitable.CarriesScopes {
			tokenOnly = tokenOnly || u.client.Carries == apitable.CarriesToken
			continue
		}
		best := u.client
		for _, name := range slices.Sorted(keys(a.clients)) {
			c := a.clients[name]
			if c.Carries != apitable.CarriesScopes || c == best || !has(c, u) {
				continue
			}
			missing := func(c *client) int {
				if covers(carried, c.Scopes) {
					return 0
				}
				return 1
			}
			if cmp.Or(a.permitted(c.Scopes)-a.permitted(best.Scopes), missing(c)-missing(best), len(c.Scopes)-len(best.Scopes)) < 0 {
				best = c
			}
		}
		if best != u.client && a.permitted(best.Scopes) < a.permitted(u.client.Scopes) {
			advice = append(advice, narrower{u, best})
		} else {
			best = u.client
		}
		for _, s := range best.Scopes {
			least[s] = true
		}
	}
	if tokenOnly && len(least) == 0 {
		// Any token will do, and a token needs a scope.
		if list := a.byPower(requested); len(list) > 0 {
			least[list[len(list)-1]] = true
		}
	}
	return least, advice
}

// has reports whether a client has all operations that are reached through another.
func has(c *client, u *used) bool {
	for method := range u.sites {
		op := u.client.operations[method]
		if other := c.operations[method]; other != nil && other.ID == op.ID {
			continue
		}
		return false
	}
	return true
}

func keys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
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

// sort orders the findings and adds the source lines.
func (r *Result) sort() {
	r.Findings.Sort()
	r.Findings.Fill(func(name string) ([]byte, error) {
		if !filepath.IsAbs(name) {
			name = filepath.Join(r.dir, name)
		}
		return os.ReadFile(name)
	})
}
