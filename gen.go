// Package scopegen turns a catalogue of scopes and operations into Go clients
// in which the scope is part of the type.
//
// It is the engine behind the scopegen command: a catalogue goes in, files in
// memory come out, and nothing is read or written on the way.
package scopegen

import (
	"cmp"
	"path"
	"slices"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/generate/emit"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/spec"
)

//go:generate go run ./cmd/scopegen generate --catalogue spec/scopes.yaml

// Diagnostics are findings about a catalogue, each with its place.
type Diagnostics = diag.List

// File is one generated file. Path is relative to the output folder, with
// slashes.
type File struct {
	Path    string
	Content []byte
}

// Package is one generated Go package.
type Package struct {
	Path   string // folder relative to the output folder; "." for the entry package
	Digest string // equal digests mean equal files
	Files  []File // nil if Options.Unchanged said so
}

// Options say what Generate needs beside the catalogue.
type Options struct {
	// ImportPath is the import path of the output folder. Required.
	ImportPath string
	// Unchanged reports whether the files of the package at path exist already
	// and belong to digest. They are not rendered again. Nil renders everything.
	Unchanged func(path, digest string) bool
}

// Generate plans and renders the packages for a catalogue: the entry package,
// the scopes, the keys if there are any, one package for each domain, one for types that several domains
// share. The same input gives the same bytes. Findings come with their places;
// if one is an error there are no packages. The catalogue is not changed.
func Generate(c *spec.Catalogue, o Options) ([]Package, Diagnostics) {
	p, findings := plan.Build(c, o.ImportPath)
	if p == nil {
		return nil, findings
	}
	g, w := generation{options: o}, emit.NewWriter(p)
	g.add(".", p.Entry.Digest(p.Scopes), w.Entry)
	g.add("scope", p.ScopesDigest(w.Table()), w.Scopes)
	if len(p.Keys) > 0 {
		g.add(plan.KeyPackage, p.KeysDigest(), w.Keys)
	}
	for _, domain := range p.Packages {
		g.add(domain.Name, domain.Digest(), func() ([]emit.File, error) { return w.Package(domain) })
	}
	if g.err != nil {
		findings = append(findings, diag.Diagnostic{
			Code: "generator-fault", Message: g.err.Error(),
			Hint: "this is a fault of scopegen, not of the catalogue: please report it with the catalogue",
		})
		return nil, findings
	}
	slices.SortFunc(g.packages, func(a, b Package) int { return cmp.Compare(a.Path, b.Path) })
	return g.packages, findings
}

type generation struct {
	options  Options
	packages []Package
	err      error
}

func (g *generation) add(folder, digest string, render func() ([]emit.File, error)) {
	if g.err != nil {
		return
	}
	pkg := Package{Path: folder, Digest: digest}
	if g.options.Unchanged == nil || !g.options.Unchanged(folder, digest) {
		var files []emit.File
		files, g.err = render()
		for _, f := range files {
			pkg.Files = append(pkg.Files, File{path.Join(folder, f.Name), f.Content})
		}
	}
	g.packages = append(g.packages, pkg)
}

// Generator numbers the form of the generated code. Raise it with every change
// of scopegen that makes other files of an unchanged catalogue: a run that finds
// the number it knows, and the catalogue it knows, has nothing to do. The check
// of the packages in this repository renders them anew and fails if the number
// was forgotten.
const Generator = "14"
