package sync_test

import (
	"bytes"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/dev/cases"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// Each archive in testdata/cases is a catalogue, a table, and what comes of
// bringing the one into the other.
func TestATableIsBroughtIntoACatalogueInPlace(t *testing.T) {
	cases.Run(t, "testdata/cases/*.txtar", func(t *testing.T, archive *txtar.Archive) (int, []txtar.File) {
		fsys, options, published, inputs := fstest.MapFS{}, sync.Options{Renames: map[string]string{}}, "", 0
		crlf := false
		for i, f := range archive.Files {
			switch {
			case f.Name == "options":
				for line := range strings.Lines(string(f.Data)) {
					line = strings.TrimSpace(line)
					crlf = crlf || line == "crlf"
					options.KeepTexts = options.KeepTexts || line == "keep-texts"
					if rename, ok := strings.CutPrefix(line, "rename "); ok {
						from, to, _ := strings.Cut(rename, "=")
						options.Renames[from] = to
					}
				}
			case f.Name == "table.md":
				published, inputs = string(f.Data), i+1
			case inputs == 0:
				fsys[f.Name] = &fstest.MapFile{Data: f.Data}
			}
		}
		if crlf {
			text := strings.ReplaceAll(string(fsys["scopes.yaml"].Data), "\n", "\r\n")
			fsys["scopes.yaml"].Data = []byte(strings.TrimSuffix(text, "\r\n"))
		}
		result, findings := bring(t, fsys, published, options)
		if result == nil {
			var said bytes.Buffer
			require.NoError(t, diag.Text(&said, findings, false))
			return inputs, []txtar.File{{Name: "refused", Data: said.Bytes()}}
		}
		var got []txtar.File
		for _, name := range slices.Sorted(maps.Keys(result.Files)) {
			text := result.Files[name]
			if crlf {
				require.Equal(t, bytes.Count(text, []byte("\n")), bytes.Count(text, []byte("\r\n")))
				text = append(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), '\n')
			}
			got = append(got, txtar.File{Name: "new/" + name, Data: text})
		}
		twice(t, fsys, published, options, result)
		return inputs, append(got, txtar.File{Name: "notes", Data: []byte(strings.Join(append(result.Notes, ""), "\n"))})
	})
}

// twice brings the same table in again, which must change nothing.
func twice(t *testing.T, fsys fstest.MapFS, published string, options sync.Options, first *sync.Result) {
	t.Helper()
	again := maps.Clone(fsys)
	for name, text := range first.Files {
		again[name] = &fstest.MapFile{Data: text}
	}
	written, findings := spec.Load(again, "scopes.yaml")
	require.NoError(t, findings.Err())
	require.Len(t, first.Catalogue.Operations, len(written.Operations))
	require.Len(t, first.Catalogue.Types, len(written.Types))
	require.Len(t, first.Catalogue.Scopes(), len(written.Scopes()))
	options.Renames = nil // they have happened
	result, findings := bring(t, again, published, options)
	require.NoError(t, findings.Err())
	require.Empty(t, result.Files)
}

func bring(t testing.TB, fsys fs.FS, published string, options sync.Options) (*sync.Result, diag.List) {
	t.Helper()
	c, findings := spec.Load(fsys, "scopes.yaml")
	require.NoError(t, findings.Err())
	parsed, notes := table.Parse("table.md", []byte(published))
	require.NoError(t, notes.Err())
	return sync.Sync(fsys, "scopes.yaml", c, parsed, options)
}
