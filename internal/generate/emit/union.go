package emit

import (
	"net/url"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// declareUnion writes a union: a struct with a pointer for each variant.
func declareUnion(f *jen.File, t *plan.Type, about string) {
	var names []string
	for _, v := range t.Variants {
		names = append(names, v.Name)
	}
	rule := "To send it, set exactly one field. When it is received, the field that fits best is set, and Raw keeps the JSON as received, even if no field fits."
	if t.AnyOf {
		rule = "To send it, set at least one field; the members of several are joined. When it is received, every field that fits is set, and Raw keeps the JSON as received, even if no field fits."
	}
	f.Add(doc(about, t.Name+" holds one of "+strings.Join(names, ", ")+".", rule))
	f.Type().Id(t.Name).StructFunc(func(g *jen.Group) {
		for _, v := range t.Variants {
			if v.Limits != "" {
				g.Add(doc(v.Limits))
			}
			g.Id(v.Name).Op("*").Add(typ(v.Type)).Tag(map[string]string{"variant": discriminatorTag(v)})
		}
		g.Id("Raw").Qual("encoding/json", "RawMessage")
	})
	helper := "OneOf"
	if t.AnyOf {
		helper = "AnyOf"
	}

	f.Add(doc("MarshalJSON writes the variant that is set, or Raw if none is."))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).Block(
		jen.Return(jen.Qual(implPath, "Marshal"+helper).Call(jen.Id("v"))))

	f.Add(doc("UnmarshalJSON keeps the JSON in Raw and sets what fits. A variant that it does not know is no error."))
	f.Func().Params(jen.Id("v").Op("*").Id(t.Name)).Id("UnmarshalJSON").Params(jen.Id("data").Index().Byte()).Error().Block(
		jen.Return(jen.Qual(implPath, "Unmarshal"+helper).Call(jen.Id("data"), jen.Id("v"))))

	if t.Secrecy != plan.NoSecret {
		hideSecrets(f, t)
		return
	}
	f.Add(doc("Format prints the variant that is set, or Raw if none is."))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("Format").Params(jen.Id("state").Qual("fmt", "State"), jen.Id("_").Rune()).Block(
		jen.Qual(implPath, "FormatUnion").Call(jen.Id("state"), jen.Id("v")))
}

// discriminatorTag returns the values by which the discriminator names a variant, in
// the form of a URL's query. The runtime reads them from the tag of the variant's field.
func discriminatorTag(v plan.Variant) string {
	query := url.Values{}
	for _, value := range v.Values {
		query.Add(v.Member, value)
	}
	return query.Encode()
}
