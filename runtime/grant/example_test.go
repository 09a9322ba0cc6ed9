//go:build unix

package grant_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing/fstest"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// exampleServer serves an API on this machine for one client.
func exampleServer(client sandbox.Client) *httptest.Server {
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(catalogue)}}, "scopes.yaml")
	if err := findings.Err(); err != nil {
		panic(err)
	}
	server, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{client}, OnCall: func(call sandbox.Call) {
		if call.Operation == "list_things" || call.Operation == "poke_things" {
			fmt.Println(call.Operation, call.Scopes)
		}
	}})
	if err != nil {
		panic(err)
	}
	return httptest.NewServer(server)
}

// use opens a session, as the Open function of a generated package does it, and
// calls with two clients.
func use(server *httptest.Server, g runtime.Grant) {
	session, err := runtime.Open(api(), runtime.Server{URL: server.URL}, g)
	if err == nil {
		err = callBoth(context.Background(), session)
	}
	if err != nil {
		fmt.Println(err)
	}
}

// A client without a secret signs an assertion for each request.
func Example_privateKeyJWT() {
	public, key, _ := ed25519.GenerateKey(nil) // or keyfile.Load
	server := exampleServer(sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"key-1": public}})
	defer server.Close()
	use(server, runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("key-1", key)})
	// Output:
	// list_things [things:read]
	// poke_things [things:write]
}

func ExampleJWTBearer() {
	public, key, _ := ed25519.GenerateKey(nil)
	server := exampleServer(sandbox.Client{ID: "c1", AssertionKeys: map[string]crypto.PublicKey{"key-1": public}})
	defer server.Close()
	use(server, grant.JWTBearer(grant.Assertion{Issuer: "c1", Subject: "user-7", KeyID: "key-1"}, key))
	// Output:
	// list_things [things:read]
	// poke_things [things:write]
}

// The access token of one session becomes a narrower one for each client of another.
func ExampleExchange() {
	server := exampleServer(sandbox.Client{ID: "c1", Secret: "s1"})
	defer server.Close()
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}
	first, err := runtime.Open(api(), runtime.Server{URL: server.URL}, credentials)
	if err != nil {
		fmt.Println(err)
		return
	}
	use(server, grant.Exchange{
		Client:     credentials,
		Subject:    grant.SessionToken(runtime.Authorize[both](first)),
		Parameters: url.Values{"resource": {"https://things.example"}},
	})
	// Output:
	// list_things [things:read]
	// poke_things [things:write]
}

// A person authorizes the client once. From then on the session gets access tokens
// with the refresh token.
func ExampleRefreshToken_Login() {
	server := exampleServer(sandbox.Client{ID: "cli", Public: true})
	defer server.Close()
	g := grant.RefreshToken{
		Client: runtime.Credentials{ClientID: "cli", Authentication: clientauth.None()},
		Store:  grant.NewRefreshTokens(runtime.Secret{}), // or grant.RefreshTokenFile
	}
	session, err := runtime.Open(api(), runtime.Server{URL: server.URL}, g)
	if err != nil {
		fmt.Println(err)
		return
	}
	granted, err := g.Login(context.Background(), session, grant.Browser{Open: func(_ context.Context, page string) error {
		resp, err := http.Get(page) // a person's browser does this
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close()
	}}, "things:read", "things:write")
	fmt.Println(granted, err)
	if err := callBoth(context.Background(), session); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [things:read things:write] <nil>
	// list_things [things:read]
	// poke_things [things:write]
}

func ExampleFixed() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.Method, r.URL.Path)
		w.WriteHeader(http.StatusNoContent)
	}))
	defer server.Close()
	use(server, grant.Fixed(runtime.NewSecret("pat-1234"), "things:read", "things:write"))
	// Output:
	// GET /things
	// PUT /things/poke
}
