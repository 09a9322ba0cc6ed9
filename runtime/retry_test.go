package runtime_test

import (
	"context"
	"crypto/ed25519"
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
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// failFirst returns a handler that answers the first n requests with status
// and the others with a thing, and keeps what it received.
func failFirst(n, status int, retryAfter string, got *sightings) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if got.add(r) > n {
			answer(w, http.StatusOK, thing{ID: "t1"})
			return
		}
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		w.WriteHeader(status)
	}
}

func TestARequestIsRepeatedOnlyWhereThatIsSafe(t *testing.T) {
	request := func(method string, key bool) *runtime.Request {
		r := runtime.NewRequest(&clientimpl.Operation{ID: "op", Method: method, Path: "/x", IdempotencyKey: key})
		r.JSON("body")
		return r
	}
	for _, c := range []struct {
		method string
		key    bool
		status int
		times  int
	}{
		{"GET", false, 503, 4}, {"HEAD", false, 429, 4}, {"OPTIONS", false, 502, 4}, {"PUT", false, 504, 4}, {"DELETE", false, 503, 4},
		{"POST", false, 503, 1}, {"PATCH", false, 429, 1}, {"POST", true, 503, 4}, {"PATCH", true, 429, 4},
		{"GET", false, 500, 1}, {"GET", false, 501, 1}, {"GET", false, 404, 1}, {"POST", true, 409, 1}, {"POST", true, 500, 1}, {"GET", false, 408, 1},
	} {
		t.Run(fmt.Sprintf("%s key %v status %d", c.method, c.key, c.status), func(t *testing.T) {
			var got sightings
			s := newThings(t, thingsAPI(), failFirst(100, c.status, "", &got))
			err := runtime.DoEmpty(t.Context(), s.reader(), request(c.method, c.key))
			var failed *runtime.Error
			require.ErrorAs(t, err, &failed)
			require.Equal(t, c.status, failed.Status)
			require.Equal(t, c.times, failed.Attempts)
			require.Equal(t, c.times, got.count())
			require.Len(t, s.clock.waited(), c.times-1)
			for _, r := range got.list() {
				require.Equal(t, `"body"`, r.body)
				require.Equal(t, got.list()[0].header.Get("Idempotency-Key"), r.header.Get("Idempotency-Key"))
			}
		})
	}
}

func TestARequestSucceedsOnceThePassingFaultHasPassed(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), failFirst(3, http.StatusBadGateway, "", &got))
	var info runtime.ResponseInfo
	_, err := doJSON[thing](t.Context(), s.reader(), s.get("a"), runtime.WithResponseInfo(&info))
	require.NoError(t, err)
	require.Equal(t, 4, info.Attempts)
	require.Equal(t, http.StatusOK, info.Status)
	waits := s.clock.waited()
	require.Len(t, waits, 3)
	for i, most := range []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond} {
		require.GreaterOrEqual(t, waits[i], time.Duration(0))
		require.Less(t, waits[i], most)
	}
}

func TestRetryAfterIsWaitedFor(t *testing.T) {
	var got sightings
	date := time.Now().Add(10 * time.Second).UTC().Format(http.TimeFormat)
	for value, want := range map[string]time.Duration{"7": 7 * time.Second, date: 10 * time.Second, "0": 0, "soon": 0, "-5": 0, "Mon, 02 Jan 2006 15:04:05 GMT": 0} {
		t.Run(value, func(t *testing.T) {
			got.reset()
			s := newThings(t, thingsAPI(), failFirst(1, 429, value, &got))
			require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
			waits := s.clock.waited()
			require.Len(t, waits, 1)
			// A date has whole seconds, and a few milliseconds pass before it is read.
			require.InDelta(t, want, waits[0], float64(2*time.Second))
		})
	}
}

func TestARetryAfterBeyondTheCapIsReturnedAtOnce(t *testing.T) {
	for _, value := range []string{"31", "3600", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		var got sightings
		s := newThings(t, thingsAPI(), failFirst(1, 503, value, &got))
		err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
		var failed *runtime.Error
		require.ErrorAs(t, err, &failed)
		require.Greater(t, failed.RetryAfter, 30*time.Second)
		require.Equal(t, 1, got.count())
	}
}

func TestAWaitThatTheDeadlineForbidsIsNotBegun(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), failFirst(100, 503, "30", &got))
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	require.ErrorIs(t, runtime.DoEmpty(ctx, s.reader(), s.get("a")), runtime.ErrUnavailable)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithTimeout(30*time.Second)), runtime.ErrUnavailable)
	require.Equal(t, 2, got.count())
	require.Empty(t, s.clock.waited())
}

