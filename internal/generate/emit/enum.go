package emit

import (
	"encoding/json"
	"strings"

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
		var names []word
		texts := []word{{jen.String().Parens(jen.Id("v")), len("string(v)")}}
		for _, v := range t.Values {
			names = append(names, word{jen.Id(v.GoName), len(v.GoName)})
			texts = append(texts, word{literal(v.JSON), len(v.JSON)})
		}
		switch {
		case len(names) == 0:
			g.Return(jen.False())
		case len(names) == 1:
			g.Return(jen.Id("v").Op("==").Add(names[0].code))
		case isText(t.Values[0]):
			// For a switch over texts the compiler would write a search of its own, in each enum.
			list, lines := inLines(texts)
			if lines > 1 {
				list = append(append([]jen.Code{jen.Line().Add(list[0])}, list[1:]...), jen.Line())
			}
			g.Return(jen.Qual(implPath, "OneOf").Call(list...))
		default:
			list, _ := inLines(names)
			g.Switch(jen.Id("v")).Block(jen.Case(list...).Block(jen.Return(jen.True())))
			g.Return(jen.False())
		}
	})
}

func isText(v plan.EnumValue) bool { return strings.HasPrefix(v.JSON, `"`) }

// word is a piece of code without a line break, and how long it is.
type word struct {
	code  jen.Code
	width int
}

// inLines returns words with line breaks before those that would make a line too long,
// and the number of lines.
func inLines(words []word) (list []jen.Code, lines int) {
	width := 0
	lines = 1
	for _, w := range words {
		code := w.code
		if width > 0 && width+w.width > longest-20 {
			code, width = jen.Line().Add(code), 0
			lines++
		}
		list = append(list, code)
		width += w.width + len(", ")
	}
	return list, lines
}

// literal returns a JSON string or integer as Go writes it.
func literal(text string) jen.Code {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return jen.Lit(s)
	}
	return jen.Op(text) // an integer is written the same
}
