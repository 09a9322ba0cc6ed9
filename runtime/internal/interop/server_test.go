package interop_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

type (
	read  interface{ read() }
	write interface{ write() }
	both  interface {
		read
		write
	}
)

var (
	list = clientimpl.Operation{ID: "list_things", Method: "GET", Path: "/things", Requires: [][]string{{"things:read"}}}
	poke = clientimpl.Operation{ID: "poke_things", Method: "PUT", Path: "/things", Requires: [][]string{{"things:write"}}}
)

const (
	jwtBearer = string(oidc.GrantTypeBearer)
	exchange  = string(oidc.GrantTypeTokenExchange)
	device    = string(oidc.GrantTypeDeviceCode)
)

// client is a client of the server.
type client struct {
	*storage.Client
	method oidc.AuthMethod
	grants []oidc.GrantType
	key    crypto.PublicKey // of its assertions
}

func (c *client) AuthMethod() oidc.AuthMethod    { return c.method }
func (c *client) GrantTypes() []oidc.GrantType   { return c.grants }
func (c *client) LoginURL(request string) string { return "/login?id=" + request }
func (c *client) IsScopeAllowed(scope string) bool {
	return strings.HasPrefix(scope, "things:")
}

func public(id string) *client {
	return &client{Client: storage.NativeClient(id, "http://127.0.0.1/callback"), method: oidc.AuthMethodNone,
		grants: []oidc.GrantType{oidc.GrantTypeCode, oidc.GrantTypeRefreshToken, oidc.GrantTypeDeviceCode}}
}

func withSecret(id, secret string, method oidc.AuthMethod) *client {
	return &client{Client: storage.WebClient(id, secret), method: method, grants: []oidc.GrantType{oidc.GrantTypeClientCredentials, oidc.GrantTypeTokenExchange}}
}

func withKey(id string, key crypto.PublicKey) *client {
	c := public(id)
	c.method, c.key = oidc.AuthMethodPrivateKeyJWT, key
	c.grants = append(c.grants, oidc.GrantTypeTokenExchange)
	return c
}

// store is the example's, except for what package interop says.
type store struct {
	*storage.Storage
	clients map[string]*client
	// The key of another issuer, whose tokens of type JWT can be exchanged; nil for none.
	platform crypto.PublicKey

	mu     sync.Mutex
	scopes map[string][]string // of access tokens, by id
	owners map[string]string   // clients of refresh tokens
}

func (s *store) GetClientByClientID(_ context.Context, id string) (op.Client, error) {
	if c := s.clients[id]; c != nil {
		return c, nil
	}
	return nil, errors.New("no such client")
}

func (s *store) GetKeyByIDAndClientID(_ context.Context, keyID, id string) (*jose.JSONWebKey, error) {
	if c := s.clients[id]; c != nil && c.key != nil && keyID == "key-1" {
		return &jose.JSONWebKey{KeyID: keyID, Use: "sig", Key: c.key}, nil
	}
	return nil, errors.New("no such key")
}

func (s *store) ClientCredentials(ctx context.Context, id, secret string) (op.Client, error) {
	if err := s.AuthorizeClientIDSecret(ctx, id, secret); err != nil {
		return nil, oidc.ErrInvalidClient().WithParent(err)
	}
	return s.GetClientByClientID(ctx, id)
}

func (s *store) ClientCredentialsTokenRequest(_ context.Context, id string, scopes []string) (op.TokenRequest, error) {
	return &oidc.JWTTokenRequest{Subject: id, Audience: []string{id}, Scopes: scopes}, nil
}

func (s *store) ValidateJWTProfileScopes(_ context.Context, _ string, scopes []string) ([]string, error) {
	return scopes, nil
}

func (s *store) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	request, err := s.Storage.TokenRequestByRefreshToken(ctx, token)
	if err != nil {
		return nil, err
	}
	own := *request.(*storage.RefreshTokenRequest).RefreshToken
	s.mu.Lock()
	defer s.mu.Unlock()
	own.ApplicationID = s.owners[token]
	return &storage.RefreshTokenRequest{RefreshToken: &own}, nil
}

