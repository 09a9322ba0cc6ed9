package runtime_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// answers returns a server that answers everything with one body.
func answers(t *testing.T, status int, header map[string]string, body string, opts ...runtime.Option) *things {
	return newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}, opts...)
}

func TestUnknownMembersAreNoError(t *testing.T) {
	s := answers(t, 200, nil, `{"id":"a","new":{"deep":[1]},"size":9007199254740993}`)
	v, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
	require.NoError(t, err)
	require.Equal(t, &thing{ID: "a", Size: runtime.Some(int64(9007199254740993))}, v)
}

func TestAnAnswerThatCannotBeReadSaysWhereAndWhy(t *testing.T) {
	for name, c := range map[string]struct {
		body, contentType, want string
		offset                  int64
	}{
		"malformed":        {`{"id": "a",}`, "application/json", "at byte 12: invalid character '}'", 12},
		"cut":              {`{"id": "a"`, "application/json", "unexpected end of JSON input", 10},
		"trailing garbage": {`{"id": "a"} x`, "application/json", "at byte 13: invalid character 'x' after top-level value", 13},
		"two values":       {`{"id": "a"}{"id": "b"}`, "application/json", "after top-level value", 12},
		"wrong type":       {`{"id": 7}`, "application/json", "at byte 8: json: cannot unmarshal number", 8},
		"empty":            {" \n", "application/json", "it is empty, where JSON was expected", 0},
		"html":             {`<html>`, "text/html; charset=utf-8", "its body (text/html; charset=utf-8) cannot be read at byte 1", 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, 200, map[string]string{"Content-Type": c.contentType, "things-request-id": "r1"}, c.body)
			v, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
			require.Nil(t, v)
			var failed *runtime.DecodeError
			require.ErrorAs(t, err, &failed)
			require.ErrorIs(t, err, runtime.ErrUnreadable)
			require.Equal(t, "get_thing", failed.Operation)
			require.Equal(t, 200, failed.Status)
			require.Equal(t, c.offset, failed.Offset)
			require.Equal(t, "r1", failed.RequestID)
			require.ErrorContains(t, err, "get_thing: the API answered 200")
			require.ErrorContains(t, err, c.want)
			require.ErrorContains(t, err, "request id r1")
		})
	}
}

func TestJSONUnderAnotherContentTypeIsRead(t *testing.T) {
	for _, contentType := range []string{"text/plain", "application/vnd.things+json", "nonsense", ""} {
		s := answers(t, 200, map[string]string{"Content-Type": contentType}, `{"id":"a"}`)
		v, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
		require.NoError(t, err)
		require.Equal(t, "a", v.ID)
	}
}

func TestAnOperationWithSeveralStatuses(t *testing.T) {
	for status, want := range map[int]string{200: "now", 202: "later"} {
		s := answers(t, status, map[string]string{"X-Kind": "k"}, `{"id":"`+want+`"}`)
		resp, err := runtime.Do(t.Context(), s.reader(), s.get("a"))
		require.NoError(t, err)
		require.Equal(t, status, resp.Status)
		require.Equal(t, "k", resp.Header.Get("X-Kind"))
		var v thing
		require.NoError(t, runtime.DecodeJSON(resp, &v))
		require.Equal(t, want, v.ID)
		require.ErrorContains(t, runtime.DecodeJSON(resp, &v), "empty", "a body is read once")
	}
}

func TestDecodeJSONReadsAResponseMadeByHand(t *testing.T) {
	var v thing
	require.NoError(t, runtime.DecodeJSON(&runtime.Response{Status: 200, Body: io.NopCloser(strings.NewReader(`{"id":"a"}`))}, &v))
	require.Equal(t, "a", v.ID)
	require.ErrorIs(t, runtime.DecodeJSON(&runtime.Response{Status: 200}, &v), runtime.ErrUnreadable)
}

