//go:build unix

package grant_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/gob"
	"encoding/json"
	"encoding/pem"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const (
	jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	exchange  = "urn:ietf:params:oauth:grant-type:token-exchange"
	device    = "urn:ietf:params:oauth:grant-type:device_code"
)

var allGrants = []string{"client_credentials", "refresh_token", "authorization_code", jwtBearer, exchange, device}

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
		Token: clientimpl.TokenEndpoint{Path: "/token", Grants: allGrants, Authentication: []string{"none", "private_key_jwt", "tls_client_auth"},
			Authorize: "/authorize", Device: "/device", Revoke: "/revoke"},
	}
}

const catalogue = `
api: {name: things, title: Things}
token:
  path: /token
  grants: [client_credentials, refresh_token, authorization_code, 'urn:ietf:params:oauth:grant-type:jwt-bearer', 'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:device_code']
  client_authentication: [none, private_key_jwt, tls_client_auth]
  authorize: /authorize
  device: /device
  revoke: /revoke
groups:
  - title: All
    scopes:
      - {scope: 'things:read', permits: Reading.}
      - {scope: 'things:write', permits: Writing.}
operations:
  - {id: list_things, method: GET, path: /things, domain: things, requires: {any_of: ['things:read']}, responses: {'204': {}}}
  - {id: poke_things, method: PUT, path: /things/poke, domain: things, requires: {any_of: ['things:write']}, responses: {'204': {}}}
`

var (
	list = clientimpl.Operation{ID: "list_things", Method: "GET", Path: "/things", Requires: [][]string{{"things:read"}}}
	poke = clientimpl.Operation{ID: "poke_things", Method: "PUT", Path: "/things/poke", Requires: [][]string{{"things:write"}}}
)

// clock is a clock on which short waits are over at once.
type clock struct {
	mu     sync.Mutex
	now    time.Time
	still  bool     // no short wait is ever over
	limits []func() // what happens when longer waits are over
}

type stopped struct{}

func (stopped) Stop() bool { return true }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) AfterFunc(d time.Duration, f func()) runtime.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	if d <= 25*time.Second && !c.still {
		c.now = c.now.Add(d)
		go f()
	} else if d <= time.Minute {
		c.limits = append(c.limits, f)
	}
	return stopped{}
}

// expire lets every limit pass that is longer than a short wait.
func (c *clock) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.limits {
		go f()
	}
	c.limits = nil
}

type place struct {
	*sandbox.Server
	http  *httptest.Server
	clock *clock
}

// serve starts a sandbox of the API. wrap may stand between it and the network.
func serve(t testing.TB, config sandbox.Config, wrap func(http.Handler) http.Handler, clients ...sandbox.Client) *place {
	t.Helper()
	return serveCatalogue(t, catalogue, config, wrap, clients...)
}

func serveCatalogue(t testing.TB, text string, config sandbox.Config, wrap func(http.Handler) http.Handler, clients ...sandbox.Client) *place {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	p := &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	config.Now, config.Clients = p.clock.Now, clients
	var err error
	p.Server, err = sandbox.New(c, config)
	require.NoError(t, err)
	var handler http.Handler = p.Server
	if wrap != nil {
		handler = wrap(handler)
	}
	p.http = httptest.NewServer(handler)
	t.Cleanup(p.http.Close)
	return p
}

func (p *place) open(t testing.TB, g runtime.Grant, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	session, err := runtime.Open(api(), runtime.Server{URL: p.http.URL}, g, append([]runtime.Option{runtime.WithClock(p.clock)}, opts...)...)
	require.NoError(t, err)
	return session
}

// callBoth makes a call of each client of a session for both scopes.
func callBoth(ctx context.Context, session *runtime.Session) error {
	token := runtime.Authorize[both](session)
	return errors.Join(runtime.DoEmpty(ctx, runtime.NewCaller[read](token), runtime.NewRequest(&list)),
		runtime.DoEmpty(ctx, runtime.NewCaller[write](token), runtime.NewRequest(&poke)))
}

func callRead(ctx context.Context, session *runtime.Session) error {
	return runtime.DoEmpty(ctx, runtime.NewCaller[read](runtime.Authorize[both](session)), runtime.NewRequest(&list))
}

// requireNarrow requires that each call carried an access token for its own scope.
func (p *place) requireNarrow(t testing.TB) {
	t.Helper()
	seen := 0
	for _, call := range p.Calls() {
		switch call.Operation {
		case "list_things":
			require.Equal(t, []string{"things:read"}, call.Scopes)
			seen++
		case "poke_things":
			require.Equal(t, []string{"things:write"}, call.Scopes)
			seen++
		}
	}
	require.GreaterOrEqual(t, seen, 2)
}

func (p *place) tokenRequests() (n int) {
	for _, call := range p.Calls() {
		if call.Operation == "token" {
			n++
		}
	}
	return n
}

func secretClient() runtime.Credentials {
	return runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret-of-c1")}
}

func keys(t testing.TB) map[string]crypto.Signer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	all := map[string]crypto.Signer{"RS256": rsaKey, "PS256": rsaKey}
	for name, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		all[name], err = ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
	}
	_, all["EdDSA"], err = ed25519.GenerateKey(rand.Reader)
	all["Ed25519"] = all["EdDSA"]
	require.NoError(t, err)
	return all
}

