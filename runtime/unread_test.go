package runtime_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

type times struct {
	At       time.Time                      `json:"at"`
	Day      runtime.Date                   `json:"day"`
	Optional runtime.Optional[time.Time]    `json:"optional,omitzero"`
	Nullable runtime.Nullable[time.Time]    `json:"nullable,omitzero"`
	List     []time.Time                    `json:"list,omitempty"`
	Map      map[string]time.Time           `json:"map,omitempty"`
	Inner    runtime.Optional[[]innerTimes] `json:"inner,omitzero"`
	Text     string                         `json:"text,omitempty"`
	Choice   *timeOrWord                    `json:"choice,omitempty"`
	Open     *openTimes                     `json:"open,omitempty"`
}

type innerTimes struct {
	At    time.Time `json:"at"`
	Count int64     `json:"count"`
}

type timeOrWord struct {
	Time *time.Time `variant:""`
	Word *string    `variant:""`
	Raw  json.RawMessage
}

func (v timeOrWord) MarshalJSON() ([]byte, error)     { return clientimpl.MarshalOneOf(v) }
func (v *timeOrWord) UnmarshalJSON(data []byte) error { return clientimpl.UnmarshalOneOf(data, v) }

type openTimes struct {
	At                   time.Time            `json:"at"`
	AdditionalProperties map[string]time.Time `json:"-"`
}

func (v openTimes) MarshalJSON() ([]byte, error) {
	type known openTimes
	return clientimpl.MarshalObject(known(v), v.AdditionalProperties)
}

func (v *openTimes) UnmarshalJSON(data []byte) error {
	type known openTimes
	return clientimpl.UnmarshalObject(data, (*known)(v), &v.AdditionalProperties)
}

func TestATimeIsReadWhereOnlyOneCanBeMeant(t *testing.T) {
	noon := time.Date(2024, 2, 29, 12, 30, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2024-02-29T12:30:00Z":          noon,
		"2024-02-29T12:30:00":           noon,
		"2024-02-29 12:30:00":           noon,
		"2024-02-29 12:30:00Z":          noon,
		"2024-02-29t12:30:00z":          noon,
		"2024-02-29 12:30:00 UTC":       noon,
		"2024-02-29T12:30:00UTC":        noon,
		"2024-02-29T12:30Z":             noon,
		"2024-02-29T12:30":              noon,
		"2024-02-29T14:30:00+0200":      noon,
		"2024-02-29T14:30:00+02":        noon,
		"2024-02-29 14:30:00 +02:00":    noon,
		"2024-02-29 08:30:00 -0400":     noon,
		" 2024-02-29T12:30:00Z ":        noon,
		"2024-02-29T12:30:00.25+0000":   noon.Add(250 * time.Millisecond),
		"2024-02-29T12:30:00.000000250": noon.Add(250 * time.Nanosecond),
		"2024-02-29T12:30:00,5":         noon.Add(500 * time.Millisecond),
		"2024-02-29":                    time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC),
	} {
		got, err := decodeJSON[times](`{"at":"` + text + `","day":"2024-02-29","optional":"` + text + `","nullable":"` + text + `","list":["` + text + `"],"map":{"a":"` + text + `"},
			"inner":[{"at":"` + text + `","count":1.0}],"open":{"at":"` + text + `","more":"` + text + `"},"text":"` + text + `"}`)
		require.NoError(t, err, text)
		for _, one := range []time.Time{got.At, got.Optional.Or(time.Time{}), got.Nullable.Or(time.Time{}), got.List[0], got.Map["a"], got.Inner.Or(nil)[0].At, got.Open.At, got.Open.AdditionalProperties["more"]} {
			require.True(t, want.Equal(one), "%q is %s", text, one)
			_, unread := runtime.UnreadTime(one)
			require.False(t, unread)
		}
		require.Equal(t, text, got.Text, "what is no time stays as it is")
		require.Equal(t, int64(1), got.Inner.Or(nil)[0].Count)
	}
}

func TestADateIsReadFromATime(t *testing.T) {
	for _, text := range []string{"2024-02-29", "2024-02-29T23:30:00+05:00", "2024-02-29 00:00:00", "2024-02-29T00:00:00Z"} {
		got, err := decodeJSON[times](`{"at":"2024-02-29T12:30:00Z","day":"` + text + `"}`)
		require.NoError(t, err)
		require.Equal(t, runtime.Date{Year: 2024, Month: 2, Day: 29}, got.Day)
	}
	var day runtime.Date
	usual := []byte(`"2024-02-29"`)
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() { _ = day.UnmarshalJSON(usual) }), 1.0, "the form that nearly all dates have costs no more than before")
}

