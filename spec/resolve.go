package spec

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/internal/diag"
)

// resolve checks what takes the whole catalogue: every name that refers to
// something declared elsewhere, and what is declared more than once.
func (l *loader) resolve() {
	r := &resolver{loader: l, c: l.result, scopes: map[string]*Scope{}, paging: map[string]*PagingStyle{}, types: make(map[string]*Schema, len(l.result.Types))}
	r.declareTypes()
	r.declareScopes()
	r.checkTable()
	r.checkClients()
	r.checkOperations()
	r.checkTypes()
	if !l.incomplete { // else every cycle and member may be cut short
		r.checkCycles()
		r.checkPaging()
	}
}

type resolver struct {
	*loader
	c      *Catalogue
	scopes map[string]*Scope
	types  map[string]*Schema
	paging map[string]*PagingStyle

	collected int // names of properties gathered for checkRequired
}

func (r *resolver) declareTypes() {
	for _, entry := range r.c.Types {
		if strings.ContainsAny(entry.Key, "/~#") {
			r.report(diag.Diagnostic{Code: "type-name", Pos: entry.Pos, Message: fmt.Sprintf("type name %q holds a \"/\", \"~\" or \"#\"", entry.Key), Hint: "choose another name: these have a meaning in a reference"})
		}
		if r.types[entry.Key] == nil {
			r.types[entry.Key] = entry.Value
		}
	}
}

// again reports a second declaration.
func (l *loader) again(code string, pos Position, message string, earlier Position) {
	l.report(diag.Diagnostic{Code: code, Pos: pos, Message: message, Related: []diag.Related{{Pos: earlier, Message: "the first is here"}}, Hint: "remove or rename one of the two"})
}

func (r *resolver) declareScopes() {
	titles := map[string]Position{}
	for _, group := range r.c.Groups {
		if group.Title != "" {
			if earlier, again := titles[group.Title]; again {
				r.again("duplicate-group", group.Pos, fmt.Sprintf("group %q is there twice", group.Title), earlier)
			} else {
				titles[group.Title] = group.Pos
			}
		}
		for _, scope := range group.Scopes {
			if scope.Name == "" {
				continue
			}
			if earlier := r.scopes[scope.Name]; earlier != nil {
				r.again("duplicate-scope", scope.Pos, fmt.Sprintf("scope %q is declared twice", scope.Name), earlier.Pos)
				continue
			}
			r.scopes[scope.Name] = scope
		}
	}
	former := map[string]Position{}
	for _, scope := range r.c.Scopes() {
		for _, earlier := range scope.RenamedFrom {
			if now := r.scopes[earlier.Value]; now != nil {
				r.report(diag.Diagnostic{
					Code: "renamed-from", Pos: earlier.Pos, Message: fmt.Sprintf("%q is still a scope of its own", earlier.Value),
					Related: []diag.Related{{Pos: now.Pos, Message: "it is declared here"}},
					Hint:    "remove the old scope, or this line if it was not renamed",
				})
			} else if other, again := former[earlier.Value]; again && earlier.Value != "" {
				r.again("renamed-from", earlier.Pos, fmt.Sprintf("two scopes are renamed from %q", earlier.Value), other)
			} else {
				former[earlier.Value] = earlier.Pos
			}
		}
		for _, implied := range scope.Implies {
			r.scope(implied)
		}
	}
	r.checkImplies()
}

// scope reports a reference to a scope that the table does not declare.
func (r *resolver) scope(name Text) {
	if r.scopes[name.Value] != nil || r.malformed[name.Pos] {
		return
	}
	if _, stated := r.table["groups"]; stated && len(r.scopes) == 0 && r.errors > 0 {
		return // the groups could not be read, which is reported once
	}
	d := diag.Diagnostic{Code: "undeclared-scope", Pos: name.Pos, Message: fmt.Sprintf("scope %q is not in the table", name.Value)}
	known := make([]string, 0, len(r.scopes))
	for _, scope := range r.c.Scopes() {
		known = append(known, scope.Name)
		for _, earlier := range scope.RenamedFrom {
			if earlier.Value == name.Value {
				d.Hint = fmt.Sprintf("it was renamed to %q", scope.Name)
			}
		}
		for _, spelling := range scope.Spellings {
			if spelling.Value == name.Value {
				d.Hint = fmt.Sprintf("operations name it %q; %q is its spelling %q", scope.Name, name.Value, spelling.Key)
			}
		}
	}
	if d.Hint == "" {
		d.Hint = r.didYouMean(name.Value, known)
	}
	if d.Hint == "" {
		d.Hint = "add it to a group of the table"
	}
	r.report(d)
}

// mostRelated bounds the places that one finding shows.
const mostRelated = 10

