package program

import (
	"go/ast"
	"go/token"
	"go/types"
	"iter"
)

// Conversion is a place where a value, or a type argument, has to implement an
// interface.
type Conversion struct {
	At   ast.Expr
	From types.Type
	To   types.Type // an interface, or the constraint of a type parameter
}

// Conversions returns the places of a file where the compiler checks that a type
// implements an interface: assignments, those of range clauses too, arguments,
// results, elements of composite literals, conversions, comparisons, type
// assertions and type arguments.
func (f File) Conversions() iter.Seq[Conversion] {
	return func(yield func(Conversion) bool) {
		c := converter{info: f.Package.TypesInfo, yield: yield}
		ast.PreorderStack(f.File, nil, func(n ast.Node, stack []ast.Node) bool {
			if !c.stopped {
				c.node(n, stack)
			}
			return !c.stopped
		})
	}
}

type converter struct {
	info    *types.Info
	yield   func(Conversion) bool
	stopped bool
}

// convert reports a conversion if it is one to an interface.
func (c *converter) convert(at ast.Expr, from, to types.Type) {
	if c.stopped || from == nil || to == nil || !types.IsInterface(to) || types.Identical(from, to) {
		return
	}
	c.stopped = !c.yield(Conversion{at, from, to})
}

// values reports the conversions of a list of expressions, or of the results
// of one call, to a list of types.
func (c *converter) values(values []ast.Expr, to func(i int) types.Type) {
	if len(values) == 1 {
		if results, ok := c.info.TypeOf(values[0]).(*types.Tuple); ok {
			for i := range results.Len() {
				c.convert(values[0], results.At(i).Type(), to(i))
			}
			return
		}
	}
	for i, value := range values {
		c.convert(value, c.info.TypeOf(value), to(i))
	}
}

func (c *converter) node(n ast.Node, stack []ast.Node) {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN || n.Tok == token.DEFINE {
			c.values(n.Rhs, func(i int) types.Type {
				if i >= len(n.Lhs) {
					return nil
				}
				return c.info.TypeOf(n.Lhs[i])
			})
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			c.ranged(n)
		}
	case *ast.ValueSpec:
		if n.Type != nil {
			c.values(n.Values, func(int) types.Type { return c.info.TypeOf(n.Type) })
		}
	case *ast.CallExpr:
		c.call(n)
	case *ast.ReturnStmt:
		if signature := c.enclosing(stack); signature != nil && len(n.Results) > 0 {
			c.values(n.Results, func(i int) types.Type { return at(signature.Results(), i) })
		}
	case *ast.CompositeLit:
		c.composite(n)
	case *ast.SendStmt:
		if channel, ok := under(c.info.TypeOf(n.Chan)).(*types.Chan); ok {
			c.convert(n.Value, c.info.TypeOf(n.Value), channel.Elem())
		}
	case *ast.IndexExpr:
		if m, ok := under(c.info.TypeOf(n.X)).(*types.Map); ok {
			c.convert(n.Index, c.info.TypeOf(n.Index), m.Key())
		}
	case *ast.BinaryExpr:
		if n.Op == token.EQL || n.Op == token.NEQ {
			x, y := c.info.TypeOf(n.X), c.info.TypeOf(n.Y)
			c.convert(n.X, x, y)
			c.convert(n.Y, y, x)
		}
	case *ast.TypeAssertExpr:
		if n.Type != nil {
			c.convert(n.Type, c.info.TypeOf(n.Type), c.info.TypeOf(n.X))
		}
	case *ast.TypeSwitchStmt:
		c.typeSwitch(n)
	case *ast.Ident:
		if instance, ok := c.info.Instances[n]; ok {
			c.instance(n, instance)
		}
	}
}

func (c *converter) call(n *ast.CallExpr) {
	fun := c.info.Types[n.Fun]
	if fun.IsType() {
		if len(n.Args) == 1 {
			c.convert(n.Args[0], c.info.TypeOf(n.Args[0]), fun.Type)
		}
		return
	}
	for _, signature := range signatures(fun.Type) {
		c.arguments(n, signature)
	}
}

// signatures returns the signatures of what can be called with a type: more than
// one if it is a type parameter whose constraint is a union of functions.
func signatures(t types.Type) []*types.Signature {
	if signature, ok := under(t).(*types.Signature); ok {
		return []*types.Signature{signature}
	}
	constraint, ok := under(t).(*types.Interface)
	if !ok {
		return nil
	}
	var all []*types.Signature
	for embedded := range constraint.EmbeddedTypes() {
		if union, ok := types.Unalias(embedded).(*types.Union); ok {
			for term := range union.Terms() {
				all = append(all, signatures(term.Type())...)
			}
			continue
		}
		all = append(all, signatures(embedded)...)
	}
	return all
}

