package runtime_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

// stepClock is a clock that stands still until a test moves it.
type stepClock struct {
	mu     sync.Mutex
	now    time.Time
	timers map[*stepTimer]bool
}

type stepTimer struct {
	clock *stepClock
	at    time.Time
	f     func()
}

func newStepClock() *stepClock {
	return &stepClock{now: time.Unix(1_700_000_000, 0), timers: map[*stepTimer]bool{}}
}

func (c *stepClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *stepClock) AfterFunc(d time.Duration, f func()) runtime.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &stepTimer{c, c.now.Add(d), f}
	c.timers[t] = true
	return t
}

func (t *stepTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.clock.timers[t]
	delete(t.clock.timers, t)
	return was
}

// advance moves the clock and calls what has come due before it returns.
func (c *stepClock) advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var fire []func()
	for t := range c.timers {
		if !t.at.After(c.now) {
			delete(c.timers, t)
			fire = append(fire, t.f)
		}
	}
	c.mu.Unlock()
	for _, f := range fire {
		f()
	}
}

// issuer is a token endpoint with an API behind it that takes any bearer.
type issuer struct {
	*httptest.Server
	clock    *stepClock
	requests atomic.Int64
	grant    atomic.Value // func(w, r, n)
	bearers  sync.Map     // seen by the API
}

type granter func(w http.ResponseWriter, r *http.Request, n int64)

func newIssuer(t testing.TB, grant granter) *issuer {
	t.Helper()
	s := &issuer{clock: newStepClock()}
	s.grant.Store(grant)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			s.grant.Load().(granter)(w, r, s.requests.Add(1))
			return
		}
		s.bearers.Store(r.Header.Get("Authorization"), true)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *issuer) open(t testing.TB, api *clientimpl.API, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	session, err := runtime.Open(api, runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")},
		append([]runtime.Option{runtime.WithClock(s.clock)}, opts...)...)
	require.NoError(t, err)
	return session
}

// caller opens a session and returns what calls with things:read.
func (s *issuer) caller(t testing.TB, opts ...runtime.Option) func(context.Context) error {
	token := runtime.Authorize[thingsRead](s.open(t, thingsAPI(), opts...))
	c := runtime.NewCaller[thingsRead](token)
	return func(ctx context.Context) error {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		return runtime.DoEmpty(ctx, c, r, runtime.WithoutRetry())
	}
}

func grantFor(expiresIn string) granter {
	return func(w http.ResponseWriter, _ *http.Request, n int64) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"token-%d","token_type":"bearer"%s}`, n, expiresIn)
	}
}

func refuse(status int) granter {
	return func(w http.ResponseWriter, _ *http.Request, _ int64) { w.WriteHeader(status) }
}

func TestAThousandCallersOnAColdCacheCauseOneTokenRequest(t *testing.T) {
	entered, release := make(chan struct{}, 1), make(chan struct{})
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		entered <- struct{}{}
		<-release
		grantFor(`,"expires_in":3600`)(w, r, n)
	})
	call := s.caller(t)
	var wg sync.WaitGroup
	errs := make(chan error, 1000)
	for range 1000 {
		wg.Go(func() { errs <- call(t.Context()) })
	}
	<-entered
	close(release)
	wg.Wait()
	for range 1000 {
		require.NoError(t, <-errs)
	}
	require.EqualValues(t, 1, s.requests.Load())
}

func TestAWaiterThatGivesUpDoesNotEndTheFetchOfTheOthers(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		close(entered)
		<-release
		grantFor(`,"expires_in":3600`)(w, r, n)
	})
	call := s.caller(t)
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error, 1), make(chan error, 1)
	go func() { first <- call(ctx) }() // the fetch starts on its behalf
	<-entered
	go func() { second <- call(t.Context()) }()
	cancel()
	require.ErrorIs(t, <-first, context.Canceled)
	close(release)
	require.NoError(t, <-second)
	require.EqualValues(t, 1, s.requests.Load())
}

func TestAFetchHasABoundOfItsOwn(t *testing.T) {
	entered := make(chan struct{})
	release := make(chan struct{})
	s := newIssuer(t, func(_ http.ResponseWriter, r *http.Request, _ int64) {
		close(entered)
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	call := s.caller(t)
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	<-entered
	s.clock.advance(31 * time.Second)
	var refused *runtime.TokenError
	require.ErrorAs(t, <-result, &refused)
	require.ErrorIs(t, refused, context.DeadlineExceeded)
}

func TestABodyThatNeverEndsEndsWithTheFetch(t *testing.T) {
	begun, release := make(chan struct{}), make(chan struct{})
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"secret-value`)
		_ = http.NewResponseController(w).Flush()
		close(begun)
		select {
		case <-r.Context().Done():
		case <-release:
		}
	})
	defer close(release)
	call := s.caller(t)
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	<-begun
	s.clock.advance(31 * time.Second)
	err := <-result
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "the token request took longer than its limit of 30s")
	require.NotContains(t, err.Error(), "secret-value")
}

