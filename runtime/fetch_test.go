package runtime_test

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// stepping calls call while it moves the clock on, and returns how much
// time went by on the clock, and what call returns.
func (s *issuer) stepping(t *testing.T, call func(context.Context) error) (took time.Duration, err error) {
	t.Helper()
	start := s.clock.Now()
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	require.Eventually(t, func() bool {
		select {
		case err = <-result:
			return true
		default:
			s.clock.advance(20 * time.Millisecond)
			return false
		}
	}, 20*time.Second, time.Millisecond)
	return s.clock.Now().Sub(start), err
}

func TestATokenRequestThatMaySucceedTheNextTimeIsRepeated(t *testing.T) {
	reset := func(w http.ResponseWriter, _ *http.Request, _ int64) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_ = conn.Close()
	}
	for _, test := range []struct {
		name  string
		first granter
		after time.Duration
	}{
		{"429", refuse(429), 0},
		{"502", refuse(502), 0},
		{"503", refuse(503), 0},
		{"504", refuse(504), 0},
		{"Reset", reset, 0},
		{"RetryAfter", func(w http.ResponseWriter, _ *http.Request, _ int64) {
			w.Header().Set("Retry-After", "3")
			w.WriteHeader(429)
		}, 3 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
				if n < 3 {
					test.first(w, r, n)
					return
				}
				grantFor(`,"expires_in":3600`)(w, r, n)
			})
			took, err := s.stepping(t, s.caller(t))
			require.NoError(t, err)
			require.EqualValues(t, 3, s.requests.Load())
			require.GreaterOrEqual(t, took, 2*test.after)
		})
	}
}

func TestATokenRequestThatFailedIsNotRepeatedWhereThatIsOfNoUse(t *testing.T) {
	for _, test := range []struct {
		name       string
		status     int
		retryAfter string
	}{
		{"Refused", 401, ""},
		{"TheServersFault", 500, ""},
		{"TooLong", 503, "31"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
				w.Header().Set("Retry-After", test.retryAfter)
				w.WriteHeader(test.status)
			})
			require.Error(t, s.caller(t)(t.Context())) // the clock stands still
			require.EqualValues(t, 1, s.requests.Load())
		})
	}
	s := newIssuer(t, refuse(503))
	session := s.open(t, thingsAPI(), runtime.WithoutRetry())
	require.Error(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1()))
	require.EqualValues(t, 1, s.requests.Load())
}

func getThing1() *runtime.Request {
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	return r
}

func TestAnEndpointThatAsksForAPauseGetsIt(t *testing.T) {
	s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
		w.Header().Set("Retry-After", "45")
		w.WriteHeader(429)
	})
	call := s.caller(t)
	for range 100 {
		err := call(t.Context())
		require.ErrorIs(t, err, runtime.ErrRateLimited)
		require.NotErrorIs(t, err, runtime.ErrUnavailable)
		require.ErrorContains(t, err, "the endpoint asks to wait 45s")
		s.clock.advance(440 * time.Millisecond)
	}
	require.EqualValues(t, 1, s.requests.Load())
	s.clock.advance(2 * time.Second)
	require.Error(t, call(t.Context()))
	require.EqualValues(t, 2, s.requests.Load())
}

func TestTheErrorOfAnUnavailableEndpointSaysHowOftenItWasAsked(t *testing.T) {
	s := newIssuer(t, refuse(503))
	_, err := s.stepping(t, s.caller(t))
	require.ErrorIs(t, err, runtime.ErrUnavailable)
	require.ErrorContains(t, err, "asked 4 times")
	require.EqualValues(t, 4, s.requests.Load())
}

func TestATokensLifeCountsFromTheRequest(t *testing.T) {
	var s *issuer
	s = newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		s.clock.advance(20 * time.Second) // on the way
		grantFor(`,"expires_in":30`)(w, r, n)
	})
	call := s.caller(t)
	require.NoError(t, call(t.Context()))
	s.clock.advance(11 * time.Second) // 31 seconds after the request
	require.NoError(t, call(t.Context()))
	require.EqualValues(t, 2, s.requests.Load())
}

