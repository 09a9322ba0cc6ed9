package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func TestWhichMediaTypesAreJSON(t *testing.T) {
	for _, is := range []string{
		"application/json", "Application/JSON", "application/json; charset=utf-8", "application/json ;charset=utf-8",
		"text/json", "application/problem+json", "application/vnd.api+JSON", "model/gltf+json",
	} {
		require.True(t, spec.IsJSON(is), is)
	}
	for _, is := range []string{
		"", "*/*", "application/*", "application/x-ndjson", "application/jsonl", "application/json-seq", "application/jsonx",
		"text/plain; a=+json", "json", "application/json; charset",
	} {
		require.False(t, spec.IsJSON(is), is)
	}
}
