package interop_test

import (
	"bufio"
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
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
)

// provider is oidc-provider, in a process of its own, and the API beside it. All
// tests share it.
type provider struct {
	url         string
	keys        map[string]crypto.Signer // by algorithm
	roots       *x509.CertPool
	certificate tls.Certificate // of the client "tls"
	input       io.Closer       // held, because the process ends with it

	mu        sync.Mutex
	responses []string // method, path and status of each, metadata left out
}

var theProvider struct {
	once sync.Once
	*provider
	why string
	err error
}

// newProvider returns the provider, and skips the test if it is not installed.
func newProvider(t *testing.T) *provider {
	t.Helper()
	theProvider.once.Do(func() {
		if theProvider.why = lacking("oidc-provider"); theProvider.why == "" {
			theProvider.provider, theProvider.err = startProvider()
		}
	})
	if theProvider.why != "" {
		t.Skip(theProvider.why)
	}
	require.NoError(t, theProvider.err)
	p := theProvider.provider
	p.mu.Lock()
	defer p.mu.Unlock()
	p.responses = nil
	return p
}

// startProvider starts the process. It ends when its input does, with the tests.
func startProvider() (*provider, error) {
	p := &provider{keys: map[string]crypto.Signer{}, roots: x509.NewCertPool()}
	for algorithm, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			return nil, err
		}
		p.keys[algorithm] = key
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	p.keys["EdDSA"], p.keys["RS256"], p.keys["PS256"] = edKey, rsaKey, rsaKey

	authority, err := p.certify("an authority", nil)
	if err != nil {
		return nil, err
	}
	p.roots.AddCert(authority.Leaf)
	own, err := p.certify("127.0.0.1", &authority)
	if err != nil {
		return nil, err
	}
	if p.certificate, err = p.certify("service.example", &authority); err != nil {
		return nil, err
	}
	ownKey, err := x509.MarshalPKCS8PrivateKey(own.PrivateKey)
	if err != nil {
		return nil, err
	}
	type object = map[string]any
	person := []string{"authorization_code", "refresh_token", device}
	native := func(id, authentication string, more object) object {
		c := object{"client_id": id, "application_type": "native", "redirect_uris": []string{"http://127.0.0.1/callback"}, "response_types": []string{"code"},
			"grant_types": person, "token_endpoint_auth_method": authentication}
		for name, value := range more {
			c[name] = value
		}
		return c
	}
	service := func(id, authentication string, more object) object {
		c := object{"client_id": id, "redirect_uris": []string{}, "response_types": []string{}, "grant_types": []string{"client_credentials"},
			"token_endpoint_auth_method": authentication}
		for name, value := range more {
			c[name] = value
		}
		return c
	}
	public := func(key crypto.Signer) object {
		return object{"keys": []jose.JSONWebKey{{Key: key.Public(), KeyID: "key-1", Use: "sig"}}}
	}
	clients := []object{
		service("basic", "client_secret_basic", object{"client_secret": providerSecret}),
		service("post", "client_secret_post", object{"client_secret": providerSecret}),
		service("bound", "client_secret_basic", object{"client_secret": providerSecret, "dpop_bound_access_tokens": true}),
		service("tls", "tls_client_auth", object{"tls_client_auth_san_dns": "service.example", "tls_client_certificate_bound_access_tokens": true}),
		native("app", "none", nil),
		native("bound app", "none", object{"dpop_bound_access_tokens": true}),
		native("app with a key", "private_key_jwt", object{"jwks": public(p.keys["ES256"])}),
	}
	for algorithm, key := range p.keys {
		clients = append(clients, service(algorithm, "private_key_jwt", object{"token_endpoint_auth_signing_alg": algorithm, "jwks": public(key)}))
	}
	settings, err := json.Marshal(object{
		"clients":     clients,
		"ca":          text("CERTIFICATE", authority.Certificate[0]),
		"certificate": text("CERTIFICATE", own.Certificate[0]),
		"key":         text("PRIVATE KEY", ownKey),
		"jwks":        object{"keys": []jose.JSONWebKey{{Key: rsaKey, KeyID: "own", Use: "sig"}}},
	})
	if err != nil {
		return nil, err
	}
	command := exec.Command("node", "server.mjs")
	command.Dir, command.Stderr = "node", os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	if _, err := fmt.Fprintf(input, "%s\n", settings); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(output).ReadString('\n')
	p.url, p.input = strings.TrimSpace(line), input
	return p, err
}

