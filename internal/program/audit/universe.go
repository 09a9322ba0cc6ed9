package audit

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/packages"
)

// universe makes the types of summaries again, each once.
type universe struct {
	fset     *token.FileSet
	packages map[string]*types.Package
	named    map[string]*types.Named
	details  map[string]detail
	funcs    map[string]*types.Func
	hashes   map[*types.Func]*uint32 // methods of clients, of which no more is known
	client   func(name string) *client
	context  *types.Context
	queue    []func()
	files    map[string]*token.File
	lines    map[string]int
	placed   int // the sum of lines
	depth    int // of the type that is being made
}

type detail struct {
	d *decoder
	n *wireNamed
}

// decoder reads one summary.
type decoder struct {
	*universe
	*summary
	types  []types.Type
	params []*types.TypeParam
	made   []*types.Func // by number
}

func newUniverse(summaries []*summary, client func(name string) *client) (*universe, []*decoder) {
	u := &universe{
		fset: token.NewFileSet(), packages: map[string]*types.Package{}, named: map[string]*types.Named{}, details: map[string]detail{},
		funcs: map[string]*types.Func{}, hashes: map[*types.Func]*uint32{}, client: client, context: types.NewContext(), files: map[string]*token.File{}, lines: map[string]int{},
	}
	var decoders []*decoder
	for _, s := range summaries {
		u.pkg(s.Path, s.Name)
		d := &decoder{u, s, make([]types.Type, len(s.Types)), make([]*types.TypeParam, len(s.Params)), make([]*types.Func, len(s.Funcs))}
		decoders = append(decoders, d)
		for i := range s.Named {
			n := &s.Named[i]
			if _, known := u.details[n.key()]; n.Detailed && (!known || n.Package == s.Path) {
				u.details[n.key()] = detail{d, n}
			}
		}
	}
	return u, decoders
}

func (u *universe) pkg(path, name string) *types.Package {
	if path == "" {
		return nil
	}
	p := u.packages[path]
	if p == nil {
		p = types.NewPackage(path, name)
		u.packages[path] = p
	}
	if p.Name() == "" && name != "" {
		p.SetName(name)
	}
	return p
}

// A line of a file takes this many positions, so that columns can be told.
const width = 1 << 10

// These bound the lines of a file that positions tell apart, those of all files,
// and how deep a type can lie in others.
const (
	mostLines  = 1 << 18
	mostPlaced = 1 << 24
	mostDeep   = 1 << 13
)

func (d *decoder) pos(at wirePos) token.Pos {
	if at[0] == 0 {
		return token.NoPos
	}
	name := d.Files[at[0]-1]
	line := min(max(at[1], 1), mostLines)
	f := d.files[name]
	if f == nil || line > d.lines[name] {
		// The file gets more lines than it needed so far. Positions that were given
		// out keep their meaning.
		lines := max(1<<12, 2*line)
		if d.placed += lines; d.placed > mostPlaced {
			panic("too many lines")
		}
		f = d.fset.AddFile(name, -1, lines*width)
		starts := make([]int, lines)
		for i := range starts {
			starts[i] = i * width
		}
		f.SetLines(starts)
		d.files[name], d.lines[name] = f, lines
	}
	return f.Pos((line-1)*width + min(max(at[2]-1, 0), width-1))
}

func (d *decoder) list(of []int) (out []types.Type) {
	for _, i := range of {
		out = append(out, d.typ(i))
	}
	return out
}

func (d *decoder) typ(i int) types.Type {
	if d.types[i] == nil {
		if d.depth++; d.depth > mostDeep {
			panic("a type that lies in itself")
		}
		d.types[i] = d.decode(d.Types[i])
		d.depth--
	}
	return d.types[i]
}

