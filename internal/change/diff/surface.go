package diff

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/generate/plan"
)

// importPath stands for wherever the packages are generated; no name depends on it.
const importPath = "generated"

type symbolKind int

const (
	scopeType symbolKind = iota
	client
	constructor
	method
	typeName
	constant
	variable
)

// symbol is one exported Go name of the generated packages.
type symbol struct {
	kind  symbolKind
	owner string // of a method or constructor: its client; of a constant: its type
	use   string // for a deprecated alias: the name to use
	wants string // of a client: the Go names of the scopes that its token must hold

	operation  string // of a method: the operation that it calls
	deprecated string // what the catalogue says about it, if it calls it deprecated
}

// surface is what the packages generated for a catalogue offer to a program. A nil
// surface stands for a catalogue from which nothing can be generated: its methods
// return nothing.
type surface struct {
	plan     *plan.Plan
	symbols  map[string]*symbol             // by "users.Reader", "users.Reader.ListUsers", "scope.UsersRead"
	scopes   map[string]*plan.Scope         // by name in the catalogue
	methods  map[string][]string            // operation → its methods
	ofClient map[string][]string            // client → its methods
	types    map[string]*plan.Type          // by "users.User"
	headers  map[string]plan.ResponseHeader // by "users.LinkHeader"
	ops      map[string]*plan.Operation
	aliases  map[string][]string // name → its deprecated aliases, in alphabetical order
	byLocal  map[string][]string
}

// buildSurfaces plans the packages of both sides. If those of one cannot be planned,
// neither side gets a surface, and the report gives no Go names.
func (c *comparison) buildSurfaces(old, new Side) {
	done := make(chan *surface)
	var problem [2]string
	build := func(s Side, problem *string) *surface {
		p, findings := plan.Build(s.Catalogue, importPath)
		if p == nil {
			*problem = findings[0].Message
			return nil
		}
		return newSurface(p)
	}
	go func() { done <- build(old, &problem[0]) }()
	is := build(new, &problem[1])
	was := <-done
	for i, side := range []Side{old, new} {
		if problem[i] != "" {
			c.nameless = fmt.Sprintf("nothing can be generated from %s: %s", side.Name, problem[i])
			c.note("no Go names are given, because %s", c.nameless)
		}
	}
	if was != nil && is != nil {
		c.old, c.new = was, is
	}
}

func newSurface(p *plan.Plan) *surface {
	s := &surface{
		plan: p, symbols: map[string]*symbol{}, scopes: map[string]*plan.Scope{}, methods: map[string][]string{},
		ofClient: map[string][]string{}, types: map[string]*plan.Type{}, headers: map[string]plan.ResponseHeader{}, ops: map[string]*plan.Operation{}, aliases: map[string][]string{},
	}
	for i := range p.Scopes {
		sc := &p.Scopes[i]
		s.scopes[sc.Name] = sc
		s.symbols["scope."+sc.GoName] = &symbol{kind: scopeType, deprecated: fold(sc.Deprecated)}
		for _, old := range sc.Renamed {
			s.symbols["scope."+old] = &symbol{kind: scopeType, use: "scope." + sc.GoName}
		}
	}
	for _, server := range p.Entry.Servers {
		s.symbols[p.Entry.Name+"."+server.GoName] = &symbol{kind: variable}
	}
	shared := map[string]string{} // method of an operation that several domains share → operation
	for _, pkg := range p.Packages {
		for _, op := range pkg.Operations {
			s.ops[op.ID] = op
			if pkg.Shared {
				for _, m := range op.Methods {
					shared[m.Name] = op.ID
				}
			}
		}
	}
	for _, pkg := range p.Packages {
		own := map[string]string{}
		for _, op := range pkg.Operations {
			for _, m := range op.Methods {
				own[m.Name] = op.ID
			}
		}
		for _, cl := range pkg.Clients {
			s.addClient(pkg, cl, own, shared)
		}
		for _, h := range pkg.Headers {
			s.symbols[pkg.Name+"."+h.Name] = &symbol{kind: variable}
			s.headers[pkg.Name+"."+h.Name] = h
		}
		for _, t := range pkg.Types {
			name := pkg.Name + "." + t.Name
			s.types[name] = t
			s.symbols[name] = &symbol{kind: typeName}
			for _, v := range t.Values {
				s.symbols[pkg.Name+"."+v.GoName] = &symbol{kind: constant, owner: name}
			}
		}
	}
	for _, pkg := range p.Packages {
		for _, m := range pkg.Moved {
			s.addMoved(pkg, m)
		}
	}
	for name, sym := range s.symbols {
		if sym.use != "" {
			s.aliases[sym.use] = append(s.aliases[sym.use], name)
		}
	}
	for _, names := range s.aliases {
		slices.Sort(names)
	}
	return s
}

// addClient adds the names of a client. own and shared say which operation a method
// calls: those of the package itself, and those that several packages share.
func (s *surface) addClient(pkg *plan.Package, cl *plan.Client, own, shared map[string]string) {
	name := pkg.Name + "." + cl.Name
	var wants []string
	for _, sc := range cl.Scopes {
		wants = append(wants, "scope."+sc.GoName)
	}
	s.symbols[name] = &symbol{kind: client, wants: strings.Join(wants, ", "), deprecated: fold(cl.Deprecated)}
	s.symbols[pkg.Name+".New"+cl.Name] = &symbol{kind: constructor, owner: name, deprecated: fold(cl.Deprecated)}
	for _, m := range cl.Methods {
		full := name + "." + m
		op := cmp.Or(own[m], shared[m])
		s.symbols[full] = &symbol{kind: method, owner: name, operation: op}
		if known := s.ops[op]; known != nil {
			s.symbols[full].deprecated = fold(known.Deprecated)
		}
		s.ofClient[name] = append(s.ofClient[name], full)
		s.methods[op] = append(s.methods[op], full)
	}
}

