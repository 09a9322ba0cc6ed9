package emit

import (
	"path"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// longest is the number of columns that a line of a declaration should not exceed.
const longest = 120

// parameterList returns the parameters of a function: on a line of their own if the
// whole declaration is too long for one line, and on a line each if the parameters
// are. other is the width of the function's other names.
func parameterList(op *plan.Operation, m *plan.Method, other int, list []jen.Code) *jen.Statement {
	width := len("ctx context.Context, opts ...runtime.CallOption")
	for _, p := range op.PathParams {
		width += len(p.GoName) + typeWidth(p.Type) + len(" , ")
	}
	if op.Params != nil {
		width += len("params , ") + typeWidth(*op.Params)
	}
	if m.Body != nil {
		width += len("body , ") + typeWidth(m.Body.Type)
	}
	const result = 40 // the usual width of a result
	switch {
	case width+other+result <= longest:
		return jen.Params(list...)
	case width <= longest:
		return jen.Custom(jen.Options{Open: "(\n", Close: ",\n)", Separator: ","}, list...)
	}
	return jen.Custom(jen.Options{Open: "(", Close: ")", Separator: ",", Multi: true}, list...)
}

// typeWidth returns roughly how many columns the use of a type takes.
func typeWidth(r plan.Ref) int {
	if r.Elem != nil {
		return len("runtime.Optional[]") + typeWidth(*r.Elem)
	}
	return len(path.Base(r.Package)) + len(r.Name)
}

// parameters returns the parameters of a method that follow the context.
func parameters(op *plan.Operation, m *plan.Method) []jen.Code {
	var out []jen.Code
	for _, p := range op.PathParams {
		out = append(out, jen.Id(p.GoName).Add(typ(p.Type)))
	}
	if op.Params != nil {
		out = append(out, jen.Id("params").Add(typ(*op.Params)))
	}
	if m.Body != nil {
		switch {
		case m.Body.Kind != plan.BodyStream:
			out = append(out, jen.Id("body").Add(typ(m.Body.Type)))
		case m.Body.CallerTyped():
			out = append(out, jen.Id("contentType").String(), jen.Id("body").Qual("io", "Reader"))
		default:
			out = append(out, jen.Id("body").Qual("io", "Reader"))
		}
	}
	return out
}

// arguments returns the names of the same parameters, for a call that passes them on.
func arguments(op *plan.Operation, m *plan.Method) []jen.Code {
	var out []jen.Code
	for _, p := range op.PathParams {
		out = append(out, jen.Id(p.GoName))
	}
	if op.Params != nil {
		out = append(out, jen.Id("params"))
	}
	if m.Body != nil {
		if m.Body.CallerTyped() {
			out = append(out, jen.Id("contentType"))
		}
		out = append(out, jen.Id("body"))
	}
	return out
}

// iterates reports whether m returns the iterator over an operation's pages.
func iterates(op *plan.Operation, m *plan.Method) bool {
	return op.Paging != nil && m == op.Methods[0]
}

// follows reports whether m's function reads a page of a list by its link, too.
func follows(op *plan.Operation, m *plan.Method) bool {
	return op.Paging != nil && op.Paging.Kind == "link" && m.Page
}

// results returns the results of a method.
func results(op *plan.Operation, m *plan.Method) *jen.Statement {
	if iterates(op, m) {
		return jen.Qual("iter", "Seq2").Types(typ(op.Paging.Item), jen.Error())
	}
	switch m.Result.Kind {
	case plan.ResultEmpty:
		return jen.Error()
	case plan.ResultValues:
		return jen.Qual("iter", "Seq2").Types(typ(m.Result.Type), jen.Error())
	case plan.ResultRedirect:
		return jen.Params(jen.Op("*").Qual(runtimePath, "Redirect"), jen.Error())
	case plan.ResultStream:
		return jen.Params(jen.Op("*").Qual(runtimePath, "Stream"), jen.Error())
	}
	return jen.Params(jen.Op("*").Add(typ(m.Result.Type)), jen.Error())
}
