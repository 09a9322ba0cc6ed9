package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// setClient is a client of several scopes at once.
type setClient struct {
	client *Client
	home   *Package
	set    []spec.Text
	// Its package is that of its scopes, or one that the catalogue names for operations,
	// or both.
	own, named bool
}

// planClients decides which client has which operation. Each scope has a client with
// the operations for which that scope is enough. Each set of scopes that permit an
// operation only together has one too. Where calls carry keys, all that need the same
// keys beside the same scopes, or in place of a token, are on a client of their own.
// Operations whose domain the catalogue names are on clients there.
func (b *builder) planClients() {
	type built struct {
		client *Client
		pkg    *Package
		of     *scopeClient // of a client of one scope
		set    *setClient   // of a client of several
	}
	byKey := map[string]*built{}
	get := func(key string, make func() (*Package, *Client, spec.Position, string)) *built {
		if c := byKey[key]; c != nil {
			return c
		}
		p, c, pos, what := make()
		c.Field = unexported(c.Name, "Client")
		b.claim(p, c.Name, pos, what)
		b.claim(p, "New"+c.Name, pos, what)
		p.Clients = append(p.Clients, c)
		byKey[key] = &built{client: c, pkg: p}
		return byKey[key]
	}
	hold := func(x *built, op *spec.Operation) {
		if b.used[op] == nil {
			b.used[op] = map[*Package]bool{}
		}
		b.used[op][x.pkg] = true
		// planOperations replaces the ids by the names of methods.
		x.client.Methods = append(x.client.Methods, op.ID)
	}
	infos := b.allScopes()
	// The scopes that include each scope, so that an operation need not try them all.
	holders := map[string][]int{}
	for i, info := range infos {
		for name := range info.closure {
			holders[name] = append(holders[name], i)
		}
	}
	homes := map[string]string{} // the packages of clients of several scopes, by the scopes and keys
	// plain adds the operation to the client for calls without scopes.
	plain := func(op *spec.Operation, name string, kind Kind, keys []Key) {
		pkg := b.domainOf(op)
		hold(get(pkg+"\x00"+name, func() (*Package, *Client, spec.Position, string) {
			return b.pkg(pkg), &Client{Name: name, Kind: kind, Keys: keys}, op.Pos, "the client for operations that need no scope"
		}), op)
	}
	for _, op := range b.catalogue.Operations {
		if !op.Requires.Stated() {
			b.errorf("requirement-not-stated", op.Pos, "the operation %q does not say what it requires, so no client can hold it", op.ID).
				hint("add requires: {scope: …}, {any_of: […]}, {all_of: […]}, {key: …}, token or public")
		}
		if op.Domain != "" {
			b.checkDomain(op.Domain, op.Pos)
		}
		for _, g := range b.groups(op.Requires) {
			suffix := WithKeys(g.keys)
			if g.without {
				if len(g.keys) == 0 {
					plain(op, "Public", Public, nil)
				} else {
					plain(op, b.keyClient(g.keys), Public, g.keys)
				}
			}
			if g.anyToken {
				plain(op, "Authenticated"+suffix, TokenOnly, g.keys)
			}
			var candidates []int
			for _, set := range g.sets {
				candidates = append(candidates, holders[set[0].Value]...)
			}
			slices.Sort(candidates)
			for _, i := range slices.Compact(candidates) {
				info := infos[i]
				if !slices.ContainsFunc(g.sets, info.closure.Covers) {
					continue
				}
				pkg, name := b.clientOf(info, op)
				x := get(pkg+"\x00"+info.spec.Name+"\x00"+suffix, func() (*Package, *Client, spec.Position, string) {
					return b.pkg(pkg), &Client{
						Name: name + suffix, Scopes: []ScopeName{{info.scope.Wire, info.scope.GoName, info.spec.Permits}}, Keys: g.keys, Deprecated: info.spec.Deprecated,
					}, info.spec.Pos, fmt.Sprintf("the client of the scope %q", info.spec.Name)
				})
				hold(x, op)
				if x.of == nil {
					x.of = &scopeClient{home: x.pkg, name: name, keys: g.keys}
					info.clients = append(info.clients, x.of)
				}
				x.of.own = x.of.own || op.Domain == ""
				x.of.named = x.of.named || op.Domain != ""
			}
			for _, set := range g.sets {
				if len(set) < 2 || b.widest(set) != nil {
					continue
				}
				pkg, name := b.setName(set, op.Domain, nil)
				key := spec.ScopeKey(set)
				if op.Domain == "" {
					// The first operation decides: others may list the scopes in another order.
					pkg = cmp.Or(homes[key+suffix], pkg)
					homes[key+suffix] = pkg
				}
				x := get(pkg+"\x00"+key+"\x00"+suffix, func() (*Package, *Client, spec.Position, string) {
					return b.newSetClient(set, b.pkg(pkg), name, g.keys, op)
				})
				if x.set == nil {
					x.set = &setClient{client: x.client, home: x.pkg, set: set}
					b.sets = append(b.sets, x.set)
				}
				x.set.own = x.set.own || op.Domain == ""
				x.set.named = x.set.named || op.Domain != ""
				if !slices.Contains(x.client.Methods, op.ID) {
					hold(x, op)
				}
			}
		}
	}
}

