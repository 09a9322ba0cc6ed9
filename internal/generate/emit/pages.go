package emit

import (
	"reflect"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// iteratePages writes the statement that returns the iterator over an operation's pages.
func iteratePages(g *jen.Group, op *plan.Operation) {
	p := pages{op.Paging}
	var given, before []jen.Code // to the helper, and before the call
	var parameter *jen.Statement // of the function that reads a page
	if p.Kind == "link" {
		parameter = jen.Id("link").Op("*").Qual(implPath, "Link")
	} else {
		inner := withoutAbsence(p.Position.Type)
		parameter = jen.Id(p.position()).Add(typ(inner))
		first, start := p.first(), jen.Id("params").Dot(p.Position.GoName)
		if isWrapped(p.Position.Type) {
			start = start.Dot("Or").Call(first.Clone())
		}
		given = append(given, start)
		before = []jen.Code{
			jen.Id("params").Op(":=").Id("params").Comment("a copy: the iterator may run several times at once"),
			p.move(first),
		}
	}
	switch {
	case p.Kind == "page":
		given = append(given, jen.Lit(p.First))
	case p.Last != nil:
		item := jen.Id("item")
		switch {
		case isWrapped(p.Item):
			item = item.Dot("Or").Call(zero(*p.Item.Elem))
		case p.Item.Kind == plan.Pointer:
			item = jen.Qual(implPath, "OrZero").Call(item)
		}
		last := accessMember(item, p.Last, zeroCursor(p.Zero, p.LastType))
		given = append(given, jen.Func().Params(jen.Id("item").Add(typ(p.Item))).Add(typ(withoutAbsence(p.Position.Type))).Block(
			jen.Return(p.asPosition(last, p.LastType)),
		))
	}
	page := op.Methods[1]
	call := []jen.Code{jen.Id("ctx"), jen.Id("c")}
	call = append(call, arguments(op, page)...)
	if p.Kind == "link" {
		call = append(call, jen.Id("link"))
	}
	call = append(call, jen.Id("opts"))
	results := pageResults(jen.Index().Add(typ(p.Item)), p.resultTypes(), jen.Error())
	given = append(given, jen.Func().Params(parameter).Params(results...).BlockFunc(func(g *jen.Group) {
		for _, statement := range before {
			g.Add(statement)
		}
		g.List(jen.Id("page"), jen.Err()).Op(":=").Id(page.Func).Call(call...)
		g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(pageResults(jen.Nil(), p.none(), jen.Err())...))
		p.leave(g)
	}))
	helper := jen.Qual(implPath, p.helper())
	if p.Last != nil {
		g.Return(helper.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, given...))
		return
	}
	g.Return(helper.Call(given...))
}

// pages writes the iterator over an operation's pages.
type pages struct{ *plan.Paging }

// helper returns the name of the runtime's function that makes the iterator.
func (p pages) helper() string {
	switch {
	case p.Kind == "link":
		return "LinkPages"
	case p.Kind == "page":
		return "NumberedPages"
	case p.Last != nil:
		return "LastItemPages"
	case p.Kind == "cursor":
		return "CursorPages"
	case p.First == 1:
		return "OffsetPagesFromOne"
	}
	return "OffsetPages"
}

// position returns the name of the variable that says which page is read.
func (p pages) position() string {
	if p.Kind == "page" {
		return "number"
	}
	return p.Kind
}

// counts reports whether the position is a number that the iterator counts. It does so in
// the parameter's own type, and so notices its end.
func (p pages) counts() bool { return p.Kind == "offset" || p.Kind == "page" }

// first returns the position of the first page, which is that of a call without the
// parameter.
func (p pages) first() *jen.Statement {
	if p.counts() {
		return jen.Lit(p.First)
	}
	return zeroCursor(p.Zero, withoutAbsence(p.Position.Type))
}

// move returns the statement that puts the position into the parameters. The first page
// is asked for as the caller does: an empty cursor is none.
func (p pages) move(first *jen.Statement) *jen.Statement {
	name := p.position()
	move := jen.Id("params").Dot(p.Position.GoName).Op("=").Add(wrapValue(p.Position.Type, jen.Id(name)))
	if !isWrapped(p.Position.Type) {
		return move
	}
	first = first.Clone()
	if strings.Contains(p.Zero, ".") && !strings.HasSuffix(p.Zero, ".Decimal") && !strings.HasSuffix(p.Zero, ".Number") {
		first = jen.Parens(first) // a composite literal before a block
	}
	return jen.If(jen.Id(name).Op("!=").Add(first)).Block(move)
}