func TestAClockThatIsSetBackKeepsNobodyFromAToken(t *testing.T) {
	s := newIssuer(t, refuse(500))
	call := s.caller(t)
	require.Error(t, call(t.Context()))
	s.grant.Store(grantFor(`,"expires_in":3600`))
	s.clock.advance(-time.Hour)
	require.NoError(t, call(t.Context()))
}

func TestAnAnswerThatSwitchesProtocolsIsAnError(t *testing.T) {
	release := make(chan struct{})
	defer close(release)
	s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
		conn, buffered, _ := http.NewResponseController(w).Hijack()
		_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
		_ = buffered.Flush()
		go func() {
			<-release
			_ = conn.Close()
		}()
	})
	err := s.caller(t)(context.Background())
	require.ErrorContains(t, err, "status 101: it switched to another protocol")
}

// panicking is a transport that panics at token requests.
type panicking struct{}

func (panicking) RoundTrip(r *http.Request) (*http.Response, error) {
	body, _ := io.ReadAll(r.Body)
	panic("lost: " + string(body))
}

func TestATransportThatPanicsDuringAFetchIsAnErrorOfTheCall(t *testing.T) {
	s := newIssuer(t, grantFor(""))
	call := s.caller(t, runtime.WithTransport(panicking{}))
	for range 2 {
		err := call(t.Context())
		var refused *runtime.TokenError
		require.ErrorAs(t, err, &refused)
		require.ErrorContains(t, err, "panic: lost: client_id=c1&client_secret=[secret]&grant_type=client_credentials")
		require.ErrorContains(t, err, "fetch_test.go:")
		require.NotContains(t, err.Error(), "s3cret")
	}
}

// deaf is a transport that ignores the context of token requests.
type deaf struct{ entered, release chan struct{} }

func (d deaf) RoundTrip(*http.Request) (*http.Response, error) {
	d.entered <- struct{}{}
	<-d.release
	return nil, errors.New("too late")
}

func TestATransportThatIgnoresItsContextHoldsNobodyForever(t *testing.T) {
	s := newIssuer(t, grantFor(""))
	transport := deaf{make(chan struct{}, 1), make(chan struct{})}
	defer close(transport.release)
	call := s.caller(t, runtime.WithTransport(transport))
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	<-transport.entered
	s.clock.advance(31 * time.Second)
	require.ErrorIs(t, <-result, context.DeadlineExceeded)
}

// stuckStore is a store of which one method never returns, whatever its context says.
type stuckStore struct {
	runtime.Store
	stuck string
	calls *atomic.Int64
	never chan struct{}
}

func (s stuckStore) at(method string) {
	if method == s.stuck {
		s.calls.Add(1)
		<-s.never
	}
}

func (s stuckStore) Get(ctx context.Context, key string) (runtime.StoredToken, bool, error) {
	s.at("Get")
	return s.Store.Get(ctx, key)
}

func (s stuckStore) Put(ctx context.Context, key string, token runtime.StoredToken) error {
	s.at("Put")
	return s.Store.Put(ctx, key, token)
}

func (s stuckStore) Lock(ctx context.Context, key string) (func(), error) {
	s.at("Lock")
	unlock, err := s.Store.Lock(ctx, key)
	return func() { s.at("unlock"); unlock() }, err
}

func TestAStoreThatNeverReturnsCostsOneWait(t *testing.T) {
	for _, method := range []string{"Get", "Put", "Lock", "unlock"} {
		t.Run(method, func(t *testing.T) {
			s := newIssuer(t, grantFor(`,"expires_in":100`))
			store := stuckStore{&runtime.MemoryStore{Now: s.clock.Now}, method, new(atomic.Int64), make(chan struct{})}
			defer close(store.never)
			call := s.caller(t, runtime.WithStore(store))
			took, err := s.stepping(t, call)
			require.NoError(t, err)
			require.Less(t, took, 16*time.Second)
			for range 5 {
				s.clock.advance(200 * time.Second)
				require.NoError(t, call(t.Context())) // the clock stands still: nobody waits for the store
			}
			require.EqualValues(t, 1, store.calls.Load())
			require.EqualValues(t, 6, s.requests.Load())
		})
	}
}