// checkImplies refuses scopes that imply each other in a circle.
func (r *resolver) checkImplies() {
	const open, done = 1, 2
	state := map[*Scope]int{}
	var path []Text // how we came to the scope being visited
	var visit func(s *Scope)
	visit = func(s *Scope) {
		state[s] = open
		for _, implied := range s.Implies {
			next := r.scopes[implied.Value]
			if next == nil || state[next] == done {
				continue
			}
			path = append(path, implied)
			if state[next] == open {
				d := diag.Diagnostic{Code: "implies-cycle", Pos: implied.Pos, Message: fmt.Sprintf("scope %q implies itself", next.Name), Hint: "of two scopes only the wider implies the other"}
				start := slices.IndexFunc(path[:len(path)-1], func(t Text) bool { return t.Value == next.Name }) + 1
				for _, step := range path[start:min(len(path)-1, start+mostRelated)] {
					d.Related = append(d.Related, diag.Related{Pos: step.Pos, Message: fmt.Sprintf("through %q", step.Value)})
				}
				r.report(d)
			} else {
				visit(next)
			}
			path = path[:len(path)-1]
		}
		state[s] = done
	}
	for _, scope := range r.c.Scopes() {
		if state[scope] == 0 {
			visit(scope)
		}
	}
}

// checkTable checks the keys of the table that are not structs of their own.
func (r *resolver) checkTable() {
	c := r.c
	if _, ok := r.table["api"]; !ok && !r.incomplete {
		r.report(diag.Diagnostic{Code: "missing-key", Pos: Position{File: r.folder + c.Files[0]}, Message: "the table needs \"api\"", Hint: "begin with: api: {name: …, title: …}"})
	}
	for _, server := range c.Servers {
		if wrong := wrongServer(server.Value); wrong != "" {
			r.errorf("url", server.Pos, "%s", wrong)
		}
	}
	names := map[string]Position{}
	for _, header := range c.Headers {
		wrong := wrongHeader(header.Key)
		if wrong == "" {
			wrong = wrongHeaderValue(header.Value)
		}
		if rest := strings.ReplaceAll(header.Value, "{client_id}", ""); wrong == "" && strings.ContainsAny(rest, "{}") {
			wrong = fmt.Sprintf("%q holds a placeholder other than {client_id}", header.Value)
		}
		if wrong != "" {
			r.errorf("header", header.Pos, "%s", wrong)
		}
		lower := strings.ToLower(header.Key)
		if earlier, again := names[lower]; again {
			r.again("duplicate-key", header.Pos, fmt.Sprintf("header %q is there twice; case makes no difference", header.Key), earlier)
		}
		names[lower] = header.Pos
	}
	for _, named := range []struct{ key, value string }{{"request_id", c.RequestID}, {"idempotency", c.Idempotency}} {
		if named.value != "" && !isToken(named.value) {
			r.errorf("header", r.table[named.key], "%q is not the name of a header (RFC 9110, section 5.1)", named.value)
		}
	}
	r.checkSpelling()
}

func (r *resolver) checkSpelling() {
	wire := map[string]*Scope{}
	var known []string
	for _, scope := range r.c.Scopes() {
		for _, spelling := range scope.Spellings {
			known = append(known, spelling.Key)
		}
		if scope.Name == "" {
			continue
		}
		sent := scope.Wire(r.c.Spelling)
		if other := wire[sent]; other != nil && other.Name != scope.Name {
			r.again("spelling", scope.Pos, fmt.Sprintf("scopes %q and %q are both sent as %q", other.Name, scope.Name, sent), other.Pos)
		}
		wire[sent] = scope
	}
	if r.c.Spelling != "" && !slices.Contains(known, r.c.Spelling) {
		hint := r.didYouMean(r.c.Spelling, known)
		if hint == "" {
			hint = "add it to the spellings of a scope, or remove the key"
		}
		r.report(diag.Diagnostic{Code: "spelling", Pos: r.table["spelling"], Message: fmt.Sprintf("no scope has a spelling %q", r.c.Spelling), Hint: hint})
	}
}

func (r *resolver) checkClients() {
	seen := map[string]Position{}
	used := map[string]bool{}
	for _, o := range r.c.Operations {
		for _, set := range o.Requires.Sets {
			used[ScopeKey(set)] = true
		}
	}
	for _, client := range r.c.Clients {
		for _, scope := range client.AllOf {
			r.scope(scope)
		}
		if len(client.AllOf) == 0 {
			continue
		}
		key := ScopeKey(client.AllOf)
		if earlier, again := seen[key]; again {
			r.again("duplicate-client", client.Pos, fmt.Sprintf("the client of %s is named twice", quoteSet(client.AllOf)), earlier)
			continue
		}
		seen[key] = client.Pos
		if !used[key] && !r.incomplete {
			r.report(diag.Diagnostic{Severity: diag.Warning, Code: "unused-client", Pos: client.Pos, Message: fmt.Sprintf("no operation requires %s together", quoteSet(client.AllOf)), Hint: "remove the client; one is made for each requirement that operations state"})
		}
	}
}