func TestResponseInfoTellsWhatIsBesideTheBody(t *testing.T) {
	s := answers(t, 201, map[string]string{"Things-Request-Id": "r7", "X-Rate": "9"}, `{}`)
	var info runtime.ResponseInfo
	require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), s.create(1), runtime.WithIdempotencyKey("k"), runtime.WithResponseInfo(&info)))
	require.Equal(t, 201, info.Status)
	require.Equal(t, "r7", info.RequestID)
	require.Equal(t, "9", info.Header.Get("X-Rate"))
	require.Equal(t, 1, info.Attempts)
	require.Equal(t, "k", info.IdempotencyKey)

	s = answers(t, 404, map[string]string{"Things-Request-Id": "r8"}, ``)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithResponseInfo(&info)), runtime.ErrNotFound)
	require.Equal(t, 404, info.Status)
	require.Equal(t, "r8", info.RequestID)
}

func TestAnAnswerLargerThanTheLimitIsRefused(t *testing.T) {
	body := `{"id":"` + strings.Repeat("x", 1000) + `"}`
	for name, chunked := range map[string]bool{"announced": false, "chunked": true} {
		t.Run(name, func(t *testing.T) {
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				if chunked {
					w.(http.Flusher).Flush()
				}
				_, _ = io.WriteString(w, body)
			})
			limit := func(n int) error {
				_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"), runtime.WithResponseLimit(int64(n)))
				return err
			}
			require.NoError(t, limit(len(body)))
			err := limit(len(body) - 1)
			require.ErrorIs(t, err, runtime.ErrTooLarge)
			require.ErrorIs(t, err, runtime.ErrUnreadable)
			require.ErrorContains(t, err, "WithResponseLimit")
		})
	}
}

func TestAnAnswerIsLimitedWithoutAnOptionToo(t *testing.T) {
	alone(t)
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		block := bytes.Repeat([]byte(" "), 1<<20)
		for range 33 {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	})
	_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
	require.ErrorIs(t, err, runtime.ErrTooLarge)
}

func zip(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

// plain is a RoundTripper of a user's that leaves bodies as they come.
func plain(t *testing.T) runtime.Option {
	transport := &http.Transport{DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return runtime.WithTransport(transport)
}

func TestGzipIsReadWithAnyTransport(t *testing.T) {
	zipped := string(zip([]byte(`{"id":"zipped"}`)))
	for name, opts := range map[string][]runtime.Option{"default": nil, "custom": {plain(t)}} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, 200, map[string]string{"Content-Encoding": "gzip"}, zipped, opts...)
			v, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
			require.NoError(t, err)
			require.Equal(t, "zipped", v.ID)
			stream, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"))
			require.NoError(t, err)
			text, err := io.ReadAll(stream)
			require.NoError(t, err)
			require.NoError(t, stream.Close())
			require.Equal(t, `{"id":"zipped"}`, string(text))

			s = answers(t, 409, map[string]string{"Content-Encoding": "gzip"}, string(zip([]byte(`{"title":"zipped"}`))), opts...)
			require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")), "zipped")
		})
	}
}

func TestAGzipBombIsStoppedAtTheLimit(t *testing.T) {
	alone(t)
	bomb := strings.Repeat(string(zip(make([]byte, 1<<20))), 64)
	require.Less(t, len(bomb), 100<<10)
	for name, opts := range map[string][]runtime.Option{"default": nil, "custom": {plain(t)}} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, 200, map[string]string{"Content-Encoding": "gzip"}, bomb, opts...)
			_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
			require.ErrorIs(t, err, runtime.ErrTooLarge)

			s = answers(t, 500, map[string]string{"Content-Encoding": "gzip"}, bomb, opts...)
			err = runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
			var failed *runtime.Error
			require.ErrorAs(t, err, &failed)
			require.Len(t, failed.Body, 64<<10)
		})
	}
}

func TestDamagedGzipIsRepeatedWhereSafe(t *testing.T) {
	zipped := zip([]byte(`{"id":"zipped and long enough to be cut"}`))
	for name, damaged := range map[string][]byte{
		"cut":      zipped[:len(zipped)-10],
		"checksum": append(append([]byte(nil), zipped[:len(zipped)-8]...), make([]byte, 8)...),
		"header":   []byte("not gzip"),
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				if requests.Add(1) == 1 {
					_, _ = w.Write(damaged)
					return
				}
				_, _ = w.Write(zipped)
			}, plain(t))
			_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
			require.NoError(t, err)
			require.EqualValues(t, 2, requests.Load())
		})
	}
}