func TestAWaiterWithADeadlineReturnsWhenItPasses(t *testing.T) {
	release := make(chan struct{})
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
		<-release
		grantFor(`,"expires_in":3600`)(w, r, n)
	})
	call := s.caller(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, call(ctx), context.DeadlineExceeded) // while the endpoint has not answered
	close(release)
	require.NoError(t, call(t.Context()))
	require.EqualValues(t, 1, s.requests.Load())
}

func TestAnEndpointThatStopsAnsweringDoesNotHoldCallersUp(t *testing.T) {
	s := newIssuer(t, refuse(500))
	call := s.caller(t)
	require.Error(t, call(t.Context()))
	entered, release := make(chan struct{}), make(chan struct{})
	s.grant.Store(granter(func(w http.ResponseWriter, r *http.Request, n int64) {
		close(entered)
		<-release
		grantFor(`,"expires_in":3600`)(w, r, n)
	}))
	s.clock.advance(150 * time.Millisecond)
	result := make(chan error, 1)
	go func() { result <- call(t.Context()) }()
	<-entered
	require.Eventually(t, func() bool {
		s.clock.advance(50 * time.Millisecond) // until the waiter's patience is over, whenever it began
		select {
		case err := <-result:
			var refused *runtime.TokenError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, 500, refused.Status)
			return true
		default:
			return false
		}
	}, 10*time.Second, time.Millisecond)
	close(release)
	require.Eventually(t, func() bool { return call(t.Context()) == nil }, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 2, s.requests.Load())
}

func TestAFailureOfLongAgoDoesNotMakeCallersImpatient(t *testing.T) {
	s := newIssuer(t, refuse(500))
	call := s.caller(t)
	require.Error(t, call(t.Context()))
	entered, release := make(chan struct{}), make(chan struct{})
	s.grant.Store(granter(func(w http.ResponseWriter, r *http.Request, n int64) {
		close(entered)
		<-release
		grantFor(`,"expires_in":3600`)(w, r, n)
	}))
	s.clock.advance(time.Hour)
	result := make(chan error, 1)
	go func() { result <- call(t.Context()) }()
	<-entered
	s.clock.advance(time.Second)
	close(release)
	require.NoError(t, <-result)
}

// quitter ends the goroutine that sends through it, as a failing assertion in a
// test's transport does.
type quitter struct{}

func (quitter) RoundTrip(*http.Request) (*http.Response, error) {
	goruntime.Goexit()
	return nil, nil
}

func TestATransportThatEndsItsGoroutineLeavesNobodyWaiting(t *testing.T) {
	s := newIssuer(t, grantFor(""))
	err := s.caller(t, runtime.WithTransport(quitter{}))(context.Background())
	require.ErrorContains(t, err, "ended by runtime.Goexit")
}

func TestAnEndpointInTroubleIsNotAskedMoreByManyCallers(t *testing.T) {
	s := newIssuer(t, refuse(500))
	call := s.caller(t)
	all := func() (failed int) {
		var wg sync.WaitGroup
		var n atomic.Int64
		for range 64 {
			wg.Go(func() {
				if err := call(t.Context()); err != nil {
					var refused *runtime.TokenError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, 500, refused.Status)
					n.Add(1)
				}
			})
		}
		wg.Wait() // nobody waits for the clock, which stands still
		return int(n.Load())
	}
	for range 500 { // five seconds
		require.Equal(t, 64, all())
		s.clock.advance(10 * time.Millisecond)
	}
	require.LessOrEqual(t, s.requests.Load(), int64(12))
	s.grant.Store(grantFor(`,"expires_in":3600`))
	s.clock.advance(1200 * time.Millisecond)
	require.Zero(t, all())
}

func TestAValidTokenIsServedWhileTheEndpointIsInTrouble(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":100`))
	call := s.caller(t)
	require.NoError(t, call(t.Context()))
	s.grant.Store(refuse(500))
	s.clock.advance(85 * time.Second) // due, not expired
	for range 100 {
		require.NoError(t, call(t.Context()))
		s.clock.advance(100 * time.Millisecond)
	}
	s.clock.advance(20 * time.Second) // expired
	require.Error(t, call(t.Context()))
}

func TestATokenIsRenewedBehindTheCallersBacks(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":100`))
	call := s.caller(t)
	require.NoError(t, call(t.Context()))
	entered, release := make(chan struct{}), make(chan struct{})
	s.grant.Store(granter(func(w http.ResponseWriter, r *http.Request, n int64) {
		close(entered)
		<-release
		grantFor(`,"expires_in":100`)(w, r, n)
	}))
	s.clock.advance(85 * time.Second)
	require.NoError(t, call(t.Context())) // starts the renewal and does not wait for it
	<-entered
	require.NoError(t, call(t.Context()))
	_, early := s.bearers.Load("Bearer token-2")
	require.False(t, early)
	close(release)
	require.Eventually(t, func() bool {
		require.NoError(t, call(t.Context()))
		_, ok := s.bearers.Load("Bearer token-2")
		return ok
	}, 10*time.Second, time.Millisecond)
	require.EqualValues(t, 2, s.requests.Load())
}

