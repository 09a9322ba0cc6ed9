package runtime_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

type fourStates struct {
	Required         string                   `json:"required"`
	Optional         runtime.Optional[string] `json:"optional,omitzero"`
	Nullable         runtime.Nullable[string] `json:"nullable"`
	OptionalNullable runtime.Nullable[string] `json:"optional_nullable,omitzero"`
}

func TestAListThatIsPresentIsNeverNull(t *testing.T) {
	type named []string
	for want, v := range map[string]any{
		`{"a":[]}`: struct {
			A runtime.Optional[[]string] `json:"a,omitzero"`
		}{runtime.Some([]string(nil))},
		`{"b":[]}`: struct {
			B runtime.Nullable[named] `json:"b"`
		}{runtime.NonNull(named(nil))},
		`{"c":{}}`: struct {
			C runtime.Optional[map[string]int] `json:"c,omitzero"`
		}{runtime.Some(map[string]int(nil))},
		`{"d":null}`: struct {
			D runtime.Nullable[[]string] `json:"d"`
		}{},
		`{"e":null}`: struct {
			E runtime.Optional[json.RawMessage] `json:"e,omitzero"`
		}{runtime.Some(json.RawMessage(nil))},
	} {
		text, err := json.Marshal(v)
		require.NoError(t, err)
		require.Equal(t, want, string(text))
	}
}

func TestTheFourStatesOfAMemberSurviveARoundTrip(t *testing.T) {
	null, text := runtime.Null[string](), runtime.NonNull("x")
	for name, c := range map[string]struct {
		text  string
		value fourStates
	}{
		"absent and null":  {`{"required":"","nullable":null}`, fourStates{Nullable: null}},
		"empty is a value": {`{"required":"","optional":"","nullable":""}`, fourStates{Optional: runtime.Some(""), Nullable: runtime.NonNull("")}},
		"optional null":    {`{"required":"a","nullable":"x","optional_nullable":null}`, fourStates{Required: "a", Nullable: text, OptionalNullable: null}},
		"all present":      {`{"required":"a","optional":"b","nullable":"x","optional_nullable":"x"}`, fourStates{"a", runtime.Some("b"), text, text}},
	} {
		t.Run(name, func(t *testing.T) {
			written, err := json.Marshal(c.value)
			require.NoError(t, err)
			require.Equal(t, c.text, string(written))

			var read fourStates
			require.NoError(t, json.Unmarshal([]byte(c.text), &read))
			require.Equal(t, c.value, read)
		})
	}
}

func TestNullForAnOptionalIsReadAsAbsentAndOverwrites(t *testing.T) {
	read := fourStates{Optional: runtime.Some("before"), Nullable: runtime.NonNull("before")}
	require.NoError(t, json.Unmarshal([]byte(`{"optional":null,"nullable":null}`), &read))
	require.Equal(t, fourStates{Nullable: runtime.Null[string]()}, read)
}

func TestARequiredNullableThatIsNotSetIsSentAsNull(t *testing.T) {
	text, err := json.Marshal(fourStates{})
	require.NoError(t, err)
	require.Equal(t, `{"required":"","nullable":null}`, string(text))
}

func TestAValueOfTheWrongKindChangesNothing(t *testing.T) {
	o, n := runtime.Some("before"), runtime.NonNull("before")
	require.Error(t, json.Unmarshal([]byte(`1`), &o))
	require.Error(t, json.Unmarshal([]byte(`{}`), &n))
	require.Equal(t, "before", o.Or(""))
	require.Equal(t, "before", n.Or(""))
}

func TestOptionalAndNullableAccessors(t *testing.T) {
	v, ok := runtime.Some(7).Get()
	require.True(t, ok)
	require.Equal(t, 7, v)
	require.Equal(t, 3, runtime.Optional[int]{}.Or(3))
	v, ok = runtime.NonNull(7).Get()
	require.True(t, ok)
	require.Equal(t, 7, v)
	require.Equal(t, 3, runtime.Null[int]().Or(3))
	require.Equal(t, 3, runtime.Nullable[int]{}.Or(3))
	require.True(t, runtime.IsNull(runtime.Null[int]()))
	require.False(t, runtime.IsNull(runtime.Nullable[int]{}))
	require.False(t, runtime.IsNull(runtime.NonNull(0)))
}

func TestOptionalAndNullablePrintTheirValue(t *testing.T) {
	v := fourStates{Required: "a", Optional: runtime.Some("b"), OptionalNullable: runtime.Null[string]()}
	require.Equal(t, "{Required:a Optional:b Nullable:absent OptionalNullable:null}", fmt.Sprintf("%+v", v))
	require.Equal(t, "absent", fmt.Sprint(runtime.Optional[int]{}))
}

func TestAnAbsentOptionalAloneIsNull(t *testing.T) {
	text, err := json.Marshal([]runtime.Optional[int]{{}, runtime.Some(1)})
	require.NoError(t, err)
	require.Equal(t, `[null,1]`, string(text))
}

func TestLargeIntegersStayExactInsideOptional(t *testing.T) {
	var v struct {
		N runtime.Optional[int64] `json:"n,omitzero"`
	}
	const text = `{"n":9007199254740993}`
	require.NoError(t, json.Unmarshal([]byte(text), &v))
	written, err := json.Marshal(v)
	require.NoError(t, err)
	require.Equal(t, text, string(written))
}
