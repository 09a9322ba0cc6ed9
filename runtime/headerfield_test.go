package runtime_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

type flavour string

func TestAHeaderFieldIsReadAsItsType(t *testing.T) {
	header := http.Header{"X-Count": {" 42 "}, "X-Rate": {"0.5"}, "X-On": {"true"}, "X-Word": {"sweet"}, "X-List": {"1, 2,", "3"}, "X-Empty": {""},
		"X-Day": {"2026-02-28"}, "X-Price": {"1.10"}, "X-Time": {"2026-02-28T10:00:00Z"}, "Last-Modified": {"Sat, 28 Feb 2026 10:00:00 GMT"}}
	at := time.Date(2026, 2, 28, 10, 0, 0, 0, time.UTC)
	check := func(want, got any, ok bool) {
		t.Helper()
		require.True(t, ok)
		require.Equal(t, want, got)
	}
	count, ok := runtime.HeaderField[int32]("x-count").In(header)
	check(int32(42), count, ok)
	small, ok := runtime.HeaderField[uint8]("x-count").In(header)
	check(uint8(42), small, ok)
	rate, ok := runtime.HeaderField[float64]("X-Rate").In(header)
	check(0.5, rate, ok)
	on, ok := runtime.HeaderField[bool]("X-On").In(header)
	check(true, on, ok)
	word, ok := runtime.HeaderField[flavour]("X-Word").In(header)
	check(flavour("sweet"), word, ok)
	list, ok := runtime.HeaderField[[]int64]("X-List").In(header)
	check([]int64{1, 2, 3}, list, ok)
	empty, ok := runtime.HeaderField[string]("X-Empty").In(header)
	check("", empty, ok)
	day, ok := runtime.HeaderField[runtime.Date]("X-Day").In(header)
	check("2026-02-28", day.String(), ok)
	price, ok := runtime.HeaderField[runtime.Decimal]("X-Price").In(header)
	check("1.10", string(price), ok)
	for _, name := range []string{"X-Time", "Last-Modified"} {
		when, ok := runtime.HeaderField[time.Time](name).In(header)
		check(true, when.Equal(at), ok)
	}
}

func TestAHeaderFieldThatIsNotOfItsTypeIsNone(t *testing.T) {
	header := http.Header{"X-Word": {"sweet"}, "X-Large": {"300"}, "X-List": {"1, x"}}
	none := func(value any, ok bool) {
		t.Helper()
		require.False(t, ok)
		require.Zero(t, value)
	}
	count, ok := runtime.HeaderField[int64]("X-Word").In(header)
	none(count, ok)
	large, ok := runtime.HeaderField[int8]("X-Large").In(header)
	none(large, ok)
	list, ok := runtime.HeaderField[[]int64]("X-List").In(header)
	none(list, ok)
	when, ok := runtime.HeaderField[time.Time]("X-Word").In(header)
	none(when, ok)
	absent, ok := runtime.HeaderField[string]("X-None").In(header)
	none(absent, ok)
	object, ok := runtime.HeaderField[map[string]string]("X-Word").In(header)
	none(object, ok)
	nothing, ok := runtime.HeaderField[string]("X-Word").In(nil)
	none(nothing, ok)
}