// lateStore grants locks when the test says, whatever the context says.
type lateStore struct {
	runtime.Store
	grant    chan struct{}
	unlocked chan struct{}
}

func (s lateStore) Lock(context.Context, string) (func(), error) {
	<-s.grant
	return func() {
		close(s.unlocked)
		panic("and it is not even sound")
	}, nil
}

func TestALockThatComesTooLateIsGivenBack(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":100`))
	store := lateStore{&runtime.MemoryStore{Now: s.clock.Now}, make(chan struct{}), make(chan struct{})}
	took, err := s.stepping(t, s.caller(t, runtime.WithStore(store)))
	require.NoError(t, err)
	require.GreaterOrEqual(t, took, 10*time.Second)
	close(store.grant)
	<-store.unlocked
}

// brokenBody never ends, and panics when it is closed.
type brokenBody struct{ reading, never chan struct{} }

func (b brokenBody) Read([]byte) (int, error) {
	b.reading <- struct{}{}
	<-b.never
	return 0, io.EOF
}

func (brokenBody) Close() error { panic("cannot be closed") }

func (b brokenBody) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: b}, nil
}

func TestABodyThatCannotBeReadOrClosedHoldsNobodyForever(t *testing.T) {
	s := newIssuer(t, grantFor(""))
	body := brokenBody{make(chan struct{}, 1), make(chan struct{})}
	defer close(body.never)
	call := s.caller(t, runtime.WithTransport(body))
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	<-body.reading
	s.clock.advance(31 * time.Second)
	require.ErrorIs(t, <-result, context.DeadlineExceeded)
}

// panickingStore panics at everything.
type panickingStore struct{ runtime.Store }

func TestAStoreThatPanicsIsNotTheEnd(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":3600`))
	require.NoError(t, s.caller(t, runtime.WithStore(panickingStore{}))(t.Context()))
}

func TestAMemoryStoreForgetsTokensThatHaveExpired(t *testing.T) {
	clock := newStepClock()
	store := &runtime.MemoryStore{Now: clock.Now}
	require.NoError(t, store.Put(t.Context(), "k", runtime.StoredToken{Expires: clock.Now().Add(time.Minute)}))
	_, ok, err := store.Get(t.Context(), "k")
	require.NoError(t, err)
	require.True(t, ok)
	clock.advance(time.Minute)
	_, ok, err = store.Get(t.Context(), "k")
	require.NoError(t, err)
	require.False(t, ok)
}

func TestAWiderTokenIsUsedWhereTheSessionAcceptsIt(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":3600,"scope":"things:read things:admin"`))
	store := &runtime.MemoryStore{Now: s.clock.Now}
	require.NoError(t, s.caller(t, runtime.WithWiderTokens(), runtime.WithStore(store))(t.Context()))

	// A session that does not accept it does not take it from the store either.
	err := s.caller(t, runtime.WithStore(store))(t.Context())
	var refused *runtime.TokenError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"things:admin"}, refused.Excess)
	require.EqualValues(t, 2, s.requests.Load())

	// Error says what the token held.
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			grantFor(`,"expires_in":3600,"scope":"things:read things:admin"`)(w, r, 1)
			return
		}
		w.WriteHeader(http.StatusForbidden)
	}))
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithWiderTokens())
	require.NoError(t, err)
	err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1())
	var forbidden *runtime.Error
	require.ErrorAs(t, err, &forbidden)
	require.Equal(t, []string{"things:read", "things:admin"}, forbidden.Granted)
	require.ErrorContains(t, err, `the token was asked for "things:read" and held "things:read" and "things:admin"`)
}

