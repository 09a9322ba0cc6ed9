package plan

import (
	"maps"
	"slices"

	"github.com/scopegen/scopegen/spec"
)

type typeInfo struct {
	schema *spec.Schema
	pos    spec.Position
	name   string
	home   *Package
	users  map[*Package]bool
	shared bool // stands in the shared package, whoever uses it
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
