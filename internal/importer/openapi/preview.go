package openapi

import (
	"cmp"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// Client is a client that a catalogue gives, with the number of its methods.
type Client struct {
	Name    string // package and type
	Methods int
}

// Preview returns the clients that the document gives if its lists of scopes
// mean this, those with the most methods first.
func Preview(fsys fs.FS, name string, o Options, lists ScopeLists) ([]Client, error) {
	o.ScopeLists = lists
	result, err := Import(fsys, name, o)
	if err != nil {
		return nil, err
	}
	p, findings := check(load(result.Files))
	if err := findings.Err(); err != nil {
		return nil, err
	}
	var clients []Client
	for _, pkg := range p.Packages {
		for _, client := range pkg.Clients {
			clients = append(clients, Client{pkg.Name + "." + client.Name, len(client.Methods)})
		}
	}
	slices.SortStableFunc(clients, func(a, b Client) int { return cmp.Compare(b.Methods, a.Methods) })
	return clients, nil
}

// load reads the catalogue that the files make up.
func load(files map[string][]byte) (*spec.Catalogue, diag.List) {
	fsys := fstest.MapFS{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fsys[name] = &fstest.MapFile{Data: files[name]}
	}
	return spec.Load(fsys, "scopes.yaml")
}
