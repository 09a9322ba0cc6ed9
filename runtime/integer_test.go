package runtime_test

import (
	"bytes"
	"encoding/json"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

type integers struct {
	Signed   int64                   `json:"signed"`
	Unsigned uint32                  `json:"unsigned"`
	Optional runtime.Optional[int32] `json:"optional,omitzero"`
	Nullable runtime.Nullable[int64] `json:"nullable,omitzero"`
	List     []int64                 `json:"list"`
	Map      map[string]*int64       `json:"map"`
	Inner    []struct {
		Count int64 `json:"count"`
	} `json:"inner"`
	Price  json.Number     `json:"price"`
	Exact  runtime.Decimal `json:"exact"`
	Factor float64         `json:"factor"`
}

func decodeJSON[T any](text string) (*T, error) {
	var v T
	return &v, runtime.DecodeJSON(&runtime.Response{Body: io.NopCloser(bytes.NewReader([]byte(text)))}, &v)
}

func TestAnIntegerIsReadInEveryFormThatJSONHasForIt(t *testing.T) {
	got, err := decodeJSON[integers](`{"signed":1.0,"unsigned":1e3,"optional":2.50e1,"nullable":-7.0,"list":[1,2.0,3E0],"map":{"a":10e-1},
		"inner":[{"count":4.0},{"count":9007199254740993.0}],"price":10.00,"exact":10.00,"factor":2.0}`)
	require.NoError(t, err)
	require.Equal(t, int64(1), got.Signed)
	require.Equal(t, uint32(1000), got.Unsigned)
	require.Equal(t, runtime.Some[int32](25), got.Optional)
	require.Equal(t, runtime.NonNull[int64](-7), got.Nullable)
	require.Equal(t, []int64{1, 2, 3}, got.List)
	require.Equal(t, int64(1), *got.Map["a"])
	require.Equal(t, int64(4), got.Inner[0].Count)
	require.Equal(t, int64(9007199254740993), got.Inner[1].Count)
	require.Equal(t, json.Number("10.00"), got.Price, "its text is kept")
	require.Equal(t, runtime.Decimal("10.00"), got.Exact)
}

func TestStoredJSONIsReadAsAResponseIs(t *testing.T) {
	var got integers
	require.NoError(t, runtime.UnmarshalJSON([]byte(`{"signed":7.0,"unsigned":1e3,"list":[2.0],"price":10.00}`), &got))
	require.Equal(t, integers{Signed: 7, Unsigned: 1000, List: []int64{2}, Price: "10.00"}, got)
	require.Error(t, runtime.UnmarshalJSON([]byte(`{"signed":7.5}`), &got))
}

func TestWhatIsNoIntegerIsNotRounded(t *testing.T) {
	for _, text := range []string{`{"signed":1.5}`, `{"signed":1e30}`, `{"signed":1e-1}`, `{"signed":1e999999999}`, `{"signed":9223372036854775808.0}`, `{"unsigned":-1.0}`, `{"optional":0.5}`, `{"list":[1.0,true]}`} {
		_, err := decodeJSON[integers](text)
		require.ErrorAs(t, err, new(*runtime.DecodeError), text)
	}
}
