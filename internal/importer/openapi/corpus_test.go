package openapi_test

import (
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

const corpus = "../../../../shared/corpus"

// Every real document becomes a catalogue that lints and generates.
func TestRealDocumentsBecomeCatalogues(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(corpus, "INDEX.tsv"))
	if err != nil {
		t.Skip("the collected documents are not beside the repository")
	}
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, "\t")
		if !strings.HasPrefix(cells[2], "openapi") && cells[2] != "swagger2" {
			continue
		}
		t.Run(strings.ReplaceAll(cells[1], "/", "_"), func(t *testing.T) {
			if strings.Contains(cells[1], "synthetic/s10k") || strings.Contains(cells[1], "synthetic/s30k") {
				t.Skip("takes minutes: the benchmarks import documents of this size")
			}
			file := filepath.Join(corpus, cells[1])
			result, err := openapi.Import(os.DirFS(filepath.Dir(file)), filepath.Base(file), openapi.Options{})
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
