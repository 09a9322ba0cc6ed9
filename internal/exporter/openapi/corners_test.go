package openapi_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
	exporter "github.com/scopegen/scopegen/internal/exporter/openapi"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// catalogue returns a catalogue of files, given as "name" and text in turn.
func catalogue(t *testing.T, files ...string) *spec.Catalogue {
	t.Helper()
	fsys := fstest.MapFS{}
	for k := 0; k < len(files); k += 2 {
		fsys[files[k]] = &fstest.MapFile{Data: []byte(files[k+1])}
	}
	return load(t, fsys)
}

// operations returns a table with operations, each given by its lines.
func operations(table string, ops ...string) string {
	return "api: {name: shop, title: Shop}\n" + table + "\noperations:\n  - " + strings.Join(ops, "\n  - ") + "\n"
}

const empty = "requires: public, responses: {204: {}}"

// constructs are catalogues that say what the golden shop does not.
func constructs() map[string]string {
	scopes := `groups: [{title: A, scopes: [{scope: 'a:read', permits: See., spellings: {old: a_read}}, {scope: 'a:write', go_name: Change, client: Changer, domain: alpha, implies: ['a:read']}, {scope: b}]}]`
	requirement := func(r string) string {
		return "{id: get, method: GET, path: /a, requires: " + r + ", responses: {204: {}}}"
	}
	return map[string]string{
		"nothing":                     "api: {name: shop, title: Shop}\n",
		"scopes alone":                "api: {name: shop, title: Shop, version: '1.10'}\n" + scopes,
		"empty lists":                 "api: {name: shop, title: Shop}\nservers: {}\nother_servers: {}\ntoken: {}\nkeys: {}\nheaders: {}\npaging: {}\ngo: {formats: {}}\nimport: {operations: []}\ntypes: {}\noperations: []\ngroups: []\nclients: []\n",
		"token":                       operations("", requirement("token")),
		"all of, in this order":       operations(scopes, requirement("{all_of: [b, 'a:read']}")),
		"any of, in this order":       operations(scopes, requirement("{any_of: [b, 'a:read']}")),
		"any of sets":                 operations(scopes, requirement("{any_of_sets: [[b, 'a:read'], ['a:write']]}")),
		"a set within another":        operations(scopes, requirement("{any_of_sets: [[b, 'a:read'], [b]]}")),
		"another spelling":            operations(scopes+"\nspelling: old", requirement("{any_of: [b, 'a:read']}")),
		"public or a scope":           operations(scopes, requirement("[public, {scope: b}, token, {all_of: [b, 'a:read']}]")),
		"keys":                        operations(scopes+"\nkeys: {'a b': {in: header, name: X-A, go_name: Apple, client: Eater}, token: {in: query, name: k}}", requirement("[{keys: [token, 'a b']}, {token: true, key: 'a b'}, {any_of: [b, 'a:read'], key: token}, {key: token}]")),
		"an issuer":                   operations("token: {issuer: 'https://id.example'}\n"+scopes, requirement("{scope: b}")),
		"endpoints elsewhere":         operations("token: {path: 'https://id.example/token', authorize: 'https://id.example/authorize', grants: [authorization_code, refresh_token]}\n"+scopes, requirement("{scope: b}")),
		"a grant without a flow":      operations("servers: {live: 'https://a.example/v1/'}\ntoken: {path: /token, grants: ['urn:ietf:params:oauth:grant-type:jwt-bearer']}\n"+scopes, requirement("{scope: b}")),
		"decisions of an import":      operations("import: {scope_lists: any, reason: They say so., operations: [{match: '/a*', scope_lists: all}], scope_prose: '(a|b)', unstated: token, domains: tags}", requirement("public")),
		"headers of each call":        operations("headers: {X-Client: 'id {client_id}', 'X!Odd': b}", requirement("public")),
		"an idempotency key":          operations("idempotency: Key", "{id: a, method: POST, path: /a, idempotency_key: required, "+empty+"}"),
		"words about operations":      operations("", "{id: a, method: HEAD, path: /a, deprecated: Use b., go_name: Look, domain: things, source: 'https://a.example/#a', summary: ' A ', description: \"two\\n\\nlines \\n\", "+empty+"}", "{id: 'b/c d', method: OPTIONS, path: /a, deprecated: the API's document says so, "+empty+"}", "{id: c, method: TRACE, path: /a, "+empty+"}"),
		"styles of parameters":        operations("", "{id: a, method: GET, path: '/a/{x}', parameters: [{name: x, in: path, go_name: The, description: Which., schema: {type: array, items: {type: string}}}, {name: l, in: query, schema: {type: array, items: {type: string}}}, {name: c, in: query, style: comma, schema: {type: array, items: {type: string}}}, {name: s, in: query, style: space, schema: {type: array, items: {type: string}}}, {name: p, in: query, style: pipe, schema: {type: array, items: {type: string}}}, {name: d, in: query, style: deepObject, schema: {type: object, properties: {a: {type: string}}}}, {name: H, in: header, required: true, schema: {type: array, items: {type: integer}}}], "+empty+"}"),
		"errors":                      operations("errors: {default: {$ref: '#/types/F'}, 4XX: {type: string}, 404: {type: integer}}\ntypes: {F: {type: object}}", "{id: a, method: GET, path: /a, requires: public, errors: [404, 400, 304, 302], responses: {200: {}}}", "{id: b, method: GET, path: /b, requires: public, errors: {5XX: {$ref: '#/types/F'}, 409: {}, 307: {type: string}, default: {type: string}}, responses: {302: {}, 200: {}}}"),
		"bodies":                      operations("", "{id: a, method: POST, path: /a, requires: public, body: {application/json: {type: object}, 'image/*': {type: string, format: binary, maxLength: 9}, application/x-www-form-urlencoded: {type: object, properties: {a: {type: object}, b: {type: array, items: {type: string}}}}}, body_style: deepObject, body_optional: true, responses: {200: {application/json: {}, text/csv: {type: string}}}}"),
		"sequences":                   operations("types: {T: {type: string}}", "{id: a, method: GET, path: /a, requires: public, responses: {200: {text/event-stream: {type: object}}}}", "{id: b, method: GET, path: /b, requires: public, responses: {200: {application/jsonl: {$ref: '#/types/T'}}}}"),
		"names of types":              operations("types: {'Café': {type: object, properties: {'a/b': {$ref: '#/types/Caf_'}}, go_name: Shop}, Caf_: {type: object}, 'a b': {oneOf: [{$ref: '#/types/Café'}, {$ref: '#/types/Caf_'}], discriminator: {propertyName: k, mapping: {x: '#/types/Café'}}}}", requirement("public")),
		"one path of many shapes":     operations("", "{id: a, method: GET, path: '/t/{x}/u/{y}', parameters: [{name: x, in: path, schema: {type: string}}, {name: y, in: path, schema: {type: string}}], "+empty+"}", "{id: b, method: PUT, path: '/t/{y}/u/{x}', parameters: [{name: x, in: path, schema: {type: integer}}, {name: y, in: path, schema: {type: string}}], "+empty+"}", "{id: c, method: GET, path: '/t/{z}/u/{y}', parameters: [{name: z, in: path, schema: {type: string}}, {name: y, in: path, schema: {type: string}}], "+empty+"}"),
		"patterns":                    operations("", "{id: a, method: GET, path: '/v1/{name=people/*}:run', parameters: [{name: name, in: path, schema: {type: string}}], "+empty+"}", "{id: b, method: POST, path: '/v1/{parent=people/*/pets/*}/{name}/{parent_2}', parameters: [{name: name, in: path, schema: {type: string}}, {name: parent, in: path, schema: {type: string}}, {name: parent_2, in: path, schema: {type: string}}], "+empty+"}", "{id: c, method: GET, path: '/f/{path=**}', parameters: [{name: path, in: path, schema: {type: string}}], "+empty+"}", "{id: d, method: GET, path: '/f/{id}', parameters: [{name: id, in: path, schema: {type: string}}], "+empty+"}"),
		"queries in paths":            operations("", "{id: a, method: GET, path: '/a?x=1&y&x=2', "+empty+"}", "{id: b, method: GET, path: '/b?x=1', "+empty+"}", "{id: c, method: GET, path: /b, "+empty+"}"),
		"values":                      operations("types: {T: {type: object, examples: [{a: [1.50, 1e3, null, true, \"\\\"\\u2028<&>é\"]}], properties: {n: {type: number, minimum: 0.10, multipleOf: 1e-2, default: 12345678901234567890.10}, s: {type: string, enum: ['yes', '1', ' ', '~', 'no'], enum_names: {'1': One, ' ': Space, '~': Tilde}, default: 'yes'}, c: {const: {a: 1}}, $ref: {type: [string, 'null'], readOnly: true}, x-scopegen: {type: boolean, deprecated: true}, t: {type: string, format: date, go_type: time.Time, pattern: '^\\\\d$', writeOnly: true}, none: {}, no: {type: object, properties: {}, additionalProperties: false}, any: {type: object, additionalProperties: true}, map: {type: object, additionalProperties: {}}}, required: []}}", requirement("public")),
		"beside a reference":          operations("types: {T: {type: string}, U: {type: object, properties: {t: {$ref: '#/types/T', description: That., default: x, examples: [y], deprecated: true, go_name: Tee}}}}", requirement("public")),
		"headers of responses":        operations("request_id: X-Id\nerrors: {default: {type: string}}", "{id: a, method: GET, path: /a, requires: public, response_headers: {x-id: {type: integer}, location: {type: string, format: uri}}, responses: {200: {}, 302: {}}}", "{id: b, method: GET, path: /b, requires: public, response_headers: {ETag: {type: string}}, errors: [404], responses: {200: {}, 301: {}}}"),
		"empty lists of an operation": operations("types: {T: {type: object, properties: {}, required: [], examples: []}}", "{id: a, method: GET, path: /a, parameters: [], response_headers: {}, errors: [], "+empty+"}"),
		"servers":                     operations("servers: {a: 'http://a.example', the_one_in_the_basement_room: 'https://b.example/'}\nother_servers: {used: 'https://c.example', idle: 'https://d.example'}", "{id: a, method: GET, path: /a, server: used, "+empty+"}"),
		"clients":                     operations(scopes+"\nclients: [{all_of: [b, 'a:read'], name: Both, domain: both, renamed_from: [b.Other]}]", requirement("{all_of: [b, 'a:read']}")),
	}
}