func TestACodingThatNobodyAskedForIsAnError(t *testing.T) {
	s := answers(t, 200, map[string]string{"Content-Encoding": "br"}, "??")
	_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
	require.ErrorIs(t, err, runtime.ErrUnreadable)
	require.ErrorContains(t, err, `content coding "br"`)
}

func TestAStreamIsReadAsItArrives(t *testing.T) {
	more := make(chan struct{})
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/pdf")
		_, _ = io.WriteString(w, "first ")
		w.(http.Flusher).Flush()
		<-more
		_, _ = io.WriteString(w, "second")
	})
	stream, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"), runtime.WithTimeout(time.Hour))
	require.NoError(t, err)
	require.Equal(t, "application/pdf", stream.ContentType)
	require.Equal(t, 200, stream.Status)
	first := make([]byte, 6)
	_, err = io.ReadFull(stream, first)
	require.NoError(t, err)
	require.Equal(t, "first ", string(first))
	// The limit of the attempt does not count for what arrives later.
	s.clock.advance(45 * time.Second)
	close(more)
	rest, err := io.ReadAll(stream)
	require.NoError(t, err)
	require.Equal(t, "second", string(rest))
	require.NoError(t, stream.Close())
}

func TestAStreamEndsWithTheCall(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(*things, context.CancelFunc)
		want error
	}{
		"cancelled": {func(_ *things, cancel context.CancelFunc) { cancel() }, context.Canceled},
		"time out":  {func(s *things, _ context.CancelFunc) { s.clock.advance(time.Hour) }, context.DeadlineExceeded},
	} {
		t.Run(name, func(t *testing.T) {
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, "first")
				w.(http.Flusher).Flush()
				<-r.Context().Done()
			})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			stream, err := runtime.DoStream(ctx, s.reader(), s.get("a"), runtime.WithTimeout(time.Hour))
			require.NoError(t, err)
			defer stream.Close()
			c.end(s, cancel)
			_, err = io.ReadAll(stream)
			require.ErrorIs(t, err, c.want)
			require.ErrorIs(t, err, runtime.ErrNoResponse)
		})
	}
}

func TestAStreamThatIsCutIsAnErrorAndNotAnEnd(t *testing.T) {
	s := answers(t, 200, map[string]string{"Content-Length": "100"}, "short")
	stream, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"))
	require.NoError(t, err)
	defer stream.Close()
	_, err = io.ReadAll(stream)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestAStreamIsLimitedWhereTheCallerSaysSo(t *testing.T) {
	s := answers(t, 200, nil, "0123456789")
	for limit, want := range map[int64]error{9: runtime.ErrTooLarge, 10: nil, 11: nil} {
		stream, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"), runtime.WithResponseLimit(limit))
		require.NoError(t, err)
		text, err := io.ReadAll(stream)
		require.ErrorIs(t, err, want)
		require.Equal(t, "0123456789"[:min(limit, 10)], string(text))
		require.NoError(t, stream.Close())
	}
}

func TestAFailedStreamIsAnErrorAsEver(t *testing.T) {
	s := answers(t, 404, nil, `{"title":"no such report"}`)
	_, err := runtime.DoStream(t.Context(), s.reader(), s.get("a"))
	require.ErrorIs(t, err, runtime.ErrNotFound)
	require.ErrorContains(t, err, "no such report")
}

// counting returns a caller of a server of its own, and how many connections that has seen.
func counting(t *testing.T, handler http.HandlerFunc) (runtime.Caller, *atomic.Int64) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithClock(newQuickClock()))
	require.NoError(t, err)
	return runtime.NewPublicCaller(session), &connections
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	body := strings.Repeat("x", 100<<10) // more than an error keeps
	caller, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		if r.Method == http.MethodPost {
			status = http.StatusBadRequest
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	var s *things // for its requests alone
	for range 20 {
		require.NoError(t, runtime.DoEmpty(t.Context(), caller, s.get("a")))
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), caller, s.create(1)), runtime.ErrBadRequest)
		_, err := doJSON[thing](t.Context(), caller, s.get("a"))
		require.ErrorIs(t, err, runtime.ErrUnreadable)
		stream, err := runtime.DoStream(t.Context(), caller, s.get("a"))
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, stream)
		require.NoError(t, err)
		require.NoError(t, stream.Close())
	}
	require.EqualValues(t, 1, connections.Load())
}

