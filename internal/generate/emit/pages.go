package emit

import (
	"reflect"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// iteratePages writes the statement that returns the iterator over an operation's pages.
func iteratePages(g *jen.Group, op *plan.Operation, m *plan.Method) {
	paging := op.Paging
	position := paging.Position
	inner := withoutAbsence(position.Type)
	// The iterator counts in the parameter's own type, and so notices its end.
	name, helper := "offset", "OffsetPages"
	first, none := jen.Lit(0), jen.Lit(-1)
	next := func(at *jen.Statement) *jen.Statement { return convert(at, paging.NextType, "int64") }
	result := jen.Int64()
	if paging.Cursor {
		name, helper = "cursor", "CursorPages"
		first = zeroCursor(paging.Zero, inner)
		none, result = first, typ(inner)
		next = func(at *jen.Statement) *jen.Statement {
			if reflect.DeepEqual(paging.NextType, inner) {
				return at
			}
			return typ(inner).Call(at)
		}
	}
	start := jen.Id("params").Dot(position.GoName)
	if isWrapped(position.Type) {
		start = start.Dot("Or").Call(first.Clone())
	}
	move := jen.Id("params").Dot(position.GoName).Op("=").Add(wrapValue(position.Type, jen.Id(name)))
	if isWrapped(position.Type) {
		// The first page is asked for as the caller does: an empty cursor is none.
		isFirst := first.Clone()
		if strings.Contains(paging.Zero, ".") && !strings.HasSuffix(paging.Zero, ".Decimal") && !strings.HasSuffix(paging.Zero, ".Number") {
			isFirst = jen.Parens(isFirst) // a composite literal before a block
		}
		move = jen.If(jen.Id(name).Op("!=").Add(isFirst)).Block(move)
	}
	call := []jen.Code{jen.Id("ctx"), jen.Id("c")}
	call = append(call, arguments(op, op.Methods[1])...)
	call = append(call, jen.Id("opts"))
	g.Return(jen.Qual(implPath, helper).Call(start, jen.Func().Params(jen.Id(name).Add(typ(inner))).Params(
		jen.Index().Add(typ(paging.Item)), result, jen.Error(),
	).BlockFunc(func(g *jen.Group) {
		g.Id("params").Op(":=").Id("params").Comment("a copy: the iterator may run several times at once")
		g.Add(move)
		g.List(jen.Id("page"), jen.Err()).Op(":=").Id(op.Methods[1].Func).Call(call...)
		g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), none.Clone(), jen.Err()))
		if paging.Next == nil {
			g.Return(items(paging), none.Clone(), jen.Nil())
			return
		}
		last := len(paging.Next) - 1
		if paging.Unsigned && !paging.Cursor {
			last++ // no value of its type says that there is none
		}
		at := jen.Id("page")
		for i, step := range paging.Next[:last] {
			at = at.Dot(step.Field)
			// Where what holds the member is absent, the member is too.
			ended := jen.Return(items(paging), none.Clone(), jen.Nil())
			switch {
			case step.Type.Kind == plan.Pointer:
				g.If(jen.Add(at).Op("==").Nil()).Block(ended)
				at = jen.Add(at) // what follows is not part of the condition
			case isWrapped(step.Type):
				inner := "inner" + strings.Repeat("Inner", i)
				g.List(jen.Id(inner), jen.Id("ok")).Op(":=").Add(at).Dot("Get").Call()
				g.If(jen.Op("!").Id("ok")).Block(ended)
				at = jen.Id(inner)
			}
		}
		absent := none
		if paging.Cursor {
			absent = zeroCursor(paging.Zero, paging.NextType)
		}
		g.Return(items(paging), next(accessMember(at, paging.Next[last:], absent)), jen.Nil())
	})))
}

// isWrapped reports whether r is an Optional or a Nullable, which have the methods Get
// and Or.
func isWrapped(r plan.Ref) bool { return r.Kind == plan.Optional || r.Kind == plan.Nullable }

// withoutAbsence returns the type inside Optional or Nullable.
func withoutAbsence(r plan.Ref) plan.Ref {
	if isWrapped(r) {
		return *r.Elem
	}
	return r
}

// wrapValue returns value, which has the type inside r, as a value of r.
func wrapValue(r plan.Ref, value *jen.Statement) *jen.Statement {
	switch r.Kind {
	case plan.Optional:
		return jen.Qual(runtimePath, "Some").Call(value)
	case plan.Nullable:
		return jen.Qual(runtimePath, "NonNull").Call(value)
	}
	return value
}

// zeroCursor returns the zero value of r, the type of a cursor, which is made of the
// type basic.
func zeroCursor(basic string, r plan.Ref) *jen.Statement {
	switch {
	case basic == "string" || strings.HasSuffix(basic, ".Decimal") || strings.HasSuffix(basic, ".Number"):
		return jen.Lit("")
	case strings.Contains(basic, "."):
		return typ(r).Values()
	}
	return jen.Lit(0)
}

// items returns the expression for the items of a page.
func items(paging *plan.Paging) *jen.Statement {
	if len(paging.Items) == 0 {
		return jen.Op("*").Id("page")
	}
	return accessMember(jen.Id("page"), paging.Items, jen.Nil())
}

// accessMember returns the expression that follows steps from at to a member. If a
// member on the way is absent, the expression uses its zero value, and last in place
// of the last one.
func accessMember(at *jen.Statement, steps []plan.Step, last *jen.Statement) *jen.Statement {
	for i, step := range steps {
		at = at.Dot(step.Field)
		switch {
		case i == len(steps)-1 && isWrapped(step.Type):
			at = at.Dot("Or").Call(last.Clone())
		case isWrapped(step.Type):
			at = at.Dot("Or").Call(zero(*step.Type.Elem))
		case i < len(steps)-1 && step.Type.Kind == plan.Pointer:
			at = jen.Qual(implPath, "OrZero").Call(at)
		}
	}
	return at
}

// convert returns value as the basic type called to.
func convert(value *jen.Statement, from plan.Ref, to string) *jen.Statement {
	if from.Kind == plan.Builtin && from.Name == to {
		return value
	}
	return jen.Id(to).Call(value)
}

// zero returns the zero value of r.
func zero(r plan.Ref) *jen.Statement {
	switch {
	case r.Kind == plan.Builtin && r.Name == "string":
		return jen.Lit("")
	case r.Kind == plan.Builtin && r.Name != "bool":
		return jen.Lit(0)
	case r.Kind == plan.Named:
		return jen.Op("*").New(typ(r))
	case r.Kind == plan.Pointer:
		return jen.New(typ(*r.Elem))
	}
	return jen.Nil()
}
