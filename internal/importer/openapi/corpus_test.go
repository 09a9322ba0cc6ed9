package openapi_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

var update = flag.Bool("update", false, "write the table of the collected documents")

// underRace says that the race detector is at work, under which a large document
// takes a minute, though nothing here runs at the same time.
var underRace = false

const largestUnderRace = 1 << 20

const corpus = "../../../../shared/corpus"

// Every real document becomes a catalogue that lints and generates.
func TestRealDocumentsBecomeCatalogues(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(corpus, "INDEX.tsv"))
	if err != nil {
		t.Skip("the collected documents are not beside the repository")
	}
	rows := []string{"# what import makes of the collected documents: written by go test . -update", "document\toperations\timported\ttypes\tbent\tleft out\tassumed\tnamed\tin pages"}
	t.Cleanup(func() {
		table := strings.Join(rows, "\n") + "\n"
		if *update {
			require.NoError(t, os.WriteFile("testdata/corpus.tsv", []byte(table), 0o666))
		}
		kept, err := os.ReadFile("testdata/corpus.tsv")
		require.NoError(t, err)
		for line := range strings.Lines(table) { // -run may choose some of the documents
			require.Contains(t, string(kept), line, "run go test . -update")
		}
	})
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, "\t")
		read := openapi.Import
		switch {
		case cells[2] == "discovery":
			read = openapi.ImportDiscovery
		case !strings.HasPrefix(cells[2], "openapi") && cells[2] != "swagger2":
			continue
		}
		t.Run(strings.ReplaceAll(cells[1], "/", "_"), func(t *testing.T) {
			if strings.Contains(cells[1], "synthetic/s30k") {
				t.Skip("it takes half a minute and 2 GB")
			}
			if strings.Contains(cells[1], "synthetic/s10k") && !*update {
				t.Skip("it takes as long as all real documents but one, and s1k holds what it holds: -update reads it")
			}
			file := filepath.Join(corpus, cells[1])
			if info, err := os.Stat(file); underRace && err == nil && info.Size() > largestUnderRace {
				t.Skip("a large document, which is tried without the race detector")
			}
			result, err := read(os.DirFS(filepath.Dir(file)), filepath.Base(file), openapi.Options{Pages: true})
			require.NoError(t, err)
			files := fstest.MapFS{}
			for name, text := range result.Files {
				files[name] = &fstest.MapFile{Data: text}
			}
			if out := os.Getenv("IMPORT_OUT"); out != "" {
				for name, text := range result.Files {
					p := filepath.Join(out, filepath.Base(filepath.Dir(file))+"_"+filepath.Base(file), name)
					require.NoError(t, os.MkdirAll(filepath.Dir(p), 0o777))
					require.NoError(t, os.WriteFile(p, text, 0o666))
				}
			}
			notes := byCode(result.Notes)
			paged := 0
			for _, style := range result.Paged {
				paged += style.Operations
			}
			rows = append(rows, fmt.Sprintf("%s\t%d\t%d\t%d\t%d\t%d\t%d\t%d\t%d", strings.TrimPrefix(cells[1], "../"), result.Counts.Operations, result.Counts.Imported, result.Counts.Types, notes[openapi.Bent], notes[openapi.LeftOut], notes[openapi.Assumed], result.Counts.Names, paged))
			t.Logf("%+v notes %v ladders %d", result.Counts, byCode(result.Notes), len(result.Ladders))
			catalogue, findings := spec.Load(files, "scopes.yaml")
			kinds := map[string]int{}
			if catalogue != nil {
				_, found := scopegen.Generate(catalogue, scopegen.Options{ImportPath: "x", Unchanged: func(string, string) bool { return true }})
				findings = append(findings, found...)
			}
			shown := map[string]bool{}
			for _, f := range findings {
				key := fmt.Sprint(f.Severity, " ", f.Code)
				kinds[key]++
				if !shown[key] || os.Getenv("ALL") != "" {
					shown[key] = true
					t.Logf("%s:%d %s %s | %s", f.Pos.File, f.Pos.Line, key, f.Message, f.Hint)
				}
			}
			require.Empty(t, result.Remaining.Err())
			var keys []string
			for k, n := range kinds {
				if strings.HasPrefix(k, "warning") {
					continue
				}
				keys = append(keys, fmt.Sprintf("%s: %d", k, n))
			}
			sort.Strings(keys)
			require.Empty(t, keys)
		})
	}
}

func byCode(notes diag.List) map[string]int {
	counts := map[string]int{}
	for _, n := range notes {
		counts[n.Code]++
	}
	return counts
}
