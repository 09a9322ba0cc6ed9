package plan

import (
	"reflect"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// isNull reports whether null is the only value of s.
func isNull(s *spec.Schema) bool { return len(s.Type) == 1 && s.Type[0] == "null" }

// nullable reports whether null is among the schema's own values. inner is the
// schema without null.
func nullable(s *spec.Schema) (inner *spec.Schema, null bool) {
	if len(s.Type) > 1 && slices.Contains(s.Type, "null") {
		return s, true
	}
	for _, list := range []*[]*spec.Schema{&s.OneOf, &s.AnyOf} {
		if !slices.ContainsFunc(*list, isNull) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(*list), isNull)
		if len(rest) == 1 && !hasMore(s) {
			if rest[0].Description == "" && s.Description != "" {
				only := *rest[0]
				only.Description = s.Description
				return &only, true
			}
			return rest[0], true
		}
		without := *s
		if list == &s.OneOf {
			without.OneOf = rest
		} else {
			without.AnyOf = rest
		}
		return &without, true
	}
	return s, false
}

// hasMore reports whether s constrains its values by more than one list of variants.
func hasMore(s *spec.Schema) bool {
	return len(s.Properties)+len(s.Required)+len(s.AllOf)+len(s.Enum) > 0 || s.AdditionalProperties != nil || s.Items != nil || s.Const != nil ||
		len(s.OneOf) > 0 && len(s.AnyOf) > 0
}

// refKey returns the name in "#/types/Name".
func refKey(ref string) string { return strings.TrimPrefix(ref, "#/types/") }

// withoutNull does what nullable does, and returns the same inner for the same schema,
// so that maps by schema find what they hold for it.
func (b *builder) withoutNull(s *spec.Schema) (inner *spec.Schema, null bool) {
	if inner := b.inner[s]; inner != nil {
		return inner, true
	}
	inner, null = nullable(s)
	if null {
		b.inner[s] = inner
	}
	return inner, null
}

// typeOf returns the Go type for a schema used in pkg. A type that must be
// declared for it is called name.
func (b *builder) typeOf(s *spec.Schema, pkg *Package, name string) Ref {
	inner, null := b.withoutNull(s)
	r := b.plainType(inner, pkg, name).secretIf(s.Format)
	if null && !r.is(Nullable) {
		return wrap(Nullable, r)
	}
	return r
}

// plainType is typeOf for a schema without null.
func (b *builder) plainType(s *spec.Schema, pkg *Package, name string) Ref {
	return b.valueType(s, pkg, name).secretIf(s.Format)
}

// valueType is plainType for a type whose format does not make it a secret.
func (b *builder) valueType(s *spec.Schema, pkg *Package, name string) Ref {
	if s.GoType != "" {
		return goType(s.GoType)
	}
	if s.Ref != "" {
		key := refKey(s.Ref)
		t := b.types[key]
		if t == nil {
			return rawMessage // the loader has reported the dangling reference
		}
		if t.schema.GoType != "" {
			return goType(t.schema.GoType).secretIf(t.schema.Format)
		}
		r := named(t.home.ImportPath, t.name)
		if _, null := nullable(t.schema); null {
			return wrap(Nullable, r)
		}
		return r
	}
	if s.GoName != "" {
		name = s.GoName
	}
	if only := b.solePart(s); only != nil {
		return b.typeOf(only, pkg, name)
	}
	written := s
	s = b.normalize(s)
	if variants := variantsOf(s); len(variants) > 0 {
		if only, ok := b.sameScalar(variants, pkg, name); ok {
			return only
		}
		return b.declareInline(written, pkg, name)
	}
	switch baseType(s) {
	case "string":
		if len(s.Enum) > 0 {
			return b.declareInline(written, pkg, name)
		}
		return b.stringType(s)
	case "integer":
		if len(s.Enum) > 0 {
			return b.declareInline(written, pkg, name)
		}
		return integerType(s)
	case "number":
		return numberType(s)
	case "boolean":
		return builtin("bool")
	case "array":
		if s.Items == nil {
			return wrap(Slice, rawMessage)
		}
		return wrap(Slice, b.elementType(written, s.Items, pkg, name+"Item"))
	case "object":
		if len(s.Properties) > 0 {
			return b.declareInline(written, pkg, name)
		}
		return b.mapOf(s, pkg, name)
	}
	return rawMessage
}

// mostWithin is how many lists and maps may stand within each other without a type that
// has a name between. What a catalogue writes is nested less deeply.
const mostWithin = 100

// elementType is typeOf for the elements of a list or a map without a name. Through allOf
// one can be its own element, of which Go has no type.
func (b *builder) elementType(of, s *spec.Schema, pkg *Package, name string) Ref {
	if len(b.within) == mostWithin {
		if at := b.within[0].Pos; !b.endless[at] {
			b.endless[at] = true
			b.errorf("type-cycle", at, "this is a list or a map of itself, through allOf, which no Go type is").hint("declare it as a type with a name, and refer to that alone")
		}
		return rawMessage
	}
	b.within = append(b.within, of)
	defer func() { b.within = b.within[:len(b.within)-1] }()
	return b.typeOf(s, pkg, name)
}

// mapOf returns the type of an object that names no members.
func (b *builder) mapOf(s *spec.Schema, pkg *Package, name string) Ref {
	if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
		return wrap(Map, b.elementType(s, s.AdditionalProperties.Schema, pkg, name+"Value"))
	}
	return wrap(Map, rawMessage)
}

// inlined is an inline type in a package.
type inlined struct {
	schema *spec.Schema
	pkg    *Package
}

// likeness is what inline types have in common if they are equal. Members that join two
// types may hold such members thousands deep, so that only what is alike is compared.
type likeness struct {
	pkg  *Package
	pos  spec.Position
	refs string
}

