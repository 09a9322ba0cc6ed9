package openapi_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
)

func TestTheTypesOfErrorsAreCarried(t *testing.T) {
	const inline = `{"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"field": {"type": "string"}}}}}}`
	failure := func(name string) string {
		return `{"description": "", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/` + name + `"}}, "text/html": {"schema": {"type": "string"}}}}`
	}
	operation := func(id, responses string) string {
		return `"get": {"operationId": "` + id + `", "security": [], "responses": {"204": {"description": ""}, ` + responses + `}}`
	}
	text := `{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "paths": {
"/things/a": {` + operation("most", `"401": `+failure("Failure")+`, "500": `+failure("Failure")) + `},
"/things/b": {` + operation("own", `"404": {"$ref": "#/components/responses/Missing"}, "410": {"$ref": "#/components/responses/Missing"}, "429": {"description": ""}, "4XX": `+failure("Failure")) + `},
"/things/c": {` + operation("others", `"404": `+failure("Failure")+`, "409": `+failure("Conflict")+`, "default": `+failure("Conflict")) + `},
"/things/d": {` + operation("repeats", `"400": `+inline+`, "422": `+inline) + `},
"/things/e": {` + operation("page", `"503": {"description": "", "content": {"text/html": {"schema": {"type": "string"}}}}, "default": {"description": "an error"}`) + `},
"/things/f": {"head": {"operationId": "head", "security": [], "responses": {"204": {"description": ""}, "404": ` + inline + `}}}
}, "components": {"responses": {"Missing": ` + inline + `}, "schemas": {
"Failure": {"type": "object", "properties": {"code": {"type": "string"}}}, "Conflict": {"type": "object", "properties": {"with": {"type": "string"}}}}}}`
	result := importText(t, text, nil)
	require.Contains(t, string(result.Files["scopes.yaml"]), "errors: {default: {$ref: '#/types/Failure'}}\n")
	operations := string(result.Files["things.yaml"])
	for id, want := range map[string]string{
		"most":    "errors: [401, 500]",
		"own":     "errors: {404: {$ref: '#/types/Missing'}, 410: {$ref: '#/types/Missing'}, 429: {}}",
		"others":  "errors: {404: {$ref: '#/types/Failure'}, 409: {}, default: {$ref: '#/types/Conflict'}}",
		"repeats": "errors: {400: {$ref: '#/types/repeats_error_400'}, 422: {$ref: '#/types/repeats_error_400'}}",
		"page":    "errors: [503]",
		"head":    "errors: [404]",
	} {
		_, rest, _ := strings.Cut(operations, "id: "+id+"\n")
		own, _, _ := strings.Cut(rest, "- id:")
		require.Contains(t, own, want, id)
	}
	require.Contains(t, string(result.Files["types.yaml"]), "Missing:\n    type: object\n")
	require.Contains(t, said(result.Notes, openapi.Assumed), "3 of the 4 operations that state the type of an error state Failure")
	require.Equal(t, map[string]int{"the body of an error that is not JSON": 1, "the response default for other statuses, all of which are errors": 1}, result.Dropped)
}

// Clients keep no responses, so that "not modified" is a failure, which has no body.
func TestNotModifiedIsADocumentedError(t *testing.T) {
	result := importText(t, document(`"responses": {"204": {"description": ""},
"304": {"description": "", "headers": {"X-Age": {"schema": {"type": "integer"}}}, "content": {"application/json": {"schema": {"type": "string"}}}}}`, ""), nil)
	things := string(result.Files["things.yaml"])
	require.Contains(t, things, "errors: [304]\n")
	require.Contains(t, things, "response_headers: {X-Age: {type: integer}}\n")
	require.Contains(t, said(result.Notes, openapi.LeftOut), "the body of the response 304 of things is left out: by HTTP it has none\n")
}

func TestHeadersOfResponsesAreCarried(t *testing.T) {
	result := importText(t, document(`"responses": {
"200": {"description": "", "headers": {"X-Left": {"description": "Calls left.", "schema": {"type": "integer"}}, "Content-Type": {"schema": {"type": "string"}}, "a b": {"schema": {"type": "string"}}}},
"429": {"description": "", "headers": {"x-left": {"schema": {"type": "string"}}, "Retry-After": {"content": {"text/plain": {}}}}}}`, ""), nil)
	require.Contains(t, string(result.Files["things.yaml"]), "response_headers: {X-Left: {description: Calls left., type: integer}, Retry-After: {type: string}}\n")
	require.Contains(t, said(result.Notes, openapi.LeftOut), `the response header "a b" is left out`)

	result = importText(t, `{"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "host": "api.example.com", "paths": {"/things": {"get": {"operationId": "things", "security": [],
"responses": {"204": {"description": "", "headers": {"X-Tags": {"type": "array", "items": {"type": "string"}, "collectionFormat": "csv", "description": "All."}}}}}}}}`, nil)
	require.Contains(t, string(result.Files["things.yaml"]), "response_headers: {X-Tags: {description: All., type: array, items: {type: string}}}\n")
}

func TestTheTypesOfErrorsOfSwaggerAreCarried(t *testing.T) {
	const swagger = `{"swagger": "2.0", "info": {"title": "Shop", "version": "1"}, "host": "api.example.com", "produces": ["application/json"], "paths": {
"/a": {"get": {"operationId": "json", "security": [], "responses": {"204": {"description": ""}, "404": {"description": "", "schema": {"$ref": "#/definitions/Failure"}}}}},
"/b": {"get": {"operationId": "text", "security": [], "produces": ["text/plain"], "responses": {"204": {"description": ""}, "404": {"description": "", "schema": {"type": "string"}}}}}},
"definitions": {"Failure": {"type": "object", "properties": {"code": {"type": "string"}}}}}`
	result := importText(t, swagger, nil)
	require.Contains(t, string(result.Files["a.yaml"]), "errors: {404: {$ref: '#/types/Failure'}}")
	require.Contains(t, string(result.Files["b.yaml"]), "errors: [404]")
}
