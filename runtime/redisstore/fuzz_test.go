package redisstore

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
)

// Whoever can write to the server chooses what is decrypted.
func FuzzOpen(f *testing.F) {
	b, err := newBox([][]byte{bytes.Repeat([]byte("a"), keySize), bytes.Repeat([]byte("b"), keySize)})
	require.NoError(f, err)
	access, err := b.sealAccess("k", runtime.StoredToken{Value: runtime.NewSecret("t")})
	require.NoError(f, err)
	refresh, err := b.sealRefresh("k", grant.RefreshState{Token: runtime.NewSecret("t")})
	require.NoError(f, err)
	f.Add("k", access)
	f.Add("k", refresh)
	f.Add("other", access)
	f.Add("k", access[:5])
	f.Add("k", []byte{})
	f.Fuzz(func(t *testing.T, key string, sealed []byte) {
		// The workers of a fuzz run seal the same tokens under nonces of their own.
		if token, err := b.openAccess(key, sealed); err == nil {
			require.Equal(t, "k", key)
			require.Contains(t, []string{"t", ""}, token.Value.Reveal())
		}
		if state, err := b.openRefresh(key, sealed); err == nil {
			require.Equal(t, "k", key)
			require.Contains(t, []string{"t", ""}, state.Token.Reveal())
		}
	})
}

func TestAllOfARefreshTokensStateIsKept(t *testing.T) {
	b, err := newBox([][]byte{bytes.Repeat([]byte("a"), keySize)})
	require.NoError(t, err)
	state := grant.RefreshState{Rotates: "yes", Spent: true, Key: "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}
	sealed, err := b.sealRefresh("k", state)
	require.NoError(t, err)
	opened, err := b.openRefresh("k", sealed)
	require.NoError(t, err)
	opened.Token = state.Token // which is a function
	require.Equal(t, state, opened)
}