func TestEachConstructIsReadBack(t *testing.T) {
	for name, text := range constructs() {
		t.Run(name, func(t *testing.T) {
			holds(t, catalogue(t, "scopes.yaml", text))
		})
	}
}

// The operations keep their files and the order in them.
func TestFilesAndOrderAreReadBack(t *testing.T) {
	op := func(id, method, path string) string {
		return fmt.Sprintf("  - {id: %s, method: %s, path: %s, %s}\n", id, method, path, empty)
	}
	c := catalogue(t,
		"scopes.yaml", "api: {name: shop, title: Shop}\ninclude: [more/users.yaml, Ünï.yaml, types.yaml, users.yaml]\noperations:\n"+op("z", "GET", "/a"),
		"more/users.yaml", "include: [../con.yaml]\noperations:\n"+op("y", "GET", "/b")+op("x", "PUT", "/a")+op("w", "PUT", "/b"),
		"con.yaml", "operations:\n"+op("v", "DELETE", "/b"),
		"Ünï.yaml", "operations:\n"+op("u", "DELETE", "/a"),
		"types.yaml", "operations:\n"+op("t", "PATCH", "/a")+"types: {B: {type: string}, A: {type: string}}\n",
		"users.yaml", "operations:\n"+op("s", "PATCH", "/b"),
	)
	document, _ := readBack(t, c)
	_, result := imported(t, document, openapi.Import)
	var names []string
	for name := range result.Files {
		names = append(names, name)
	}
	require.ElementsMatch(t, []string{"scopes.yaml", "operations.yaml", "users.yaml", "cons.yaml", "n.yaml", "types_operations.yaml", "users_2.yaml", "types.yaml"}, names)
}