func TestAKeyAuthenticatesTheClientWithEachAlgorithm(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}})
			session := p.open(t, runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key, clientauth.Algorithm(algorithm))})
			require.NoError(t, callBoth(t.Context(), session)) // two requests: each assertion has an id of its own
			p.requireNarrow(t)
		})
		t.Run(algorithm+"AsAGrant", func(t *testing.T) {
			p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}})
			session := p.open(t, grant.JWTBearer(grant.Assertion{Issuer: "c1", Subject: "u1", KeyID: "k1", Algorithm: algorithm}, key))
			require.NoError(t, callBoth(t.Context(), session))
			p.requireNarrow(t)
		})
	}
}

func TestAnAssertionComesFromAFileThatIsReadEachTime(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}})
	folder := t.TempDir()
	path := filepath.Join(folder, "token")
	replace := func() { // as Kubernetes does it: a link moves
		form := url.Values{}
		err := clientauth.PrivateKeyJWT("k1", key).Authenticate(t.Context(), runtime.ClientRequest{ClientID: "c1", Endpoint: p.http.URL + "/token", Time: p.clock.Now()}, form)
		require.NoError(t, err)
		target, err := os.CreateTemp(folder, "")
		require.NoError(t, err)
		_, err = target.WriteString(form.Get("client_assertion") + "\n")
		require.NoError(t, err)
		require.NoError(t, target.Close())
		require.NoError(t, os.Symlink(target.Name(), path+".new"))
		require.NoError(t, os.Rename(path+".new", path))
	}
	session := p.open(t, runtime.Credentials{ClientID: "c1", Authentication: clientauth.AssertionFile(path)})
	replace()
	require.NoError(t, callRead(t.Context(), session))
	replace() // the server takes no assertion twice
	require.NoError(t, callBoth(t.Context(), session))
	p.requireNarrow(t)
}

func TestAnAssertionFileThatHoldsNoneIsAnErrorThatSaysWhy(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	pipe := filepath.Join(folder, "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	loop := filepath.Join(folder, "loop")
	require.NoError(t, os.Symlink(loop, loop))
	for says, path := range map[string]string{
		"is empty: see whether what writes the token there runs":                          file("empty", " \n"),
		"is longer than 65536 bytes, so it is not the file that is meant: check the path": file("huge", strings.Repeat("x", 1<<20)),
		"holds more than one token":                                                       file("several", "s3cret one"),
		"is not a file but a device, a pipe or a socket: give the path of a file":         pipe,
		"is not a file but a directo":                                                     folder,
		"no such file or directory: check the path":                                       filepath.Join(folder, "absent"),
		"too many levels of symbolic":                                                     loop,
	} {
		p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"k1": nil}})
		session := p.open(t, runtime.Credentials{ClientID: "c1", Authentication: clientauth.AssertionFile(path)}, runtime.WithoutRetry())
		err := callRead(t.Context(), session)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
		require.Zero(t, p.tokenRequests())
	}
}

func TestACertificateAuthenticatesTheClient(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "c1"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Certificate: certificate})
	server := httptest.NewUnstartedServer(p.Server)
	server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	server.StartTLS()
	defer server.Close()
	open := func(certificates ...tls.Certificate) *runtime.Session {
		transport := server.Client().Transport.(*http.Transport).Clone()
		transport.TLSClientConfig.Certificates = certificates
		session, err := runtime.Open(api(), runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c1", Authentication: clientauth.TLSClientAuth()},
			runtime.WithTransport(transport), runtime.WithClock(p.clock))
		require.NoError(t, err)
		return session
	}
	require.ErrorContains(t, callRead(t.Context(), open()), "the connection does not show the client's certificate")
	require.NoError(t, callBoth(t.Context(), open(tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key})))
	p.requireNarrow(t)

	require.NoError(t, p.AddClient(sandbox.Client{ID: "c1", Certificate: certificate, Public: true}))
	require.NoError(t, callRead(t.Context(), open()), "a public client needs no certificate")
}

func googleKey(t testing.TB, endpoint string) (string, crypto.PublicKey) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "robot@project.example", "private_key_id": "k9",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": endpoint})
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "key.json")
	require.NoError(t, os.WriteFile(path, text, 0o600))
	return path, key.Public()
}