// VerifyExchangeSubjectToken takes the tokens of the other issuer, for what "worker-7"
// may do.
func (s *store) VerifyExchangeSubjectToken(_ context.Context, token string, kind oidc.TokenType) (string, string, map[string]any, error) {
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		return "", "", nil, err
	}
	text, err := signed.Verify(s.platform)
	if err != nil {
		return "", "", nil, err
	}
	var claims map[string]any
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", "", nil, err
	}
	if kind != oidc.JWTTokenType || claims["iss"] != "https://platform.example" || claims["sub"] != "worker-7" {
		return "", "", nil, errors.New("the token is not one of the platform for the worker")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes[token] = []string{"things:read", "things:write"}
	return token, "worker-7", claims, nil
}

func (s *store) VerifyExchangeActorToken(context.Context, string, oidc.TokenType) (string, string, map[string]any, error) {
	return "", "", nil, errors.New("there are no actors")
}

func (s *store) ValidateTokenExchangeRequest(_ context.Context, request op.TokenExchangeRequest) error {
	held := s.held(request.GetExchangeSubjectTokenIDOrToken())
	for _, scope := range request.GetScopes() {
		if !slices.Contains(held, scope) {
			return oidc.ErrInvalidScope().WithDescription("the subject token does not hold %s", scope)
		}
	}
	return nil
}

func (s *store) SetUserinfoFromRequest(context.Context, *oidc.UserInfo, op.IDTokenRequest, []string) error {
	return nil
}

func (s *store) SetUserinfoFromTokenExchangeRequest(context.Context, *oidc.UserInfo, op.TokenExchangeRequest) error {
	return nil
}

func (s *store) CreateAccessToken(ctx context.Context, request op.TokenRequest) (string, time.Time, error) {
	id, expires, err := s.Storage.CreateAccessToken(ctx, request)
	s.issued(id, request)
	return id, expires, err
}

func (s *store) CreateAccessAndRefreshTokens(ctx context.Context, request op.TokenRequest, current string) (string, string, time.Time, error) {
	id, refresh, expires, err := s.Storage.CreateAccessAndRefreshTokens(ctx, request, current)
	s.issued(id, request)
	if owned, ok := request.(interface{ GetClientID() string }); ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.owners[refresh] = owned.GetClientID()
	}
	return id, refresh, expires, err
}

func (s *store) issued(id string, request op.TokenRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.scopes[id] = slices.Clone(request.GetScopes())
}

func (s *store) held(id string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.scopes[id]
}

// server is the authorization server, and beside it an API that looks into access
// tokens.
type server struct {
	*httptest.Server
	store *store

	mu      sync.Mutex
	calls   []string // scopes that the access token of each call held
	refused int      // token requests
	onToken func(form url.Values, status int)
}