func TestWithoutRetrySendsOnce(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), failFirst(1, 503, "", &got))
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithoutRetry()), runtime.ErrUnavailable)
	require.Equal(t, 1, got.count())
}

func TestAnIdempotencyKeyOfTheCallersIsSent(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), failFirst(2, 503, "", &got))
	var info runtime.ResponseInfo
	err := runtime.DoEmpty(t.Context(), s.admin(), s.create(thing{}), runtime.WithIdempotencyKey("my-key"), runtime.WithResponseInfo(&info))
	require.NoError(t, err)
	require.Equal(t, "my-key", info.IdempotencyKey)
	require.Equal(t, 3, got.count())
	for _, r := range got.list() {
		require.Equal(t, []string{"my-key"}, r.header["Idempotency-Key"])
	}
	for _, bad := range []string{"", "a\nb"} {
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.admin(), s.create(thing{}), runtime.WithIdempotencyKey(bad)), runtime.ErrInvalidCall)
	}
	poke := runtime.NewRequest(&pokeThing)
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), s.admin(), poke, runtime.WithIdempotencyKey("k")), "takes no idempotency key")
}

func TestTheRetryBudgetOfASessionRunsOutAndIsEarnedBack(t *testing.T) {
	var down atomic.Bool
	var requests atomic.Int64
	down.Store(true)
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	const calls = 200
	for range calls {
		require.Error(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	}
	require.EqualValues(t, calls+100, requests.Load(), "100 repetitions, then none")

	down.Store(false)
	for range 30 {
		require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	}
	down.Store(true)
	requests.Store(0)
	for range calls {
		require.Error(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	}
	require.EqualValues(t, calls+3, requests.Load(), "one for each ten that succeeded")
}

func TestABodyIsRewoundForEachAttempt(t *testing.T) {
	for name, body := range map[string]func() io.Reader{
		"seeker": func() io.Reader { return strings.NewReader("the body") },
		"stream": func() io.Reader { return io.MultiReader(strings.NewReader("the "), strings.NewReader("body")) },
	} {
		t.Run(name, func(t *testing.T) {
			var got sightings
			s := newThings(t, thingsAPI(), failFirst(3, 503, "", &got))
			r := runtime.NewRequest(&createThing)
			r.Body("text/plain", body())
			require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), r))
			require.Equal(t, 4, got.count())
			for _, r := range got.list() {
				require.Equal(t, "the body", r.body)
			}
		})
	}
}

func TestABrokenConnectionIsRepeatedWhereSafe(t *testing.T) {
	cut := func(times int64, got *atomic.Int64) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if got.Add(1) > times {
				answer(w, http.StatusOK, thing{ID: "t1"})
				return
			}
			conn, _, err := w.(http.Hijacker).Hijack()
			if err == nil {
				conn.Close()
			}
		}
	}
	var got atomic.Int64
	s := newThings(t, thingsAPI(), cut(2, &got))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), s.create(thing{})))
	require.EqualValues(t, 3, got.Load())

	got.Store(0)
	s = newThings(t, thingsAPI(), cut(100, &got))
	err := runtime.DoEmpty(t.Context(), s.admin(), s.create(thing{}), runtime.WithIdempotencyKey("k9"))
	var failed *runtime.SendError
	require.ErrorAs(t, err, &failed)
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, 4, failed.Attempts)
	require.Equal(t, "k9", failed.IdempotencyKey)
	require.Equal(t, "create_thing: no response (attempt 4): EOF", err.Error())

	got.Store(0)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.admin(), runtime.NewRequest(&pokeThing)), runtime.ErrNoResponse)
	require.EqualValues(t, 1, got.Load())
}

func TestAnAnswerThatBreaksOffIsRepeatedWhereSafe(t *testing.T) {
	var got atomic.Int64
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		if got.Add(1) == 1 {
			w.Header().Set("Content-Length", "1000")
			_, _ = io.WriteString(w, `{"id":`)
			return
		}
		answer(w, http.StatusOK, thing{ID: "t1"})
	})
	v, err := doJSON[thing](t.Context(), s.reader(), s.get("a"))
	require.NoError(t, err)
	require.Equal(t, "t1", v.ID)
	require.EqualValues(t, 2, got.Load())

	got.Store(0)
	poke := runtime.NewRequest(&pokeThing)
	_, err = doJSON[thing](t.Context(), s.reader(), poke)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	require.ErrorContains(t, err, "the response 200 broke off")
}

