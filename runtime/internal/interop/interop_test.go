package interop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"net/url"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"
	"github.com/zitadel/oidc/v3/pkg/oidc"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
)

// A secret with characters that are escaped in each place.
const secret = "s3cret:+ %&=ü"

func credentials(id string) runtime.Credentials {
	return runtime.Credentials{ClientID: id, ClientSecret: runtime.NewSecret(secret)}
}

func keys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	curveKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return map[string]crypto.Signer{"RS256": rsaKey, "PS256": rsaKey, "ES256": curveKey}
}

func TestClientCredentials(t *testing.T) {
	for name, method := range map[string]oidc.AuthMethod{"InTheHeader": oidc.AuthMethodBasic, "InTheBody": oidc.AuthMethodPost} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, withSecret("service", secret, method))
			s.requireNarrow(t, s.open(t, credentials("service"), method == oidc.AuthMethodBasic))
			require.Zero(t, s.refused)

			wrong := credentials("service")
			wrong.ClientSecret = runtime.NewSecret("wrong")
			token := runtime.Authorize[read](s.open(t, wrong, method == oidc.AuthMethodBasic))
			err := runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list))
			require.ErrorContains(t, err, "invalid_client")
			require.NotContains(t, err.Error(), "wrong")
		})
	}
}

// login has the person authorize the client in the browser.
func login(t *testing.T, g grant.RefreshToken, session *runtime.Session) {
	t.Helper()
	granted, err := g.Login(t.Context(), session, grant.Browser{Open: browse}, "things:read", "things:write", "offline_access")
	require.NoError(t, err)
	require.Equal(t, []string{"things:read", "things:write", "offline_access"}, granted)
}

func publicGrant() grant.RefreshToken {
	return grant.RefreshToken{Client: runtime.Credentials{ClientID: "app", Authentication: clientauth.None()}, Store: grant.NewRefreshTokens(runtime.Secret{})}
}

func TestAuthorizationCodeAndRefreshOfAPublicClient(t *testing.T) {
	s := newServer(t, public("app"))
	g := publicGrant()
	session := s.open(t, g, false)
	login(t, g, session)
	first := kept(t, g)
	s.requireNarrow(t, session)
	state := kept(t, g)
	require.Equal(t, "yes", state.Rotates)
	require.NotEqual(t, first.Token.Reveal(), state.Token.Reveal())
	// The refresh token kept its scopes through narrow refreshes.
	s.requireNarrow(t, s.open(t, g, false))
	require.Zero(t, s.refused)

	// What was replaced is refused, and a person has to authorize again.
	g.Store = grant.NewRefreshTokens(first.Token)
	token := runtime.Authorize[read](s.open(t, g, false))
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list))
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.Equal(t, 1, s.refused)
}

// kept returns what is kept of a refresh token.
func kept(t *testing.T, g grant.RefreshToken) (state grant.RefreshState) {
	t.Helper()
	require.NoError(t, g.Store.Update(t.Context(), func(found grant.RefreshState, _ func(grant.RefreshState) error) error {
		state = found
		return nil
	}))
	return state
}

func TestAuthorizationCodeAndRefreshWithAKey(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			s := newServer(t, withKey("app", key.Public()))
			g := publicGrant()
			g.Client.Authentication = clientauth.PrivateKeyJWT("key-1", key, clientauth.Algorithm(algorithm))
			session := s.open(t, g, false)
			login(t, g, session)
			s.requireNarrow(t, session)
			require.Zero(t, s.refused)
		})
	}
}

func TestTheCodeIsForWhoHasTheVerifier(t *testing.T) {
	s := newServer(t, public("app"))
	g := publicGrant()
	// Another program has begun a login of its own and lays its challenge under ours.
	_, err := g.Login(t.Context(), s.open(t, g, false), grant.Browser{Open: func(ctx context.Context, page string) error {
		u, err := url.Parse(page)
		require.NoError(t, err)
		query := u.Query()
		query.Set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
		u.RawQuery = query.Encode()
		return browse(ctx, u.String())
	}}, "things:read")
	require.ErrorContains(t, err, "invalid_grant")
}

func TestDevice(t *testing.T) {
	s := newServer(t, public("app"))
	g := publicGrant()
	session := s.open(t, g, false)
	var user string
	polls := 0
	decide := func(code string) error { return s.store.CompleteDeviceAuthorization(t.Context(), code, "id2") }
	s.onToken = func(form url.Values, _ int) {
		if form.Has("device_code") {
			if polls++; polls == 2 { // the person takes their time
				require.NoError(t, decide(user))
			}
		}
	}
	flow := grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
		require.Equal(t, s.URL+"/device", code.URL)
		user = code.UserCode
		return nil
	}}
	granted, err := g.Login(t.Context(), session, flow, "things:read", "things:write", "offline_access")
	require.NoError(t, err)
	require.Equal(t, []string{"things:read", "things:write", "offline_access"}, granted)
	require.Equal(t, 3, polls)
	s.requireNarrow(t, session)

	polls = 0
	decide = func(code string) error { return s.store.DenyDeviceAuthorization(t.Context(), code) }
	_, err = g.Login(t.Context(), session, flow, "things:read", "offline_access")
	require.ErrorContains(t, err, "the person refused")
}

