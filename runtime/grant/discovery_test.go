//go:build unix

package grant_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// discovered is the API with an issuer in place of its endpoints.
func discovered() *clientimpl.API {
	a := api()
	a.Token.Path, a.Token.Authorize, a.Token.Device, a.Token.Revoke = "", "", "", ""
	a.Token.Issuer = "https://login.example/tenant"
	return a
}

var discoveredCatalogue = strings.NewReplacer("path: /token", "issuer: https://login.example/tenant", "  authorize: /authorize\n", "", "  device: /device\n", "", "  revoke: /revoke\n", "").Replace(catalogue)

func (p *place) discover(t testing.TB, g runtime.Grant, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	opts = append([]runtime.Option{runtime.WithClock(p.clock), runtime.WithIssuer(p.http.URL + "/tenant")}, opts...)
	session, err := runtime.Open(discovered(), runtime.Server{URL: p.http.URL}, g, opts...)
	require.NoError(t, err)
	return session
}

func (p *place) count(operation string) (n int) {
	for _, call := range p.Calls() {
		if call.Operation == operation {
			n++
		}
	}
	return n
}

func (p *place) advance(d time.Duration) {
	p.clock.mu.Lock()
	defer p.clock.mu.Unlock()
	p.clock.now = p.clock.now.Add(d)
}

func TestAnIssuerTakesThePlaceOfEndpoints(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	public, cli := publicClient()
	person := grant.RefreshToken{Client: public, Store: grant.NewRefreshTokens(runtime.Secret{})}
	for name, g := range map[string]runtime.Grant{
		"ClientSecret": secretClient(),
		"Assertion":    runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key)},
		"JWTBearer":    grant.JWTBearer(grant.Assertion{Issuer: "c1", KeyID: "k1"}, key),
		"Person":       person,
	} {
		t.Run(name, func(t *testing.T) {
			p := serveCatalogue(t, discoveredCatalogue, sandbox.Config{}, nil, cli,
				sandbox.Client{ID: "c1", Secret: "s3cret-of-c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}})
			session := p.discover(t, g)
			require.Empty(t, p.Calls(), "Open needs no network")
			if name == "Person" {
				login(t, p, person, session) // the redirect names the issuer, as its metadata promises
			}
			require.NoError(t, callBoth(t.Context(), session))
			p.requireNarrow(t)
			require.Equal(t, 1, p.count("metadata"), "one request, at the place of RFC 8414")
		})
	}
}

func TestMetadataIsFetchedOnceForAllAndAgainAfterAnHour(t *testing.T) {
	away := atomic.Bool{}
	p := serveCatalogue(t, discoveredCatalogue, sandbox.Config{TokenLifetime: time.Minute}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if away.Load() && strings.Contains(r.URL.Path, ".well-known") {
				w.WriteHeader(503)
				return
			}
			next.ServeHTTP(w, r)
		})
	}, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	session := p.discover(t, secretClient())
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() { assert.NoError(t, callBoth(t.Context(), session)) })
	}
	wg.Wait()
	require.Equal(t, 1, p.count("metadata"))
	call := func() error { return callRead(t.Context(), p.discover(t, secretClient())) }
	require.NoError(t, call())
	require.Equal(t, 2, p.count("metadata"), "a session of its own")

	// The old metadata serves while the new one is not to be had, for a day.
	away.Store(true)
	r := session.NewTokenRequest("things:read")
	for _, step := range []struct {
		after time.Duration
		works bool
	}{{30 * time.Minute, true}, {2 * time.Hour, true}, {20 * time.Hour, true}, {2 * time.Hour, false}} {
		p.advance(step.after)
		_, err := r.EndpointURL(t.Context(), runtime.TokenEndpoint)
		if step.works {
			require.NoError(t, err, step.after)
		} else {
			require.ErrorContains(t, err, "status 503")
		}
	}
	away.Store(false)
	p.advance(2 * time.Second)
	_, err := r.EndpointURL(t.Context(), runtime.TokenEndpoint)
	require.NoError(t, err)
}