func TestLifetimes(t *testing.T) {
	for _, test := range []struct {
		name, expiresIn string
		least, most     int64 // requests for 250 calls within 25 seconds
	}{
		{"Absent", ``, 250, 250},
		{"Zero", `,"expires_in":0`, 250, 250},
		{"Negative", `,"expires_in":-5`, 250, 250},
		{"NotANumber", `,"expires_in":"soon"`, 250, 250},
		{"Null", `,"expires_in":null`, 250, 250},
		{"EndlessAsText", `,"expires_in":"Infinity"`, 250, 250},
		{"OneSecond", `,"expires_in":1`, 25, 38}, // each serves 0.8 seconds, give or take the jitter
		{"TwoMinutes", `,"expires_in":120`, 1, 1},
		{"ADay", `,"expires_in":86400`, 1, 1},
		{"AsText", `,"expires_in":"86400"`, 1, 1},
		{"Enormous", `,"expires_in":1e18`, 1, 1},
		{"BeyondAnyNumber", `,"expires_in":1e400`, 1, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newIssuer(t, grantFor(test.expiresIn))
			call := s.caller(t)
			for range 250 {
				require.NoError(t, call(t.Context()))
				s.clock.advance(100 * time.Millisecond)
			}
			require.GreaterOrEqual(t, s.requests.Load(), test.least)
			require.LessOrEqual(t, s.requests.Load(), test.most)
		})
	}
}

func TestTwoMinutesOfCallsTakeOneTokenUntilItIsDue(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":120`))
	call := s.caller(t)
	for range 1000 {
		require.NoError(t, call(t.Context()))
		s.clock.advance(85 * time.Millisecond)
	}
	require.EqualValues(t, 1, s.requests.Load())
}

func TestGrantedScopesAreHeldAgainstTheOnesAsked(t *testing.T) {
	for _, test := range []struct {
		name, granted   string
		missing, excess []string
	}{
		{"Absent", ``, nil, nil},
		{"Empty", `,"scope":""`, nil, nil},
		{"AsAsked", `,"scope":"things:admin things:read"`, nil, nil},
		{"InAnotherOrder", `,"scope":"things:read things:admin"`, nil, nil},
		{"Wider", `,"scope":"more things:read things:admin"`, nil, []string{"more"}},
		{"WiderTwice", `,"scope":"more more things:read things:admin most"`, nil, []string{"more", "most"}},
		{"Null", `,"scope":null`, nil, nil},
		{"AsAnArray", `,"scope":["things:read","things:admin"]`, nil, nil},
		{"WithCommas", `,"scope":"things:read,things:admin"`, nil, nil},
		{"WithCommasInAnArray", `,"scope":["things:read,things:admin"]`, nil, nil},
		{"WiderWithCommas", `,"scope":"more,things:read,,things:admin"`, nil, []string{"more"}},
		{"NarrowerWithCommas", `,"scope":"things:read,"`, []string{"things:admin"}, nil},
		{"Narrower", `,"scope":"things:read"`, []string{"things:admin"}, nil},
		{"NarrowerAsAnArray", `,"scope":["things:read"]`, []string{"things:admin"}, nil},
		{"PartOfAName", `,"scope":"things:admins things:read"`, []string{"things:admin"}, []string{"things:admins"}},
		{"Other", `,"scope":"x"`, []string{"things:admin", "things:read"}, []string{"x"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newIssuer(t, grantFor(`,"expires_in":3600`+test.granted))
			type both interface {
				thingsRead
				thingsAdmin
			}
			c := runtime.NewCaller[both](runtime.Authorize[both](s.open(t, thingsAPI())))
			r := runtime.NewRequest(&getThing)
			r.Path("id", "1")
			err := runtime.DoEmpty(t.Context(), c, r)
			if test.missing == nil && test.excess == nil {
				require.NoError(t, err)
				return
			}
			var refused *runtime.TokenError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.missing, refused.Missing)
			require.Equal(t, test.excess, refused.Excess)
			if test.missing != nil {
				require.ErrorContains(t, err, "the endpoint did not grant "+strings.Join(test.missing, " "))
			}
			if test.excess != nil {
				require.ErrorContains(t, err, "granted more than was asked for, "+strings.Join(test.excess, " "))
			}
		})
	}
}

// A comma is a character of a scope (RFC 6749, section 3.3), and stands between scopes
// only in a text that is none of the API's.
func TestAScopeWithACommaStaysWhole(t *testing.T) {
	s := newIssuer(t, grantFor(`,"scope":"things:read,all"`))
	api := thingsAPI()
	api.Scopes = clientimpl.NewScopes(clientimpl.Scope{Name: "things:read,all", Pointer: (*thingsRead)(nil)})
	c := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t, api)))
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	require.NoError(t, runtime.DoEmpty(t.Context(), c, r))
}

