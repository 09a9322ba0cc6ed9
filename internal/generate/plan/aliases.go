package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// moves records which packages hold aliases for everything in another package:
// the package with the aliases → the packages that they are for.
type moves map[*Package]map[*Package]bool

// reach reports whether the package from imports the package to for its aliases,
// directly or through other packages.
func (m moves) reach(from, to *Package) bool {
	seen := map[*Package]bool{}
	todo := []*Package{from}
	for len(todo) > 0 {
		p := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if p == to {
			return true
		}
		for next := range m[p] {
			if !seen[next] {
				seen[next] = true
				todo = append(todo, next)
			}
		}
	}
	return false
}

// planAliases plans the deprecated names that a renamed scope leaves behind: those of
// its type, its clients and their constructors and, if the package has another name
// now, those of everything in it.
func (b *builder) planAliases() {
	moved := moves{}
	old := map[string]string{"All": "the function All", "Table": "the constant Table"} // names taken in package scope → what took each
	for _, info := range b.allScopes() {
		for _, former := range info.spec.RenamedFrom {
			if name := b.scopeName(former.Value); name != "" && name != info.scope.GoName {
				taken := old[name]
				if now := b.scopeCalled(name); now != nil {
					taken = fmt.Sprintf("the scope %q", now.spec.Name)
				}
				if taken != "" {
					b.warn("renamed-name-taken", former.Pos, "%s has the Go name %s now, so no alias for the old name %q is generated", taken, name, former.Value)
				} else {
					old[name] = fmt.Sprintf("an alias for the old name %q", former.Value)
					info.scope.Renamed = append(info.scope.Renamed, name)
				}
			}
			for _, c := range info.clients {
				b.moveClient(info, c, former, moved)
			}
		}
	}
	for _, named := range b.catalogue.Clients {
		b.moveNamed(named, moved)
	}
	for _, c := range b.sets {
		b.moveSet(c, moved)
	}
}

// moveNamed plans the aliases for the earlier names that the catalogue gives a client.
func (b *builder) moveNamed(named spec.Client, moved moves) {
	if len(named.RenamedFrom) == 0 {
		return
	}
	type client struct {
		home   *Package
		name   string // without the keys
		scopes []ScopeName
		keys   []Key
	}
	var clients []client
	if info := b.widest(named.AllOf); info != nil {
		for _, c := range info.clients {
			clients = append(clients, client{c.home, c.name, []ScopeName{{GoName: info.scope.GoName}}, c.keys})
		}
	}
	for _, c := range b.sets {
		if spec.ScopeKey(c.set) == spec.ScopeKey(named.AllOf) {
			clients = append(clients, client{c.home, strings.TrimSuffix(c.client.Name, WithKeys(c.client.Keys)), c.client.Scopes, c.client.Keys})
		}
	}
	for _, former := range named.RenamedFrom {
		pkg, name, _ := strings.Cut(former.Value, ".")
		b.checkDomain(pkg, former.Pos)
		if len(clients) == 0 {
			b.warn("unused-client", former.Pos, "no client needs exactly the scopes of this entry, so no alias for %s is generated", former.Value)
		}
		// Where operations name their domains, each domain has such a client.
		same := slices.DeleteFunc(slices.Clone(clients), func(c client) bool { return c.home.Name != pkg })
		if len(same) == 0 {
			same = clients
		}
		for _, c := range same {
			b.addAliases(b.pkg(pkg), c.home, moved, former.Pos, Moved{Old: name + WithKeys(c.keys), New: c.name + WithKeys(c.keys), Kind: "client", Scopes: c.scopes, Keys: c.keys})
		}
	}
}

// moveClient plans the aliases for a client whose scope was called old.
func (b *builder) moveClient(info *scopeInfo, c *scopeClient, old spec.Text, moved moves) {
	about, action := topic(old.Value)
	oldPackage, oldClient := b.domainFor(about), b.names.client(action)
	if packageName(about) == "" {
		return
	}
	if info.spec.Domain != "" {
		oldPackage = info.pkgName
	}
	if info.spec.Client != "" {
		oldClient = info.client
	}
	move := func(from, name string) {
		if from == c.home.Name && name == c.name {
			return
		}
		b.addAliases(b.pkg(from), c.home, moved, old.Pos, Moved{
			Old: name + WithKeys(c.keys), New: c.name + WithKeys(c.keys), Kind: "client", Scopes: []ScopeName{{GoName: info.scope.GoName}}, Keys: c.keys, OldScope: "the scope that was called " + old.Value,
		})
	}
	if c.own {
		move(oldPackage, oldClient)
	}
	if c.named && c.home.Name == oldPackage {
		move(oldPackage, oldClient)
	} else if c.named {
		move(c.home.Name, b.clientElsewhere(old.Value, oldClient))
	}
}

