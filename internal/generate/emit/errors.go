package emit

import (
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// errorTypes writes the table of the types of the bodies of errors.
func errorTypes(types []plan.ErrorType) *jen.Statement {
	return jen.Index().Qual(implPath, "ErrorType").ValuesFunc(func(g *jen.Group) {
		for _, t := range types {
			g.Line().Values(jen.Id("Status").Op(":").Lit(t.Status), jen.Id("Decode").Op(":").Qual(runtimePath, "ErrorBody").Types(typ(t.Type)))
		}
		g.Line()
	})
}

// errorTypesDoc returns the sentences that tell how the body of an error is read, or
// "" if no type is stated. name returns the text of a type.
func errorTypesDoc(types []plan.ErrorType, begin string, name func(plan.Ref) string) string {
	if len(types) == 0 {
		return ""
	}
	var texts []string           // of the types, each once
	where := map[string]string{} // by text
	for _, t := range types {
		text := name(t.Type)
		if where[text] == "" {
			texts = append(texts, text)
		} else {
			where[text] += ", "
		}
		if t.Status == "default" {
			where[text] += "others"
		} else {
			where[text] += t.Status
		}
	}
	var parts []string
	for _, text := range texts {
		if len(types) > 1 || types[0].Status != "default" {
			parts = append(parts, text+" for "+where[text])
			continue
		}
		parts = append(parts, text)
	}
	return begin + " " + strings.Join(parts, ", and ") + ": errors.As finds it as *runtime.ErrorWith[" + texts[0] + "]."
}

// qualified returns the text of a type as a file of another package writes it.
func (w *Writer) qualified(r plan.Ref) string { return w.textIn("", r) }

// textOf returns what textIn returns for the files of p.
func (w *Writer) textOf(p *plan.Package) func(plan.Ref) string {
	return func(r plan.Ref) string { return w.textIn(p.ImportPath, r) }
}

// textIn returns the text of a type as a file of the package at path writes it.
func (w *Writer) textIn(path string, r plan.Ref) string {
	switch r.Kind {
	case plan.Slice:
		return "[]" + w.textIn(path, *r.Elem)
	case plan.Map:
		return "map[string]" + w.textIn(path, *r.Elem)
	case plan.Optional:
		return "runtime.Optional[" + w.textIn(path, *r.Elem) + "]"
	case plan.Nullable:
		return "runtime.Nullable[" + w.textIn(path, *r.Elem) + "]"
	case plan.Pointer:
		return "*" + w.textIn(path, *r.Elem)
	}
	if r.Package == "" || r.Package == path {
		return r.Name
	}
	return r.Package[strings.LastIndexByte(r.Package, '/')+1:] + "." + r.Name
}