func (d *decoder) decode(w wireType) types.Type {
	part := func(i int) types.Type { return d.typ(w.Parts[i]) }
	switch w.Kind {
	case "basic":
		for _, t := range slices.Concat(types.Typ, []*types.Basic{types.Universe.Lookup("byte").Type().(*types.Basic), types.Universe.Lookup("rune").Type().(*types.Basic)}) {
			if int(t.Kind()) == w.Index && t.Name() == w.Name {
				return t
			}
		}
		return types.Typ[w.Index]
	case "alias":
		path, name := cut(w.Name)
		return types.NewAlias(types.NewTypeName(token.NoPos, d.pkg(path, ""), name, nil), part(0))
	case "named":
		named := d.name(&d.Named[w.Index])
		if len(w.Parts) == 0 || named.TypeParams().Len() != len(w.Parts) {
			return named
		}
		instance, err := types.Instantiate(d.context, named, d.list(w.Parts), false)
		if err != nil {
			panic(fmt.Errorf("audit: %s: %w", named, err))
		}
		return instance
	case "param":
		return d.param(w.Index)
	case "pointer":
		return types.NewPointer(part(0))
	case "slice":
		return types.NewSlice(part(0))
	case "array":
		return types.NewArray(part(0), int64(w.Index))
	case "chan":
		return types.NewChan(types.ChanDir(w.Index), part(0))
	case "map":
		return types.NewMap(part(0), part(1))
	case "tuple":
		var vars []*types.Var
		for _, t := range d.list(w.Parts) {
			vars = append(vars, types.NewParam(token.NoPos, nil, "", t))
		}
		return types.NewTuple(vars...)
	case "func":
		return types.NewSignatureType(nil, nil, nil, part(0).(*types.Tuple), part(1).(*types.Tuple), w.Flag)
	case "struct":
		var fields []*types.Var
		for _, field := range w.Fields {
			fields = append(fields, types.NewField(token.NoPos, d.pkg(w.Name, ""), field.Name, d.typ(field.Type), field.Embedded))
		}
		return types.NewStruct(fields, nil)
	case "union":
		var terms []*types.Term
		for _, term := range w.Fields {
			terms = append(terms, types.NewTerm(term.Tilde, d.typ(term.Type)))
		}
		return types.NewUnion(terms)
	case "interface":
		return d.iface(w, nil)
	}
	panic("audit: facts with a type of kind " + w.Kind)
}

// iface makes an interface; recv is the declared type that it belongs to.
func (d *decoder) iface(w wireType, recv *types.Named) *types.Interface {
	var methods []*types.Func
	for _, m := range w.Funcs {
		signature := d.typ(m.Type).(*types.Signature)
		var receiver *types.Var
		if recv != nil {
			receiver = types.NewParam(token.NoPos, d.pkg(w.Name, ""), "", recv)
		}
		signature = types.NewSignatureType(receiver, nil, nil, signature.Params(), signature.Results(), signature.Variadic())
		methods = append(methods, types.NewFunc(d.pos(m.At), d.pkg(w.Name, ""), m.Name, signature))
	}
	return types.NewInterfaceType(methods, d.list(w.Parts))
}

func cut(s string) (path, name string) {
	for i := range s {
		if s[i] == '\n' {
			return s[:i], s[i+1:]
		}
	}
	return "", s
}

func (d *decoder) param(i int) *types.TypeParam {
	if d.params[i] == nil {
		w := d.Params[i]
		d.params[i] = types.NewTypeParam(types.NewTypeName(token.NoPos, d.pkg(w.Package, ""), w.Name, nil), nil)
		d.params[i].SetConstraint(d.typ(w.Constraint))
	}
	return d.params[i]
}

func (u *universe) name(w *wireNamed) *types.Named {
	key := w.key()
	if n := u.named[key]; n != nil {
		return n
	}
	if w.Package == "" {
		// error and comparable are the only declared types without a package.
		if o, ok := types.Universe.Lookup(w.Name).(*types.TypeName); ok {
			if n, ok := o.Type().(*types.Named); ok {
				u.named[key] = n
				return n
			}
		}
	}
	n := types.NewNamed(types.NewTypeName(token.NoPos, u.pkg(w.Package, w.PackageName), w.Name, nil), nil, nil)
	u.named[key] = n
	known, ok := u.details[key]
	if !ok {
		// Nothing of it counts but what it is called, and with which arguments.
		var params []*types.TypeParam
		for range w.Arity {
			params = append(params, types.NewTypeParam(types.NewTypeName(token.NoPos, n.Obj().Pkg(), "T", nil), types.NewInterfaceType(nil, nil)))
		}
		n.SetTypeParams(params)
		if w.Interface {
			n.SetUnderlying(types.NewInterfaceType(nil, nil))
		} else {
			n.SetUnderlying(types.NewStruct(nil, nil))
		}
		return n
	}
	d, w := known.d, known.n
	var params []*types.TypeParam
	for _, p := range w.Params {
		params = append(params, d.param(p))
	}
	if len(params) > 0 {
		n.SetTypeParams(params)
	}
	if underlying := d.Types[w.Underlying]; underlying.Kind == "interface" {
		n.SetUnderlying(d.iface(underlying, n))
	} else {
		n.SetUnderlying(d.typ(w.Underlying))
	}
	u.queue = append(u.queue, func() { d.methods(n, w) })
	return n
}