// addMoved adds a deprecated alias.
func (s *surface) addMoved(pkg *plan.Package, m plan.Moved) {
	base := m.NewPath[strings.LastIndexByte(m.NewPath, '/')+1:]
	use := base + "." + m.New
	old := pkg.Name + "." + m.Old
	target := s.symbols[use]
	if target == nil {
		return
	}
	s.symbols[old] = &symbol{kind: target.kind, owner: target.owner, wants: target.wants, use: use}
	if m.Kind == "client" {
		s.symbols[pkg.Name+".New"+m.Old] = &symbol{kind: constructor, owner: old, use: base + ".New" + m.New}
		for _, full := range s.ofClient[use] {
			s.symbols[old+strings.TrimPrefix(full, use)] = &symbol{kind: method, owner: old, operation: s.symbols[full].operation}
		}
	}
}

// ofScope lists the names that a scope brings: its type, its clients, their
// constructors and methods, and the deprecated aliases for these.
func (s *surface) ofScope(name string) []string {
	if s == nil || s.scopes[name] == nil {
		return nil
	}
	names := []string{"scope." + s.scopes[name].GoName}
	for _, c := range s.clients(name) {
		names = append(names, c, constructorOf(c))
		names = append(names, s.ofClient[c]...)
	}
	for _, current := range slices.Clone(names) {
		names = append(names, s.aliases[current]...)
	}
	return names
}

// clientsWith lists the clients of several scopes that need a scope among them, and
// their constructors.
func (s *surface) clientsWith(scope string) (names []string) {
	if s == nil || s.scopes[scope] == nil {
		return nil
	}
	want := "scope." + s.scopes[scope].GoName
	for name, sym := range s.symbols {
		if sym.kind == client && strings.Contains(sym.wants, ", ") && slices.Contains(strings.Split(sym.wants, ", "), want) {
			names = append(names, name, constructorOf(name))
		}
	}
	slices.Sort(names)
	return names
}

// constructorOf returns the name of a client's constructor.
func constructorOf(client string) string {
	pkg, name, _ := strings.Cut(client, ".")
	return pkg + ".New" + name
}

// clients returns the names of a scope's clients.
func (s *surface) clients(scope string) []string {
	if s == nil || s.scopes[scope] == nil {
		return nil
	}
	return s.scopes[scope].Clients
}

// wire returns what is sent for a scope.
func (s *surface) wire(scope string) string {
	if s == nil || s.scopes[scope] == nil {
		return ""
	}
	return s.scopes[scope].Wire
}

// methodsOf returns the methods of clients.
func (s *surface) methodsOf(clients ...string) (methods []string) {
	if s == nil {
		return nil
	}
	for _, c := range clients {
		methods = append(methods, s.ofClient[c]...)
	}
	return methods
}

// operationsOf returns the operations that clients hold.
func (s *surface) operationsOf(clients ...string) (out []string) {
	for _, m := range s.methodsOf(clients...) {
		out = append(out, s.symbols[m].operation)
	}
	return out
}

// methodsFor returns the methods that call an operation.
func (s *surface) methodsFor(operation string) []string {
	if s == nil {
		return nil
	}
	return s.methods[operation]
}

// moved reports whether any of the names is a deprecated alias.
func (s *surface) moved(names []string) bool {
	return s != nil && slices.ContainsFunc(names, func(n string) bool {
		sym := s.symbols[n]
		return sym != nil && sym.use != ""
	})
}

// elsewhere returns the name of a type or constant in the only other package that has
// it, or "".
func (s *surface) elsewhere(name string, was *symbol) string {
	if was.kind != typeName && was.kind != constant {
		return ""
	}
	_, local, _ := strings.Cut(name, ".")
	found := ""
	for _, other := range s.places()[local] {
		if sym := s.symbols[other]; sym.kind == was.kind && sym.use == "" {
			if found != "" {
				return ""
			}
			found = other
		}
	}
	return found
}

// places returns the full names of types and constants by their names without the
// package. It is made on first use.
func (s *surface) places() map[string][]string {
	if s.byLocal == nil {
		s.byLocal = map[string][]string{}
		for name, sym := range s.symbols {
			if sym.kind == typeName || sym.kind == constant {
				_, local, _ := strings.Cut(name, ".")
				s.byLocal[local] = append(s.byLocal[local], name)
			}
		}
	}
	return s.byLocal
}

// gone returns those of the names that the new packages do not have. It leaves out the
// methods of a client that a change lists as gone.
func (c *comparison) gone(names []string) (out []string) {
	if c.new == nil {
		return nil
	}
	for _, n := range names {
		if c.new.symbols[n] == nil && !(c.old.symbols[n].kind == method && c.toldGone[c.old.symbols[n].owner]) {
			out = append(out, n)
		}
	}
	return out
}

// fresh returns those of the names that the old packages do not have and that no
// change lists yet.
func (c *comparison) fresh(names []string) (out []string) {
	if c.old == nil {
		return nil
	}
	for _, n := range names {
		if c.old.symbols[n] == nil && !c.toldNew[n] {
			c.toldNew[n] = true
			out = append(out, n)
		}
	}
	return out
}
