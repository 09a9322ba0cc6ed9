package audit

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/token"
	"go/types"
	"slices"

	"github.com/scopegen/scopegen/internal/program"
)

// encoder writes the facts of one package into its summary.
type encoder struct {
	*summary
	fset     *token.FileSet
	own      *types.Package
	ours     map[string]bool            // import paths of packages that can make calls, and of the runtime
	detailed func(*types.TypeName) bool // whether the methods and fields of a type can matter
	client   func(*types.TypeName) bool

	files  map[string]int
	funcs  map[*types.Func]int
	types  map[types.Type]int
	known  map[string]int // encoded type → its number
	params map[*types.TypeParam]int
	named  map[*types.TypeName]int
	held   map[*types.TypeName]bool // types whose values may become those of an interface, and what these hold
	queue  []func()
}

// summarize fills in what the audit needs of an analysed package.
func (e *encoder) summarize(f *facts) {
	e.files, e.types, e.known = map[string]int{}, map[types.Type]int{}, map[string]int{}
	e.funcs, e.params, e.named, e.held = map[*types.Func]int{}, map[*types.TypeParam]int{}, map[*types.TypeName]int{}, map[*types.TypeName]bool{}
	initial := f.packages[e.Path]
	e.Nodes = append(e.Nodes, e.node(initial, nil))
	var functions []*types.Func
	for fn := range f.nodes {
		functions = append(functions, fn)
	}
	slices.SortFunc(functions, func(a, b *types.Func) int { return cmp.Compare(a.Pos(), b.Pos()) })
	for _, fn := range functions {
		if f.nodes[fn] == initial {
			e.Initial = append(e.Initial, e.function(fn))
			continue
		}
		e.Nodes = append(e.Nodes, e.node(f.nodes[fn], fn))
	}
	var names []*types.TypeName
	for name := range f.embedded {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b *types.TypeName) int { return cmp.Compare(a.Pos(), b.Pos()) })
	for _, name := range names {
		embedded := wireEmbedded{Type: e.typ(name.Type())}
		for _, one := range f.embedded[name] {
			embedded.What = append(embedded.What, wireArgument{Type: e.typ(one.typ), At: e.pos(one.at)})
		}
		e.Embedded = append(e.Embedded, embedded)
	}
	for _, c := range f.allows {
		e.Allows = append(e.Allows, wireComment{e.pos(c.at), c.text})
	}
	for len(e.queue) > 0 {
		next := e.queue[0]
		e.queue = e.queue[1:]
		next()
	}
}

func (e *encoder) pos(at token.Pos) wirePos {
	if !at.IsValid() {
		return wirePos{}
	}
	p := e.fset.Position(at)
	file, ok := e.files[p.Filename]
	if !ok {
		e.Files = append(e.Files, p.Filename)
		file = len(e.Files)
		e.files[p.Filename] = file
	}
	return wirePos{file, p.Line, p.Column}
}

// concerns reports whether a type is made of one of ours.
func (e *encoder) concerns(t types.Type) bool {
	found := false
	program.EachNamed(t, func(o *types.TypeName) { found = found || e.ours[pathOf(o)] })
	return found
}

func (e *encoder) node(n *node, fn *types.Func) wireNode {
	out := wireNode{At: e.pos(n.at)}
	if fn != nil {
		out.Func = e.function(fn)
	}
	for _, ref := range n.refs {
		if e.follows(ref.fn) {
			out.Refs = append(out.Refs, wireReference{e.function(ref.fn), e.list(ref.args), e.pos(ref.at)})
		}
	}
	for _, h := range n.handovers {
		if e.concerns(h.typ) {
			one := wireHandover{Type: e.typ(h.typ), At: e.pos(h.at), Empty: h.empty, Argument: h.inst}
			if h.to != nil {
				one.To = e.typ(h.to) + 1
			}
			e.hold(h.typ)
			out.Handovers = append(out.Handovers, one)
		}
	}
	for _, a := range n.arguments {
		if e.concerns(a.typ) {
			out.Arguments = append(out.Arguments, wireArgument{e.typ(a.typ), e.pos(a.at), pathOf(a.to), a.to.Name()})
			e.hold(a.typ)
		}
	}
	for _, ref := range n.byName {
		out.ByName = append(out.ByName, wireName{ref.name, e.pos(ref.at)})
	}
	out.Asserted = e.list(n.asserted)
	for _, at := range n.reflects {
		out.Reflects = append(out.Reflects, e.pos(at))
	}
	for _, u := range n.unsafe {
		if e.concerns(u.typ) {
			out.Unsafe = append(out.Unsafe, wireHandover{Type: e.typ(u.typ), At: e.pos(u.at)})
		}
	}
	for _, d := range n.described {
		out.Described = append(out.Described, wireName{d.name, e.pos(d.at)})
	}
	return out
}

