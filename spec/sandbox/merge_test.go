package sandbox

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// mergeable makes schemas and values from so few parts that they often meet.
type mergeable struct{ *rand.Rand }

func oneOf[T any](r mergeable, from ...T) T { return from[r.IntN(len(from))] }

func (r mergeable) literal() *spec.Literal {
	return &spec.Literal{JSON: oneOf(r, `1`, `1.0`, `2`, `2.5`, `"ab"`, `"b"`, `null`, `{"x":1}`, `[1,2]`)}
}

// keywords is the number of what set can set.
const keywords = 15

func (r mergeable) set(s *spec.Schema, keyword, depth int) {
	if depth == 0 {
		keyword %= 9 // those without schemas inside
	}
	inner := func() *spec.Schema { return r.schema(depth-1, r.IntN(keywords)) }
	switch keyword {
	case 0, 1:
		s.Type = oneOf(r, []string{"string"}, []string{"string", "null"}, []string{"integer"}, []string{"number"}, []string{"object"}, []string{"array"})
	case 2:
		s.Pattern = oneOf(r, "^a", "b$")
	case 3:
		n := r.IntN(3)
		*oneOf(r, &s.MinLength, &s.MaxLength, &s.MinItems, &s.MaxItems) = &n
	case 4:
		n := &spec.Literal{JSON: oneOf(r, "1", "1.0", "2", "2.5")}
		*oneOf(r, &s.Minimum, &s.Maximum, &s.ExclusiveMinimum, &s.ExclusiveMaximum, &s.MultipleOf) = n
	case 5:
		s.Const = r.literal()
	case 6:
		s.Enum = []spec.Literal{*r.literal(), *r.literal(), *r.literal()}
	case 7:
		s.UniqueItems = true
	case 8:
		s.Required = []spec.Text{{Value: oneOf(r, "x", "y")}}
	case 9:
		s.Items = inner()
	case 10, 11:
		s.Properties = spec.Map[*spec.Schema]{{Key: oneOf(r, "x", "y"), Value: inner()}}
	case 12:
		s.AnyOf = []*spec.Schema{inner(), inner()}
	case 13:
		s.OneOf = []*spec.Schema{inner(), inner()}
	case 14:
		s.AllOf = []*spec.Schema{inner(), inner()}
	}
}

// schema makes one that says something in a keyword, and perhaps in others.
func (r mergeable) schema(depth, keyword int) *spec.Schema {
	if r.IntN(12) == 0 {
		return &spec.Schema{Ref: oneOf(r, "#/types/Text", "#/types/Thing")}
	}
	s := &spec.Schema{}
	r.set(s, keyword, depth)
	for range r.IntN(3) {
		r.set(s, r.IntN(keywords), depth)
	}
	return s
}

func (r mergeable) value(depth int) any {
	if depth > 0 {
		switch r.IntN(4) {
		case 0:
			return []any{r.value(depth - 1), r.value(depth - 1)}
		case 1:
			return map[string]any{"x": r.value(depth - 1), "y": r.value(depth - 1)}
		case 2:
			return map[string]any{oneOf(r, "x", "y", "z"): r.value(depth - 1)}
		}
	}
	return oneOf[any](r, nil, "", "ab", "b", "a", json.Number("1"), json.Number("1.0"), json.Number("2"), json.Number("2.5"), json.Number("3"), true, []any{})
}

func quote(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return string(b)
}

func TestMergingAdmitsWhatBothAdmitAndIsAssociative(t *testing.T) {
	types := spec.Map[*spec.Schema]{
		{Key: "Text", Value: &spec.Schema{Type: []string{"string"}}},
		{Key: "Thing", Value: &spec.Schema{Type: []string{"object"}, Properties: spec.Map[*spec.Schema]{{Key: "x", Value: &spec.Schema{Ref: "#/types/Text"}}}}},
	}
	s := newSchemas(&spec.Catalogue{Types: types})
	admits := func(schema *spec.Schema, value any) bool { return s.check(schema, inResponse, value) == nil }
	r := mergeable{rand.New(rand.NewPCG(11, 12))}
	met, residual := 0, 0
	for i := range 600 {
		keyword := i % keywords // all three speak of it
		a, b, c := r.schema(2, keyword), r.schema(2, keyword), r.schema(2, keyword)
		ab, ba, aa := spec.Merge(a, b), spec.Merge(b, a), spec.Merge(a, a)
		left, right := spec.Merge(ab, c), spec.Merge(a, spec.Merge(b, c))
		flat := s.flatten(&spec.Schema{AllOf: []*spec.Schema{a, b, c}})
		for _, part := range flat.AllOf {
			residual++
			require.Empty(t, part.Ref)
		}
		require.Empty(t, flat.Ref)
		for range 20 {
			v := r.value(2)
			both := admits(a, v) && admits(b, v)
			all := both && admits(c, v)
			for _, law := range []struct {
				name        string
				want, holds bool
			}{
				{"a and b", both, admits(ab, v)},
				{"b and a", both, admits(ba, v)},
				{"a and a", admits(a, v), admits(aa, v)},
				{"(a and b) and c", all, admits(left, v)},
				{"a and (b and c)", all, admits(right, v)},
				{"flattened", all, admits(flat, v)},
			} {
				if law.want != law.holds {
					require.Equal(t, law.want, law.holds, "%s admits %s\na: %s\nb: %s\nc: %s", law.name, quote(t, v), quote(t, a), quote(t, b), quote(t, c))
				}
			}
			if all {
				met++
			}
		}
	}
	require.Greater(t, met, 200, "values that are admitted say most")
	require.Greater(t, residual, 20)
}

func TestAClosedPartAdmitsTheMembersOfTheOthers(t *testing.T) {
	closed := &spec.Schema{Properties: spec.Map[*spec.Schema]{{Key: "x", Value: &spec.Schema{}}}, AdditionalProperties: &spec.Additional{}}
	open := &spec.Schema{Properties: spec.Map[*spec.Schema]{{Key: "y", Value: &spec.Schema{}}}}
	s := newSchemas(&spec.Catalogue{})
	for _, merged := range []*spec.Schema{spec.Merge(closed, open), spec.Merge(open, closed)} {
		require.NoError(t, s.check(merged, inResponse, map[string]any{"x": nil, "y": nil}))
		require.Error(t, s.check(merged, inResponse, map[string]any{"z": nil}))
	}
}
