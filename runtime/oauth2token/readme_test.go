package oauth2token_test

import (
	"context"
	"os"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/oauth2"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/oauth2token"
)

// What the README shows of this module is in the function below, which the compiler
// checks.
func TestTheCodeInTheREADMECompiles(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	source, err := os.ReadFile("readme_test.go")
	require.NoError(t, err)
	spans := regexp.MustCompile("`(oauth2token[.][^`]+)`").FindAllStringSubmatch(string(readme), -1)
	require.Len(t, spans, 3)
	for _, span := range spans {
		require.Contains(t, string(source), span[1])
	}
}

func _(ctx context.Context, source oauth2.TokenSource, newSource func([]string) oauth2.TokenSource, token runtime.Token[read]) {
	_ = oauth2token.Grant(source, "users:read")
	_ = oauth2token.Narrow(newSource)
	_ = oauth2token.Source(ctx, token)
}