func TestManyCallersDoNotMakeAConnectionForEachCall(t *testing.T) {
	const callers = 20
	// All calls of a round are answered together, so that there are always as many connections in use.
	var lock sync.Mutex
	waiting, round := 0, make(chan struct{})
	caller, connections := counting(t, func(w http.ResponseWriter, r *http.Request) {
		lock.Lock()
		all := round
		if waiting++; waiting == callers {
			waiting, round = 0, make(chan struct{})
			close(all)
		}
		lock.Unlock()
		<-all
	})
	var s *things
	for range 10 {
		var done sync.WaitGroup
		for range callers {
			done.Go(func() {
				if err := runtime.DoEmpty(t.Context(), caller, s.get("a")); err != nil {
					t.Error(err)
				}
			})
		}
		done.Wait()
	}
	require.LessOrEqual(t, connections.Load(), int64(2*callers))
}

func TestARedirectIsNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
	t.Cleanup(other.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := answers(t, status, map[string]string{"Location": other.URL}, "")
		err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
		var failed *runtime.Error
		require.ErrorAs(t, err, &failed)
		require.Equal(t, status, failed.Status)
		require.ErrorContains(t, err, "; it leads to "+other.URL+"; redirects are not followed")
	}
	require.Zero(t, elsewhere.Load())
}

// A resource may have another name now, which the caller must know, and no more than that.
func TestTheErrorTellsWhereARedirectLeads(t *testing.T) {
	const token, escaped = "secret-token-1", "%73ecret-token-%31"
	for location, want := range map[string]string{
		"":                           "",
		"/things/b":                  "/things/b",
		"b%2Fc?signature=1#f":        "/things/b%2Fc",
		"?page=2":                    "/things/a",
		"//other.example/x":          "http://other.example/x",
		"https://u:p@other.example":  "https://other.example",
		"https://other.example/\xff": "https://other.example/%FF",
		"mailto:a@b":                 "",
		"http://a b/":                "",
		"%zz":                        "",
		"/as/" + token + "/x":        "/as/[token removed]/x",
		"/as/" + escaped + "/x":      "/as/[token removed]/x",
		"http://" + token + ".x/":    "http://[token removed].x/",
		"?access_token=" + token:     "/things/a",
	} {
		s := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Location"] = []string{location}
			w.WriteHeader(http.StatusMovedPermanently)
		})
		err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
		var failed *runtime.Error
		require.ErrorAs(t, err, &failed)
		got := failed.Location
		if strings.HasPrefix(want, "/") {
			got = strings.TrimPrefix(got, s.URL)
		}
		require.Equal(t, want, got, location)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", err, *failed, *failed), token)
		require.NotContains(t, err.Error(), "signature=")
	}
}

func TestAForbiddenCallTellsWhatIsNeededAndWhatIsHeld(t *testing.T) {
	s := answers(t, 403, map[string]string{"Content-Type": "application/problem+json", "Things-Request-Id": "r9"},
		`{"type":"https://things.example/errors/forbidden","status":403,"title":"Forbidden"}`)
	err := runtime.DoEmpty(t.Context(), s.reader(), s.create(1))
	require.ErrorIs(t, err, runtime.ErrForbidden)
	require.Equal(t, `create_thing: 403 Forbidden; it needs the scope "things:admin", and the token was asked for "things:read"; request id r9`, err.Error())
	var failed *runtime.Error
	require.ErrorAs(t, err, &failed)
	require.Equal(t, [][]string{{"things:admin"}}, failed.Requires)
	require.Equal(t, []string{"things:read"}, failed.Scopes)

	several := runtime.NewRequest(&clientimpl.Operation{ID: "op", Method: "GET", Path: "/", Requires: [][]string{{"a", "b"}, {"c"}}})
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.reader(), several), `it needs the scope ("a" and "b") or "c"`)
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(s.session), s.get("a")), "the token was asked for none")
}

