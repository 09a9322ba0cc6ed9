package spec_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

func TestTheCatalogueInTheBoxHasNoFindings(t *testing.T) {
	_, findings := spec.Load(spec.Embedded(), "scopes.yaml")
	if len(findings) > 0 {
		require.NoError(t, diag.Text(os.Stderr, findings, false))
	}
	require.Empty(t, findings)
	catalogue, err := spec.Default()
	require.NoError(t, err)
	require.NotEmpty(t, catalogue.Operations)
}
