package sandbox

import (
	"encoding/json"
	"math/big"
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// flatten resolves the references of a schema and merges its allOf into it, so
// that its members stand in one place. What stays are oneOf and anyOf; see
// [schemas.alternatives]. The same schema gives the same pointer each time.
func (s *schemas) flatten(schema *spec.Schema) *spec.Schema {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.flattened(schema)
}

func (s *schemas) flattened(schema *spec.Schema) *spec.Schema {
	if schema == nil {
		return &spec.Schema{}
	}
	if flat, ok := s.flat[schema]; ok {
		return flat
	}
	// A schema that comes back to itself without a value between says nothing there.
	s.flat[schema] = &spec.Schema{}
	var flat *spec.Schema
	switch {
	case schema.Ref != "":
		flat = s.flattened(s.types[schema.RefName()])
	case len(schema.AllOf) == 0:
		flat = schema
	default:
		own := *schema
		own.AllOf = nil
		flat = &own
		for _, part := range schema.AllOf {
			flat = merge(flat, s.flattened(part))
		}
	}
	s.flat[schema] = flat
	return flat
}

// alternatives gives the variants of a flattened schema, each merged with what
// stands beside oneOf or anyOf and flattened too; none where there is no choice.
func (s *schemas) alternatives(flat *spec.Schema) []*spec.Schema {
	if len(flat.OneOf) == 0 && len(flat.AnyOf) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if variants, ok := s.variants[flat]; ok {
		return variants
	}
	rest := *flat
	list := flat.OneOf
	if rest.OneOf = nil; len(list) == 0 {
		list, rest.AnyOf = flat.AnyOf, nil
	}
	rest.Discriminator = nil
	variants := make([]*spec.Schema, 0, len(list))
	for _, part := range list {
		variant := merge(&rest, s.flattened(part))
		if d := flat.Discriminator; d != nil {
			variant = discriminated(variant, d, part)
		}
		variants = append(variants, variant)
	}
	s.variants[flat] = variants
	return variants
}

// needs tells whether a value of a flattened schema has to hold one of another.
func (s *schemas) needs(schema, other *spec.Schema) bool {
	return s.needsWithin(schema, other, map[*spec.Schema]bool{})
}

func (s *schemas) needsWithin(flat, other *spec.Schema, seen map[*spec.Schema]bool) bool {
	if seen[flat] {
		return false
	}
	seen[flat] = true
	inner := func(schema *spec.Schema) bool {
		next := s.flatten(schema)
		return next == other || s.needsWithin(next, other, seen)
	}
	for _, name := range requiredMembers(flat, response) {
		if p, ok := flat.Properties.Get(name); ok && inner(p) {
			return true
		}
	}
	return flat.Items != nil && flat.MinItems != nil && *flat.MinItems > 0 && inner(flat.Items)
}

// discriminated fixes the member that tells the variant, where the variant does
// not do so itself.
func discriminated(variant *spec.Schema, d *spec.Discriminator, part *spec.Schema) *spec.Schema {
	value := part.RefName()
	for _, m := range d.Mapping {
		if m.Value == part.Ref {
			value = m.Key
			break
		}
	}
	if p, ok := variant.Properties.Get(d.Property); !ok || value == "" || p.Const != nil || len(p.Enum) > 0 || p.Ref != "" {
		return variant
	}
	text, err := json.Marshal(value)
	if err != nil {
		return variant
	}
	fixed := &spec.Schema{Type: []string{"string"}, Const: &spec.Literal{JSON: string(text)}}
	out := *variant
	out.Properties = slices.Clone(variant.Properties)
	for i := range out.Properties {
		if out.Properties[i].Key == d.Property {
			out.Properties[i].Value = fixed
		}
	}
	return &out
}

// merge makes one schema of two that both hold. Where one cannot say what both
// say, the first is kept: what is made from it is checked against both.
func merge(a, b *spec.Schema) *spec.Schema {
	out := *a
	switch {
	case len(out.Type) == 0:
		out.Type = b.Type
	case len(b.Type) > 0:
		out.Type = slices.DeleteFunc(slices.Clone(a.Type), func(t string) bool { return !slices.Contains(b.Type, t) })
	}
	out.Format = either(a.Format, b.Format)
	out.Pattern = either(a.Pattern, b.Pattern)
	if out.Const == nil {
		out.Const = b.Const
	}
	if out.Default == nil {
		out.Default = b.Default
	}
	switch {
	case len(out.Enum) == 0:
		out.Enum = b.Enum
	case len(b.Enum) > 0:
		out.Enum = slices.DeleteFunc(slices.Clone(a.Enum), func(l spec.Literal) bool {
			return !slices.ContainsFunc(b.Enum, func(m spec.Literal) bool { return l.JSON == m.JSON })
		})
	}
	out.MinLength, out.MaxLength = greater(a.MinLength, b.MinLength), less(a.MaxLength, b.MaxLength)
	out.MinItems, out.MaxItems = greater(a.MinItems, b.MinItems), less(a.MaxItems, b.MaxItems)
	out.Minimum, out.Maximum = tighter(a.Minimum, b.Minimum, 1), tighter(a.Maximum, b.Maximum, -1)
	out.ExclusiveMinimum = tighter(a.ExclusiveMinimum, b.ExclusiveMinimum, 1)
	out.ExclusiveMaximum = tighter(a.ExclusiveMaximum, b.ExclusiveMaximum, -1)
	if out.MultipleOf == nil {
		out.MultipleOf = b.MultipleOf
	}
	if out.Items == nil {
		out.Items = b.Items
	}
	out.UniqueItems = a.UniqueItems || b.UniqueItems
	out.Properties = slices.Clone(a.Properties)
	for _, p := range b.Properties {
		i := slices.IndexFunc(out.Properties, func(e spec.Entry[*spec.Schema]) bool { return e.Key == p.Key })
		switch {
		case i < 0:
			out.Properties = append(out.Properties, p)
		case out.Properties[i].Value != p.Value:
			out.Properties[i].Value = &spec.Schema{AllOf: []*spec.Schema{out.Properties[i].Value, p.Value}}
		}
	}
	out.Required = slices.Concat(a.Required, b.Required)
	if out.AdditionalProperties == nil {
		out.AdditionalProperties = b.AdditionalProperties
	}
	switch {
	case len(out.OneOf) == 0:
		out.OneOf = b.OneOf
		if out.Discriminator == nil {
			out.Discriminator = b.Discriminator
		}
	case len(b.OneOf) > 0 && len(out.AnyOf) == 0:
		out.AnyOf = b.OneOf
	}
	if len(out.AnyOf) == 0 {
		out.AnyOf = b.AnyOf
	}
	out.Examples = slices.Concat(a.Examples, b.Examples)
	return &out
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func greater(a, b *int) *int {
	if a == nil || b != nil && *b > *a {
		return b
	}
	return a
}

func less(a, b *int) *int {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

func tighter(a, b *spec.Literal, sign int) *spec.Literal {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	x, y := number(a), number(b)
	if x != nil && y != nil && y.Cmp(x) == sign {
		return b
	}
	return a
}

// number is a literal's value, nil for none and for one that is no number.
func number(l *spec.Literal) *big.Rat {
	if l == nil {
		return nil
	}
	n, ok := new(big.Rat).SetString(l.JSON)
	if !ok {
		return nil
	}
	return n
}