func TestAServerThatIsNotThereIsAnErrorOfTheNetwork(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s := newThings(t, thingsAPI(), nil)
	require.NoError(t, listener.Close())
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: "http://" + listener.Addr().String()},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithClock(s.clock))
	require.NoError(t, err)
	err = runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(session), s.get("a"))
	var netError *net.OpError
	require.ErrorAs(t, err, &netError)
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	noSecret(t, err.Error())
}

func TestAnUntrustedServerIsAskedOnce(t *testing.T) {
	var lock sync.Mutex
	asked := 0
	s := newThings(t, thingsAPI(), nil)
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = discardLog()
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		lock.Lock()
		defer lock.Unlock()
		if state == http.StateNew {
			asked++
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithClock(s.clock))
	require.NoError(t, err)
	err = runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(session), s.get("a"))
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	require.ErrorContains(t, err, "certificate")
	lock.Lock()
	defer lock.Unlock()
	require.Equal(t, 1, asked)
}

func TestARefusedTokenIsDroppedAndTheCallRepeatedOnce(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		got.add(r)
		if r.Header.Get("Authorization") == "Bearer secret-token-1" {
			w.WriteHeader(http.StatusUnauthorized)
		}
	})
	poke := runtime.NewRequest(&pokeThing) // not idempotent, but a refused request had no effect
	poke.Body("text/plain", strings.NewReader("the body"))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), poke, runtime.WithoutRetry()))
	require.Equal(t, 2, got.count())
	require.Equal(t, "Bearer secret-token-2", got.list()[1].header.Get("Authorization"))
	require.Equal(t, "the body", got.list()[1].body)
	require.Empty(t, s.clock.waited())

	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	require.Equal(t, 3, got.count(), "the new token is kept")
}

func TestATokenThatIsRefusedAgainIsAnError(t *testing.T) {
	var requests atomic.Int64
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"title":"Bad %[1]s","detail":"you sent %[1]s"}`, r.Header.Get("Authorization"))
	})
	err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"))
	require.ErrorIs(t, err, runtime.ErrUnauthorized)
	require.EqualValues(t, 2, requests.Load())
	var failed *runtime.Error
	require.ErrorAs(t, err, &failed)
	require.Contains(t, failed.Problem.Title, "[token removed]")
	noSecret(t, err.Error(), fmt.Sprintf("%+v %#v %s", failed, failed, failed.Body))

	requests.Store(0)
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(s.session), s.get("a")), runtime.ErrUnauthorized)
	require.EqualValues(t, 1, requests.Load(), "without a token there is none to renew")
}

func TestACallThatIsCancelledWhileItWaitsReturnsAtOnce(t *testing.T) {
	var got sightings
	s := newThings(t, thingsAPI(), failFirst(1, 503, "29", &got))
	ctx, cancel := context.WithCancel(t.Context())
	s.clock.onLong = func(d time.Duration) {
		if d >= shortWait && d < 30*time.Second { // the wait that the server asks for, and no limit of a fetch
			cancel()
		}
	}
	err := runtime.DoEmpty(ctx, s.reader(), s.get("a"), runtime.WithAttemptTimeout(0))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, runtime.ErrUnavailable, "what came before is told too")
	require.ErrorIs(t, err, runtime.ErrNoResponse)
	require.Equal(t, 1, got.count())
}

func TestACallThatIsCancelledWhileTheServerThinksReturnsAtOnce(t *testing.T) {
	for name, begin := range map[string]func(http.ResponseWriter){
		"before the response": func(http.ResponseWriter) {},
		"in the body": func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, `{"id":`)
			w.(http.Flusher).Flush()
		},
		"in the body of an error": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"title":`)
			w.(http.Flusher).Flush()
		},
	} {
		t.Run(name, func(t *testing.T) {
			var requests atomic.Int64
			stop := errors.New("the user went away")
			ctx, cancel := context.WithCancelCause(t.Context())
			s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
				requests.Add(1)
				begin(w)
				cancel(stop)
				<-r.Context().Done()
			})
			_, err := doJSON[thing](ctx, s.reader(), s.get("a"))
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, stop)
			require.EqualValues(t, 1, requests.Load())
		})
	}
}

func TestAContextThatHasEndedSendsNothing(t *testing.T) {
	s, got := record(t, thingsAPI())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, runtime.DoEmpty(ctx, s.reader(), s.get("a")), context.Canceled)
	require.Empty(t, got.list())
}

