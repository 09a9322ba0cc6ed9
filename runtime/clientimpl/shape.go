package clientimpl

import (
	"encoding"
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"sync"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// A shape is what a generated Go type says about the JSON values that are meant
// for it. Unions compare the shapes of their variants with a value.
type shape struct {
	kind     string // object, array, string, number, boolean; "" for any
	nullable bool
	items    *shape             // of an array
	members  map[string]*member // of an object
	others   *shape             // further members of an object that are kept; nil if none are
	variants []variant          // of a union; kind is "" then
	leaf     reflect.Type       // the type that decides by decoding, nil if the kind decides
	known    bool               // leaf has a method Known
}

// member is one member of an object.
type member struct {
	shape    *shape
	required bool
	constant string // the only value, as text
	fixed    bool   // constant is set
}

// variant is one variant of a union.
type variant struct {
	name  string
	index int // of the field
	shape *shape
	tells map[string][]string // member → values, of which it must have one
}

// enumeration is a generated enum.
type enumeration interface{ Known() bool }

var (
	unmarshalerType     = reflect.TypeFor[json.Unmarshaler]()
	enumerationType     = reflect.TypeFor[enumeration]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
	rawMessageType      = reflect.TypeFor[json.RawMessage]()
)

// shapes caches the shapes of types, as encoding/json caches what it knows of
// them: a shape depends on nothing but its type.
var shapes sync.Map // reflect.Type → *shape

func shapeOf(t reflect.Type) *shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s, ok := shapes.Load(t); ok {
		return s.(*shape)
	}
	// Types refer to each other in circles: nothing is published before the whole is there.
	building := make(map[reflect.Type]*shape)
	s := buildShape(t, building)
	for t, s := range building {
		shapes.Store(t, s)
	}
	return s
}

func buildShape(t reflect.Type, building map[reflect.Type]*shape) *shape {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if s := building[t]; s != nil {
		return s
	}
	s := new(shape)
	building[t] = s
	if held, nullable, ok := jsonvalue.Held(t); ok {
		inner := buildShape(held, building)
		// A copy would be one of a shape that may still be incomplete.
		s.variants = []variant{{shape: inner}}
		s.nullable = nullable
		return s
	}
	pointer := reflect.PointerTo(t)
	switch {
	case jsonvalue.IsDecimal(t):
		s.kind = "string" // numbers are read too, but are not meant
	case t == rawMessageType || t.Kind() == reflect.Interface:
	case isUnion(t):
		s.variants = variantsOf(t, building)
	case t.Kind() == reflect.Struct && (!pointer.Implements(unmarshalerType) || isOpen(t)) && !pointer.Implements(textUnmarshalerType):
		s.kind = "object"
		s.members = make(map[string]*member)
		for i := range t.NumField() {
			s.addField(t.Field(i), building)
		}
	case pointer.Implements(unmarshalerType):
		s.leaf = t
	case pointer.Implements(textUnmarshalerType):
		s.kind, s.leaf = "string", t
	case t.Kind() == reflect.Map:
		s.kind = "object"
		s.others = buildShape(t.Elem(), building)
	case t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8:
		s.kind, s.leaf = "string", t // base64
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		s.kind = "array"
		s.items = buildShape(t.Elem(), building)
	case t == reflect.TypeFor[json.Number]():
		s.kind = "number"
	case t.Kind() == reflect.String:
		s.kind = "string"
	case t.Kind() == reflect.Bool:
		s.kind = "boolean"
	case jsonvalue.IsInteger(t):
		s.kind, s.leaf = "number", t // a fraction does not fit
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		s.kind, s.leaf = "number", t
	default:
		s.leaf = t
	}
	if t.Implements(enumerationType) {
		s.leaf, s.known = t, true
	}
	return s
}

// addField adds the member that a field of a struct stands for.
func (s *shape) addField(field reflect.StructField, building map[reflect.Type]*shape) {
	tag, hasTag := field.Tag.Lookup("json")
	name, options, _ := strings.Cut(tag, ",")
	switch {
	case !field.IsExported():
		return
	case tag == "-":
		if field.Name == additionalField && field.Type.Kind() == reflect.Map {
			s.others = buildShape(field.Type.Elem(), building)
		}
		return
	case !hasTag || name == "":
		name = field.Name
	}
	m := &member{shape: buildShape(field.Type, building), required: !strings.Contains(options, "omit")}
	if m.required && field.Type.Kind() == reflect.Pointer {
		m.shape = &shape{variants: []variant{{shape: m.shape}}, nullable: true} // nil is null
	}
	m.constant, m.fixed = field.Tag.Lookup("const")
	s.members[name] = m
}

// additionalField is the field of a generated struct that holds the members
// that the struct has no field for.
const additionalField = "AdditionalProperties"

// isOpen reports whether t is a generated struct that keeps members it has no
// field for.
func isOpen(t reflect.Type) bool {
	if t.Kind() != reflect.Struct {
		return false
	}
	field, ok := t.FieldByName(additionalField)
	return ok && field.Tag.Get("json") == "-" && field.Type.Kind() == reflect.Map
}

// isUnion reports whether t is a generated union.
func isUnion(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.NumField() < 2 {
		return false
	}
	_, ok := t.Field(0).Tag.Lookup("variant")
	return ok
}

// variantsOf returns the variants of a union: its fields, but for Raw. A field's
// tag says which values the catalogue's discriminator gives the variant, in the
// form of a URL's query.
func variantsOf(t reflect.Type, building map[reflect.Type]*shape) []variant {
	var list []variant
	for i := range t.NumField() {
		field := t.Field(i)
		tag, ok := field.Tag.Lookup("variant")
		if !ok {
			continue
		}
		tells, err := url.ParseQuery(tag)
		if err != nil {
			panic(fmt.Sprintf("runtime: the field %s of %s has the tag variant:%q, which is no query of a URL: generate the code again", field.Name, t, tag))
		}
		list = append(list, variant{field.Name, i, buildShape(field.Type, building), tells})
	}
	return list
}