func text(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// certify makes a certificate for a name, and one that signs others if issuer is nil.
func (p *provider) certify(name string, issuer *tls.Certificate) (tls.Certificate, error) {
	var none tls.Certificate
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return none, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true}
	parent, signer := template, crypto.Signer(key)
	switch ip := net.ParseIP(name); {
	case issuer == nil:
		template.IsCA, template.KeyUsage = true, x509.KeyUsageCertSign
	case ip != nil:
		template.IPAddresses = []net.IP{ip}
	default:
		template.DNSNames = []string{name}
	}
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.PrivateKey.(crypto.Signer)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		return none, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, err
}

const providerSecret = "s3cret:+ %&=/" // with characters that are escaped in each place

func secretOf(id string) runtime.Credentials {
	return runtime.Credentials{ClientID: id, ClientSecret: runtime.NewSecret(providerSecret)}
}

type openid interface{ openid() }

// me is the provider's own API.
var me = clientimpl.Operation{ID: "me", Method: "GET", Path: "/me", Requires: [][]string{{"openid"}}}

// open opens a session whose endpoints are those of the provider's metadata.
func (p *provider) open(t *testing.T, g runtime.Grant, basic bool, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	return p.openWith(t, g, basic, nil, opts...)
}

func (p *provider) openWith(t *testing.T, g runtime.Grant, basic bool, certificates []tls.Certificate, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots, Certificates: certificates}}
	t.Cleanup(transport.CloseIdleConnections)
	session, err := runtime.Open(&clientimpl.API{
		Name: "things",
		Scopes: clientimpl.NewScopes(
			clientimpl.Scope{Name: "openid", Pointer: (*openid)(nil)},
			clientimpl.Scope{Name: "things:read", Pointer: (*read)(nil)},
			clientimpl.Scope{Name: "things:write", Pointer: (*write)(nil)},
		),
		Token: clientimpl.TokenEndpoint{Issuer: p.url, Basic: basic, DPoP: "optional",
			Grants:         []string{"client_credentials", "refresh_token", "authorization_code", device},
			Authentication: []string{"none", "private_key_jwt", "tls_client_auth"}},
	}, runtime.Server{URL: p.url}, g, append(opts, runtime.WithTransport(observer{transport, p}), runtime.WithoutRetry())...)
	require.NoError(t, err)
	return session
}

// observer records the statuses of the token endpoint and of the API.
type observer struct {
	http.RoundTripper
	p *provider
}

func (o observer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := o.RoundTripper.RoundTrip(r)
	if err == nil && !strings.Contains(r.URL.Path, ".well-known") {
		o.p.mu.Lock()
		o.p.responses = append(o.p.responses, fmt.Sprint(r.Method, " ", r.URL.Path, " ", resp.StatusCode))
		o.p.mu.Unlock()
	}
	return resp, err
}

func (p *provider) seen() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.responses
}

// held is what the API says of the access token of a call.
type held struct {
	Scopes string `json:"scopes"`
	Bound  string `json:"bound"`
}

// requireNarrow calls with two clients of a session, twice, and requires that each
// call carried an access token for its own scope. It returns what the access tokens
// are bound to.
func (p *provider) requireNarrow(t *testing.T, session *runtime.Session) (bound string) {
	t.Helper()
	token := runtime.Authorize[both](session)
	for range 2 {
		var got held
		require.NoError(t, runtime.DoJSON(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list), &got))
		require.Equal(t, "things:read", got.Scopes)
		require.NoError(t, runtime.DoJSON(t.Context(), runtime.NewCaller[write](token), runtime.NewRequest(&poke), &got))
		require.Equal(t, "things:write", got.Scopes)
		bound = got.Bound
	}
	return bound
}

// requireRefused calls, and requires that the token endpoint refused the client.
func requireRefused(t *testing.T, session *runtime.Session, code string) {
	t.Helper()
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[read](runtime.Authorize[read](session)), runtime.NewRequest(&list))
	refused := new(runtime.TokenError)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, code, refused.Code)
}

func TestProviderTakesClientSecrets(t *testing.T) {
	p := newProvider(t)
	for id, basic := range map[string]bool{"basic": true, "post": false} {
		require.Empty(t, p.requireNarrow(t, p.open(t, secretOf(id), basic)))
		wrong := runtime.Credentials{ClientID: id, ClientSecret: runtime.NewSecret("wrong")}
		requireRefused(t, p.open(t, wrong, basic), "invalid_client")
	}
}

func TestProviderTakesClientCredentialsWithAKey(t *testing.T) {
	p := newProvider(t)
	for algorithm, key := range p.keys {
		t.Run(algorithm, func(t *testing.T) {
			auth := clientauth.PrivateKeyJWT("key-1", key, clientauth.Algorithm(algorithm))
			require.Empty(t, p.requireNarrow(t, p.open(t, runtime.Credentials{ClientID: algorithm, Authentication: auth}, false)))
		})
	}
	other := clientauth.PrivateKeyJWT("key-1", p.keys["ES384"])
	requireRefused(t, p.open(t, runtime.Credentials{ClientID: "ES256", Authentication: other}, false), "invalid_client")
}

