package audit

import (
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/go/types/typeutil"
)

// step says how something was reached: from a node, at a place in it.
type step struct {
	from *node // nil for what runs by itself
	at   token.Pos
	why  string // how, where it is no plain reference
}

// site is one place that introduces a call.
type site struct {
	step
	client *client
	method string
	direct bool // whether the constructor counts, because the call was found by a link or in edited code
}

// escape is a client that becomes a value of an interface without methods.
type escape struct {
	step
	client *client
}

// reach is what one root can reach.
type reach struct {
	code  *code
	facts *facts
	root  start
	// contained are the packages in the root, by import path.
	contained map[string]*packages.Package

	seen    map[*node]step
	static  []*node // to be visited, by plain references
	dynamic []pending

	live     typeutil.Map // types that are in interfaces → *alive
	order    []*alive     // the same, in the order found
	called   map[*types.Func]step
	names    map[string]step // methods called by outside generics or by constant names
	others   map[string]step // the same, of types that are no clients
	all      *step           // methods called by reflection
	visited  typeutil.Map    // types whose parts were looked at
	asserted typeutil.Map    // interface types that any value which implements them may become

	sites        []site
	constructed  map[*client][]step
	arguments    map[*client][]types.Type // the sets that token-only clients were made with
	sets         []set
	open         bool       // Authorize is used with a type parameter
	candidates   []argument // type arguments that may be sets
	marks        []mark
	escapes      []escape
	oneToken     []step
	wider        bool            // the session takes tokens for more than it asked for
	handedOut    map[step]bool   // where the program takes an access token
	generic      map[string]bool // packages outside whose interfaces were read
	unrestricted bool            // constructors and sets do not count
}

type pending struct {
	fn  *types.Func
	via step
}

// newReach finds what a root reaches.
func newReach(c *code, f *facts, root start) *reach {
	r := &reach{
		code: c, facts: f, root: root, contained: map[string]*packages.Package{}, seen: map[*node]step{},
		called: map[*types.Func]step{}, names: map[string]step{}, others: map[string]step{}, constructed: map[*client][]step{},
		arguments: map[*client][]types.Type{}, generic: map[string]bool{}, handedOut: map[step]bool{},
	}
	for p := range packages.Postorder([]*packages.Package{root.pkg}) {
		r.contained[p.PkgPath] = p
	}
	if why := c.reflective(r.contained); why != "" {
		r.all = &step{why: why}
	}
	for _, fn := range f.symbols[root.pkg.PkgPath+".main"] {
		r.enqueue(f.nodes[fn], step{})
	}
	for _, path := range slices.Sorted(maps.Keys(r.contained)) {
		if n := f.packages[r.contained[path].ID]; n != nil {
			r.enqueue(n, step{})
		}
	}
	r.links()
	r.edits()
	if root.kind == Library {
		r.library()
	}
	for {
		for len(r.static) > 0 {
			n := r.static[0]
			r.static = r.static[1:]
			r.visit(n)
		}
		r.match()
		if len(r.dynamic) == 0 {
			return r
		}
		// Steps through interfaces come after all plain ones, so that a witness has
		// as few of them as possible.
		found := r.dynamic
		r.dynamic = nil
		for _, p := range found {
			r.reached(reference{fn: p.fn, at: p.via.at}, p.via)
		}
	}
}

// library makes everything that a package exports a start.
func (r *reach) library() {
	r.unrestricted = true
	for fn, n := range r.facts.nodes {
		if n.pkg.ID != r.root.pkg.ID || !fn.Exported() {
			continue
		}
		if recv := fn.Signature().Recv(); recv != nil {
			if named := namedOf(recv.Type()); named == nil || !named.Obj().Exported() {
				continue
			}
		}
		r.enqueue(n, step{why: "exported"})
	}
}

