package runtime_test

import (
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
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"testing/fstest"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// The examples of grants use an API that has all of them, served on this machine.

const waysCatalogue = `
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
      - {scope: 'things:admin', permits: Everything.}
operations:
  - {id: list_things, method: GET, path: /things, domain: things, requires: {any_of: ['things:read']}, responses: {'204': {}}}
  - {id: poke_things, method: PUT, path: /things/poke, domain: things, requires: {any_of: ['things:admin']}, responses: {'204': {}}}
`

func waysAPI() *clientimpl.API {
	api := exampleAPI()
	api.Token = clientimpl.TokenEndpoint{Path: "/token", Authorize: "/authorize", Device: "/device", Revoke: "/revoke",
		Grants: []string{"client_credentials", "refresh_token", "authorization_code", "urn:ietf:params:oauth:grant-type:jwt-bearer",
			"urn:ietf:params:oauth:grant-type:token-exchange", "urn:ietf:params:oauth:grant-type:device_code"},
		Authentication: []string{"none", "private_key_jwt", "tls_client_auth"}}
	return api
}

// access is what the examples may do. Each client gets an access token of its own.
type access interface {
	ThingsRead
	ThingsAdmin
}

// server returns a server for one client. It prints each call with the scopes of the
// access token that the call carried.
func server(client sandbox.Client) *sandbox.Server {
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(waysCatalogue)}}, "scopes.yaml")
	check(findings.Err())
	s, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{client}, OnCall: func(call sandbox.Call) {
		if call.Operation == "list_things" || call.Operation == "poke_things" {
			fmt.Println(call.Operation, call.Scopes)
		}
	}})
	check(err)
	check(s.Start("127.0.0.1:0"))
	return s
}

// open is the Open function of a generated package.
func open(url string, g runtime.Grant, opts ...runtime.Option) *runtime.Session {
	session, err := runtime.Open(waysAPI(), runtime.Server{URL: url}, g, opts...)
	check(err)
	return session
}

// call makes a call with each of two clients of one token.
func call(session *runtime.Session) {
	token := runtime.Authorize[access](session)
	check(runtime.DoEmpty(context.Background(), runtime.NewCaller[ThingsRead](token), runtime.NewRequest(&listThings)))
	check(runtime.DoEmpty(context.Background(), runtime.NewCaller[ThingsAdmin](token), runtime.NewRequest(&pokeThings)))
}

var (
	listThings = clientimpl.Operation{ID: "list_things", Method: "GET", Path: "/things", Requires: [][]string{{"things:read"}}}
	pokeThings = clientimpl.Operation{ID: "poke_things", Method: "PUT", Path: "/things/poke", Requires: [][]string{{"things:admin"}}}
)

func check(err error) {
	if err != nil {
		log.Panic(err)
	}
}

// A client has an id and a secret.
func ExampleCredentials() {
	server := server(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	session := open(server.URL(), runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")})
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// A client without a secret signs an assertion for each request.
func ExampleGrant_privateKeyJWT() {
	public, key, _ := ed25519.GenerateKey(nil) // or keyfile.Load
	server := server(sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"key-1": public}})
	defer server.Close()
	session := open(server.URL(), runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("key-1", key)})
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// The platform writes an assertion into a file, and replaces it before it expires. The
// file is read again for each request.
func ExampleGrant_assertionFile() {
	public, key, _ := ed25519.GenerateKey(nil)
	server := server(sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"key-1": public}})
	defer server.Close()
	path, remove := platform(key, server.URL()+"/token")
	defer remove()
	session := open(server.URL(), runtime.Credentials{ClientID: "c1", Authentication: clientauth.AssertionFile(path)})
	read := runtime.NewCaller[ThingsRead](runtime.Authorize[ThingsRead](session))
	check(runtime.DoEmpty(context.Background(), read, runtime.NewRequest(&listThings)))
	// Output:
	// list_things [things:read]
}

// platform writes an assertion into a file.
func platform(key crypto.Signer, endpoint string) (path string, remove func()) {
	form := url.Values{}
	request := runtime.ClientRequest{ClientID: "c1", Endpoint: endpoint, Time: time.Now()}
	check(clientauth.PrivateKeyJWT("key-1", key).Authenticate(context.Background(), request, form))
	folder, err := os.MkdirTemp("", "")
	check(err)
	path = filepath.Join(folder, "token")
	check(os.WriteFile(path, []byte(form.Get("client_assertion")), 0o600))
	return path, func() { check(os.RemoveAll(folder)) }
}

