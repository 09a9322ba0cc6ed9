//go:build unix

package redisstore_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/runtime/redisstore"
)

// What the README's table of ways shows of this module is in the function below, which
// the compiler checks.
func TestTheCodeInTheREADMEsTableOfWaysCompiles(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	row := regexp.MustCompile("(?m)^.*, in module `runtime/redisstore` [|] `(.+)`<br>`(.+)` [|] .*$").FindStringSubmatch(string(readme))
	require.Len(t, row, 3)
	for _, code := range row[1:] {
		require.Contains(t, string(source), code)
	}
}

func _(client redis.UniversalClient, encryptionKey []byte, credentials runtime.Credentials, user string) (grant.RefreshToken, error) {
	store, err := redisstore.New(client, encryptionKey)
	return grant.RefreshToken{Client: credentials, Store: store.RefreshTokens(user), Name: user}, err
}
