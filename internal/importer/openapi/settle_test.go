package openapi_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
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

// Where a member joins two types, one of their members can be of types that do not fit
// even after one of these was given up. Then it is the joining member that takes any value.
func TestAMemberThatJoinsTypesThatDoNotFitTakesAnyValue(t *testing.T) {
	result := importText(t, `{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [], "paths": {
		"/b": {"get": {"operationId": "getB", "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/B"}}}}}}}}, "components": {"schemas": {
		"Y": {"type": "object", "properties": {"f": {"type": "string", "format": "uuid"}}},
		"P": {"type": "object", "properties": {"f": {"type": "boolean"}}},
		"C": {"allOf": [{"$ref": "#/components/schemas/P"}, {"type": "object", "properties": {"f": {"type": "integer"}}}]},
		"A": {"type": "object", "properties": {"related": {"$ref": "#/components/schemas/Y"}}},
		"B": {"allOf": [{"$ref": "#/components/schemas/A"}, {"type": "object", "properties": {"related": {"$ref": "#/components/schemas/C"}}}]}}}}`, nil)
	require.NoError(t, result.Remaining.Err())
	types := string(result.Files["types.yaml"])
	require.Contains(t, types, "{type: object, properties: {f: {}}}")
	require.Contains(t, types, "{type: object, properties: {related: {}}}")
	var bent []string
	for _, n := range result.Notes {
		if n.Code == openapi.Bent {
			bent = append(bent, fmt.Sprint(n.Pos.Line, ": ", n.Message))
		}
	}
	require.Equal(t, []string{
		"9: the types that meet here have parts that Go cannot join: any value is taken",
		"13: this is no object and stands beside other parts of the same type, which Go cannot join: any value is taken",
	}, bent)
}

// A member whose name has neither letter nor digit gets its Go name by go_name, even if
// that names the member's own type too.
func TestAMemberWithoutLettersWhoseTypeHasNoName(t *testing.T) {
	result := importText(t, `{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [], "paths": {
		"/a": {"get": {"operationId": "a", "tags": ["things"], "responses": {"200": {"description": "", "content": {"application/json": {"schema":
		{"type": "object", "properties": {"<<": {"type": "object", "properties": {"a": {"type": "string"}}}}}}}}}}}}}`, nil)
	require.NoError(t, result.Remaining.Err())
	require.Contains(t, string(result.Files["things.yaml"]), "go_name: LessLess}")
}

func TestWhatValuesAreNotCarriedIsTold(t *testing.T) {
	result := importText(t, `{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [], "paths": {
		"/a": {"get": {"operationId": "a", "tags": ["things"], "responses": {"200": {"description": "", "content": {"application/json": {"schema":
		{"type": "object", "properties": {"list": {"const": [1]}, "text": {"type": "string", "const": 5}, "any": {"default": 5}, "yes": {"const": true}, "long": {"type": "integer", "default": 1.`+strings.Repeat("0", 200)+`}}}}}}}}}}}`, nil)
	require.NoError(t, result.Remaining.Err())
	var bent []string
	for _, n := range result.Notes {
		if n.Code == openapi.Bent {
			_, at, _ := strings.Cut(n.Message, "/properties/")
			bent = append(bent, at)
		}
	}
	require.Equal(t, []string{
		"list/const: a const that is an object or a list is not checked",
		"text/const: the const 5 is not of type string: left out",
		"any/default: a default beside no type is left out",
		"long/default: the default 1." + strings.Repeat("0", 200) + " is not of type integer: left out",
	}, bent)
	require.Contains(t, string(result.Files["things.yaml"]), "yes: {const: true}")
}

