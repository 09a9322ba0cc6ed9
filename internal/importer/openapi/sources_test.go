package openapi_test

import (
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
)

func TestScopesStandElsewhereInADocument(t *testing.T) {
	const api = `{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"paths": {"/a/{id}": {
  "get": {"operationId": "read", "description": "Reads.<h3>Required scope</h3><a href=x>things:read</a>", "x-scopes": ["things:see"], "responses": {"204": {"description": ""}}},
  "put": {"operationId": "write", "x-auth": [{"scopes": "things:write, things:admin"}], "security": [{"oauth": []}, {"key": []}], "responses": {"204": {"description": ""}}},
  "post": {"operationId": "make", "x-scopes": [["a", "b"], ["c"]], "security": [{"oauth": ["own"]}], "responses": {"204": {"description": ""}}},
  "delete": {"operationId": "drop", "x-scopes": [["a", "b"], ["c"]], "responses": {"204": {"description": ""}}}
}}, "components": {"securitySchemes": {
  "oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {"own": "Owns."}}}},
  "key": {"type": "apiKey", "in": "query", "name": "key"}}}}`
	file, err := openapi.ReadCallScopes("calls.txt", []byte("# of the guide\nget /a/{thing} file:read\nGET /a/{thing} file:admin\nPATCH /a/{id} file:write\n"))
	require.NoError(t, err)
	for name, c := range map[string]struct {
		sources openapi.Sources
		want    map[string]string
	}{
		"prose": {openapi.Sources{Prose: regexp.MustCompile(`Required scope</h3><a[^>]*>([^<]+)`)},
			map[string]string{"read": "{scope: things:read}", "write": "[token, {key: key}]", "make": "{scope: own}", "drop": "public"}},
		"an extension": {openapi.Sources{Extension: "x-scopes"},
			map[string]string{"read": "{scope: things:see}", "write": "[token, {key: key}]", "make": "{scope: own}", "drop": "{any_of_sets: [[a, b], [c]]}"}},
		"a member of an extension": {openapi.Sources{Extension: "x-auth.scopes"},
			map[string]string{"read": "public", "write": "[{all_of: [things:admin, things:write]}, {key: key}]", "make": "{scope: own}"}},
		"a file": {openapi.Sources{File: file},
			map[string]string{"read": "{any_of: [file:read, file:admin]}", "write": "[token, {key: key}]", "drop": "public"}},
	} {
		result, err := openapi.Import(fstest.MapFS{"api.json": {Data: []byte(api)}}, "api.json", openapi.Options{Sources: c.sources})
		require.NoError(t, err)
		require.NoError(t, result.Remaining.Err())
		operations := strings.ReplaceAll(string(result.Files["a.yaml"]), "'", "")
		for id, want := range c.want {
			_, after, _ := strings.Cut(operations, "- id: "+id+"\n")
			_, requires, _ := strings.Cut(after, "requires: ")
			requires, _, _ = strings.Cut(requires, "\n")
			require.Equal(t, want, requires, "%s: %s", name, id)
		}
		if c.sources.File != nil {
			require.Contains(t, said(result.Notes, openapi.LeftOut), "the scopes of PATCH /a/{} are left out")
		}
	}
	_, err = openapi.ReadCallScopes("calls.txt", []byte("\nGET things:read\n"))
	require.ErrorContains(t, err, "calls.txt:2: write a method")
}