// resultTypes returns the types of what leads to the next page.
func (p pages) resultTypes() []jen.Code {
	switch {
	case p.Kind == "link":
		return []jen.Code{jen.String()}
	case p.Kind == "page":
		return []jen.Code{jen.Int64(), jen.Int64()}
	case p.Last != nil:
		return []jen.Code{jen.Bool()}
	case p.Kind == "cursor":
		return []jen.Code{typ(withoutAbsence(p.Position.Type))}
	}
	return []jen.Code{jen.Int64()}
}

// none returns what leads to the next page where nothing does, and where nothing is known
// of the page.
func (p pages) none() []jen.Code {
	switch {
	case p.Kind == "link":
		return []jen.Code{jen.Lit("")}
	case p.Kind == "page":
		return []jen.Code{jen.Lit(-1), jen.Lit(-1)}
	case p.Last != nil:
		return []jen.Code{jen.False()}
	case p.Kind == "cursor":
		return []jen.Code{p.first()}
	}
	return []jen.Code{jen.Lit(-1)}
}

// pageResults returns the results of the function that reads a page: its items, what
// leads to the next page, and the error.
func pageResults(items jen.Code, next []jen.Code, err jen.Code) []jen.Code {
	return slices.Concat([]jen.Code{items}, next, []jen.Code{err})
}

// leave writes the statements that return the items of a page and what leads to the next.
func (p pages) leave(g *jen.Group) {
	all := items(p.Paging)
	steps, absent := p.Next, p.none()
	switch {
	case p.Last != nil:
		// Where the API does not say it, there may be items behind each item.
		steps, absent = p.More, []jen.Code{jen.Len(all.Clone()).Op(">").Lit(0)}
	case p.Kind == "link" && p.Next == nil:
		g.List(jen.Id("next"), jen.Err()).Op(":=").Id("link").Dot("Next").Call()
		g.Return(all, jen.Id("next"), jen.Err())
		return
	}
	ended := func() jen.Code {
		return jen.Return(pageResults(all.Clone(), absent, jen.Nil())...)
	}
	if steps == nil {
		g.Add(ended())
		return
	}
	last := len(steps) - 1
	if p.Unsigned && p.counts() {
		last++ // no value of its type says that there is none
	}
	at := jen.Id("page")
	for i, step := range steps[:last] {
		at = at.Dot(step.Field)
		// Where what holds the member is absent, the member is too.
		switch {
		case step.Type.Kind == plan.Pointer:
			g.If(jen.Add(at).Op("==").Nil()).Block(ended())
			at = jen.Add(at) // what follows is not part of the condition
		case isWrapped(step.Type):
			inner := "inner" + strings.Repeat("Inner", i)
			g.List(jen.Id(inner), jen.Id("ok")).Op(":=").Add(at).Dot("Get").Call()
			g.If(jen.Op("!").Id("ok")).Block(ended())
			at = jen.Id(inner)
		}
	}
	member := func(absent jen.Code) *jen.Statement { return accessMember(at, steps[last:], jen.Add(absent)) }
	var next []jen.Code
	switch {
	case p.Last != nil:
		next = []jen.Code{member(absent[0])}
	case p.Kind == "link":
		next = []jen.Code{convert(member(jen.Lit("")), p.NextType, "string")}
	case p.Kind == "cursor":
		next = []jen.Code{p.asPosition(member(zeroCursor(p.Zero, p.NextType)), p.NextType)}
	case p.Pages:
		next = []jen.Code{jen.Lit(-1), convert(member(jen.Lit(-1)), p.NextType, "int64")}
	case p.Kind == "page":
		next = []jen.Code{convert(member(jen.Lit(-1)), p.NextType, "int64"), jen.Lit(-1)}
	default:
		next = []jen.Code{convert(member(jen.Lit(-1)), p.NextType, "int64")}
	}
	g.Return(pageResults(all, next, jen.Nil())...)
}

// asPosition returns a value of another member's type as a value of the position's.
func (p pages) asPosition(value *jen.Statement, from plan.Ref) *jen.Statement {
	inner := withoutAbsence(p.Position.Type)
	if reflect.DeepEqual(from, inner) {
		return value
	}
	return typ(inner).Call(value)
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