func TestAKeyFileOfGoogleOpensWithOneCall(t *testing.T) {
	p := serve(t, sandbox.Config{}, nil)
	path, public := googleKey(t, p.http.URL+"/token")
	require.NoError(t, p.AddClient(sandbox.Client{ID: "robot@project.example", AssertionKeys: map[string]crypto.PublicKey{"k9": public}}))
	require.NoError(t, callBoth(t.Context(), p.open(t, grant.GoogleKeyFile(path, ""))))
	p.requireNarrow(t)

	elsewhere, _ := googleKey(t, "https://collector.example/token")
	_, err := runtime.Open(api(), runtime.Server{URL: p.http.URL}, grant.GoogleKeyFile(elsewhere, ""))
	require.ErrorContains(t, err, "the key file is for the token endpoint https://collector.example/token, and things has "+p.http.URL)
	broken := filepath.Join(t.TempDir(), "broken")
	require.NoError(t, os.WriteFile(broken, []byte(`{"type": "s3cret`), 0o600))
	_, err = runtime.Open(api(), runtime.Server{URL: p.http.URL}, grant.GoogleKeyFile(broken, ""))
	require.ErrorContains(t, err, "is not JSON")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestAnExchangeGivesEachClientItsOwnNarrowToken(t *testing.T) {
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	wide := runtime.Authorize[both](p.open(t, secretClient()))
	session := p.open(t, grant.Exchange{Client: secretClient(), Subject: grant.SessionToken(wide), Parameters: url.Values{"resource": {"https://a.example", "https://b.example"}}})
	require.NoError(t, callBoth(t.Context(), session))
	p.requireNarrow(t)

	// What the subject does not hold, nobody gets.
	narrow := runtime.Authorize[read](p.open(t, secretClient()))
	session = p.open(t, grant.Exchange{Client: secretClient(), Subject: grant.SessionToken(narrow)})
	require.NoError(t, callRead(t.Context(), session))
	require.ErrorContains(t, callBoth(t.Context(), session), "invalid_scope")
}

func TestSessionsOfDifferentSubjectsShareNothingInAStore(t *testing.T) {
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	p.clock.still = true // so that no limit of the store's methods passes
	store := &runtime.MemoryStore{Now: p.clock.Now}
	wide := runtime.Authorize[both](p.open(t, secretClient()))
	for i, name := range []string{"alice", "bob", "alice", "", ""} {
		before := p.tokenRequests()
		session := p.open(t, grant.Exchange{Client: secretClient(), Subject: grant.SessionToken(wide), SubjectName: name}, runtime.WithStore(store))
		require.NoError(t, callRead(t.Context(), session))
		want := []int{2, 1, 0, 1, 1}[i] // the first also fetches the subject's
		require.Equal(t, want, p.tokenRequests()-before, "session %d", i)
	}
}

// hostile answers token requests as told.
func hostile(t testing.TB, answer func(form url.Values) (int, string)) (*place, *atomic.Int64) {
	t.Helper()
	var requests atomic.Int64
	p := &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" && r.URL.Path != "/device" {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		requests.Add(1)
		_ = r.ParseForm()
		status, text := answer(r.PostForm)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(p.http.Close)
	return p, &requests
}

func secretToken(context.Context) (runtime.Secret, error) {
	return runtime.NewSecret("s3cret-subject-token"), nil
}

func TestAnExchangeThatAnswersWithSomethingElseIsRefused(t *testing.T) {
	for says, members := range map[string]string{
		`the endpoint granted more than was asked for, things:write`: `"scope":"things:read things:write","issued_token_type":"` + grant.TypeAccessToken + `","token_type":"bearer"`,
		`a token of the type "urn:ietf:params:oauth:token-type:jwt"`: `"issued_token_type":"` + grant.TypeJWT + `","token_type":"bearer"`,
		`a token of the type ""`:                                     `"token_type":"bearer"`,
		`the token_type is "N_A"`:                                    `"issued_token_type":"` + grant.TypeAccessToken + `","token_type":"N_A"`,
		`issued_token_type is not `:                                  `"issued_token_type":["x"],"token_type":"bearer"`,
	} {
		p, _ := hostile(t, func(url.Values) (int, string) { return 200, `{"access_token":"a1","expires_in":60,` + members + `}` })
		session := p.open(t, grant.Exchange{Subject: grant.Token{Type: grant.TypeJWT, Get: secretToken}})
		require.ErrorContains(t, callRead(t.Context(), session), says)
	}
}

func TestAServerThatRepeatsWhatItWasSentLeaksNothing(t *testing.T) {
	p, _ := hostile(t, func(form url.Values) (int, string) {
		text, _ := json.Marshal(map[string]string{"error": form.Encode(), "error_description": fmt.Sprint(form)})
		return 400, string(text)
	})
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for _, g := range []runtime.Grant{
		secretClient(),
		grant.Exchange{Client: secretClient(), Subject: grant.Token{Type: grant.TypeJWT, Get: secretToken}, Actor: grant.Token{Type: grant.TypeJWT, Get: secretToken}},
		grant.RefreshToken{Client: secretClient(), Store: grant.NewRefreshTokens(runtime.NewSecret("s3cret-refresh"))},
		runtime.Credentials{ClientID: "c1", Authentication: clientauth.Assertion(secretToken)},
		grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key),
	} {
		err := callRead(t.Context(), p.open(t, g))
		require.ErrorContains(t, err, "grant_type")
		require.NotContains(t, err.Error(), "s3cret")
		require.NotContains(t, err.Error(), "eyJ", "an assertion")
	}
}

