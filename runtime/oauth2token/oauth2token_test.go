package oauth2token_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/oauth2token"
)

type (
	read  interface{ read() }
	write interface{ write() }
	both  interface {
		read
		write
	}
)

func api() *clientimpl.API {
	return &clientimpl.API{
		Name: "things",
		Scopes: clientimpl.NewScopes(
			clientimpl.Scope{Name: "things:read", Pointer: (*read)(nil)},
			clientimpl.Scope{Name: "things:write", Pointer: (*write)(nil)},
		),
		Token: clientimpl.TokenEndpoint{Path: "/token"},
	}
}

var (
	list = clientimpl.Operation{ID: "list_things", Method: "GET", Path: "/things", Requires: [][]string{{"things:read"}}}
	poke = clientimpl.Operation{ID: "poke_things", Method: "PUT", Path: "/things/poke", Requires: [][]string{{"things:write"}}}
)

// server grants access tokens, which name their scopes, and serves the API.
type server struct {
	*httptest.Server
	grants atomic.Int64
	answer func(http.ResponseWriter, *http.Request) bool // reports whether it answered the token request

	mu      sync.Mutex
	carried []string // what calls carried
}

func newServer(t testing.TB) *server {
	s := start()
	t.Cleanup(s.Close)
	return s
}

func start() *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			s.mu.Lock()
			s.carried = append(s.carried, r.Header.Get("Authorization"))
			s.mu.Unlock()
			w.WriteHeader(http.StatusNoContent)
			return
		}
		n := s.grants.Add(1)
		w.Header().Set("Content-Type", "application/json")
		if s.answer != nil && s.answer(w, r) {
			return
		}
		scope := r.PostFormValue("scope")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint(strings.ReplaceAll(scope, " ", "+"), "-", n), "token_type": "bearer", "expires_in": 3600, "scope": scope})
	}))
	return s
}

func (s *server) config(scopes ...string) *clientcredentials.Config {
	return &clientcredentials.Config{ClientID: "c1", ClientSecret: "s3cret", TokenURL: s.URL + "/token", Scopes: scopes, AuthStyle: oauth2.AuthStyleInParams}
}

func (s *server) open(t testing.TB, g runtime.Grant) *runtime.Session {
	t.Helper()
	session, err := runtime.Open(api(), runtime.Server{URL: s.URL}, g)
	require.NoError(t, err)
	return session
}

func call[R any](ctx context.Context, session *runtime.Session, operation *clientimpl.Operation) error {
	return runtime.DoEmpty(ctx, runtime.NewCaller[R](runtime.Authorize[both](session)), runtime.NewRequest(operation))
}

func TestEveryCallCarriesTheWholeAccessTokenOfAnOrdinarySource(t *testing.T) {
	s := newServer(t)
	session := s.open(t, oauth2token.Grant(s.config("things:read", "things:write").TokenSource(t.Context()), "things:read", "things:write"))
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { assert.NoError(t, call[read](t.Context(), session, &list)) })
		wg.Go(func() { assert.NoError(t, call[write](t.Context(), session, &poke)) })
	}
	wg.Wait()
	require.EqualValues(t, 1, s.grants.Load())
	require.Equal(t, slices.Repeat([]string{"Bearer things:read+things:write-1"}, 40), s.carried)
	require.Contains(t, fmt.Sprint(session), "cannot be narrowed")
}

func TestACallThatNeedsAScopeThatWasNotStatedIsRefused(t *testing.T) {
	s := newServer(t)
	session := s.open(t, oauth2token.Grant(s.config("things:read").TokenSource(t.Context()), "things:read"))
	require.NoError(t, call[read](t.Context(), session, &list))
	require.ErrorContains(t, call[write](t.Context(), session, &poke), "does not hold things:write")
	require.Len(t, s.carried, 1)

	// The server's word counts more than the program's.
	session = s.open(t, oauth2token.Grant(s.config("things:read").TokenSource(t.Context()), "things:read", "things:write"))
	require.ErrorContains(t, call[write](t.Context(), session, &poke), "does not hold things:write")
	require.Len(t, s.carried, 1)
}

