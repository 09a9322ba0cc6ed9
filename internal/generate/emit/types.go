package emit

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// types writes the types and headers of a package into a file that begins with about.
func (w *Writer) types(p *plan.Package, about string) (File, error) {
	const atOnce = 100
	f := w.file(p)
	if about != "" {
		f.PackageComment(about)
	}
	var parts [][]byte
	for types := range slices.Chunk(p.Types, atOnce) {
		text, err := part(f, func(f *jen.File) {
			for _, t := range types {
				f.Line()
				declareType(f, t)
			}
		})
		if err != nil {
			return File{}, err
		}
		parts = append(parts, text)
	}
	text, err := part(f, func(f *jen.File) {
		for _, h := range p.Headers {
			f.Line()
			about := h.Name + " is the response header " + strconv.Quote(h.Wire) + "."
			f.Add(doc(sentences(about, h.Doc, h.Limits)))
			f.Const().Id(h.Name).Qual(runtimePath, "HeaderField").Types(typ(h.Type)).Op("=").Lit(h.Wire)
		}
	})
	if err != nil {
		return File{}, err
	}
	return w.render(f, "types.go", append(parts, text)...)
}

// declareType writes the declaration of t with its methods.
func declareType(f *jen.File, t *plan.Type) {
	about := t.Name + " is a type that the API declares where it is used, without a name."
	switch {
	case t.Key == "" && t.Kind == plan.Enum:
		// The description and the limits of an inline enum are those of the member.
		about = t.Name + " is one of the values below, or a value that the API has gained since."
	case t.Key != "":
		about = sentences(thing(t.Name, t.Doc, t.Name+" is the API's type "+strconv.Quote(t.Key)+"."), t.Limits)
	default:
		about = sentences(thing(t.Name, t.Doc, about), t.Limits)
	}
	if t.Deprecated {
		about += "\n\n" + deprecated("the API calls it deprecated")
	}
	switch t.Kind {
	case plan.Alias:
		f.Add(doc(about))
		f.Type().Id(t.Name).Op("=").Add(typ(t.Underlying))
	case plan.Defined:
		f.Add(doc(about))
		f.Type().Id(t.Name).Add(typ(t.Underlying))
		hideSecrets(f, t)
	case plan.Enum:
		declareEnum(f, t, about)
		hideSecrets(f, t)
	case plan.Union:
		declareUnion(f, t, about)
	default:
		f.Add(doc(about))
		f.Type().Id(t.Name).StructFunc(func(g *jen.Group) {
			for _, field := range t.Fields {
				declareField(g, field)
			}
			if t.Additional != nil {
				g.Add(doc("The members that have no field above."))
				g.Id("AdditionalProperties").Map(jen.String()).Add(typ(*t.Additional)).Tag(map[string]string{"json": "-"})
			}
		})
		declareMarshal(f, t)
		declareUnmarshal(f, t)
		hideSecrets(f, t)
	}
}

// declareField writes a field of a struct with its comment and its tags.
func declareField(g *jen.Group, f plan.Field) {
	about := sentences(f.Doc, f.Limits)
	if f.Deprecated {
		about += "\n\n" + deprecated("the API calls it deprecated")
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
	case !f.Required || f.Omitted:
		tag += ",omitzero"
	case tag == "-":
		tag = "-,"
	}
	tags := map[string]string{"json": tag}
	if text, ok := constText(f.Const); ok {
		tags["const"] = text
	}
	s.Tag(tags)
}

// constText returns a constant in the form of a struct tag, by which a union tells
// its variants apart. It returns false for what is no text, integer or boolean.
func constText(text string) (string, bool) {
	var s string
	switch {
	case text == "" || text == "null":
		return "", false
	case json.Unmarshal([]byte(text), &s) == nil:
		return s, true
	}
	return text, text == "true" || text == "false" || strings.Trim(text, "-0123456789") == ""
}

// declareMarshal writes MarshalJSON for a struct whose zero value is not what the API
// accepts: a nil list becomes an empty one, and a constant its value. The method also
// writes the members that have no field, after those that have one.
func declareMarshal(f *jen.File, t *plan.Type) {
	var fill []jen.Code
	for _, field := range t.Fields {
		if code := fillZero(field); code != nil && t.Sent {
			fill = append(fill, code)
		}
	}
	about := "MarshalJSON writes required members that were left at their zero values as the API accepts them: a nil list as an empty one, a constant as its value."
	switch {
	case t.Additional != nil && len(fill) > 0:
		about += " The members of AdditionalProperties come last."
	case t.Additional != nil:
		about = "MarshalJSON writes the members of AdditionalProperties after the others."
	case len(fill) == 0:
		return
	}
	value := jen.Id("plain").Call(jen.Id("v"))
	result := jen.Qual("encoding/json", "Marshal").Call(value)
	if t.Additional != nil {
		result = jen.Qual(implPath, "MarshalObject").Call(value, jen.Id("v").Dot("AdditionalProperties"))
	}
	f.Add(doc(about))
	f.Func().Params(jen.Id("v").Id(t.Name)).Id("MarshalJSON").Params().Params(jen.Index().Byte(), jen.Error()).Block(
		append(fill, jen.Type().Id("plain").Id(t.Name), jen.Return(result))...)
}

