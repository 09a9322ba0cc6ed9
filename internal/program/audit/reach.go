package audit

import (
	"go/token"
	"go/types"
	"maps"
	"slices"
	"strings"

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

// mark is a use of what only generated code should use, or of what hides calls.
type mark struct {
	step
	what   string
	api    *api           // nil if any may be meant
	scopes []string       // that it may use
	place  token.Position // if there is no source that was analysed
}

// set is a scope set that Authorize is given.
type set struct {
	step
	typ    types.Type
	api    *api
	scopes []string
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
	root  *packages.Package
	// contained are the packages in the root, by import path.
	contained map[string]*packages.Package

	seen    map[*node]step
	static  []*node // to be visited, by plain references
	dynamic []pending

	live    typeutil.Map // types that are in interfaces → *alive
	order   []*alive     // the same, in the order found
	called  map[*types.Func]step
	names   map[string]step // methods called by outside generics or by constant names
	others  map[string]step // the same, of types that are no clients
	all     *step           // methods called by reflection
	visited typeutil.Map    // types whose parts were looked at

	sites        []site
	constructed  map[*client][]step
	arguments    map[*client][]types.Type // the sets that token-only clients were made with
	sets         []set
	open         bool       // Authorize is used with a type parameter
	candidates   []argument // type arguments that may be sets
	marks        []mark
	escapes      []escape
	oneToken     []step
	generic      map[string]bool // packages outside whose interfaces were read
	unrestricted bool            // constructors and sets do not count
}

type pending struct {
	fn  *types.Func
	via step
}

type alive struct {
	typ     types.Type
	methods *types.MethodSet
	via     step
}

// newReach finds what a root reaches.
func newReach(c *code, f *facts, root *packages.Package) *reach {
	r := &reach{
		code: c, facts: f, root: root, contained: map[string]*packages.Package{}, seen: map[*node]step{},
		called: map[*types.Func]step{}, names: map[string]step{}, others: map[string]step{}, constructed: map[*client][]step{},
		arguments: map[*client][]types.Type{}, generic: map[string]bool{},
	}
	for p := range packages.Postorder([]*packages.Package{root}) {
		r.contained[p.PkgPath] = p
	}
	if why := c.reflective(r.contained); why != "" {
		r.all = &step{why: why}
	}
	if fn := f.symbols[root.PkgPath+".main"]; fn != nil {
		r.enqueue(f.nodes[fn], step{})
	}
	for _, path := range slices.Sorted(maps.Keys(r.contained)) {
		if n := f.packages[path]; n != nil {
			r.enqueue(n, step{})
		}
	}
	r.links()
	r.edits()
	if root.Name != "main" {
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
		if n.pkg.PkgPath != r.root.PkgPath || !fn.Exported() {
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

// links reaches what directives link to.
func (r *reach) links() {
	for _, l := range r.code.linked {
		if r.contained[l.pkg.PkgPath] == nil {
			continue
		}
		via := step{why: "linkname at " + r.code.program.Name(l.at.Filename)}
		from := r.facts.packages[l.pkg.PkgPath]
		if from == nil {
			from = &node{name: l.pkg.Name, pkg: l.pkg}
		}
		via.from = from
		hit := false
		for _, a := range r.code.apis {
			for name, c := range a.clients {
				rest, ok := strings.CutPrefix(l.target, "("+"*"+name+").")
				if !ok {
					rest, ok = strings.CutPrefix(l.target, c.path+".(*"+c.Type+").")
				}
				if ok && c.operations[rest] != nil {
					r.sites = append(r.sites, site{via, c, rest, true})
					hit = true
				}
			}
			for _, c := range a.functions[l.target] {
				r.sites = append(r.sites, site{via, c, c.functions[l.target[len(c.path)+1:]], true})
				hit = true
			}
			if c := a.constructors[l.target]; c != nil {
				r.constructed[c] = append(r.constructed[c], via)
				hit = true
			}
		}
		if fn := r.facts.symbols[l.target]; fn != nil {
			r.enqueue(r.facts.nodes[fn], via)
		}
		if hit || strings.HasPrefix(l.target, runtimePath) {
			r.marks = append(r.marks, mark{step: step{from, token.NoPos, ""}, what: "go:linkname to " + l.target, place: l.at})
		}
	}
}

// edits counts every operation of edited packages.
func (r *reach) edits() {
	for _, a := range r.code.apis {
		for _, e := range a.edited {
			if r.contained[e.pkg] == nil {
				continue
			}
			for _, c := range a.clients {
				if c.path != e.pkg {
					continue
				}
				for _, method := range slices.Sorted(maps.Keys(c.operations)) {
					r.sites = append(r.sites, site{step{why: "the package was edited: " + r.code.program.Name(e.file)}, c, method, true})
				}
			}
		}
	}
}

func (r *reach) enqueue(n *node, via step) {
	if n == nil {
		return
	}
	if _, ok := r.seen[n]; ok || r.contained[n.pkg.PkgPath] == nil {
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
	for _, h := range n.handovers {
		via := step{n, h.at, ""}
		if h.empty && !h.inst {
			if c := r.clientOf(h.typ); c != nil {
				r.escapes = append(r.escapes, escape{via, c})
			}
		}
		r.handOver(h.typ, via)
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

func shortly(p *types.Package) string { return p.Name() }

// argument looks at a type argument: its methods may be called by what is
// generic, wherever that is.
func (r *reach) argument(n *node, a argument) {
	r.candidates = append(r.candidates, a)
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

// namesCallOption reports whether a type is written with runtime.CallOption.
func namesCallOption(t types.Type) bool {
	found := false
	eachNamed(t, map[types.Type]bool{}, func(o *types.TypeName) {
		// A type parameter's argument, an interface or a named type of the program may have it inside.
		found = found || o.Pkg() != nil && o.Pkg().Path() == runtimePath && o.Name() != "Token"
	})
	_, named := types.Unalias(t).(*types.Named)
	_, parameter := types.Unalias(t).(*types.TypeParam)
	return found || parameter || named && types.IsInterface(t)
}

// mentions reports whether a type is made of one of ours.
func (r *reach) mentions(t types.Type) bool {
	found := false
	eachNamed(t, map[types.Type]bool{}, func(o *types.TypeName) {
		found = found || o.Pkg() != nil && r.code.ours[o.Pkg().Path()]
	})
	return found
}

// eachNamed calls found for each named type that t is written with. A type
// parameter counts as whatever its constraint names.
func eachNamed(t types.Type, seen map[types.Type]bool, found func(*types.TypeName)) {
	if t == nil || seen[t] {
		return
	}
	seen[t] = true
	each := func(t types.Type) { eachNamed(t, seen, found) }
	switch t := t.(type) {
	case *types.Alias:
		each(types.Unalias(t))
	case *types.Named:
		found(t.Obj())
		for arg := range t.TypeArgs().Types() {
			each(arg)
		}
	case *types.TypeParam:
		each(t.Constraint())
	case *types.Pointer:
		each(t.Elem())
	case *types.Slice:
		each(t.Elem())
	case *types.Array:
		each(t.Elem())
	case *types.Chan:
		each(t.Elem())
	case *types.Map:
		each(t.Key())
		each(t.Elem())
	case *types.Signature:
		each(t.Params())
		each(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			each(v.Type())
		}
	case *types.Struct:
		for v := range t.Fields() {
			each(v.Type())
		}
	case *types.Union:
		for term := range t.Terms() {
			each(term.Type())
		}
	case *types.Interface:
		for m := range t.ExplicitMethods() {
			each(m.Type())
		}
		for e := range t.EmbeddedTypes() {
			each(e)
		}
	}
}

// clientOf returns the client that a type is or points to, or nil.
func (r *reach) clientOf(t types.Type) *client {
	named := namedOf(t)
	if named == nil || named.Obj().Pkg() == nil {
		return nil
	}
	a := r.code.apiOf(named.Obj().Pkg().Path())
	if a == nil {
		return nil
	}
	return a.clients[named.Obj().Pkg().Path()+"."+named.Obj().Name()]
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
	if path == runtimePath || path == implPath {
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

// runtime follows a use of the runtime by a program.
func (r *reach) runtime(fn *types.Func, ref reference, via step) {
	if fn.Pkg().Path() == implPath {
		r.marks = append(r.marks, mark{step: via, what: funcName(fn) + ", which is for generated code"})
		return
	}
	switch fn.Name() {
	case "Authorize":
		if len(ref.args) == 1 {
			r.authorize(ref.args[0], via)
		}
	case "WithOneToken":
		r.oneToken = append(r.oneToken, via)
	case "Open", "NewRequest", "UnlistedCall", "NewPublicCaller":
		if fn.Signature().Recv() == nil {
			r.marks = append(r.marks, mark{step: via, what: rawUses[fn.Name()]})
		}
	case "NewCaller":
		m := mark{step: via, what: rawUses[fn.Name()]}
		if len(ref.args) > 0 {
			if _, ok := types.Unalias(ref.args[0]).(*types.TypeParam); ok || !types.IsInterface(ref.args[0]) {
				m.scopes = []string{"*"}
			}
			for _, a := range r.code.apis {
				if scopes := a.scopesOf(ref.args[0]); len(scopes) > 0 {
					m.api, m.scopes = a, scopes
				}
			}
			if i, ok := ref.args[0].Underlying().(*types.Interface); ok && i.NumMethods() == 0 {
				m.scopes = []string{"*"}
			}
		}
		r.marks = append(r.marks, m)
	}
}

var rawUses = map[string]string{
	"Open":            "runtime.Open: a session for an API value of the program's own",
	"NewRequest":      "runtime.NewRequest: a request that no generated client makes",
	"UnlistedCall":    "runtime.UnlistedCall: a request for an operation that the table does not list",
	"NewCaller":       "runtime.NewCaller: calls that no generated client makes",
	"NewPublicCaller": "runtime.NewPublicCaller: calls that no generated client makes",
}

func (r *reach) authorize(t types.Type, via step) {
	if _, ok := types.Unalias(t).(*types.TypeParam); ok || !types.IsInterface(t) {
		r.open = true
		return
	}
	for _, a := range r.code.apis {
		if scopes := a.scopesOf(t); len(scopes) > 0 {
			r.sets = append(r.sets, set{via, t, a, scopes})
		}
	}
}

// scopesOf returns the scopes that an interface type embeds, in the order of the
// table.
func (a *api) scopesOf(t types.Type) []string {
	held := map[string]bool{}
	a.embedded(t, held, map[types.Type]bool{})
	var scopes []string
	for _, s := range a.Scopes {
		if held[s.Scope] {
			scopes = append(scopes, s.Scope)
		}
	}
	return scopes
}

func (a *api) embedded(t types.Type, held map[string]bool, seen map[types.Type]bool) {
	t = types.Unalias(t)
	if seen[t] {
		return
	}
	seen[t] = true
	if named, ok := t.(*types.Named); ok && named.Obj().Pkg() != nil && named.Obj().Pkg().Path() == a.path+"/scope" {
		if scope := a.byType[named.Obj().Name()]; scope != "" {
			held[scope] = true
		}
		return
	}
	if i, ok := t.Underlying().(*types.Interface); ok {
		for e := range i.EmbeddedTypes() {
			a.embedded(e, held, seen)
		}
	}
}

// handOver makes a type, and what reflection gets from its values, live: its
// methods may be called through interfaces.
func (r *reach) handOver(t types.Type, via step) {
	t = types.Unalias(t)
	if t == nil || r.visited.At(t) != nil {
		return
	}
	r.visited.Set(t, true)
	switch t.(type) {
	case *types.TypeParam, *types.Tuple:
		return
	}
	if types.IsInterface(t) {
		return
	}
	pointer := t
	if _, ok := t.Underlying().(*types.Pointer); !ok {
		pointer = types.NewPointer(t) // generic code and reflection may take the address
	}
	if r.live.At(pointer) == nil {
		if methods := types.NewMethodSet(pointer); methods.Len() > 0 {
			l := &alive{pointer, methods, via}
			r.live.Set(pointer, l)
			r.order = append(r.order, l)
		}
	}
	if named, ok := t.(*types.Named); ok {
		for arg := range named.TypeArgs().Types() {
			r.handOver(arg, via)
		}
		pkg := named.Obj().Pkg()
		if pkg == nil || r.facts.packages[pkg.Path()] == nil {
			return // nothing of ours is in there, or no operation
		}
	}
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		r.handOver(t.Elem(), via)
	case *types.Slice:
		r.handOver(t.Elem(), via)
	case *types.Array:
		r.handOver(t.Elem(), via)
	case *types.Chan:
		r.handOver(t.Elem(), via)
	case *types.Map:
		r.handOver(t.Key(), via)
		r.handOver(t.Elem(), via)
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() || field.Embedded() {
				r.handOver(field.Type(), via)
			}
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			r.handOver(v.Type(), via)
		}
		for v := range t.Results().Variables() {
			r.handOver(v.Type(), via)
		}
	}
}

// match finds the methods of live types that something calls.
func (r *reach) match() {
	byName := map[string][]*types.Func{}
	for fn := range r.called {
		byName[fn.Name()] = append(byName[fn.Name()], fn)
	}
	for name := range byName {
		slices.SortFunc(byName[name], func(a, b *types.Func) int { return int(a.Pos()) - int(b.Pos()) })
	}
	for i := 0; i < len(r.order); i++ { // it may grow
		l := r.order[i]
		for selection := range l.methods.Methods() {
			fn := selection.Obj().(*types.Func)
			if via, ok := r.calledOn(l, fn, byName[fn.Name()]); ok {
				r.dynamicCall(fn.Origin(), via, l)
			}
		}
	}
}

func (r *reach) dynamicCall(fn *types.Func, via step, l *alive) {
	if recv := fn.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
		if _, ok := r.called[fn]; ok {
			return
		}
	} else if n := r.facts.nodes[fn]; n != nil {
		if _, ok := r.seen[n]; ok {
			return
		}
	} else if c := r.clientOf(fn.Signature().Recv().Type()); c == nil || slices.ContainsFunc(r.sites, func(s site) bool {
		return s.client == c && s.method == fn.Name() && s.step == via
	}) {
		return
	}
	r.dynamic = append(r.dynamic, pending{fn, via})
	if via.why != "" && (r.all != nil && via.why == r.all.why) {
		// Reflection gets at what the method returns.
		r.handOver(fn.Signature(), via)
	}
}

// calledOn returns how a method of a live type is called, if it is.
func (r *reach) calledOn(l *alive, fn *types.Func, through []*types.Func) (step, bool) {
	for _, method := range through {
		if implements(l.typ, fn, method) {
			via := r.called[method]
			if via.why == "" {
				via.why = "through " + interfaceName(method)
			}
			return via, true
		}
	}
	if via, ok := r.names[fn.Name()]; ok && fn.Exported() {
		return via, true
	}
	if via, ok := r.others[fn.Name()]; ok && fn.Exported() && r.clientOf(fn.Signature().Recv().Type()) == nil {
		return via, true
	}
	if r.all != nil && fn.Exported() {
		via := *r.all
		if via.from == nil {
			via.from, via.at = l.via.from, l.via.at
		}
		return via, true
	}
	// What names no type of ours may be asked for by anyone.
	if !r.mentions(withoutReceiver(fn)) {
		return step{l.via.from, l.via.at, "the value is handed over here"}, true
	}
	return step{}, false
}

func withoutReceiver(fn *types.Func) types.Type {
	s := fn.Signature()
	return types.NewSignatureType(nil, nil, nil, s.Params(), s.Results(), s.Variadic())
}

func interfaceName(method *types.Func) string {
	if named := namedOf(method.Signature().Recv().Type()); named != nil {
		return named.Obj().Name()
	}
	return "an interface"
}

// implements reports whether a call of an interface's method may be one of a
// type's. Where type parameters are involved, the name decides.
func implements(t types.Type, fn, method *types.Func) bool {
	if !method.Exported() && fn.Pkg() != method.Pkg() {
		return false
	}
	recv := types.Unalias(method.Signature().Recv().Type())
	i, ok := recv.Underlying().(*types.Interface)
	if !ok || !i.IsMethodSet() {
		return true
	}
	if generic(recv) || generic(method.Type()) || generic(fn.Type()) || generic(t) {
		return true
	}
	return types.Implements(t, i)
}

// generic reports whether a type is made with a type parameter.
func generic(t types.Type) bool {
	if named, ok := t.(*types.Named); ok && named.TypeParams().Len() > 0 {
		return true
	}
	return mentionsParameter(t, map[types.Type]bool{})
}

func mentionsParameter(t types.Type, seen map[types.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	each := func(t types.Type) bool { return mentionsParameter(t, seen) }
	switch t := t.(type) {
	case *types.Alias:
		return each(types.Unalias(t))
	case *types.TypeParam:
		return true
	case *types.Named:
		for arg := range t.TypeArgs().Types() {
			if each(arg) {
				return true
			}
		}
	case *types.Pointer:
		return each(t.Elem())
	case *types.Slice:
		return each(t.Elem())
	case *types.Array:
		return each(t.Elem())
	case *types.Chan:
		return each(t.Elem())
	case *types.Map:
		return each(t.Key()) || each(t.Elem())
	case *types.Signature:
		return each(t.Params()) || each(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if each(v.Type()) {
				return true
			}
		}
	case *types.Struct:
		for v := range t.Fields() {
			if each(v.Type()) {
				return true
			}
		}
	case *types.Interface:
		for m := range t.Methods() {
			if each(m.Type()) {
				return true
			}
		}
	}
	return false
}
