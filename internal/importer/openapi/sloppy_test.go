package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
)

// Published documents hold what no catalogue can. What is left of them generates, and
// what is not is named.
func TestWhatNoCatalogueHoldsIsNamed(t *testing.T) {
	const done = `"responses": {"204": {"description": ""}}`
	const answers = `"responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}`
	for name, c := range map[string]struct{ document, leftOut, bent, assumed, named, holds string }{
		"a server of which a part is not said": {
			document: strings.Replace(document(done, ""), `{"url": "https://api.example.com"}`,
				`{"url": "https://api.example.com"}, {"url": "https://{account}.example.com"}, {"url": "https://x.example.com/{account}", "variables": {"account": {"default": "{account}"}}}`, 1),
			leftOut: `the server "https://{account}.example.com" is left out: it holds a placeholder without a default; add the server that you call`,
			holds:   "live: https://api.example.com\n",
		},
		"a parameter without a name": {
			document: document(`"parameters": [{"in": "query", "schema": {"type": "string"}}, {"name": "q", "in": "query", "schema": {"type": "string"}}], `+done, ""),
			leftOut:  "a parameter of things is left out: it has no name",
			holds:    "{name: q, in: query",
		},
		"credentials that are a parameter alone": {
			document: document(`"parameters": [{"name": "authorization", "in": "header", "required": true, "schema": {"type": "string"}}], `+done, ""),
			assumed:  "things has a header parameter Authorization, which its clients do not send, because it requires nothing",
			holds:    "requires: public\n",
		},
		"a server without a scheme": {
			document: strings.Replace(document(done, ""), "https://api.example.com", "//api.example.com/v1", 1),
			assumed:  `the server "//api.example.com/v1" does not say whether it is https: it is taken for https`,
			holds:    "live: https://api.example.com/v1\n",
		},
		"a server of an operation without a scheme": {
			document: document(`"servers": [{"url": "//files.example.com"}], `+done, ""),
			assumed:  `the server "//files.example.com" does not say whether it is https: it is taken for https`,
			holds:    "files: https://files.example.com\n",
		},
		"a key in the query of a path": {
			document: strings.Replace(strings.Replace(document(done, `}, "securitySchemes": {"k": {"type": "apiKey", "in": "query", "name": "api_key"}`), `"security": []`,
				`"security": [{"k": []}], "parameters": [{"name": "api_key", "in": "path", "required": true, "schema": {"type": "string"}}]`, 1), `"/things"`, `"/things?api_key={api_key}&filter%5Ba%5D={a}"`, 1),
			assumed: "no parameter says what {a} in the query of things is",
			holds:   "requires: {key: k}\n    parameters:\n      - {name: 'filter[a]', in: query, required: true, schema: {type: string}}\n",
		},
		"a query that asks twice": {
			document: strings.Replace(document(done, ""), `"/things": `, `"/again?a={x}&a=1": {"get": {`+done+`}}, "/things": `, 1),
			leftOut:  `its path "/again?a={x}&a=1" holds a brace behind "#", or in its query otherwise than as the value of a parameter`,
			holds:    "id: things\n",
		},
		"a member without a name": {
			document: document(answers, `"A": {"type": "object", "required": ["", "a", "a", "b"], "properties": {"": {"type": "string"}, "a": {"type": "string"}}}`),
			leftOut:  `#/components/schemas/A/properties/: the member "" is left out: encoding/json cannot read it`,
			bent:     `the member "b" is required and not described: any value is taken`,
			holds:    "required: [a, b]\n",
		},
		"a description that is an image": {
			document: document(answers, `"A": {"description": "`+strings.Repeat("data", 20<<10)+`", "type": "object", "properties": {"a": {"type": "string"}}}`),
			leftOut:  "#/components/schemas/A/description: a description is left out: it is a text of 80 KiB; at most 64 KiB are read",
			holds:    "types:\n  A:\n    type: object\n",
		},
		"a description with what is not seen": {
			document: document(answers, `"A": {"description": "recipient\u00e2\u0080\u0099s\u2028name\ufeff", "type": "string"}`),
			holds:    `description: |-` + "\n      recipientâs\n      name\n",
		},
		"values in quotation marks": {
			document: document(answers, `"A": {"type": "object", "properties": {"n": {"type": "integer", "enum": ["1", "-2"], "default": "1"}, "b": {"type": "boolean", "default": "true"}, "f": {"type": "number", "default": "1.5"}, "w": {"type": "integer", "default": "01"}, "c": {"type": "integer", "const": "7"}}}`),
			bent: "/properties/n/enum: the enum lists texts, and its type is integer: taken for what they say\n" +
				"#/components/schemas/A/properties/n/default: the default is a text, and its type is integer: taken for 1\n" +
				"#/components/schemas/A/properties/b/default: the default is a text, and its type is boolean: taken for true\n" +
				"#/components/schemas/A/properties/f/default: the default is a text, and its type is number: taken for 1.5\n" +
				"#/components/schemas/A/properties/w/default: the default 01 is not of type integer: left out\n" +
				"#/components/schemas/A/properties/c/const: the const is a text, and its type is integer: taken for 7\n",
			holds: "n: {type: integer, enum: [1, -2], default: 1}\n      b: {type: boolean, default: true}\n      f: {type: number, default: 1.5}\n      w: {type: integer}\n      c: {type: integer, const: 7}\n",
		},
		"an enum beside the items that it is of": {
			document: document(answers, `"A": {"type": "object", "properties": {"a": {"type": "array", "enum": ["x", "y"], "items": {"type": "string"}}, "b": {"type": "array", "enum": [["x"]], "items": {"type": "string"}}}}`),
			bent: "#/components/schemas/A/properties/a/enum: the enum of a list holds no list: it is taken for the enum of its items\n" +
				"#/components/schemas/A/properties/b/enum: an enum of objects or lists is not checked\n",
			holds: "a: {type: array, items: {type: string, enum: [x, y]}}\n      b: {type: array, items: {type: string}}\n",
		},
		"two media types of one name": {
			document: document(`"responses": {"200": {"description": "", "content": {"text/csv": {}, "text/turtle": {}, "application/turtle": {}}}}`, ""),
			holds:    "application/turtle: ",
		},
		"enums whose members share a name": {
			document: document(answers, `"A": {"type": "object", "properties": {"the-kind": {"type": "string", "enum": ["a", "b"]}, "the_kind": {"type": "string", "enum": ["a", "b"]}}}`),
			named:    `the members "the-kind" and "the_kind" of A both become the Go field TheKind: go_name: TheKind2 tells them apart`,
			holds:    "go_name: TheKind2",
		},
		"parts that share a name": {
			document: document(`"requestBody": {"required": true, "content": {"multipart/form-data": {"schema": {"type": "object", "properties": {"the-kind": {"type": "string", "enum": ["a", "b"]}, "the_kind": {"type": "string", "enum": ["a", "b"]}, "file": {"type": "string", "format": "binary"}}}}}}, `+done, ""),
			named:    `the members "the-kind" and "the_kind" of ThingsBody both become the Go field TheKind: go_name: TheKind2 tells them apart`,
			holds:    "go_name: TheKind2",
		},
		"an API and a tag that are called api": {
			document: strings.Replace(strings.Replace(document(`"tags": ["api"], `+done, ""), `"Shop"`, `"API"`, 1), `"/things"`, `"/api/things"`, 1),
			named:    `the domain "api" is the name of a package that scopegen writes itself: domain: operations tells them apart`,
			holds:    "domain: operations\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, result := catalogue(t, c.document)
			for code, want := range map[string]string{openapi.LeftOut: c.leftOut, openapi.Bent: c.bent, openapi.Assumed: c.assumed, openapi.Named: c.named} {
				require.Contains(t, said(result.Notes, code), want)
			}
			var all strings.Builder
			for _, text := range result.Files {
				all.Write(text)
			}
			require.Contains(t, all.String(), c.holds)
		})
	}
}

// One object may be a parameter of many operations, so that a short document would have
// any number of parameters.
func TestAnObjectThatIsAParameterOfManyOperations(t *testing.T) {
	var members, paths []string
	for n := range 100 {
		members = append(members, fmt.Sprintf(`"m%d": {"type": "string"}`, n))
	}
	for n := range 1000 {
		paths = append(paths, fmt.Sprintf(`"/p%d": {"get": {"operationId": "op%d", "parameters": [{"$ref": "#/components/parameters/p"}], "responses": {"204": {"description": ""}}}}`, n, n))
	}
	result := importText(t, `{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], "security": [], "paths": {`+strings.Join(paths, ", ")+`},
"components": {"parameters": {"p": {"name": "p", "in": "query", "schema": {"type": "object", "properties": {`+strings.Join(members, ", ")+`}}}}}}`, nil)
	require.Equal(t, 200, strings.Count(said(result.Notes, openapi.Bent), "is an object: its members are parameters of their own"))
	require.Equal(t, 800, strings.Count(said(result.Notes, openapi.LeftOut), "is left out: it is an object, and of such at most 20000 members are read in all; add those that you need to the parameters in the catalogue"))
}
