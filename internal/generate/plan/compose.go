package plan

import (
	"reflect"
	"slices"

	"github.com/scopegen/scopegen/spec"
)

// A composed schema may have members of its own beside oneOf or anyOf, and the parts
// of an allOf beside both. Generated code has only structs and unions. So a composed
// schema is first turned into an object with all members, or into a union of which
// each variant has all members. A schema that cannot be turned into either is an
// error; nothing is left out.

// normalize returns s as one object, one union or one scalar: without allOf, and with
// nothing beside oneOf or anyOf that decides the type. s is not nullable.
func (b *builder) normalize(s *spec.Schema) *spec.Schema {
	if s.Ref != "" || s.GoType != "" || len(s.AllOf)+len(s.OneOf)+len(s.AnyOf) == 0 {
		return s
	}
	if known := b.flattened[s]; known != nil {
		return known
	}
	b.flattened[s] = s // while it is being made; also for a cycle, which the loader reports
	out := *b.joinParts(s)
	out.Pos, out.Description, out.Deprecated, out.GoName, out.Format = s.Pos, s.Description, s.Deprecated, s.GoName, firstText(out.Format, s.Format)
	b.flattened[s], b.flattened[&out] = &out, &out
	return &out
}

func firstText(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// alternatives are the variants of a oneOf or anyOf.
type alternatives struct {
	pos           spec.Position
	variants      []*spec.Schema
	anyOf         bool
	discriminator *spec.Discriminator
}

// parts holds what a composed schema is made of.
type parts struct {
	object spec.Schema     // all members
	unions []alternatives  // each oneOf and anyOf
	others []*spec.Schema  // what is neither an object nor a union
	from   []spec.Position // where members were found, for findings
}

func (b *builder) joinParts(s *spec.Schema) *spec.Schema {
	var p parts
	b.gather(&p, s, 0)
	object := len(p.object.Properties)+len(p.object.Required) > 0 || p.object.AdditionalProperties != nil
	switch {
	case len(p.others) == 0 && len(p.unions) == 0:
		merged := b.flattener.Flatten(s)
		p.object.Type, p.object.Properties, p.object.Required = []string{"object"}, merged.Properties, merged.Required
		return &p.object
	case len(p.others) == 1 && len(p.unions) == 0 && !object:
		return p.others[0]
	case len(p.others) > 0:
		if value, ok := b.mergedScalar(s); ok {
			return value
		}
		place := p.others[0].Pos
		f := b.errorf("composition", place, "this is no object and stands beside other parts of the same type, which Go cannot join")
		switch {
		case len(p.others) > 1:
			f = f.related(p.others[1].Pos, "another part")
		case len(p.unions) > 0:
			f = f.related(p.unions[0].pos, "the variants beside it")
		case len(p.from) > 0:
			f = f.related(p.from[0], "the members beside it")
		}
		b.joinedBy(f).hint("write the values that are allowed as one type, or name a Go type of your own with go_type")
		return p.others[0]
	case len(p.unions) > 1:
		f := b.errorf("composition", p.unions[1].pos, "two lists of variants, oneOf or anyOf, hold for one type").
			related(p.unions[0].pos, "the other list").
			related(s.Pos, "the type that has both")
		b.joinedBy(f).hint("write the combinations that are allowed as the variants of one oneOf")
	}
	u := p.unions[0]
	out := &spec.Schema{Discriminator: u.discriminator}
	variants := u.variants
	if object && !b.requireAnyway(&p.object, variants) {
		variants = b.distribute(&p.object, u)
	}
	if u.anyOf {
		out.AnyOf = variants
	} else {
		out.OneOf = variants
	}
	return out
}

// joinedBy adds to a finding about parts the member around them that joins two types, if
// there is one: neither of the parts need be wrong.
func (b *builder) joinedBy(f finding) finding {
	for _, around := range slices.Backward(b.around) {
		if len(around.schema.AllOf) > 1 {
			return f.related(around.schema.Pos, "the member that joins their types")
		}
	}
	return f
}

// distribute returns the variants of u, each with the members of object added.
func (b *builder) distribute(object *spec.Schema, u alternatives) []*spec.Schema {
	var out []*spec.Schema
	base := *object
	base.Type = []string{"object"}
	for _, v := range u.variants {
		joined := &spec.Schema{Pos: v.Pos, AllOf: []*spec.Schema{&base, v}, Description: v.Description}
		if t := b.types[refKey(v.Ref)]; v.Ref != "" && t != nil && joined.Description == "" {
			joined.Description = t.schema.Description
		}
		b.origins[joined] = b.origin(v)
		out = append(out, joined)
	}
	return out
}

// origin returns the variant of the catalogue that v was made of.
func (b *builder) origin(v *spec.Schema) *spec.Schema {
	if o := b.origins[v]; o != nil {
		return o
	}
	return v
}

// requireAnyway reports whether object adds nothing to variants: it has only required
// members, and each variant requires these itself.
func (b *builder) requireAnyway(object *spec.Schema, variants []*spec.Schema) bool {
	if len(object.Properties) > 0 || object.AdditionalProperties != nil {
		return false
	}
	for _, v := range variants {
		var p parts
		b.gather(&p, v, 0)
		for _, r := range object.Required {
			if !slices.ContainsFunc(p.object.Required, func(have spec.Text) bool { return have.Value == r.Value }) {
				return false
			}
		}
	}
	return true
}

// gather adds to p what s is made of.
func (b *builder) gather(p *parts, s *spec.Schema, depth int) {
	if depth > 50 {
		return // a cycle, which the loader reports
	}
	if s.Ref != "" {
		if t := b.types[refKey(s.Ref)]; t != nil {
			inner, _ := nullable(t.schema)
			b.gather(p, inner, depth+1)
		}
		return
	}
	if s.GoType != "" {
		p.others = append(p.others, s)
		return
	}
	for _, part := range s.AllOf {
		inner, _ := nullable(part)
		b.gather(p, inner, depth+1)
	}
	for _, property := range s.Properties {
		if i := slices.IndexFunc(p.object.Properties, func(e spec.Entry[*spec.Schema]) bool { return e.Key == property.Key }); i >= 0 {
			p.object.Properties[i] = property // the last part is the most specific
			continue
		}
		p.object.Properties = append(p.object.Properties, property)
		p.from = append(p.from, property.Pos)
	}
	p.object.Required = append(p.object.Required, s.Required...)
	b.gatherAdditional(p, s)
	for _, u := range []alternatives{{s.Pos, s.OneOf, false, s.Discriminator}, {s.Pos, s.AnyOf, true, s.Discriminator}} {
		variants := slices.DeleteFunc(slices.Clone(u.variants), isNull)
		// Variants that only require members or bound values do not decide the type.
		if !slices.ContainsFunc(variants, func(v *spec.Schema) bool { return !isConstraint(v) }) {
			continue
		}
		u.pos = variants[0].Pos
		u.variants = nil
		for _, v := range variants {
			u.variants = append(u.variants, withType(v, s))
		}
		p.unions = append(p.unions, u)
	}
	if k := b.ownType(s); k != "" && k != "object" {
		own := *s
		own.AllOf, own.OneOf, own.AnyOf, own.Discriminator = nil, nil, nil, nil
		scalarBesideUnion := len(s.OneOf)+len(s.AnyOf) > 0 && len(p.unions) > 0 && s.Items == nil && len(s.Enum) == 0 && s.Const == nil
		// The same part may come through two other parts. It counts once.
		again := slices.ContainsFunc(p.others, func(other *spec.Schema) bool { return reflect.DeepEqual(other, &own) })
		if !scalarBesideUnion && !again {
			p.others = append(p.others, &own)
		}
	}
}

// withType returns the variant v with the type that the schema beside states, if v
// has none of its own.
func withType(v, beside *spec.Schema) *spec.Schema {
	if v.Ref != "" || v.GoType != "" || len(beside.Type) == 0 || baseType(v) != "" || len(v.AllOf)+len(v.OneOf)+len(v.AnyOf) > 0 {
		return v
	}
	out := *v
	out.Type = beside.Type
	return &out
}

// gatherAdditional adds the additionalProperties of s to p.
func (b *builder) gatherAdditional(p *parts, s *spec.Schema) {
	more := s.AdditionalProperties
	if more == nil || !more.Allowed {
		return // nothing to generate a member for
	}
	have := p.object.AdditionalProperties
	switch {
	case have == nil || have.Schema == nil:
		// That any member is allowed bounds nothing that another part says of them.
	case more.Schema == nil:
		return
	case have.Schema.Ref == "" || have.Schema.Ref != more.Schema.Ref:
		b.errorf("composition", more.Pos, "two parts of one type describe its further members").
			related(have.Pos, "the other one").hint("keep additionalProperties in one of them")
		return
	}
	p.object.AdditionalProperties = more
}

// ownType returns the type that s states itself, not through what it is composed of:
// "" for none, "any" for values of several types.
func (b *builder) ownType(s *spec.Schema) string {
	k := baseType(s)
	if k == "" && (len(s.Enum) > 0 || s.Const != nil) {
		return "any" // values of several types
	}
	if k != "" && k != "object" && s.Items == nil && len(s.Enum) == 0 && s.Const == nil {
		for _, part := range s.AllOf {
			if baseType(b.flattener.Flatten(part)) == k {
				return "" // it repeats what its parts say
			}
		}
	}
	return k
}

// isConstraint reports whether s only bounds values, and does not decide their type.
func isConstraint(s *spec.Schema) bool {
	return s.Ref == "" && s.GoType == "" && s.Format == "" && baseTypeIsObjectOrNone(s) && len(s.Properties) == 0 && s.AdditionalProperties == nil && s.Items == nil &&
		len(s.Enum) == 0 && s.Const == nil && len(s.OneOf)+len(s.AnyOf)+len(s.AllOf) == 0
}

func baseTypeIsObjectOrNone(s *spec.Schema) bool {
	return len(s.Type) == 0 || len(s.Type) == 1 && s.Type[0] == "object" && len(s.Required) > 0
}

// solePart returns the one part of an allOf that decides the type. It returns nil if
// something else decides it too.
func (b *builder) solePart(s *spec.Schema) *spec.Schema {
	if len(s.AllOf) == 0 || len(s.Properties)+len(s.Required)+len(s.OneOf)+len(s.AnyOf)+len(s.Enum) > 0 || s.Items != nil || s.Const != nil ||
		s.AdditionalProperties != nil && s.AdditionalProperties.Allowed {
		return nil
	}
	var only *spec.Schema
	for _, part := range s.AllOf {
		if isConstraint(part) && len(part.Required) == 0 {
			continue
		}
		if only != nil {
			return nil
		}
		only = part
	}
	if k := baseType(s); only != nil && k != "" && k != baseType(b.flattener.Flatten(only)) {
		return nil
	}
	return only
}
