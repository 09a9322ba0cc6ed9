package plan

import (
	"go/token"
	"regexp"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// libraries holds the names of the packages that generated code imports of its own.
var libraries = []string{"bytes", "clientimpl", "context", "fmt", "httpsig", "io", "iter", "json", "reflect", "runtime", "scope", "slog", "time"}

// importNames collects the names under which generated files may import packages.
// No function or argument gets one of these names, because it would hide the package.
func (b *builder) importNames() {
	b.plan.Imports = map[string]string{}
	b.imported = map[string]bool{b.sharedName(): true, b.catalogue.API.Name: true}
	for _, name := range libraries {
		b.imported[name] = true
	}
	for name := range b.packages {
		b.imported[name] = true
	}
	note := func(t spec.GoType, pos spec.Position) {
		r := goType(t)
		if !r.is(Named) {
			return
		}
		name := importName(r.Package)
		b.imported[name] = true
		if strings.Contains(strings.Split(r.Package, "/")[0], ".") {
			b.plan.Imports[r.Package] = name
		}
		if r.Package == b.root || strings.HasPrefix(r.Package, b.root+"/") {
			b.errorf("go-type", pos, "the Go type %s is in the folder that scopegen writes, so the package that uses it may import itself", t).
				hint("put the type into a package outside of " + b.root)
		}
		if !b.mayImport(r.Package) {
			b.errorf("go-type", pos, "the Go type %s is in an internal package, which %s cannot import", t, b.root).
				hint("name a type of a package that is not internal, or of one that is below the module of the generated code")
		}
	}
	for _, e := range b.catalogue.Go.Formats {
		note(e.Value, e.Pos)
	}
	seen := map[*spec.Schema]bool{}
	var visit func(*spec.Schema)
	visit = func(s *spec.Schema) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		if s.GoType != "" {
			note(s.GoType, s.Pos)
		}
		eachPart(s, visit)
	}
	for _, e := range b.catalogue.Types {
		visit(e.Value)
	}
	for _, e := range b.catalogue.Errors {
		visit(e.Value)
	}
	for _, op := range b.catalogue.Operations {
		for _, s := range operationSchemas(op) {
			visit(s)
		}
	}
}

// mayImport reports whether the go command lets generated code import a package: an
// internal one is for the folder that its last "internal" is in, and for what is
// below that.
func (b *builder) mayImport(importPath string) bool {
	elements := strings.Split(importPath, "/")
	for i := len(elements) - 1; i >= 0; i-- {
		if elements[i] == "internal" {
			parent := strings.Join(elements[:i], "/")
			return parent != "" && (b.root == parent || strings.HasPrefix(b.root, parent+"/"))
		}
	}
	return elements[0] != "vendor"
}

// eachPart calls do with each schema that stands inside s.
func eachPart(s *spec.Schema, do func(*spec.Schema)) {
	do(s.Items)
	if s.AdditionalProperties != nil {
		do(s.AdditionalProperties.Schema)
	}
	for _, e := range s.Properties {
		do(e.Value)
	}
	for _, list := range [][]*spec.Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, part := range list {
			do(part)
		}
	}
}

var majorVersion = regexp.MustCompile(`^v[0-9]+$`)

// importName returns the name under which generated files import the package of
// an import path that is not generated: the last element without version, in
// lower case, letters and digits alone.
func importName(importPath string) string {
	elements := strings.Split(importPath, "/")
	last := elements[len(elements)-1]
	if majorVersion.MatchString(last) && len(elements) > 1 {
		last = elements[len(elements)-2]
	}
	if stem, version, ok := strings.Cut(last, ".v"); ok && strings.Trim(version, "0123456789") == "" {
		last = stem
	}
	name := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(last))
	if name == "" || name[0] <= '9' || token.IsKeyword(name) || predeclared(name) {
		name = "pkg" + name
	}
	return name
}
