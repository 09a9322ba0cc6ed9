package emit

import (
	"path"
	"slices"

	"github.com/scopegen/scopegen/internal/apitable"
	"github.com/scopegen/scopegen/internal/generate/plan"
)

// Table returns the table of the API, which auditors read: which Go names stand
// for which scopes, clients and operations.
func (w *Writer) Table() []byte { return table(w.plan).Encode() }

// apiTable writes the table as a constant and as a file. A program that does not
// use the constant does not contain it.
func (w *Writer) apiTable() ([]File, error) {
	text := w.Table()
	f := w.goFile(w.plan.Entry.ImportPath+"/scope", "scope")
	f.Add(doc(apitable.Constant + " describes the whole API as JSON: its scopes, its clients with their constructors, and its operations with the Go methods that make them. It is for tools that examine programs, such as scopegen audit. The file " + apitable.FileName + " has the same text."))
	f.Const().Id(apitable.Constant).Op("=").Op("`" + string(text) + "`")
	source, err := w.render(f, apitable.GoFile)
	return []File{source, {apitable.FileName, text}}, err
}

func table(p *plan.Plan) *apitable.Table {
	t := &apitable.Table{Schema: apitable.Schema, API: p.Entry.Name, Title: p.Entry.Title}
	for _, s := range p.Scopes {
		t.Scopes = append(t.Scopes, apitable.Scope{
			Scope: s.Wire, Go: s.GoName, Former: s.Renamed, Group: s.Group, Implies: s.Implies, Deprecated: s.Deprecated,
		})
	}
	former := formerConstructors(p)
	for _, pkg := range p.Packages {
		for _, c := range pkg.Clients {
			client := apitable.Client{
				Package: pkg.Name, Type: c.Name, Carries: apitable.CarriesScopes,
				Constructors: append([]string{pkg.Name + ".New" + c.Name}, former[pkg.ImportPath+"."+c.Name]...),
			}
			switch {
			case c.Kind == plan.Public && len(c.Keys) > 0:
				client.Carries = apitable.CarriesKeys
			case c.Kind == plan.Public:
				client.Carries = apitable.CarriesNone
			case c.Kind == plan.TokenOnly:
				client.Carries = apitable.CarriesToken
			}
			for _, key := range c.Keys {
				client.Keys = append(client.Keys, key.Name)
			}
			for _, s := range c.Scopes {
				client.Scopes = append(client.Scopes, s.Wire)
			}
			t.Clients = append(t.Clients, client)
		}
		for _, op := range pkg.Operations {
			t.Operations = append(t.Operations, operation(pkg, op))
		}
	}
	return t
}

// formerConstructors returns the constructors that renames left behind, by the
// client that they make.
func formerConstructors(p *plan.Plan) map[string][]string {
	former := map[string][]string{}
	for _, pkg := range p.Packages {
		for _, m := range pkg.Moved {
			if m.Kind == "client" {
				former[m.NewPath+"."+m.New] = append(former[m.NewPath+"."+m.New], path.Base(pkg.ImportPath)+".New"+m.Old)
			}
		}
	}
	return former
}

func operation(pkg *plan.Package, op *plan.Operation) apitable.Operation {
	entry := apitable.Operation{ID: op.ID, Method: op.HTTPMethod, Path: op.Path, Package: pkg.Name, Requires: op.Requires}
	entry.Without = without(op)
	for _, c := range pkg.Clients {
		for _, m := range op.Methods {
			if slices.Contains(c.Methods, m.Name) {
				entry.Calls = append(entry.Calls, apitable.Call{Client: c.Name, Method: m.Name, Function: m.Func})
			}
		}
	}
	return entry
}

// without says what an operation requires of those who have no scope: the least of
// its ways. It returns "" if each way needs a scope.
func without(op *plan.Operation) string {
	for _, one := range []struct {
		text string
		is   func(plan.Way) bool
	}{
		{"public", func(w plan.Way) bool { return !w.Token && len(w.Keys) == 0 }},
		{"token", func(w plan.Way) bool { return w.Token && len(w.Scopes)+len(w.Keys) == 0 }},
		{"key", func(w plan.Way) bool { return len(w.Keys) > 0 && len(w.Scopes) == 0 }},
	} {
		if slices.ContainsFunc(op.Ways, one.is) {
			return one.text
		}
	}
	return ""
}
