package spec_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// synthetic is a catalogue of n operations with three types of twelve fields
// each, and one scope for twenty operations.
func synthetic(n int) fstest.MapFS {
	var table, operations, types strings.Builder
	table.WriteString("api: {name: shop, title: Shop}\nservers: {live: 'https://shop.example'}\ntoken: {path: /token}\ninclude: [operations.yaml, types.yaml]\ngroups:\n  - title: Things\n    scopes:\n")
	for i := range (n + 19) / 20 {
		fmt.Fprintf(&table, "      - {scope: 'things%d:read', permits: Read things of kind %d.}\n", i, i)
	}
	operations.WriteString("operations:\n")
	types.WriteString("types:\n")
	for i := range n {
		fmt.Fprintf(&operations, `  - id: retrieve_thing_%[1]d
    method: GET
    path: /things%[1]d/{thing_id}
    summary: Retrieves a thing of kind %[1]d.
    requires: {scope: things%[2]d:read}
    parameters:
      - {name: thing_id, in: path, required: true, schema: {type: string, format: uuid}}
      - {name: limit, in: query, schema: {type: integer, format: int32, minimum: 1, maximum: 1000, default: 100}}
    responses:
      200:
        application/json: {$ref: '#/types/Thing%[1]dA'}
    errors: [400, 401, 403]
`, i, i/20)
		for _, kind := range []string{"A", "B", "C"} {
			fmt.Fprintf(&types, "  Thing%d%s:\n    description: A thing.\n    type: object\n    required: [field0, field1]\n    properties:\n", i, kind)
			for field := range 12 {
				fmt.Fprintf(&types, "      field%d: {type: string, format: uuid, description: What the field is for.}\n", field)
			}
		}
	}
	return fstest.MapFS{
		"scopes.yaml":     {Data: []byte(table.String())},
		"operations.yaml": {Data: []byte(operations.String())},
		"types.yaml":      {Data: []byte(types.String())},
	}
}

func BenchmarkLoad(b *testing.B) {
	for _, n := range []int{100, 1000, 5000, 30000} {
		b.Run(fmt.Sprintf("operations=%d", n), func(b *testing.B) {
			fsys := synthetic(n)
			size := 0
			for _, file := range fsys {
				size += len(file.Data)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				c, findings := spec.Load(fsys, "scopes.yaml")
				require.NoError(b, findings.Err())
				runtime.KeepAlive(c)
			}
		})
	}
}