// clientOf returns the package and the name of the client of a scope that holds an
// operation. In another package than the scope's own, the name says what the scope is
// about, so that clients of several scopes stand beside each other.
func (b *builder) clientOf(info *scopeInfo, op *spec.Operation) (pkg, name string) {
	if op.Domain == "" || op.Domain == info.pkgName {
		return info.pkgName, info.client
	}
	return op.Domain, b.clientElsewhere(info.spec.Name, info.client)
}

// clientElsewhere returns the name of the client of a scope in other packages than the
// scope's own, where it is called client.
func (b *builder) clientElsewhere(scope, client string) string {
	about, action := topic(scope)
	name := b.names.exported(about)
	switch {
	case client == b.names.client("") && action == "":
		return cmp.Or(name, client)
	}
	if rest, found := strings.CutPrefix(client, name); found && !startsInLowerCase(rest) {
		return client
	}
	return name + client
}

// widest returns the scope of a set that gives all others, or nil if there is none. The
// client of that scope takes the place of one of the whole set. A scope that is not in
// the set does not count: who holds the set need not hold more.
func (b *builder) widest(set []spec.Text) *scopeInfo {
	for _, s := range set {
		if info := b.scopes[s.Value]; info != nil && info.closure.Covers(set) {
			return info
		}
	}
	return nil
}

// newSetClient returns the client of several scopes at once with its package, its
// position and what it is called in findings.
func (b *builder) newSetClient(set []spec.Text, pkg *Package, name string, keys []Key, op *spec.Operation) (*Package, *Client, spec.Position, string) {
	c := &Client{Keys: keys}
	for _, s := range set {
		if info := b.scopes[s.Value]; info != nil { // else the loader has reported it
			c.Scopes = append(c.Scopes, ScopeName{info.scope.Wire, info.scope.GoName, info.spec.Permits})
		}
	}
	c.Name = name + WithKeys(keys)
	pos := op.Requires.Pos
	if named := b.namedClient(set); named != nil {
		pos = named.Pos
		if named.Domain != "" {
			b.checkDomain(named.Domain, pos)
		}
	}
	return pkg, c, pos, "the client of the scopes " + spec.ScopeKey(set)
}

// setName returns the package and the name of a client of several scopes, as the
// catalogue gives them. By default these are the package of the first scope and the
// names of all scopes, or what they allow if they are all about one thing: ReadWriter. A
// domain that the catalogue names for the operations comes first. For a scope in former,
// its former name is used.
func (b *builder) setName(set []spec.Text, domain string, former map[*scopeInfo]string) (pkg, name string) {
	var abouts, actions []string
	derived := true
	for _, s := range set {
		info := b.scopes[s.Value]
		if info == nil {
			continue
		}
		part, home := info.scope.GoName, info.pkgName
		old := cmp.Or(former[info], info.spec.Name)
		about, action := topic(old)
		if former[info] != "" {
			// A renamed scope keeps what the catalogue names for it.
			if info.spec.GoName == "" {
				part = b.scopeName(old)
			}
			if info.spec.Domain == "" {
				home = b.domainFor(about)
			}
		}
		abouts, actions = append(abouts, about), append(actions, action)
		derived = derived && action != "" && info.spec.GoName+info.spec.Client == ""
		name += part
		pkg = cmp.Or(pkg, home)
	}
	own := pkg
	named := b.namedClient(set)
	if named != nil {
		pkg = cmp.Or(named.Domain, pkg)
	}
	pkg = cmp.Or(domain, pkg)
	if derived && len(slices.Compact(slices.Clone(abouts))) == 1 {
		name = ""
		if pkg != own {
			name = b.names.exported(abouts[0])
		}
		last := len(actions) - 1
		for _, action := range actions[:last] {
			name += b.names.exported(action)
		}
		name += b.names.client(actions[last])
	}
	if named != nil {
		name = cmp.Or(named.Name, name)
	}
	return pkg, name
}

// namedClient returns the catalogue's entry for a client of several scopes, or nil.
func (b *builder) namedClient(set []spec.Text) *spec.Client {
	for i := range b.catalogue.Clients {
		if named := &b.catalogue.Clients[i]; spec.ScopeKey(named.AllOf) == spec.ScopeKey(set) {
			return named
		}
	}
	return nil
}
