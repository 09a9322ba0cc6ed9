package plan

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// builder holds the state that the steps of Build share.
type builder struct {
	catalogue *spec.Catalogue
	names     namer
	diags     diag.List
	plan      *Plan
	root      string // import path of the entry package

	scopes      map[string]*scopeInfo
	packages    map[string]*Package
	types       map[string]*typeInfo
	used        map[*spec.Operation]map[*Package]bool
	claims      map[*Package]map[string]claim
	index       map[Ref]*Type        // every declared type
	namedInline map[Ref]*spec.Schema // inline types that the catalogue names
	sets        []setClient

	imported map[string]bool // names under which generated files may import packages

	flattener *spec.Flattener
	flattened map[*spec.Schema]*spec.Schema // composed schemas as one object or union
	inner     map[*spec.Schema]*spec.Schema // nullable schemas without null
	origins   map[*spec.Schema]*spec.Schema // variants as the catalogue lists them
	inlined   map[inlined]Ref
	declaring map[inlined]bool // inline types that are being made
	around    []inlined        // the same, from the outermost to the innermost
}

type scopeInfo struct {
	spec    *spec.Scope
	scope   *Scope
	about   string // topic
	pkgName string
	client  string
	closure spec.ScopeSet // the scope and all it implies
	used    bool
}

// setClient is a client of several scopes at once.
type setClient struct {
	client *Client
	home   *Package
	set    []spec.Text
}

type typeInfo struct {
	schema *spec.Schema
	pos    spec.Position
	name   string
	home   *Package
	users  map[*Package]bool
	shared bool // stands in the shared package, whoever uses it
}

type claim struct {
	pos  spec.Position
	what string
}

// Build plans the packages for a catalogue that loads without error.
// importPath is the import path of the entry package; the others lie below it.
// A list that holds an error comes with a nil plan.
func Build(c *spec.Catalogue, importPath string) (*Plan, diag.List) {
	b := &builder{
		catalogue: c, names: newNamer(c.Go.Initialisms), root: importPath, plan: &Plan{},
		scopes: map[string]*scopeInfo{}, packages: map[string]*Package{}, types: map[string]*typeInfo{},
		used: map[*spec.Operation]map[*Package]bool{}, claims: map[*Package]map[string]claim{}, index: map[Ref]*Type{}, namedInline: map[Ref]*spec.Schema{},
		flattener: spec.NewFlattener(c.Types),
		flattened: map[*spec.Schema]*spec.Schema{}, inner: map[*spec.Schema]*spec.Schema{}, origins: map[*spec.Schema]*spec.Schema{}, inlined: map[inlined]Ref{}, declaring: map[inlined]bool{},
	}
	b.entry()
	b.tableScopes()
	b.clients()
	b.place()
	b.importNames()
	b.declareTypes()
	b.operations()
	b.markSent()
	b.markSecret()
	b.breakCycles()
	b.renewSteps()
	b.aliases()
	b.diags.Sort()
	if b.diags.Err() != nil {
		return nil, b.diags
	}
	for _, info := range b.scopes {
		if info.used {
			info.scope.Client = info.pkgName + "." + info.client
		}
		for name := range info.closure {
			if implied := b.scopes[name]; implied != nil && implied != info {
				info.scope.Implies = append(info.scope.Implies, implied.scope.Wire)
			}
		}
		slices.Sort(info.scope.Implies)
	}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			b.plan.Scopes = append(b.plan.Scopes, *b.scopes[s.Name].scope)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(b.packages)) {
		p := b.packages[name]
		if len(p.Clients)+len(p.Types)+len(p.Moved) == 0 {
			continue
		}
		slices.SortFunc(p.Clients, func(x, y *Client) int { return cmp.Compare(x.Name, y.Name) })
		b.plan.Packages = append(b.plan.Packages, p)
	}
	return b.plan, b.diags
}

type finding struct{ d *diag.Diagnostic }