func newServer(t *testing.T, clients ...*client) *server {
	t.Helper()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // the server writes down what it refuses
	s := &server{store: &store{clients: map[string]*client{}, scopes: map[string][]string{}, owners: map[string]string{}}}
	mux := http.NewServeMux()
	s.Server = httptest.NewServer(mux)
	t.Cleanup(s.Close)
	known := map[string]*storage.Client{}
	for _, c := range clients {
		s.store.clients[c.GetID()], known[c.GetID()] = c, c.Client
	}
	s.store.Storage = storage.NewStorageWithClients(storage.NewUserStore(s.URL), known)
	config := &op.Config{CodeMethodS256: true, AuthMethodPost: true, AuthMethodPrivateKeyJWT: true, GrantTypeRefreshToken: true,
		DeviceAuthorization: op.DeviceAuthorizationConfig{Lifetime: 5 * time.Minute, PollInterval: 5 * time.Second, UserFormPath: "/device", UserCode: op.UserCodeBase20}}
	_, err := rand.Read(config.CryptoKey[:])
	require.NoError(t, err)
	provider, err := op.NewProvider(config, s.store, op.StaticIssuer(s.URL), op.WithAllowInsecure())
	require.NoError(t, err)
	authority := op.RegisterLegacyServer(op.NewLegacyServer(provider, provider.Endpoints()), op.AuthorizeCallbackHandler(provider))
	callback := op.AuthCallbackURL(provider)
	mux.Handle("/", authority)
	mux.HandleFunc("/oauth/token", func(w http.ResponseWriter, r *http.Request) {
		require.NoError(t, r.ParseForm())
		recorded := &recorder{ResponseWriter: w, status: http.StatusOK}
		authority.ServeHTTP(recorded, r)
		s.mu.Lock()
		defer s.mu.Unlock()
		if recorded.status != http.StatusOK {
			s.refused++
		}
		if s.onToken != nil {
			s.onToken(r.PostForm, recorded.status)
		}
	})
	mux.Handle("/login", op.NewIssuerInterceptor(provider.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		if err := s.store.CheckUsernamePassword("test-user2", "verysecure", id); err != nil {
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		http.Redirect(w, r, callback(r.Context(), id), http.StatusFound)
	}))
	mux.HandleFunc("/things", func(w http.ResponseWriter, r *http.Request) {
		text, err := provider.Crypto().Decrypt(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		id, _, _ := strings.Cut(text, ":")
		held, needed := s.store.held(id), map[string]string{"GET": "things:read", "PUT": "things:write"}[r.Method]
		switch {
		case err != nil || held == nil:
			w.WriteHeader(http.StatusUnauthorized)
		case !slices.Contains(held, needed):
			w.WriteHeader(http.StatusForbidden)
		default:
			s.mu.Lock()
			s.calls = append(s.calls, strings.Join(held, " "))
			s.mu.Unlock()
			w.WriteHeader(http.StatusNoContent)
		}
	})
	return s
}

type recorder struct {
	http.ResponseWriter
	status int
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (s *server) open(t *testing.T, g runtime.Grant, basic bool) *runtime.Session {
	t.Helper()
	return s.openAt(t, g, clientimpl.TokenEndpoint{Basic: basic, Path: "/oauth/token", Authorize: "/authorize", Device: "/device_authorization", Revoke: "/revoke"})
}

// openAt opens a session with the endpoints of at, or those of the server's metadata
// if there are none in it.
func (s *server) openAt(t *testing.T, g runtime.Grant, at clientimpl.TokenEndpoint) *runtime.Session {
	t.Helper()
	at.Issuer = s.URL
	at.Grants = []string{"client_credentials", "refresh_token", "authorization_code", jwtBearer, exchange, device}
	at.Authentication = []string{"none", "private_key_jwt"}
	session, err := runtime.Open(&clientimpl.API{
		Name: "things",
		Scopes: clientimpl.NewScopes(
			clientimpl.Scope{Name: "things:read", Pointer: (*read)(nil)},
			clientimpl.Scope{Name: "things:write", Pointer: (*write)(nil)},
		),
		Token: at,
	}, runtime.Server{URL: s.URL}, g, runtime.WithClock(clock{}), runtime.WithoutRetry())
	require.NoError(t, err)
	return session
}

// requireNarrow calls with two clients of a session, twice, and requires that each
// call carried an access token for its own scope.
func (s *server) requireNarrow(t *testing.T, session *runtime.Session) {
	t.Helper()
	s.mu.Lock()
	s.calls = nil
	s.mu.Unlock()
	token := runtime.Authorize[both](session)
	for range 2 {
		require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list)))
		require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[write](token), runtime.NewRequest(&poke)))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	require.Equal(t, []string{"things:read", "things:write", "things:read", "things:write"}, s.calls)
}

// clock is a clock on which short waits, those between the polls of a device, are
// over at once.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) AfterFunc(d time.Duration, f func()) runtime.Timer {
	if d <= 10*time.Second {
		d = 0
	}
	return time.AfterFunc(d, f)
}

// browse goes through pages as a person's browser does.
func browse(ctx context.Context, page string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	text, err := io.ReadAll(resp.Body)
	if closed := resp.Body.Close(); err == nil {
		err = closed
	}
	if err == nil && !strings.Contains(string(text), "It worked") {
		err = fmt.Errorf("the browser ended at %s: status %d: %.200s", resp.Request.URL.Path, resp.StatusCode, text)
	}
	return err
}
