package emit

import (
	"path"

	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// moved writes deprecated aliases for the former names that a renamed scope leaves.
//
// "go fix" rewrites the uses of types and constants. It cannot rewrite calls of
// constructors: in most calls the type argument is inferred, which it does not
// support, and where the argument is written, the edits of the call and of the
// argument overlap, and "go fix" (Go 1.26) then writes nothing. So old calls stay.
// They compile, and linters show the deprecation, which says what to write.
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
			inline(m.Old + " is the client of " + m.OldScope + ".")
			f.Type().Id(m.Old).Op("=").Add(target)
			f.Line()
			if m.NewPath == p.ImportPath {
				where = "New" + m.New
			} else {
				where = path.Base(m.NewPath) + ".New" + m.New
			}
			f.Add(doc("New"+m.Old+" is the constructor of the client of "+m.OldScope+".", deprecated("use "+where)))
			set := setName(m.New)
			f.Func().Id("New" + m.Old).Types(jen.Id(set).Add(constraint(scopePath, m.Scopes))).
				Params(jen.Id("token").Qual(runtimePath, "Token").Types(jen.Id(set))).Op("*").Add(target.Clone()).
				Block(jen.Return(jen.Qual(m.NewPath, "New"+m.New).Call(jen.Id("token"))))
		}
	}
	return f
}