// What the document does not carry as OpenAPI reads it is named with its place.
func TestWhatIsNotCarriedIsNamed(t *testing.T) {
	c := catalogue(t, "scopes.yaml", `api: {name: shop, title: Shop}
go: {output: ../out}
import: {scope_file: calls.txt, scope_table: table.md}
operations:
  - {id: a, method: GET, path: /a, requires: public, responses: {204: {}}}
  - {id: b, method: GET, path: '/a?x=1', requires: public, responses: {204: {}}}
`)
	_, notes := exporter.Export(c)
	var said []string
	for _, n := range notes {
		require.Equal(t, diag.Warning, n.Severity)
		said = append(said, fmt.Sprintf("%s %d: %s", n.Code, n.Pos.Line, n.Message))
	}
	require.Equal(t, []string{
		"bent 6: tools take the path /a?x=1 of b for that of another operation, GET /a",
		"left-out 3: that the scopes came from the file calls.txt: the document has them itself, and its import does not need the file",
		"left-out 3: that the scopes came from the file table.md: the document has them itself, and its import does not need the file",
		"left-out 2: go.output: where the packages go is for each catalogue to say",
	}, said)
}

func FuzzTheImportOfAnExportIsTheSame(f *testing.F) {
	for _, text := range constructs() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
		if findings.Err() != nil {
			return
		}
		if _, findings = scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/api"}); findings.Err() == nil {
			readBack(t, c)
		}
	})
}
