package spec

import (
	"cmp"
	"reflect"
	"slices"
)

// Merge returns a schema that admits what both a and b admit, with as much as
// possible in its own keywords. What one schema cannot say of both, such as two
// patterns, stays in its AllOf. References are not followed: where one of the
// two is a reference, AllOf holds both.
//
// additionalProperties speaks of the members that neither names. JSON Schema
// would apply it to the members that the other one names too, which no document
// means that puts an object together from closed parts.
//
// Where a and b describe or name the schema differently, b has the last word.
// The arguments are not changed; the result shares what is inside them.
func Merge(a, b *Schema) *Schema {
	if a.Ref != "" || b.Ref != "" {
		out := &Schema{AllOf: addParts(addParts(nil, a), b)}
		out.annotate(a, b)
		return out
	}
	out, rest := *a, Schema{Pos: b.Pos}
	out.annotate(a, b)
	out.AllOf = slices.Clone(a.AllOf)
	for _, part := range b.AllOf {
		out.AllOf = addParts(out.AllOf, part)
	}
	mergeType(&out, &rest, b)
	mergeValues(&out, &rest, b)
	out.Format, rest.Format = sameOr(a.Format, b.Format)
	out.Pattern, rest.Pattern = sameOr(a.Pattern, b.Pattern)
	out.MinLength, out.MaxLength = greater(a.MinLength, b.MinLength), less(a.MaxLength, b.MaxLength)
	out.MinItems, out.MaxItems = greater(a.MinItems, b.MinItems), less(a.MaxItems, b.MaxItems)
	out.Minimum, rest.Minimum = tighter(a.Minimum, b.Minimum, 1)
	out.Maximum, rest.Maximum = tighter(a.Maximum, b.Maximum, -1)
	out.ExclusiveMinimum, rest.ExclusiveMinimum = tighter(a.ExclusiveMinimum, b.ExclusiveMinimum, 1)
	out.ExclusiveMaximum, rest.ExclusiveMaximum = tighter(a.ExclusiveMaximum, b.ExclusiveMaximum, -1)
	out.MultipleOf, rest.MultipleOf = tighter(a.MultipleOf, b.MultipleOf, 0)
	out.Items = mergeInner(a.Items, b.Items)
	out.UniqueItems = a.UniqueItems || b.UniqueItems
	mergeMembers(&out, b)
	switch {
	case len(b.OneOf)+len(b.AnyOf) == 0:
	case len(a.OneOf)+len(a.AnyOf) == 0:
		out.OneOf, out.AnyOf, out.Discriminator = b.OneOf, b.AnyOf, b.Discriminator
	default:
		rest.OneOf, rest.AnyOf, rest.Discriminator = b.OneOf, b.AnyOf, b.Discriminator
	}
	if !reflect.DeepEqual(rest, Schema{Pos: b.Pos}) {
		out.AllOf = append(out.AllOf, &rest)
	}
	return &out
}

// addParts adds s to the parts of an allOf: what it is made of if it is an allOf alone, and
// no type a second time. Otherwise the parts would double with each member that joins the
// types of two members.
func addParts(parts []*Schema, s *Schema) []*Schema {
	bare := *s
	bare.Pos, bare.Ref, bare.AllOf = Position{}, "", nil
	switch {
	case !reflect.DeepEqual(bare, Schema{}):
	case s.Ref != "" && slices.ContainsFunc(parts, func(p *Schema) bool { return p.Ref == s.Ref }):
		return parts
	case s.Ref == "" && len(s.AllOf) > 0:
		for _, part := range s.AllOf {
			parts = addParts(parts, part)
		}
		return parts
	}
	return append(parts, s)
}

// annotate sets what says nothing of the values.
func (s *Schema) annotate(a, b *Schema) {
	s.Pos = b.Pos
	if s.Pos == (Position{}) {
		s.Pos = a.Pos
	}
	s.Description = cmp.Or(b.Description, a.Description)
	s.Default = cmp.Or(b.Default, a.Default)
	s.EnumNames = slices.Concat(a.EnumNames, b.EnumNames)
	s.GoName, s.GoType = cmp.Or(b.GoName, a.GoName), cmp.Or(b.GoType, a.GoType)
	s.Deprecated = a.Deprecated || b.Deprecated
	s.ReadOnly, s.WriteOnly = a.ReadOnly || b.ReadOnly, a.WriteOnly || b.WriteOnly
	s.Examples = slices.Concat(a.Examples, b.Examples)
}