func TestAFixedTokenIsUsedForTheScopesItHolds(t *testing.T) {
	var bearer atomic.Value
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bearer.Store(r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	open := func(scopes ...string) (*runtime.Session, error) {
		return runtime.Open(api(), runtime.Server{URL: server.URL}, grant.Fixed(runtime.NewSecret("s3cret-pat"), scopes...))
	}
	session, err := open("things:read", "things:write")
	require.NoError(t, err)
	require.Equal(t, "Session(things at "+strings.TrimPrefix(server.URL, "http://")+", with an access token that cannot be narrowed)", fmt.Sprint(session))
	require.NoError(t, callBoth(t.Context(), session))
	require.Equal(t, "Bearer s3cret-pat", bearer.Load())

	bearer.Store("")
	session, err = open("things:write")
	require.NoError(t, err)
	require.ErrorContains(t, callRead(t.Context(), session), "the access token that the session was opened with does not hold things:read: use one that does")
	require.Empty(t, bearer.Load(), "nothing was sent")

	_, err = open("things:wride")
	require.ErrorContains(t, err, `things has no scope "things:wride"`)
	_, err = open()
	require.ErrorContains(t, err, "state the scopes")
}

func TestOpenRefusesWhatTheAPIDoesNotHave(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	old := api()
	old.Token = clientimpl.TokenEndpoint{Path: "/token"}
	for says, try := range map[string]struct {
		api   *clientimpl.API
		grant runtime.Grant
	}{
		"things does not have the grant " + exchange:                         {old, grant.Exchange{Client: secretClient(), Subject: grant.Token{Type: grant.TypeJWT, Get: secretToken}}},
		"things does not have the grant " + jwtBearer:                        {old, grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key)},
		"things does not have the grant refresh_token":                       {old, grant.RefreshToken{Client: secretClient(), Store: grant.NewRefreshTokens(runtime.Secret{})}},
		"things does not take the client authentication private_key_jwt":     {old, runtime.Credentials{ClientID: "c", Authentication: clientauth.PrivateKeyJWT("", key)}},
		"things does not take the client authentication none":                {old, runtime.Credentials{ClientID: "c", Authentication: clientauth.None()}},
		"has both a ClientSecret and an Authentication":                      {api(), runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s"), Authentication: clientauth.None()}},
		"the RSA key has 1024 bits; it needs at least 2048":                  {api(), runtime.Credentials{ClientID: "c", Authentication: clientauth.PrivateKeyJWT("", small)}},
		`the algorithm "RS256" is not one of the key's, ["EdDSA" "Ed25519"]`: {api(), runtime.Credentials{ClientID: "c", Authentication: clientauth.PrivateKeyJWT("", key, clientauth.Algorithm("RS256"))}},
		"Assertion.Issuer is empty":                                          {api(), grant.JWTBearer(grant.Assertion{}, key)},
		`Parameters: "scope" is set by the grant itself`:                     {api(), grant.ClientCredentials{Client: secretClient(), Parameters: url.Values{"scope": {"x"}}}},
		"RefreshToken.Store is nil":                                          {api(), grant.RefreshToken{Client: secretClient()}},
		"Exchange.Subject lacks its Type or Get":                             {api(), grant.Exchange{}},
		"no grant: give Open runtime.Credentials":                            {api(), nil},
		"clientauth: PrivateKeyJWT: the key is nil":                          {api(), runtime.Credentials{ClientID: "c", Authentication: clientauth.PrivateKeyJWT("", nil)}},
		"clientauth: Assertion: the function is nil":                         {api(), runtime.Credentials{ClientID: "c", Authentication: clientauth.Assertion(nil)}},
		"the key file /no/such/file: open /no/such/file: no such file or":    {api(), grant.GoogleKeyFile("/no/such/file", "")},
	} {
		_, err := runtime.Open(try.api, runtime.Server{URL: "https://things.example"}, try.grant)
		require.ErrorContains(t, err, says)
	}
}

func TestFurtherParametersAreSent(t *testing.T) {
	var sent atomic.Value
	p, _ := hostile(t, func(form url.Values) (int, string) {
		sent.Store(form)
		return 200, `{"access_token":"a1","token_type":"bearer","expires_in":60}`
	})
	session := p.open(t, grant.ClientCredentials{Client: secretClient(), Parameters: url.Values{"resource": {"https://a.example", "https://b.example"}, "audience": {"x"}}})
	require.NoError(t, callRead(t.Context(), session))
	require.Equal(t, url.Values{"grant_type": {"client_credentials"}, "scope": {"things:read"}, "client_id": {"c1"}, "client_secret": {"s3cret-of-c1"},
		"resource": {"https://a.example", "https://b.example"}, "audience": {"x"}}, sent.Load())
}

// own is a grant that a user wrote.
type own struct{ calls atomic.Int64 }

func (*own) Prepare(*clientimpl.API, string) (runtime.Holder, error) { return runtime.Holder{}, nil }

func (g *own) AccessToken(_ context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	scopes := r.Scopes()
	if g.calls.Add(1) > 1 {
		scopes = append(scopes, "things:everything")
	}
	return runtime.AccessToken{Value: runtime.NewSecret("own"), Scopes: scopes, Life: time.Hour}, nil
}

func TestAGrantOfOnesOwnIsHeldToTheSameRules(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }))
	defer server.Close()
	g := &own{}
	session, err := runtime.Open(api(), runtime.Server{URL: server.URL}, g)
	require.NoError(t, err)
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { assert.NoError(t, callRead(t.Context(), session)) })
	}
	wg.Wait()
	require.EqualValues(t, 1, g.calls.Load(), "one fetch for all callers")
	err = callBoth(t.Context(), session)
	var refused *runtime.TokenError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"things:everything"}, refused.Excess)
}