func TestASkewedClockIsToldWhereTheRequestIsSigned(t *testing.T) {
	for _, test := range []struct {
		name   string
		signed bool
		skew   time.Duration // of the server
		says   string
	}{
		{"Behind", true, 10 * time.Minute, "this machine's clock is 10m"},
		{"Ahead", true, -time.Minute, "ahead of the server's, so the signature may be taken for expired: set the clock. If that is not it, check the client's credentials"},
		{"Right", true, 0, ": check the client's credentials"},
		{"NotSigned", false, time.Hour, ": check the client's credentials"},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", time.Now().Add(test.skew).UTC().Format(http.TimeFormat))
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(401)
				_, _ = io.WriteString(w, `{"error":"invalid_client"}`)
			}))
			defer server.Close()
			api := thingsAPI()
			api.Signing, api.Token.Signed = httpsig.UpvestV15().Signer, test.signed
			_, private, err := ed25519.GenerateKey(nil)
			require.NoError(t, err)
			session, err := runtime.Open(api, runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithKey("k", private))
			require.NoError(t, err)
			err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1())
			var refused *runtime.TokenError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, test.says)
			if !test.signed {
				require.Zero(t, refused.Skew)
				return
			}
			require.InDelta(t, test.skew, refused.Skew, float64(2*time.Second))
		})
	}
}

func TestAClientOfTheZeroSessionRefusesEveryCall(t *testing.T) {
	for _, session := range []*runtime.Session{nil, new(runtime.Session)} {
		err := runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(session), getThing1())
		require.ErrorIs(t, err, runtime.ErrFailClosed)
		require.ErrorIs(t, runtime.Authorize[thingsRead](session).Err(), runtime.ErrFailClosed)
	}
}

func TestASessionsDefaultsHoldForEveryCall(t *testing.T) {
	var seen, tokens sync.Map
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			tokens.Store("agent", r.UserAgent())
			tokens.Store("partner", r.Header.Get("Partner"))
			grantFor(`,"expires_in":3600`)(w, r, 1)
			return
		}
		seen.Store("agent", r.UserAgent())
		seen.Store("partner", fmt.Sprint(r.Header.Values("Partner")))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	open := func(opts ...runtime.Option) (*runtime.Session, error) {
		return runtime.Open(thingsAPI(), runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s3cret")}, opts...)
	}
	session, err := open(runtime.WithHeader("User-Agent", "shop/1.4"), runtime.WithHeader("Partner", "p1"))
	require.NoError(t, err)
	c := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	is := func(m *sync.Map, key, want string) {
		t.Helper()
		got, _ := m.Load(key)
		require.Equal(t, want, got)
	}
	require.NoError(t, runtime.DoEmpty(t.Context(), c, getThing1()))
	is(&tokens, "agent", "shop/1.4")
	is(&tokens, "partner", "p1")
	is(&seen, "agent", "shop/1.4")
	is(&seen, "partner", "[p1]")
	// A call's own header replaces the default, for this call.
	require.NoError(t, runtime.DoEmpty(t.Context(), c, getThing1(), runtime.WithHeader("Partner", "p2")))
	is(&seen, "partner", "[p2]")
	require.NoError(t, runtime.DoEmpty(t.Context(), c, getThing1()))
	is(&seen, "partner", "[p1]")

	for _, test := range []struct {
		opt  runtime.Option
		says string
	}{
		{runtime.WithHeader("Authorization", "x"), `WithHeader: "Authorization": is set by the runtime`},
		{runtime.WithHeader("Things-Version", "2"), `WithHeader: "Things-Version": is set by the runtime`},
		{runtime.WithHeader("idempotency-key", "2"), `is set by the runtime`},
		{runtime.WithTimeout(-1), "it must be more than 0"},
	} {
		_, err := open(test.opt)
		require.ErrorContains(t, err, test.says)
	}
}

func TestASessionsTimeoutLimitsACallThatHasNone(t *testing.T) {
	entered, release := make(chan struct{}, 2), make(chan struct{})
	s := newIssuer(t, func(http.ResponseWriter, *http.Request, int64) {
		entered <- struct{}{}
		<-release
	})
	defer close(release)
	call := s.caller(t, runtime.WithTimeout(5*time.Second))
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	<-entered
	s.clock.advance(6 * time.Second)
	err := <-result
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the call took longer than its limit of 5s")
}
