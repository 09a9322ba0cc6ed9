package emit

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

func (w *Writer) types(p *plan.Package) *jen.File {
	f := w.file(p)
	for _, t := range p.Types {
		f.Line()
		declare(f, t)
	}
	return f
}

func declare(f *jen.File, t *plan.Type) {
	about := thing(t.Name, t.Doc)
	switch {
	case t.Key == "" && t.Kind == plan.Enum:
		// What the catalogue says of an inline enum, it says of the member.
		about = t.Name + " is one of the values below, or one that the API has gained since."
	case about != "":
	case t.Key != "":
		about = t.Name + " is the API's type " + strconv.Quote(t.Key) + "."
	default:
		about = t.Name + " is a type that the catalogue declares where it is used."
	}
	if t.Deprecated {
		about += "\n\nDeprecated: the API calls it deprecated."
	}
	switch t.Kind {
	case plan.Alias:
		f.Add(doc(about))
		f.Type().Id(t.Name).Op("=").Add(typ(t.Underlying))
	case plan.Defined:
		f.Add(doc(about))
		f.Type().Id(t.Name).Add(typ(t.Underlying))
	case plan.Enum:
		enum(f, t, about)
	case plan.Union:
		union(f, t, about)
	default:
		f.Add(doc(about))
		f.Type().Id(t.Name).StructFunc(func(g *jen.Group) {
			for _, field := range t.Fields {
				member(g, field)
			}
		})
		written(f, t)
		hidden(f, t)
	}
}

func member(g *jen.Group, f plan.Field) {
	about := f.Doc
	if about != "" {
		about = end(printable(about))
	}
	if f.Deprecated {
		about += "\n\nDeprecated: the API calls it deprecated."
	}
	if about != "" {
		g.Add(doc(about))
	}
	s := g.Id(f.Name).Add(typ(f.Type))
	if f.Wire == "" {
		return
	}
	tag := f.Wire
	switch {
	case !f.Required:
		tag += ",omitzero"
	case tag == "-":
		tag = "-,"
	}
	s.Tag(map[string]string{"json": tag})
}

func enum(f *jen.File, t *plan.Type, about string) {
	f.Add(doc(about))
	f.Type().Id(t.Name).Add(typ(t.Underlying))
	f.Add(doc("The values of " + t.Name + " that the catalogue knows; others are kept as they come."))
	f.Const().DefsFunc(func(g *jen.Group) {
		for _, v := range t.Values {
			g.Id(v.GoName).Id(t.Name).Op("=").Add(literal(v.JSON))
		}
	})
}

// literal writes a JSON string or integer as Go.
func literal(text string) jen.Code {
	var s string
	if json.Unmarshal([]byte(text), &s) == nil {
		return jen.Lit(s)
	}
	return jen.Op(text) // an integer is written the same
}

// written makes a struct say what the API takes where its zero value would
// not: an empty list where a required one was left nil, and the one value
// that a member can have.
func written(f *jen.File, t *plan.Type) {
	if !t.Sent {
		return
	}
	var mend []jen.Code
	for _, field := range t.Fields {
		at := jen.Id("v").Dot(field.Name)
		switch {
		case field.Required && field.Type.Kind == plan.Slice:
			mend = append(mend, jen.If(at.Clone().Op("==").Nil()).Block(at.Clone().Op("=").Add(typ(field.Type)).Values()))
		case field.Const != "":
			mend = append(mend, jen.If(at.Clone().Op("==").Lit("")).Block(at.Clone().Op("=").Lit(field.Const)))
		}
	}
	if len(mend) == 0 {
		return
	}
	f.Add(doc("MarshalJSON writes required members that were left out as the API takes them: a list as empty, a constant as its value."))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).Block(
		append(mend,
			jen.Type().Id("plain").Id(t.Name),
			jen.Return(jen.Qual("encoding/json", "Marshal").Call(jen.Id("plain").Call(jen.Id("v")))),
		)...)
}

// hidden keeps a struct with a secret member out of logs. Its JSON stays what the
// API takes, so a log handler that writes JSON needs a method of its own.
func hidden(f *jen.File, t *plan.Type) {
	if !t.Secret {
		return
	}
	f.Add(doc("Format prints the type's name alone, since it holds a secret."))
	f.Func().Params(jen.Id(t.Name)).Id("Format").Params(jen.Id("state").Qual("fmt", "State"), jen.Id("_").Rune()).Block(
		jen.List(jen.Id("_"), jen.Id("_")).Op("=").Qual("io", "WriteString").Call(jen.Id("state"), jen.Lit(t.Name+"{secret}")))
	f.Add(doc("LogValue gives log handlers the type's name alone, since it holds a secret."))
	f.Func().Params(jen.Id(t.Name)).Id("LogValue").Params().Qual("log/slog", "Value").Block(
		jen.Return(jen.Qual("log/slog", "StringValue").Call(jen.Lit(t.Name + "{secret}"))))
}

