package upvestwebhook_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/webhooks"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/runtime/upvestwebhook"
	"github.com/stretchr/testify/require"
)

// fetchWith fetches the key set with the generated client, in a call that is signed and
// has an access token, as every call.
func fetchWith(client *webhooks.Reader) func(context.Context) ([]upvestwebhook.JWK, error) {
	return func(ctx context.Context) ([]upvestwebhook.JWK, error) {
		set, err := client.GetJWKS(ctx)
		if err != nil {
			return nil, err
		}
		var keys []upvestwebhook.JWK
		for _, k := range set.Keys {
			keys = append(keys, upvestwebhook.JWK{KeyID: k.Kid.Or(""), Type: string(k.Kty), Curve: string(k.Crv), X: k.X.Or(""), Y: k.Y.Or("")})
		}
		return keys, nil
	}
}

func TestKeysComeByASignedCallOfTheGeneratedClient(t *testing.T) {
	clientKey := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	sender, jwk := signingKey(t, "api-key-1")

	// This API refuses every request that its client did not sign.
	public, err := httpsig.NewPublicKey("client-key", clientKey.Public())
	require.NoError(t, err)
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
		Keys:   func(context.Context, string) (httpsig.Key, error) { return public, nil },
		Nonces: httpsig.NewMemoryNonces(100),
	})
	require.NoError(t, err)
	var fetches int
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verified, err := verifier.Verify(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/auth/token":
			io.WriteString(w, `{"access_token":"t","token_type":"bearer","expires_in":600,"scope":"webhooks:read"}`)
		case "/auth/verify_keys":
			fetches++
			require.True(t, verified.Covers("authorization"))
			require.Equal(t, "Bearer t", r.Header.Get("Authorization"))
			json.NewEncoder(w).Encode(map[string]any{"keys": []upvestwebhook.JWK{jwk}})
		}
	}))
	defer api.Close()

	session, err := upvest.Open(runtime.Server{Name: "test", URL: api.URL},
		runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithKey("client-key", clientKey))
	require.NoError(t, err)
	client := webhooks.NewReader(runtime.Authorize[scope.WebhooksRead](session))

	keys := upvestwebhook.NewKeys(fetchWith(client), upvestwebhook.KeyPolicy{})
	rc, err := upvestwebhook.NewReceiver(upvestwebhook.Policy{Keys: keys.Lookup, Now: func() time.Time { return now }})
	require.NoError(t, err)
	for range 3 {
		delivery, err := rc.Receive(delivered(t, sender, twoEvents))
		require.NoError(t, err)
		require.Len(t, delivery.Events, 2)
	}
	require.Equal(t, 1, fetches)
}
