package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// variantsOf returns the variants of a schema, or nil if it has none.
func variantsOf(s *spec.Schema) []*spec.Schema {
	if len(s.OneOf) > 0 {
		return s.OneOf
	}
	return s.AnyOf
}

// planVariants adds the variants of a union to t.
func (b *builder) planVariants(t *Type, s *spec.Schema, pkg *Package) {
	seen, again := make(map[string]spec.Position), make(map[string]int)
	for _, v := range variantsOf(s) {
		name := b.variantName(t.Name, v)
		if reservedFields[name] || name == "Raw" {
			name += "Variant"
		}
		if first, ok := seen[name]; ok {
			b.errorf("go-name-clash", v.Pos, "two variants of %s both become the Go field %s", t.Name, name).
				related(first, "the other one").hint("give one of them a go_name")
			// What is wrong inside it is found at once, not when this is mended.
			for clashing := name; ok; _, ok = seen[name] {
				again[clashing]++
				name = clashing + strconv.Itoa(again[clashing]+1)
			}
		}
		seen[name] = v.Pos
		variant := Variant{Name: name, Type: b.typeOf(v, pkg, b.variantType(t.Name, name, v, pkg)), Limits: b.limits(v)}
		if s.Discriminator != nil {
			variant.Member, variant.Values = b.discriminatorValues(s.Discriminator, v)
		}
		t.Variants = append(t.Variants, variant)
	}
}

// discriminatorValues returns the member by which the discriminator tells variants
// apart, and its values for the variant v. It returns nothing if the variant's own
// schema says which value it has.
func (b *builder) discriminatorValues(d *spec.Discriminator, v *spec.Schema) (member string, values []string) {
	origin := b.origin(v)
	if origin.Ref == "" || origin.Ref == d.Default {
		return "", nil
	}
	for _, m := range d.Mapping {
		if refKey(m.Value) == refKey(origin.Ref) {
			values = append(values, m.Key)
		}
	}
	own := b.member(v, d.Property)
	var only *spec.Literal
	if own != nil {
		only = b.constant(own, true)
	}
	if len(values) == 0 {
		if t := b.types[refKey(origin.Ref)]; own != nil && (only != nil || len(own.Enum) > 0) || t != nil && len(variantsOf(b.normalize(t.schema))) > 0 {
			return "", nil
		}
		return d.Property, []string{refKey(origin.Ref)} // OpenAPI: the type's name where there is no mapping
	}
	if text, ok := constText(only); ok && !slices.Contains(values, text) {
		b.errorf("discriminator", d.Pos, "the discriminator gives the type %q the value %q of %s, which the type itself gives %s alone", refKey(origin.Ref), values[0], d.Property, only.JSON).
			related(only.Pos, "its value there").hint("correct one of the two")
	}
	return d.Property, values
}

// constText returns a constant as the text that a discriminator writes it as. It
// returns false for what is no text, integer or boolean.
func constText(c *spec.Literal) (string, bool) {
	if c == nil {
		return "", false
	}
	switch c.Type() {
	case "string":
		return c.Text()
	case "boolean":
		return c.JSON, true
	case "null":
		return "", false
	}
	return integerText(c.JSON, "")
}

// member returns the schema of an object's member, or nil if there is none.
func (b *builder) member(s *spec.Schema, name string) *spec.Schema {
	var p parts
	b.gather(&p, s, 0)
	own, _ := p.object.Properties.Get(name)
	return own
}

// variantName returns the name of the field for a variant of a union.
func (b *builder) variantName(union string, v *spec.Schema) string {
	v = b.origin(v)
	if v.GoName != "" {
		// The name is that of the variant's type too, where the variant is no
		// reference: User{BYOL: …} rather than User{UserBYOL: …}.
		if short, ok := strings.CutPrefix(v.GoName, union); ok && short != "" && short[0] >= 'A' && short[0] <= 'Z' {
			return short
		}
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
		return name
	}
	switch k := b.jsonKind(v); k {
	case "":
		return "Any"
	default:
		return strings.ToUpper(k[:1]) + k[1:]
	}
}

// variantType returns the name for the type of a variant, where that is declared with
// the union: the union's name and the field's. A variant that has the members beside
// the variants is not the type that the catalogue refers to, so it cannot have the
// name of that: it is called by the union's name and all of the other's.
func (b *builder) variantType(union, field string, v *spec.Schema, pkg *Package) string {
	origin := b.origins[v]
	if origin == nil || origin.Ref == "" {
		return union + field
	}
	for _, t := range b.types {
		if t.home == pkg && t.name == union+field {
			return union + b.names.exported(refKey(origin.Ref))
		}
	}
	return union + field
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
	s, _ = b.withoutNull(s)
	s = b.normalize(s)
	switch k := baseType(s); {
	case k == "integer":
		return "number"
	case k == "" && len(variantsOf(s)) > 0:
		kind := b.jsonKind(variantsOf(s)[0])
		for _, v := range variantsOf(s)[1:] {
			if b.jsonKind(v) != kind {
				return ""
			}
		}
		return kind
	default:
		return k
	}
}