// union writes one of several variants as a struct of pointers.
func union(f *jen.File, t *plan.Type, about string) {
	var names []string
	for _, v := range t.Variants {
		names = append(names, v.Name)
	}
	rule := "Set exactly one field to send it. Of an answer, the field that fits is set; Raw keeps the JSON as it came, also where none fits."
	if t.AnyOf {
		rule = "Set at least one field to send it; the members of several are joined. Of an answer, every field that fits is set; Raw keeps the JSON as it came, also where none fits."
	}
	f.Add(doc(about, t.Name+" holds one of "+strings.Join(names, ", ")+".", rule))
	f.Type().Id(t.Name).StructFunc(func(g *jen.Group) {
		for _, v := range t.Variants {
			g.Id(v.Name).Op("*").Add(typ(v.Type))
		}
		g.Id("Raw").Qual("encoding/json", "RawMessage")
	})

	f.Add(doc("MarshalJSON writes the variant that is set, or Raw if none is."))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).BlockFunc(func(g *jen.Group) {
		helper := "MarshalOneOf"
		if t.AnyOf {
			helper = "MarshalAnyOf"
		}
		g.Return(jen.Qual(runtimePath, helper).CallFunc(func(g *jen.Group) {
			g.Lit(t.Name)
			g.Id("v").Dot("Raw")
			for _, v := range t.Variants {
				g.Qual(runtimePath, "Set").Call(jen.Lit(v.Name), jen.Id("v").Dot(v.Name))
			}
		}))
	})

	f.Add(doc("UnmarshalJSON keeps the JSON in Raw and sets what fits. It never fails on a variant it does not know."))
	f.Func().Params(jen.Id("v").Op("*").Id(t.Name)).Id("UnmarshalJSON").Params(jen.Id("data").Index().Byte()).Error().BlockFunc(func(g *jen.Group) {
		g.Op("*").Id("v").Op("=").Id(t.Name).Values(jen.Dict{jen.Id("Raw"): jen.Qual("bytes", "Clone").Call(jen.Id("data"))})
		helper := "UnmarshalOneOf"
		if t.AnyOf {
			helper = "UnmarshalAnyOf"
		}
		g.Return(jen.Qual(runtimePath, helper).CallFunc(func(g *jen.Group) {
			g.Id("data")
			for _, v := range t.Variants {
				g.Line().Qual(runtimePath, "Into").Call(jen.Op("&").Id("v").Dot(v.Name), variant(v))
			}
			g.Line()
		}))
	})
}

func variant(v plan.Variant) jen.Code {
	strs := func(list []string) *jen.Statement {
		return jen.Index().String().ValuesFunc(func(g *jen.Group) {
			for _, s := range list {
				g.Lit(s)
			}
		})
	}
	return jen.Qual(runtimePath, "UnionVariant").ValuesFunc(func(g *jen.Group) {
		g.Id("Kind").Op(":").Lit(v.JSONKind)
		if len(v.Required) > 0 {
			g.Id("Required").Op(":").Add(strs(v.Required))
		}
		if len(v.Properties) > 0 {
			g.Id("Properties").Op(":").Add(strs(v.Properties))
		}
		if len(v.Const) > 0 {
			g.Id("Const").Op(":").Map(jen.String()).Index().String().ValuesFunc(func(g *jen.Group) {
				for _, c := range v.Const {
					g.Lit(c.Member).Op(":").ValuesFunc(func(g *jen.Group) {
						for _, s := range c.Values {
							g.Lit(s)
						}
					})
				}
			})
		}
	})
}

// entry is one row of the table operation → requirement.
type entry struct {
	ID       string   `json:"id"`
	Method   string   `json:"method"`
	Path     string   `json:"path"`
	Requires any      `json:"requires"` // sets of scopes, any one of which permits it; "public" or "token"
	Go       []string `json:"go"`       // methods, as Client.Method
}

// table writes what auditors read: which method is which operation, and what
// permits it.
func table(p *plan.Package) (File, error) {
	list := []entry{}
	for _, op := range p.Operations {
		e := entry{ID: op.ID, Method: op.HTTPMethod, Path: op.Path, Requires: op.Requires}
		switch op.Kind {
		case plan.Public:
			e.Requires = "public"
		case plan.TokenOnly:
			e.Requires = "token"
		}
		for _, c := range p.Clients {
			for _, held := range c.Methods {
				for _, m := range op.Methods {
					if m.Name == held {
						e.Go = append(e.Go, c.Name+"."+held)
					}
				}
			}
		}
		list = append(list, e)
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "\t")
	err := encoder.Encode(map[string]any{"package": p.ImportPath, "operations": list})
	return File{"operations.json", b.Bytes()}, err
}
