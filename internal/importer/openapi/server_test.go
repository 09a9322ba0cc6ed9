package openapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

func TestServersOfOperationsAreServersOfTheCatalogue(t *testing.T) {
	op := func(id, more string) string {
		return `{"operationId": "` + id + `", "responses": {"204": {"description": ""}}` + more + `}`
	}
	c, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "servers": [{"url": "https://api.example.com/v1/"}],
  "paths": {
    "/a": {"servers": [{"url": "https://uploads.example.com/v1"}], "get": `+op("a", "")+`, "put": `+op("own", `, "servers": [{"url": "https://api.example.com/v1"}]`)+`},
    "/b": {"get": `+op("b", `, "servers": [{"url": "https://uploads.example.org", "description": "Archive"}, {"url": "https://other.example.org"}]`)+`},
    "/c": {"get": `+op("c", `, "servers": [{"url": "https://{where}.example.net", "variables": {"where": {"default": "uploads"}}}]`)+`},
    "/d": {"get": `+op("d", `, "servers": [{"url": "/v2"}]`)+`, "put": `+op("same", `, "servers": [{"url": "/v1/"}]`)+`, "post": `+op("odd", `, "servers": [{"url": "v2"}]`)+`},
    "/e": {"get": `+op("e", "")+`}
  }}`)
	served := map[string]string{}
	for _, o := range c.Operations {
		served[o.ID] = o.Server.Value
	}
	require.Equal(t, map[string]string{"a": "uploads", "own": "", "b": "archive", "c": "server2", "d": "api", "same": "", "odd": "", "e": ""}, served)
	var others []string
	for _, s := range c.OtherServers {
		others = append(others, s.Key+" "+s.Value)
	}
	require.Equal(t, []string{"uploads https://uploads.example.com/v1", "archive https://uploads.example.org", "server2 https://uploads.example.net", "api https://api.example.com/v2"}, others)
	require.Equal(t, 3, byCode(result.Notes)[openapi.Bent]) // the second server of b, the variable of c, and odd
	require.Contains(t, said(result.Notes, openapi.Assumed), `the server "/v2" of d is taken for https://api.example.com/v2`)
}

// Where a document gives one server to each operation and none to all, that is the
// server of the API.
func TestTheOneServerOfAllOperationsIsThatOfTheAPI(t *testing.T) {
	c, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "servers": [{"url": "//api.local"}],
  "paths": {"/a": {"servers": [{"url": "https://api.local/"}], "get": {"operationId": "a", "responses": {"204": {"description": ""}}}, "put": {"operationId": "b", "responses": {"204": {"description": ""}}}}}}`)
	require.Equal(t, "https://api.local", c.Servers[0].Value)
	require.Empty(t, c.OtherServers)
	require.Equal(t, spec.Text{}, c.Operations[0].Server)
	require.Zero(t, byCode(result.Notes)[openapi.Bent])
}