// follows reports whether a use of a function can lead anywhere: to a package of
// ours, or through an interface.
func (e *encoder) follows(fn *types.Func) bool {
	if fn.Pkg() == nil {
		return false
	}
	recv := fn.Signature().Recv()
	return e.ours[fn.Pkg().Path()] || recv != nil && types.IsInterface(recv.Type())
}

// function returns the number of a function.
func (e *encoder) function(fn *types.Func) int {
	if i, ok := e.funcs[fn]; ok {
		return i
	}
	out := wireFunc{Package: pathOf(fn), Name: fn.Name()}
	if recv := fn.Signature().Recv(); recv != nil {
		t := recv.Type()
		if named := namedOf(t); named != nil {
			t = named.Origin()
		}
		out.Recv = e.typ(t) + 1
	}
	e.funcs[fn] = len(e.Funcs)
	e.Funcs = append(e.Funcs, out)
	return e.funcs[fn]
}

func (e *encoder) list(of []types.Type) (out []int) {
	for _, t := range of {
		out = append(out, e.typ(t))
	}
	return out
}

// typ returns the number of a type.
func (e *encoder) typ(t types.Type) int {
	if i, ok := e.types[t]; ok {
		return i
	}
	w := e.encode(t)
	text, err := json.Marshal(w)
	if err != nil {
		panic(err) // plain data always encodes
	}
	i, ok := e.known[string(text)]
	if !ok {
		i = len(e.Types)
		e.known[string(text)] = i
		e.Types = append(e.Types, w)
	}
	e.types[t] = i
	return i
}

func (e *encoder) encode(t types.Type) wireType {
	switch t := t.(type) {
	case *types.Basic:
		return wireType{Kind: "basic", Index: int(t.Kind()), Name: t.Name()}
	case *types.Alias:
		return wireType{Kind: "alias", Name: pathOf(t.Obj()) + "\n" + t.Obj().Name(), Parts: []int{e.typ(types.Unalias(t))}}
	case *types.Named:
		w := wireType{Kind: "named", Index: e.name(t.Origin())}
		for arg := range t.TypeArgs().Types() {
			w.Parts = append(w.Parts, e.typ(arg))
		}
		return w
	case *types.TypeParam:
		return wireType{Kind: "param", Index: e.param(t)}
	case *types.Pointer:
		return wireType{Kind: "pointer", Parts: []int{e.typ(t.Elem())}}
	case *types.Slice:
		return wireType{Kind: "slice", Parts: []int{e.typ(t.Elem())}}
	case *types.Array:
		return wireType{Kind: "array", Index: int(t.Len()), Parts: []int{e.typ(t.Elem())}}
	case *types.Chan:
		return wireType{Kind: "chan", Index: int(t.Dir()), Parts: []int{e.typ(t.Elem())}}
	case *types.Map:
		return wireType{Kind: "map", Parts: []int{e.typ(t.Key()), e.typ(t.Elem())}}
	case *types.Tuple:
		w := wireType{Kind: "tuple"}
		for v := range t.Variables() {
			w.Parts = append(w.Parts, e.typ(v.Type()))
		}
		return w
	case *types.Signature:
		return wireType{Kind: "func", Parts: []int{e.typ(t.Params()), e.typ(t.Results())}, Flag: t.Variadic()}
	case *types.Struct:
		w := wireType{Kind: "struct"}
		for field := range t.Fields() {
			w.Name = pathOf(field)
			w.Fields = append(w.Fields, wireField{Name: field.Name(), Type: e.typ(field.Type()), Embedded: field.Embedded()})
			if named := namedOf(field.Type()); field.Embedded() && named != nil && !e.client(named.Obj()) {
				e.detail(e.name(named.Origin()), named.Origin()) // its methods are promoted
			}
		}
		return w
	case *types.Union:
		w := wireType{Kind: "union"}
		for term := range t.Terms() {
			w.Fields = append(w.Fields, wireField{Type: e.typ(term.Type()), Tilde: term.Tilde()})
		}
		return w
	case *types.Interface:
		w := wireType{Kind: "interface"}
		for m := range t.ExplicitMethods() {
			w.Name = pathOf(m)
			w.Funcs = append(w.Funcs, wireMethod{Name: m.Name(), Type: e.typ(withoutReceiver(m)), At: e.pos(m.Pos())})
		}
		for embedded := range t.EmbeddedTypes() {
			w.Parts = append(w.Parts, e.typ(embedded))
		}
		return w
	}
	panic(fmt.Sprintf("audit: a type of kind %T", t))
}