// TestSecretsOfGrantsDoNotPrint tries the ways in which values get printed.
func TestSecretsOfGrantsDoNotPrint(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	path, _ := googleKey(t, "https://x.example")
	signed := runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k", key)}
	seed := fmt.Sprint([]byte(key.Seed()[:8]))
	seed = seed[1 : len(seed)-1]
	values := []any{
		secretClient(), signed, grant.Fixed(runtime.NewSecret("s3cret-pat"), "things:read"), grant.JWTBearer(grant.Assertion{Issuer: "c"}, key), grant.GoogleKeyFile(path, ""),
		grant.Exchange{Client: signed, Subject: grant.Token{Type: "t", Get: secretToken}},
		grant.RefreshToken{Client: secretClient(), Store: grant.NewRefreshTokens(runtime.NewSecret("s3cret-refresh"))},
		runtime.WithDPoPKey(key, ""), grant.RefreshState{Token: runtime.NewSecret("s3cret-refresh")}, runtime.AccessToken{Value: runtime.NewSecret("s3cret-a"), Refresh: runtime.NewSecret("s3cret-r")},
	}
	for _, v := range values {
		session := any(nil)
		if g, ok := v.(runtime.Grant); ok {
			if opened, err := runtime.Open(api(), runtime.Server{URL: "https://x.example/"}, g); err == nil {
				session = []any{opened, opened.NewTokenRequest("things:read")}
			}
		}
		type wrapped struct {
			Public  any
			private any
		}
		for _, v := range []any{v, &v, []any{v}, map[string]any{"k": v}, wrapped{v, v}, &wrapped{v, v}, session} {
			var out bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
				fmt.Fprintf(&out, verb, v)
			}
			text, _ := json.Marshal(v) // some hold what an encoder has no form for
			out.Write(text)
			text, _ = xml.Marshal(v)
			out.Write(text)
			_ = gob.NewEncoder(&out).Encode(v)
			func() {
				defer func() { fmt.Fprint(&out, recover()) }()
				panic(v)
			}()
			slog.New(slog.NewTextHandler(&out, nil)).Info("x", "v", v)
			slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "v", v)
			var failed printed
			assert.Equal(&failed, []any{v}, "other")
			out.WriteString(failed.String())
			require.NotContains(t, out.String(), "s3cret")
			require.NotContains(t, strings.ToLower(out.String()), fmt.Sprintf("%x", "s3cret"))
			require.NotContains(t, out.String(), seed)
			require.NotContains(t, strings.ToLower(out.String()), fmt.Sprintf("%x", key.Seed()[:8]))
		}
	}
}

type printed struct{ strings.Builder }

func (p *printed) Errorf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func login(t testing.TB, p *place, g grant.RefreshToken, session *runtime.Session) []string {
	t.Helper()
	granted, err := g.Login(t.Context(), session, grant.Browser{Open: func(ctx context.Context, page string) error {
		resp, err := http.Get(page)
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(text), "It worked") {
			return fmt.Errorf("the page says %s", text)
		}
		return nil
	}}, "things:read", "things:write")
	require.NoError(t, err)
	return granted
}

func publicClient() (runtime.Credentials, sandbox.Client) {
	return runtime.Credentials{ClientID: "cli", Authentication: clientauth.None()}, sandbox.Client{ID: "cli", Public: true}
}

func TestAPersonAuthorizesInTheBrowserAndEachClientGetsItsOwnToken(t *testing.T) {
	credentials, client := publicClient()
	for _, keep := range []bool{false, true} {
		p := serve(t, sandbox.Config{KeepRefreshTokens: keep}, nil, client)
		g := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(filepath.Join(t.TempDir(), "refresh"))}
		session := p.open(t, g)
		err := callRead(t.Context(), session)
		require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
		require.Equal(t, []string{"things:read", "things:write"}, login(t, p, g, session))
		p.clock.AfterFunc(2*time.Second, func() {}) // the pause after the failure
		require.NoError(t, callBoth(t.Context(), session))
		p.requireNarrow(t)
	}
}

func TestAPersonMayGrantLess(t *testing.T) {
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{Approve: func(_ string, scopes []string) []string {
		return slices.DeleteFunc(scopes, func(scope string) bool { return scope == "things:write" })
	}}, nil, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	session := p.open(t, g)
	require.Equal(t, []string{"things:read"}, login(t, p, g, session))
	require.NoError(t, callRead(t.Context(), session))
	require.ErrorContains(t, callBoth(t.Context(), session), "things:write")
}

func TestOnlyTheRedirectOfThisLoginIsTaken(t *testing.T) {
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{}, nil, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	status := func(u string, host string) int {
		r, err := http.NewRequest("GET", u, nil)
		require.NoError(t, err)
		if host != "" {
			r.Host = host
		}
		resp, err := http.DefaultTransport.RoundTrip(r)
		require.NoError(t, err)
		resp.Body.Close()
		return resp.StatusCode
	}
	open := grant.Browser{Open: func(_ context.Context, page string) error {
		u, err := url.Parse(page)
		require.NoError(t, err)
		redirect, state := u.Query().Get("redirect_uri"), u.Query().Get("state")
		require.Equal(t, "S256", u.Query().Get("code_challenge_method"))
		// Another program of this machine brings a code of its own.
		require.Equal(t, 400, status(redirect+"?code=injected", ""))
		require.Equal(t, 400, status(redirect+"?code=injected&state=guess", ""))
		require.Equal(t, 400, status(redirect+"?code=injected&state="+state+"&state=x", ""))
		require.Equal(t, 400, status(redirect+"?code=injected&state="+state, "attacker.example"))
		require.Equal(t, 400, status(strings.Replace(redirect, "/callback", "/", 1)+"?code=injected&state="+state, ""))
		// The person's browser comes last, and wins.
		resp, err := http.Get(page)
		require.NoError(t, err)
		resp.Body.Close()
		return nil
	}}
	_, err := g.Login(t.Context(), p.open(t, g), open, "things:read")
	require.NoError(t, err)

	// The redirect is of another authorization server (RFC 9207).
	mixed := api()
	mixed.Token.Issuer = "https://issuer.example"
	session, err := runtime.Open(mixed, runtime.Server{URL: p.http.URL}, g, runtime.WithClock(p.clock))
	require.NoError(t, err)
	before := p.tokenRequests()
	_, err = g.Login(t.Context(), session, grant.Browser{Open: func(_ context.Context, page string) error {
		u, _ := url.Parse(page)
		status(u.Query().Get("redirect_uri")+"?code=s3cret-code&iss=https%3A%2F%2Fother.example&state="+u.Query().Get("state"), "")
		return nil
	}}, "things:read")
	require.ErrorContains(t, err, `the redirect is from the authorization server "https://other.example", not from https://issuer.example`)
	require.Equal(t, before, p.tokenRequests(), "the code went nowhere")

	ctx, cancel := context.WithCancel(t.Context())
	_, err = g.Login(ctx, p.open(t, g), grant.Browser{Open: func(context.Context, string) error { cancel(); return nil }}, "things:read")
	require.ErrorIs(t, err, context.Canceled)
}

