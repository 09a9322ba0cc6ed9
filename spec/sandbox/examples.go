package sandbox

import "github.com/scopegen/scopegen/spec"

// Examples makes the values that a caller sends, for the tests of a program that
// calls an API or of an API itself. It is safe for concurrent use.
type Examples struct{ schemas *schemas }

// NewExamples returns the examples of a catalogue, which must not be changed
// afterwards.
func NewExamples(c *spec.Catalogue) *Examples { return &Examples{newSchemas(c)} }

// Sent returns a value that the schema admits in a request, as encoding/json
// decodes it, with numbers as json.Number: full, but for members that are
// read-only and optional ones that no value can be. Another seed makes another
// value, the same seed the same. If no value can be found that the schema admits,
// Sent returns its best attempt and the reason why that is wrong.
func (e *Examples) Sent(schema *spec.Schema, seed string) (any, error) {
	m := &maker{schemas: e.schemas, seed: seed, sent: true}
	value, _ := m.fill(schema, nil, false, "", nil)
	return value, e.schemas.check(schema, inRequest, value)
}