// mergeInner merges what two schemas say of the same item or member.
func mergeInner(a, b *Schema) *Schema {
	switch {
	case a == nil || a == b:
		return b
	case b == nil:
		return a
	case a.Ref != "" && a.Ref == b.Ref:
		if b.Description == "" {
			return a
		}
		return b
	}
	return Merge(a, b)
}

func mergeType(out, rest, b *Schema) {
	switch {
	case len(b.Type) == 0:
	case len(out.Type) == 0:
		out.Type = b.Type
	default:
		var both []string
		for _, t := range out.Type {
			switch {
			case slices.Contains(b.Type, t):
				both = append(both, t)
			case t == "integer" && slices.Contains(b.Type, "number"), t == "number" && slices.Contains(b.Type, "integer"):
				both = append(both, "integer")
			}
		}
		if len(both) == 0 {
			rest.Type = b.Type // no value is of both types
			return
		}
		out.Type = both
	}
}

// mergeValues merges const and enum.
func mergeValues(out, rest, b *Schema) {
	switch {
	case out.Const == nil:
		out.Const = b.Const
	case b.Const != nil && !out.Const.Equal(*b.Const):
		rest.Const = b.Const
	}
	switch {
	case len(b.Enum) == 0:
	case len(out.Enum) == 0:
		out.Enum = b.Enum
	default:
		both := slices.DeleteFunc(slices.Clone(out.Enum), func(l Literal) bool { return !slices.ContainsFunc(b.Enum, l.Equal) })
		if len(both) == 0 {
			rest.Enum = b.Enum
		} else {
			out.Enum = both
		}
	}
	if out.Const != nil && slices.ContainsFunc(out.Enum, out.Const.Equal) {
		out.Enum = nil // const says it
	}
}

func mergeMembers(out, b *Schema) {
	properties := slices.Clone(out.Properties)
	at := make(map[string]int, len(properties))
	for i, p := range properties {
		at[p.Key] = i
	}
	for _, p := range b.Properties {
		if i, ok := at[p.Key]; ok {
			properties[i] = Entry[*Schema]{Pos: p.Pos, Key: p.Key, Value: mergeInner(properties[i].Value, p.Value)}
			continue
		}
		at[p.Key] = len(properties)
		properties = append(properties, p)
	}
	out.Properties = properties
	required := slices.Clone(out.Required)
	listed := make(map[string]bool, len(required)+len(b.Required))
	for _, r := range required {
		listed[r.Value] = true
	}
	for _, r := range b.Required {
		if !listed[r.Value] {
			listed[r.Value] = true
			required = append(required, r)
		}
	}
	out.Required = required
	switch x, y := out.AdditionalProperties, b.AdditionalProperties; {
	case y == nil || x != nil && !x.Allowed:
	case x == nil || !y.Allowed || x.Schema == nil:
		out.AdditionalProperties = y
	case y.Schema != nil:
		out.AdditionalProperties = &Additional{Pos: y.Pos, Allowed: true, Schema: mergeInner(x.Schema, y.Schema)}
	}
}

// sameOr returns the one value that is set, and the second one apart where both
// are set and differ.
func sameOr(a, b string) (both, rest string) {
	if a != "" && b != "" && a != b {
		return a, b
	}
	return cmp.Or(a, b), ""
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

// tighter returns the bound that includes the other, sign being 1 for a lower
// bound, -1 for an upper one and 0 where only equal ones include each other. Of
// two that cannot be compared the second is returned apart.
func tighter(a, b *Literal, sign int) (both, rest *Literal) {
	if a == nil {
		return b, nil
	}
	if b == nil || a.JSON == b.JSON {
		return a, nil
	}
	x, y := a.Rat(), b.Rat()
	switch {
	case x == nil || y == nil:
		return a, b
	case x.Cmp(y) == 0:
		return a, nil
	case sign == 0:
		return a, b
	case y.Cmp(x) == sign:
		return b, nil
	}
	return a, nil
}