// issuer serves metadata as told, and grants whatever it is asked for. seen has the
// paths that were asked for.
func issuer(t testing.TB, answer func(w http.ResponseWriter, r *http.Request, members map[string]any)) (p *place, seen func() []string) {
	t.Helper()
	p = &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	var mu sync.Mutex
	var paths []string
	p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		paths = append(paths, r.URL.Path)
		mu.Unlock()
		switch {
		case strings.Contains(r.URL.Path, ".well-known"):
			members := map[string]any{"issuer": p.http.URL + "/tenant"}
			for _, e := range []runtime.Endpoint{runtime.TokenEndpoint, runtime.AuthorizationEndpoint, runtime.DeviceEndpoint, runtime.RevocationEndpoint} {
				members[string(e)] = p.http.URL + "/" + string(e)
			}
			answer(w, r, members)
		case r.URL.Path == "/token_endpoint":
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"a1","token_type":"bearer","expires_in":60}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(p.http.Close)
	return p, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), paths...)
	}
}

func writeJSON(w http.ResponseWriter, members any) {
	text, err := json.Marshal(members)
	if err == nil {
		_, err = w.Write(text)
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

func TestMetadataThatDoesNotHoldIsNotUsed(t *testing.T) {
	with := func(name string, value any) func(http.ResponseWriter, *http.Request, map[string]any) {
		return func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
			members[name] = value
			writeJSON(w, members)
		}
	}
	text := func(status int, text string) func(http.ResponseWriter, *http.Request, map[string]any) {
		return func(w http.ResponseWriter, _ *http.Request, _ map[string]any) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	for says, answer := range map[string]func(http.ResponseWriter, *http.Request, map[string]any){
		"it is of the issuer https://other.example":                            with("issuer", "https://other.example"),
		"it names no issuer":                                                   with("issuer", []string{"x"}),
		`it is of the issuer "\x1b[2J"`:                                        with("issuer", "\x1b[2J"),
		"is on collector.example, which is another host than the issuer's":     with("token_endpoint", "https://collector.example/token"),
		"add it to token.endpoint_hosts of the catalogue":                      with("token_endpoint", "https://127.0.0.1:1/token"),
		"is http://collector.example, which is neither https nor on this":      with("token_endpoint", "http://collector.example/token"),
		"is file://x, which":                                                   with("token_endpoint", "file://x/etc/passwd"),
		"the token_endpoint in the metadata of":                                with("token_endpoint", 7),
		"is no URL with a host, or has a user name or a fragment":              with("token_endpoint", "https://user:s3cret@127.0.0.1/token"),
		"has no token_endpoint":                                                with("token_endpoint", nil),
		"its grant_types_supported is of the wrong type":                       with("grant_types_supported", "client_credentials"),
		"does not have the grant client_credentials: its metadata lists x, y":  with("grant_types_supported", []string{"x", "y"}),
		"does not take the client authentication client_secret_post: its met":  with("token_endpoint_auth_methods_supported", []string{"private_key_jwt"}),
		"set token.credentials of the catalogue to the other way and generate": with("token_endpoint_auth_methods_supported", []string{"client_secret_basic"}),
		"status 404; ": text(404, "no"),
		"status 302, and no redirect is followed":   text(302, ""),
		"it is not a JSON object; ":                 text(200, "<html>"),
		"it is not a JSON object: check the issuer": text(200, `{"issuer":`),
		"status 503": text(503, ""),
		"/tenant/.well-known/openid-configuration: status 404: check the issuer": text(404, ""),
	} {
		p, seen := issuer(t, answer)
		err := callRead(t.Context(), p.discover(t, secretClient()))
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
		require.NotContains(t, err.Error(), "\x1b")
		for _, path := range seen() {
			require.Contains(t, path, ".well-known", "nothing was sent elsewhere: %s", says)
		}
	}
}

func TestOpenIDConfigurationServesWhereThereIsNoOtherMetadata(t *testing.T) {
	for _, first := range []string{"absent", "a page", "of another issuer"} {
		p, seen := issuer(t, func(w http.ResponseWriter, r *http.Request, members map[string]any) {
			if strings.HasPrefix(r.URL.Path, "/.well-known/oauth-authorization-server") {
				switch first {
				case "absent":
					w.WriteHeader(404)
				case "a page":
					_, _ = io.WriteString(w, "<html>")
				default:
					members["issuer"] = "https://login.example"
					writeJSON(w, members)
				}
				return
			}
			writeJSON(w, members)
		})
		require.NoError(t, callRead(t.Context(), p.discover(t, secretClient())))
		require.Equal(t, []string{"/.well-known/oauth-authorization-server/tenant", "/tenant/.well-known/openid-configuration", "/token_endpoint", "/things"}, seen())
	}
}

func TestTheCatalogueMayAllowAnotherHost(t *testing.T) {
	elsewhere, requests := hostile(t, func(url.Values) (int, string) {
		return 200, `{"access_token":"a1","token_type":"bearer","expires_in":60}`
	})
	p, _ := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
		members["token_endpoint"] = elsewhere.http.URL + "/token?tenant=7"
		writeJSON(w, members)
	})
	other := discovered()
	other.Token.Hosts = []string{strings.TrimPrefix(elsewhere.http.URL, "http://")}
	session, err := runtime.Open(other, runtime.Server{URL: p.http.URL}, secretClient(), runtime.WithIssuer(p.http.URL+"/tenant"), runtime.WithClock(p.clock))
	require.NoError(t, err)
	require.NoError(t, callRead(t.Context(), session))
	require.EqualValues(t, 1, requests.Load())
}