func TestAnAttemptThatTakesTooLongIsRepeated(t *testing.T) {
	var requests atomic.Int64
	var s *things
	s = newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		if requests.Load() < 3 {
			s.clock.advance(31 * time.Second)
			<-r.Context().Done()
			return
		}
		answer(w, http.StatusOK, thing{ID: "t1"})
	})
	require.NoError(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a")))
	require.EqualValues(t, 3, requests.Load())

	requests.Store(0)
	poke := runtime.NewRequest(&pokeThing)
	err := runtime.DoEmpty(t.Context(), s.reader(), poke, runtime.WithAttemptTimeout(29*time.Second))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the attempt took longer than its limit of 29s")
	var timeout net.Error
	require.ErrorAs(t, err, &timeout)
	require.True(t, timeout.Timeout())
}

func TestACallThatTakesTooLongEnds(t *testing.T) {
	var requests atomic.Int64
	var s *things
	s = newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		requests.Add(1)
		s.clock.advance(time.Minute)
		<-r.Context().Done()
	})
	err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithTimeout(time.Minute), runtime.WithAttemptTimeout(0))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the call took longer than its limit of 1m0s")
	require.EqualValues(t, 1, requests.Load())
}

func TestACallsLimitHoldsWhileItsTokenIsFetched(t *testing.T) {
	var s *things
	waiting := make(chan struct{})
	api := thingsAPI()
	api.Token.Path = "/slow" // goes to the handler
	s = newThings(t, api, func(w http.ResponseWriter, r *http.Request) {
		s.clock.advance(29 * time.Second)
		<-waiting
	})
	defer close(waiting)
	err := runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), runtime.WithTimeout(29*time.Second))
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "get_thing")
	stop := errors.New("the user went away")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	err = runtime.DoEmpty(ctx, s.reader(), s.get("a"))
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, err, stop)
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	s, got := record(t, thingsAPI())
	for _, opt := range []runtime.CallOption{
		runtime.WithTimeout(0), runtime.WithTimeout(-1), runtime.WithAttemptTimeout(-1), runtime.WithResponseLimit(0), runtime.WithResponseLimit(-1), nil,
	} {
		require.ErrorIs(t, runtime.DoEmpty(t.Context(), s.reader(), s.get("a"), opt), runtime.ErrInvalidCall)
	}
	require.Empty(t, got.list())
}

func TestEachAttemptHasTheSameKeyAndASignatureOfItsOwn(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	key, err := httpsig.NewPublicKey("key-1", public)
	require.NoError(t, err)
	api := thingsAPI()
	api.Signing = httpsig.UpvestV15().Signer
	var s *things
	var got sightings
	var problems atomic.Value
	nonces := httpsig.NewMemoryNonces(100) // a nonce that comes again is refused
	s = newThings(t, api, func(w http.ResponseWriter, r *http.Request) {
		verifier, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
			Keys:   func(context.Context, string) (httpsig.Key, error) { return key, nil },
			Nonces: nonces,
			Now:    s.clock.Now,
		})
		if err == nil {
			_, err = verifier.Verify(r)
		}
		if err != nil {
			problems.Store(err)
		}
		switch got.add(r) {
		case 1, 3:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 2:
			w.WriteHeader(http.StatusUnauthorized)
		}
	}, runtime.WithKey("key-1", private))
	r := runtime.UnlistedCall("POST", "/things/{id}")
	r.Path("id", "isin:DE0001/a b")
	r.Query("q", "a b")
	r.Query("empty", "")
	r.Header("X-Several", []string{"a", "b"})
	r.Header("Traceparent", " 00-1 ")
	r.Body("text/plain", strings.NewReader("the body"))
	require.NoError(t, runtime.DoEmpty(t.Context(), s.admin(), r, runtime.WithIdempotencyKey("k")))
	require.Nil(t, problems.Load(), "each attempt verifies")
	require.Equal(t, 4, got.count())
	inputs := map[string]bool{}
	for i, r := range got.list() {
		require.Equal(t, "k", r.header.Get("Idempotency-Key"))
		require.Equal(t, "the body", r.body)
		inputs[r.header.Get("Signature-Input")] = true
		token := "Bearer secret-token-1"
		if i >= 2 {
			token = "Bearer secret-token-2"
		}
		require.Equal(t, token, r.header.Get("Authorization"))
	}
	require.Len(t, inputs, 4)
}
