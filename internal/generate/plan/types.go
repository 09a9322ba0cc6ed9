package plan

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// RefKind tells what a [Ref] is.
type RefKind int

// The kinds of reference.
const (
	Builtin  RefKind = iota // string, int64, bool…
	Named                   // Package and Name
	Slice                   // []Elem
	Map                     // map[string]Elem
	Optional                // runtime.Optional[Elem]
	Nullable                // runtime.Nullable[Elem]
	Pointer                 // *Elem
)

// Ref is the use of a Go type.
type Ref struct {
	Kind    RefKind
	Package string `json:",omitempty"` // import path
	Name    string `json:",omitempty"`
	Elem    *Ref   `json:",omitempty"`
}

func builtin(name string) Ref         { return Ref{Kind: Builtin, Name: name} }
func named(pkg, name string) Ref      { return Ref{Kind: Named, Package: pkg, Name: name} }
func wrap(kind RefKind, elem Ref) Ref { return Ref{Kind: kind, Elem: &elem} }
func (r Ref) is(kind RefKind) bool    { return r.Kind == kind }
func (r Ref) equal(other Ref) bool    { return r.key() == other.key() }

func (r Ref) key() string {
	if r.Elem != nil {
		return fmt.Sprint(int(r.Kind), "(", r.Elem.key(), ")")
	}
	return r.Package + "." + r.Name
}

// TypeKind tells how a type is declared.
type TypeKind int

// The kinds of declared type.
const (
	Struct  TypeKind = iota
	Enum             // a string or integer type with constants
	Union            // one of several variants
	Defined          // type T Underlying
	Alias            // type T = Underlying
)

// Type is one declared type.
type Type struct {
	Name       string
	Key        string // the catalogue's name, "" for an inline type
	Doc        string
	Deprecated bool
	Kind       TypeKind
	Fields     []Field     `json:",omitempty"`
	Underlying Ref         // Enum, Defined, Alias
	Values     []EnumValue `json:",omitempty"`
	Variants   []Variant   `json:",omitempty"`
	AnyOf      bool        // a union of which several variants may hold at once
	Secret     bool        // has a field that must not be printed
	Sent       bool        // part of a request body
}

// Field is one field of a struct.
type Field struct {
	Name       string
	Wire       string // the JSON member
	Type       Ref
	Doc        string
	Required   bool
	Deprecated bool
	Const      string // the only value, for a required member that has just one
	Secret     bool
}

// EnumValue is one constant of an enum type.
type EnumValue struct {
	GoName string
	JSON   string
}

// Variant is one variant of a union: a pointer field.
type Variant struct {
	Name       string
	Type       Ref
	JSONKind   string
	Required   []string
	Properties []string
	Const      []Const
}

// Const is a member whose value tells the variant.
type Const struct {
	Member string
	Values []string
}

const runtimePath = "github.com/scopegen/scopegen/runtime"

var (
	rawMessage = named("encoding/json", "RawMessage")
	stringRef  = builtin("string")
)

// defaultFormats are the Go types of string formats that have one without a word in the catalogue.
var defaultFormats = map[string]Ref{
	"date-time": named("time", "Time"),
	"date":      named(runtimePath, "Date"),
	"decimal":   named(runtimePath, "Decimal"),
	"byte":      wrap(Slice, builtin("byte")),
}

// goType reads "string" or "import/path.Name".
func goType(t spec.GoType) Ref {
	s := string(t)
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return builtin(s)
	}
	return named(s[:i], s[i+1:])
}

// baseType returns the schema's type without "null".
func baseType(s *spec.Schema) string {
	for _, t := range s.Type {
		if t != "null" {
			return t
		}
	}
	switch {
	case len(s.Properties) > 0 || s.AdditionalProperties != nil:
		return "object"
	case s.Items != nil:
		return "array"
	case s.Const != nil:
		return literalType(*s.Const)
	}
	return literalType(s.Enum...)
}

// literalType is the type that all values have which are not null, if it is one
// that Go has constants of.
func literalType(values ...spec.Literal) string {
	all := ""
	for _, v := range values {
		one := ""
		switch {
		case v.JSON == "null":
			continue
		case strings.HasPrefix(v.JSON, `"`):
			one = "string"
		case strings.Trim(v.JSON, "-0123456789") == "":
			one = "integer"
		}
		if one == "" || all != "" && one != all {
			return ""
		}
		all = one
	}
	return all
}

func isNull(s *spec.Schema) bool { return len(s.Type) == 1 && s.Type[0] == "null" }

