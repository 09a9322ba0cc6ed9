package audit

import (
	"cmp"
	"go/types"
	"slices"
)

// alive is a type of which values are in interfaces.
type alive struct {
	typ     types.Type
	methods *types.MethodSet
	via     step
	as      []types.Type // the interface types that values were converted to
	free    bool         // a value may be in any interface that the type implements
}

// into adds an interface type that values were converted to; nil stands for any
// that the type implements.
func (l *alive) into(to types.Type) {
	switch {
	case to == nil:
		l.free = true
	case !slices.ContainsFunc(l.as, func(t types.Type) bool { return types.Identical(t, to) }):
		l.as = append(l.as, to)
	}
}

var anything types.Type = types.NewInterfaceType(nil, nil)

// handOver makes a type, whose values become values of an interface, live, and
// what reflection gets from the values: their methods may be called through
// interfaces.
func (r *reach) handOver(t, to types.Type, via step) {
	t = types.Unalias(t)
	if t == nil || types.IsInterface(t) {
		return
	}
	if _, ok := t.(*types.Tuple); ok {
		return
	}
	pointer := t
	if _, ok := t.Underlying().(*types.Pointer); !ok {
		pointer = types.NewPointer(t) // generic code and reflection may take the address
	}
	l, _ := r.live.At(pointer).(*alive)
	if l == nil {
		l = &alive{typ: pointer, methods: types.NewMethodSet(pointer), via: via}
		r.live.Set(pointer, l)
		if l.methods.Len() > 0 {
			r.order = append(r.order, l)
		}
	}
	l.into(to)
	if r.visited.At(t) != nil {
		return
	}
	r.visited.Set(t, true)
	r.parts(t, via)
}

// part hands over what reflection gets from a value. It can also make a value of
// an interface type that it finds there.
func (r *reach) part(t types.Type, via step) {
	if types.IsInterface(t) {
		r.assert(t)
		return
	}
	r.handOver(t, anything, via)
}

// assert notes an interface type that any value which implements it may become.
func (r *reach) assert(t types.Type) {
	if i, ok := t.Underlying().(*types.Interface); ok && i.NumMethods() > 0 && r.asserted.At(t) == nil {
		r.asserted.Set(t, true)
	}
}

// parts hands over what reflection gets from the values of a type.
func (r *reach) parts(t types.Type, via step) {
	if named, ok := t.(*types.Named); ok {
		for arg := range named.TypeArgs().Types() {
			if types.IsInterface(arg) {
				r.assert(arg)
				continue
			}
			r.handOver(arg, nil, via) // generic code out there may make it any interface
		}
		pkg := named.Obj().Pkg()
		if pkg == nil || !r.facts.read[pkg.Path()] {
			return // nothing of ours is in there, or no operation
		}
	}
	switch t := t.Underlying().(type) {
	case *types.Pointer:
		r.part(t.Elem(), via)
	case *types.Slice:
		r.part(t.Elem(), via)
	case *types.Array:
		r.part(t.Elem(), via)
	case *types.Chan:
		r.part(t.Elem(), via)
	case *types.Map:
		r.part(t.Key(), via)
		r.part(t.Elem(), via)
	case *types.Struct:
		for field := range t.Fields() {
			if field.Exported() || field.Embedded() {
				r.part(field.Type(), via)
			}
		}
	case *types.Signature:
		for v := range t.Params().Variables() {
			r.part(v.Type(), via)
		}
		for v := range t.Results().Variables() {
			r.part(v.Type(), via)
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
		slices.SortFunc(byName[name], r.compare)
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

// compare puts functions in the order of their files and lines, which is the same
// however the packages were loaded.
func (r *reach) compare(a, b *types.Func) int {
	x, y := r.facts.fset.Position(a.Pos()), r.facts.fset.Position(b.Pos())
	return cmp.Or(cmp.Compare(x.Filename, y.Filename), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column), cmp.Compare(a.FullName(), b.FullName()))
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
	} else if handsOut(fn) {
		if r.handedOut[via] {
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
		r.part(fn.Signature(), via)
	}
}

// calledOn returns how a method of a live type is called, if it is.
func (r *reach) calledOn(l *alive, fn *types.Func, through []*types.Func) (step, bool) {
	for _, method := range through {
		if r.implements(l, fn, method) && r.flows(l, method) {
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

// flows reports whether a value of a live type may be in a variable of the
// interface type that declares a method: because it was converted to that type or
// to one that implements it, or because something asserts it.
func (r *reach) flows(l *alive, method *types.Func) bool {
	recv := method.Signature().Recv().Type()
	i, ok := recv.Underlying().(*types.Interface)
	if l.free || !ok || !i.IsMethodSet() || generic(recv) || generic(l.typ) {
		return true
	}
	if slices.ContainsFunc(l.as, func(to types.Type) bool { return generic(to) || types.Implements(to, i) }) {
		return true
	}
	for _, t := range r.asserted.Keys() {
		if generic(t) || types.Implements(t, i) && r.facts.implements(l, t.Underlying().(*types.Interface)) {
			return true
		}
	}
	return false
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
func (r *reach) implements(l *alive, fn, method *types.Func) bool {
	if !method.Exported() && fn.Pkg() != method.Pkg() {
		return false
	}
	recv := types.Unalias(method.Signature().Recv().Type())
	i, ok := recv.Underlying().(*types.Interface)
	if !ok || !i.IsMethodSet() {
		return true
	}
	if generic(recv) || generic(method.Type()) || generic(fn.Type()) || generic(l.typ) {
		return true
	}
	return r.facts.implements(l, i)
}