func TestASourceForEachScopeSetNarrows(t *testing.T) {
	s := newServer(t)
	var made atomic.Int64
	session := s.open(t, oauth2token.Narrow(func(scopes []string) oauth2.TokenSource {
		made.Add(1)
		return s.config(scopes...).TokenSource(context.Background())
	}))
	for range 3 {
		require.NoError(t, call[read](t.Context(), session, &list))
		require.NoError(t, call[write](t.Context(), session, &poke))
	}
	require.EqualValues(t, 2, made.Load())
	require.EqualValues(t, 2, s.grants.Load())
	for n, carried := range s.carried {
		require.Equal(t, []string{"Bearer things:read-1", "Bearer things:write-2"}[n%2], carried)
	}

	// A source that gets more than was asked for.
	session = s.open(t, oauth2token.Narrow(func([]string) oauth2.TokenSource {
		return s.config("things:read", "things:write").TokenSource(context.Background())
	}))
	err := call[read](t.Context(), session, &list)
	var refused *runtime.TokenError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"things:write"}, refused.Excess)
}

func TestASourceThatFailsSaysWhyAndLeaksNothing(t *testing.T) {
	s := newServer(t)
	for says, answer := range map[string]struct {
		status int
		text   string
	}{
		`status 401 "invalid_client": "unknown"`: {401, `{"error":"invalid_client","error_description":"unknown"}`},
		`status 400 "invalid_scope"`:             {200, `{"error":"invalid_scope"}`},
		"status 503":                             {503, "you sent s3cret"},
		"only bearer tokens can be used":         {200, `{"access_token":"a","token_type":"DPoP","expires_in":60}`},
		"server response missing access_token":   {200, `{"token_type":"bearer"}`},
	} {
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
			w.WriteHeader(answer.status)
			_, _ = w.Write([]byte(answer.text))
			return true
		}
		session := s.open(t, oauth2token.Grant(s.config("things:read").TokenSource(t.Context()), "things:read"))
		err := call[read](t.Context(), session, &list)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
	}
	expired := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a", Expiry: time.Now().Add(-time.Minute)})
	require.ErrorContains(t, call[read](t.Context(), s.open(t, oauth2token.Grant(expired, "things:read")), &list), "has expired")
	require.Empty(t, s.carried)
}

func TestOpenRefusesWhatCannotWork(t *testing.T) {
	static := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "a"})
	for says, g := range map[string]runtime.Grant{
		"there is no source":            oauth2token.Grant(nil, "things:read"),
		"source: it is nil":             oauth2token.Narrow(nil),
		"state the scopes":              oauth2token.Grant(static),
		`things has no scope "things:"`: oauth2token.Grant(static, "things:"),
	} {
		_, err := runtime.Open(api(), runtime.Server{URL: "https://things.example"}, g)
		require.ErrorContains(t, err, says)
	}
}

func TestNothingPrintsAnAccessToken(t *testing.T) {
	s := newServer(t)
	static := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "s3cret"})
	g := oauth2token.Grant(static, "things:read")
	session := s.open(t, g)
	for _, value := range []any{g, session, oauth2token.Source(t.Context(), runtime.Authorize[read](session))} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			require.NotContains(t, fmt.Sprintf(verb, value), "s3cret")
			require.NotContains(t, fmt.Sprintf(verb, []any{value}), "s3cret")
		}
	}
}

func TestATokenOfUnknownLifeServesOnce(t *testing.T) {
	s := newServer(t)
	var asked atomic.Int64
	session := s.open(t, oauth2token.Grant(sourceFunc(func() (*oauth2.Token, error) {
		return &oauth2.Token{AccessToken: fmt.Sprint("pat-", asked.Add(1))}, nil
	}), "things:read"))
	for range 3 {
		require.NoError(t, call[read](t.Context(), session, &list))
	}
	require.Equal(t, []string{"Bearer pat-1", "Bearer pat-2", "Bearer pat-3"}, s.carried)
}

type sourceFunc func() (*oauth2.Token, error)

func (f sourceFunc) Token() (*oauth2.Token, error) { return f() }

func TestAClientOfXOAuth2CallsWithTheAccessTokensOfASession(t *testing.T) {
	s := newServer(t)
	session := s.open(t, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")})
	source := oauth2token.Source(t.Context(), runtime.Authorize[read](session))
	token, err := source.Token()
	require.NoError(t, err)
	require.True(t, token.Valid())
	require.WithinDuration(t, time.Now().Add(time.Hour), token.Expiry, time.Minute)
	client := oauth2.NewClient(t.Context(), source)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			resp, err := client.Get(s.URL + "/things")
			if assert.NoError(t, err) {
				_ = resp.Body.Close()
			}
		})
	}
	wg.Wait()
	require.NoError(t, call[read](t.Context(), session, &list))
	require.EqualValues(t, 1, s.grants.Load(), "the session's calls and the client share an access token")
	require.Equal(t, slices.Repeat([]string{"Bearer things:read-1"}, 11), s.carried)
}