// nullable tells whether null is among the schema's own values; inner is the
// schema without it.
func nullable(s *spec.Schema) (inner *spec.Schema, null bool) {
	if len(s.Type) > 1 && slices.Contains(s.Type, "null") {
		return s, true
	}
	for _, list := range []*[]*spec.Schema{&s.OneOf, &s.AnyOf} {
		if !slices.ContainsFunc(*list, isNull) {
			continue
		}
		rest := slices.DeleteFunc(slices.Clone(*list), isNull)
		if len(rest) == 1 && rest[0].Description == "" && s.Description != "" {
			only := *rest[0]
			only.Description = s.Description
			return &only, true
		}
		if len(rest) == 1 {
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

// refKey returns the name in "#/types/Name".
func refKey(ref string) string { return strings.TrimPrefix(ref, "#/types/") }

// typeOf returns the Go type for a schema used in pkg. A type that must be
// declared for it is called name.
func (b *builder) typeOf(s *spec.Schema, pkg *Package, name string) Ref {
	inner, null := nullable(s)
	r := b.plainType(inner, pkg, name)
	if null {
		return wrap(Nullable, r)
	}
	return r
}

func (b *builder) plainType(s *spec.Schema, pkg *Package, name string) Ref {
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
			return goType(t.schema.GoType)
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
	if len(s.AllOf) == 1 && len(s.Properties) == 0 && (baseType(s) == "" || baseType(s) == baseType(b.flattener.Flatten(s.AllOf[0]))) {
		return b.typeOf(s.AllOf[0], pkg, name)
	}
	if len(s.AllOf) > 0 {
		if value, ok := b.mergedScalar(s); ok {
			return b.typeOf(value, pkg, name)
		}
		return b.declare(s, pkg, name, "")
	}
	if variants := union(s); len(variants) > 0 {
		if only, ok := b.sameScalar(variants, pkg, name); ok {
			return only
		}
		return b.declare(s, pkg, name, "")
	}
	switch baseType(s) {
	case "string":
		if len(s.Enum) > 0 {
			return b.declare(s, pkg, name, "")
		}
		return b.formatted(s)
	case "integer":
		if len(s.Enum) > 0 {
			return b.declare(s, pkg, name, "")
		}
		return integer(s)
	case "number":
		return number(s)
	case "boolean":
		return builtin("bool")
	case "array":
		if s.Items == nil {
			return wrap(Slice, rawMessage)
		}
		return wrap(Slice, b.typeOf(s.Items, pkg, name+"Item"))
	case "object":
		if len(s.Properties) > 0 {
			return b.declare(s, pkg, name, "")
		}
		if s.AdditionalProperties != nil && s.AdditionalProperties.Schema != nil {
			return wrap(Map, b.typeOf(s.AdditionalProperties.Schema, pkg, name+"Value"))
		}
		return wrap(Map, rawMessage)
	}
	return rawMessage
}

func union(s *spec.Schema) []*spec.Schema {
	if len(s.OneOf) > 0 {
		return s.OneOf
	}
	return s.AnyOf
}

func (b *builder) formatted(s *spec.Schema) Ref {
	if s.Format == "" {
		return stringRef
	}
	if t, ok := b.catalogue.Go.Formats.Get(s.Format); ok {
		return goType(t)
	}
	if r, ok := defaultFormats[s.Format]; ok {
		return r
	}
	return stringRef
}

func integer(s *spec.Schema) Ref {
	switch s.Format {
	case "int32", "uint32", "uint64":
		return builtin(s.Format)
	}
	return builtin("int64")
}

// integerText writes a JSON number without fraction and exponent, and tells
// whether a Go type can hold it.
func integerText(number, goType string) (text string, fits bool) {
	x, _, err := big.ParseFloat(number, 10, 256, big.ToNearestEven)
	if err != nil || !x.IsInt() || x.MantExp(nil) > 64 {
		return "", false
	}
	n, _ := x.Int(nil)
	switch goType {
	case "int32":
		fits = n.IsInt64() && n.Int64() == int64(int32(n.Int64()))
	case "uint32":
		fits = n.IsUint64() && n.Uint64() <= math.MaxUint32
	case "uint64":
		fits = n.IsUint64()
	default:
		fits = n.IsInt64()
	}
	return n.String(), fits
}

func number(s *spec.Schema) Ref {
	// A number that says it is decimal must not go through a float.
	if s.Format == "decimal" {
		return named("encoding/json", "Number")
	}
	return builtin("float64")
}

// sameScalar returns the one scalar Go type of all variants, if that is what
// they have: a string of one pattern or another is a string.
func (b *builder) sameScalar(variants []*spec.Schema, pkg *Package, name string) (Ref, bool) {
	var first Ref
	for i, v := range variants {
		for v.Ref != "" && b.types[refKey(v.Ref)] != nil && len(b.types[refKey(v.Ref)].schema.Enum) == 0 {
			t := b.types[refKey(v.Ref)]
			if k := baseType(t.schema); k == "object" || k == "array" || len(union(t.schema)) > 0 || len(t.schema.AllOf) > 0 {
				return Ref{}, false
			}
			v = t.schema
		}
		switch baseType(v) {
		case "string", "integer", "number", "boolean":
		default:
			return Ref{}, false
		}
		if v.Ref != "" || len(v.Enum) > 0 || len(union(v)) > 0 {
			return Ref{}, false
		}
		r := b.plainType(v, pkg, name)
		if i > 0 && !r.equal(first) {
			return Ref{}, false
		}
		first = r
	}
	return first, true
}

// declare adds a declared type to pkg and returns its use. key is the
// catalogue's name for it, "" for an inline type.
func (b *builder) declare(s *spec.Schema, pkg *Package, name, key string) Ref {
	t := &Type{Name: name, Key: key, Doc: s.Description, Deprecated: s.Deprecated}
	what := "the type " + key
	if key == "" {
		what = "the inline type here"
	}
	b.claim(pkg, name, s.Pos, what)
	b.add(pkg, t)
	b.fill(t, s, pkg)
	return named(pkg.ImportPath, name)
}

// add declares t in pkg.
func (b *builder) add(pkg *Package, t *Type) {
	pkg.Types = append(pkg.Types, t)
	b.index[named(pkg.ImportPath, t.Name)] = t
}

func (b *builder) fill(t *Type, s *spec.Schema, pkg *Package) {
	s, _ = nullable(s)
	if value, ok := b.mergedScalar(s); ok && !value.Nullable() { // null is said where a type is used, which nullable cannot see in parts
		s = value
	}
	switch {
	case s.Ref != "":
		t.Kind, t.Underlying = Alias, b.plainType(s, pkg, t.Name)
	case len(s.AllOf) > 0:
		t.Kind = Struct
		b.fields(t, b.mergedObject(s), pkg)
	case len(union(s)) > 0:
		if only, ok := b.sameScalar(union(s), pkg, t.Name); ok {
			b.scalar(t, only)
			return
		}
		t.Kind, t.AnyOf = Union, len(s.OneOf) == 0
		b.variants(t, s, pkg)
	case len(s.Enum) > 0 && (baseType(s) == "string" || baseType(s) == "integer"):
		t.Kind = Enum
		t.Underlying = stringRef
		if baseType(s) == "integer" {
			t.Underlying = integer(s)
		}
		b.enum(t, s, pkg)
	case baseType(s) == "object" && len(s.Properties) > 0:
		t.Kind = Struct
		b.fields(t, s, pkg)
	case baseType(s) == "array" && s.Items != nil:
		t.Kind, t.Underlying = Defined, wrap(Slice, b.typeOf(s.Items, pkg, t.Name+"Item"))
	default:
		b.scalar(t, b.plainType(s, pkg, t.Name))
	}
}

// scalar declares t as a type of its own over a builtin type, and as an alias
// of anything that has methods which a new type would lose.
func (b *builder) scalar(t *Type, r Ref) {
	t.Kind, t.Underlying = Defined, r
	if r.is(Named) {
		t.Kind = Alias
	}
}

func (b *builder) enum(t *Type, s *spec.Schema, pkg *Package) {
	// Values have no names but those made of them: if a second one were numbered,
	// another order of the enum would swap what its constants stand for.
	const byHand = "give the values of this enum as a plain string with a pattern, or write the type by hand and name it with go_type"
	seen := make(map[string]spec.Literal)
	for _, v := range s.Enum {
		if v.JSON == "null" {
			continue
		}
		var text string
		written := v.JSON
		if t.Underlying.equal(stringRef) {
			if json.Unmarshal([]byte(v.JSON), &text) != nil {
				continue
			}
		} else {
			var fits bool
			if text, fits = integerText(v.JSON, t.Underlying.Name); !fits {
				b.errorf("enum-value", v.Pos, "the enum value %s does not fit Go's %s", v.JSON, t.Underlying.Name).
					hint("give the type another format (int32, int64, uint32, uint64), or leave the value out")
				continue
			}
			written = text
		}
		name := b.names.constant(text)
		if name == "" {
			b.errorf("no-go-name", v.Pos, "no Go name can be made from the enum value %q: it holds neither letter nor digit", text).
				hint(byHand)
			continue
		}
		if first, again := seen[name]; again {
			b.errorf("go-name-clash", v.Pos, "the enum values %s and %s both become the Go name %s", first.JSON, v.JSON, t.Name+name).
				related(first.Pos, "the other one").
				hint(byHand)
			continue
		}
		seen[name] = v
		b.claim(pkg, t.Name+name, v.Pos, fmt.Sprintf("the enum value %q", text))
		t.Values = append(t.Values, EnumValue{GoName: t.Name + name, JSON: written})
	}
}

func (b *builder) fields(t *Type, s *spec.Schema, pkg *Package) {
	required := make(map[string]bool, len(s.Required))
	for _, r := range s.Required {
		required[r.Value] = true
	}
	seen := make(map[string]spec.Entry[*spec.Schema], len(s.Properties))
	for _, p := range s.Properties {
		name := p.Value.GoName
		if name == "" || p.Value.Ref == "" && isDeclared(p.Value) {
			// go_name on an inline type names the type, not the field.
			name = b.names.exported(p.Key)
		}
		if name == "" {
			b.errorf("no-go-name", p.Pos, "no Go name can be made from the member %q: it holds neither letter nor digit", p.Key).
				hint("name it with go_name")
			continue
		}
		if reservedFields[name] {
			name += "Member"
		}
		if first, ok := seen[name]; ok {
			b.errorf("go-name-clash", p.Pos, "the members %q and %q of %s both become the Go field %s", first.Key, p.Key, t.Name, name).
				related(first.Pos, "the other one").hint("give one of them a go_name")
			continue
		}
		seen[name] = p
		if !taggable(p.Key) {
			b.errorf("unusable-member", p.Pos, "encoding/json cannot read a member called %q", p.Key).
				hint("leave the member out, and read the type as a map with additionalProperties")
			continue
		}
		f := Field{
			Name: name, Wire: p.Key, Required: required[p.Key], Deprecated: p.Value.Deprecated,
			Type: b.typeOf(p.Value, pkg, t.Name+b.names.exported(p.Key)), Doc: b.memberDoc(p.Value),
			Secret: b.isSecret(p.Value, 0),
		}
		if c := b.flattener.Flatten(p.Value).Const; c != nil && f.Required && f.Type.equal(stringRef) {
			_ = json.Unmarshal([]byte(c.JSON), &f.Const)
		}
		if !f.Required {
			f.Type = wrap(Optional, f.Type)
		}
		t.Secret = t.Secret || f.Secret
		t.Fields = append(t.Fields, f)
	}
}

// isSecret tells whether a value is, or lists, what must not be printed.
func (b *builder) isSecret(s *spec.Schema, depth int) bool {
	inner, _ := nullable(s)
	if named := b.types[refKey(inner.Ref)]; inner.Ref != "" && named != nil && depth < 50 { // a cycle is the loader's to report
		return b.isSecret(named.schema, depth+1)
	}
	return inner.Format == "password" || inner.Items != nil && depth < 50 && b.isSecret(inner.Items, depth+1)
}

// isDeclared tells whether an inline schema becomes a declared type.
func isDeclared(s *spec.Schema) bool {
	s, _ = nullable(s)
	return s.Ref == "" && (len(s.Enum) > 0 || len(s.Properties) > 0 || len(union(s)) > 0 || len(s.AllOf) > 1)
}

// reservedFields are names of methods that generated structs may have.
var reservedFields = map[string]bool{"Format": true, "LogValue": true, "MarshalJSON": true, "UnmarshalJSON": true}

// taggable tells whether encoding/json takes name from a struct tag.
func taggable(name string) bool {
	if name == "" {
		return false
	}
	for _, r := range name {
		if r < ' ' || strings.ContainsRune("\\\",`'", r) || r == 0x7f || r > 0x7f && !isLetterOrDigit(r) {
			return false
		}
	}
	return true
}

func (b *builder) memberDoc(s *spec.Schema) string {
	inner, _ := nullable(s)
	doc := s.Description
	if doc == "" {
		doc = inner.Description
	}
	if c := inner.Const; c != nil {
		doc = strings.TrimSpace(doc + " Always " + c.JSON + ".")
	}
	return doc
}

func (b *builder) variants(t *Type, s *spec.Schema, pkg *Package) {
	seen := make(map[string]spec.Position)
	for _, v := range union(s) {
		name := b.variantName(t.Name, v)
		if first, ok := seen[name]; ok {
			b.errorf("go-name-clash", v.Pos, "two variants of %s both become the Go field %s", t.Name, name).
				related(first, "the other one").hint("give one of them a go_name")
			continue
		}
		seen[name] = v.Pos
		inline := t.Name + name
		r := b.typeOf(v, pkg, inline)
		variant := Variant{Name: name, Type: r, JSONKind: b.jsonKind(v)}
		b.describe(&variant, v, 0)
		if d := s.Discriminator; d != nil {
			variant.Const = slices.DeleteFunc(variant.Const, func(c Const) bool { return c.Member == d.Property })
			if values := discriminated(d, v); len(values) > 0 {
				variant.Const = append(variant.Const, Const{Member: d.Property, Values: values})
			}
		}
		t.Variants = append(t.Variants, variant)
	}
}

func discriminated(d *spec.Discriminator, v *spec.Schema) []string {
	if v.Ref == "" {
		return nil
	}
	var values []string
	for _, m := range d.Mapping {
		if refKey(m.Value) == refKey(v.Ref) {
			values = append(values, m.Key)
		}
	}
	if len(values) == 0 {
		values = []string{refKey(v.Ref)} // OpenAPI: the type's name where there is no mapping
	}
	return values
}

func (b *builder) variantName(union string, v *spec.Schema) string {
	if v.Ref == "" && v.GoName != "" {
		return v.GoName
	}
	if v.Ref != "" {
		name := b.names.exported(refKey(v.Ref))
		if t := b.types[refKey(v.Ref)]; t != nil {
			name = t.name
		}
		// User{BYOL: …} rather than User{UserBYOL: …}, and Payment{Card: …}
		// rather than Payment{CardPayment: …}.
		if short, ok := strings.CutPrefix(name, union); ok && short != "" && short[0] >= 'A' && short[0] <= 'Z' {
			name = short
		} else if short, ok := strings.CutSuffix(name, union); ok && short != "" {
			name = short
		}
		if reservedFields[name] || name == "Raw" {
			name += "Variant"
		}
		return name
	}
	switch k := b.jsonKind(v); k {
	case "":
		return "Any"
	default:
		return strings.ToUpper(k[:1]) + k[1:]
	}
}

// jsonKind returns the JSON kind of a schema's values, "" for any.
func (b *builder) jsonKind(s *spec.Schema) string {
	for range 50 {
		if s.Ref == "" {
			break
		}
		t := b.types[refKey(s.Ref)]
		if t == nil {
			return ""
		}
		s = t.schema
	}
	switch k := baseType(s); {
	case k == "integer":
		return "number"
	case k == "" && len(s.AllOf) > 0:
		if value, ok := b.mergedScalar(s); ok {
			return b.jsonKind(value)
		}
		return "object"
	case k == "" && len(union(s)) > 0:
		kind := b.jsonKind(union(s)[0])
		for _, v := range union(s)[1:] {
			if b.jsonKind(v) != kind {
				return ""
			}
		}
		return kind
	default:
		return k
	}
}

// describe fills in by which members a variant is told from the others.
func (b *builder) describe(v *Variant, s *spec.Schema, depth int) {
	if depth > 20 {
		return
	}
	if s.Ref != "" {
		if t := b.types[refKey(s.Ref)]; t != nil {
			b.describe(v, t.schema, depth+1)
		}
		return
	}
	for _, part := range s.AllOf {
		b.describe(v, part, depth+1)
	}
	// Of a union inside the union every variant's members count, none is required.
	for _, part := range union(s) {
		inner := Variant{}
		b.describe(&inner, part, depth+1)
		v.Properties = append(v.Properties, inner.Properties...)
	}
	for _, r := range s.Required {
		v.Required = append(v.Required, r.Value)
	}
	for _, p := range s.Properties {
		v.Properties = append(v.Properties, p.Key)
		var values []string
		if p.Value.Const != nil {
			values = jsonStrings([]spec.Literal{*p.Value.Const})
		} else if slices.ContainsFunc(s.Required, func(r spec.Text) bool { return r.Value == p.Key }) && len(p.Value.Enum) == 1 {
			values = jsonStrings(p.Value.Enum)
		}
		if len(values) > 0 {
			v.Const = append(v.Const, Const{Member: p.Key, Values: values})
		}
	}
}

func jsonStrings(list []spec.Literal) []string {
	var out []string
	for _, l := range list {
		var s string
		if json.Unmarshal([]byte(l.JSON), &s) == nil {
			out = append(out, s)
		}
	}
	return out
}