func TestAPersonAuthorizesOnAnotherDevice(t *testing.T) {
	credentials, client := publicClient()
	var polls atomic.Int64
	p := serve(t, sandbox.Config{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				if polls.Add(1) == 2 { // the endpoint is away for a moment
					w.WriteHeader(503)
					return
				}
			}
			next.ServeHTTP(w, r)
		})
	}, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	session := p.open(t, g)
	_, err := g.Login(t.Context(), session, grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
		require.Contains(t, code.Complete, code.UserCode)
		time.AfterFunc(0, func() {
			resp, err := http.Get(code.Complete)
			if err == nil {
				resp.Body.Close()
			}
		})
		return nil
	}}, "things:read", "things:write")
	require.NoError(t, err)
	require.NoError(t, callBoth(t.Context(), session))
	p.requireNarrow(t)
}

func TestADeviceLoginEnds(t *testing.T) {
	code := `{"device_code":"s3cret-device","user_code":"AB-CD","verification_uri":"https://x.example/device","expires_in":60}`
	for says, test := range map[string]struct {
		device string
		token  string
	}{
		"the person refused":                   {code, `{"error":"access_denied"}`},
		"did not authorize the client in time": {code, `{"error":"expired_token"}`},
		"in time: log in again":                {code, `{"error":"authorization_pending"}`}, // for ever
		"client in time: log in":               {code, `{"error":"slow_down"}`},
		"is not fit to be shown":               {`{"device_code":"s3cret-device","user_code":"AB","verification_uri":"javascript:alert(1)","expires_in":600}`, ``},
		"the code must be short and printable": {`{"device_code":"s3cret-device","user_code":"\u001b[2J","verification_uri":"https://x.example","expires_in":600}`, ``},
		"lacks device_code or expires_in":      {`{"device_code":"s3cret-device","user_code":"AB","verification_uri":"https://x.example"}`, ``},
		"invalid_client":                       {code, `{"error":"invalid_client","error_description":"s3cret-device"}`},
	} {
		for _, status := range []int{400, 200} { // GitHub answers 200
			p, _ := hostile(t, func(form url.Values) (int, string) {
				if form.Has("device_code") {
					return status, test.token
				}
				return 200, test.device
			})
			credentials, _ := publicClient()
			g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
			_, err := g.Login(t.Context(), p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}, "things:read")
			require.ErrorContains(t, err, says)
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
}

// Microsoft Entra ID gives an application all that it was granted, for one scope.
func TestOneScopeStandsForAllThatAnApplicationHas(t *testing.T) {
	for _, said := range []string{``, `,"scope":"https://things.example/.default"`, `,"scope":"things:write things:read other"`} {
		p, requests := hostile(t, func(form url.Values) (int, string) {
			if form.Get("scope") != "https://things.example/.default" {
				return 400, `{"error":"invalid_scope"}`
			}
			return 200, `{"access_token":"a","token_type":"Bearer","expires_in":3599` + said + `}`
		})
		session := p.open(t, grant.ClientCredentials{Client: secretClient(), Scope: "https://things.example/.default"})
		require.NoError(t, callBoth(t.Context(), session))
		require.Contains(t, fmt.Sprint(session), "with an access token that cannot be narrowed")
		require.Positive(t, requests.Load())
	}
	p, _ := hostile(t, func(url.Values) (int, string) {
		return 200, `{"access_token":"a","token_type":"Bearer","scope":"things:write"}`
	})
	err := callRead(t.Context(), p.open(t, grant.ClientCredentials{Client: secretClient(), Scope: "https://things.example/.default"}))
	var refused *runtime.TokenError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, []string{"things:read"}, refused.Missing)
}

// An error with the status 200 is an answer: the refresh token is spent or not by what it
// says, and not lost with it.
func TestARefreshThatIsRefusedWithOK(t *testing.T) {
	var code atomic.Value
	code.Store("temporarily_unavailable")
	var asked atomic.Int64
	p, _ := hostile(t, func(form url.Values) (int, string) {
		asked.Add(1)
		if code.Load() == "" {
			return 200, `{"access_token":"a","token_type":"bearer","refresh_token":"` + form.Get("refresh_token") + `+"}`
		}
		return 200, `{"error":"` + code.Load().(string) + `"}`
	})
	store := grant.NewRefreshTokens(runtime.NewSecret("r"))
	credentials, _ := publicClient()
	session := p.open(t, grant.RefreshToken{Client: credentials, Store: store})
	err := callRead(t.Context(), session)
	require.ErrorContains(t, err, `"temporarily_unavailable"`)
	require.NotErrorIs(t, err, grant.ErrAuthorizeAgain)
	code.Store("")
	require.NoError(t, callRead(t.Context(), p.open(t, grant.RefreshToken{Client: credentials, Store: store})))
	code.Store("bad_refresh_token")
	err = callRead(t.Context(), p.open(t, grant.RefreshToken{Client: credentials, Store: store}))
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	before := asked.Load()
	require.ErrorIs(t, callRead(t.Context(), p.open(t, grant.RefreshToken{Client: credentials, Store: store})), grant.ErrAuthorizeAgain)
	require.Equal(t, before, asked.Load(), "a refused refresh token is not sent again")
}

