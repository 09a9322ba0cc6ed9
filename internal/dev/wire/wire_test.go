package main

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every operation of a document with every construct is called by its generated
// client: the sandbox finds no fault with the request, and the client reads the
// response.
func TestEveryConstructOfADocumentIsSentAndRead(t *testing.T) {
	repository, err := filepath.Abs("../../..")
	require.NoError(t, err)
	ok, err := (&trial{document: "testdata/library.yaml", repository: repository, shown: 100}).run(context.Background())
	require.NoError(t, err)
	require.True(t, ok, "the failures are printed above")
}
