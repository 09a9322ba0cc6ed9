package spec_test

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

var update = flag.Bool("update", false, "write scopes.schema.json and the expected findings in testdata")

//go:generate go test -vet=off . -run TestTheCheckedInSchemaIsTheOneOfTheModel -update

func TestTheCheckedInSchemaIsTheOneOfTheModel(t *testing.T) {
	const name = "scopes.schema.json"
	if *update {
		require.NoError(t, os.WriteFile(name, spec.JSONSchema(), 0o644))
	}
	checkedIn, err := os.ReadFile(name)
	require.NoError(t, err)
	require.True(t, bytes.Equal(checkedIn, spec.JSONSchema()), "%s is stale: run go generate ./spec", name)
}