// The connection shows who the client is, by its certificate.
func ExampleGrant_certificate() {
	key, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "c1"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key) // or tls.LoadX509KeyPair
	check(err)
	certificate, err := x509.ParseCertificate(der)
	check(err)
	secure := httptest.NewUnstartedServer(server(sandbox.Client{ID: "c1", Certificate: certificate}))
	secure.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	secure.StartTLS()
	defer secure.Close()

	transport := secure.Client().Transport.(*http.Transport)
	transport.TLSClientConfig.Certificates = []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	session := open(secure.URL, runtime.Credentials{ClientID: "c1", Authentication: clientauth.TLSClientAuth()}, runtime.WithTransport(transport))
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// An assertion says on whose behalf calls are made.
func ExampleGrant_jwtBearer() {
	public, key, _ := ed25519.GenerateKey(nil)
	server := server(sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"key-1": public}})
	defer server.Close()
	session := open(server.URL(), grant.JWTBearer(grant.Assertion{Issuer: "c1", Subject: "user-7", KeyID: "key-1"}, key))
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// The key file of a service account says all that is needed.
func ExampleGrant_googleKeyFile() {
	key, _ := rsa.GenerateKey(rand.Reader, 2048)
	server := server(sandbox.Client{ID: "robot@project.example", AssertionKeys: map[string]crypto.PublicKey{"key-1": key.Public()}})
	defer server.Close()
	path, remove := keyFile(key, server.URL()+"/token")
	defer remove()
	session := open(server.URL(), grant.GoogleKeyFile(path, ""))
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// keyFile writes a key file as Google does.
func keyFile(key crypto.Signer, endpoint string) (path string, remove func()) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	check(err)
	text, err := json.Marshal(map[string]string{"type": "service_account", "client_email": "robot@project.example", "private_key_id": "key-1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": endpoint})
	check(err)
	folder, err := os.MkdirTemp("", "")
	check(err)
	path = filepath.Join(folder, "key.json")
	check(os.WriteFile(path, text, 0o600))
	return path, func() { check(os.RemoveAll(folder)) }
}