func TestExchange(t *testing.T) {
	key := keys(t)["ES256"]
	s := newServer(t, withSecret("service", secret, oidc.AuthMethodBasic), withKey("worker", key.Public()))
	first := s.open(t, credentials("service"), true)
	worker := runtime.Credentials{ClientID: "worker", Authentication: clientauth.PrivateKeyJWT("key-1", key)}
	for name, client := range map[string]runtime.Credentials{"WithASecret": credentials("service"), "WithAKey": worker} {
		t.Run(name, func(t *testing.T) {
			s.requireNarrow(t, s.open(t, grant.Exchange{Client: client, Subject: grant.SessionToken(runtime.Authorize[both](first)),
				Parameters: url.Values{"audience": {"things"}}}, true))
		})
	}
	require.Zero(t, s.refused)

	narrow := runtime.Authorize[both](s.open(t, grant.Exchange{Client: worker, Subject: grant.SessionToken(runtime.Authorize[read](first))}, true))
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[read](narrow), runtime.NewRequest(&list)))
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[write](narrow), runtime.NewRequest(&poke))
	require.ErrorContains(t, err, "the subject token does not hold things:write")
}

// A platform writes the token of a workload into a file. It is another issuer than the
// authorization server.
func TestExchangeOfATokenOfAnotherIssuer(t *testing.T) {
	key, platform := keys(t)["ES256"], keys(t)["ES256"]
	s := newServer(t, withKey("worker", key.Public()))
	s.store.platform = platform.Public()
	path := filepath.Join(t.TempDir(), "token")
	write := func(key crypto.Signer) {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: key}, nil)
		require.NoError(t, err)
		signed, err := signer.Sign([]byte(`{"iss":"https://platform.example","sub":"worker-7"}`))
		require.NoError(t, err)
		text, err := signed.CompactSerialize()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	g := grant.Exchange{
		Client:  runtime.Credentials{ClientID: "worker", Authentication: clientauth.PrivateKeyJWT("key-1", key)},
		Subject: grant.FileToken(grant.TypeJWT, path),
	}
	write(platform)
	s.requireNarrow(t, s.open(t, g, false))
	require.Zero(t, s.refused)

	write(key) // somebody else's
	token := runtime.Authorize[read](s.open(t, g, false))
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list))
	require.ErrorContains(t, err, "subject_token is invalid")
	require.Equal(t, 1, s.refused)
}

func TestJWTBearer(t *testing.T) {
	for algorithm, key := range keys(t) {
		t.Run(algorithm, func(t *testing.T) {
			s := newServer(t, withKey("robot", key.Public()))
			s.requireNarrow(t, s.open(t, grant.JWTBearer(grant.Assertion{Issuer: "robot", KeyID: "key-1", Algorithm: algorithm}, key), false))
			require.Zero(t, s.refused)
			other := keys(t)[algorithm]
			token := runtime.Authorize[read](s.open(t, grant.JWTBearer(grant.Assertion{Issuer: "robot", KeyID: "key-1", Algorithm: algorithm}, other), false))
			require.Error(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list)))
			require.Equal(t, 1, s.refused)
		})
	}
}

func TestEndpointsOfTheServersMetadata(t *testing.T) {
	key := keys(t)["RS256"]
	s := newServer(t, public("app"), withKey("worker", key.Public()), withSecret("service", secret, oidc.AuthMethodBasic))
	s.requireNarrow(t, s.openAt(t, credentials("service"), clientimpl.TokenEndpoint{Basic: true}))
	for _, g := range []grant.RefreshToken{publicGrant(), {
		Client: runtime.Credentials{ClientID: "worker", Authentication: clientauth.PrivateKeyJWT("key-1", key)}, Store: grant.NewRefreshTokens(runtime.Secret{}),
	}} {
		session := s.openAt(t, g, clientimpl.TokenEndpoint{})
		login(t, g, session)
		s.requireNarrow(t, session)
		require.NoError(t, session.Revoke(t.Context()))
	}
	require.Zero(t, s.refused)
}

func TestRevocation(t *testing.T) {
	s := newServer(t, public("app"))
	g := publicGrant()
	session := s.open(t, g, false)
	login(t, g, session)
	s.requireNarrow(t, session)
	refresh := kept(t, g).Token.Reveal()
	_, err := s.store.TokenRequestByRefreshToken(t.Context(), refresh)
	require.NoError(t, err)
	require.NotZero(t, s.live(t, "app"))
	require.NoError(t, session.Revoke(t.Context()))
	_, err = s.store.TokenRequestByRefreshToken(t.Context(), refresh)
	require.Error(t, err)
	require.Zero(t, s.live(t, "app"))
	token := runtime.Authorize[read](session)
	err = runtime.DoEmpty(t.Context(), runtime.NewCaller[read](token), runtime.NewRequest(&list))
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.Zero(t, s.refused)
}

// live returns how many access tokens of a client the server still takes.
func (s *server) live(t *testing.T, client string) (n int) {
	t.Helper()
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for id := range s.store.scopes {
		if s.store.SetIntrospectionFromToken(t.Context(), new(oidc.IntrospectionResponse), id, "id2", client) == nil {
			n++
		}
	}
	return n
}
