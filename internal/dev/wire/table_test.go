package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/dev/wire/driver"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

func TestARowReplacesThatOfItsDocumentAlone(t *testing.T) {
	file := filepath.Join(t.TempDir(), "sandbox.tsv")
	for _, r := range []row{
		{document: "b/b.json", operations: 2, called: 2, calls: 2},
		{document: "a/a.json", operations: 1},
		{document: "b/b.json", operations: 2, called: 2, calls: 2, failed: 1, reasons: []string{"read: 404", "read: 404"}},
	} {
		require.NoError(t, keep(file, "a server", r))
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, head("a server")+"a/a.json\t1\t0\t0\t0\t\nb/b.json\t2\t2\t2\t1\tread: 404\n", string(text))
}

// What a mock finds wrong in a request is ours, what it finds wrong in its own response is not.
func TestARowTellsTheFaultsOfAMockApart(t *testing.T) {
	r := row{independent: true}
	r.add(&spec.Catalogue{}, []driver.Outcome{
		{Operation: "a", Violations: `[{"location":["request","query","n"],"message":"must be integer"}]`},
		{Operation: "b", Violations: `[{"location":["response","body"],"message":"must be object"}]`, Error: "b: its body cannot be read"},
		{Operation: "c", Violations: `[{"location":["response","body"],"message":"must be object"}]`},
	}, nil)
	require.Equal(t, 1, r.failed)
	require.Equal(t, []string{"a: request.query.n: must be integer", "the server answered some calls with what the document does not say"}, r.reasons)
}

func TestARowSaysWhatWasNotCalledAndWhatFailed(t *testing.T) {
	r := row{document: name("some/folder/api.json")}
	result := &openapi.Result{Counts: openapi.Counts{Operations: 4, Imported: 3}}
	result.Notes = append(result.Notes, diag.Diagnostic{Code: openapi.LeftOut, Message: "#/paths: an operation is left out: its path is odd"})
	r.left(result)
	c := &spec.Catalogue{Operations: []*spec.Operation{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	r.add(c, []driver.Outcome{
		{Operation: "a"}, {Operation: "a", Error: "a: 400 Bad Request\nfor once; request id 5"},
		{Operation: "b", Error: "b: 400"},
	}, map[string]string{"b": "body: it is two things"})
	require.Equal(t, strings.Join([]string{"folder/api.json", "4", "2", "3", "2",
		"1 not imported, the first because its path is odd; a: a: 400 Bad Request for once; b: no value is what the document asks: b: 400; c: no client has it"}, "\t")+"\n", r.String())
}
