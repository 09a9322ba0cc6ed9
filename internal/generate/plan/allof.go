package plan

import (
	"reflect"

	"github.com/scopegen/scopegen/spec"
)

// mergedObject returns an allOf as one object. A part that is no object is
// reported.
func (b *builder) mergedObject(s *spec.Schema) *spec.Schema {
	b.checkParts(s, map[*spec.Schema]bool{})
	return b.flattener.Flatten(s)
}

func (b *builder) checkParts(s *spec.Schema, seen map[*spec.Schema]bool) {
	if seen[s] {
		return
	}
	seen[s] = true
	for _, part := range s.AllOf {
		if t := b.types[refKey(part.Ref)]; part.Ref != "" {
			if t == nil {
				continue // the loader has reported the dangling reference
			}
			part = t.schema
		}
		b.checkParts(part, seen)
		if k := baseType(part); k != "" && k != "object" || len(union(part)) > 0 {
			b.errorf("allof-not-object", part.Pos, "allOf joins the members of objects; this part is not an object").
				hint("move the variants into a type of their own and give them a member of this one")
		}
	}
}

// mergedScalar returns an allOf whose parts are all of one scalar type, such as
// a string and a pattern for it, as a schema of that type. ok is false for any
// other schema.
func (b *builder) mergedScalar(s *spec.Schema) (value *spec.Schema, ok bool) {
	if len(s.AllOf) == 0 {
		return nil, false
	}
	value = b.flattener.Flatten(s)
	switch baseType(value) {
	case "string", "integer", "number", "boolean":
	default:
		return nil, false
	}
	for _, rest := range value.AllOf {
		// A second pattern or step does not change the Go type; all else might.
		bare := *rest
		bare.Pos, bare.Pattern, bare.MultipleOf = spec.Position{}, "", nil
		if !reflect.DeepEqual(bare, spec.Schema{}) {
			return nil, false
		}
	}
	if len(value.AllOf) > 0 {
		bare := *value
		bare.AllOf = nil
		value = &bare
	}
	return value, len(union(value)) == 0
}
