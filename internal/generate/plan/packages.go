package plan

import (
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// pkg returns the package called name. It makes the package on first use.
func (b *builder) pkg(name string) *Package {
	p := b.packages[name]
	if p == nil {
		p = &Package{Name: name, ImportPath: b.root + "/" + name}
		b.packages[name] = p
	}
	return p
}

// sharedName returns the name of the package of shared types.
func (b *builder) sharedName() string {
	switch {
	case b.catalogue.Go.Shared != "":
		return b.catalogue.Go.Shared
	case b.catalogue.API.Name == "model":
		return "shared"
	}
	return "model"
}

// own reports whether a package of this name is no domain: the entry package, and
// those of shared types and of keys.
func (b *builder) own(name string) bool {
	return name == b.sharedName() || name == b.catalogue.API.Name || name == KeyPackage && len(b.catalogue.Keys) > 0
}

// checkDomain reports a domain that has the name of another package.
func (b *builder) checkDomain(domain string, pos spec.Position) {
	if b.own(domain) {
		b.errorf("package-clash", pos, "the domain %q is the name of a package that scopegen writes itself", domain).hint("choose another domain")
	}
}

// domainFor returns the name of the package for scopes about a topic, where the
// catalogue names no domain.
func (b *builder) domainFor(about string) string {
	name := packageName(about)
	if name == "" || b.own(name) {
		name += "api"
	}
	return name
}

// domainOf returns the name of the package of an operation that needs no scope: its
// domain, or else the first part of its path that makes a name.
func (b *builder) domainOf(op *spec.Operation) string {
	if op.Domain != "" {
		return op.Domain
	}
	for _, segment := range strings.Split(op.Path, "/") {
		if _, pattern, ok := strings.Cut(segment, "="); ok && segment[0] == '{' {
			segment = pattern
		}
		if segment != "" && !strings.HasPrefix(segment, "{") {
			if name := packageName(segment); name != "" && !b.own(name) {
				return name
			}
		}
	}
	return "root"
}

// sharedPackage returns the package of shared types.
func (b *builder) sharedPackage() *Package {
	p := b.pkg(b.sharedName())
	p.Shared = true
	return p
}

// payloadPackage returns the package of the types that no operation uses.
func (b *builder) payloadPackage() *Package {
	if b.payload == nil {
		name := "payload"
		for b.own(name) || b.packages[name] != nil {
			name += "s"
		}
		b.payload = b.pkg(name)
		b.payload.Payload = true
	}
	return b.payload
}

// homeOf returns the package in which the inline types of an operation are declared:
// the one package that has the operation, or else the shared package.
func (b *builder) homeOf(op *spec.Operation) *Package {
	if len(b.used[op]) == 1 {
		for p := range b.used[op] {
			return p
		}
	}
	return b.sharedPackage()
}
