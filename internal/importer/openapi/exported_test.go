package openapi_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
)

// edited is an exported document in which a person has added what export does not write.
const edited = `{"openapi": "3.1.1", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"paths": {"/things": {
  "parameters": [{"$ref": "#/components/parameters/Page"}],
  "get": {"operationId": "things", "security": [{"a": ["x", "y"]}, {"key": []}, {"tls": []}], "callbacks": {"c": {}}, "deprecated": true,
    "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}, "allowEmptyValue": true}],
    "responses": {"200": {"description": "", "links": {"a": {}}, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}, "404": {"description": ""}}},
  "post": {"operationId": "add", "requestBody": {"$ref": "#/components/requestBodies/A"}, "security": [], "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "other.json#/A"}}}}}}}},
"components": {
  "securitySchemes": {"a": {"type": "oauth2", "flows": {"implicit": {"authorizationUrl": "https://a.example.com", "scopes": {"x": "See.", "y": "", "z": ""}}}}, "key": {"type": "apiKey", "in": "query", "name": "k"}, "tls": {"type": "mutualTLS"}},
  "parameters": {"Page": {"name": "page", "in": "query", "schema": {"type": "integer"}}},
  "requestBodies": {"A": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}},
  "links": {"a": {}},
  "schemas": {"A": {"title": "An A", "type": "object", "not": {"type": "string"}, "patternProperties": {"^a": {}}, "properties": {"a": {"type": "string", "x-other": 1}}}}},
"webhooks": {"a": {}},
"x-scopegen": {"api": {"name": "shop"}, "groups": [{"title": "G", "scopes": [{"scope": "x"}, {"scope": "y", "permits": "Write."}]}]}}`

// What was added to an exported document is read as OpenAPI means it, and what is not
// carried is named.
func TestWhatWasAddedToAnExportedDocumentIsReadOrNamed(t *testing.T) {
	result := importText(t, edited, nil)
	require.Equal(t, `operations:
  - id: things
    method: GET
    path: /things
    requires: [{all_of: [x, y]}, {key: key}, token]
    parameters:
      - {name: page, in: query, schema: {type: integer}}
      - {name: q, in: query, schema: {type: string}}
    responses:
      200:
        application/json: {$ref: '#/types/A'}
    errors: [404]
    deprecated: the API's document says so
  - id: add
    method: POST
    path: /things
    requires: public
    parameters:
      - {name: page, in: query, schema: {type: integer}}
    body:
      application/json: {$ref: '#/types/A'}
    responses:
      200:
        application/json: {}
`, string(result.Files["things.yaml"]))
	require.Equal(t, `#/paths/~1things/get/callbacks: "callbacks" of an operation is left out: a catalogue has no place for it
#/paths/~1things/get/parameters/0/allowEmptyValue: "allowEmptyValue" of a parameter is left out: a catalogue has no place for it
#/paths/~1things/get/responses/200/links: "links" of a response is left out: a catalogue has no place for it
#/components/securitySchemes/a/flows/implicit/scopes/z: the scope "z" is left out: it is in no group of the x-scopegen of the document
#/components/links: "links" of the components is left out: a catalogue has no place for it
#/webhooks: "webhooks" of the document is left out: a catalogue has no place for it
`, said(result.Notes, openapi.LeftOut))
	require.Contains(t, said(result.Notes, openapi.Bent), `"other.json#/A" leads to no schema of the components: any value is taken`)
	require.Contains(t, said(result.Notes, openapi.Bent), `things requires the security scheme "tls", which is neither a token nor a key here: taken for a token`)
	require.Equal(t, map[string]int{"title of a schema": 1, "x-other": 1, "not of a schema, which only restricts": 1, "patternProperties of a schema: such members are read and written untyped": 1}, result.Dropped)
	decided, err := openapi.Import(fstest.MapFS{"api.json": {Data: []byte(edited)}}, "api.json", openapi.Options{ScopeLists: openapi.Any})
	require.NoError(t, err)
	require.Equal(t, result.Files, decided.Files)
	require.Contains(t, said(decided.Notes, openapi.Assumed), "what a list of scopes means has no effect on it")
	require.Contains(t, string(result.Files["scopes.yaml"]), "- {scope: x, permits: See.}\n      - {scope: y, permits: Write.}")
}

// What an x-scopegen says that no catalogue has is a finding, and never a folder or a
// file that somebody else chose.
func TestAnExportedDocumentIsNotTrusted(t *testing.T) {
	result, err := openapi.Import(fstest.MapFS{"api.json": {Data: []byte(`{"openapi": "3.1.1", "info": {"title": "Shop"}, "tags": [{"name": "../../etc/passwd"}],
"paths": {"/a": {"get": {"operationId": "a", "tags": ["../../etc/passwd"], "security": [], "responses": {"204": {"description": ""}}}}},
"x-scopegen": {"api": {"name": "shop"}, "go": {"output": "../../.."}, "include": ["/etc/passwd"], "nonsense": 1}}`)}}, "api.json", openapi.Options{})
	require.NoError(t, err)
	require.ErrorContains(t, result.Remaining.Err(), "nonsense")
	require.NotContains(t, string(result.Files["scopes.yaml"]), "..")
	require.NotContains(t, string(result.Files["scopes.yaml"]), "/etc")
	for name := range result.Files {
		require.Contains(t, []string{"scopes.yaml", "etcpasswd.yaml"}, name)
	}
}
