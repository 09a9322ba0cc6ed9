package runtime_test

import (
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

func TestUnionCandidatesFindsTheVariantsThatFitBestFirst(t *testing.T) {
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
		`null`:                                   {7},
		``:                                       nil,
		`{"radius":`:                             nil,
		`nul`:                                    nil,
	} {
		require.Equal(t, want, runtime.UnionCandidates([]byte(text), shapes...), text)
	}
}

func TestEqualUnionCandidatesKeepTheirOrder(t *testing.T) {
	same := runtime.UnionVariant{Kind: "object", Properties: []string{"a"}}
	better := runtime.UnionVariant{Kind: "object", Properties: []string{"a", "b"}}
	require.Equal(t, []int{2, 0, 1}, runtime.UnionCandidates([]byte(`{"a":1,"b":2}`), same, same, better))
}

func TestAVariantWithoutKindFitsEverything(t *testing.T) {
	require.Equal(t, []int{0}, runtime.UnionCandidates([]byte(`17`), runtime.UnionVariant{}))
}

func TestMergeJSONJoinsMembersInOrderAndTheLaterWins(t *testing.T) {
	first := json.RawMessage(`{"z":1,"a":{"x":[1,2]},"<":"é"}`)
	second := json.RawMessage(`{"b":2,"z":9007199254740993}`)
	merged, err := runtime.MergeJSON(first, nil, second)
	require.NoError(t, err)
	require.JSONEq(t, `{"z":9007199254740993,"a":{"x":[1,2]},"<":"é","b":2}`, string(merged))
	require.Regexp(t, `^\{"z":9007199254740993,"a":`, string(merged))
}

func TestMergeJSONLeavesASingleValueAsItIs(t *testing.T) {
	merged, err := runtime.MergeJSON(nil, "text", (*int)(nil))
	require.NoError(t, err)
	require.Equal(t, `"text"`, string(merged))
	merged, err = runtime.MergeJSON()
	require.NoError(t, err)
	require.Equal(t, `null`, string(merged))
}

func TestMergeJSONRefusesToJoinWhatIsNoObject(t *testing.T) {
	_, err := runtime.MergeJSON(map[string]int{"a": 1}, "text")
	require.ErrorContains(t, err, "is not a JSON object")
	_, err = runtime.MergeJSON(func() {})
	require.Error(t, err)
}

func FuzzUnionCandidates(f *testing.F) {
	for _, seed := range []string{`{"radius":1}`, `{"type":"square","side":2}`, `"a"`, `{"a":{"a":{}}}`, `{"type":"\ud800"}`, "{\"\xff\":1}"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		found := runtime.UnionCandidates(data, shapes...)
		if !json.Valid(data) && found != nil {
			t.Fatalf("%q is not JSON and fits %v", data, found)
		}
		for i, index := range found {
			if slices.Contains(found[:i], index) {
				t.Fatalf("%q fits %v", data, found)
			}
		}
		if json.Valid(data) && len(found) == 0 {
			t.Fatalf("%q is JSON of a kind that has a variant", data)
		}
		if slices.Contains(found, 2) {
			if _, err := runtime.MergeJSON(json.RawMessage(data), json.RawMessage(data)); err != nil {
				t.Fatalf("%q does not merge with itself: %v", data, err)
			}
		}
	})
}