func (r *resolver) checkOperations() {
	ids := make(map[string]Position, len(r.c.Operations))
	routes := make(map[string]Position, len(r.c.Operations))
	styles := make([]string, 0, len(r.c.Paging))
	for i, style := range r.c.Paging {
		styles = append(styles, style.Key)
		r.paging[style.Key] = &r.c.Paging[i].Value
	}
	var withoutHeader []*Operation
	needsToken := false
	for _, o := range r.c.Operations {
		if o == nil {
			continue
		}
		if earlier, again := ids[o.ID]; again && o.ID != "" {
			r.again("duplicate-operation", o.Pos, fmt.Sprintf("operation %q is declared twice", o.ID), earlier)
		} else {
			ids[o.ID] = o.Pos
		}
		if o.Method != "" && o.Path != "" {
			route := o.Method + " " + PathShape(o.Path)
			if earlier, again := routes[route]; again {
				r.again("duplicate-route", o.Pos, fmt.Sprintf("a second operation for %s %s", o.Method, o.Path), earlier)
			} else {
				routes[route] = o.Pos
			}
		}
		switch o.Requires.Kind {
		case NotStated:
			r.report(diag.Diagnostic{
				Severity: diag.Warning, Code: "requirement-not-stated", Pos: o.Pos,
				Message: fmt.Sprintf("operation %q does not say what it requires", o.ID),
				Hint:    "add requires: {scope: …}, {any_of: […]}, {all_of: […]}, token (no scope) or public (no token)",
			})
		case Scoped, TokenOnly:
			needsToken = true
		}
		for _, set := range o.Requires.Sets {
			for _, scope := range set {
				r.scope(scope)
			}
		}
		if name := o.Paging.Value; o.Paging.Pos.Line > 0 && r.paging[name] == nil && !r.malformed[o.Paging.Pos] {
			hint := r.didYouMean(name, styles)
			if hint == "" {
				hint = "declare it in the table under paging"
			}
			r.report(diag.Diagnostic{Code: "unknown-paging", Pos: o.Paging.Pos, Message: fmt.Sprintf("there is no paging style %q", name), Hint: hint})
		}
		if o.IdempotencyKey != "" && r.c.Idempotency == "" {
			withoutHeader = append(withoutHeader, o)
		}
		for _, p := range o.Parameters {
			r.walk(p.Schema)
		}
		for _, body := range o.Body {
			r.walk(body.Value)
		}
		for _, response := range o.Responses {
			for _, content := range response.Value {
				r.walk(content.Value)
			}
		}
	}
	if len(withoutHeader) > 0 && !r.incomplete {
		message := fmt.Sprintf("operation %q needs an idempotency key, and the table names no header for it", withoutHeader[0].ID)
		if more := len(withoutHeader) - 1; more > 0 {
			message = fmt.Sprintf("operation %q and %d more need an idempotency key, and the table names no header for it", withoutHeader[0].ID, more)
		}
		r.report(diag.Diagnostic{Code: "idempotency", Pos: withoutHeader[0].Pos, Message: message, Hint: "add to the table: idempotency: idempotency-key"})
	}
	if r.incomplete || len(r.c.Operations) == 0 {
		return
	}
	table := Position{File: r.folder + r.c.Files[0]}
	if len(r.c.Servers) == 0 {
		r.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-servers", Pos: table, Message: "the table names no server", Hint: "add servers: {production: https://…}"})
	}
	if needsToken && r.c.Token.Path == "" {
		pos := table
		if at, ok := r.table["token"]; ok {
			pos = at
		}
		r.report(diag.Diagnostic{Severity: diag.Warning, Code: "no-token-endpoint", Pos: pos, Message: "operations need a token, and the table does not say where it is fetched", Hint: "add token: {path: /oauth/token}"})
	}
}

func (r *resolver) checkTypes() {
	for _, entry := range r.c.Types {
		r.walk(entry.Value)
	}
}

// walk checks what a schema and those inside it refer to.
func (r *resolver) walk(s *Schema) {
	if s == nil || r.full() {
		return
	}
	if s.Ref != "" {
		r.reference(s.Pos, s.RefName())
	}
	r.checkRequired(s)
	r.checkDiscriminator(s)
	s.children(r.walk)
}

// children calls f with each schema directly inside s.
func (s *Schema) children(f func(*Schema)) {
	if s.Items != nil {
		f(s.Items)
	}
	for i := range s.Properties {
		f(s.Properties[i].Value)
	}
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		f(s.AdditionalProperties.Schema)
	}
	for _, list := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
		for _, member := range list {
			f(member)
		}
	}
}

