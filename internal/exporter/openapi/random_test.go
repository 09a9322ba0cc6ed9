package openapi_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/spec"
)

// random makes parts of catalogues, in YAML on one line.
type random struct{ *rand.Rand }

func (r random) one(of ...string) string { return of[r.IntN(len(of))] }

// some returns the parts that are chosen, each or none, in any order.
func (r random) some(parts ...string) string {
	r.Shuffle(len(parts), func(i, j int) { parts[i], parts[j] = parts[j], parts[i] })
	var chosen []string
	for _, p := range parts {
		if r.IntN(3) == 0 {
			chosen = append(chosen, p)
		}
	}
	return strings.Join(chosen, ", ")
}

func (r random) mapping(first string, more ...string) string {
	if rest := r.some(more...); rest != "" && first != "" {
		return "{" + first + ", " + rest + "}"
	} else if first == "" {
		return "{" + rest + "}"
	}
	return "{" + first + "}"
}

func (r random) schema(depth int) string {
	kind := r.IntN(10)
	if depth == 0 {
		kind = r.IntN(5)
	}
	described := r.one("description: Words.", "description: 'A: b #c'", "description: ' two  '", "description: \"two\\n\\nlines\"", "description: ''")
	switch kind {
	case 0:
		return r.mapping("type: string", described, "minLength: 1", "maxLength: 9", "pattern: '^[a-z]+$'", "examples: [abc, x]", "readOnly: true", "deprecated: true")
	case 1:
		return r.mapping("type: "+r.one("string", "[string, 'null']"), "enum: [a, 'b c', '1']", "enum_names: {a: First}", "format: "+r.one("uuid", "date", "odd"))
	case 2:
		return r.mapping("type: "+r.one("integer", "number", "[number, 'null']", "['null', integer]"), described, "minimum: 1", "exclusiveMaximum: 1e3", "multipleOf: 0.50", "format: "+r.one("int32", "int64", "double"), "default: 7")
	case 3:
		return r.one("{type: boolean}", "{}", "{type: 'null'}", "{const: 1.0}", "{type: string, format: binary}")
	case 4:
		return r.mapping("$ref: '#/types/"+r.one("A", "B", "C", "D")+"'", described, "deprecated: true", "readOnly: true")
	case 5:
		return r.mapping("type: array, items: "+r.schema(depth-1), "minItems: 1", "maxItems: 5", "uniqueItems: true", described)
	case 6:
		return "{" + r.one("oneOf", "anyOf") + ": [" + r.schema(depth-1) + ", " + r.schema(depth-1) + "]}"
	case 7:
		return "{allOf: [{type: object, properties: {x: " + r.schema(depth-1) + "}}, {type: object, required: [x], " + described + "}]}"
	default:
		return r.mapping(fmt.Sprintf("type: object, properties: {a: %s, 'b c': %s, $ref: %s}", r.schema(depth-1), r.schema(depth-1), r.schema(0)),
			"required: [a]", "additionalProperties: "+r.one("true", "false", r.schema(0)), described, "examples: [{a: {b: [1, null]}}]")
	}
}

func (r random) catalogue() string {
	var b strings.Builder
	b.WriteString("api: {name: shop, title: Shop}\nservers: {live: 'https://a.example'}\ntoken: {path: /t}\nidempotency: Key\nkeys: {k: {in: header, name: X-K}, l: {in: query, name: l}}\n")
	b.WriteString("groups: [{title: G, scopes: [{scope: 'g:read'}, {scope: 'g:write', implies: ['g:read']}, {scope: h}]}]\noperations:\n")
	for k := range 4 {
		fmt.Fprintf(&b, "  - %s\n", r.mapping(fmt.Sprintf("id: op%d, method: %s, path: '%s/{id}', parameters: [{name: id, in: path, schema: {type: string}}, %s], requires: %s, responses: {%s}",
			k, r.one("GET", "POST", "PUT"), r.one("/a", "/b", "/c", "/d")+r.one("", "/e"),
			r.mapping("name: q, in: "+r.one("query", "header")+", schema: "+r.one("{type: integer}", "{type: array, items: {type: string}}", "{$ref: '#/types/A'}"), "required: true", "description: Which.", "go_name: Query"),
			r.one("public", "token", "{scope: h}", "{any_of: [h, 'g:read']}", "{all_of: [h, 'g:write']}", "{any_of_sets: [[h, 'g:read'], ['g:write']]}", "{key: k}", "[{keys: [l, k]}, {scope: h}]", "[public, {scope: h, key: l}]"),
			r.one("200: {application/json: "+r.schema(1)+"}", "204: {}", "200: {text/event-stream: "+r.schema(1)+"}, 302: {}", "200: {application/json: {type: object}, text/plain: {type: string}}")),
			"errors: "+r.one("[404, 409]", "{404: {type: object}, default: {$ref: '#/types/B'}}"), "body: {"+r.one("application/json", "text/plain", "multipart/form-data")+": "+r.schema(1)+"}", "idempotency_key: required",
			"response_headers: {X-A: {type: integer}}", "deprecated: Gone.", "summary: Does it.", "domain: "+r.one("g", "other")))
	}
	b.WriteString("types:\n")
	for _, name := range []string{"A", "B", "C", "D"} {
		fmt.Fprintf(&b, "  %s: %s\n", name, r.schema(3))
	}
	return b.String()
}

func TestRandomCataloguesAreReadBack(t *testing.T) {
	r, tried := random{rand.New(rand.NewPCG(1, 2))}, 0
	for range 600 {
		text := r.catalogue()
		c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
		if findings.Err() != nil {
			continue
		}
		if _, findings = scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/api", Unchanged: func(string, string) bool { return true }}); findings.Err() != nil {
			continue
		}
		tried++
		t.Run(fmt.Sprint(tried), func(t *testing.T) { t.Log(text); holds(t, c) })
	}
	require.Greater(t, tried, 50)
}