// One odd value does not cost the rest of the response, and is sent as it was received.
func TestWhatIsNoTimeIsKept(t *testing.T) {
	s, sent := record(t, thingsAPI())
	for _, odd := range []string{`""`, `"n/a"`, `"0000-00-00 00:00:00"`, `"29.02.2024"`, `"Thu, 29 Feb 2024 12:30:00 GMT"`, `"2024-02-30T00:00:00Z"`, `"2024-02-29T12:30:60Z"`, `"\u00e4\"\n"`, `1709209800`, `1.5e9`, `false`} {
		text := `{"at":` + odd + `,"day":` + odd + `,"optional":` + odd + `,"nullable":` + odd + `,"list":["2024-02-29T12:30:00Z",` + odd + `],"map":{"a":` + odd + `},"inner":[{"at":` + odd + `,"count":2}],"text":"kept",` +
			`"open":{"at":` + odd + `,"more":` + odd + `}}`
		got, err := decodeJSON[times](text)
		require.NoError(t, err, odd)
		require.Equal(t, "kept", got.Text)
		require.Equal(t, int64(2), got.Inner.Or(nil)[0].Count)
		want := odd
		if odd[0] == '"' {
			require.NoError(t, json.Unmarshal([]byte(odd), &want))
		}
		for _, one := range []time.Time{got.At, got.Optional.Or(time.Time{}), got.Nullable.Or(time.Time{}), got.List[1], got.Map["a"], got.Inner.Or(nil)[0].At, got.Open.At, got.Open.AdditionalProperties["more"]} {
			unread, ok := runtime.UnreadTime(one)
			require.True(t, ok)
			require.Equal(t, want, unread)
			require.True(t, one.IsZero())
		}
		unread, ok := got.Day.Unread()
		require.True(t, ok)
		require.Equal(t, want, unread)
		require.Equal(t, want, got.Day.String())

		written, err := runtime.MarshalJSON(got)
		require.NoError(t, err)
		require.Equal(t, text, string(written))
		_, err = json.Marshal(got)
		require.Error(t, err, "it would be another time")
		request := runtime.NewRequest(&createThing)
		request.JSON(got)
		sent.reset()
		require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), request))
		require.Equal(t, text, string(sent.list()[0].body))
	}
	_, ok := runtime.UnreadTime(time.Time{})
	require.False(t, ok)
	for _, text := range []string{`{"at":{}}`, `{"at":["2024-02-29"]}`, `{"day":{}}`, `{"at":"n/a","day":"2024-02-29"`} {
		_, err := decodeJSON[times](text)
		require.ErrorAs(t, err, new(*runtime.DecodeError), text)
	}
}

func TestAnUnreadTimeIsSentAsAParameter(t *testing.T) {
	s, sent := record(t, thingsAPI())
	got, err := decodeJSON[times](`{"at":"some day","day":"n/a"}`)
	require.NoError(t, err)
	request := runtime.UnlistedCall("GET", "/things")
	request.Query("at", got.At)
	request.Query("day", got.Day)
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), request))
	require.Equal(t, "/things?at=some%20day&day=n%2Fa", sent.list()[0].uri)
}

// In a union, a text is a text unless it is exactly a time.
func TestATextOfAUnionIsNotNearlyATime(t *testing.T) {
	for text, isTime := range map[string]bool{"2024-02-29T12:30:00Z": true, "2024-02-29": false, "soon": false} {
		got, err := decodeJSON[times](`{"at":"odd","day":"2024-02-29","choice":"` + text + `"}`)
		require.NoError(t, err)
		require.Equal(t, isTime, got.Choice.Time != nil, text)
		require.Equal(t, isTime, got.Choice.Word == nil, text)
	}
}

type chain struct {
	Next runtime.Optional[*chain] `json:"next,omitzero"`
	Open *openChain               `json:"open,omitempty"`
	At   time.Time                `json:"at"`
	N    int64                    `json:"n"`
}

type openChain struct {
	Next                 *chain         `json:"next"`
	AdditionalProperties map[string]int `json:"-"`
}

func (v *openChain) UnmarshalJSON(data []byte) error {
	type known openChain
	return clientimpl.UnmarshalObject(data, (*known)(v), &v.AdditionalProperties)
}

// The work does not double with each value around one that is read in a second form.
func TestValuesThatAreReadASecondTimeDoNotMultiply(t *testing.T) {
	alone(t)
	const depth = 200
	for _, last := range []string{`"n":1.0,"at":"odd"`, `"n":1.5,"at":"odd"`, `"n":true`} {
		text := strings.Repeat(`{"next":{"open":{"next":`, depth) + `{` + last + `}` + strings.Repeat(`}},"n":1.0,"at":"odd"}`, depth)
		got, err := decodeJSON[chain](text)
		if !strings.HasPrefix(last, `"n":1.0`) {
			require.ErrorAs(t, err, new(*runtime.DecodeError))
			continue
		}
		require.NoError(t, err)
		inner, _ := got.Next.Get()
		require.Equal(t, int64(1), got.N)
		require.NotNil(t, inner.Open.Next)
	}
}

// FuzzUnmarshalJSON reads what a server sends: what is no JSON is an error, what
// encoding/json reads is read as it reads it, and what is read once is read again as
// it was written.
func FuzzUnmarshalJSON(f *testing.F) {
	for _, text := range []string{
		`{"at":"2024-02-29T12:30:00Z","day":"2024-02-29","optional":null,"list":["2024-02-29 12:30:00",7,true]}`,
		`{"inner":[{"at":"n/a","count":1.0},{"count":1e3}],"map":{"a":""},"choice":"2024-02-29"}`,
		`{"open":{"at":"soon","more":"2024-02-29"},"day":20240229,"choice":{}}`,
		`null`, `[]`, ``, "\x00{}", "\x00null", "\x00nul", "\x00\x00{}",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var strict, read times
		strictly := json.Unmarshal(text, &strict)
		err := runtime.UnmarshalJSON(text, &read)
		if !json.Valid(text) {
			require.Error(t, err)
			return
		}
		if strictly == nil {
			require.NoError(t, err)
			require.Equal(t, strict, read)
		}
		if err != nil {
			return
		}
		written, err := runtime.MarshalJSON(read)
		if err != nil {
			return // a date that nobody can write, such as one of the year 10000
		}
		var again times
		require.NoError(t, runtime.UnmarshalJSON(written, &again), "%s", written)
		twice, err := runtime.MarshalJSON(again)
		require.NoError(t, err)
		require.Equal(t, string(written), string(twice))
	})
}
