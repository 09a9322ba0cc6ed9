package sandbox

import (
	"encoding/json"
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// flatten returns a schema with its references resolved and its allOf merged into
// it, as [spec.Flattener] does. oneOf and anyOf stay: see [schemas.alternatives].
func (s *schemas) flatten(schema *spec.Schema) *spec.Schema { return s.flattener.Flatten(schema) }

// alternatives returns the variants of a flattened schema. Each of them is
// flattened, and merged with what stands beside the oneOf or anyOf. There are none
// if the schema has neither.
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
	rest.Discriminator, rest.AllOf = nil, nil
	for _, choice := range flat.AllOf { // the schema may have a second oneOf beside this one
		rest = *spec.Merge(&rest, choice)
	}
	variants := make([]*spec.Schema, 0, len(list))
	for _, part := range list {
		variant := spec.Merge(&rest, s.flatten(part))
		if d := flat.Discriminator; d != nil {
			variant = discriminated(variant, d, part)
		}
		variants = append(variants, variant)
	}
	s.variants[flat] = variants
	return variants
}

// needs reports whether every value of a flattened schema contains a value of
// another schema.
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
	for _, name := range requiredMembers(flat, inResponse) {
		if p, ok := flat.Properties.Get(name); ok && inner(p) {
			return true
		}
	}
	return flat.Items != nil && flat.MinItems != nil && *flat.MinItems > 0 && inner(flat.Items)
}

// discriminated returns the variant with a constant for the discriminator's
// member, unless the variant says itself what that member can be.
func discriminated(variant *spec.Schema, d *spec.Discriminator, part *spec.Schema) *spec.Schema {
	value := part.RefName()
	if part.Ref == d.Default {
		value = "" // any, but for what a mapping says
	}
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
