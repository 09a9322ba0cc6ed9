package plan

import (
	"reflect"

	"github.com/scopegen/scopegen/spec"
)

// mergedScalar returns one schema for an allOf whose parts all have one scalar type,
// such as a string and a pattern for it. ok is false for any other schema.
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
	return value, len(variantsOf(value)) == 0
}
