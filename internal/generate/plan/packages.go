package plan

import (
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// pkg returns the package called name, made on first use.
func (b *builder) pkg(name string) *Package {
	p := b.packages[name]
	if p == nil {
		p = &Package{Name: name, ImportPath: b.root + "/" + name}
		b.packages[name] = p
	}
	return p
}

func (b *builder) sharedName() string {
	switch {
	case b.catalogue.Go.Shared != "":
		return b.catalogue.Go.Shared
	case b.catalogue.API.Name == "model":
		return "shared"
	}
	return "model"
}

// ownDomain refuses a domain with the name of the entry package or of the package
// of shared types.
func (b *builder) ownDomain(domain string, pos spec.Position) {
	if domain == b.sharedName() || domain == b.catalogue.API.Name {
		b.errorf("package-clash", pos, "the domain %q is the name of a package that scopegen writes itself", domain).hint("choose another domain")
	}
}

// domain returns the name of the package for a topic, for scopes to which the
// catalogue gives no domain.
func (b *builder) domain(about string) string {
	name := packageName(about)
	if name == "" || name == b.sharedName() || name == b.catalogue.API.Name {
		name += "api"
	}
	return name
}

// domainOf is the package of an operation that needs no scope.
func (b *builder) domainOf(op *spec.Operation) string {
	if op.Domain != "" {
		b.ownDomain(op.Domain, op.Pos)
		return op.Domain
	}
	for _, segment := range strings.Split(op.Path, "/") {
		if segment != "" && !strings.HasPrefix(segment, "{") {
			if name := packageName(segment); name != "" && name != b.sharedName() && name != b.catalogue.API.Name {
				return name
			}
		}
	}
	return "root"
}

func (b *builder) shared() *Package {
	p := b.pkg(b.sharedName())
	p.Shared = true
	return p
}

// home returns the package in which the inline types of an operation are declared.
func (b *builder) home(op *spec.Operation) *Package {
	if len(b.used[op]) == 1 {
		for p := range b.used[op] {
			return p
		}
	}
	return b.shared()
}
