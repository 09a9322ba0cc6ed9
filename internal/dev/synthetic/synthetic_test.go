package synthetic_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/dev/synthetic"
	"github.com/scopegen/scopegen/spec"
)

func TestACatalogueHoldsWhatIsAskedForAndCanBeGenerated(t *testing.T) {
	for _, n := range []int{1, 20, 30, 100} {
		folder := t.TempDir()
		require.NoError(t, synthetic.Write(folder, n))
		c, findings := spec.LoadFile(filepath.Join(folder, "scopes.yaml"))
		require.Empty(t, findings)
		require.Len(t, c.Operations, n)
		require.Len(t, c.Types, 3*n)
		require.Len(t, c.Scopes(), (n+19)/20)
		for _, entry := range c.Types {
			require.Len(t, entry.Value.Properties, 12, entry.Key)
		}
		packages, found := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/api"})
		require.Empty(t, found)
		require.Len(t, packages, (n+39)/40+2)
	}
}

func TestEqualNumbersGiveEqualFiles(t *testing.T) {
	one, other := t.TempDir(), t.TempDir()
	require.NoError(t, synthetic.Write(one, 50))
	require.NoError(t, synthetic.Write(other, 50))
	entries, err := os.ReadDir(one)
	require.NoError(t, err)
	require.Len(t, entries, 3)
	for _, entry := range entries {
		a, err := os.ReadFile(filepath.Join(one, entry.Name()))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(other, entry.Name()))
		require.NoError(t, err)
		require.Equal(t, string(a), string(b))
	}
}
