package openapi_test

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// document is an OpenAPI document with one operation and these schemas.
func document(operation, schemas string) string {
	return `{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}],
"paths": {"/things": {"get": {"operationId": "things", "security": [], ` + operation + `}}}, "components": {"schemas": {` + schemas + `}}}`
}

func importText(t *testing.T, text string, more fstest.MapFS) *openapi.Result {
	t.Helper()
	files := fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}
	for name, f := range more {
		files[name] = f
	}
	result, err := openapi.Import(files, "api.json", openapi.Options{})
	require.NoError(t, err)
	require.NoError(t, result.Remaining.Err())
	return result
}

func said(notes diag.List, code string) string {
	var b strings.Builder
	for _, n := range notes {
		if n.Code == code {
			fmt.Fprintf(&b, "%s\n", n.Message)
		}
	}
	return b.String()
}

// A parameter that a path holds twice is two parameters, whose names are new.
func TestAPathThatHoldsAParameterTwiceHasTwo(t *testing.T) {
	c, result := catalogue(t, strings.Replace(document(`"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}}, {"name": "id_2", "in": "path", "required": true, "schema": {"type": "string"}}],
		"responses": {"204": {"description": ""}}`, ""), `"/things"`, `"/things/{id}/{id_2}/{id}/{id}"`, 1))
	require.Equal(t, "/things/{id}/{id_2}/{id_3}/{id_4}", c.Operations[0].Path)
	var carried []string
	for _, p := range c.Operations[0].Parameters {
		carried = append(carried, p.Name+" "+p.Schema.JSONType())
	}
	require.Equal(t, []string{"id integer", "id_3 integer", "id_4 integer", "id_2 string"}, carried)
	require.Contains(t, said(result.Notes, openapi.Bent), "the path of things holds {id} more than once: here it is {id_3}, a parameter of its own")
}

// OpenAPI does not say how a list of objects is written in a parameter: the caller does.
// Members of an object are parameters of their own.
func TestAParameterThatIsNoTextIsWrittenByTheCallerOrLeftOut(t *testing.T) {
	const list, object = `{"type": "array", "items": {"type": "object"}}`, `{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "joined": {"type": "string"}, "o": {"type": "object"}}}`
	c, result := catalogue(t, document(`"parameters": [{"name": "filters", "in": "query", "schema": `+list+`}, {"name": "joined", "in": "query", "explode": false, "schema": `+object+`},
		{"name": "spread", "in": "query", "required": true, "schema": `+object+`}, {"name": "open", "in": "query", "schema": {"type": "object"}}, {"name": "labels", "in": "query", "required": true, "schema": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "integer"}}}},
		{"name": "mixed", "in": "query", "schema": {"type": "object", "properties": {"m": {"type": "string"}}, "additionalProperties": {"type": "string"}}}, {"name": "nested", "in": "query", "schema": {"type": "object", "additionalProperties": {"type": "object"}}}, {"name": "Simple", "in": "header", "schema": `+object+`}], "responses": {"204": {"description": ""}}`, ""))
	var carried []string
	for _, p := range c.Operations[0].Parameters {
		if p.Style == "" {
			require.Equal(t, "string", p.Schema.JSONType(), p.Name)
		}
		carried = append(carried, strings.TrimSpace(fmt.Sprint(p.Name, " ", p.Required, " ", p.Style)))
	}
	require.ElementsMatch(t, []string{"filters false", "joined false", "a true", "open false form", "labels true form", "Simple false"}, carried)
	bent := said(result.Notes, openapi.Bent)
	require.Contains(t, bent, `the parameter "filters" of things is a list of objects or lists: it is a text here, sent as the caller writes it`)
	require.Contains(t, bent, `the parameter "joined" of things is an object: it is a text here`)
	require.Contains(t, bent, `the parameter "spread" of things is an object: its members are parameters of their own`)
	require.Contains(t, bent, `the member "joined" of the parameter "spread" of things is a parameter that the document declares by itself`)
	left := said(result.Notes, openapi.LeftOut)
	require.Contains(t, left, `the member "o" of the parameter "spread" of things is left out: OpenAPI does not say how an object in an object is written`)
	for _, name := range []string{"mixed", "nested"} {
		require.Contains(t, left, `the parameter "`+name+`" of things is left out: it is an object, whose members are sent as parameters of their own`)
	}
}