func (b *builder) errorf(code string, pos spec.Position, format string, args ...any) finding {
	b.diags = append(b.diags, diag.Diagnostic{Severity: diag.Error, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
	return finding{&b.diags[len(b.diags)-1]}
}

func (f finding) related(pos spec.Position, message string) finding {
	f.d.Related = append(f.d.Related, diag.Related{Pos: pos, Message: message})
	return f
}

func (f finding) hint(text string) finding {
	f.d.Hint = text
	return f
}

// claim takes a name in a package; a second taker is an error that names both.
func (b *builder) claim(p *Package, name string, pos spec.Position, what string) {
	if b.claims[p] == nil {
		b.claims[p] = map[string]claim{}
	}
	if first, ok := b.claims[p][name]; ok {
		b.errorf("go-name-clash", pos, "%s becomes the Go name %s in package %s, which %s has already", what, name, p.Name, first.what).
			related(first.pos, first.what).
			hint("give one of them a go_name (a client: client)")
		return
	}
	b.claims[p][name] = claim{pos, what}
}

func (b *builder) entry() {
	c := b.catalogue
	e := &b.plan.Entry
	e.Name, e.ImportPath = c.API.Name, b.root
	e.Title, e.Version, e.Docs = c.API.Title, c.API.Version, c.API.Docs
	if e.Title == "" {
		e.Title = c.API.Name
	}
	if c.Go.Shared == c.API.Name {
		b.errorf("package-clash", c.Go.Pos, "the package of shared types and the entry package would both be called %q", c.Go.Shared).hint("choose another name for go.shared")
	}
	e.Token = TokenEndpoint{Path: c.Token.Path, Basic: c.Token.Credentials == "basic", MaxScope: c.Token.MaxScope, Signed: c.Token.Signed,
		Grants: c.Token.Grants, Authentication: c.Token.Authentication, Issuer: c.Token.Issuer, Authorize: c.Token.Authorize, Device: c.Token.Device}
	e.Signing, e.RequestID, e.Idempotency = c.Signing, c.RequestID, c.Idempotency
	for _, h := range c.Headers {
		e.Headers = append(e.Headers, Header{h.Key, h.Value})
	}
	seen := map[string]spec.Entry[string]{"Open": {Key: "the function Open"}, "API": {Key: "the function API"}}
	for _, s := range c.Servers {
		name := b.names.exported(s.Key)
		if first, ok := seen[name]; ok || name == "" {
			b.errorf("go-name-clash", s.Pos, "the server %q becomes the Go name %q, which is taken by %s or empty", s.Key, name, first.Key).hint("rename the server")
			continue
		}
		seen[name] = s
		e.Servers = append(e.Servers, Server{GoName: name, Name: s.Key, URL: s.Value})
	}
}

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

func (b *builder) tableScopes() {
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
				info.pkgName = b.domain(about)
				if first := byPackage[info.pkgName]; first != nil && first.about != about {
					b.errorf("package-clash", s.Pos, "the scopes %q and %q would share the Go package %s though they are about different things", first.spec.Name, s.Name, info.pkgName).
						related(first.spec.Pos, "the other one").hint("say with domain in which package each client belongs; the same domain for both is fine")
				} else {
					byPackage[info.pkgName] = info
				}
			} else {
				b.ownDomain(info.pkgName, s.Pos)
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

// scopeName is the Go name of a scope: all of it, or the path of a URL.
func (b *builder) scopeName(scope string) string {
	if about, action := topic(scope); strings.Contains(scope, "://") {
		return b.names.exported(about) + b.names.exported(action)
	}
	return b.names.exported(scope)
}

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

// clients decides which client holds which operation. There is one client for each
// scope, with the operations for which that scope is enough, and one for each set of
// scopes that only together permit an operation.
func (b *builder) clients() {
	type built struct {
		client *Client
		pkg    *Package
		key    string
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
		byKey[key] = &built{c, p, key}
		return byKey[key]
	}
	hold := func(x *built, op *spec.Operation) {
		if b.used[op] == nil {
			b.used[op] = map[*Package]bool{}
		}
		b.used[op][x.pkg] = true
		// Method names replace the ids when the operations are planned.
		x.client.Methods = append(x.client.Methods, op.ID)
	}
	infos := b.allScopes()
	// Which scopes include one, so that no operation has to try them all.
	holders := map[string][]int{}
	for i, info := range infos {
		for name := range info.closure {
			holders[name] = append(holders[name], i)
		}
	}
	for _, op := range b.catalogue.Operations {
		switch op.Requires.Kind {
		case spec.NotStated:
			b.errorf("requirement-not-stated", op.Pos, "the operation %q does not say what it requires, so no client can hold it", op.ID).
				hint("add requires: {scope: …}, {any_of: […]}, {all_of: […]}, token or public")
		case spec.Public, spec.TokenOnly:
			name, kind := "Public", Public
			if op.Requires.Kind == spec.TokenOnly {
				name, kind = "Authenticated", TokenOnly
			}
			pkg := b.domainOf(op)
			hold(get(pkg+"\x00"+name, func() (*Package, *Client, spec.Position, string) {
				return b.pkg(pkg), &Client{Name: name, Kind: kind}, op.Pos, "the client for operations that need no scope"
			}), op)
		case spec.Scoped:
			sets := op.Requires.Sets
			var candidates []int
			for _, set := range sets {
				if len(set) > 0 {
					candidates = append(candidates, holders[set[0].Value]...)
				}
			}
			slices.Sort(candidates)
			for _, i := range slices.Compact(candidates) {
				info := infos[i]
				if !op.Requires.MetBy(info.closure) {
					continue
				}
				info.used = true
				hold(get(info.spec.Name, func() (*Package, *Client, spec.Position, string) {
					return b.pkg(info.pkgName), &Client{
						Name: info.client, Scopes: []ScopeName{{info.scope.Wire, info.scope.GoName, info.spec.Permits}}, Deprecated: info.spec.Deprecated,
					}, info.spec.Pos, fmt.Sprintf("the client of the scope %q", info.spec.Name)
				}), op)
			}
			for _, set := range sets {
				if len(set) < 2 || slices.ContainsFunc(holders[set[0].Value], func(i int) bool { return infos[i].closure.Covers(set) }) {
					continue
				}
				key := spec.ScopeKey(set)
				x := get(key, func() (*Package, *Client, spec.Position, string) { return b.setClient(set, op) })
				if !slices.Contains(x.client.Methods, op.ID) {
					hold(x, op)
				}
			}
		}
	}
}

// setClient makes the client of several scopes at once.
func (b *builder) setClient(set []spec.Text, op *spec.Operation) (*Package, *Client, spec.Position, string) {
	c := &Client{}
	for _, s := range set {
		if info := b.scopes[s.Value]; info != nil { // else the loader has reported it
			c.Scopes = append(c.Scopes, ScopeName{info.scope.Wire, info.scope.GoName, info.spec.Permits})
		}
	}
	pkg, name := b.setName(set, nil)
	c.Name = name
	pos := op.Requires.Pos
	if named := b.namedClient(set); named != nil {
		pos = named.Pos
		if named.Domain != "" {
			b.ownDomain(named.Domain, pos)
		}
	}
	b.sets = append(b.sets, setClient{c, b.pkg(pkg), set})
	return b.pkg(pkg), c, pos, "the client of the scopes " + spec.ScopeKey(set)
}

// setName returns the package and the name of a client of several scopes: those
// that the catalogue gives, or else the package of the first scope and the names of
// all. former holds the former names to use in place of the scopes' own.
func (b *builder) setName(set []spec.Text, former map[*scopeInfo]string) (pkg, name string) {
	for _, s := range set {
		info := b.scopes[s.Value]
		if info == nil {
			continue
		}
		part, home := info.scope.GoName, info.pkgName
		if old := former[info]; old != "" {
			// What the catalogue names itself, a renamed scope keeps.
			if info.spec.GoName == "" {
				part = b.scopeName(old)
			}
			if about, _ := topic(old); info.spec.Domain == "" {
				home = b.domain(about)
			}
		}
		name += part
		pkg = cmp.Or(pkg, home)
	}
	if named := b.namedClient(set); named != nil {
		name, pkg = cmp.Or(named.Name, name), cmp.Or(named.Domain, pkg)
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

// place decides in which package each of the catalogue's types is declared:
// in the domain that uses it, or in the shared package if several do.
func (b *builder) place() {
	for _, e := range b.catalogue.Types {
		if b.types[e.Key] != nil {
			continue
		}
		name := e.Value.GoName
		if name == "" {
			name = b.names.exported(e.Key)
		}
		if name == "" {
			b.errorf("no-go-name", e.Pos, "no Go name can be made from the type %q: it holds neither letter nor digit", e.Key).hint("name it with go_name")
			name = "X"
		}
		b.types[e.Key] = &typeInfo{schema: e.Value, pos: e.Pos, name: name, users: map[*Package]bool{}}
	}
	for _, op := range b.catalogue.Operations {
		for p := range b.used[op] {
			visit := map[string]bool{}
			for _, s := range operationSchemas(op) {
				b.mark(s, p, visit)
			}
		}
	}
	b.placeUnused()
	for _, e := range b.catalogue.Types {
		t := b.types[e.Key]
		if len(t.users) == 1 && !t.shared {
			for p := range t.users {
				t.home = p
			}
			continue
		}
		t.home = b.shared()
	}
}

// placeUnused places the types that no operation uses. Such a type stands in the
// domain of the types that it refers to; if these are of several domains, all of
// them move to the shared package, so that no two packages import each other.
func (b *builder) placeUnused() {
	var unused []*typeInfo
	for _, e := range b.catalogue.Types {
		if t := b.types[e.Key]; t != nil && len(t.users) == 0 {
			unused = append(unused, t)
		}
	}
	for _, t := range unused {
		users := map[*Package]bool{}
		reached := b.reached(t)
		for inner := range reached {
			if !slices.Contains(unused, inner) {
				maps.Copy(users, inner.users)
			}
		}
		if len(users) == 1 {
			t.users = users
			continue
		}
		for inner := range reached {
			inner.shared = inner.shared || len(users) > 1
		}
	}
}

// reached returns the declared types that t refers to, directly or by others.
func (b *builder) reached(t *typeInfo) map[*typeInfo]bool {
	reached := map[*typeInfo]bool{}
	var visit func(*spec.Schema)
	visit = func(s *spec.Schema) {
		if s == nil {
			return
		}
		inner := b.types[refKey(s.Ref)]
		if s.Ref == "" {
			eachPart(s, visit)
		} else if inner != nil && !reached[inner] {
			reached[inner] = true
			visit(inner.schema)
		}
	}
	visit(t.schema)
	return reached
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

func operationSchemas(op *spec.Operation) []*spec.Schema {
	var out []*spec.Schema
	for _, p := range op.Parameters {
		out = append(out, p.Schema)
	}
	for _, e := range op.Body {
		out = append(out, e.Value)
	}
	for _, r := range op.Responses {
		for _, e := range r.Value {
			out = append(out, e.Value)
		}
	}
	return out
}

func (b *builder) mark(s *spec.Schema, p *Package, visited map[string]bool) {
	if s == nil {
		return
	}
	if s.Ref != "" {
		key := refKey(s.Ref)
		t := b.types[key]
		if t == nil || visited[key] {
			return
		}
		visited[key] = true
		t.users[p] = true
		b.mark(t.schema, p, visited)
		return
	}
	eachPart(s, func(part *spec.Schema) { b.mark(part, p, visited) })
}

func (b *builder) declareTypes() {
	for _, e := range b.catalogue.Types {
		if t := b.types[e.Key]; e.Value.GoType == "" && t.schema == e.Value {
			b.declare(e.Value, t.home, t.name, e.Key)
		}
	}
}

func isLetterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