func TestAnswersThatAreNoTokenSayWhatTheyAre(t *testing.T) {
	for _, test := range []struct {
		name, contentType, body string
		status                  int
		says                    string
	}{
		{"OtherTokenType", "application/json", `{"access_token":"a","token_type":"mac"}`, 200, `the token_type is "mac"`},
		{"TokenTypeIsAList", "application/json", `{"access_token":"a","token_type":["bearer"]}`, 200, "the response's token_type is not a string"},
		{"AnErrorWithOK", "application/json", `{"error":"bad_verification_code","error_description":"The code is wrong"}`, 200, `status 200 "bad_verification_code": "The code is wrong": check the client's credentials`},
		{"AnErrorThatIsNoText", "application/json", `{"error":{"code":1}}`, 200, "no access_token"},
		{"NoAccessToken", "application/json", `{"token_type":"bearer"}`, 200, "no access_token"},
		{"AccessTokenIsANumber", "application/json", `{"access_token":1,"token_type":"bearer"}`, 200, "no access_token"},
		{"TokenBreaksTheHeader", "application/json", `{"access_token":"a\r\nx: y","token_type":"bearer"}`, 200, "characters that no header can carry"},
		{"HTML", "text/html; charset=utf-8", `<html>login</html>`, 200, `not a JSON object but "text/html"`},
		{"BrokenJSON", "application/json", `{"access_token":"secret-value`, 200, "not valid JSON"},
		{"ScopeIsANumber", "application/json", `{"access_token":"a","token_type":"bearer","scope":7}`, 200, "the response's scope is not a list"},
		{"TooLarge", "application/json", strings.Repeat(" ", 10<<20), 200, "more than 1048576 bytes"},
		{"OAuthError", "application/json", `{"error":"invalid_client","error_description":"Unknown client"}`, 401, `status 401 "invalid_client": "Unknown client"`},
		{"Problem", "application/problem+json", `{"type":"https://docs.upvest.co/errors/unauthorised","status":401,"title":"Unauthorised","detail":"Signature is incorrect","request_id":"r-1"}`, 401, `"Signature is incorrect": check the client's credentials`},
		{"ProblemSpeltDetails", "application/problem+json", `{"type":"invalid_request","status":400,"details":"bad"}`, 400, `"bad"`},
		{"BareProblem", "application/json", `{"status":401,"type":"unauthorized"}`, 401, `status 401 "unauthorized"`},
		{"EmptyRefusal", "", ``, 403, "status 403"},
		{"Created", "application/json", `{"access_token":"a","token_type":"bearer"}`, 201, "status 201"},
		{"NotHere", "text/html", `<html>`, 404, "status 404: check the server's URL"},
		{"EchoesTheSecret", "application/json", `{"error":"invalid_client","error_description":"secret s3cret is wrong"}`, 401, "secret [secret] is wrong"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
				w.Header().Set("Content-Type", test.contentType)
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			})
			err := s.caller(t)(t.Context())
			var refused *runtime.TokenError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "s3cret")
			require.NotContains(t, err.Error(), "secret-value")
		})
	}
}

func TestTheTokenRequestIsWhatTheEndpointWants(t *testing.T) {
	for _, basic := range []bool{false, true} {
		t.Run(fmt.Sprint("Basic=", basic), func(t *testing.T) {
			var form url.Values
			var user, password string
			var hasBasic bool
			var header http.Header
			s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, n int64) {
				require.Equal(t, http.MethodPost, r.Method)
				require.NoError(t, r.ParseForm())
				form, header = r.PostForm, r.Header
				user, password, hasBasic = r.BasicAuth()
				grantFor("")(w, r, n)
			})
			api := thingsAPI()
			api.Token.Basic = basic
			session, err := runtime.Open(api, runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c:1", ClientSecret: runtime.NewSecret("s 3%")})
			require.NoError(t, err)
			r := runtime.NewRequest(&getThing)
			r.Path("id", "1")
			require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r))
			require.Equal(t, "client c:1", header.Get("Things-Client-Id"))
			require.Equal(t, "application/json", header.Get("Accept"))
			want := url.Values{"grant_type": {"client_credentials"}, "scope": {"things:read"}}
			if basic {
				require.True(t, hasBasic)
				require.Equal(t, []string{"c%3A1", "s+3%25"}, []string{user, password})
			} else {
				require.False(t, hasBasic)
				want["client_id"], want["client_secret"] = []string{"c:1"}, []string{"s 3%"}
			}
			require.Equal(t, want, form)
		})
	}
}

func TestAnEndpointThatEchoesTheCredentialsDoesNotGetThemIntoAnError(t *testing.T) {
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Things-Request-Id", r.Header.Get("Authorization"))
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "you sent " + r.Header.Get("Authorization"), "error_description": "and " + string(body)})
	})
	for _, basic := range []bool{false, true} {
		api := thingsAPI()
		api.Token.Basic = basic
		session, err := runtime.Open(api, runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret&+ ü")})
		require.NoError(t, err)
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r)
		var refused *runtime.TokenError
		require.ErrorAs(t, err, &refused)
		for _, text := range []string{err.Error(), fmt.Sprintf("%+v", *refused)} {
			require.Contains(t, text, "[secret]")
			require.NotContains(t, text, "s3cret")
			require.NotContains(t, text, "czNjcmV0") // base64 of it
			require.NotContains(t, text, base64.StdEncoding.EncodeToString([]byte("c1:"+url.QueryEscape("s3cret&+ ü"))))
		}
	}
}