// Google's servers call the page verification_url.
func TestADeviceLoginWithAPageAsGoogleNamesIt(t *testing.T) {
	p, _ := hostile(t, func(form url.Values) (int, string) {
		if form.Has("device_code") {
			return 200, `{"access_token":"a","token_type":"Bearer","refresh_token":"r","scope":"things:read"}`
		}
		return 200, `{"device_code":"d","user_code":"AB-CD","verification_url":"https://www.google.com/device","expires_in":1800,"interval":5}`
	})
	credentials, _ := publicClient()
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	var shown string
	_, err := g.Login(t.Context(), p.open(t, g), grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error { shown = code.URL; return nil }}, "things:read")
	require.NoError(t, err)
	require.Equal(t, "https://www.google.com/device", shown)
}

// GitHub refuses with the status 200, and puts commas between scopes.
func TestADeviceLoginWithAServerThatAnswersAsGitHubDoes(t *testing.T) {
	var polls atomic.Int64
	p, _ := hostile(t, func(form url.Values) (int, string) {
		if !form.Has("device_code") {
			return 200, `{"device_code":"d","user_code":"AB-CD","verification_uri":"https://x.example/device","expires_in":900,"interval":5}`
		}
		switch polls.Add(1) {
		case 1:
			return 200, `{"error":"authorization_pending","error_description":"The authorization request is still pending.","error_uri":"https://docs.example"}`
		case 2:
			return 200, `{"error":"slow_down","error_description":"Too many requests.","interval":10}`
		}
		return 200, `{"access_token":"a","token_type":"bearer","scope":"things:read,things:write","refresh_token":"r"}`
	})
	credentials, _ := publicClient()
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	granted, err := g.Login(t.Context(), p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}, "things:read", "things:write")
	require.NoError(t, err)
	require.Equal(t, []string{"things:read", "things:write"}, granted)
	require.EqualValues(t, 3, polls.Load())

	p, _ = hostile(t, func(url.Values) (int, string) { return 200, `{"error":"device_flow_disabled"}` })
	_, err = g.Login(t.Context(), p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}, "things:read")
	require.ErrorContains(t, err, `"device_flow_disabled"`)
}

// A server may ask to be polled without a pause, and a person may give up.
func TestADeviceLoginAsksOnceASecondAtMostUntilItIsCancelled(t *testing.T) {
	p, requests := hostile(t, func(form url.Values) (int, string) {
		if form.Has("device_code") {
			return 400, `{"error":"authorization_pending"}`
		}
		return 200, `{"device_code":"s3cret-device","user_code":"AB-CD","verification_uri":"https://x.example/device","expires_in":60,"interval":1e-9}`
	})
	credentials, _ := publicClient()
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	_, err := g.Login(t.Context(), p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}, "things:read")
	require.ErrorContains(t, err, "in time: log in again")
	require.LessOrEqual(t, requests.Load(), int64(60))

	before := requests.Load()
	ctx, cancel := context.WithCancel(t.Context())
	_, err = g.Login(ctx, p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { cancel(); return nil }}, "things:read")
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, before+1, requests.Load(), "the endpoint was not polled")
}

func TestOneRefreshAtATimeHoweverManyClientsWait(t *testing.T) {
	var now, most atomic.Int64
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{TokenLifetime: time.Minute}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/token" {
				n := now.Add(1)
				most.Store(max(most.Load(), n))
				defer now.Add(-1)
			}
			next.ServeHTTP(w, r)
		})
	}, client)
	path := filepath.Join(t.TempDir(), "refresh")
	g := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(path)}
	login(t, p, g, p.open(t, g))
	var wg sync.WaitGroup
	for range 6 { // sessions, as processes of one machine have them
		session := p.open(t, grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(path)})
		for range 10 {
			wg.Go(func() { assert.NoError(t, callBoth(t.Context(), session)) })
		}
	}
	wg.Wait()
	require.EqualValues(t, 1, most.Load())
	require.Equal(t, 13, p.tokenRequests()) // 1 code, 6 sessions with 2 scope sets each
}

