package emit

import (
	"encoding/json"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// declareEnum writes an enum: a type, its constants and the method Known.
func declareEnum(f *jen.File, t *plan.Type, about string) {
	f.Add(doc(about))
	f.Type().Id(t.Name).Add(typ(t.Underlying))
	f.Add(doc("The values of " + t.Name + " when this code was generated. Other values are kept as received."))
	f.Const().DefsFunc(func(g *jen.Group) {
		for _, v := range t.Values {
			g.Id(v.GoName).Id(t.Name).Op("=").Add(literal(v.JSON))
		}
	})
	f.Add(doc("Known reports whether v is one of these values. If it is not, the API has gained it since."))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("Known").Params().Bool().BlockFunc(func(g *jen.Group) {
		if len(t.Values) > 0 {
			g.Switch(jen.Id("v")).Block(jen.CaseFunc(func(g *jen.Group) {
				width := 0
				for _, v := range t.Values {
					name := jen.Id(v.GoName)
					if width > 0 && width+len(v.GoName) > longest-20 {
						name, width = jen.Line().Add(name), 0
					}
					g.Add(name)
					width += len(v.GoName) + len(", ")
				}
			}).Block(jen.Return(jen.True())))
		}
		g.Return(jen.False())
	})
}

// literal returns a JSON string or integer as Go writes it.
func literal(text string) jen.Code {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return jen.Lit(s)
	}
	return jen.Op(text) // an integer is written the same
}