// moveSet plans the aliases for a client of several scopes: one for each former
// name of one of the scopes, and one for the last former names of all of them.
func (b *builder) moveSet(c *setClient, moved moves) {
	var formers []map[*scopeInfo]string
	var at []spec.Position
	last := map[*scopeInfo]string{}
	for _, s := range c.set {
		info := b.scopes[s.Value]
		if info == nil {
			continue
		}
		for _, old := range info.spec.RenamedFrom {
			formers = append(formers, map[*scopeInfo]string{info: old.Value})
			at = append(at, old.Pos)
			last[info] = old.Value
		}
	}
	if len(last) > 1 {
		formers, at = append(formers, last), append(at, at[0])
	}
	for i, former := range formers {
		var called []string
		for _, s := range c.set {
			called = append(called, cmp.Or(former[b.scopes[s.Value]], s.Value))
		}
		move := func(domain string) {
			pkg, name := b.setName(c.set, domain, former)
			if name == "" || pkg == c.home.Name && name+WithKeys(c.client.Keys) == c.client.Name {
				return
			}
			b.addAliases(b.pkg(pkg), c.home, moved, at[i], Moved{
				Old: name + WithKeys(c.client.Keys), New: c.client.Name, Kind: "client", Scopes: c.client.Scopes, Keys: c.client.Keys, OldScope: "the scopes that were called " + strings.Join(called, " with "),
			})
		}
		if c.own {
			move("")
		}
		if c.named {
			move(c.home.Name)
		}
	}
}

// addAliases adds an alias for a client to the package from. If everything that was in
// from is in the package home now, it adds aliases for the rest too.
func (b *builder) addAliases(from, home *Package, moved moves, pos spec.Position, client Moved) {
	what := "what " + client.OldScope + " had"
	if client.OldScope == "" {
		what = "the client " + client.Old
	}
	if from != home && moved.reach(home, from) {
		b.warn("renamed-in-a-circle", pos, "package %s imports package %s for aliases, itself or by way of others, so no alias for %s in package %s is generated", home.Name, from.Name, what, from.Name)
		return
	}
	add := func(m Moved) {
		m.NewPath = home.ImportPath
		same := func(has Moved) bool { return has.Old == m.Old && has.New == m.New && has.NewPath == m.NewPath }
		if m.Kind == "client" && slices.ContainsFunc(from.Moved, same) {
			return // the catalogue names it, and it is what a former scope gives too
		}
		first, taken := b.claims[from][m.Old]
		if m.Kind == "client" && !taken {
			first, taken = b.claims[from]["New"+m.Old]
		}
		if taken {
			b.warn("renamed-name-taken", pos, "%s.%s is %s now, so no alias for %s there is generated", from.Name, m.Old, first.what, what)
			return
		}
		b.claim(from, m.Old, pos, "an alias")
		if m.Kind == "client" {
			b.claim(from, "New"+m.Old, pos, "an alias")
		}
		from.Moved = append(from.Moved, m)
	}
	add(client)
	if from == home || moved[from][home] {
		return
	}
	if moved[from] == nil {
		moved[from] = map[*Package]bool{}
	}
	moved[from][home] = true
	// Sort by name: the catalogue's order of types means nothing in this file.
	types := slices.SortedFunc(slices.Values(home.Types), func(x, y *Type) int { return cmp.Compare(x.Name, y.Name) })
	for _, t := range types {
		add(Moved{Old: t.Name, New: t.Name, Kind: "type"})
		for _, v := range t.Values {
			add(Moved{Old: v.GoName, New: v.GoName, Kind: "const"})
		}
	}
	for _, h := range home.Headers {
		add(Moved{Old: h.Name, New: h.Name, Kind: "const"})
	}
}

// scopeCalled returns the scope with the Go name, or nil if there is none.
func (b *builder) scopeCalled(name string) *scopeInfo {
	for _, info := range b.scopes {
		if info.scope.GoName == name {
			return info
		}
	}
	return nil
}