func TestProviderTakesAnAssertionOnce(t *testing.T) {
	p := newProvider(t)
	fresh := url.Values{}
	require.NoError(t, clientauth.PrivateKeyJWT("key-1", p.keys["ES256"]).Authenticate(t.Context(),
		runtime.ClientRequest{ClientID: "ES256", Endpoint: p.url + "/token", Issuer: p.url, Time: time.Now()}, fresh))
	auth := clientauth.Assertion(func(context.Context) (runtime.Secret, error) {
		return runtime.NewSecret(fresh.Get("client_assertion")), nil
	})
	credentials := runtime.Credentials{ClientID: "ES256", Authentication: auth}
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[read](runtime.Authorize[read](p.open(t, credentials, false))), runtime.NewRequest(&list)))
	requireRefused(t, p.open(t, credentials, false), "invalid_client")
}

func TestProviderTakesACertificate(t *testing.T) {
	p := newProvider(t)
	credentials := runtime.Credentials{ClientID: "tls", Authentication: clientauth.TLSClientAuth()}
	require.NotEmpty(t, p.requireNarrow(t, p.openWith(t, credentials, false, []tls.Certificate{p.certificate})))
	requireRefused(t, p.openWith(t, credentials, false, nil), "invalid_client")
	other, err := p.certify("service.example", nil) // by nobody that the server knows
	require.NoError(t, err)
	requireRefused(t, p.openWith(t, credentials, false, []tls.Certificate{other}), "invalid_client")
}

func TestProviderBindsAccessTokens(t *testing.T) {
	p := newProvider(t)
	for algorithm, key := range p.keys {
		t.Run(algorithm, func(t *testing.T) {
			session := p.open(t, secretOf("bound"), true, runtime.WithDPoPKey(key, algorithm))
			thumbprint, err := (&jose.JSONWebKey{Key: key.Public()}).Thumbprint(crypto.SHA256)
			require.NoError(t, err)
			require.Equal(t, base64.RawURLEncoding.EncodeToString(thumbprint), p.requireNarrow(t, session))
		})
	}
	requireRefused(t, p.open(t, secretOf("bound"), true), "invalid_grant") // it wants a proof
}

// browser is the browser of the person, which trusts the provider.
func (p *provider) browser(t *testing.T, change func(page *url.URL)) grant.Browser {
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}}
	t.Cleanup(transport.CloseIdleConnections)
	client := &http.Client{Transport: transport, Jar: jar, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if len(via) > 10 {
			return fmt.Errorf("the pages lead round and round")
		}
		if change != nil && r.URL.Path == "/callback" {
			change(r.URL)
		}
		return nil
	}}
	return grant.Browser{Open: func(ctx context.Context, page string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		text, err := io.ReadAll(resp.Body)
		if closed := resp.Body.Close(); err == nil {
			err = closed
		}
		if err == nil && resp.Request.URL.Path != "/callback" {
			err = fmt.Errorf("the browser ended at %s: status %d: %.200s", resp.Request.URL.Path, resp.StatusCode, text)
		}
		return err
	}}
}

func appGrant(id string, auth runtime.ClientAuthentication) grant.RefreshToken {
	return grant.RefreshToken{Client: runtime.Credentials{ClientID: id, Authentication: auth}, Store: grant.NewRefreshTokens(runtime.Secret{})}
}

var all = []string{"openid", "things:read", "things:write"}

func TestProviderGrantsForAPerson(t *testing.T) {
	p := newProvider(t)
	for id, auth := range map[string]runtime.ClientAuthentication{
		"app": clientauth.None(), "app with a key": clientauth.PrivateKeyJWT("key-1", p.keys["ES256"]),
	} {
		t.Run(id, func(t *testing.T) {
			g := appGrant(id, auth)
			session := p.open(t, g, false)
			granted, err := g.Login(t.Context(), session, p.browser(t, nil), all...)
			require.NoError(t, err)
			require.Equal(t, all, granted)
			first := kept(t, g)
			p.requireNarrow(t, session)
			require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[openid](runtime.Authorize[openid](session)), runtime.NewRequest(&me)))
			last := kept(t, g)
			require.Equal(t, "yes", last.Rotates)

			// A refresh token that is sent twice revokes all that came of it.
			g.Store = grant.NewRefreshTokens(first.Token)
			requireAgain(t, p.open(t, g, false))
			g.Store = grant.NewRefreshTokens(last.Token)
			requireAgain(t, p.open(t, g, false))
		})
	}
}

// requireAgain calls, and requires that the person has to authorize again.
func requireAgain(t *testing.T, session *runtime.Session) {
	t.Helper()
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[read](runtime.Authorize[read](session)), runtime.NewRequest(&list))
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
}

