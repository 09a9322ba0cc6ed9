package runtime_test

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// lossy is an API that verifies each request, takes no nonce twice, and in
// place of every fifth response ends the connection.
type lossy struct {
	verifier *httpsig.Verifier
	reset    bool // end it with a reset, else in good order
	arrived  atomic.Int64
	lost     atomic.Int64
	refused  atomic.Int64
}

func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n := l.arrived.Add(1)
	if _, err := l.verifier.Verify(r); err != nil {
		l.refused.Add(1)
		answer(w, http.StatusUnauthorized, map[string]string{"detail": err.Error()})
		return
	}
	if n%5 != 0 {
		answer(w, http.StatusOK, thing{ID: "t1"})
		return
	}
	l.lost.Add(1)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok && l.reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

func newLossy(t *testing.T, reset bool, opts ...runtime.Option) (*lossy, *things) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	key, err := httpsig.NewPublicKey("key-1", public)
	require.NoError(t, err)
	l := &lossy{reset: reset}
	api := thingsAPI()
	api.Signing = httpsig.UpvestV15().Signer
	s := newThings(t, api, l.ServeHTTP, append(opts, runtime.WithKey("key-1", private))...)
	l.verifier, err = httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
		Keys:   func(context.Context, string) (httpsig.Key, error) { return key, nil },
		Nonces: httpsig.NewMemoryNonces(1 << 16),
		Now:    s.clock.Now,
		Skew:   time.Hour, // quickClock jumps
	})
	require.NoError(t, err)
	return l, s
}

// hiding is a RoundTripper that wraps another, as those for tracing do.
type hiding struct{ http.RoundTripper }

func (h hiding) RoundTrip(r *http.Request) (*http.Response, error) {
	return h.RoundTripper.RoundTrip(r.Clone(r.Context()))
}

func TestEachAttemptIsSignedAnewThoughEveryFifthAnswerIsLost(t *testing.T) {
	requests := map[string]func(s *things) *runtime.Request{
		"GET": func(s *things) *runtime.Request { return s.get("a") },
		"POST without a body": func(*things) *runtime.Request {
			r := runtime.NewRequest(&createThing)
			r.Accept("application/json")
			return r
		},
		"POST with a body": func(s *things) *runtime.Request { return s.create(thing{ID: "t1"}) },
	}
	for name, request := range requests {
		for _, reset := range []bool{false, true} {
			for _, wrapped := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s reset %v wrapped %v", name, reset, wrapped), func(t *testing.T) {
					var opts []runtime.Option
					if wrapped {
						opts = append(opts, runtime.WithTransport(hiding{&http.Transport{}}))
					}
					l, s := newLossy(t, reset, opts...)
					sent := 0
					for i := range 100 {
						var info runtime.ResponseInfo
						_, err := doJSON[thing](t.Context(), s.admin(), request(s), runtime.WithResponseInfo(&info))
						require.NoError(t, err, "call %d", i)
						sent += info.Attempts
					}
					require.Zero(t, l.refused.Load(), "no signature arrives twice")
					require.EqualValues(t, l.arrived.Load(), sent, "Attempts counts what was sent")
					require.GreaterOrEqual(t, l.lost.Load(), int64(20))
				})
			}
		}
	}
}

func TestWithoutRetryARequestArrivesOnceThoughItsAnswerIsLost(t *testing.T) {
	l, s := newLossy(t, false)
	for i := range 100 {
		before, lost := l.arrived.Load(), l.lost.Load()
		_, err := doJSON[thing](t.Context(), s.admin(), s.get("a"), runtime.WithoutRetry())
		require.Equal(t, before+1, l.arrived.Load(), "call %d", i)
		if l.lost.Load() == lost {
			require.NoError(t, err)
			continue
		}
		var failed *runtime.SendError
		require.ErrorAs(t, err, &failed)
		require.Equal(t, 1, failed.Attempts)
		require.NotErrorIs(t, err, context.Canceled, "the caller has not cancelled")
		require.ErrorContains(t, err, "closed the connection before it responded")
	}
	require.EqualValues(t, 20, l.lost.Load())
}

// A header that net/http takes for a promise that repeating is safe is not one
// that the caller gave to us.
func TestAHeaderDoesNotMakeNetHTTPRepeatAPost(t *testing.T) {
	l, s := newLossy(t, false)
	for range 50 {
		before := l.arrived.Load()
		r := runtime.NewRequest(&pokeThing)
		r.JSON("body")
		_ = runtime.DoEmpty(t.Context(), s.admin(), r, runtime.WithHeader("X-Idempotency-Key", "k"))
		require.Equal(t, before+1, l.arrived.Load())
	}
	require.EqualValues(t, 10, l.lost.Load())
	require.Zero(t, l.refused.Load())
}

func TestATraceOfTheCallersIsToldToo(t *testing.T) {
	l, s := newLossy(t, false)
	var written atomic.Int64
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		WroteRequest: func(httptrace.WroteRequestInfo) { written.Add(1) },
	})
	for range 50 {
		_, err := doJSON[thing](ctx, s.admin(), s.get("a"))
		require.NoError(t, err)
	}
	require.GreaterOrEqual(t, written.Load(), l.arrived.Load())
	require.Zero(t, l.refused.Load())
}

// A RoundTripper may have requests of its own under the caller's context, for
// instance one for a token of a proxy.
func TestARoundTrippersOwnRequestsAreNotTakenForARepetition(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer other.Close()
	transport := &http.Transport{}
	l, s := newLossy(t, false, runtime.WithTransport(tripper(func(r *http.Request) (*http.Response, error) {
		own, err := http.NewRequestWithContext(r.Context(), http.MethodGet, other.URL, nil)
		if err != nil {
			return nil, err
		}
		response, err := transport.RoundTrip(own)
		if err != nil {
			return nil, err
		}
		_ = response.Body.Close()
		return transport.RoundTrip(r)
	})))
	for range 50 {
		_, err := doJSON[thing](t.Context(), s.admin(), s.get("a"))
		require.NoError(t, err)
	}
	require.Zero(t, l.refused.Load())
}

func TestOverHTTP2OtherCallsKeepTheirConnection(t *testing.T) {
	var connections atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, `{"access_token":"a","token_type":"bearer","expires_in":86400}`)
			return
		}
		answer(w, http.StatusOK, thing{ID: r.Proto})
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.StartTLS()
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithTransport(server.Client().Transport))
	require.NoError(t, err)
	caller := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	for range 20 {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "a")
		got, err := doJSON[thing](t.Context(), caller, r)
		require.NoError(t, err)
		require.Equal(t, "HTTP/2.0", got.ID)
	}
	require.EqualValues(t, 1, connections.Load())
}

// tripper is a RoundTripper made of a function.
type tripper func(*http.Request) (*http.Response, error)

func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
