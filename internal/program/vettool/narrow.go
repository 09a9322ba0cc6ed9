package vettool

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"

	"golang.org/x/tools/go/analysis"

	"github.com/scopegen/scopegen/internal/program/audit"
)

// narrowed returns the change by which a client that is made at a place gives way to a
// narrower one: where the call that makes it is used for one of its methods, or gives
// a variable of a function its value, of which nothing but methods is used. Such a
// variable has the type of that call, and no other package names it. Otherwise it
// returns why there is no change.
func (u *unit) narrowed(at token.Position, to audit.ClientName) (fix []analysis.SuggestedFix, why string) {
	const run = ": scopegen audit --fix sees the whole program"
	call, name, stack := u.callAt(at)
	if call == nil {
		return nil, "the client is made in another package" + run
	}
	made, ok := u.info.Uses[name].(*types.Func)
	if !ok || made.Pkg().Path() != to.Path {
		return nil, "the narrower client is in another package" + run
	}
	narrow, _ := made.Pkg().Scope().Lookup(to.Type).(*types.TypeName)
	maker, _ := made.Pkg().Scope().Lookup(to.Constructors[0]).(*types.Func)
	if narrow == nil || maker == nil || !holds(u.info.Instances[name], maker) {
		return nil, "the set of the token lacks what the narrower client requires" + run
	}
	uses := []ast.Expr{call}
	parents := map[ast.Expr][]ast.Node{call: stack}
	if v := u.variable(call, stack); v != nil {
		uses = nil
		for _, file := range u.files {
			ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
				if n, ok := n.(*ast.Ident); ok && u.info.Uses[n] == v {
					uses, parents[n] = append(uses, n), slices.Clone(stack)
				}
				return true
			})
		}
	}
	methods := types.NewMethodSet(types.NewPointer(narrow.Type()))
	for _, use := range uses {
		selector, ok := parents[use][len(parents[use])-1].(*ast.SelectorExpr)
		if !ok || u.info.Selections[selector] == nil {
			return nil, "the client is used for more than its methods, so its type may be written elsewhere" + run
		}
		method := u.info.Selections[selector]
		same := methods.Lookup(made.Pkg(), selector.Sel.Name)
		if method.Kind() != types.MethodVal || same == nil || !types.Identical(method.Type(), same.Type()) {
			return nil, "the narrower client has no method " + selector.Sel.Name + " like that of this one"
		}
	}
	return []analysis.SuggestedFix{{
		Message:   "Use " + to.Package + "." + to.Constructors[0],
		TextEdits: []analysis.TextEdit{{Pos: name.Pos(), End: name.End(), NewText: []byte(to.Constructors[0])}},
	}}, ""
}

// callAt returns the call of a function of another package at a place, the name of that
// function, and what the call is in, outermost first.
func (u *unit) callAt(at token.Position) (call *ast.CallExpr, name *ast.Ident, around []ast.Node) {
	for _, file := range u.files {
		if u.fset.Position(file.Package).Filename != at.Filename {
			continue
		}
		ast.PreorderStack(file, nil, func(n ast.Node, stack []ast.Node) bool {
			if n, ok := n.(*ast.CallExpr); ok {
				fun := ast.Unparen(n.Fun)
				if index, ok := fun.(*ast.IndexExpr); ok {
					fun = index.X
				}
				if selector, ok := fun.(*ast.SelectorExpr); ok {
					if pos := u.fset.Position(selector.Sel.Pos()); pos.Line == at.Line && pos.Column == at.Column {
						call, name, around = n, selector.Sel, slices.Clone(stack)
					}
				}
			}
			return call == nil
		})
	}
	return call, name, around
}

// variable returns the variable of a function that a call gives its first value and its
// type, or nil.
func (u *unit) variable(call *ast.CallExpr, around []ast.Node) types.Object {
	if len(around) == 0 {
		return nil
	}
	var name ast.Expr
	switch parent := around[len(around)-1].(type) {
	case *ast.AssignStmt:
		if i := slices.Index(parent.Rhs, ast.Expr(call)); parent.Tok == token.DEFINE && i >= 0 && len(parent.Lhs) == len(parent.Rhs) {
			name = parent.Lhs[i]
		}
	case *ast.ValueSpec:
		if i := slices.Index(parent.Values, ast.Expr(call)); parent.Type == nil && i >= 0 && len(parent.Names) == len(parent.Values) {
			name = parent.Names[i]
		}
	}
	ident, ok := name.(*ast.Ident)
	if !ok {
		return nil
	}
	v, ok := u.info.Defs[ident].(*types.Var)
	if !ok || v.Parent() == u.types.Scope() {
		return nil // one of the package, or "_", or one that has its type from before
	}
	return v
}

// holds reports whether the set that a constructor was called with holds what another
// constructor requires.
func holds(called types.Instance, maker *types.Func) bool {
	params := maker.Signature().TypeParams()
	if called.TypeArgs.Len() != 1 || params.Len() != 1 {
		return called.TypeArgs.Len() == params.Len()
	}
	required, ok := params.At(0).Constraint().Underlying().(*types.Interface)
	return ok && types.Satisfies(called.TypeArgs.At(0), required)
}
