package spec_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

func FuzzLoad(f *testing.F) {
	for folder := range refusers {
		for _, a := range archives(f, folder) {
			included := []byte("types: {}\n")
			for name, file := range a.files {
				if name != "scopes.yaml" {
					included = file.Data
				}
			}
			f.Add(a.files["scopes.yaml"].Data, included)
		}
	}
	table, err := fs.ReadFile(spec.Embedded(), "scopes.yaml")
	require.NoError(f, err)
	f.Add(table, []byte("operations: []\n"))
	f.Add([]byte("i: {e shop, title: Shop}\ntypes:\n  ? K"), []byte("types:\n  ? ü")) // the value is absent, and behind the file
	schema, includedSchema, _ := schemas(f)
	f.Fuzz(func(t *testing.T, table, included []byte) {
		files := fstest.MapFS{"scopes.yaml": {Data: table}, "more.yaml": {Data: included}}
		catalogue, findings := spec.Load(files, "scopes.yaml")
		require.Equal(t, catalogue == nil, findings.Err() != nil)
		again, findingsAgain := spec.Load(files, "scopes.yaml")
		require.Equal(t, catalogue, again)
		require.Equal(t, findings, findingsAgain)

		for _, d := range findings {
			text := table
			if d.Pos.File == "more.yaml" {
				text = included
			}
			lines := bytes.Split(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), []byte("\n"))
			require.LessOrEqual(t, d.Pos.Line, len(lines), "%s: %s", d.Pos, d.Message)
			if d.Pos.Line > 0 {
				require.LessOrEqual(t, d.Pos.Column, len(lines[d.Pos.Line-1])+1, "%s: %s", d.Pos, d.Message)
			}
		}
		var printed strings.Builder
		require.NoError(t, diag.Text(&printed, findings, false))
		require.NotContains(t, printed.String(), "\x1b")

		cut, _ := spec.LoadInPieces(files, "scopes.yaml", 30)
		require.Equal(t, catalogue == nil, cut == nil)
		if catalogue == nil {
			return
		}
		require.Equal(t, catalogue, cut)
		require.NoError(t, schema.Validate(jsonOf(t, table)), "the schema refuses what the loader accepts")
		if len(catalogue.Files) > 1 {
			if value := jsonOf(t, included); value != nil {
				require.NoError(t, includedSchema.Validate(value))
			}
		}
	})
}