func TestNoBearerTokenIsMadeOfABoundOneNorTheReverse(t *testing.T) {
	s := newServer(t)
	s.answer = func(w http.ResponseWriter, r *http.Request) bool {
		_, _ = w.Write([]byte(`{"access_token":"bound","token_type":"DPoP","expires_in":3600}`))
		return r.Header.Get("DPoP") != ""
	}
	a := api()
	a.Token.DPoP = "optional"
	open := func(g runtime.Grant) *runtime.Session {
		_, key, err := ed25519.GenerateKey(nil)
		require.NoError(t, err)
		session, err := runtime.Open(a, runtime.Server{URL: s.URL}, g, runtime.WithDPoPKey(key, ""))
		require.NoError(t, err)
		return session
	}
	session := open(runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")})
	_, err := oauth2token.Source(t.Context(), runtime.Authorize[read](session)).Token()
	require.ErrorContains(t, err, "sends no proof")
	require.NotContains(t, err.Error(), `"bound"`)
	require.NoError(t, call[read](t.Context(), session, &list)) // the session itself sends one
	require.Equal(t, []string{"DPoP bound"}, s.carried)

	source := oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "bearer", TokenType: "Bearer"})
	err = call[read](t.Context(), open(oauth2token.Grant(source, "things:read")), &list)
	require.ErrorContains(t, err, "the server has not bound the access token to the key")
	require.Len(t, s.carried, 1)
}

// x/oauth2 would keep a token without Expiry for ever.
func TestNothingKeepsAnAccessTokenOfUnknownLife(t *testing.T) {
	s := newServer(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		_, _ = fmt.Fprintf(w, `{"access_token":"a%d","token_type":"bearer"}`, s.grants.Load())
		return true
	}
	session := s.open(t, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")})
	client := oauth2.NewClient(t.Context(), oauth2token.Source(t.Context(), runtime.Authorize[read](session)))
	for range 3 {
		resp, err := client.Get(s.URL + "/things")
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	require.Equal(t, []string{"Bearer a1", "Bearer a2", "Bearer a3"}, s.carried)

	_, err := oauth2token.Source(t.Context(), runtime.Token[read]{}).Token()
	require.ErrorIs(t, err, runtime.ErrFailClosed)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = oauth2token.Source(ended, runtime.Authorize[read](session)).Token()
	require.ErrorIs(t, err, context.Canceled)
}

// An ordinary source cannot narrow: every call carries its one access token.
func ExampleGrant() {
	s := start()
	defer s.Close()
	source := s.config("things:read", "things:write").TokenSource(context.Background())
	session, err := runtime.Open(api(), runtime.Server{URL: s.URL}, oauth2token.Grant(source, "things:read", "things:write"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(call[read](context.Background(), session, &list), call[write](context.Background(), session, &poke))
	fmt.Println(strings.Join(s.carried, "\n"))
	// Output:
	// <nil> <nil>
	// Bearer things:read+things:write-1
	// Bearer things:read+things:write-1
}

// With a source for each scope set, each client gets an access token of its own.
func ExampleNarrow() {
	s := start()
	defer s.Close()
	session, err := runtime.Open(api(), runtime.Server{URL: s.URL}, oauth2token.Narrow(func(scopes []string) oauth2.TokenSource {
		return s.config(scopes...).TokenSource(context.Background())
	}))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(call[read](context.Background(), session, &list), call[write](context.Background(), session, &poke))
	fmt.Println(strings.Join(s.carried, "\n"))
	// Output:
	// <nil> <nil>
	// Bearer things:read-1
	// Bearer things:write-2
}

// Both adapters in a row: what a session gets from x/oauth2 goes back to it.
func ExampleSource() {
	s := start()
	defer s.Close()
	first := oauth2token.Narrow(func(scopes []string) oauth2.TokenSource {
		return s.config(scopes...).TokenSource(context.Background())
	})
	session, err := runtime.Open(api(), runtime.Server{URL: s.URL}, first) // things.Open(things.Live, first) in a generated package
	if err != nil {
		fmt.Println(err)
		return
	}
	source := oauth2token.Source(context.Background(), runtime.Authorize[read](session))
	token, err := source.Token()
	fmt.Println(token.AccessToken, token.Type(), err)
	// Output: things:read-1 Bearer <nil>
}