// The access token of one session becomes a narrower one for each client of another.
func ExampleGrant_exchange() {
	server := server(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}
	first := open(server.URL(), credentials)
	session := open(server.URL(), grant.Exchange{
		Client:     credentials,
		Subject:    grant.SessionToken(runtime.Authorize[access](first)), // or grant.FileToken
		Parameters: url.Values{"resource": {"https://things.example"}},
	})
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// A refresh token that the program has got elsewhere, such as from a person's login on
// a website, gives each client an access token of its own.
func ExampleGrant_refreshToken() {
	server := server(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}
	refreshToken := elsewhere(server.URL(), credentials)
	tokens := grant.NewRefreshTokens(refreshToken) // a server that rotates it wants grant.RefreshTokenFile, or module redisstore
	session := open(server.URL(), grant.RefreshToken{Client: credentials, Store: tokens})
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// elsewhere returns the refresh token of a person who has logged in.
func elsewhere(url string, client runtime.Credentials) (refreshToken runtime.Secret) {
	g := grant.RefreshToken{Client: client, Store: grant.NewRefreshTokens(runtime.Secret{})}
	session := open(url, g)
	_, err := g.Login(context.Background(), session, grant.Browser{Open: visit}, runtime.Authorize[access](session).Scopes()...)
	check(err)
	check(g.Store.Update(context.Background(), func(state grant.RefreshState, _ func(grant.RefreshState) error) error {
		refreshToken = state.Token
		return nil
	}))
	return refreshToken
}

// A person authorizes the client once, in the browser of this machine. From then on
// the session gets access tokens with the refresh token.
func ExampleGrant_browser() {
	server := server(sandbox.Client{ID: "cli", Public: true})
	defer server.Close()
	g := grant.RefreshToken{
		Client: runtime.Credentials{ClientID: "cli", Authentication: clientauth.None()},
		Store:  grant.NewRefreshTokens(runtime.Secret{}), // or grant.RefreshTokenFile
	}
	session := open(server.URL(), g)
	granted, err := g.Login(context.Background(), session, grant.Browser{Open: visit}, runtime.Authorize[access](session).Scopes()...)
	fmt.Println(granted, err)
	call(session)
	// Output:
	// [things:admin things:read] <nil>
	// list_things [things:read]
	// poke_things [things:admin]
}

// visit does what a browser does when a person allows what a page asks.
func visit(_ context.Context, page string) error {
	resp, err := http.Get(page)
	if err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.Body.Close()
}

// A person authorizes the client on another device, where a browser is.
func ExampleGrant_device() {
	server := server(sandbox.Client{ID: "cli", Public: true})
	defer server.Close()
	g := grant.RefreshToken{
		Client: runtime.Credentials{ClientID: "cli", Authentication: clientauth.None()},
		Store:  grant.NewRefreshTokens(runtime.Secret{}),
	}
	session := open(server.URL(), g, runtime.WithClock(hurried{}))
	show := func(ctx context.Context, code grant.DeviceCode) error {
		fmt.Println("Go to the page, and type the code of", len(code.UserCode), "letters.") // code.URL, code.UserCode
		return visit(ctx, code.Complete)
	}
	granted, err := g.Login(context.Background(), session, grant.Device{Show: show}, runtime.Authorize[access](session).Scopes()...)
	fmt.Println(granted, err)
	call(session)
	// Output:
	// Go to the page, and type the code of 8 letters.
	// [things:admin things:read] <nil>
	// list_things [things:read]
	// poke_things [things:admin]
}

// hurried is a clock on which the five seconds between two polls are over at once.
type hurried struct{}

func (hurried) Now() time.Time { return time.Now() }

func (hurried) AfterFunc(d time.Duration, f func()) runtime.Timer {
	if d == 5*time.Second {
		d = 0
	}
	return time.AfterFunc(d, f)
}

// Microsoft Entra ID gives an application all that it was granted, for one scope.
func ExampleGrant_oneScope() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path)
		if r.URL.Path == "/token" {
			fmt.Println("scope:", r.FormValue("scope"))
			fmt.Fprint(w, `{"token_type":"Bearer","expires_in":3599,"access_token":"a1"}`)
		} else {
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	defer server.Close()
	credentials := runtime.Credentials{ClientID: "app", ClientSecret: runtime.NewSecret("s1")}
	session := open(server.URL, grant.ClientCredentials{Client: credentials, Scope: "https://graph.microsoft.com/.default"}, runtime.WithOneToken())
	call(session)
	// Output:
	// POST /token
	// scope: https://graph.microsoft.com/.default
	// GET /things
	// PUT /things/poke
}

// An access token that was made elsewhere cannot be narrowed: every call carries the
// whole of it. The session says so.
func ExampleGrant_fixed() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	session := open(server.URL, grant.Fixed(runtime.NewSecret("pat-1234"), "things:read", "things:admin"))
	call(session)
	// Output:
	// GET /things Bearer pat-1234
	// PUT /things/poke Bearer pat-1234
}

// broker is a grant of a program's own: another service gives out access tokens.
type broker struct{}

// Prepare implements [runtime.Grant].
func (broker) Prepare(*clientimpl.API, string) (runtime.Holder, error) {
	return runtime.Holder{Private: true}, nil // no sharing in a Store
}

// AccessToken implements [runtime.Grant].
func (broker) AccessToken(_ context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	fmt.Println("the broker is asked for", r.Scope())
	return runtime.AccessToken{Value: runtime.NewSecret("t1"), Scopes: r.Scopes(), Life: time.Hour}, nil
}

// Any other way to get access tokens is a type with two methods. The session holds it
// to the same rules.
func ExampleGrant_own() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	defer server.Close()
	call(open(server.URL, broker{}))
	// Output:
	// the broker is asked for things:read
	// the broker is asked for things:admin
}

// Where each customer has an authorization server, a session is opened with its
// issuer. The endpoints are those that its metadata names.
func ExampleWithIssuer() {
	server := server(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}
	session := open(server.URL(), credentials, runtime.WithIssuer(server.URL()))
	call(session)
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
}

// A person logs out: what the session holds is revoked and forgotten.
func ExampleSession_Revoke() {
	server := server(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	session := open(server.URL(), runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")})
	call(session)
	fmt.Println(session.Revoke(context.Background()))
	// Output:
	// list_things [things:read]
	// poke_things [things:admin]
	// <nil>
}