func TestTheKindsOfAnError(t *testing.T) {
	kinds := map[error][]int{
		runtime.ErrBadRequest: {400, 422}, runtime.ErrUnauthorized: {401}, runtime.ErrForbidden: {403}, runtime.ErrNotFound: {404, 410},
		runtime.ErrConflict: {409, 412}, runtime.ErrRateLimited: {429}, runtime.ErrUnavailable: {500, 503},
	}
	for kind, statuses := range kinds {
		for other := range kinds {
			for _, status := range statuses {
				err := fmt.Errorf("wrapped: %w", &runtime.Error{Operation: "op", Status: status})
				require.Equal(t, kind == other, errors.Is(err, other), "%d is %v", status, other)
			}
		}
	}
}

func TestAnErrorIsAReadableLine(t *testing.T) {
	for want, err := range map[string]error{
		"op: 404 Not Found": &runtime.Error{Operation: "op", Status: 404},
		"op: 599":           &runtime.Error{Operation: "op", Status: 599},
		"op: 429 Too Many Requests; the API asks to wait 7s; sent 4 times": &runtime.Error{Operation: "op", Status: 429, RetryAfter: 7 * time.Second, Attempts: 4},
		"op: 400 Bad Request: Invalid: name is missing":                    &runtime.Error{Operation: "op", Status: 400, Problem: runtime.Problem{Type: "t", Title: "Invalid", Detail: "name is missing"}},
		"op: 400 Bad Request (bad_request)":                                &runtime.Error{Operation: "op", Status: 400, Problem: runtime.Problem{Type: "bad_request"}},
		`op: 400 Bad Request: "two\nlines\x1b[31m"`:                        &runtime.Error{Operation: "op", Status: 400, Problem: runtime.Problem{Title: "two\nlines\x1b[31m"}},
		"op: 400 Bad Request: " + strings.Repeat("x", 300) + "…":           &runtime.Error{Operation: "op", Status: 400, Problem: runtime.Problem{Detail: strings.Repeat("x", 5000)}},
	} {
		require.Equal(t, want, err.Error())
	}
}

func TestAnErrorKeepsABodyOfAnyKind(t *testing.T) {
	for name, body := range map[string]string{"html": "<html>down</html>", "empty": "", "binary": "\x00\xff", "list": `[{"title":"no"}]`, "cut": `{"title":"no`} {
		t.Run(name, func(t *testing.T) {
			s := answers(t, 418, map[string]string{"Content-Type": "text/odd"}, body)
			err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
			var failed *runtime.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, body, string(failed.Body))
			require.Equal(t, "text/odd", failed.ContentType)
			require.Equal(t, runtime.Problem{}, failed.Problem)
			require.Equal(t, "get_thing: 418 I'm a teapot", err.Error())
		})
	}
}

func TestAnErrorTellsAPlainText(t *testing.T) {
	for body, want := range map[string]string{
		"no such thing\n": ": no such thing", "": "", "a\nb": `: "a\nb"`, "\x00\xff": `: "\x00\xff"`, `{"title":"no"}`: ": no",
		strings.Repeat("x", 100_000): ": " + strings.Repeat("x", 300) + "…",
	} {
		s := answers(t, 418, map[string]string{"Content-Type": "text/plain; charset=utf-8"}, body)
		require.EqualError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")), "get_thing: 418 I'm a teapot"+want)
	}
}

