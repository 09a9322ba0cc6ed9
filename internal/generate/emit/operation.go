package emit

import (
	"slices"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

// operations writes the operations of a package: a description and a function for each
// method, which the clients share.
func (w *Writer) operations(p *plan.Package) *jen.File {
	f := w.file(p)
	for _, op := range p.Operations {
		f.Line()
		f.Var().Id(op.Variable).Op("=").Qual(implPath, "Operation").ValuesFunc(func(g *jen.Group) {
			field := func(name string, value jen.Code) { g.Line().Id(name).Op(":").Add(value) }
			field("ID", jen.Lit(op.ID))
			field("Method", jen.Lit(op.HTTPMethod))
			path, query := spec.CutQuery(op.Path)
			field("Path", jen.Lit(path))
			if query != "" {
				field("Query", jen.Lit(query))
			}
			if op.Server != "" {
				field("Server", jen.Lit(op.Server))
			}
			if len(op.Requires) > 0 {
				field("Requires", jen.Index().Index().String().ValuesFunc(func(g *jen.Group) {
					for _, set := range op.Requires {
						g.ValuesFunc(func(g *jen.Group) {
							for _, s := range set {
								g.Lit(s)
							}
						})
					}
				}))
			}
			if op.IdempotencyKey {
				field("IdempotencyKey", jen.True())
			}
			if len(op.ErrorTypes) > 0 {
				field("Errors", errorTypes(op.ErrorTypes))
			}
			if len(op.Redirects) > 0 {
				field("Redirects", jen.Index().Int().ValuesFunc(func(g *jen.Group) {
					for _, status := range op.Redirects {
						g.Lit(status)
					}
				}))
			}
			g.Line()
		})
		for _, m := range op.Methods {
			declareFunction(f, op, m)
		}
	}
	return f
}

// declareFunction writes the function that makes the call for the methods called m.
func declareFunction(f *jen.File, op *plan.Operation, m *plan.Method) {
	all := append([]jen.Code{jen.Id("ctx").Qual("context", "Context"), jen.Id("c").Qual(runtimePath, "Caller")}, parameters(op, m)...)
	if follows(op, m) {
		all = append(all, jen.Id("link").Op("*").Qual(implPath, "Link"))
	}
	all = append(all, jen.Id("opts").Index().Qual(runtimePath, "CallOption"))
	f.Line()
	f.Func().Id(m.Func).Add(parameterList(op, m, len("c runtime.Caller")+len(m.Func), all)).Add(results(op, m)).BlockFunc(func(g *jen.Group) {
		if iterates(op, m) {
			iteratePages(g, op)
			return
		}
		g.Id("request").Op(":=").Qual(runtimePath, "NewRequest").Call(jen.Op("&").Id(op.Variable))
		for _, p := range op.PathParams {
			g.Id("request").Dot("Path").Call(jen.Lit(p.Wire), jen.Id(p.GoName))
		}
		for _, p := range op.ParamsFields {
			set := "Query"
			if p.In == "header" {
				set = "Header"
			}
			value := given(p, jen.Id("params"))
			switch p.Style {
			case "":
				g.Id("request").Dot(set).Call(jen.Lit(p.Wire), value)
			case "deepObject":
				g.Id("request").Dot("QueryDeep").Call(jen.Lit(p.Wire), value)
			case "form":
				g.Id("request").Dot("QueryMembers").Call(append([]jen.Code{jen.Lit(p.Wire), value}, otherQuery(op)...)...)
			default:
				g.Id("request").Dot("QueryJoined").Call(jen.Lit(p.Wire), jen.Lit(separators[p.Style]), value)
			}
		}
		if follows(op, m) {
			g.Id("request").Dot("Follow").Call(jen.Id("link"))
		}
		if m.Accept != "" {
			g.Id("request").Dot("Accept").Call(jen.Lit(m.Accept))
		}
		if m.Body != nil {
			sendBody(g, m.Body)
		}
		do := func(name string) *jen.Statement {
			return jen.Qual(runtimePath, name)
		}
		call := []jen.Code{jen.Id("ctx"), jen.Id("c"), jen.Id("request"), jen.Id("opts").Op("...")}
		switch m.Result.Kind {
		case plan.ResultEmpty:
			g.Return(do("DoEmpty").Call(call...))
		case plan.ResultStream:
			g.Return(do("DoStream").Call(call...))
		case plan.ResultValues:
			g.Return(do("DoValues").Types(typ(m.Result.Type)).Call(call...))
		case plan.ResultRedirect:
			g.Return(do("DoRedirect").Call(call...))
		case plan.ResultJSON:
			if len(m.Result.Empty) > 0 {
				decodePage(g, m.Result, do("Do").Call(call...))
				return
			}
			g.Var().Id("result").Add(typ(m.Result.Type))
			g.If(jen.Err().Op(":=").Add(do("DoJSON")).Call(jen.Id("ctx"), jen.Id("c"), jen.Id("request"), jen.Op("&").Id("result"), jen.Id("opts").Op("...")), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
			g.Return(jen.Op("&").Id("result"), jen.Nil())
		case plan.ResultSeveral:
			decodeByStatus(g, m, op.Redirects, do("Do").Call(call...))
		}
	})
}

// decode returns the call that decodes the body of a response into a value.
func decode(pointer jen.Code) *jen.Statement {
	return jen.Qual(runtimePath, "DecodeJSON").Call(jen.Id("response"), pointer)
}

// decodePage writes the statements that return the body of a response, or an empty page
// for a status without one.
func decodePage(g *jen.Group, result plan.Result, call *jen.Statement) {
	g.List(jen.Id("response"), jen.Err()).Op(":=").Add(call)
	g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	empty := jen.Null()
	for i, status := range result.Empty {
		if i > 0 {
			empty.Op("||")
		}
		empty.Id("response").Dot("Status").Op("==").Lit(status)
	}
	g.If(empty).Block(
		jen.Comment("An empty list has no body."),
		jen.Return(jen.New(typ(result.Type)), jen.Id("response").Dot("Body").Dot("Close").Call()),
	)
	g.Var().Id("result").Add(typ(result.Type))
	g.If(jen.Err().Op(":=").Add(decode(jen.Op("&").Id("result"))), jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	g.Return(jen.Op("&").Id("result"), jen.Nil())
}

// separators holds, by style, what separates the items of a list in a query parameter.
var separators = map[string]string{"comma": ",", "space": " ", "pipe": "|"}

// sendBody writes the statements that give a request its body.
func sendBody(g *jen.Group, body *plan.Body) {
	send := func(g *jen.Group, value *jen.Statement) {
		switch {
		case body.Kind == plan.BodyMultipart:
			sendParts(g, body, value)
		case body.Kind == plan.BodyForm && body.Deep:
			g.Id("request").Dot("FormDeep").Call(value)
		case body.Kind == plan.BodyForm:
			g.Id("request").Dot("Form").Call(value)
		case body.CallerTyped():
			g.Id("request").Dot("Body").Call(jen.Id("contentType"), value)
		case body.Kind == plan.BodyStream:
			g.Id("request").Dot("Body").Call(jen.Lit(body.MediaType), value)
		case body.MediaType == "application/json":
			g.Id("request").Dot("JSON").Call(value)
		default:
			g.Id("request").Dot("JSONAs").Call(jen.Lit(body.MediaType), value)
		}
	}
	if body.Type.Kind == plan.Optional {
		g.If(jen.List(jen.Id("content"), jen.Id("ok")).Op(":=").Id("body").Dot("Get").Call(), jen.Id("ok")).BlockFunc(func(g *jen.Group) {
			send(g, jen.Id("content"))
		})
		return
	}
	if body.Optional {
		g.If(jen.Id("body").Op("!=").Nil()).BlockFunc(func(g *jen.Group) { send(g, jen.Id("body")) })
		return
	}
	send(g, jen.Id("body"))
}

// otherQuery returns the names of the query parameters whose names are known.
func otherQuery(op *plan.Operation) (names []jen.Code) {
	for _, p := range op.ParamsFields {
		if p.In == "query" && p.Style != "form" {
			names = append(names, jen.Lit(p.Wire))
		}
	}
	return names
}

// given returns the value of a parameter or part, which is a field of from.
func given(p plan.Param, from *jen.Statement) *jen.Statement {
	value := from.Dot(p.GoName)
	if p.Chosen {
		value = jen.Qual(implPath, "Required").Call(value)
	}
	if p.IfSet {
		value = jen.Qual(implPath, "IfSet").Call(value)
	}
	if p.Listed {
		value = jen.Qual(implPath, "RequiredList").Values(jen.Id("List").Op(":").Add(value))
	}
	return value
}

// sendParts writes the statement that gives a request the parts of a form.
func sendParts(g *jen.Group, body *plan.Body, value *jen.Statement) {
	var parts []jen.Code
	for _, p := range body.Parts {
		kind := map[string]string{"": "TextPart", "json": "JSONPart", "file": "FilePart"}[p.Style]
		parts = append(parts, jen.Qual(runtimePath, kind).Call(jen.Lit(p.Wire), given(p, value.Clone())))
	}
	set := "Multipart"
	if body.MediaType == "multipart/related" {
		set = "Related"
	}
	g.Id("request").Dot(set).Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, parts...)
}

// decodeByStatus writes the statements that decode a response whose type depends on
// its status.
func decodeByStatus(g *jen.Group, m *plan.Method, redirects []int, do *jen.Statement) {
	result := m.Result
	g.List(jen.Id("response"), jen.Err()).Op(":=").Add(do)
	g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	g.Id("result").Op(":=").Op("&").Add(typ(result.Type)).Values(jen.Dict{jen.Id("Status"): jen.Id("response").Dot("Status")})
	g.Switch(jen.Id("response").Dot("Status")).BlockFunc(func(g *jen.Group) {
		for _, c := range result.Cases {
			if c.Field == "" {
				continue
			}
			if slices.Contains(redirects, c.Status) {
				g.Case(jen.Lit(c.Status)).Block(
					jen.List(jen.Id("result").Dot(c.Field), jen.Err()).Op("=").Qual(runtimePath, "Location").Call(jen.Id("response")))
				continue
			}
			field := jen.Id("result").Dot(c.Field)
			g.Case(jen.Lit(c.Status)).Block(
				field.Clone().Op("=").New(typ(c.Type)),
				jen.Err().Op("=").Add(decode(field)))
		}
		g.Default().Block(jen.Err().Op("=").Id("response").Dot("Body").Dot("Close").Call())
	})
	g.If(jen.Err().Op("!=").Nil()).Block(jen.Return(jen.Nil(), jen.Err()))
	g.Return(jen.Id("result"), jen.Nil())
}