func TestProviderNamesItselfInRedirects(t *testing.T) {
	p := newProvider(t)
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"NotAtAll":   {func(q url.Values) { q.Del("iss") }, "the redirect does not say that it is from " + p.url},
		"AnotherOne": {func(q url.Values) { q.Set("iss", "https://other.example") }, `the redirect is from the authorization server "https://other.example"`},
	} {
		t.Run(name, func(t *testing.T) {
			g := appGrant("app", clientauth.None())
			_, err := g.Login(t.Context(), p.open(t, g, false), p.browser(t, func(page *url.URL) {
				query := page.Query()
				require.Equal(t, p.url, query.Get("iss"))
				c.change(query)
				page.RawQuery = query.Encode()
			}), all...)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestProviderBindsWhatAPersonGrants(t *testing.T) {
	p := newProvider(t)
	g := appGrant("bound app", clientauth.None())
	session := p.open(t, g, false, runtime.WithDPoPKey(p.keys["ES256"], ""))
	_, err := g.Login(t.Context(), session, p.browser(t, nil), all...)
	require.NoError(t, err)
	require.NotEmpty(t, p.requireNarrow(t, session))
	// The provider's own API checks the proof.
	caller := runtime.NewCaller[openid](runtime.Authorize[openid](session))
	for range 2 {
		require.NoError(t, runtime.DoEmpty(t.Context(), caller, runtime.NewRequest(&me)))
	}
	require.Equal(t, []string{
		"POST /token 400", "POST /token 200", // the one for the code: the first proof has no nonce
		"POST /token 200", "GET /things 200", "POST /token 200", "PUT /things 200", "GET /things 200", "PUT /things 200",
		"POST /token 200", "GET /me 200", "GET /me 200",
	}, p.seen())

	state := kept(t, g)
	g.Store = grant.NewRefreshTokens(state.Token)
	requireAgain(t, p.open(t, g, false, runtime.WithDPoPKey(p.keys["ES384"], ""))) // the refresh token is of another key
}

// decide is the person at the page on which a device's code is typed.
func (p *provider) decide(t *testing.T, code grant.DeviceCode, decision string) {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: p.roots}}
	defer transport.CloseIdleConnections()
	browser := &http.Client{Transport: transport, Jar: jar}
	read := func(resp *http.Response, err error) string {
		require.NoError(t, err)
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		return string(text)
	}
	form := regexp.MustCompile(`name="xsrf" value="([^"]+)"`).FindStringSubmatch(read(browser.Get(code.Complete)))
	require.Len(t, form, 2)
	page := read(browser.PostForm(code.URL, url.Values{"xsrf": {form[1]}, "user_code": {code.UserCode}, decision: {"yes"}}))
	if decision == "confirm" {
		require.Contains(t, page, "was successful")
	}
}

// A device logs in a public client, and one whose access tokens are bound to a key.
func TestProviderLetsAPersonUseAnotherDevice(t *testing.T) {
	p := newProvider(t)
	for id, opts := range map[string][]runtime.Option{"app": nil, "bound app": {runtime.WithDPoPKey(p.keys["ES256"], "")}} {
		t.Run(id, func(t *testing.T) {
			g := appGrant(id, clientauth.None())
			session := p.open(t, g, false, append(opts, runtime.WithClock(clock{}))...)
			decision := "confirm"
			flow := grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
				p.decide(t, code, decision)
				return nil
			}}
			granted, err := g.Login(t.Context(), session, flow, all...)
			require.NoError(t, err)
			require.Equal(t, all, granted)
			require.Equal(t, opts != nil, p.requireNarrow(t, session) != "")
			require.Equal(t, "yes", kept(t, g).Rotates)

			decision = "abort"
			_, err = g.Login(t.Context(), session, flow, all...)
			require.ErrorContains(t, err, "the person refused")
		})
	}
}

func TestProviderRevokes(t *testing.T) {
	p := newProvider(t)
	g := appGrant("app", clientauth.None())
	session := p.open(t, g, false)
	_, err := g.Login(t.Context(), session, p.browser(t, nil), all...)
	require.NoError(t, err)
	token := runtime.Authorize[read](session)
	access, err := token.AccessToken(t.Context())
	require.NoError(t, err)
	refresh := kept(t, g).Token
	require.NoError(t, session.Revoke(t.Context()))
	fixed := runtime.Authorize[read](p.open(t, grant.Fixed(access, "things:read"), false))
	err = runtime.DoEmpty(t.Context(), runtime.NewCaller[read](fixed), runtime.NewRequest(&list))
	require.ErrorIs(t, err, runtime.ErrUnauthorized)
	g.Store = grant.NewRefreshTokens(refresh)
	requireAgain(t, p.open(t, g, false))
}