func (c *converter) arguments(n *ast.CallExpr, signature *types.Signature) {
	c.values(n.Args, func(i int) types.Type {
		last := signature.Params().Len() - 1
		if !signature.Variadic() || i < last || n.Ellipsis.IsValid() {
			return at(signature.Params(), i)
		}
		if slice, ok := under(at(signature.Params(), last)).(*types.Slice); ok {
			return slice.Elem()
		}
		return nil
	})
}

// ranged reports what a range clause assigns to variables that are there already.
func (c *converter) ranged(n *ast.RangeStmt) {
	var key, value types.Type
	switch t := under(c.info.TypeOf(n.X)).(type) {
	case *types.Slice:
		value = t.Elem()
	case *types.Array:
		value = t.Elem()
	case *types.Pointer:
		if array, ok := under(t.Elem()).(*types.Array); ok {
			value = array.Elem()
		}
	case *types.Map:
		key, value = t.Key(), t.Elem()
	case *types.Chan:
		key = t.Elem()
	case *types.Signature:
		if yield, ok := under(at(t.Params(), 0)).(*types.Signature); ok {
			key, value = at(yield.Params(), 0), at(yield.Params(), 1)
		}
	}
	if n.Key != nil {
		c.convert(n.Key, key, c.info.TypeOf(n.Key))
	}
	if n.Value != nil {
		c.convert(n.Value, value, c.info.TypeOf(n.Value))
	}
}

func (c *converter) composite(n *ast.CompositeLit) {
	typ := c.info.TypeOf(n)
	if p, ok := under(typ).(*types.Pointer); ok {
		typ = p.Elem() // an element of []*T whose type is left out
	}
	for i, element := range n.Elts {
		key, value := ast.Expr(nil), element
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			key, value = pair.Key, pair.Value
		}
		var to types.Type
		switch t := under(typ).(type) {
		case *types.Struct:
			if name, ok := key.(*ast.Ident); ok {
				to = c.info.TypeOf(name)
			} else if i < t.NumFields() {
				to = t.Field(i).Type()
			}
		case *types.Array:
			to = t.Elem()
		case *types.Slice:
			to = t.Elem()
		case *types.Map:
			to = t.Elem()
			if key != nil {
				c.convert(key, c.info.TypeOf(key), t.Key())
			}
		}
		c.convert(value, c.info.TypeOf(value), to)
	}
}

func (c *converter) typeSwitch(n *ast.TypeSwitchStmt) {
	var asserted ast.Expr
	ast.Inspect(n.Assign, func(n ast.Node) bool {
		if a, ok := n.(*ast.TypeAssertExpr); ok && asserted == nil {
			asserted = a.X
		}
		return asserted == nil
	})
	for _, clause := range n.Body.List {
		for _, one := range clause.(*ast.CaseClause).List {
			if value := c.info.Types[one]; value.IsType() {
				c.convert(one, value.Type, c.info.TypeOf(asserted))
			}
		}
	}
}

func (c *converter) instance(n *ast.Ident, instance types.Instance) {
	var parameters *types.TypeParamList
	switch t := c.info.ObjectOf(n).Type().(type) {
	case *types.Signature:
		parameters = t.TypeParams()
	case *types.Named:
		parameters = t.Origin().TypeParams()
	case *types.Alias:
		parameters = t.Origin().TypeParams()
	}
	for i := range instance.TypeArgs.Len() {
		if i < parameters.Len() {
			c.convert(n, instance.TypeArgs.At(i), parameters.At(i).Constraint())
		}
	}
}

// enclosing returns the signature of the innermost function on the stack.
func (c *converter) enclosing(stack []ast.Node) *types.Signature {
	for i := len(stack) - 1; i >= 0; i-- {
		var typ types.Type
		switch n := stack[i].(type) {
		case *ast.FuncLit:
			typ = c.info.TypeOf(n)
		case *ast.FuncDecl:
			if object := c.info.Defs[n.Name]; object != nil {
				typ = object.Type()
			}
		default:
			continue
		}
		signature, _ := under(typ).(*types.Signature)
		return signature
	}
	return nil
}

func under(t types.Type) types.Type {
	if t == nil {
		return nil
	}
	return t.Underlying()
}

func at(tuple *types.Tuple, i int) types.Type {
	if i >= tuple.Len() {
		return nil
	}
	return tuple.At(i).Type()
}
