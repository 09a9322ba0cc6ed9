package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func TestTheWireStringOfAScopeFollowsTheSpelling(t *testing.T) {
	c, err := spec.Default()
	require.NoError(t, err)
	plans := c.Scope("savings_plan:read")
	require.NotNil(t, plans)
	require.Equal(t, "savings_plan:read", plans.Wire(""))
	require.Equal(t, "savings_plans:read", plans.Wire(plans.Spellings[0].Key))
	require.Equal(t, "users:read", c.Scope("users:read").Wire(plans.Spellings[0].Key), "a scope without this spelling keeps its name")
	require.Nil(t, c.Scope("savings_plans:read"), "operations name a scope by its own name")
	require.Len(t, c.Scopes(), 40)
}

func TestSchemasTellTheirType(t *testing.T) {
	for want, types := range map[string][]string{"string": {"string", "null"}, "integer": {"null", "integer"}, "null": {"null"}, "": nil} {
		s := spec.Schema{Type: types}
		require.Equal(t, want, s.JSONType())
	}
	require.True(t, (&spec.Schema{Type: []string{"null", "string"}}).Nullable())
	require.False(t, (&spec.Schema{Type: []string{"string"}}).Nullable())
	require.Equal(t, "User", (&spec.Schema{Ref: "#/types/User"}).RefName())
	require.Empty(t, (&spec.Schema{}).RefName())
}

func TestLiteralsKeepWhatWasWrittenAndTellTheirType(t *testing.T) {
	c, findings := spec.Load(one(head()+`types:
  A:
    examples: [text, '1', 12.50, 1e3, -0, 12345678901234567890, true, null, [1, {b: "<&>", a: 2020-01-01}], "ü\n\"", {}]
`), "scopes.yaml")
	require.NoError(t, findings.Err())
	want := []struct{ json, kind string }{
		{`"text"`, "string"}, {`"1"`, "string"}, {`12.50`, "number"}, {`1e3`, "number"}, {`-0`, "integer"}, {`12345678901234567890`, "integer"},
		{`true`, "boolean"}, {`null`, "null"}, {`[1,{"b":"<&>","a":"2020-01-01"}]`, "array"}, {`"ü\n\""`, "string"}, {`{}`, "object"},
	}
	examples := c.Type("A").Examples
	require.Len(t, examples, len(want))
	for i, w := range want {
		require.Equal(t, w.json, examples[i].JSON)
		require.Equal(t, w.kind, examples[i].Type())
	}
}

func TestRequirementsAreDisjunctionsOfSets(t *testing.T) {
	c, findings := spec.Load(one(head()+`groups:
  - {title: All, scopes: [{scope: a}, {scope: b}]}
operations:
  - {id: none, method: GET, path: /0, responses: {204: {}}}
  - {id: public, method: GET, path: /1, requires: public, responses: {204: {}}}
  - {id: token, method: GET, path: /2, requires: token, responses: {204: {}}}
  - {id: one, method: GET, path: /3, requires: {scope: a}, responses: {204: {}}}
  - {id: any, method: GET, path: /4, requires: {any_of: [a, b]}, responses: {204: {}}}
  - {id: all, method: GET, path: /5, requires: {all_of: [a, b]}, responses: {204: {}}}
  - {id: sets, method: GET, path: /6, requires: {any_of_sets: [[a], [b]]}, responses: {204: {}}}
`), "scopes.yaml")
	require.NoError(t, findings.Err())
	want := map[string]struct {
		stated, public bool
		sets           [][]string
	}{
		"none": {false, false, nil}, "public": {true, true, nil}, "token": {true, false, nil},
		"one": {true, false, [][]string{{"a"}}}, "any": {true, false, [][]string{{"a"}, {"b"}}},
		"all": {true, false, [][]string{{"a", "b"}}}, "sets": {true, false, [][]string{{"a"}, {"b"}}},
	}
	for _, o := range c.Operations {
		require.Equal(t, want[o.ID].stated, o.Requires.Stated(), o.ID)
		require.Equal(t, want[o.ID].public, o.Requires.Public(), o.ID)
		var sets [][]string
		for _, set := range o.Requires.Sets() {
			var names []string
			for _, scope := range set {
				names = append(names, scope.Value)
			}
			sets = append(sets, names)
		}
		require.Equal(t, want[o.ID].sets, sets, o.ID)
	}
	var codes []string
	for _, d := range findings {
		codes = append(codes, d.Code)
	}
	require.Contains(t, codes, "requirement-not-stated")
}
