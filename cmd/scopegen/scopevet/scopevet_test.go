package scopevet_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/scopegen/scopegen/cmd/scopegen/scopevet"
)

// What is found stands in the packages of testdata, and what the fixes make of
// them in the files beside.
func TestFindingsAndFixes(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	for _, name := range []string{"tokens", "sets", "linked", "library"} {
		t.Run(name, func(t *testing.T) {
			analysistest.RunWithSuggestedFixes(t, root, scopevet.Analyzer, "./cmd/scopegen/scopevet/testdata/"+name)
		})
	}
}

// A finding that is allowed is not reported. What allows nothing is.
func TestSuppressions(t *testing.T) {
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	analysistest.Run(t, root, scopevet.Analyzer, "./cmd/scopegen/scopevet/testdata/allowed")
}
