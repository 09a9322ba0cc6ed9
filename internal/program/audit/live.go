package audit

import (
	"go/types"
	"slices"
)

type alive struct {
	typ     types.Type
	methods *types.MethodSet
	via     step
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
		if pkg == nil || !r.facts.read[pkg.Path()] {
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