// What is too long to be read again is told, though no value of it is long.
func TestATypeThatIsTooLongToBeReadIsTold(t *testing.T) {
	var members []string
	for n := range 1500 {
		members = append(members, fmt.Sprintf(`"member%d": {"type": "string", "description": %q}`, n, strings.Repeat("long text ", 100)))
	}
	document := `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "servers": [{"url": "https://a.example"}], "paths": {"/a": {"get": {"operationId": "a", "responses": {
		"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Long"}}}}}}}},
		"components": {"schemas": {"Long": {"type": "object", "properties": {` + strings.Join(members, ", ") + `}}}}}`
	result, err := openapi.Import(fstest.MapFS{"api.json": {Data: []byte(document)}}, "api.json", openapi.Options{})
	require.NoError(t, err)
	require.Len(t, result.Remaining, 1)
	require.Contains(t, result.Remaining[0].Message, "KiB long; at most 1024 KiB are read at once")
}

// Two lists of variants that meet in one type cannot be one in Go. The type takes any
// value then, and the lists stay as they are, for others that use them.
func TestTwoListsOfVariantsMeetInAnyValue(t *testing.T) {
	const x, y = `{"oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "string"}]}`, `{"oneOf": [{"type": "object", "properties": {"b": {"type": "string"}}}, {"type": "integer"}]}`
	const responses = `"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`
	const both = `"A": {"allOf": [{"$ref": "#/components/schemas/X"}, {"$ref": "#/components/schemas/Y"}]}, `
	_, result := catalogue(t, document(responses, both+`"X": `+x+`, "Y": `+y))
	types := string(result.Files["types.yaml"])
	require.Contains(t, types, "\n  A: {}\n")
	require.Contains(t, types, "- {type: string}\n")
	require.Contains(t, types, "- {type: integer}\n")

	_, result = catalogue(t, document(responses, both+`"X": {"type": "object", "properties": {"m": `+x+`}}, "Y": {"type": "object", "properties": {"m": `+y+`}}`))
	types = string(result.Files["types.yaml"])
	require.Equal(t, 1, strings.Count(types, "      m: {}\n"), types)
	require.Equal(t, 1, strings.Count(types, "      m: {oneOf: "), types)
}

// What shares a name with many others gets a number of its own at once, and a value that
// has a name by itself keeps it.
func TestNamesThatManyWouldShare(t *testing.T) {
	const responses = `"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`
	named := func(t *testing.T, schema, want string) {
		t.Helper()
		_, result := catalogue(t, document(responses, `"A": `+schema))
		require.Contains(t, string(result.Files["types.yaml"]), want)
	}
	named(t, `{"type": "string", "enum": ["reactions-1", "reactions-+1"]}`, "enum_names: {reactions-+1: ReactionsPlus1}")
	named(t, `{"type": "string", "enum": ["*", "star"]}`, "enum_names: {'*': Star2}")
	named(t, `{"type": "string", "enum": ["asc", "ASC", "Asc"]}`, "enum_names: {ASC: ASC, Asc: Asc2}")
	const pair = `{"oneOf": [{"type": "object", "properties": {"a": {"type": "string"}}}, {"type": "object", "properties": {"b": {"type": "string"}}}]}`
	named(t, `{"oneOf": [{"type": "object", "properties": {"c": `+pair+`}}, {"type": "object", "properties": {"d": `+pair+`}}]}`, "go_name: AObject2DObject2")
	var members []string
	for n := range 60 {
		members = append(members, `"m`+strings.Repeat("-", n)+`": {"type": "string"}`)
	}
	named(t, `{"type": "object", "properties": {`+strings.Join(members, ", ")+`}}`, "go_name: M60")
}

// An enum is as long as its document likes, and all of its values may share one name.
func TestAnEnumWhoseValuesShareOneName(t *testing.T) {
	var values []string
	for n := range 2048 {
		values = append(values, `"v`+strings.NewReplacer("0", "-", "1", "_").Replace(fmt.Sprintf("%011b", n))+`"`)
	}
	_, result := catalogue(t, document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`,
		`"A": {"type": "string", "enum": [`+strings.Join(values, ", ")+`]}`))
	require.Contains(t, string(result.Files["types.yaml"]), ": V2048")
}
