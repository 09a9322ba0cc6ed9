package diff_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// large is a catalogue of many scopes and operations; shift changes a share of
// both, as a new edition does.
func large(scopes, operations, shift int) (fstest.MapFS, string) {
	var c, ops, published strings.Builder
	c.WriteString("api: {name: big, title: Big}\nservers: {live: 'https://big.example'}\ntoken: {path: /token}\ninclude: [operations.yaml]\ngroups:\n")
	published.WriteString("| Scope | Permissions |\n|---|---|\n")
	for i := range scopes {
		if i%50 == 0 {
			fmt.Fprintf(&c, "  - title: Group %d\n    scopes:\n", i/50)
			fmt.Fprintf(&published, "| Group %d | |\n", i/50)
		}
		text := fmt.Sprintf("Read things of kind %d.", i)
		if shift > 0 && i%7 == 0 {
			text += " And more."
		}
		fmt.Fprintf(&c, "      - scope: things%d:read # kept\n        permits: %s\n", i, text)
		fmt.Fprintf(&published, "| things%d:read | %s Really. |\n", i, text)
	}
	ops.WriteString("operations:\n")
	for i := range operations {
		n := i
		if shift > 0 && i%10 == 0 {
			n += operations
		}
		fmt.Fprintf(&ops, `  - id: retrieve_thing_%[1]d
    method: GET
    path: /things%[1]d/{thing_id}
    summary: Retrieves a thing of kind %[1]d.
    requires: {any_of: [things%[2]d:read, things%[3]d:read]}
    parameters:
      - {name: thing_id, in: path, required: true, schema: {type: string, format: uuid}}
      - {name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, maximum: 1000, default: 100}}
    responses: {204: {}}
    errors: [400, 401, 403]
`, n, i%scopes, (i+1+shift)%scopes)
	}
	return fstest.MapFS{"scopes.yaml": {Data: []byte(c.String())}, "operations.yaml": {Data: []byte(ops.String())}}, published.String()
}

// BenchmarkLarge measures diff and sync as the commands do them: both sides
// are loaded, compared and printed.
func BenchmarkLarge(b *testing.B) {
	const scopes, operations = 2500, 30000
	old, _ := large(scopes, operations, 0)
	now, published := large(scopes, operations, 3)
	load := func(fsys fstest.MapFS) *spec.Catalogue {
		c, findings := spec.Load(fsys, "scopes.yaml")
		require.NoError(b, findings.Err())
		return c
	}
	b.Run("diff", func(b *testing.B) {
		for b.Loop() {
			report := diff.Compare(diff.Side{Name: "old", Catalogue: load(old)}, diff.Side{Name: "new", Catalogue: load(now)})
			require.Greater(b, len(report.Changes), 30000)
			var text strings.Builder
			require.NoError(b, report.Text(&text))
		}
		memory(b)
	})
	b.Run("sync", func(b *testing.B) {
		for b.Loop() {
			c := load(old)
			parsed, notes := table.Parse("table.md", []byte(published))
			require.NoError(b, notes.Err())
			result, findings := sync.Sync(old, "scopes.yaml", c, parsed, sync.Options{})
			require.NoError(b, findings.Err())
			require.Len(b, result.Files, 1)
			report := diff.Compare(diff.Side{Name: "old", Catalogue: c}, diff.Side{Name: "new", Catalogue: result.Catalogue})
			require.Len(b, report.Changes, scopes)
		}
		memory(b)
	})
}

func memory(b *testing.B) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	b.ReportMetric(float64(m.Sys)/(1<<20), "MiB-from-system")
}
