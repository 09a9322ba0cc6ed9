package table_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// load reads a written catalogue as a user's would be.
func load(t *testing.T, text []byte) *spec.Catalogue {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: text}}, "scopes.yaml")
	require.NoError(t, findings.Err(), string(text))
	return c
}
