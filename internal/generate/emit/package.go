package emit

import (
	"github.com/dave/jennifer/jen"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// Package writes a domain, or the package of shared types.
func (w *Writer) Package(p *plan.Package) ([]File, error) {
	entry := w.plan.Entry
	var out []File
	add := func(f *jen.File, name string) error {
		rendered, err := w.render(f, name)
		out = append(out, rendered)
		return err
	}
	if len(p.Clients) > 0 {
		if err := add(w.clients(p), "client.go"); err != nil {
			return nil, err
		}
		if err := add(w.operations(p), "operations.go"); err != nil {
			return nil, err
		}
	}
	if len(p.Types)+len(p.Headers) > 0 {
		about := ""
		if len(p.Clients) == 0 {
			which := "several domains of the " + entry.Title + " share."
			if p.Payload {
				which = "no operation of the " + entry.Title + " uses, such as those of what webhooks deliver."
			}
			about = comment("Package " + p.Name + " holds the types that " + which)
		}
		types, err := w.types(p, about)
		if err != nil {
			return nil, err
		}
		out = append(out, types)
	}
	if len(p.Moved) > 0 {
		f := w.moved(p)
		if len(p.Clients)+len(p.Types)+len(p.Headers) == 0 {
			f.PackageComment(comment("Package "+p.Name+" holds deprecated names for what has moved since a scope was renamed.", deprecated("scopegen fix moves a program to the new names.")))
		}
		if err := add(f, "moved.go"); err != nil {
			return nil, err
		}
	}
	return out, nil
}
