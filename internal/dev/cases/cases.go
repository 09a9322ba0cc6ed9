// Package cases runs tests whose cases are txtar archives: what goes in, followed by
// what has to come out.
package cases

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
)

var record = flag.Bool("record", false, "write what comes out of each case into testdata, to be read by eye")

// Run runs a test for each archive whose path matches a pattern, named as its file. do
// gets the archive; it returns how many of its files are the input, and the files that
// come of them. Those have to be the rest of the archive. With the flag -record they
// are written there instead.
func Run(t *testing.T, pattern string, do func(t *testing.T, archive *txtar.Archive) (inputs int, got []txtar.File)) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(t, err)
	require.NotEmpty(t, files, "no case matches %s", pattern)
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			require.NoError(t, err)
			inputs, got := do(t, archive)
			if *record {
				archive.Files = append(archive.Files[:inputs], got...)
				require.NoError(t, os.WriteFile(file, txtar.Format(archive), 0o644))
				return
			}
			require.Greater(t, len(archive.Files), inputs, "record the case first: go test -run '%s' -record", t.Name())
			want := &txtar.Archive{Files: archive.Files[inputs:]}
			require.Equal(t, string(txtar.Format(want)), string(txtar.Format(&txtar.Archive{Files: got})))
		})
	}
}