func TestACertificateGoesToTheEndpointForCertificates(t *testing.T) {
	p, seen := issuer(t, func(w http.ResponseWriter, r *http.Request, members map[string]any) {
		members["mtls_endpoint_aliases"] = map[string]any{"token_endpoint": "http://" + r.Host + "/token_endpoint"}
		members["token_endpoint"] = "http://" + r.Host + "/other"
		members["token_endpoint_auth_methods_supported"] = []string{"self_signed_tls_client_auth"}
		writeJSON(w, members)
	})
	require.NoError(t, callRead(t.Context(), p.discover(t, runtime.Credentials{ClientID: "c1", Authentication: clientauth.TLSClientAuth()})))
	require.Contains(t, seen(), "/token_endpoint")
	require.NotContains(t, seen(), "/other")
}

func TestOpenRefusesAnIssuerThatIsNone(t *testing.T) {
	for says, issuer := range map[string]string{
		"the issuer, http://login.example, is neither https nor on this machine": "http://login.example",
		"the issuer names no host":             "",
		"the issuer has a query or a fragment": "https://login.example?x=1",
		"the issuer holds a user name":         "https://u:s3cret@login.example",
	} {
		_, err := runtime.Open(discovered(), runtime.Server{URL: "https://things.example"}, secretClient(), runtime.WithIssuer(issuer))
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
	}
	none := discovered()
	none.Token.Issuer = ""
	_, err := runtime.Open(none, runtime.Server{URL: "https://things.example"}, secretClient())
	require.ErrorContains(t, err, "the catalogue of things has no token endpoint")
}

func TestAKeyFileIsForItsEndpointWhateverMetadataSays(t *testing.T) {
	p, seen := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) { writeJSON(w, members) })
	path, _ := googleKey(t, "https://oauth2.example/token")
	err := callRead(t.Context(), p.discover(t, grant.GoogleKeyFile(path, "")))
	require.ErrorContains(t, err, "the key file is for the token endpoint https://oauth2.example/token, and things has "+p.http.URL+"/token_endpoint")
	require.NotContains(t, seen(), "/token_endpoint")
}

func TestAFailureToGetMetadataIsSharedAndCostsNoRefreshToken(t *testing.T) {
	var away atomic.Bool
	away.Store(true)
	p, seen := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
		if away.Load() {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(503)
			return
		}
		writeJSON(w, members)
	})
	p.clock.still = true // so that pauses pass only when told
	store := grant.NewRefreshTokens(runtime.NewSecret("r1"))
	session := p.discover(t, grant.RefreshToken{Client: secretClient(), Store: store}, runtime.WithoutRetry())
	for range 5 {
		err := callRead(t.Context(), session)
		require.ErrorContains(t, err, "status 503")
		require.NotErrorIs(t, err, grant.ErrAuthorizeAgain)
	}
	require.Len(t, seen(), 1)
	away.Store(false)
	p.advance(8 * time.Second)
	require.NoError(t, callRead(t.Context(), session))
}

