package runtime_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// record returns a server that keeps what it receives and answers with a thing.
func record(t *testing.T, api *clientimpl.API) (*things, *sightings) {
	got := &sightings{}
	return newThings(t, api, func(w http.ResponseWriter, r *http.Request) {
		got.add(r)
		answer(w, http.StatusOK, thing{ID: "t1"})
	}), got
}

func TestACallSendsWhatTheOperationSays(t *testing.T) {
	s, got := record(t, thingsAPI())
	created, err := doJSON[thing](t.Context(), s.admin(), s.create(thing{ID: "a", Size: runtime.Some(int64(3))}))
	require.NoError(t, err)
	require.Equal(t, &thing{ID: "t1"}, created)
	require.Equal(t, 1, got.count())
	r := got.list()[0]
	require.Equal(t, "POST", r.method)
	require.Equal(t, "/things", r.uri)
	require.Equal(t, `{"id":"a","size":3}`, r.body)
	require.Equal(t, int64(len(r.body)), r.length)
	require.Equal(t, "application/json", r.header.Get("Content-Type"))
	require.Equal(t, []string{"application/json"}, r.header["Accept"])
	require.Equal(t, "Bearer secret-token-1", r.header.Get("Authorization"))
	require.Equal(t, "client c1", r.header.Get("Things-Client-Id"))
	require.Equal(t, "1", r.header.Get("Things-Version"))
	require.Regexp(t, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`, r.header.Get("Idempotency-Key"))
}

func TestAGetCarriesNoBodyAndNoKey(t *testing.T) {
	s, got := record(t, thingsAPI())
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	r := got.list()[0]
	require.Equal(t, "/things/a", r.uri)
	require.Empty(t, r.body)
	for _, absent := range []string{"Idempotency-Key", "Content-Type", "Content-Length"} {
		require.NotContains(t, r.header, absent)
	}
}

func TestPathValuesAreEscapedDownToTheUnreservedCharacters(t *testing.T) {
	s, got := record(t, thingsAPI())
	for value, want := range map[string]string{
		"isin:DE000": "isin%3ADE000", "a/b": "a%2Fb", "a b": "a%20b", "ä": "%C3%A4", "a-b.c_d~e": "a-b.c_d~e",
		"%2e%2e": "%252e%252e", "a?b#c": "a%3Fb%23c", "a+b&c=d": "a%2Bb%26c%3Dd", "...": "...", ".hidden": ".hidden",
		"a\r\nX: 1": "a%0D%0AX%3A%201",
	} {
		got.reset()
		require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get(value)))
		require.Equal(t, "/things/"+want, got.list()[0].uri)
	}
}

func TestAPathThatWouldBeAnotherIsRefusedBeforeAnythingIsSent(t *testing.T) {
	s, got := record(t, thingsAPI())
	for value, want := range map[string]string{
		"":               `path parameter "id" is empty`,
		".":              "would make it another path",
		"..":             "would make it another path",
		"../admin":       "would make it another path",
		`a\..\admin`:     "would make it another path",
		"a/./b":          "would make it another path",
		"..;x=1":         "would make it another path",
		"a/../../tokens": "would make it another path",
	} {
		err := runtime.DoEmpty(t.Context(), s.reader(), s.get(value))
		require.ErrorIs(t, err, runtime.ErrInvalidCall, value)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "get_thing")
	}
	missing := runtime.NewRequest(&getThing)
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), missing), `path parameter "id" has no value`)
	twice := s.get("a")
	twice.Path("id", "b")
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), twice), `path parameter "id" was given twice`)
	unknown := s.get("a")
	unknown.Path("other", "b")
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), unknown), `path parameter "other" is not in the path`)
	require.Empty(t, got.list())
	require.Zero(t, s.tokens.Load())
}

func TestAValueKeepsItsSlashesWhereThePathHasAPattern(t *testing.T) {
	s, got := record(t, thingsAPI())
	send := func(path, value string) error {
		request := runtime.UnlistedCall("GET", path)
		request.Path("name", value)
		return runtime.DoEmpty(t.Context(), s.reader(), request)
	}
	for _, c := range []struct{ path, value, want string }{
		{"/v1/{name=people/*}", "people/7", "/v1/people/7"},
		{"/v1/{name=people/*}:ban", "people/a:b", "/v1/people/a%3Ab:ban"},
		{"/v1/{name=*/*}/x", "a/b c", "/v1/a/b%20c/x"},
		{"/v1/{name=people/*}", "people/a?b#c", "/v1/people/a%3Fb%23c"},
		{"/v1/{name=people/*}", "people/%2e%2e", "/v1/people/%252e%252e"},
		{"/v1/{name=people/*}", "people/a%2Fb", "/v1/people/a%252Fb"},
		{"/v1/{name=**}", "a", "/v1/a"},
		{"/v1/{name=**}", "a/b/c", "/v1/a/b/c"},
		{"/v1/{name=docs/*/**}", "docs/1/a/b", "/v1/docs/1/a/b"},
		{"/v1/{name=docs/**/end}", "docs/end/end/end", "/v1/docs/end/end/end"},
	} {
		got.reset()
		require.NoError(t, send(c.path, c.value))
		require.Equal(t, c.want, got.list()[0].uri)
	}
	got.reset()
	for _, c := range []struct{ path, value string }{
		{"/v1/{name=people/*}", "people"}, {"/v1/{name=people/*}", "people/"}, {"/v1/{name=people/*}", "people/a/b"}, {"/v1/{name=people/*}", "/people/a"},
		{"/v1/{name=people/*}", "people//a"}, {"/v1/{name=people/*}", "people%2Fa"}, {"/v1/{name=people/*}", "groups/a"}, {"/v1/{name=people/*}", "peoples/a"},
		{"/v1/{name=*}", "a/b"}, {"/v1/{name=**}", "/a"}, {"/v1/{name=**}", "a/"}, {"/v1/{name=**}", "a//b"}, {"/v1/{name=**}", "//host/a"},
		{"/v1/{name=docs/*/**}", "docs/1"}, {"/v1/{name=docs/**/end}", "docs/end"},
	} {
		err := send(c.path, c.value)
		require.ErrorIs(t, err, runtime.ErrInvalidCall)
		require.ErrorContains(t, err, `path parameter "name" is "`+c.value+`", which is not of the form `)
	}
	for _, value := range []string{"..", "people/..", "people/../x", "people/.", `people/..\x`, "people/..;a", "a/../../b"} {
		require.ErrorContains(t, send("/v1/{name=**}", value), "would make it another path", value)
	}
	require.Empty(t, got.list())
}

type color string

type upper string

func (u upper) MarshalText() ([]byte, error) {
	if u == "" {
		return nil, errors.New("nothing to write")
	}
	return []byte(strings.ToUpper(string(u))), nil
}

type photo []byte

func TestParametersOfEveryKind(t *testing.T) {
	s, got := record(t, thingsAPI())
	seven := 7
	noon := time.Date(2024, 2, 29, 13, 0, 0, 0, time.FixedZone("", 3600))
	r := runtime.UnlistedCall("GET", "/all/{list}/{n}")
	r.Path("list", []color{"red", "a,b"})
	r.Path("n", int8(-3))
	r.Query("text", "a b&c")
	r.Query("color", color("red"))
	r.Query("yes", true)
	r.Query("float", 1e21)
	r.Query("small", float32(0.1))
	r.Query("time", time.Date(2024, 2, 29, 12, 30, 0, 500, time.FixedZone("", 3600)))
	r.Query("date", runtime.Date{Year: 2024, Month: 2, Day: 29})
	r.Query("upper", upper("x"))
	r.Query("absent", runtime.Optional[int]{})
	r.Query("zero", runtime.Some(0))
	r.Query("null", runtime.Null[string]())
	r.Query("several", []int{1, 2})
	r.Query("none", []int(nil))
	r.Query("nil", (*int)(nil))
	r.Query("nothing", nil)
	r.Query("pointer", &seven)
	r.Query("noon", &noon)
	r.Query("decimal", runtime.Some(runtime.Decimal("1.50")))
	r.Query("big", uint64(18446744073709551615))
	r.Query("od[d]", []byte("hi"))
	r.Query("named", photo("hi"))
	r.Query("union", runtime.Some(json.RawMessage(` 5 `)))
	r.Query("unions", json.RawMessage(`["a b", true, null]`))
	r.Query("nulls", json.RawMessage(`null`))
	r.Query("no", (*runtime.Optional[int])(nil))
	r.Header("X-Several", []color{"red", "blue"})
	r.Header("x-time", runtime.Some(time.Unix(0, 0)))
	r.Header("x-absent", runtime.Optional[string]{})
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
	seen := got.list()[0]
	require.Equal(t, "/all/red%2Ca%2Cb/-3?text=a%20b%26c&color=red&yes=true&float=1000000000000000000000&small=0.1"+
		"&time=2024-02-29T11%3A30%3A00.0000005Z&date=2024-02-29&upper=X&zero=0&several=1&several=2&pointer=7&noon=2024-02-29T12%3A00%3A00Z"+
		"&decimal=1.50&big=18446744073709551615&od%5Bd%5D=aGk%3D&named=aGk%3D&union=5&unions=a%20b&unions=true", seen.uri)
	require.Equal(t, []string{"red", "blue"}, seen.header["X-Several"])
	require.Equal(t, "1970-01-01T00:00:00Z", seen.header.Get("X-Time"))
	require.NotContains(t, seen.header, "X-Absent")
}

func TestParametersThatCannotBeSentAreAllNamedAtOnce(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := runtime.NewRequest(&pokeThing)
	r.Query("struct", struct{}{})
	r.Query("object", json.RawMessage(`{}`))
	r.Query("nested", json.RawMessage(`[[1]]`))
	r.Query("nan", []float64{0, nan()})
	r.Query("text", upper(""))
	r.Query("year", time.Date(12345, 1, 1, 0, 0, 0, 0, time.UTC))
	r.Header("bad name", "x")
	r.Header("x-break", "a\r\nevil: 1")
	r.Header("Authorization", "Bearer mine")
	r.JSON(func() {})
	err := runtime.DoEmpty(t.Context(), s.reader(), r)
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	for _, want := range []string{
		`query parameter "struct": a struct {} cannot be a parameter`, `query parameter "nan": element 1: is not a finite number`,
		`query parameter "object": is an object`, `query parameter "nested": is an object, or an array that holds objects or arrays`,
		`query parameter "text": nothing to write`, `the year 12345`, `header "bad name": a name cannot hold ' '`,
		`header "x-break": the value holds the control character '\r' at byte 1`, `header "Authorization": is set by the runtime`,
		`body "application/json": json: unsupported type`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, got.list())
}

func nan() float64 { zero := 0.0; return zero / zero }

func TestAFormFollowsTheJSONTags(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := runtime.NewRequest(&pokeThing)
	r.Form(struct {
		Name    string                   `json:"name"`
		Scope   string                   `json:"scope"`
		Count   runtime.Optional[int64]  `json:"count,omitzero"`
		Absent  runtime.Optional[string] `json:"absent,omitzero"`
		Null    runtime.Nullable[string] `json:"null"`
		Tags    []string                 `json:"tags"`
		Day     runtime.Date             `json:"day"`
		Yes     bool                     `json:"yes"`
		Private string                   `json:"-"`
		Deep    runtime.Nullable[int]    `json:"deep,omitzero"`
	}{Name: "a&b=c é", Scope: "x:y z", Count: runtime.Some(int64(9007199254740993)), Tags: []string{"p", "q r"}, Day: runtime.Date{Year: 2024, Month: 1, Day: 2}, Private: "no"})
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
	seen := got.list()[0]
	require.Equal(t, "application/x-www-form-urlencoded", seen.header.Get("Content-Type"))
	require.Equal(t, "name=a%26b%3Dc%20%C3%A9&scope=x%3Ay%20z&count=9007199254740993&tags=p&tags=q%20r&day=2024-01-02&yes=false", seen.body)
}

func TestAFormRefusesWhatItCannotHold(t *testing.T) {
	s, _ := record(t, thingsAPI())
	for _, v := range []any{map[string]any{"a": map[string]int{"b": 1}}, map[string]any{"a": [][]int{{1}}}, []int{1}, "text", nil} {
		r := runtime.NewRequest(&pokeThing)
		r.Form(v)
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), r), runtime.ErrInvalidCall, "%v", v)
	}
}

func TestAListWithoutAnElementIsNotLeftOutInSilence(t *testing.T) {
	s, got := record(t, thingsAPI())
	type inner struct {
		Tags []string `json:"tags"`
	}
	for want, build := range map[string]func(*runtime.Request){
		`body "application/x-www-form-urlencoded": member "tags" is a list without an element`: func(r *runtime.Request) { r.Form(inner{Tags: []string{}}) },
		`body "application/x-www-form-urlencoded": "a[tags]" is a list without an element`: func(r *runtime.Request) {
			r.FormDeep(map[string]inner{"a": {Tags: []string{}}})
		},
		`query parameter "filter": "filter[tags]" is a list without an element`: func(r *runtime.Request) { r.QueryDeep("filter", inner{Tags: []string{}}) },
		`query parameter "ids": is required and has no element`:                 func(r *runtime.Request) { r.Query("ids", clientimpl.RequiredList{List: []string(nil)}) },
		`query parameter "joined": is required and has no element`: func(r *runtime.Request) {
			r.QueryJoined("joined", ",", clientimpl.RequiredList{List: []int{}})
		},
		`query parameter "deep": is required and has no element`: func(r *runtime.Request) { r.QueryDeep("deep", clientimpl.RequiredList{List: []int{}}) },
		`header "x-ids": is required and has no element`: func(r *runtime.Request) {
			r.Header("x-ids", clientimpl.RequiredList{List: runtime.Null[[]string]()})
		},
	} {
		r := runtime.NewRequest(&pokeThing)
		build(r)
		err := runtime.DoEmpty(t.Context(), s.reader(), r)
		require.ErrorIs(t, err, runtime.ErrInvalidCall)
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, got.list())

	r := runtime.NewRequest(&pokeThing)
	r.Query("ids", clientimpl.RequiredList{List: []int{1, 2}})
	r.QueryDeep("deep", clientimpl.RequiredList{List: []int{3}})
	r.JSON([]string(nil))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
	require.Equal(t, "/things/poke?ids=1&ids=2&deep%5B0%5D=3", got.list()[0].uri)
	require.Equal(t, "[]", got.list()[0].body, "a list that is nil is empty, not null")
}

func TestTheMembersOfAnObjectAreParameters(t *testing.T) {
	s, got := record(t, thingsAPI())
	send := func(members any, others ...string) error {
		r := runtime.NewRequest(&pokeThing)
		r.Query("size", 2)
		r.QueryMembers("labels", members, others...)
		return runtime.DoEmpty(t.Context(), s.reader(), r)
	}
	type name string
	for _, members := range []any{
		map[string]string{"b&": "x y", "a": ""}, runtime.Some(map[name][]int{"a": {1, 2}}), map[string]any{"n": 1.5, "t": time.Unix(0, 0), "none": runtime.Optional[int]{}},
		clientimpl.RequiredList{List: map[string]bool{"a": true}}, map[string]string(nil), nil, runtime.Optional[map[string]string]{}, runtime.Null[map[string]string](),
		clientimpl.RequiredList{List: runtime.NonNull(map[string]string{"a": "b"})},
	} {
		require.NoError(t, send(members, "page"))
	}
	var asked []string
	for _, one := range got.list() {
		asked = append(asked, strings.TrimPrefix(one.uri, "/things/poke?size=2"))
	}
	require.Equal(t, []string{"&a=&b%26=x%20y", "&a=1&a=2", "&n=1.5&t=1970-01-01T00%3A00%3A00Z", "&a=true", "", "", "", "", "&a=b"}, asked)

	for says, members := range map[string]any{
		`a member has no name`: map[string]string{"": "x"},
		`the member "size" has the name of another parameter: give that`: map[string]string{"size": "x"},
		`the member "page" has the name of another parameter: give that`: map[string]string{"page": "x"},
		`the member "a": a map[string]int cannot be a parameter`:         map[string]any{"a": map[string]int{}},
		`the member "b" is a list without an element`:                    map[string]any{"b": []string{}},
		`the member "a" is a list without an element`:                    map[string][]int{"a": {}},
		`is required and has no element`:                                 clientimpl.RequiredList{List: map[string]string{}},
		`a []string has no members: use a map from strings`:              []string{"a"},
		`a map[int]string has no members: use a map from strings`:        map[int]string{1: "a"},
	} {
		err := send(members, "page")
		require.ErrorIs(t, err, runtime.ErrInvalidCall)
		require.ErrorContains(t, err, `query parameter "labels": `+says)
	}
	require.ErrorContains(t, send(clientimpl.RequiredList{List: runtime.Null[map[string]string]()}), `query parameter "labels": is required and has no element: give it at least one`)
	require.Len(t, got.list(), len(asked))
}

func TestJSONOfAnotherMediaType(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := runtime.NewRequest(&pokeThing)
	r.JSONAs("application/merge-patch+json", map[string]any{"a": nil})
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
	require.Equal(t, "application/merge-patch+json", got.list()[0].header.Get("Content-Type"))
	require.Equal(t, `{"a":null}`, got.list()[0].body)
}

func TestABodyOfAnyContentIsSentFromItsPlace(t *testing.T) {
	s, got := record(t, thingsAPI())
	seeker := strings.NewReader("skipped|kept")
	_, _ = io.CopyN(io.Discard, seeker, 8)
	for name, reader := range map[string]io.Reader{"seeker": seeker, "stream": io.MultiReader(strings.NewReader("ke"), strings.NewReader("pt"))} {
		t.Run(name, func(t *testing.T) {
			got.reset()
			r := runtime.NewRequest(&pokeThing)
			r.Body("text/plain", reader)
			require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
			require.Equal(t, "kept", got.list()[0].body)
			require.Equal(t, int64(4), got.list()[0].length)
		})
	}
	r := runtime.NewRequest(&pokeThing)
	r.Body("text/plain", io.MultiReader(strings.NewReader("a"), failing{}))
	err := runtime.DoEmpty(t.Context(), s.reader(), r)
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	require.ErrorContains(t, err, "body: the disk is gone")
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestAnEmptyBodyIsSentAsSuch(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := runtime.NewRequest(&pokeThing)
	r.Body("text/plain", bytes.NewReader(nil))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r))
	require.Equal(t, int64(0), got.list()[0].length)
	require.Equal(t, "text/plain", got.list()[0].header.Get("Content-Type"))
}

func TestSeveralMediaTypesInAcceptAreRefused(t *testing.T) {
	s, _ := record(t, thingsAPI())
	r := s.get("a")
	r.Accept("application/json, application/pdf")
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), r), "it must be one media type")
}

func TestAHeaderOfTheAPICannotBeDisplaced(t *testing.T) {
	s, got := record(t, thingsAPI())
	for _, name := range []string{"things-client-id", "Things-Version", "idempotency-key", "HOST", "Content-Length"} {
		err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithHeader(name, "x"))
		require.ErrorIs(t, err, runtime.ErrInvalidCall, name)
		r := s.get("a")
		r.Header(name, "x")
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), r), runtime.ErrInvalidCall, name)
	}
	require.Empty(t, got.list())
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithHeader("traceparent", " 00-1 ")))
	require.Equal(t, "00-1", got.list()[0].header.Get("Traceparent"))
}

// Some APIs ask for a digest or a signature as their own kind of them, such as a SHA-1 of
// what is uploaded. A caller gives it, unless the runtime signs.
func TestACallerGivesTheDigestThatNobodyElseMakes(t *testing.T) {
	names := []string{"Digest", "content-digest", "Signature", "signature-input"}
	s, got := record(t, thingsAPI())
	r := s.get("a")
	for _, name := range names {
		r.Header(name, "x")
	}
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r, runtime.WithHeader("DIGEST", "sha=y")))
	require.Equal(t, "sha=y", got.list()[0].header.Get("Digest"))
	require.Equal(t, "x", got.list()[0].header.Get("Signature-Input"))

	constant := thingsAPI()
	constant.Headers = map[string]string{"digest": "none"}
	c, got := record(t, constant)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), c.reader(), c.get("a"), runtime.WithHeader("Digest", "x")), runtime.ErrInvalidCall)
	require.NoError(t, runtime.DoEmpty(t.Context(), c.reader(), c.get("a")))
	require.Equal(t, "none", got.list()[0].header.Get("Digest"))

	_, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	api := thingsAPI()
	api.Signing = httpsig.UpvestV15().Signer
	signed := newThings(t, api, func(http.ResponseWriter, *http.Request) { t.Error("a call was sent") }, runtime.WithKey("key-1", private))
	for _, name := range names {
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), signed.reader(), signed.get("a"), runtime.WithHeader(name, "x")), runtime.ErrInvalidCall, name)
	}
}

func TestAnUnlistedCallStaysWithinItsCaller(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := runtime.UnlistedCall("POST", "/new/{a}/{b}")
	r.Path("a", 1)
	r.Path("b", "x")
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), r, runtime.WithIdempotencyKey("k")))
	require.Equal(t, "/new/1/x", got.list()[0].uri)
	require.Equal(t, "k", got.list()[0].header.Get("Idempotency-Key"))
	require.Equal(t, "Bearer secret-token-1", got.list()[0].header.Get("Authorization"))
	for _, path := range []string{"", "https://elsewhere.example/x", "x", "/a?b=c", "/a#b", "/a/../b", "/./a", "/a/{b", "/{x}"} {
		err := runtime.DoEmpty(t.Context(), s.reader(), runtime.UnlistedCall("GET", path))
		require.ErrorIs(t, err, runtime.ErrInvalidCall, path)
	}
	for _, method := range []string{"", "GET /x HTTP/1.1\r\nX", "G T"} {
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), runtime.UnlistedCall(method, "/")), runtime.ErrInvalidCall)
	}
	// A path may begin with what looks like a host; it is below the server all the same.
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), runtime.UnlistedCall("GET", "//elsewhere.example/x")))
	require.Equal(t, "//elsewhere.example/x", got.list()[got.count()-1].uri)
}

func TestWithoutARightNothingIsBuiltOrSent(t *testing.T) {
	s, got := record(t, thingsAPI())
	for name, caller := range map[string]runtime.Caller{
		"zero caller": {},
		"zero token":  runtime.NewCaller[thingsRead](runtime.Token[thingsRead]{}),
		"nil session": runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](nil)),
		"wider":       runtime.NewCaller[thingsAdmin](runtime.Authorize[thingsRead](s.session)),
		"public, nil": runtime.NewPublicCaller(nil),
		"foreign set": runtime.NewCaller[interface{ foreign() }](runtime.Authorize[interface{ foreign() }](s.session)),
		"not a scope": runtime.NewCaller[int](runtime.Authorize[int](s.session)),
		"wider, mixed": runtime.NewCaller[thingsRead](runtime.Authorize[interface {
			thingsRead
			foreign()
		}](s.session)),
	} {
		t.Run(name, func(t *testing.T) {
			r := runtime.NewRequest(&pokeThing)
			read := false
			r.Body("text/plain", reading(func() { read = true }))
			_, err := doJSON[thing](context.Background(), caller, r)
			require.ErrorIs(t, err, runtime.ErrFailClosed)
			require.ErrorContains(t, err, "poke_thing")
			require.False(t, read, "the body was read")
		})
	}
	require.Empty(t, got.list())
	require.Zero(t, s.tokens.Load())
}

type reading func()

func (f reading) Read([]byte) (int, error) { f(); return 0, io.EOF }

func TestAPublicCallCarriesNoToken(t *testing.T) {
	s, got := record(t, thingsAPI())
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(s.session), s.get("a")))
	require.NotContains(t, got.list()[0].header, "Authorization")
	require.Zero(t, s.tokens.Load())
}

func TestARequestCanBeSentAgain(t *testing.T) {
	s, got := record(t, thingsAPI())
	r := s.create(thing{ID: "a"})
	for range 2 {
		require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), r))
	}
	first, second := got.list()[0], got.list()[1]
	require.Equal(t, first.body, second.body)
	require.NotEqual(t, first.header.Get("Idempotency-Key"), second.header.Get("Idempotency-Key"), "two calls are two effects")
}