func TestAnErrorNamesTheHostThatGivesNoAccessToken(t *testing.T) {
	tokens := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) { w.WriteHeader(http.StatusBadRequest) })
	api := thingsAPI()
	api.Token.Path = tokens.URL + "/oauth/token"
	session, err := runtime.Open(api, runtime.Server{URL: "http://127.0.0.1:1"}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")})
	require.NoError(t, err)
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r)
	require.ErrorContains(t, err, "no access token from "+strings.TrimPrefix(tokens.URL, "http://")+" for ")
}

func TestASessionThatIsNotUsedLeavesNoGoroutine(t *testing.T) {
	before := goruntime.NumGoroutine()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		grantFor(`,"expires_in":3600`)(w, r, 1)
	}))
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")})
	require.NoError(t, err)
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r))
	server.Close() // and with it the connections
	// The condition runs in a goroutine of its own.
	require.Eventually(t, func() bool { return goruntime.NumGoroutine() <= before+1 }, 10*time.Second, time.Millisecond)
	goruntime.KeepAlive(session)
}

func TestACallCarriesATokenForItsClientsScopeAlone(t *testing.T) {
	var asked sync.Map
	grant := granter(func(w http.ResponseWriter, r *http.Request, n int64) {
		asked.Store(r.FormValue("scope"), true)
		grantFor(`,"expires_in":3600`)(w, r, n)
	})
	type both interface {
		thingsRead
		thingsAdmin
	}
	call := func(c runtime.Caller) {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		require.NoError(t, runtime.DoEmpty(t.Context(), c, r))
	}
	s := newIssuer(t, grant)
	token := runtime.Authorize[both](s.open(t, thingsAPI()))
	require.Equal(t, []string{"things:admin", "things:read"}, token.Scopes())
	call(runtime.NewCaller[thingsRead](token))
	call(runtime.NewCaller[thingsAdmin](token))
	call(runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t, thingsAPI()))))
	for _, scope := range []string{"things:read", "things:admin"} {
		_, ok := asked.LoadAndDelete(scope)
		require.True(t, ok, scope)
	}

	token = runtime.Authorize[both](s.open(t, thingsAPI(), runtime.WithOneToken()))
	before := s.requests.Load()
	call(runtime.NewCaller[thingsRead](token))
	call(runtime.NewCaller[thingsAdmin](token))
	require.EqualValues(t, 1, s.requests.Load()-before)
	_, ok := asked.Load("things:admin things:read")
	require.True(t, ok)
}

func TestAScopeParameterThatIsTooLongIsNotSent(t *testing.T) {
	s := newIssuer(t, grantFor(""))
	api := thingsAPI()
	api.Token.MaxScope = 20
	type both interface {
		thingsRead
		thingsAdmin
	}
	c := runtime.NewCaller[both](runtime.Authorize[both](s.open(t, api)))
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	err := runtime.DoEmpty(t.Context(), c, r)
	require.ErrorContains(t, err, "2 scopes make a scope parameter of 24 bytes, and the endpoint takes 20")
	require.Zero(t, s.requests.Load())
}

// redirecting is a server that sends everything on to another one, which
// counts what arrives.
func TestNothingSecretFollowsARedirect(t *testing.T) {
	var strangers atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer elsewhere.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		tokens := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
			http.Redirect(w, r, elsewhere.URL, status)
		})
		err := tokens.caller(t)(t.Context())
		var refused *runtime.TokenError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, status, refused.Status)

		things := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, status)
		})
		_, err = runtime.Do(t.Context(), things.reader(), things.get("1"))
		var answered *runtime.Error
		require.ErrorAs(t, err, &answered)
		require.Equal(t, status, answered.Status)
	}
	require.Zero(t, strangers.Load())
}

func TestTwoCallersWithOneDeadTokenCauseOneFetch(t *testing.T) {
	var dead atomic.Value
	dead.Store("")
	var refusals, tokens atomic.Int64
	both := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch bearer := r.Header.Get("Authorization"); {
		case r.URL.Path == "/oauth/token":
			grantFor(`,"expires_in":3600`)(w, r, tokens.Add(1))
		case bearer == dead.Load():
			if refusals.Add(1) == 2 {
				close(both)
			}
			<-both // both are on their way with the dead token
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")})
	require.NoError(t, err)
	c := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	call := func() error {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		return runtime.DoEmpty(t.Context(), c, r)
	}
	require.NoError(t, call())
	dead.Store("Bearer token-1")
	results := make(chan error, 2)
	for range 2 {
		go func() { results <- call() }()
	}
	require.NoError(t, <-results)
	require.NoError(t, <-results)
	require.EqualValues(t, 2, tokens.Load())
}

func TestAnAPIThatRefusesEveryTokenCausesFewFetches(t *testing.T) {
	var tokens atomic.Int64
	clock := newStepClock()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/oauth/token" {
			grantFor(`,"expires_in":3600`)(w, r, tokens.Add(1))
			return
		}
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithClock(clock))
	require.NoError(t, err)
	c := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	for range 100 {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		var refused *runtime.Error
		require.ErrorAs(t, runtime.DoEmpty(t.Context(), c, r), &refused)
		require.Equal(t, http.StatusUnauthorized, refused.Status)
		clock.advance(50 * time.Millisecond)
	}
	require.LessOrEqual(t, tokens.Load(), int64(7)) // one a second, for five seconds
}

