package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the importer writes in several files is corrected in each by itself: what one
// file says does not depend on how long another one is.
func TestACorrectionInOneFileChangesNoOther(t *testing.T) {
	text := func(values int) string {
		var b strings.Builder
		b.WriteString(`{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [], "paths": {`)
		path := func(tag, more string) {
			fmt.Fprintf(&b, `"/%[1]s": {"get": {"tags": ["%[1]s"], "operationId": "%[1]s", %[2]s}}, `, tag, more)
		}
		const refused = `"401": {"$ref": "#/components/responses/Refused"}}`
		path("birds", `"parameters": [{"name": "a", "in": "query", "schema": {"type": "string"}}, {"name": "b", "in": "query", "schema": {"type": "string"}}, {"name": "c", "in": "query", "schema": {"type": "string"}}], "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "integer"}}]}}}}, `+refused)
		var enum []string
		for n := range values + 1 {
			enum = append(enum, fmt.Sprintf(`"v%d"`, n))
		}
		path("cats", `"parameters": [{"name": "a", "in": "query", "schema": {"type": "string", "enum": [`+strings.Join(enum, ",")+`]}}], "responses": {"204": {"description": ""}, `+refused)
		for n := range 4 { // so that no type of an error is that of most
			path(fmt.Sprintf("dogs%d", n), fmt.Sprintf(`"responses": {"204": {"description": ""}, "404": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"m%d": {"type": "string"}}}}}}}`, n))
		}
		return strings.TrimSuffix(b.String(), ", ") + `}, "components": {"responses": {"Refused": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"why": {"type": "string"}}}}}}}}}`
	}
	want := string(importText(t, text(0), nil).Files["birds.yaml"])
	require.Contains(t, want, "401: {$ref: '#/types/Refused'}")
	require.Equal(t, 1, strings.Count(want, "go_name"), "one of the two arrays is renamed")
	for values := range 50 { // so many that any two places once have the same number
		for range 4 {
			require.Equal(t, want, string(importText(t, text(values), nil).Files["birds.yaml"]))
		}
	}
}