func (e *encoder) param(t *types.TypeParam) int {
	if i, ok := e.params[t]; ok {
		return i
	}
	i := len(e.Params)
	e.params[t] = i
	e.Params = append(e.Params, wireParam{Name: t.Obj().Name(), Package: pathOf(t.Obj())})
	e.Params[i].Constraint = e.typ(t.Constraint())
	return i
}

func (e *encoder) name(t *types.Named) int {
	o := t.Obj()
	if i, ok := e.named[o]; ok {
		return i
	}
	i := len(e.Named)
	e.named[o] = i
	w := wireNamed{Name: o.Name(), Interface: types.IsInterface(t), Arity: t.TypeParams().Len()}
	if o.Pkg() != nil {
		w.Package, w.PackageName = o.Pkg().Path(), o.Pkg().Name()
		if o.Parent() != nil && o.Parent() != o.Pkg().Scope() || o.Parent() == nil && o.Pkg() == e.own {
			at := e.pos(o.Pos())
			w.Local = fmt.Sprintf("@%d:%d:%d", at[0], at[1], at[2])
		}
	}
	e.Named = append(e.Named, w)
	if w.Interface || e.detailed(o) {
		e.detail(i, t)
	}
	return i
}

// hold adds the methods of the clients that a value of a type may hold. Of other clients
// they do not matter: what uses one of them says which. A client may have thousands.
func (e *encoder) hold(t types.Type) {
	program.EachNamed(t, func(o *types.TypeName) {
		named, ok := types.Unalias(o.Type()).(*types.Named)
		if !ok || e.held[o] {
			return
		}
		e.held[o] = true
		switch {
		case e.client(o):
			e.detail(e.name(named), named)
		case e.detailed(o):
			e.hold(named.Underlying())
			for m := range named.Methods() {
				e.hold(m.Signature())
			}
		}
	})
}

// detail adds what a type is made of, and its methods.
func (e *encoder) detail(i int, t *types.Named) {
	if e.Named[i].Detailed {
		return
	}
	e.Named[i].Detailed = true
	e.queue = append(e.queue, func() {
		var w wireNamed
		for p := range t.TypeParams().TypeParams() {
			w.Params = append(w.Params, e.param(p))
		}
		underlying := t.Underlying()
		if s, ok := underlying.(*types.Struct); ok {
			if !e.detailed(t.Obj()) {
				// Only what it promotes counts.
				var fields []*types.Var
				for field := range s.Fields() {
					if field.Embedded() {
						fields = append(fields, field)
					}
				}
				underlying = types.NewStruct(fields, nil)
			}
		}
		w.Underlying = e.typ(underlying)
		if e.client(t.Obj()) {
			w.Hashes = hashes(t)
		}
		for m := range t.Methods() {
			if w.Hashes != "" && !e.whole(m) {
				continue
			}
			signature := m.Signature()
			one := wireMethod{Name: m.Name(), Type: e.typ(withoutReceiver(m))}
			if !e.client(t.Obj()) {
				one.At = e.pos(m.Pos())
			}
			_, one.Pointer = types.Unalias(signature.Recv().Type()).(*types.Pointer)
			for p := range signature.RecvTypeParams().TypeParams() {
				one.Params = append(one.Params, e.param(p))
			}
			w.Methods = append(w.Methods, one)
		}
		e.Named[i].Params, e.Named[i].Underlying, e.Named[i].Methods, e.Named[i].Hashes = w.Params, w.Underlying, w.Methods, w.Hashes
	})
}
