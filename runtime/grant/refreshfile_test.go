package grant_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
)

// The other tests of this package are for Unix. This one is for every system that has
// locks. In Wine it has passed as a test for Windows, all but the removal of its folder.
func TestARefreshTokenFileIsKeptAndHeldByOneAtATime(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refresh")
	const each, many = 5, 8
	var holders, writers sync.WaitGroup
	var inside int // without a mutex: the file's lock is one
	for range many {
		holders.Add(1)
		writers.Go(func() {
			store := grant.RefreshTokenFile(path)
			holders.Done()
			holders.Wait()
			for range each {
				err := store.Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
					inside++
					return save(grant.RefreshState{Token: runtime.NewSecret(state.Token.Reveal() + "+"), Rotates: "yes", Key: "k"})
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
	require.Equal(t, each*many, inside)
	require.NoError(t, grant.RefreshTokenFile(path).Update(t.Context(), func(state grant.RefreshState, _ func(grant.RefreshState) error) error {
		require.Len(t, state.Token.Reveal(), each*many)
		require.Equal(t, "yes", state.Rotates)
		require.Equal(t, "k", state.Key)
		// Who waits for the file waits no longer than its context.
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, grant.RefreshTokenFile(path).Update(ctx, nil), context.Canceled)
		return nil
	}))
	files, err := os.ReadDir(filepath.Dir(path))
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing is left but the file and its lock")
}
