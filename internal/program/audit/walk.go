package audit

import (
	"go/ast"
	"go/constant"
	"go/token"
	"go/types"
	"slices"

	"github.com/scopegen/scopegen/internal/program"
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
	case *ast.TypeAssertExpr:
		if n.Type != nil {
			w.asserted(n.Type)
		}
	case *ast.TypeSwitchStmt:
		for _, clause := range n.Body.List {
			for _, one := range clause.(*ast.CaseClause).List {
				w.asserted(one)
			}
		}
	case *ast.TypeSpec:
		if name, ok := w.info.Defs[n.Name].(*types.TypeName); ok {
			w.declares(name, n.Type)
		}
	case *ast.Ident:
		w.ident(n)
	}
	return true
}

// asserted notes an interface type that values of other types may become.
func (w *walker) asserted(e ast.Expr) {
	if t := w.info.TypeOf(e); t != nil && w.info.Types[e].IsType() && types.IsInterface(t) {
		w.node.asserted = append(w.node.asserted, t)
	}
}

// declares notes what the interface of a declaration embeds.
func (w *walker) declares(name *types.TypeName, declared ast.Expr) {
	i, ok := declared.(*ast.InterfaceType)
	if !ok {
		return
	}
	for _, field := range i.Methods.List {
		if t := w.info.TypeOf(field.Type); t != nil && len(field.Names) == 0 {
			w.facts.embedded[name] = append(w.facts.embedded[name], argument{typ: t, at: field.Type.Pos()})
		}
	}
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

func (w *walker) call(n *ast.CallExpr) {
	fun := w.info.Types[n.Fun]
	if fun.IsType() && len(n.Args) == 1 {
		from := w.info.TypeOf(n.Args[0])
		if basic, ok := from.Underlying().(*types.Basic); ok && basic.Kind() == types.UnsafePointer {
			w.node.unsafe = append(w.node.unsafe, handover{typ: fun.Type, at: n.Pos()})
		}
		return
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

func isMethodByName(o types.Object) bool {
	fn, ok := o.(*types.Func)
	return ok && fn.Pkg() != nil && fn.Pkg().Path() == "reflect" && fn.Name() == "MethodByName"
}

// reflects reports whether a function gets methods by reflection. So may a method of an
// interface that the types of package reflect implement; the linker takes it for one too.
func reflects(fn *types.Func) bool {
	recv := fn.Signature().Recv()
	if recv == nil || fn.Name() != "Method" && fn.Name() != "MethodByName" && fn.Name() != "Methods" {
		return false
	}
	found := fn.Pkg() != nil && fn.Pkg().Path() == "reflect"
	if types.IsInterface(recv.Type()) {
		program.EachNamed(fn.Signature().Results(), func(t *types.TypeName) {
			found = found || t.Pkg() != nil && t.Pkg().Path() == "reflect"
		})
	}
	return found
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
	if !w.constant[id] && reflects(fn) {
		w.node.reflects = append(w.node.reflects, id.Pos())
	}
	fn = fn.Origin()
	w.node.refs = append(w.node.refs, reference{fn: fn, args: args, at: id.Pos()})
}
