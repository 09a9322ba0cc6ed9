package openapi

import (
	"cmp"
	"io/fs"
	"slices"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// Client is a client that a catalogue gives, with the number of its methods.
type Client struct {
	Name    string // package and type
	Methods int
}

// Choice is what lists of scopes can mean, with the clients that the document then
// gives, those with the most methods first.
type Choice struct {
	Lists   ScopeLists
	Clients []Client
}

// Choices returns what the lists of scopes of a document can mean that was imported with
// o and whose lists nobody has decided.
func (r *Result) Choices(fsys fs.FS, name string, o Options) ([]Choice, error) {
	if err := r.Remaining.Err(); err != nil {
		return nil, err
	}
	// Undecided lists are taken as the text of OpenAPI says.
	choices := []Choice{{All, r.clients}}
	for _, lists := range []ScopeLists{Any, Ladder} {
		if lists == Ladder && !r.otherLists {
			choices = append(choices, Choice{Ladder, choices[1].Clients}) // all lists are ladders
			continue
		}
		o.ScopeLists = lists
		doc, err := readDocument(fsys, name)
		if err != nil {
			return nil, err
		}
		i := newImporter(fsys, o)
		i.preview = true
		other, err := i.run(doc)
		if err != nil {
			return nil, err
		}
		if err := other.Remaining.Err(); err != nil {
			return nil, err
		}
		choices = append(choices, Choice{lists, other.clients})
	}
	return choices, nil
}

// clientsOf returns the clients of a plan, those with the most methods first.
func clientsOf(p *plan.Plan) []Client {
	var clients []Client
	for _, pkg := range p.Packages {
		for _, client := range pkg.Clients {
			clients = append(clients, Client{pkg.Name + "." + client.Name, len(client.Methods)})
		}
	}
	slices.SortStableFunc(clients, func(a, b Client) int { return cmp.Compare(b.Methods, a.Methods) })
	return clients
}