// methods adds its methods to a type.
func (d *decoder) methods(n *types.Named, w *wireNamed) {
	for _, m := range w.Methods {
		var params []*types.TypeParam
		var args []types.Type
		for _, p := range m.Params {
			params = append(params, d.param(p))
			args = append(args, d.param(p))
		}
		recv := types.Type(n)
		if len(args) > 0 {
			instance, err := types.Instantiate(d.context, n, args, false)
			if err != nil {
				panic(fmt.Errorf("audit: %s: %w", n, err))
			}
			recv = instance
		}
		if m.Pointer {
			recv = types.NewPointer(recv)
		}
		signature := d.typ(m.Type).(*types.Signature)
		signature = types.NewSignatureType(types.NewParam(token.NoPos, n.Obj().Pkg(), "", recv), params, nil, signature.Params(), signature.Results(), signature.Variadic())
		n.AddMethod(types.NewFunc(d.pos(m.At), n.Obj().Pkg(), m.Name, signature))
	}
	d.addHashed(n, w)
}

// finish completes the types that were asked for.
func (u *universe) finish() {
	for len(u.queue) > 0 {
		next := u.queue[0]
		u.queue = u.queue[1:]
		next()
	}
}

// function returns the function with a number.
func (d *decoder) function(i int) *types.Func {
	if d.made[i] == nil {
		d.made[i] = d.find(&d.Funcs[i])
	}
	return d.made[i]
}

// find returns the function that a summary means.
func (d *decoder) find(w *wireFunc) *types.Func {
	key := w.Package + "." + w.Name
	var recv *types.Var
	if w.Recv > 0 {
		t := d.typ(w.Recv - 1)
		d.finish()
		if i, ok := t.Underlying().(*types.Interface); ok {
			for m := range i.ExplicitMethods() {
				if m.Name() == w.Name {
					return m
				}
			}
		}
		if named, ok := t.(*types.Named); ok {
			for m := range named.Methods() {
				if m.Name() == w.Name {
					return m
				}
			}
		}
		key = types.TypeString(t, nil) + "." + w.Name
		recv = types.NewParam(token.NoPos, nil, "", t)
	}
	fn := d.funcs[key]
	if fn == nil {
		fn = types.NewFunc(token.NoPos, d.pkg(w.Package, ""), w.Name, types.NewSignatureType(recv, nil, nil, nil, nil, false))
		d.funcs[key] = fn
	}
	return fn
}

// add adds the facts of a summary.
func (d *decoder) add(f *facts, pkg *packages.Package) {
	for i := range d.Types {
		d.typ(i)
	}
	d.finish()
	initial := d.node(&d.Nodes[0], initialName(pkg), pkg)
	f.packages[d.Path], f.read[d.Path] = initial, true
	for i := range d.Nodes[1:] {
		w := &d.Nodes[i+1]
		fn := d.function(w.Func)
		f.nodes[fn] = d.node(w, funcName(fn), pkg)
		f.symbols[symbol(fn)] = append(f.symbols[symbol(fn)], fn)
	}
	for _, i := range d.Initial {
		f.nodes[d.function(i)] = initial
	}
	for _, e := range d.Embedded {
		name := types.Unalias(d.typ(e.Type)).(*types.Named).Obj()
		for _, one := range e.What {
			f.embedded[name] = append(f.embedded[name], argument{typ: d.typ(one.Type), at: d.pos(one.At)})
		}
	}
	for _, c := range d.Allows {
		f.allows = append(f.allows, comment{d.pos(c.At), c.Text})
	}
}

func (d *decoder) node(w *wireNode, name string, pkg *packages.Package) *node {
	n := &node{name: name, pkg: pkg, at: d.pos(w.At)}
	for _, ref := range w.Refs {
		n.refs = append(n.refs, reference{fn: d.function(ref.Func), args: d.list(ref.Args), at: d.pos(ref.At)})
	}
	for _, h := range w.Handovers {
		one := handover{typ: d.typ(h.Type), at: d.pos(h.At), empty: h.Empty, inst: h.Argument}
		if h.To > 0 {
			one.to = d.typ(h.To - 1)
		}
		n.handovers = append(n.handovers, one)
	}
	for _, a := range w.Arguments {
		n.arguments = append(n.arguments, argument{d.typ(a.Type), d.pos(a.At), types.NewTypeName(token.NoPos, d.pkg(a.Package, ""), a.Name, nil)})
	}
	for _, ref := range w.ByName {
		n.byName = append(n.byName, reference{at: d.pos(ref.At), name: ref.Name})
	}
	n.asserted = d.list(w.Asserted)
	for _, at := range w.Reflects {
		n.reflects = append(n.reflects, d.pos(at))
	}
	for _, u := range w.Unsafe {
		n.unsafe = append(n.unsafe, handover{typ: d.typ(u.Type), at: d.pos(u.At)})
	}
	for _, ref := range w.Described {
		n.described = append(n.described, reference{at: d.pos(ref.At), name: ref.Name})
	}
	return n
}
