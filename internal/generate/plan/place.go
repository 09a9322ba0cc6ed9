package plan

import (
	"slices"

	"github.com/scopegen/scopegen/spec"
)

type typeInfo struct {
	schema *spec.Schema
	pos    spec.Position
	name   string
	home   *Package
	users  map[*Package]bool
	shared bool // belongs to the shared package, whichever packages use it
}

// placeTypes decides in which package each type of the catalogue is declared: in the
// domain that uses it, or in the shared package if several domains do. Types that no
// operation uses have a package of their own: they may refer to any domain, and in
// some APIs they are most of all types, which a program that makes calls need not
// compile.
func (b *builder) placeTypes() {
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
			for _, s := range operationSchemas(op) {
				b.markUsers(s, p)
			}
		}
	}
	for _, e := range b.catalogue.Errors { // of the entry package, which imports no domain
		for inner := range b.reachedTypes(&typeInfo{schema: e.Value}) {
			inner.shared = true
		}
	}
	for _, e := range b.catalogue.Types {
		t := b.types[e.Key]
		switch {
		case len(t.users) == 0 && !t.shared:
			t.home = b.payloadPackage()
		case len(t.users) == 1 && !t.shared:
			for p := range t.users {
				t.home = p
			}
		default:
			t.home = b.sharedPackage()
		}
	}
}

// reachedTypes returns the declared types that t refers to, directly or through others.
func (b *builder) reachedTypes(t *typeInfo) map[*typeInfo]bool {
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

// operationSchemas returns the schemas of an operation's parameters, body, responses,
// errors and header fields.
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
	for _, e := range slices.Concat(op.Errors, spec.Errors(op.ResponseHeaders)) {
		out = append(out, e.Value)
	}
	return out
}

// markUsers notes for s and each type inside it that package p uses it.
func (b *builder) markUsers(s *spec.Schema, p *Package) {
	if s == nil {
		return
	}
	if s.Ref == "" {
		eachPart(s, func(part *spec.Schema) { b.markUsers(part, p) })
		return
	}
	// What is inside a type that p uses already was noted with it.
	if t := b.types[refKey(s.Ref)]; t != nil && !t.users[p] {
		t.users[p] = true
		b.markUsers(t.schema, p)
	}
}