// A type beside a reference that its target has too says nothing more.
func TestATypeBesideAReferenceIsComparedWithItsTarget(t *testing.T) {
	for beside, told := range map[string]bool{`"string"`: false, `"integer"`: true, `["string", "null"]`: true} {
		text := strings.Replace(document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema":
			{"type": "object", "properties": {"id": {"$ref": "#/components/schemas/ID", "type": `+beside+`}}}}}}}`, `"ID": {"type": "string", "minLength": 1}`), "3.0.3", "3.1.0", 1)
		result := importText(t, text, nil)
		const note = `"type" of a reference is left out`
		require.Equal(t, told, strings.Contains(said(result.Notes, openapi.LeftOut), note), beside)
	}
}

func TestReferencesLeadToFilesOfTheFolderAlone(t *testing.T) {
	reference := func(to string) string {
		return document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "`+to+`"}}}}}`, "")
	}
	beside := fstest.MapFS{"types/thing.json": &fstest.MapFile{Data: []byte(`{"Thing": {"type": "object", "properties": {"id": {"type": "string"}, "next": {"$ref": "#/Thing"}}}}`)}}
	result := importText(t, reference("types/thing.json#/Thing"), beside)
	require.Contains(t, string(result.Files["types.yaml"]), "next: {$ref: '#/types/Thing'}")
	require.Empty(t, result.Notes)

	for to, want := range map[string]string{
		"../secret.json#/x":            "leads out of the document's folder",
		"https://example.com/x.json#/": "leads to the network, from which nothing is fetched",
		"#/components/schemas/None":    "leads to nothing",
		"none.json#/x":                 "none.json",
	} {
		result := importText(t, reference(to), nil)
		require.Contains(t, said(result.Notes, openapi.Bent), want, to)
	}
}

func TestReferencesInACircleEnd(t *testing.T) {
	result := importText(t, document(`"responses": {"200": {"$ref": "#/components/schemas/A"}}`,
		`"A": {"$ref": "#/components/schemas/B"}, "B": {"$ref": "#/components/schemas/A"},
		 "C": {"allOf": [{"$ref": "#/components/schemas/C"}]},
		 "D": {"type": "object", "properties": {"a": {"allOf": [{"$ref": "#/components/schemas/D"}, {"type": "object", "properties": {"q": {"type": "string"}}}]}}}`), nil)
	require.Contains(t, said(result.Notes, openapi.LeftOut), "it leads to itself")
	require.Contains(t, said(result.Notes, openapi.Bent), "consists of itself: any value is taken")
}

func TestBytesInBase64AreBytesInEveryVersion(t *testing.T) {
	for _, said := range []string{`"format": "byte"`, `"contentEncoding": "base64"`} {
		result := importText(t, document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`,
			`"A": {"type": "object", "properties": {"data": {"type": "string", `+said+`}}}`), nil)
		require.Contains(t, string(result.Files["types.yaml"]), "data: {type: string, format: byte}", said)
	}
}

// JavaScript writes 2^63-1 as 9223372036854776000, which an int64 does not hold.
func TestAnIntegerBeyondInt64IsOneWithoutSign(t *testing.T) {
	for members, want := range map[string]string{
		`"default": 9223372036854776000`:                    "format: uint64, default: 9223372036854776000",
		`"example": 9223372036854776000`:                    "n: {type: integer, format: uint64}",
		`"maximum": 1.8446744073709551615e19`:               "format: uint64",
		`"example": 9223372036854776000, "minimum": -1`:     "n: {type: integer, minimum: -1}",
		`"example": 9223372036854775807`:                    "n: {type: integer}",
		`"example": 99999999999999999999`:                   "n: {type: integer}",
		`"example": 1e999999999`:                            "n: {type: integer}",
		`"example": 9223372036854776000, "format": "int32"`: "n: {type: integer, format: int32}",
	} {
		result := importText(t, document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`,
			`"A": {"type": "object", "properties": {"n": {"type": "integer", `+members+`}}}`), nil)
		require.Contains(t, string(result.Files["types.yaml"]), want, members)
		require.Equal(t, strings.Contains(want, "uint64"), strings.Contains(said(result.Notes, openapi.Assumed), "does not fit 64 bits with a sign: the format is taken to be uint64"), members)
	}
}