func (r *reach) enqueue(n *node, via step) {
	if n == nil {
		return
	}
	if _, ok := r.seen[n]; ok {
		return
	}
	if p := r.contained[n.pkg.PkgPath]; p == nil || p.ID != n.pkg.ID {
		return
	}
	r.seen[n] = via
	r.static = append(r.static, n)
}

func (r *reach) visit(n *node) {
	for _, ref := range n.refs {
		r.reached(ref, step{n, ref.at, ""})
	}
	for _, a := range n.arguments {
		r.argument(n, a)
	}
	for _, t := range n.asserted {
		r.assert(t)
	}
	for _, h := range n.handovers {
		via := step{n, h.at, ""}
		if h.empty && !h.inst {
			if c := r.clientOf(h.typ); c != nil {
				r.escapes = append(r.escapes, escape{via, c})
			}
		}
		to := h.to
		if h.inst {
			to = nil
		}
		r.handOver(h.typ, to, via)
	}
	for _, b := range n.byName {
		if _, ok := r.names[b.name]; !ok {
			r.names[b.name] = step{n, b.at, "reflection, by name"}
		}
	}
	for _, at := range n.reflects {
		if r.all == nil {
			r.all = &step{n, at, "reflection"}
		}
	}
	for _, d := range n.described {
		r.marks = append(r.marks, mark{step: step{n, d.at, ""}, what: d.name + ", which is for generated code"})
	}
	for _, u := range n.unsafe {
		if r.mentions(u.typ) {
			r.unrestricted = true
			r.marks = append(r.marks, mark{step: step{n, u.at, ""}, what: "an unsafe pointer becomes " + types.TypeString(u.typ, shortly)})
		}
	}
}

// argument looks at a type argument: its methods may be called by what is
// generic, wherever that is.
func (r *reach) argument(n *node, a argument) {
	r.candidates = append(r.candidates, a)
	eachInterface(a.typ, r.assert)
	to := a.to.Pkg()
	if to == nil || r.code.ours[to.Path()] || !r.mentions(a.typ) {
		return
	}
	// An interface that a client implements names CallOption, which generic code
	// out there has from a type argument alone.
	names, key := r.others, to.Path()
	if namesCallOption(a.typ) {
		names, key = r.names, key+" CallOption"
	}
	p := r.contained[to.Path()]
	if p == nil || standard(p) || r.generic[key] {
		return
	}
	r.generic[key] = true
	for name := range r.code.interfaceMethods(p) {
		if _, ok := names[name]; !ok {
			names[name] = step{n, a.at, "generic code of package " + to.Path()}
		}
	}
}

// reached follows a use of a function.
func (r *reach) reached(ref reference, via step) {
	fn := ref.fn.Origin()
	if fn.Pkg() == nil {
		return
	}
	path := fn.Pkg().Path()
	if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		if _, ok := r.called[fn]; !ok {
			r.called[fn] = via
		}
		return
	}
	if a := r.code.apiOf(path); a != nil {
		r.generated(a, fn, ref, via)
		return
	}
	if path == runtimePath || path == implPath || path == sourcePath {
		r.runtime(fn, ref, via)
		return
	}
	r.enqueue(r.facts.nodes[fn], via)
}

func (r *reach) generated(a *api, fn *types.Func, ref reference, via step) {
	path := fn.Pkg().Path()
	if recv := fn.Signature().Recv(); recv != nil {
		if c := r.clientOf(recv.Type()); c != nil && c.operations[fn.Name()] != nil {
			r.sites = append(r.sites, site{via, c, fn.Name(), false})
		}
		return
	}
	if c := a.constructors[path+"."+fn.Name()]; c != nil {
		r.constructed[c] = append(r.constructed[c], via)
		r.arguments[c] = append(r.arguments[c], ref.args...)
	}
	if path == a.path && fn.Name() == "API" || path == a.path+"/scope" && fn.Name() == "All" {
		r.marks = append(r.marks, mark{step: via, what: funcName(fn) + ": an API value of the program's own", api: a})
	}
}