// fillZero returns the statement that replaces the zero value of a field, or nil if
// the zero value is right.
func fillZero(field plan.Field) jen.Code {
	at := jen.Id("v").Dot(field.Name)
	set := func(is *jen.Statement, value jen.Code) jen.Code {
		return jen.If(is).Block(at.Clone().Op("=").Add(value))
	}
	switch field.Fill {
	case plan.FillEmpty:
		return set(at.Clone().Op("==").Nil(), jen.Add(typ(field.Type)).Values())
	case plan.FillInside:
		if !field.Required {
			return jen.If(at.Clone().Op("!=").Nil()).Block(at.Clone().Op("=").Qual(implPath, "WithoutNil").Call(at.Clone()))
		}
		return at.Clone().Op("=").Qual(implPath, "WithoutNil").Call(at.Clone())
	case plan.FillDecoded:
		return jen.If(jen.Err().Op(":=").Qual(implPath, "FillConstant").Call(jen.Op("&").Add(at.Clone()), jen.Lit(field.Const)), jen.Err().Op("!=").Nil()).
			Block(jen.Return(jen.Nil(), jen.Err()))
	case plan.FillText:
		return set(at.Clone().Op("==").Lit(""), literal(field.Const))
	case plan.FillNumber:
		return set(at.Clone().Op("==").Lit(0), jen.Op(field.Const))
	case plan.FillTrue:
		return set(jen.Op("!").Add(at.Clone()), jen.True())
	case plan.FillRaw:
		return set(at.Clone().Op("==").Nil(), jen.Qual("encoding/json", "RawMessage").Call(jen.Lit(field.Const)))
	default:
		return nil
	}
}

// declareUnmarshal writes UnmarshalJSON for a struct that keeps the members for which
// it has no field.
func declareUnmarshal(f *jen.File, t *plan.Type) {
	if t.Additional == nil {
		return
	}
	f.Add(doc("UnmarshalJSON keeps the members that have no field in AdditionalProperties."))
	f.Func().Params(jen.Id("v").Op("*").Id(t.Name)).Id("UnmarshalJSON").Params(jen.Id("data").Index().Byte()).Error().Block(
		jen.Type().Id("plain").Id(t.Name),
		jen.Return(jen.Qual(implPath, "UnmarshalObject").Call(
			jen.Id("data"), jen.Parens(jen.Op("*").Id("plain")).Call(jen.Id("v")), jen.Op("&").Id("v").Dot("AdditionalProperties"))))
}

// hideSecrets writes the methods that keep the secrets of a type out of what is
// printed. Its JSON stays what the API takes, so log handlers that write JSON need a
// method of their own. A type that holds a secret in another type has a Format too,
// because for some verbs fmt prints what a pointer points to and asks no method inside.
func hideSecrets(f *jen.File, t *plan.Type) {
	format := func(about string, receiver *jen.Statement, body ...jen.Code) {
		f.Add(doc(about))
		f.Func().Params(receiver).Id("Format").Params(jen.Id("state").Qual("fmt", "State"), jen.Id("_").Rune()).Block(body...)
	}
	logValue := func(about string, receiver *jen.Statement, text jen.Code) {
		f.Add(doc(about))
		f.Func().Params(receiver).Id("LogValue").Params().Qual("log/slog", "Value").Block(
			jen.Return(jen.Qual("log/slog", "StringValue").Call(text)))
	}
	ignored := jen.List(jen.Id("_"), jen.Id("_")).Op("=")
	switch t.Secrecy {
	case plan.IsSecret:
		text := jen.Lit(t.Name + "{secret}")
		format("Format prints the type's name alone, because the value may hold a secret.", jen.Id(t.Name),
			ignored.Qual("io", "WriteString").Call(jen.Id("state"), text))
		logValue("LogValue gives log handlers the type's name alone, because the value may hold a secret.", jen.Id(t.Name), text)
	case plan.HoldsSecret:
		format("Format prints the value without the secrets inside.", jen.Id("v").Id(t.Name),
			jen.Type().Id("plain").Id(t.Name),
			ignored.Qual("fmt", "Fprintf").Call(jen.Id("state"), jen.Lit("%+v"), jen.Id("plain").Call(jen.Id("v"))))
		logValue("LogValue gives log handlers the text that Format prints, because JSON would show the secrets inside.",
			jen.Id("v").Id(t.Name), jen.Qual("fmt", "Sprint").Call(jen.Id("v")))
	}
}