func TestATokenRequestIsSignedWhereTheEndpointWantsIt(t *testing.T) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	known, err := httpsig.NewPublicKey("k1", public)
	require.NoError(t, err)
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
		Keys: func(context.Context, string) (httpsig.Key, error) { return known, nil },
	})
	require.NoError(t, err)
	var verified atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signature, err := verifier.Verify(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		if r.URL.Path != "/oauth/token" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if signature.Covers("content-digest") && signature.Covers("things-client-id") && !signature.Covers("authorization") {
			verified.Add(1)
		}
		grantFor(`,"expires_in":3600`)(w, r, 1)
	}))
	defer server.Close()
	api := thingsAPI()
	api.Signing, api.Token.Signed = httpsig.UpvestV15().Signer, true
	session, err := runtime.Open(api, runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithKey("k1", private))
	require.NoError(t, err)
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	r.Accept("application/json")
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r))
	require.EqualValues(t, 1, verified.Load())
}

func TestAScopeThatHoldsASpaceIsGrantedInParts(t *testing.T) {
	type odd interface{ odd() }
	api := thingsAPI()
	api.Scopes = clientimpl.NewScopes(clientimpl.Scope{Name: "two words", Pointer: (*odd)(nil)})
	s := newIssuer(t, grantFor(`,"scope":"words two"`))
	token := runtime.Authorize[odd](s.open(t, api))
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[odd](token), r))
}

func TestARenewalDoesNotTakeWhatTheStoreHoldsForNew(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":1000`))
	store := &runtime.MemoryStore{Now: s.clock.Now}
	one, other := s.caller(t, runtime.WithStore(store)), s.caller(t, runtime.WithStore(store))
	require.NoError(t, one(t.Context()))
	require.NoError(t, other(t.Context()))
	s.clock.advance(950 * time.Second) // due, valid for 50 seconds
	renewed := func(call func(context.Context) error) {
		require.Eventually(t, func() bool {
			s.bearers.Clear()
			require.NoError(t, call(t.Context()))
			_, ok := s.bearers.Load("Bearer token-2")
			return ok
		}, 10*time.Second, time.Millisecond)
	}
	renewed(one)
	renewed(other)
	require.EqualValues(t, 2, s.requests.Load())
}

func TestATokenThatTheAPIRefusedIsNotTakenFromTheStoreAgain(t *testing.T) {
	var tokens atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/oauth/token":
			grantFor(`,"expires_in":3600`)(w, r, tokens.Add(1))
		case r.Header.Get("Authorization") == "Bearer token-1":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithStore(new(runtime.MemoryStore)))
	require.NoError(t, err)
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r))
	require.EqualValues(t, 2, tokens.Load())
}

// silentStore answers nothing until its contexts end.
type silentStore struct{}

func (silentStore) Get(ctx context.Context, _ string) (runtime.StoredToken, bool, error) {
	<-ctx.Done()
	return runtime.StoredToken{}, false, context.Cause(ctx)
}

func (silentStore) Put(ctx context.Context, _ string, _ runtime.StoredToken) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func (silentStore) Lock(ctx context.Context, _ string) (func(), error) {
	<-ctx.Done()
	return nil, context.Cause(ctx)
}

func TestAStoreThatDoesNotAnswerHoldsNobodyUpForLong(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":3600`))
	call := s.caller(t, runtime.WithStore(silentStore{}))
	result := make(chan error, 1)
	go func() { result <- call(context.Background()) }()
	start := s.clock.Now()
	require.Eventually(t, func() bool {
		if s.requests.Load() == 0 {
			s.clock.advance(500 * time.Millisecond)
		}
		select {
		case err := <-result:
			require.NoError(t, err)
			return true
		default:
			return false
		}
	}, 10*time.Second, time.Millisecond)
	require.Less(t, s.clock.Now().Sub(start), 30*time.Second)
}

func TestALateRefusalOfAnOldTokenDoesNotDropTheNewOne(t *testing.T) {
	clock := newStepClock()
	var tokens, refusals atomic.Int64
	late, release := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch bearer := r.Header.Get("Authorization"); {
		case r.URL.Path == "/oauth/token":
			grantFor(`,"expires_in":3600`)(w, r, tokens.Add(1))
		case bearer == "Bearer token-1":
			if refusals.Add(1) == 1 {
				close(late)
				<-release
			}
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithClock(clock))
	require.NoError(t, err)
	c := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	call := func() error {
		r := runtime.NewRequest(&getThing)
		r.Path("id", "1")
		return runtime.DoEmpty(t.Context(), c, r)
	}
	result := make(chan error, 1)
	go func() { result <- call() }()
	<-late
	require.NoError(t, call())     // refused too, and goes on with token-2
	clock.advance(2 * time.Second) // past where a drop is ignored anyway
	close(release)
	require.NoError(t, <-result)
	require.EqualValues(t, 2, tokens.Load())
}

