//go:build unix

package grant_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

func boundAPI() *clientimpl.API {
	a := api()
	a.Token.DPoP = "required"
	return a
}

// serveBound is serve with access tokens that are all bound to a key, and nonces.
func serveBound(t testing.TB, config sandbox.Config, clients ...sandbox.Client) *place {
	t.Helper()
	return serveText(t, strings.Replace(catalogue, "token:\n", "token:\n  dpop: required\n", 1), config, clients...)
}

func serveText(t testing.TB, text string, config sandbox.Config, clients ...sandbox.Client) *place {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	config.DPoPNonceLife = time.Minute
	var server *sandbox.Server
	p := serve(t, config, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { server.ServeHTTP(w, r) })
	})
	config.Now, config.Clients = p.clock.Now, clients
	var err error
	server, err = sandbox.New(c, config)
	require.NoError(t, err)
	p.Server = server
	return p
}

func (p *place) tryBound(g runtime.Grant, opts ...runtime.Option) (*runtime.Session, error) {
	return runtime.Open(boundAPI(), runtime.Server{URL: p.http.URL}, g, append([]runtime.Option{runtime.WithClock(p.clock)}, opts...)...)
}

func (p *place) openBound(t testing.TB, g runtime.Grant, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	session, err := p.tryBound(g, opts...)
	require.NoError(t, err)
	return session
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// requireFewRefusals requires that most requests at most were refused, all for want
// of a nonce.
func (p *place) requireFewRefusals(t testing.TB, most int) {
	t.Helper()
	var refused []string
	for _, call := range p.Calls() {
		if call.Status >= 400 {
			require.Contains(t, call.Detail, "nonce")
			refused = append(refused, call.Operation+": "+call.Detail)
		}
	}
	require.LessOrEqual(t, len(refused), most, "%q", refused)
}

func TestAccessTokensAreBoundToAKeyOfEachAlgorithm(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			p := serveBound(t, sandbox.Config{}, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
			session := p.openBound(t, secretClient(), runtime.WithDPoPKey(key, algorithm))
			require.NoError(t, callBoth(t.Context(), session))
			p.requireNarrow(t)
			p.requireFewRefusals(t, 1) // the first request knows no nonce; all others have one from a response
			require.Equal(t, "DPoP", runtime.Authorize[both](session).AccessTokenType())
		})
	}
}

func TestEachGrantGetsAccessTokensThatAreBoundToAKey(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	client := sandbox.Client{ID: "c1", Secret: "s3cret-of-c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}}
	keyFile, robot := "", crypto.PublicKey(nil)
	for name, make := range map[string]func(p *place) runtime.Grant{
		"ClientCredentials": func(*place) runtime.Grant { return grant.ClientCredentials{Client: secretClient()} },
		"PrivateKeyJWT": func(*place) runtime.Grant {
			return runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key)}
		},
		"JWTBearer": func(*place) runtime.Grant {
			return grant.JWTBearer(grant.Assertion{Issuer: "c1", Subject: "u1", KeyID: "k1"}, key)
		},
		"GoogleKeyFile": func(p *place) runtime.Grant {
			keyFile, robot = googleKey(t, p.http.URL+"/token")
			require.NoError(t, p.AddClient(sandbox.Client{ID: "robot@project.example", AssertionKeys: map[string]crypto.PublicKey{"k9": robot}}))
			return grant.GoogleKeyFile(keyFile, "")
		},
		"Exchange": func(p *place) runtime.Grant {
			first := p.openBound(t, secretClient(), runtime.WithDPoP())
			return grant.Exchange{Client: secretClient(), Subject: grant.SessionToken(runtime.Authorize[both](first))}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := serveBound(t, sandbox.Config{}, client)
			session := p.openBound(t, make(p), runtime.WithDPoP())
			require.NoError(t, callBoth(t.Context(), session))
			p.requireNarrow(t)
			p.clock.mu.Lock()
			p.clock.now = p.clock.now.Add(3 * time.Minute) // the nonces are too old, the access tokens are not
			p.clock.mu.Unlock()
			require.NoError(t, callBoth(t.Context(), session))
		})
	}
}