func TestAChoiceOfTextsIsNoObject(t *testing.T) {
	result := importText(t, document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`,
		`"A": {"type": "object", "oneOf": [{"$ref": "#/components/schemas/T"}, {"type": "integer"}]}, "T": {"type": "string"},
		 "B": {"type": "object", "oneOf": [{"$ref": "#/components/schemas/T"}, {"$ref": "#/components/schemas/B"}]}`), nil)
	require.Contains(t, said(result.Notes, openapi.Bent), "no variant is an object: the type is left out")
	require.Contains(t, string(result.Files["types.yaml"]), "A:\n    oneOf:")
	require.Contains(t, string(result.Files["types.yaml"]), "B:\n    type: object\n    oneOf:")
}

// An id made of a tag and a name does not repeat the package.
func TestAnOperationIsNamedWithoutItsPackage(t *testing.T) {
	operations := func(ids ...string) string {
		var paths []string
		for n, id := range ids {
			paths = append(paths, fmt.Sprintf(`"/%d": {"get": {"operationId": %q, "tags": ["repos"], "security": [], "responses": {"204": {"description": ""}}}}`, n, id))
		}
		return `{"openapi": "3.0.0", "info": {"title": "Forge v3 REST API", "version": "1"}, "paths": {` + strings.Join(paths, ", ") + `}}`
	}
	result := importText(t, operations("repos/get", "repo_list", "ReposMerge", "repos_2fa", "reposition", "repos/find", "find", "repos"), nil)
	text := string(result.Files["repos.yaml"])
	for id, name := range map[string]string{"repos_get": "Get", "repo_list": "List", "ReposMerge": "Merge"} {
		require.Contains(t, text, "- id: "+id+"\n    go_name: "+name+"\n")
	}
	require.Equal(t, 3, strings.Count(text, "go_name"), "a digit cannot begin a name, reposition is one word, and find is another operation:\n%s", text)
	require.Contains(t, string(result.Files["scopes.yaml"]), "name: forge\n")
}

// An operation that is added takes no name from one that is there.
func TestAnAddedOperationRenamesNone(t *testing.T) {
	text := `{"openapi": "3.0.0", "info": {"title": "Forge", "version": "1"}, "paths": {
		"/a": {"get": {"operationId": "get", "tags": ["repos"], "security": [], "responses": {"204": {"description": ""}}}},
		"/b": {"get": {"operationId": "repos_get", "tags": ["repos"], "security": [], "responses": {"204": {"description": ""}}}},
		"/c": {"get": {"operationId": "repos_list", "tags": ["repos"], "security": [], "responses": {"204": {"description": ""}}}},
		"/d": {"get": {"operationId": "repos_find", "tags": ["repos"], "security": [], "responses": {"204": {"description": ""}}}}}}`
	result, err := openapi.Import(fstest.MapFS{"a.json": {Data: []byte(text)}}, "a.json", openapi.Options{Methods: map[string]string{"repos_get": "Get", "repos_list": ""}})
	require.NoError(t, err)
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	catalogue, findings := spec.Load(files, "scopes.yaml")
	require.NoError(t, findings.Err())
	names := map[string]string{}
	for _, op := range catalogue.Operations {
		names[op.ID] = op.GoName
	}
	require.Equal(t, map[string]string{"get": "Get2", "repos_get": "Get", "repos_list": "", "repos_find": "Find"}, names)
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	long := strings.Repeat("long", 3000)
	var operations []string
	for n := range 5000 {
		operations = append(operations, fmt.Sprintf(`"/%d": {"get": {"parameters": [{"$ref": "#/components/parameters/p"}], "responses": {"204": {"description": ""}}}}`, n))
	}
	repeated := `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {` + strings.Join(operations, ", ") + `},
		"components": {"parameters": {"p": {"name": "p", "in": "query", "description": "` + strings.Repeat(long, 5) + `", "schema": {"type": "string"}}}}}`
	var scopes []string
	for n := range 1001 {
		scopes = append(scopes, fmt.Sprintf(`"s%d"`, n))
	}
	inherited := `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "security": [{"o": [` + strings.Join(scopes, ", ") + `]}], "paths": {` + strings.Join(operations[:1000], ", ") + `}}`
	for text, want := range map[string]string{
		strings.Replace(strings.Replace(inherited, "{"+operations[0], `{"/0": {"$ref": "#/x"}`, 1), `"paths"`, `"x": {"get": {}}, "paths"`, 1): "1000 operations inherit a requirement of 1001 scopes",
		inherited:                          "api.json:1: 1000 operations inherit a requirement of 1001 scopes; at most 1000000 scopes are read for all of them: state at each operation what it requires",
		"\n\n? " + long + "\n: 1":          "api.json:3: a key of 11 KiB; at most 8 KiB are read: shorten it",
		`{"paths": {"/` + long + `": {}}}`: "api.json:1: a key of 11 KiB; at most 8 KiB are read: shorten it",
		strings.Replace(document(`"responses": {}`, ""), `"info"`, `"security": [{"a": ["`+long+`"]}], "info"`, 1): "api.json:1: the name of a scope is a text of 11 KiB; at most 8 KiB are read",
		repeated:                            "the catalogue would hold texts of 286 MiB, and at most 256 MiB are written: shorten the text that begins with \"longlonglonglonglonglonglonglonglonglong…\", to which the document refers most",
		"":                                  "holds no document",
		"{":                                 "api.json: line 1, column 2",
		"[]":                                "is no OpenAPI document",
		`{"openapi": "4.0"}`:                `OpenAPI "4.0" is not one of 3.0, 3.1 and 3.2`,
		`{"a":` + strings.Repeat("[", 2000): "nested deeper than 500",
	} {
		_, err := openapi.Import(fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}, "api.json", openapi.Options{})
		require.ErrorContains(t, err, want, "%.20q", text)
	}
}

// What is told of an operation holds its names, so that long ones cost much.
func TestLongNamesAreNotCarried(t *testing.T) {
	long := strings.Repeat("long", 3000)
	result := importText(t, strings.Replace(document(`"parameters": [{"name": "`+long+`", "in": "query", "schema": {"type": "string"}}], "responses": {"204": {"description": ""}}`, ""),
		`"get"`, `"put": {"operationId": "`+long+`", "responses": {"204": {"description": ""}}}, "get"`, 1), nil)
	left := said(result.Notes, openapi.LeftOut)
	require.Contains(t, left, "#/paths/~1things/get/parameters/0: a parameter of things is left out: its name is a text of 11 KiB; at most 8 KiB are read\n")
	require.Contains(t, left, "#/paths/~1things/put: an operation is left out: its operationId is a text of 11 KiB; at most 8 KiB are read\n")

	result = importText(t, strings.Replace(document(`"responses": {"204": {"description": ""}}`, ""), `"paths": {`, `"paths": {"`+strings.Repeat("/long", 1000)+`": {"get": {"operationId": "far", "responses": {"204": {"description": ""}}}}, `, 1), nil)
	require.Regexp(t, "^#/paths/(~1long)+~?1?l?o?n?…: an operation is left out: its path has 5000 bytes; at most 4096 are read\n$", said(result.Notes, openapi.LeftOut))
	require.NotContains(t, string(result.Files["things.yaml"]), "far")

	path := strings.Repeat("/long", 600)
	result = importText(t, strings.Replace(document(`"callbacks": {}, "responses": {"204": {"description": ""}}`, ""), "/things", path, 1), nil)
	require.Regexp(t, "^#/paths/(~1long)+~?1?l?o?n?…: callbacks is left out", said(result.Notes, openapi.LeftOut))

	result = importText(t, document(`"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"type": "integer", "default": "`+long+`"}}}}}`, ""), nil)
	for _, n := range result.Notes {
		require.Less(t, len(n.Message), 5000)
	}
	require.Regexp(t, "the default (long)+l?o?n?…\n", said(result.Notes, openapi.Bent))
}

func TestEveryMediaTypeOfJSONKeepsItsType(t *testing.T) {
	for _, kind := range []string{"application/json", "text/json", "application/hal+json"} {
		result := importText(t, document(`"responses": {"200": {"description": "", "content": {"`+kind+`": {"schema": {"$ref": "#/components/schemas/A"}}}}}`,
			`"A": {"type": "object", "properties": {"name": {"type": "string"}}}`), nil)
		var all strings.Builder
		for _, text := range result.Files {
			all.Write(text)
		}
		require.NotContains(t, all.String(), "format: binary", kind)
		require.Contains(t, all.String(), kind+": {$ref: '#/types/A'}")
	}
}

// Whatever a document says, an import ends, and what it writes can be read.
func FuzzImport(f *testing.F) {
	f.Add(document(`"parameters": [{"name": "a", "in": "query", "style": "deepObject", "schema": {"type": "object"}}], "responses": {"2XX": {"description": ""}}`, `"A": {"enum": ["a", "A", "+"]}`))
	f.Add(document(`"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"a": {"type": "object"}}}}}}, "responses": {}`, `"A": {"oneOf": [{"type": "object"}, {"type": "object"}]}`))
	f.Add(edited)
	f.Add(listing(`page: {"type": "integer", "default": 1}; per_page: {"type": "integer"}`, `"things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "total": {"type": "integer"}`, `"link": {}`))
	f.Add("swagger: '2.0'\npaths: {/a: {get: {responses: {200: {schema: {type: array}}}}}}\n")
	f.Fuzz(func(t *testing.T, text string) { loads(t, text, openapi.Import) })
}

// loads holds that what import could settle is a catalogue.
func loads(t *testing.T, text string, read func(fs.FS, string, openapi.Options) (*openapi.Result, error)) {
	document := fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}
	plain, err := read(document, "api.json", openapi.Options{Name: "shop"})
	if err != nil || plain.Remaining.Err() != nil {
		return
	}
	result, err := read(document, "api.json", openapi.Options{Name: "shop", Pages: true})
	require.NoError(t, err)
	require.NoError(t, result.Remaining.Err(), "what cannot be read in pages reads one page")
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	_, findings := spec.Load(files, "scopes.yaml")
	require.NoError(t, findings.Err())
}

// What a document says about slashes in a parameter becomes a pattern of the path,
// and what is no pattern is one part of it.
func TestSlashesInAPathParameterAreAPattern(t *testing.T) {
	c, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {
  "/v1/{name=people/*}:ban": {"post": {"operationId": "ban", "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"204": {"description": ""}}}},
  "/files/{path}": {"get": {"operationId": "read", "parameters": [{"name": "path", "in": "path", "required": true, "allowReserved": true, "schema": {"type": "string"}}], "responses": {"204": {"description": ""}}}},
  "/copies/{from}/{to}": {"put": {"operationId": "copy", "parameters": [
    {"name": "from", "in": "path", "required": true, "x-ms-skip-url-encoding": true, "schema": {"type": "string"}}, {"name": "to", "in": "path", "required": true, "x-ms-skip-url-encoding": true, "schema": {"type": "string"}}],
    "responses": {"204": {"description": ""}}}},
  "/v2/{name=me}": {"get": {"operationId": "me", "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}}], "responses": {"204": {"description": ""}}}}
}}`)
	var paths []string
	for _, o := range c.Operations {
		paths = append(paths, o.Path)
	}
	require.ElementsMatch(t, []string{"/v1/{name=people/*}:ban", "/files/{path=**}", "/copies/{from=**}/{to}", "/v2/{name}"}, paths)
	var bent []string
	for _, n := range result.Notes {
		if n.Code == openapi.Bent {
			_, message, _ := strings.Cut(n.Message, ": ")
			bent = append(bent, message)
		}
	}
	require.Equal(t, []string{
		`the path of copy holds {to=**}, which is no pattern of whole segments: "to" is one part of the path`,
		`the path of me holds {name=me}, which is no pattern of whole segments: "name" is one part of the path`,
	}, bent)
}

// A path may hold a query, which each call has. What differs from call to call is a
// parameter. Operations of one method and path keep a fragment, or get one.
func TestAQueryInAPathIsPartOfIt(t *testing.T) {
	operation := func(id, parameters string) string {
		return `{"operationId": "` + id + `", "parameters": [` + parameters + `], "responses": {"204": {"description": ""}}}`
	}
	c, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {
  "/files": {"get": `+operation("list", "")+`, "delete": `+operation("clear", "")+`},
  "/files?alt=media&for all": {"get": `+operation("media", `{"name": "alt", "in": "query", "schema": {"type": "string"}}, {"name": "page", "in": "query", "schema": {"type": "integer"}}`)+`},
  "/files?": {"put": `+operation("put", "")+`, "delete": `+operation("clear again", "")+`},
  "/files?id={id}": {"get": `+operation("one", "")+`},
  "/found?q={text}&all=yes&n={n}&m={m}": {"get": `+operation("find", `{"name": "text", "in": "path", "required": true, "schema": {"type": "string"}}, {"name": "n", "in": "query", "schema": {"type": "integer"}}`)+`},
  "/found?a={b}c": {"get": `+operation("part", "")+`},
  "/files#top": {"get": `+operation("top", "")+`},
  "/files?#": {"get": `+operation("again", "")+`},
  "/files#a top": {"get": `+operation("a top", "")+`},
  "/files#a/top": {"get": `+operation("of a", "")+`},
  "/files#{top}": {"get": `+operation("braces", "")+`},
  "/trash#": {"get": `+operation("trash", "")+`},
  "/trash?alt=media#all": {"get": `+operation("trash media", "")+`}
}}`)
	var calls []string
	for _, o := range c.Operations {
		call := o.Method + " " + o.Path
		for _, p := range o.Parameters {
			call += " " + p.Name
			if p.Required {
				call += "!"
			}
		}
		calls = append(calls, call)
	}
	require.ElementsMatch(t, []string{"GET /files", "DELETE /files", "GET /files?alt=media&for%20all page", "PUT /files", "DELETE /files#clear_again", "GET /files#one id!",
		"GET /found?all=yes q! n m!", "GET /files#top", "GET /files#again", "GET /files#a_top", "GET /files#of_a", "GET /trash", "GET /trash?alt=media#all"}, calls)
	require.Contains(t, said(result.Notes, openapi.Bent), `the query parameter "alt" of media stands in its path, where each call has it as "media"`)
	for _, why := range []string{
		`its path "/files?" is that of another operation with an empty query, which no server tells apart: here it is /files#clear_again`, `the fragment of its path "/files#top" is not sent`,
	} {
		require.Contains(t, said(result.Notes, openapi.Bent), why)
	}
	left := said(result.Notes, openapi.LeftOut)
	require.Contains(t, said(result.Notes, openapi.Assumed), "no parameter says what {id} in the query of one is: taken for a text")
	require.NotContains(t, left, `"type" of a parameter`, "nothing is left out of what the document does not say")
	require.Contains(t, left, `its path "/found?a={b}c" holds a brace`)
	require.Contains(t, left, `its path "/files#{top}" holds a brace behind "#"`)
}

// What an API calls a signature is a parameter, unless it is one that clients make.
func TestAHeaderThatNobodyElseSetsIsAParameter(t *testing.T) {
	operation := func(id string, headers ...string) string {
		var parameters []string
		for _, name := range headers {
			parameters = append(parameters, `{"name": "`+name+`", "in": "header", "required": true, "schema": {"type": "string"}}`)
		}
		return `{"operationId": "` + id + `", "parameters": [` + strings.Join(parameters, ", ") + `], "responses": {"204": {"description": ""}}}`
	}
	c, result := catalogue(t, `{"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {
  "/files": {"put": `+operation("upload", "digest")+`, "post": `+operation("pay", "Digest", "Signature", "Host", "Cookie", "Date", "User-Agent")+`,
    "get": `+operation("list", "Digest", "Signature", "Signature-Input")+`}
}}`)
	var given []string
	for _, o := range c.Operations {
		for _, p := range o.Parameters {
			given = append(given, o.ID+" "+p.Name)
		}
	}
	require.ElementsMatch(t, []string{"upload digest", "pay Digest", "pay Signature", "pay Date", "pay User-Agent"}, given)
	left := said(result.Notes, openapi.LeftOut)
	require.Contains(t, left, `the header parameter "Host" of pay is left out: the runtime or net/http sets it`)
	require.Contains(t, left, `the header parameter "Cookie" of pay is left out: clients send no cookies`)
	require.Contains(t, left, `the header parameter "Digest" of list is left out: clients make HTTP message signatures (RFC 9421) for all calls if the table has signing: rfc9421`)
}

// An API with a scope for everything would give a package of everything.
func TestManyOperationsOfAScopeStandInPackagesByTags(t *testing.T) {
	catalogue := func(operations int, o openapi.Options) *openapi.Result {
		var paths []string
		for n := range operations {
			paths = append(paths, fmt.Sprintf(`"/a/%d": {"get": {"operationId": "get%d", "tags": ["%s"], "responses": {"204": {"description": ""}}}}`, n, n, []string{"disks", "zones"}[n%2]))
		}
		text := `{"openapi": "3.0.3", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [{"a": ["cloud"]}],
"components": {"securitySchemes": {"a": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://a.example.com", "scopes": {"cloud": ""}}}}}},
"paths": {` + strings.Join(paths, ",") + `}}`
		result, err := openapi.Import(fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}, "api.json", o)
		require.NoError(t, err)
		require.NoError(t, result.Remaining.Err())
		return result
	}
	require.NotContains(t, string(catalogue(100, openapi.Options{}).Files["disks.yaml"]), "domain:")
	result := catalogue(101, openapi.Options{})
	require.Equal(t, 51, strings.Count(string(result.Files["disks.yaml"]), "domain: disks\n"))
	require.Equal(t, 50, strings.Count(string(result.Files["zones.yaml"]), "domain: zones\n"))
	require.Contains(t, string(result.Files["scopes.yaml"]), "domains: tags")
	require.NotContains(t, string(catalogue(101, openapi.Options{Domains: "scopes"}).Files["disks.yaml"]), "domain:")
}