func TestAStoreKeepsClientsAndServersApart(t *testing.T) {
	one, other := newIssuer(t, grantFor(`,"expires_in":3600`)), newIssuer(t, grantFor(`,"expires_in":3600`))
	store := new(runtime.MemoryStore)
	for _, clientID := range []string{"c1", "c2"} {
		for _, server := range []string{one.URL, other.URL} {
			session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server}, runtime.Credentials{ClientID: clientID, ClientSecret: runtime.NewSecret("s")}, runtime.WithStore(store))
			require.NoError(t, err)
			for range 2 {
				r := runtime.NewRequest(&getThing)
				r.Path("id", "1")
				require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), r))
			}
		}
	}
	require.EqualValues(t, 2, one.requests.Load())
	require.EqualValues(t, 2, other.requests.Load())
}

// RFC 6749, section 5.1, demands a token_type, and some servers have none.
func TestATokenWithoutATypeIsABearerToken(t *testing.T) {
	for _, kind := range []string{``, `,"token_type":null`, `,"token_type":""`} {
		s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
			_, _ = io.WriteString(w, `{"access_token":"a","expires_in":3600`+kind+`}`)
		})
		require.NoError(t, s.caller(t)(t.Context()))
	}
}

func TestABearerTokenIsOneWhateverTheServerCallsIt(t *testing.T) {
	for _, kind := range []string{"BEARER", "Application Access Token", "User Access Token", "bot", "user"} {
		s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
			fmt.Fprintf(w, `{"access_token":"a","token_type":%q,"expires_in":3600}`, kind)
		})
		require.NoError(t, s.caller(t)(t.Context()), kind)
		_, ok := s.bearers.Load("Bearer a")
		require.True(t, ok, kind)
	}
}

func TestAnAnswerWithoutEndIsNotReadToItsEnd(t *testing.T) {
	var written atomic.Int64
	done := make(chan struct{})
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
		defer close(done)
		for r.Context().Err() == nil {
			n, err := w.Write(bytes.Repeat([]byte(" "), 64<<10))
			if written.Add(int64(n)) > 256<<20 || err != nil {
				return
			}
		}
	})
	require.ErrorContains(t, s.caller(t)(t.Context()), "more than 1048576 bytes")
	<-done
	require.Less(t, written.Load(), int64(64<<20)) // what the network's buffers hold, no more
}

func TestAStoreSharesTokensBetweenSessions(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":3600`))
	store := &runtime.MemoryStore{Now: s.clock.Now}
	calls := make([]func(context.Context) error, 8)
	for i := range calls {
		calls[i] = s.caller(t, runtime.WithStore(store))
	}
	var wg sync.WaitGroup
	for _, call := range calls {
		wg.Go(func() { require.NoError(t, call(t.Context())) })
	}
	wg.Wait()
	require.EqualValues(t, 1, s.requests.Load())
	s.clock.advance(2 * time.Hour)
	for _, call := range calls {
		require.NoError(t, call(t.Context()))
	}
	require.EqualValues(t, 2, s.requests.Load())
}

// brokenStore fails at everything.
type brokenStore struct{}

var errBroken = errors.New("broken")

func (brokenStore) Get(context.Context, string) (runtime.StoredToken, bool, error) {
	return runtime.StoredToken{}, false, errBroken
}
func (brokenStore) Put(context.Context, string, runtime.StoredToken) error { return errBroken }
func (brokenStore) Lock(context.Context, string) (func(), error)           { return nil, errBroken }

func TestABrokenStoreIsNotTheEnd(t *testing.T) {
	s := newIssuer(t, grantFor(`,"expires_in":3600`))
	require.NoError(t, s.caller(t, runtime.WithStore(brokenStore{}))(t.Context()))
}

func TestOpenSaysWhichArgumentIsWrong(t *testing.T) {
	good := runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}
	signed, elsewhere := thingsAPI(), thingsAPI()
	elsewhere.Token.Path = "http://tokens.example/p4ss"
	for _, test := range []struct {
		name        string
		api         *clientimpl.API
		url         string
		credentials runtime.Credentials
		says        string
	}{
		{"NoAPI", nil, "https://x.example", good, "no API"},
		{"PlainHTTP", signed, "http://x.example", good, "use https"},
		{"NoHost", signed, "https://", good, "names no host"},
		{"UserInfo", signed, "https://u:p4ss@x.example", good, "holds a user name"},
		{"NoHostButAPort", signed, "https://:443", good, "names no host"},
		{"Fragment", signed, "https://x.example/#p4ss", good, "has a query or a fragment"},
		{"TokenEndpointOfPlainHTTP", elsewhere, "https://x.example", good, "the URL of the token endpoint of things, http://tokens.example, is neither https"},
		{"Query", signed, "https://x.example?key=p4ss", good, "has a query or a fragment"},
		{"PlainHTTPWithAQuery", signed, "http://x.example/?key=p4ss", good, "has a query or a fragment"},
		{"NoHostButAQuery", signed, "x.example?key=p4ss", good, "has a query or a fragment"},
		{"Unparsable", signed, "https://x:p4ss%zz@y", good, "cannot be parsed"},
		{"NoClientID", signed, "https://x.example", runtime.Credentials{ClientSecret: runtime.NewSecret("s")}, "ClientID is empty"},
		{"NoSecret", signed, "https://x.example", runtime.Credentials{ClientID: "c"}, "ClientSecret is empty"},
		{"ControlsInClientID", signed, "https://x.example", runtime.Credentials{ClientID: "a\r\nb", ClientSecret: runtime.NewSecret("s")}, "printable ASCII"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := runtime.Open(test.api, runtime.Server{URL: test.url}, test.credentials)
			require.ErrorContains(t, err, test.says)
			require.NotContains(t, err.Error(), "p4ss")
		})
	}
	_, err := runtime.Open(thingsAPI(), runtime.Server{URL: "http://127.0.0.1:1"}, good)
	require.NoError(t, err)
}

