package runtime_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

var shapes = []runtime.UnionVariant{
	{Kind: "object", Required: []string{"radius"}, Properties: []string{"radius", "color"}},
	{Kind: "object", Required: []string{"type", "side"}, Properties: []string{"type", "side", "color"}, Const: map[string][]string{"type": {"square", "cube"}}},
	{Kind: "object", Properties: []string{"color"}},
	{Kind: "string"},
	{Kind: "number"},
	{Kind: "array"},
	{Kind: "boolean"},
	{Kind: "null"},
}

// fitting tells which of the variants data is decoded into: by a oneOf union one
// at most, by an anyOf union all that fit.
func fitting(unmarshal func([]byte, ...runtime.UnionTarget) error, data string, variants ...runtime.UnionVariant) []int {
	fields := make([]*json.RawMessage, len(variants))
	targets := make([]runtime.UnionTarget, len(variants))
	for i, variant := range variants {
		targets[i] = runtime.Into(&fields[i], variant)
	}
	if err := unmarshal([]byte(data), targets...); err != nil {
		panic(err)
	}
	var set []int
	for i, field := range fields {
		if field != nil {
			set = append(set, i)
		}
	}
	return set
}

func TestAUnionIsDecodedIntoTheVariantThatFitsBest(t *testing.T) {
	for text, want := range map[string][]int{
		`{"radius":1,"color":"red"}`:             {0, 2},
		`{"radius":1}`:                           {0, 2},
		`{"type":"square","side":2}`:             {1, 2},
		`{"type":"cube","side":2,"color":"red"}`: {1, 2},
		`{"type":"circle","side":2}`:             {2},
		`{"type":1,"side":2}`:                    {2},
		`{"type":null,"side":2}`:                 {2},
		`{"type":"square"}`:                      {2},
		`{}`:                                     {2},
		` "a" `:                                  {3},
		`-1.5`:                                   {4},
		`[{}]`:                                   {5},
		`false`:                                  {6},
		``:                                       nil,
		`{"radius":`:                             nil,
		`nul`:                                    nil,
	} {
		require.Equal(t, want, fitting(runtime.UnmarshalAnyOf, text, shapes...), text)
		require.Equal(t, want[:min(1, len(want))], fitting(runtime.UnmarshalOneOf, text, shapes...), text)
	}
	require.Nil(t, fitting(runtime.UnmarshalAnyOf, "null", shapes...), "it is no variant's")
}

func TestOfVariantsThatFitEquallyTheFirstIsTaken(t *testing.T) {
	same := runtime.UnionVariant{Kind: "object", Properties: []string{"a"}}
	better := runtime.UnionVariant{Kind: "object", Properties: []string{"a", "b"}}
	require.Equal(t, []int{2}, fitting(runtime.UnmarshalOneOf, `{"a":1,"b":2}`, same, same, better))
	require.Equal(t, []int{0}, fitting(runtime.UnmarshalOneOf, `{"a":1}`, same, same, better))
}

func TestAVariantThatDoesNotDecodeGivesWayToTheNext(t *testing.T) {
	var number *int
	var first, second *json.RawMessage
	require.NoError(t, runtime.UnmarshalOneOf([]byte(`{"a":1,"b":2}`),
		runtime.Into(&second, runtime.UnionVariant{}),
		runtime.Into(&first, runtime.UnionVariant{Properties: []string{"a"}}),
		runtime.Into(&number, runtime.UnionVariant{Properties: []string{"a", "b"}}),
	))
	require.Nil(t, number)
	require.Nil(t, second)
	require.JSONEq(t, `{"a":1,"b":2}`, string(*first))
}

func TestAVariantWithoutKindFitsEverything(t *testing.T) {
	require.Equal(t, []int{0}, fitting(runtime.UnmarshalOneOf, `17`, runtime.UnionVariant{}))
}

func TestMembersOfSeveralVariantsAreJoinedAndTheLaterWins(t *testing.T) {
	first := json.RawMessage(`{"z":1,"a":{"x":[1,2]},"<":"é"}`)
	second := json.RawMessage(`{"b":2,"z":9007199254740993}`)
	null := json.RawMessage("null")
	merged, err := runtime.MarshalAnyOf("Thing", nil, runtime.Set("A", &first), runtime.Set("B", &null), runtime.Set("C", &second))
	require.NoError(t, err)
	require.Equal(t, `{"\u003c":"é","a":{"x":[1,2]},"b":2,"z":9007199254740993}`, string(merged))
}

func TestAVariantAloneIsLeftAsItIs(t *testing.T) {
	text, null := "text", json.RawMessage("null")
	merged, err := runtime.MarshalAnyOf("Thing", nil, runtime.Set("A", &text), runtime.Set("B", &null))
	require.NoError(t, err)
	require.Equal(t, `"text"`, string(merged))
	merged, err = runtime.MarshalAnyOf("Thing", nil, runtime.Set("B", &null))
	require.NoError(t, err)
	require.Equal(t, `null`, string(merged))
}

func TestWhatIsNoObjectIsNotJoined(t *testing.T) {
	text, object, bad := "text", map[string]int{"a": 1}, func() {}
	_, err := runtime.MarshalAnyOf("Thing", nil, runtime.Set("A", &object), runtime.Set("B", &text))
	require.ErrorContains(t, err, "is not a JSON object")
	_, err = runtime.MarshalAnyOf("Thing", nil, runtime.Set("A", &bad))
	require.Error(t, err)
}

func FuzzUnion(f *testing.F) {
	for _, seed := range []string{`{"radius":1}`, `{"type":"square","side":2}`, `"a"`, `{"a":{"a":{}}}`, `{"type":"\ud800"}`, "{\"\xff\":1}", "null"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found, best := fitting(runtime.UnmarshalAnyOf, string(data), shapes...), fitting(runtime.UnmarshalOneOf, string(data), shapes...)
		value := json.Valid(data) && string(bytes.TrimSpace(data)) != "null"
		if value != (len(found) > 0) || len(best) > 1 || value != (len(best) == 1) {
			t.Fatalf("%q fits %v, best %v", data, found, best)
		}
		if slices.Contains(found, 2) {
			text := json.RawMessage(data)
			if _, err := runtime.MarshalAnyOf("Thing", nil, runtime.Set("A", &text), runtime.Set("B", &text)); err != nil {
				t.Fatalf("%q does not merge with itself: %v", data, err)
			}
		}
	})
}
