package merge_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/merge"
)

var record = flag.Bool("record", false, "write what comes of each case into testdata, to be read by eye")

// Each archive in testdata/cases holds what the former import wrote (was), the
// catalogue as somebody edited it (mine; the files that differ), what the import
// makes now (now; the files that differ), and what comes of it (after) or is said.
func TestEachCaseOfAMerge(t *testing.T) {
	paths, err := filepath.Glob("testdata/cases/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			require.NoError(t, err)
			folder := func(name string, over files) files {
				out := maps.Clone(over)
				for _, f := range archive.Files {
					if file, ok := strings.CutPrefix(f.Name, name+"/"); ok {
						out[file] = f.Data
					}
				}
				return out
			}
			was := folder("was", files{})
			mine, now := folder("mine", was), folder("now", was)
			for line := range strings.Lines(string(archive.Comment)) {
				if gone, ok := strings.CutPrefix(line, "gone now: "); ok {
					delete(now, strings.TrimSpace(gone))
				}
			}
			var o merge.Options
			for line := range strings.Lines(string(archive.Comment)) {
				if name, ok := strings.CutPrefix(line, "keep: "); ok {
					o.Keep = append(o.Keep, strings.TrimSpace(name))
				}
				if name, ok := strings.CutPrefix(line, "take: "); ok {
					o.Take = append(o.Take, strings.TrimSpace(name))
				}
			}
			after, result, problems := merged(t, mine, recorded(t, was), now, o)
			var said bytes.Buffer
			require.NoError(t, diag.Text(&said, problems, false))
			if result != nil {
				said.WriteString(strings.Join(result.Notes, "\n"))
			}
			inputs := slices.DeleteFunc(slices.Clone(archive.Files), func(f txtar.File) bool { return f.Name == "said" || strings.HasPrefix(f.Name, "after/") })
			got := txtar.Archive{Comment: archive.Comment, Files: inputs}
			for _, name := range slices.Sorted(maps.Keys(after)) {
				if !bytes.Equal(after[name], mine[name]) {
					got.Files = append(got.Files, txtar.File{Name: "after/" + name, Data: after[name]})
				}
			}
			for _, name := range slices.Sorted(maps.Keys(mine)) {
				if after != nil && after[name] == nil {
					said.WriteString("removed: " + name + "\n")
				}
			}
			got.Files = append(got.Files, txtar.File{Name: "said", Data: said.Bytes()})
			if *record {
				require.NoError(t, os.WriteFile(path, txtar.Format(&got), 0o644))
				return
			}
			require.Equal(t, string(txtar.Format(archive)), string(txtar.Format(&got)))
		})
	}
}
