package audit

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"
)

// walker reads one declaration.
type walker struct {
	info            *types.Info
	node            *node
	facts           *facts
	dead, discarded *[]part
	constant        map[*ast.Ident]bool // MethodByName with a constant name
}

func (w *walker) walk(root ast.Node) {
	w.constant = map[*ast.Ident]bool{}
	ast.Inspect(root, w.visit)
}

func (w *walker) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.IfStmt:
		return w.branch(n)
	case *ast.ForStmt:
		if value, ok := w.truth(n.Cond); ok && !value {
			w.drop(n.Body)
			w.drop(n.Post)
			w.inspect(n.Init)
			return false
		}
	case *ast.BinaryExpr:
		value, ok := w.truth(n.X)
		if ok && (n.Op == token.LAND && !value || n.Op == token.LOR && value) {
			w.drop(n.Y)
			return false
		}
	case *ast.CallExpr:
		w.call(n)
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			w.ranged(n)
		}
	case *ast.ValueSpec:
		// var _ Lister = (*users.Reader)(nil) is checked by the compiler and does nothing.
		if !slices.ContainsFunc(n.Names, func(id *ast.Ident) bool { return id.Name != "_" }) {
			for _, value := range n.Values {
				if !w.inert(value) {
					continue
				}
				*w.discarded = append(*w.discarded, part{value.Pos(), value.Pos() + 1, nil})
			}
		}
	case *ast.TypeSpec:
		if name, ok := w.info.Defs[n.Name].(*types.TypeName); ok {
			w.facts.embedded[name], w.facts.infos[name] = n.Type, w.info
		}
	case *ast.Ident:
		w.ident(n)
	}
	return true
}

// inert reports whether an expression is a conversion or a composite literal.
func (w *walker) inert(e ast.Expr) bool {
	e = ast.Unparen(e)
	if address, ok := e.(*ast.UnaryExpr); ok {
		e = ast.Unparen(address.X)
	}
	if call, ok := e.(*ast.CallExpr); ok {
		return w.info.Types[call.Fun].IsType()
	}
	_, ok := e.(*ast.CompositeLit)
	return ok
}

func (w *walker) inspect(n ast.Node) {
	switch n := n.(type) {
	case nil:
	case ast.Stmt:
		if n != nil {
			ast.Inspect(n, w.visit)
		}
	default:
		ast.Inspect(n, w.visit)
	}
}

func (w *walker) truth(cond ast.Expr) (value, known bool) {
	if cond == nil {
		return false, false
	}
	v := w.info.Types[cond].Value
	if v == nil || v.Kind() != constant.Bool {
		return false, false
	}
	return constant.BoolVal(v), true
}

func (w *walker) drop(n ast.Node) {
	switch n := n.(type) {
	case nil:
		return
	case *ast.BlockStmt:
		if n == nil {
			return
		}
	}
	*w.dead = append(*w.dead, part{n.Pos(), n.End(), nil})
}

// branch skips what a constant condition keeps from running.
func (w *walker) branch(n *ast.IfStmt) bool {
	value, known := w.truth(n.Cond)
	if !known {
		return true
	}
	if n.Init != nil {
		ast.Inspect(n.Init, w.visit)
	}
	ast.Inspect(n.Cond, w.visit)
	if value {
		ast.Inspect(n.Body, w.visit)
		if n.Else != nil {
			w.drop(n.Else)
		}
		return false
	}
	w.drop(n.Body)
	if n.Else != nil {
		ast.Inspect(n.Else, w.visit)
	}
	return false
}

// ranged hands over what a range clause assigns to variables of interface types.
func (w *walker) ranged(n *ast.RangeStmt) {
	var key, value types.Type
	switch t := w.info.TypeOf(n.X).Underlying().(type) {
	case *types.Slice:
		value = t.Elem()
	case *types.Array:
		value = t.Elem()
	case *types.Pointer:
		if array, ok := t.Elem().Underlying().(*types.Array); ok {
			value = array.Elem()
		}
	case *types.Map:
		key, value = t.Key(), t.Elem()
	case *types.Chan:
		key = t.Elem()
	case *types.Signature:
		if t.Params().Len() == 1 {
			if yield, ok := t.Params().At(0).Type().Underlying().(*types.Signature); ok {
				if yield.Params().Len() > 0 {
					key = yield.Params().At(0).Type()
				}
				if yield.Params().Len() > 1 {
					value = yield.Params().At(1).Type()
				}
			}
		}
	}
	for _, one := range []struct {
		to   ast.Expr
		from types.Type
	}{{n.Key, key}, {n.Value, value}} {
		if one.to == nil || one.from == nil {
			continue
		}
		if to := w.info.TypeOf(one.to); to != nil && types.IsInterface(to) {
			w.node.handover(one.from, to, one.to.Pos(), false)
		}
	}
}

func (w *walker) call(n *ast.CallExpr) {
	fun := w.info.Types[n.Fun]
	if fun.IsType() && len(n.Args) == 1 {
		from := w.info.TypeOf(n.Args[0])
		if basic, ok := from.Underlying().(*types.Basic); ok && basic.Kind() == types.UnsafePointer {
			w.node.unsafe = append(w.node.unsafe, handover{typ: fun.Type, at: n.Pos()})
		}
		return
	}
	if _, ok := types.Unalias(w.typeOf(n.Fun)).(*types.TypeParam); ok {
		// What such a function takes is in its constraint only.
		for _, arg := range n.Args {
			if t := w.info.TypeOf(arg); t != nil {
				w.node.handovers = append(w.node.handovers, handover{typ: t, at: arg.Pos(), empty: true, inst: true})
			}
		}
	}
	selector, ok := ast.Unparen(n.Fun).(*ast.SelectorExpr)
	if !ok || len(n.Args) != 1 || !isMethodByName(w.info.Uses[selector.Sel]) {
		return
	}
	if v := w.info.Types[n.Args[0]].Value; v != nil && v.Kind() == constant.String {
		w.constant[selector.Sel] = true
		w.node.byName = append(w.node.byName, reference{at: n.Pos(), name: constant.StringVal(v)})
	}
}

func (w *walker) typeOf(e ast.Expr) types.Type {
	if t := w.info.TypeOf(e); t != nil {
		return t
	}
	return types.Typ[types.Invalid]
}

func isMethodByName(o types.Object) bool {
	fn, ok := o.(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == "reflect" && fn.Name() == "MethodByName"
}

func (w *walker) ident(id *ast.Ident) {
	object := w.info.Uses[id]
	if object == nil {
		return
	}
	var args []types.Type
	if instance, ok := w.info.Instances[id]; ok {
		for t := range instance.TypeArgs.Types() {
			args = append(args, t)
			w.node.arguments = append(w.node.arguments, argument{t, id.Pos(), object})
		}
	}
	if _, ok := object.(*types.TypeName); ok && object.Pkg() != nil && object.Pkg().Path() == implPath {
		w.node.described = append(w.node.described, reference{at: id.Pos(), name: "clientimpl." + object.Name()})
	}
	fn, ok := object.(*types.Func)
	if !ok {
		return
	}
	fn = fn.Origin()
	if fn.Pkg() != nil && fn.Pkg().Path() == "reflect" && fn.Signature().Recv() != nil && !w.constant[id] {
		switch fn.Name() {
		case "Method", "MethodByName", "Methods":
			w.node.reflects = append(w.node.reflects, id.Pos())
		}
	}
	w.node.refs = append(w.node.refs, reference{fn: fn, args: args, at: id.Pos()})
}
