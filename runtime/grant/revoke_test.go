//go:build unix

package grant_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// answerTo says what the API answers to an access token.
func (p *place) answerTo(t testing.TB, token runtime.Secret) string {
	t.Helper()
	r, err := http.NewRequest("GET", p.http.URL+"/things", nil)
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer "+token.Reveal())
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.Status + string(text)
}

func accessTokens(t testing.TB, session *runtime.Session) (tokens []runtime.Secret) {
	t.Helper()
	require.NoError(t, callBoth(t.Context(), session))
	one, err := runtime.Authorize[read](session).AccessToken(t.Context())
	require.NoError(t, err)
	other, err := runtime.Authorize[write](session).AccessToken(t.Context())
	require.NoError(t, err)
	require.NotEqual(t, one.Reveal(), other.Reveal())
	return []runtime.Secret{one, other}
}

func TestWhatASessionHoldsIsRevoked(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	confidential := sandbox.Client{ID: "c1", Secret: "s3cret-of-c1", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}}
	for name, g := range map[string]runtime.Grant{
		"ClientSecret": secretClient(),
		"Parameters":   grant.ClientCredentials{Client: secretClient(), Parameters: url.Values{"resource": {"https://a.example"}}},
		"JWTBearer":    grant.JWTBearer(grant.Assertion{Issuer: "c1", KeyID: "k1", Client: secretClient()}, key),
		"Discovered":   secretClient(),
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, sandbox.Config{}, nil, confidential)
			session := p.open(t, g)
			if name == "Discovered" {
				p = serveCatalogue(t, discoveredCatalogue, sandbox.Config{}, nil, confidential)
				session = p.discover(t, g)
			}
			held := accessTokens(t, session)
			require.NoError(t, session.Revoke(t.Context()))
			require.Equal(t, 2, p.count("revocation"))
			for _, token := range held {
				require.Contains(t, p.answerTo(t, token), "the token was revoked")
			}
			require.NoError(t, callBoth(t.Context(), session), "new ones")
			require.NoError(t, session.Revoke(t.Context()))
			require.NoError(t, session.Revoke(t.Context()))
			require.Equal(t, 4, p.count("revocation"), "what is not held is not revoked")
		})
	}
}

func TestAPersonLogsOut(t *testing.T) {
	credentials, client := publicClient()
	for name, store := range map[string]grant.RefreshTokens{
		"Memory": grant.NewRefreshTokens(runtime.Secret{}), "File": grant.RefreshTokenFile(filepath.Join(t.TempDir(), "refresh")),
	} {
		t.Run(name, func(t *testing.T) {
			p := serve(t, sandbox.Config{}, nil, client)
			g := grant.RefreshToken{Client: credentials, Store: store}
			session := p.open(t, g)
			login(t, p, g, session)
			held := accessTokens(t, session)
			var refresh runtime.Secret
			look := func(state grant.RefreshState, _ func(grant.RefreshState) error) error {
				refresh = state.Token
				return nil
			}
			require.NoError(t, store.Update(t.Context(), look))
			last := refresh
			require.NoError(t, session.Revoke(t.Context()))
			require.NoError(t, store.Update(t.Context(), look))
			require.Empty(t, refresh.Reveal())
			for _, token := range held {
				require.Contains(t, p.answerTo(t, token), "the token was revoked")
			}
			require.ErrorIs(t, callRead(t.Context(), session), grant.ErrAuthorizeAgain)
			// Nor does the server take the refresh token any more.
			kept := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(last)}
			require.ErrorContains(t, callRead(t.Context(), p.open(t, kept)), "was revoked")
		})
	}
}

func TestAStoreForgetsWhatWasRevoked(t *testing.T) {
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	p.clock.still = true
	store := &runtime.MemoryStore{Now: p.clock.Now}
	open := func() *runtime.Session { return p.open(t, secretClient(), runtime.WithStore(store)) }
	first := open()
	held := accessTokens(t, first)
	require.Equal(t, held[0].Reveal(), accessTokens(t, open())[0].Reveal(), "shared")
	require.NoError(t, first.Revoke(t.Context()))
	again := accessTokens(t, open())
	require.NotEqual(t, held[0].Reveal(), again[0].Reveal())
	require.NotContains(t, p.answerTo(t, again[0]), "revoked")

	// What another session has renewed meanwhile is in the store, and is revoked too.
	require.NoError(t, callBoth(t.Context(), first))
	require.NoError(t, first.Revoke(t.Context()))
	require.Contains(t, p.answerTo(t, again[0]), "the token was revoked")
}

func TestEachTokenThatIsNotRevokedIsToldAndForgottenAllTheSame(t *testing.T) {
	var requests atomic.Int64
	broken := func(status int, text string) func(http.Handler) http.Handler {
		return func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/revoke" {
					requests.Add(1)
					w.WriteHeader(status)
					_, _ = io.WriteString(w, text+r.FormValue("token"))
					return
				}
				next.ServeHTTP(w, r)
			})
		}
	}
	credentials, client := publicClient()
	for _, test := range []struct {
		status   int
		text     string
		requests int64
	}{
		{503, "", 12}, // 3 tokens, four times each
		{400, `{"error":"unsupported_token_type"}`, 3},
		{302, "", 3},
	} {
		requests.Store(0)
		p := serve(t, sandbox.Config{}, broken(test.status, test.text), client)
		g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
		session := p.open(t, g)
		login(t, p, g, session)
		held := accessTokens(t, session)
		err := session.Revoke(t.Context())
		require.ErrorContains(t, err, "the refresh token was forgotten, but may not be revoked at")
		require.ErrorContains(t, err, "the access token was forgotten, but may not be revoked at")
		require.Equal(t, 3, strings.Count(err.Error(), "was forgotten, but may not be revoked at"))
		var refused *runtime.TokenError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, test.status, refused.Status)
		require.Equal(t, test.requests, requests.Load())
		for _, token := range held {
			require.NotContains(t, err.Error(), token.Reveal())
		}
		require.ErrorIs(t, callRead(t.Context(), session), grant.ErrAuthorizeAgain, "forgotten")
	}
}

func TestRevocationThatCannotBeIsToldBeforeOrInTime(t *testing.T) {
	p := serve(t, sandbox.Config{}, nil, sandbox.Client{ID: "c1", Secret: "s3cret-of-c1"})
	none := api()
	none.Token.Revoke = ""
	session, err := runtime.Open(none, runtime.Server{URL: p.http.URL}, secretClient(), runtime.WithClock(p.clock))
	require.NoError(t, err)
	require.NoError(t, callRead(t.Context(), session))
	require.ErrorContains(t, session.Revoke(t.Context()), "the catalogue of things has no revocation_endpoint")

	fixed := p.open(t, grant.Fixed(runtime.NewSecret("s3cret-pat"), "things:read"))
	require.ErrorContains(t, fixed.Revoke(t.Context()), "revoke the access token where it was made")
	require.ErrorIs(t, (*runtime.Session)(nil).Revoke(t.Context()), runtime.ErrFailClosed)
}
