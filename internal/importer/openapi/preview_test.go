package openapi_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

func TestAChoiceHasTheClientsThatItsDecisionGives(t *testing.T) {
	const ladder, other = "[users:read, users:admin]", "[users:read, orders:read]"
	for name, lists := range map[string][]string{
		"ladders alone":                {ladder, ladder, "[users:read]"},
		"ladders beside other lists":   {ladder, other},
		"other lists, decided by rule": {ladder, "[files:read, orders:read]"},
	} {
		t.Run(name, func(t *testing.T) {
			document := "openapi: 3.0.3\ninfo: {title: Shop, version: '1'}\ncomponents: {securitySchemes: {o: {type: oauth2, flows: {clientCredentials: {tokenUrl: 'https://a.example.com/t', scopes: {users:read: a, users:admin: b, orders:read: c, files:read: d}}}}}}\npaths:\n"
			for n, list := range lists {
				document += fmt.Sprintf("  /things%d: {get: {operationId: listThings%d, security: [{o: %s}], responses: {'204': {description: ok}}}}\n", n, n, list)
			}
			fsys := fstest.MapFS{"openapi.yaml": {Data: []byte(document)}}
			var o openapi.Options
			if strings.Contains(name, "rule") {
				o.Rules = []openapi.Rule{{Match: "listThings1", Lists: openapi.Any}}
			}
			result, err := openapi.Import(fsys, "openapi.yaml", o)
			require.NoError(t, err)
			require.NotEmpty(t, result.Ladders)
			choices, err := result.Choices(fsys, "openapi.yaml", o)
			require.NoError(t, err)
			require.Len(t, choices, 3)
			for n, lists := range []openapi.ScopeLists{openapi.All, openapi.Any, openapi.Ladder} {
				assert.Equal(t, lists, choices[n].Lists)
				decided := o
				decided.ScopeLists = lists
				result, err := openapi.Import(fsys, "openapi.yaml", decided)
				require.NoError(t, err)
				files := fstest.MapFS{}
				for name, text := range result.Files {
					files[name] = &fstest.MapFile{Data: text}
				}
				c, findings := spec.Load(files, "scopes.yaml")
				require.NoError(t, findings.Err())
				p, findings := plan.Build(c, "example.com/shop")
				require.NoError(t, findings.Err())
				var want []openapi.Client
				for _, pkg := range p.Packages {
					for _, client := range pkg.Clients {
						want = append(want, openapi.Client{Name: pkg.Name + "." + client.Name, Methods: len(client.Methods)})
					}
				}
				assert.ElementsMatch(t, want, choices[n].Clients, lists)
			}
		})
	}
}