func TestARefreshTokenWhoseAnswerIsLostIsNeverSentAgain(t *testing.T) {
	type response struct {
		status int
		text   string // "" to break the connection
	}
	ok := response{200, `{"access_token":"a1","token_type":"bearer"}`} // no life: each call refreshes
	rotated := response{200, `{"access_token":"a1","token_type":"bearer","refresh_token":"r2"}`}
	for name, test := range map[string]struct {
		responses []response
		sent      []string // refresh tokens that the server saw
		again     bool     // the last call says to authorize again
	}{
		"LostWhileNothingIsKnown":  {[]response{{}, ok}, []string{"r1"}, true},
		"LostAtAServerThatRotates": {[]response{rotated, {}, ok}, []string{"r1", "r2"}, true},
		"LostAtOneThatDoesNot":     {[]response{ok, {}, ok}, []string{"r1", "r1", "r1"}, false},
		"GatewayTimeout":           {[]response{{504, "x"}, ok}, []string{"r1"}, true},
		"Nonsense":                 {[]response{{200, "<html>"}, ok}, []string{"r1"}, true},
		"Busy":                     {[]response{{429, "{}"}, ok}, []string{"r1", "r1"}, false},
		"Refused":                  {[]response{{400, `{"error":"invalid_grant"}`}, ok}, []string{"r1"}, true},
		"NotThisScope":             {[]response{{400, `{"error":"invalid_scope"}`}, ok}, []string{"r1", "r1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var sent []string
			p := &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
			p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/token" {
					w.WriteHeader(204)
					return
				}
				mu.Lock()
				sent = append(sent, r.FormValue("refresh_token"))
				a := test.responses[min(len(sent), len(test.responses))-1]
				mu.Unlock()
				if a.text == "" {
					panic(http.ErrAbortHandler)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(a.status)
				_, _ = io.WriteString(w, a.text)
			}))
			defer p.http.Close()
			path := filepath.Join(t.TempDir(), "refresh")
			store := grant.RefreshTokenFile(path)
			require.NoError(t, store.Update(t.Context(), func(_ grant.RefreshState, save func(grant.RefreshState) error) error {
				return save(grant.RefreshState{Token: runtime.NewSecret("r1")})
			}))
			var err error
			for range len(test.responses) { // each in a session of its own, as after a restart
				err = callRead(t.Context(), p.open(t, grant.RefreshToken{Client: secretClient(), Store: grant.RefreshTokenFile(path)}, runtime.WithoutRetry()))
			}
			mu.Lock() // a handler whose connection broke may still run
			defer mu.Unlock()
			require.Equal(t, test.sent, sent)
			if test.again {
				require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
				require.ErrorContains(t, err, "a person must authorize the client again")
			} else {
				require.NoError(t, err)
			}
		})
	}
}

func TestAServerThatIsNotThereCostsNoRefreshToken(t *testing.T) {
	p, _ := hostile(t, func(url.Values) (int, string) {
		return 200, `{"access_token":"a1","token_type":"bearer","expires_in":60}`
	})
	store := grant.NewRefreshTokens(runtime.NewSecret("r1"))
	away := api()
	away.Token.Path = "http://127.0.0.1:1/token"
	session, err := runtime.Open(away, runtime.Server{URL: p.http.URL}, grant.RefreshToken{Client: secretClient(), Store: store}, runtime.WithClock(p.clock))
	require.NoError(t, err)
	err = callRead(t.Context(), session)
	require.Error(t, err)
	require.NotErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.NoError(t, callRead(t.Context(), p.open(t, grant.RefreshToken{Client: secretClient(), Store: store})))
}

// TestAProcessIsKilledBetweenTheAnswerAndTheStore kills a process of its own.
func TestAProcessIsKilledBetweenTheAnswerAndTheStore(t *testing.T) {
	if path := os.Getenv("GRANT_TEST_KILLED"); path != "" {
		_ = grant.RefreshTokenFile(path).Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			state.Spent = true // as a refresh begins
			if err := save(state); err != nil {
				return err
			}
			return syscall.Kill(os.Getpid(), syscall.SIGKILL)
		})
		return
	}
	path := filepath.Join(t.TempDir(), "refresh")
	store := grant.RefreshTokenFile(path)
	require.NoError(t, store.Update(t.Context(), func(_ grant.RefreshState, save func(grant.RefreshState) error) error {
		return save(grant.RefreshState{Token: runtime.NewSecret("r1")})
	}))
	child := exec.Command(os.Args[0], "-test.run=^TestAProcessIsKilledBetweenTheAnswerAndTheStore$")
	child.Env = append(os.Environ(), "GRANT_TEST_KILLED="+path)
	require.ErrorContains(t, child.Run(), "killed")
	p, requests := hostile(t, func(url.Values) (int, string) { return 200, `{"access_token":"a1","token_type":"bearer"}` })
	err := callRead(t.Context(), p.open(t, grant.RefreshToken{Client: secretClient(), Store: store}))
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.Zero(t, requests.Load())
}

func TestARefreshTokenFileThatOthersCanReadIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refresh")
	require.NoError(t, os.WriteFile(path, []byte(`{"refresh_token":"s3cret"}`), 0o644))
	p, _ := hostile(t, func(url.Values) (int, string) { return 500, "" })
	err := callRead(t.Context(), p.open(t, grant.RefreshToken{Client: secretClient(), Store: grant.RefreshTokenFile(path)}))
	require.ErrorContains(t, err, "chmod 600")
	require.NotContains(t, err.Error(), "s3cret")
}

func TestALoginReplacesARefreshTokenFileThatCannotBeRead(t *testing.T) {
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{}, nil, client)
	path := filepath.Join(t.TempDir(), "refresh")
	require.NoError(t, os.WriteFile(path, []byte(`{"refresh_token":"s3c`), 0o600)) // a disk was full
	g := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(path)}
	session := p.open(t, g)
	err := callRead(t.Context(), session)
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.ErrorContains(t, err, "is not what was written")
	require.NotContains(t, err.Error(), "s3c")
	login(t, p, g, session)
	p.clock.AfterFunc(2*time.Second, func() {}) // the pause after the failure
	require.NoError(t, callBoth(t.Context(), session))
}