func (r *resolver) reference(pos Position, name string) bool {
	if _, ok := r.types[name]; ok || r.incomplete {
		return ok
	}
	known := make([]string, 0, len(r.c.Types))
	if r.compared < mostCompared {
		for i := range r.c.Types {
			known = append(known, r.c.Types[i].Key)
		}
	}
	hint := r.didYouMean(name, known)
	if hint == "" {
		hint = "declare it under types, or include the file that does"
	}
	r.report(diag.Diagnostic{Code: "dangling-reference", Pos: pos, Message: fmt.Sprintf("there is no type %q", name), Hint: hint})
	return false
}

// checkRequired reports required names that no property has.
func (r *resolver) checkRequired(s *Schema) {
	// A part of allOf may require what another part declares; the whole is
	// checked where the parts meet.
	if len(s.Required) == 0 || len(s.Properties) == 0 && len(s.AllOf) == 0 {
		return
	}
	var known []string
	complete := r.properties(s, &known, map[*Schema]bool{})
	if !complete {
		return
	}
	var set map[string]bool // for what is too long to search
	if len(known) > 50 {
		set = make(map[string]bool, len(known))
		for _, name := range known {
			set[name] = true
		}
	}
	for _, name := range s.Required {
		if !r.malformed[name.Pos] && !set[name.Value] && (set != nil || !slices.Contains(known, name.Value)) {
			r.report(diag.Diagnostic{Code: "required", Pos: name.Pos, Message: fmt.Sprintf("%q is required and not among the properties", name.Value), Hint: r.didYouMean(name.Value, known)})
		}
	}
}

// properties collects the names of a schema's properties, those from allOf and
// references included. It tells false where not all can be known.
func (r *resolver) properties(s *Schema, names *[]string, seen map[*Schema]bool) bool {
	// Parts of allOf can hold each other many times over.
	const most = 2_000_000 // names, over the whole run
	if s == nil || seen[s] || r.collected > most {
		return false
	}
	seen[s] = true
	r.collected += 1 + len(s.Properties)
	if s.Ref != "" {
		return r.properties(r.types[s.RefName()], names, seen)
	}
	for i := range s.Properties {
		*names = append(*names, s.Properties[i].Key)
	}
	complete := len(s.OneOf) == 0 && len(s.AnyOf) == 0
	for _, part := range s.AllOf {
		complete = r.properties(part, names, seen) && complete
	}
	return complete
}

func (r *resolver) checkDiscriminator(s *Schema) {
	if s.Discriminator == nil {
		return
	}
	variants := map[string]bool{}
	for _, list := range [][]*Schema{s.OneOf, s.AnyOf} {
		for _, member := range list {
			variants[member.RefName()] = true
		}
	}
	for _, entry := range s.Discriminator.Mapping {
		name, ok := strings.CutPrefix(entry.Value, typesPrefix)
		if !ok {
			r.report(diag.Diagnostic{Code: "reference", Pos: entry.Pos, Message: fmt.Sprintf("%q is not a reference to a type", entry.Value), Hint: "write \"" + typesPrefix + "\" and the type's name"})
			continue
		}
		if r.reference(entry.Pos, name) && len(variants) > 0 && !variants[name] {
			r.errorf("discriminator", entry.Pos, "type %q is not one of the variants", name)
		}
	}
}

// checkCycles refuses types that are made of themselves, without an object or
// a list in between.
func (r *resolver) checkCycles() {
	const open, done = 1, 2
	state := make(map[string]int, len(r.types))
	type step struct {
		name string
		pos  Position
	}
	var path []step
	var visitType func(name string, from Position)
	var visit func(s *Schema)
	visit = func(s *Schema) {
		if s == nil {
			return
		}
		if s.Ref != "" {
			visitType(s.RefName(), s.Pos)
		}
		for _, list := range [][]*Schema{s.OneOf, s.AnyOf, s.AllOf} {
			for _, member := range list {
				visit(member)
			}
		}
	}
	visitType = func(name string, from Position) {
		s := r.types[name]
		if s == nil || state[name] == done || r.full() {
			return
		}
		if state[name] == open {
			at := slices.IndexFunc(path, func(s step) bool { return s.name == name })
			d := diag.Diagnostic{Code: "type-cycle", Pos: from, Message: fmt.Sprintf("type %q is made of itself", name), Hint: "a type can contain itself only as a property or an item"}
			for _, through := range path[at+1 : min(len(path), at+1+mostRelated)] {
				d.Related = append(d.Related, diag.Related{Pos: through.pos, Message: fmt.Sprintf("through %q", through.name)})
			}
			r.report(d)
			return
		}
		state[name] = open
		path = append(path, step{name, from})
		visit(s)
		path = path[:len(path)-1]
		state[name] = done
	}
	for _, entry := range r.c.Types {
		visitType(entry.Key, entry.Pos)
	}
}
