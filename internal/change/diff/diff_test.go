package diff_test

import (
	"bytes"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/dev/cases"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// Each archive in testdata/changes holds two catalogues and what is said about
// their difference.
func TestEachChangeIsToldInWords(t *testing.T) {
	cases.Run(t, "testdata/changes/*.txtar", func(t *testing.T, archive *txtar.Archive) (int, []txtar.File) {
		report := diff.Compare(side(t, archive.Files[0]), side(t, archive.Files[1]))
		var text, markdown bytes.Buffer
		require.NoError(t, report.Text(&text))
		require.NoError(t, report.Markdown(&markdown))
		return 2, []txtar.File{{Name: "text", Data: text.Bytes()}, {Name: "markdown", Data: markdown.Bytes()}}
	})
}

// Both sides of a comparison are read at once, and share nothing.
func TestTwoCataloguesAreReadAtOnce(t *testing.T) {
	var sides [2]diff.Side
	var reading sync.WaitGroup
	for i, name := range []string{"../../../spec/scopes.yaml", "../../dev/golden/scopes.yaml"} {
		reading.Go(func() {
			catalogue, findings := spec.LoadFile(name)
			assert.NoError(t, findings.Err())
			sides[i] = diff.Side{Catalogue: catalogue}
		})
	}
	reading.Wait()
	require.False(t, diff.Compare(sides[0], sides[1]).Same())
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
