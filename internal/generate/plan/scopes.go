package plan

import (
	"strings"

	"github.com/scopegen/scopegen/spec"
)

type scopeInfo struct {
	spec    *spec.Scope
	scope   *Scope
	about   string // topic
	pkgName string
	client  string
	closure spec.ScopeSet // the scope and all it implies
	clients []*scopeClient
}

// scopeClient is a client of one scope. Its package is the scope's own, or one that the
// catalogue names for operations, or both.
type scopeClient struct {
	home       *Package
	name       string // without the keys
	keys       []Key
	own, named bool
}

// planScopes plans the types of the scopes, and which package and client each scope has.
func (b *builder) planScopes() {
	byName := map[string]*scopeInfo{}
	byMethod := map[string]*scopeInfo{}
	byName["All"] = &scopeInfo{spec: &spec.Scope{Name: "(all of them)"}}            // the function scope.All
	byName["Table"] = &scopeInfo{spec: &spec.Scope{Name: "(the table of the API)"}} // the constant scope.Table
	byPackage := map[string]*scopeInfo{}                                            // derived package names
	for _, g := range b.catalogue.Groups {
		for _, s := range g.Scopes {
			if b.scopes[s.Name] != nil {
				continue // the loader has reported the duplicate
			}
			about, action := topic(s.Name)
			info := &scopeInfo{spec: s, about: about, pkgName: s.Domain, client: s.Client}
			name := s.GoName
			if name == "" {
				name = b.scopeName(s.Name)
			}
			if name == "" {
				b.errorf("no-go-name", s.Pos, "no Go name can be made from the scope %q: it holds neither letter nor digit", s.Name).hint("name it with go_name, domain and client")
				name = "X"
			}
			if info.pkgName == "" {
				info.pkgName = b.domainFor(about)
				if first := byPackage[info.pkgName]; first != nil && first.about != about {
					b.errorf("package-clash", s.Pos, "the scopes %q and %q would share the Go package %s though they are about different things", first.spec.Name, s.Name, info.pkgName).
						related(first.spec.Pos, "the other one").hint("say with domain in which package each client belongs; the same domain for both is fine")
				} else {
					byPackage[info.pkgName] = info
				}
			} else {
				b.checkDomain(info.pkgName, s.Pos)
			}
			if info.client == "" {
				info.client = b.names.client(action)
			}
			info.scope = &Scope{
				Name: s.Name, Wire: s.Wire(b.catalogue.Spelling), GoName: name, Method: unexported(name, "Scope"),
				Permits: s.Permits, Group: g.Title, Deprecated: s.Deprecated,
			}
			for _, known := range []struct {
				index map[string]*scopeInfo
				key   string
			}{{byName, name}, {byMethod, info.scope.Method}} {
				if first := known.index[known.key]; first != nil {
					b.errorf("go-name-clash", s.Pos, "the scopes %q and %q both become the Go name %s", first.spec.Name, s.Name, known.key).
						related(first.spec.Pos, "the other one").hint("give one of them a go_name")
					break
				}
				known.index[known.key] = info
			}
			b.scopes[s.Name] = info
		}
	}
	implies := b.catalogue.Implications()
	for _, info := range b.scopes {
		info.closure = implies.Closure(info.spec.Name)
	}
}

// scopeName returns the Go name of a scope: of the whole text, or of the path if the
// scope is a URL.
func (b *builder) scopeName(scope string) string {
	if about, action := topic(scope); strings.Contains(scope, "://") {
		return b.names.exported(about) + b.names.exported(action)
	}
	return b.names.exported(scope)
}

// allScopes returns the scopes in the order of the table.
func (b *builder) allScopes() []*scopeInfo {
	var out []*scopeInfo
	for _, g := range b.catalogue.Groups {
		for _, s := range g.Scopes {
			if info := b.scopes[s.Name]; info != nil && info.spec == s {
				out = append(out, info)
			}
		}
	}
	return out
}