// refsOf returns the references among the parts of an allOf.
func refsOf(parts []*spec.Schema) string {
	var refs strings.Builder
	for _, p := range parts {
		refs.WriteString(p.Ref + " ")
	}
	return refs.String()
}

// declareInline declares the type of an inline schema. A schema with a go_name is
// declared once, even if several types have it through allOf. So is one that occurs
// inside itself, such as a member that an allOf inherits.
func (b *builder) declareInline(s *spec.Schema, pkg *Package, name string) Ref {
	key := inlined{s, pkg}
	if r, ok := b.inlined[key]; ok {
		return r
	}
	// Merging the parts of an allOf makes new schemas. If a type is among its own parts,
	// the new schemas repeat inside one another without end. So a schema that equals one
	// around it is the same type.
	same := likeness{pkg, s.Pos, refsOf(s.AllOf)}
	for _, around := range b.alike[same] {
		if reflect.DeepEqual(around.schema, s) {
			return b.inlined[around]
		}
	}
	within := b.within
	b.around, b.within = append(b.around, key), nil
	b.alike[same] = append(b.alike[same], key)
	defer func() {
		b.around, b.within = b.around[:len(b.around)-1], within
		if b.alike[same] = b.alike[same][:len(b.alike[same])-1]; len(b.alike[same]) == 0 {
			delete(b.alike, same)
		}
	}()
	b.inlined[key] = named(pkg.ImportPath, name)
	if s.GoName == "" {
		defer delete(b.inlined, key)
	}
	return b.declare(s, pkg, name, "")
}

// declare declares a type in pkg and returns a reference to it. key is its name in the
// catalogue, "" for an inline type.
func (b *builder) declare(s *spec.Schema, pkg *Package, name, key string) Ref {
	if key == "" && s.GoName == name {
		// An inline type inside a part of an allOf occurs twice: in the part, and in the
		// merged parts. If the two are equal, they are the same type.
		if first := b.namedInline[named(pkg.ImportPath, name)]; reflect.DeepEqual(first, s) {
			return named(pkg.ImportPath, name)
		}
		b.namedInline[named(pkg.ImportPath, name)] = s
	}
	t := &Type{Name: name, Key: key, Doc: s.Description, Limits: b.limits(s), Deprecated: s.Deprecated}
	what := "the type " + key
	if key == "" {
		what = "the inline type here"
	}
	b.claim(pkg, name, s.Pos, what)
	b.addType(pkg, t)
	b.decideKind(t, s, pkg)
	return named(pkg.ImportPath, name)
}

// addType declares t in pkg.
func (b *builder) addType(pkg *Package, t *Type) {
	pkg.Types = append(pkg.Types, t)
	b.index[named(pkg.ImportPath, t.Name)] = t
}

// decideKind decides what kind of type t is, and plans its contents.
func (b *builder) decideKind(t *Type, s *spec.Schema, pkg *Package) {
	defer func(format string) { t.Underlying = t.Underlying.secretIf(format) }(s.Format)
	s, _ = b.withoutNull(s)
	if s.Ref != "" {
		t.Kind, t.Underlying = Alias, b.plainType(s, pkg, t.Name)
		return
	}
	s = b.normalize(s)
	switch {
	case s.Ref != "" || s.GoType != "":
		b.declareScalar(t, b.plainType(s, pkg, t.Name))
	case len(variantsOf(s)) > 0:
		if only, ok := b.sameScalar(variantsOf(s), pkg, t.Name); ok {
			b.declareScalar(t, only)
			return
		}
		t.Kind, t.AnyOf = Union, len(s.OneOf) == 0
		b.planVariants(t, s, pkg)
	case len(s.Enum) > 0 && (baseType(s) == "string" || baseType(s) == "integer"):
		t.Kind = Enum
		t.Underlying = stringRef
		if baseType(s) == "integer" {
			t.Underlying = integerType(s)
		}
		t.Underlying = t.Underlying.secretIf(s.Format)
		b.planEnum(t, s, pkg)
	case baseType(s) == "object" && len(s.Properties) > 0:
		t.Kind = Struct
		b.planFields(t, s, pkg)
	case baseType(s) == "array" && s.Items != nil:
		t.Kind, t.Underlying = Defined, wrap(Slice, b.typeOf(s.Items, pkg, t.Name+"Item"))
	case baseType(s) == "object":
		t.Kind, t.Underlying = Defined, b.mapOf(s, pkg, t.Name)
	default:
		b.declareScalar(t, b.plainType(s, pkg, t.Name))
	}
}

// declareScalar plans t as a type of its own if r is a builtin type, and as an alias of
// r if r has methods, which a new type would lose.
func (b *builder) declareScalar(t *Type, r Ref) {
	t.Kind, t.Underlying = Defined, r
	if r.is(Named) || r.is(Nullable) || r.is(Optional) {
		t.Kind = Alias
	}
}

// isDeclared reports whether an inline schema becomes a declared type.
func (b *builder) isDeclared(s *spec.Schema) bool {
	s, _ = b.withoutNull(s)
	if s.Ref != "" || s.GoType != "" {
		return false
	}
	if only := b.solePart(s); only != nil {
		return b.isDeclared(only)
	}
	s = b.normalize(s)
	return len(s.Enum) > 0 || len(s.Properties) > 0 || len(variantsOf(s)) > 0
}

// declareTypes declares the types of the catalogue.
func (b *builder) declareTypes() {
	for _, e := range b.catalogue.Types {
		if t := b.types[e.Key]; e.Value.GoType == "" && t.schema == e.Value && !b.formsAlone[e.Key] {
			b.declare(e.Value, t.home, t.name, e.Key)
		}
	}
}
