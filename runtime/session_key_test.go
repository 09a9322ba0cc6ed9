package runtime_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

func TestAKeyThatTheAPIHasNoAlgorithmForIsRefusedWhenTheSessionOpens(t *testing.T) {
	api := &clientimpl.API{Name: "test", Token: clientimpl.TokenEndpoint{Path: "/auth/token"}, Signing: httpsig.UpvestV15().Signer}
	open := func(curve elliptic.Curve) error {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		require.NoError(t, err)
		_, err = runtime.Open(api, runtime.Server{Name: "local", URL: "http://127.0.0.1:1"},
			runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithKey("k", key))
		return err
	}
	require.NoError(t, open(elliptic.P521()))
	require.ErrorIs(t, open(elliptic.P256()), httpsig.ErrAlgorithm)
}