func TestARedirectThatDoesNotNameItsIssuerAsPromisedIsNotTaken(t *testing.T) {
	p, seen := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
		members["authorization_response_iss_parameter_supported"] = true
		writeJSON(w, members)
	})
	credentials, _ := publicClient()
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	for says, iss := range map[string]string{
		"does not say that it is from " + p.http.URL + "/tenant, which promises to": "",
		`is from the authorization server "https://other.example", not from`:        "&iss=https://other.example",
		"names several authorization servers, and its code is not used":             "&iss=" + p.http.URL + "/tenant&iss=" + p.http.URL + "/tenant2",
	} {
		_, err := g.Login(t.Context(), p.discover(t, g), grant.Browser{Open: func(_ context.Context, page string) error {
			u, err := url.Parse(page)
			if err != nil {
				return err
			}
			resp, err := http.Get(u.Query().Get("redirect_uri") + "?code=s3cret-code&state=" + u.Query().Get("state") + iss)
			if err != nil {
				return err
			}
			return resp.Body.Close()
		}}, "things:read")
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
	}
	require.NotContains(t, seen(), "/token_endpoint")
}

func TestNobodyIsAskedToAuthorizeForAGrantThatMetadataLacks(t *testing.T) {
	p, seen := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
		members["grant_types_supported"] = []string{"client_credentials"}
		writeJSON(w, members)
	})
	credentials, _ := publicClient()
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	for name, flow := range map[string]grant.Flow{
		"authorization_code":                           grant.Browser{Open: func(context.Context, string) error { return errors.New("a page was shown") }},
		"urn:ietf:params:oauth:grant-type:device_code": grant.Device{Show: func(context.Context, grant.DeviceCode) error { return errors.New("a code was shown") }},
	} {
		_, err := g.Login(t.Context(), p.discover(t, g), flow, "things:read")
		require.ErrorContains(t, err, "does not have the grant "+name+": its metadata lists client_credentials")
	}
	for _, path := range seen() {
		require.Contains(t, path, ".well-known")
	}
}

func TestProofsAreOfAnAlgorithmThatMetadataLists(t *testing.T) {
	p, seen := issuer(t, func(w http.ResponseWriter, _ *http.Request, members map[string]any) {
		members["dpop_signing_alg_values_supported"] = []string{"PS256"}
		writeJSON(w, members)
	})
	bound := discovered()
	bound.Token.DPoP = "optional"
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	open := func(opts ...runtime.Option) *runtime.Session {
		session, err := runtime.Open(bound, runtime.Server{URL: p.http.URL}, secretClient(),
			append(opts, runtime.WithClock(p.clock), runtime.WithIssuer(p.http.URL+"/tenant"))...)
		require.NoError(t, err)
		return session
	}
	for algorithm, option := range map[string]runtime.Option{"ES256": runtime.WithDPoP(), "RS256": runtime.WithDPoPKey(key, "")} {
		err := callRead(t.Context(), open(option))
		require.ErrorContains(t, err, "does not take DPoP proofs that are signed with "+algorithm+": its metadata lists PS256; give runtime.WithDPoPKey a key")
	}
	require.NotContains(t, seen(), "/token_endpoint")
	require.ErrorContains(t, callRead(t.Context(), open(runtime.WithDPoPKey(key, "PS256"))), "the token_type is \"bearer\"", "it was asked")
	require.Contains(t, seen(), "/token_endpoint")
	require.NoError(t, callRead(t.Context(), open()), "a session that binds nothing")
}

func TestTheSandboxSaysThatItBindsAccessTokens(t *testing.T) {
	for says, text := range map[bool]string{false: discoveredCatalogue, true: strings.Replace(discoveredCatalogue, "token:\n", "token:\n  dpop: optional\n", 1)} {
		p := serveCatalogue(t, text, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
		page, err := read1(http.Get(p.http.URL + "/tenant/.well-known/openid-configuration"))
		require.NoError(t, err)
		var members map[string]any
		require.NoError(t, json.Unmarshal([]byte(page), &members))
		_, bound := members["dpop_signing_alg_values_supported"]
		require.Equal(t, says, bound)
	}
}
