package emit

import (
	"path"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// moved writes deprecated aliases for the former names that a renamed scope leaves.
//
// "scopegen fix" replaces all of them in a program. The types and constants have the
// directive for "go fix" too, for those who have that alone. A constructor has none:
// "go fix" (Go 1.26) does not inline a call whose type argument is inferred, and
// where the argument is written, its edits overlap and it writes nothing. Such a call
// compiles as before, and the deprecation says what to write.
func (w *Writer) moved(p *plan.Package) *jen.File {
	f := w.file(p)
	scopePath := w.plan.Entry.ImportPath + "/scope"
	for _, m := range p.Moved {
		where := m.New
		if m.NewPath != p.ImportPath {
			where = path.Base(m.NewPath) + "." + m.New
		}
		target := jen.Qual(m.NewPath, m.New)
		inline := func(about string) {
			f.Line()
			f.Add(doc(about, deprecated("use "+where)))
			f.Comment("//")
			f.Comment("//go:fix inline")
		}
		switch m.Kind {
		case "const":
			inline(m.Old + " has moved.")
			f.Const().Id(m.Old).Op("=").Add(target)
		case "type":
			inline(m.Old + " has moved.")
			f.Type().Id(m.Old).Op("=").Add(target)
		default:
			about, makes := " is the client of "+m.OldScope+".", " is the constructor of the client of "+m.OldScope+"."
			if m.OldScope == "" {
				about, makes = " is a former name of the client ["+where+"].", " makes the client ["+where+"]."
			}
			inline(m.Old + about)
			f.Type().Id(m.Old).Op("=").Add(target)
			f.Line()
			if m.NewPath == p.ImportPath {
				where = "New" + m.New
			} else {
				where = path.Base(m.NewPath) + ".New" + m.New
			}
			f.Add(doc("New"+m.Old+makes, deprecated("use "+where)))
			set := setName(m.New)
			f.Func().Id("New" + m.Old).Types(jen.Id(set).Add(constraint(scopePath, m.Scopes))).
				Params(append([]jen.Code{jen.Id("token").Qual(runtimePath, "Token").Types(jen.Id(set))}, w.keyParameters(m.Keys)...)...).Op("*").Add(target.Clone()).
				Block(jen.Return(jen.Qual(m.NewPath, "New"+m.New).Call(append([]jen.Code{jen.Id("token")}, keyArguments(m.Keys)...)...)))
		}
	}
	return f
}
