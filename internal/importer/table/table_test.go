package table_test

import (
	"bytes"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/dev/cases"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// Each archive in testdata/shapes is a table as people publish it, with the
// catalogue and the notes that come of it.
func TestEveryShapeOfATableIsRead(t *testing.T) {
	cases.Run(t, "testdata/shapes/*.txtar", func(t *testing.T, archive *txtar.Archive) (int, []txtar.File) {
		input := archive.Files[0]
		c, notes := options(t, archive.Comment).Parse(input.Name, input.Data)
		printed := []byte{}
		if c != nil {
			c.API = spec.API{Name: "api", Title: "API"}
			printed = write.Table(c)
		}
		var said bytes.Buffer
		require.NoError(t, diag.Text(&said, notes, false))
		return 1, []txtar.File{{Name: "catalogue.yaml", Data: printed}, {Name: "notes", Data: said.Bytes()}}
	})
}

// A document for machines may be as large as import openapi takes it; a page for
// people may not.
func TestALargeDocumentIsReadAndALargePageIsRefused(t *testing.T) {
	filler := strings.Repeat("x", 9<<20)
	c, notes := table.Parse("api.json", []byte(`{"openapi": "3.1.0", "info": {"description": "`+filler+`"},
	"components": {"securitySchemes": {"o": {"type": "oauth2", "flows": {"implicit": {"scopes": {"users:read": "Users \ud83d\ude00"}}}}}}}`))
	require.NoError(t, notes.Err())
	require.Equal(t, []string{"users:read"}, names(c))
	require.Equal(t, "Users 😀", c.Groups[0].Scopes[0].Permits)

	c, notes = table.Parse("page.md", []byte("| Scope | Text |\n|---|---|\n| a:b | c |\n"+filler))
	require.Nil(t, c)
	require.ErrorContains(t, notes.Err(), "the text is larger than 8 MiB")
}

// options reads what a person has chosen from the lines of a case's comment:
// "column: Scope", "table: 2", "skip-row: users:read".
func options(t *testing.T, comment []byte) table.Options {
	t.Helper()
	var o table.Options
	for line := range strings.Lines(string(comment)) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		switch key {
		case "column":
			o.Column = value
		case "table":
			n, err := strconv.Atoi(value)
			require.NoError(t, err)
			o.Table = n
		case "skip-row":
			o.SkipRows = append(o.SkipRows, value)
		}
	}
	return o
}
