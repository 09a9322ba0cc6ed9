package diff_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

var record = flag.Bool("record", false, "write what is printed into testdata, to be read by eye")

// Each archive in testdata/changes holds two catalogues and what is said about
// their difference.
func TestEachChangeIsToldInWords(t *testing.T) {
	files, err := filepath.Glob("testdata/changes/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			report := diff.Compare(side(t, archive.Files[0]), side(t, archive.Files[1]))
			var text, markdown bytes.Buffer
			require.NoError(t, report.Text(&text))
			require.NoError(t, report.Markdown(&markdown))
			if *record {
				archive.Files = append(archive.Files[:2], txtar.File{Name: "text", Data: text.Bytes()}, txtar.File{Name: "markdown", Data: markdown.Bytes()})
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
				return
			}
			require.Len(t, archive.Files, 4, "record the case first: go test ./internal/change/diff -record")
			require.Equal(t, string(archive.Files[2].Data), text.String())
			require.Equal(t, string(archive.Files[3].Data), markdown.String())
		})
	}
}

func side(t testing.TB, file txtar.File) diff.Side {
	t.Helper()
	if table.Looks(file.Name) {
		c, findings := table.Parse(file.Name, file.Data)
		require.NoError(t, findings.Err())
		return diff.Side{Name: file.Name, Catalogue: c, Table: true}
	}
	return diff.Side{Name: file.Name, Catalogue: load(t, file.Name, file.Data)}
}

func load(t testing.TB, name string, text []byte) *spec.Catalogue {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{name: {Data: text}}, name)
	require.NoError(t, findings.Err(), string(text))
	return c
}
