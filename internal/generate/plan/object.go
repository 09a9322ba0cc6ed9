package plan

import "github.com/scopegen/scopegen/spec"

// planFields plans the fields of a struct.
func (b *builder) planFields(t *Type, s *spec.Schema, pkg *Package) {
	required := make(map[string]bool, len(s.Required))
	for _, r := range s.Required {
		required[r.Value] = true
	}
	seen := make(map[string]int, len(s.Properties)) // field → its property
	t.Fields = make([]Field, 0, len(s.Properties))
	open := s.AdditionalProperties != nil && s.AdditionalProperties.Allowed
	for i, p := range s.Properties {
		exported := b.names.exported(p.Key)
		name := p.Value.GoName
		if exported != "" && (name == "" || p.Value.Ref == "" && b.isDeclared(p.Value)) {
			name = exported // go_name on an inline type names the type, and the field only if nothing else does
		}
		if name == "" {
			b.errorf("no-go-name", p.Pos, "no Go name can be made from the member %q: it holds neither letter nor digit", p.Key).
				hint("name it with go_name")
			continue
		}
		if reservedFields[name] || open && name == additionalField {
			name += "Member"
		}
		if _, ok := seen[name]; ok && p.Value.GoName != "" {
			name = p.Value.GoName // of its type, and of the field too where the member's own is taken
		}
		if at, ok := seen[name]; ok {
			first := s.Properties[at]
			b.errorf("go-name-clash", p.Pos, "the members %q and %q of %s both become the Go field %s", first.Key, p.Key, t.Name, name).
				related(first.Pos, "the other one").hint("give one of them a go_name")
			continue
		}
		seen[name] = i
		if !taggable(p.Key) {
			b.errorf("unusable-member", p.Pos, "encoding/json cannot read a member called %q", p.Key).
				hint("leave the member out, and read the type as a map with additionalProperties")
			continue
		}
		f := Field{
			Name: name, Wire: p.Key, Required: required[p.Key], ReadOnly: p.Value.ReadOnly, Deprecated: p.Value.Deprecated,
			Type: b.typeOf(p.Value, pkg, t.Name+exported), Doc: b.memberDoc(p.Value), Limits: b.limits(p.Value),
		}
		if c := b.constant(p.Value, f.Required); c != nil {
			f.Const = c.JSON
		}
		if !f.Required {
			f.Type = wrap(Optional, f.Type)
		}
		t.Fields = append(t.Fields, f)
	}
	if open {
		further := rawMessage
		if s.AdditionalProperties.Schema != nil {
			further = b.typeOf(s.AdditionalProperties.Schema, pkg, t.Name+"Value")
		}
		t.Additional = &further
	}
}

// additionalField is the name of the field that holds the members without a field.
const additionalField = "AdditionalProperties"

// constant returns the only value that a schema allows, or nil if it allows several.
// An enum of one value is a constant if the member is required. If the member is
// optional, the API may add further values.
func (b *builder) constant(s *spec.Schema, required bool) *spec.Literal {
	s = b.flattener.Flatten(s)
	if s.Nullable() {
		return nil
	}
	switch {
	case s.Const != nil:
		return s.Const
	case len(s.Enum) == 1 && required:
		return &s.Enum[0]
	}
	return nil
}

// reservedFields are names of methods that generated structs and unions may have.
var reservedFields = map[string]bool{"Format": true, "LogValue": true, "MarshalJSON": true, "UnmarshalJSON": true}

// taggable reports whether encoding/json takes name from a struct tag.
func taggable(name string) bool {
	if name == "" {
		return false
	}
	for _, r := range name {
		switch {
		case r < ' ', r == '\\', r == '"', r == ',', r == '`', r == '\'', r == 0x7f, r > 0x7f && !isLetterOrDigit(r):
			return false
		}
	}
	return true
}

// memberDoc returns what the catalogue says of a member.
func (b *builder) memberDoc(s *spec.Schema) string {
	if s.Description != "" {
		return s.Description
	}
	inner, _ := b.withoutNull(s)
	return inner.Description
}