// An assertion may be good once: one that was refused for want of a nonce is not sent
// again.
func TestAnAssertionIsMadeAnewForANonce(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	requests, seen := 0, map[string]bool{}
	p := lurking(t, "/token", func(w http.ResponseWriter, r *http.Request) {
		requests++
		assertion := r.PostFormValue("assertion")
		again := seen[assertion]
		seen[assertion] = true
		w.Header().Set("DPoP-Nonce", "n1")
		_, claims := claimsOf(t, r.Header.Get("DPoP"))
		switch {
		case again:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"the jti was seen before"}`)
		case claims["nonce"] != "n1":
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"use_dpop_nonce"}`)
		default:
			_, _ = io.WriteString(w, `{"access_token":"a1","token_type":"DPoP","expires_in":60}`)
		}
	})
	session := p.openBound(t, grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key), runtime.WithDPoP(), runtime.WithoutRetry())
	require.NoError(t, callBoth(t.Context(), session))
	require.Equal(t, 3, requests) // two for the first scope, one for the second

	requests = 0 // a server that asks for a nonce without end
	p = lurking(t, "/token", func(w http.ResponseWriter, r *http.Request) {
		requests++
		w.Header().Set("DPoP-Nonce", strings.Repeat("n", requests))
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"use_dpop_nonce"}`)
	})
	session = p.openBound(t, grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key), runtime.WithDPoP())
	require.ErrorContains(t, callRead(t.Context(), session), "asks for another nonce in the DPoP proof, again and again")
	require.Equal(t, 2, requests)
}

// approveInBrowser is a person who follows the page's redirect.
func approveInBrowser(change func(page string) string) grant.Browser {
	return grant.Browser{Open: func(_ context.Context, page string) error {
		resp, err := http.Get(change(page))
		if err != nil {
			return err
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		return resp.Body.Close()
	}}
}

func TestALoginIsBoundToTheKeyFromTheFirstPageOn(t *testing.T) {
	credentials, client := publicClient()
	for _, rotates := range []bool{true, false} {
		p := serveBound(t, sandbox.Config{KeepRefreshTokens: !rotates}, client)
		g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
		session := p.openBound(t, g, runtime.WithDPoP())
		var bound string
		_, err := g.Login(t.Context(), session, approveInBrowser(func(page string) string {
			u, err := url.Parse(page)
			require.NoError(t, err)
			bound = u.Query().Get("dpop_jkt")
			return page
		}), "things:read", "things:write")
		require.NoError(t, err)
		require.Len(t, bound, 43)
		require.NoError(t, callBoth(t.Context(), session))
		p.requireNarrow(t)
		_, err = g.Login(t.Context(), session, approveInBrowser(func(page string) string { // a code that another program asked for
			return strings.Replace(page, bound, strings.Repeat("x", 43), 1)
		}), "things:read")
		require.ErrorContains(t, err, "the code is bound to another key")
	}
}

func TestALoginThatBringsABearerTokenIsRefused(t *testing.T) {
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{}, nil, client) // ignores proofs
	store := grant.NewRefreshTokens(runtime.Secret{})
	g := grant.RefreshToken{Client: credentials, Store: store}
	_, err := g.Login(t.Context(), p.openBound(t, g, runtime.WithDPoP()), approveInBrowser(func(page string) string { return page }), "things:read")
	require.ErrorContains(t, err, "has not bound the access token to the key")
	require.NoError(t, store.Update(t.Context(), func(state grant.RefreshState, _ func(grant.RefreshState) error) error {
		require.Empty(t, state.Token.Reveal())
		return nil
	}))
}

func TestADeviceLoginIsBoundToTheKey(t *testing.T) {
	credentials, client := publicClient()
	p := serveBound(t, sandbox.Config{}, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	session := p.openBound(t, g, runtime.WithDPoP())
	_, err := g.Login(t.Context(), session, grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
		resp, err := http.Get(code.Complete)
		if err == nil {
			err = resp.Body.Close()
		}
		return err
	}}, "things:read", "things:write")
	require.NoError(t, err)
	require.NoError(t, callBoth(t.Context(), session))
	p.requireNarrow(t)
}

func TestARefreshTokenOfAPublicClientNeedsTheKeyOfTheLogin(t *testing.T) {
	credentials, client := publicClient()
	p := serveBound(t, sandbox.Config{}, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(filepath.Join(t.TempDir(), "refresh"))}
	key := newKey(t)
	session := p.openBound(t, g, runtime.WithDPoPKey(key, ""))
	_, err := g.Login(t.Context(), session, approveInBrowser(func(page string) string { return page }), "things:read", "things:write")
	require.NoError(t, err)
	require.NoError(t, callBoth(t.Context(), session))

	before := p.tokenRequests()
	other := p.openBound(t, g, runtime.WithDPoPKey(newKey(t), ""))
	err = callRead(t.Context(), other)
	require.ErrorContains(t, err, "bound to the DPoP key with the thumbprint")
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.Equal(t, before, p.tokenRequests()) // asking would have cost the refresh token

	again := p.openBound(t, g, runtime.WithDPoPKey(key, "")) // as after a restart
	require.NoError(t, callBoth(t.Context(), again))
}

// forgetful keeps no key beside a refresh token, as stores from before there were
// any do.
type forgetful struct{ grant.RefreshTokens }

func (f forgetful) Update(ctx context.Context, use func(grant.RefreshState, func(grant.RefreshState) error) error) error {
	return f.RefreshTokens.Update(ctx, func(state grant.RefreshState, save func(grant.RefreshState) error) error {
		state.Key = ""
		return use(state, save)
	})
}

func TestTheServerRefusesARefreshTokenWithAnotherKey(t *testing.T) {
	credentials, client := publicClient()
	p := serveBound(t, sandbox.Config{}, client)
	g := grant.RefreshToken{Client: credentials, Store: forgetful{grant.NewRefreshTokens(runtime.Secret{})}}
	session := p.openBound(t, g, runtime.WithDPoPKey(newKey(t), ""))
	_, err := g.Login(t.Context(), session, approveInBrowser(func(page string) string { return page }), "things:read", "things:write")
	require.NoError(t, err)
	err = callRead(t.Context(), p.openBound(t, g, runtime.WithDPoPKey(newKey(t), "")))
	require.ErrorContains(t, err, "the refresh token is bound to another key")
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
}

func TestOpenRefusesAKeyThatWouldBeLostBeforeItsTokens(t *testing.T) {
	credentials, client := publicClient()
	p := serveBound(t, sandbox.Config{}, client, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	lasting := grant.RefreshToken{Client: credentials, Store: grant.RefreshTokenFile(filepath.Join(t.TempDir(), "refresh"))}
	for says, open := range map[string]func(dpop runtime.Option) error{
		"a fixed access token is bound to the key that it was made with": func(dpop runtime.Option) error {
			_, err := p.tryBound(grant.Fixed(runtime.NewSecret("pat"), "things:read"), dpop)
			return err
		},
		"the refresh token of a public client, which outlives the session": func(dpop runtime.Option) error {
			_, err := p.tryBound(lasting, dpop)
			return err
		},
		"of no use to the others that share the store": func(dpop runtime.Option) error {
			_, err := p.tryBound(secretClient(), dpop, runtime.WithStore(&runtime.MemoryStore{}))
			return err
		},
	} {
		require.ErrorContains(t, open(runtime.WithDPoP()), says)
		require.NoError(t, open(runtime.WithDPoPKey(newKey(t), "")))
	}
	require.Empty(t, p.Calls())
}

func TestSessionsWithOneKeyShareBoundAccessTokens(t *testing.T) {
	p := serveBound(t, sandbox.Config{}, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	p.clock.still = true // the store has its time
	store := &runtime.MemoryStore{Now: p.clock.Now}
	one, other := newKey(t), newKey(t)
	granted := func() (n int) {
		for _, call := range p.Calls() {
			if call.Operation == "token" && call.Status == http.StatusOK {
				n++
			}
		}
		return n
	}
	for i, key := range []crypto.Signer{one, one, other} {
		require.NoError(t, callRead(t.Context(), p.openBound(t, secretClient(), runtime.WithDPoPKey(key, ""), runtime.WithStore(store))))
		require.Equal(t, []int{1, 1, 2}[i], granted())
	}
	p.requireFewRefusals(t, 3) // no session tried the access token of another key
}

func TestProofsStandBesideMessageSignatures(t *testing.T) {
	_, signing, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	text := strings.Replace(catalogue, "token:\n", "signing: rfc9421\ntoken:\n  dpop: required\n  signed: true\n", 1)
	p := serveText(t, text, sandbox.Config{}, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1", Keys: map[string]crypto.PublicKey{"sig-1": signing.Public()}})
	a := boundAPI()
	a.Signing, a.Token.Signed = httpsig.RFC9421().Signer, true
	var covered []string
	session, err := runtime.Open(a, runtime.Server{URL: p.http.URL}, secretClient(), runtime.WithClock(p.clock), runtime.WithKey("sig-1", signing), runtime.WithDPoP(),
		runtime.WithTransport(transport(func(r *http.Request) (*http.Response, error) {
			covered = append(covered, r.Header.Get("Signature-Input"))
			return http.DefaultTransport.RoundTrip(r)
		})))
	require.NoError(t, err)
	require.NoError(t, callBoth(t.Context(), session))
	p.requireNarrow(t)
	require.GreaterOrEqual(t, len(covered), 4)
	require.False(t, slices.ContainsFunc(covered, func(input string) bool { return !strings.Contains(input, `"dpop"`) }), "%q", covered)
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