func TestAProblemIsReadInAllItsSpellings(t *testing.T) {
	for body, want := range map[string]runtime.Problem{
		`{"type":"https://x/errors/unauthorised","status":401,"title":"Unauthorised","detail":"Signature is incorrect","instance":"/a","request_id":"r1"}`: {
			Type: "https://x/errors/unauthorised", Status: 401, Title: "Unauthorised", Detail: "Signature is incorrect", Instance: "/a", RequestID: "r1"},
		`{"status":401,"type":"unauthorized"}`:                                              {Status: 401, Type: "unauthorized"},
		`{"title":"Invalid request","details":"(root): field 'first_name' was not filled"}`: {Title: "Invalid request", Detail: "(root): field 'first_name' was not filled"},
		`{"detail":null,"details":[ {"field": "x"} ]}`:                                      {Detail: `[{"field":"x"}]`},
		`{"status":"422","title":7,"type":[],"instance":{}}`:                                {Status: 422},
		`{"status":4.5,"detail":"d"}`:                                                       {Detail: "d"},
		`{"status":99999}`:                                                                  {},
		`{"error":"invalid_scope","error_description":"no such scope"}`:                     {Type: "invalid_scope", Detail: "no such scope"},
		`{"message":"nope"}`:                                                                {Detail: "nope"},
		`{"error":{"message":"nested"}}`:                                                    {Detail: "nested"},
		// As the servers of Google, Microsoft Graph, Stripe, Spotify, Box, Bitbucket, Jira and
		// GitHub answer, and those of JSON:API.
		`{"error":{"code":403,"message":"Denied.","status":"PERMISSION_DENIED","details":[{"reason":"r"}]}}`: {
			Type: "PERMISSION_DENIED", Status: 403, Detail: "Denied."},
		`{"error":{"code":"InvalidAuthenticationToken","message":"Expired.","innerError":{"date":"d"}}}`: {
			Type: "InvalidAuthenticationToken", Detail: "Expired."},
		`{"error":{"type":"invalid_request_error","code":"resource_missing","message":"No such charge."}}`: {
			Type: "invalid_request_error", Detail: "No such charge."},
		`{"error":{"status":401,"message":"Invalid access token"}}`: {Status: 401, Detail: "Invalid access token"},
		`{"type":"error","status":404,"code":"not_found","message":"Not Found","request_id":"r"}`: {
			Type: "error", Status: 404, Detail: "Not Found", RequestID: "r"},
		`{"type":"error","error":{"message":"Repository not found","detail":"more"}}`: {Type: "error", Detail: "Repository not found"},
		`{"errorMessages":["The issue does not exist."],"errors":{}}`:                 {Detail: `["The issue does not exist."]`},
		`{"errorMessages":[],"errors":{"name":"is required"}}`:                        {Detail: `{"name":"is required"}`},
		`{"message":"Validation Failed","errors":[{"resource":"Issue","code":"missing_field"}]}`: {
			Type: "missing_field", Detail: "Validation Failed"},
		`{"errors":[{"status":"422","code":"c","title":"T","detail":"D"},{"title":"other"}]}`: {Type: "c", Status: 422, Title: "T", Detail: "D"},
		`{"errors":[{"status":"404","title":"T"}]}`:                                           {Status: 404, Title: "T"},
		`{"errors":["too short","too long"]}`:                                                 {Detail: `["too short","too long"]`},
		`{"errors":{"title":"can't be blank","code":"is short"}}`:                             {Detail: `{"title":"can't be blank","code":"is short"}`}, // by the names of fields
		`{"errors":{"title":"is empty","code":"is short"}}`:                                   {Detail: `{"title":"is empty","code":"is short"}`},       // by the names of fields
		`{"error":{},"errors":[]}`:                                                            {},
		`{"error":[[]],"errors":null}`:                                                        {},
	} {
		t.Run(body, func(t *testing.T) {
			s := answers(t, 400, map[string]string{"Content-Type": "application/problem+json"}, body)
			err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
			var failed *runtime.Error
			require.ErrorAs(t, err, &failed)
			var members map[string]json.RawMessage
			require.NoError(t, json.Unmarshal([]byte(body), &members))
			require.Equal(t, members, failed.Problem.Members)
			failed.Problem.Members = nil
			require.Equal(t, want, failed.Problem)
			require.Equal(t, want.RequestID, failed.RequestID)
			require.Equal(t, 400, failed.Status)
		})
	}
}

func TestHeadHasNoBody(t *testing.T) {
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", "1000")
	}, plain(t))
	resp, err := runtime.Do(t.Context(), s.reader(), runtime.UnlistedCall("HEAD", "/x"))
	require.NoError(t, err)
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.Empty(t, text)
	require.Equal(t, "1000", resp.Header.Get("Content-Length"))
}