// TestSecretsDoNotPrint tries every way to print everything that holds one.
func TestSecretsDoNotPrint(t *testing.T) {
	s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"access_token":"s3cret-token","token_type":"bearer","expires_in":3600}`)
	})
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}
	store := new(runtime.MemoryStore)
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: s.URL}, credentials, runtime.WithStore(store))
	require.NoError(t, err)
	token := runtime.Authorize[thingsRead](session)
	c := runtime.NewCaller[thingsRead](token)
	r := runtime.NewRequest(&getThing)
	r.Path("id", "1")
	require.NoError(t, runtime.DoEmpty(t.Context(), c, r)) // the session holds an access token now
	stored, ok, err := store.Get(t.Context(), keyOf(store))
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "s3cret-token", stored.Value.Reveal())

	requireUnprintable(t, credentials, []any{credentials, &credentials, credentials.ClientSecret, &credentials.ClientSecret, session, token, &token, c, &c, stored, store}, "s3cret")
}

// requireUnprintable requires that nothing which prints values prints a secret. The
// credentials hold one too.
func requireUnprintable(t *testing.T, credentials runtime.Credentials, values []any, secrets ...string) {
	t.Helper()
	none := func(text, how string, args ...any) {
		text = clean(text)
		for _, secret := range secrets {
			at := strings.Index(text, strings.ToLower(secret))
			require.Negative(t, at, "%s: …%.400s", fmt.Sprintf(how, args...), text[max(0, at-300):])
		}
	}
	type wrapped struct {
		Public  any
		private any
		secret  runtime.Secret
		by      *runtime.Credentials
	}
	for _, v := range values {
		values = append(values, wrapped{v, v, credentials.ClientSecret, &credentials}, &wrapped{v, v, credentials.ClientSecret, &credentials}, []any{v}, map[string]any{"k": v})
	}
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			none(fmt.Sprintf(verb, v), "%s of %T", verb, v)
		}
		text, _ := json.Marshal(v) // some hold what JSON has no form for
		none(string(text), "JSON of %T", v)
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
		none(log.String(), "log of %T", v)
		func() {
			defer func() { none(fmt.Sprint(recover()), "panic with %T", v) }()
			panic(v)
		}()
		if text, ok := v.(fmt.Stringer); ok {
			none(text.String(), "String of %T", v)
		}
		if text, ok := v.(fmt.GoStringer); ok {
			none(text.GoString(), "GoString of %T", v)
		}
		if text, ok := v.(encoding.TextMarshaler); ok {
			text, _ := text.MarshalText()
			none(string(text), "text of %T", v)
		}
		text, _ = xml.Marshal(v)
		none(string(text), "XML of %T", v)
		var binary bytes.Buffer
		_ = gob.NewEncoder(&binary).Encode(v)
		none(binary.String(), "gob of %T", v)
		// What an assertion prints when it fails follows pointers into unexported fields.
		var failed printed
		assert.Equal(&failed, []any{v}, []any{"other"})
		require.NotEmpty(t, failed.String())
		none(failed.String(), "failed assertion with %T", v)
	}
}

// printed is a test that keeps what its assertions print.
type printed struct{ strings.Builder }

func (p *printed) Errorf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

// clean also finds a secret printed as hexadecimal digits.
func clean(s string) string {
	return strings.NewReplacer("733363726574", "s3cret", "733363726574", "s3cret").Replace(strings.ToLower(s))
}

// keyOf finds the one key of a store.
func keyOf(store *runtime.MemoryStore) string {
	return reflect.ValueOf(store).Elem().FieldByName("tokens").MapKeys()[0].String()
}

func BenchmarkToken(b *testing.B) {
	s := newIssuer(b, grantFor(`,"expires_in":86400`))
	session := s.open(b, thingsAPI())
	bearer := runtime.BearerOf(runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)))
	_, err := bearer(b.Context())
	require.NoError(b, err)
	for _, goroutines := range []int{1, 8, 64, 1000} {
		b.Run(fmt.Sprint("goroutines=", goroutines), func(b *testing.B) {
			b.ReportAllocs()
			b.SetParallelism(max(1, goroutines/goruntime.GOMAXPROCS(0)))
			ctx := b.Context()
			if goroutines == 1 {
				for b.Loop() {
					_, _ = bearer(ctx)
				}
				return
			}
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					_, _ = bearer(ctx)
				}
			})
		})
	}
}
