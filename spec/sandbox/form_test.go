package sandbox_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

// formShop takes one type as a deep form, a flat form and a deep query parameter, and
// answers with what it read.
const formShop = `
api: {name: forms, title: Forms API, docs: https://forms.example/docs}
servers: {test: 'https://forms.example'}
token: {path: /token}
groups: [{title: All, scopes: [{scope: all, permits: Everything.}]}]
operations:
  - id: add_deep
    method: POST
    path: /deep
    requires: public
    body: {application/x-www-form-urlencoded: {$ref: '#/types/Thing'}}
    body_style: deepObject
    responses: {201: {application/json: {$ref: '#/types/Thing'}}}
  - id: add_flat
    method: POST
    path: /flat
    requires: public
    body: {application/x-www-form-urlencoded: {$ref: '#/types/Flat'}}
    responses: {201: {application/json: {$ref: '#/types/Flat'}}}
  - id: find
    method: GET
    path: /found
    requires: public
    parameters: [{name: by, in: query, style: deepObject, schema: {$ref: '#/types/Thing'}}]
    responses: {204: {}}
  - id: label
    method: GET
    path: /labelled
    requires: public
    parameters:
      - {name: labels, in: query, required: true, style: form, schema: {type: object, additionalProperties: {anyOf: [{type: integer}, {type: array, items: {type: integer}}]}}}
      - {name: size, in: query, schema: {type: integer}}
    responses: {204: {}}
types:
  Thing:
    type: object
    additionalProperties: false
    properties:
      count: {type: integer}
      aliases: {anyOf: [{type: array, items: {type: string}}, {enum: ['']}]}
      sizes: {anyOf: [{enum: ['']}, {type: object, additionalProperties: {type: integer}}]}
      nested: {anyOf: [{type: object, required: [to], additionalProperties: false, properties: {to: {type: string}}}, {type: array, items: {$ref: '#/types/Inner'}}]}
      limits: {type: object, additionalProperties: {anyOf: [{type: integer}, {type: array, items: {type: integer}}]}}
      whole: {type: [array, 'null'], items: {type: boolean}}
      inner: {$ref: '#/types/Inner'}
  Inner:
    type: object
    additionalProperties: false
    properties:
      n: {type: integer}
      inner: {anyOf: [{$ref: '#/types/Inner'}, {type: array, items: {$ref: '#/types/Inner'}}]}
  Flat:
    type: object
    properties:
      numbers: {anyOf: [{type: integer}, {type: array, items: {type: integer}}]}
      list: {type: array, items: {type: integer}}
      a[b]: {type: integer}
`

func pairs(all ...string) string {
	values := url.Values{}
	for _, pair := range all {
		name, text, _ := strings.Cut(pair, "=")
		values.Add(name, text)
	}
	return values.Encode()
}

func TestADeepFormIsReadAsItsTypeSays(t *testing.T) {
	a := serve(t, catalogue(t, formShop), sandbox.Config{})
	for name, c := range map[string]struct {
		form string
		want string
	}{
		"a member":                       {pairs("count=5"), `{"count": 5}`},
		"a list that is a variant":       {pairs("aliases[0]=a", "aliases[1]=5"), `{"aliases": ["a", "5"]}`},
		"a text that is a variant":       {pairs("aliases="), `{"aliases": ""}`},
		"a map that is a variant":        {pairs("sizes[S]=1", "sizes[0]=2"), `{"sizes": {"S": 1, "0": 2}}`},
		"an object that is a variant":    {pairs("nested[to]=5"), `{"nested": {"to": "5"}}`},
		"objects in a list of a variant": {pairs("nested[0][n]=1", "nested[1][inner][n]=2", "nested[1][n]=3"), `{"nested": [{"n": 1}, {"n": 3, "inner": {"n": 2}}]}`},
		"variants below a map":           {pairs("limits[a]=1", "limits[b][0]=2"), `{"limits": {"a": 1, "b": [2]}}`},
		"a list that may be null":        {pairs("whole[0]=true"), `{"whole": [true]}`},
		"a type inside itself":           {pairs("inner[inner][0][inner][n]=1"), `{"inner": {"inner": [{"inner": {"n": 1}}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			reply := a.must(201, "POST", "/deep", c.form, header("Content-Type", "application/x-www-form-urlencoded"))
			require.JSONEq(t, c.want, string(reply.body))
			var by []string
			for pair := range strings.SplitSeq(c.form, "&") { // name[a]=b becomes by[name][a]=b
				key, text, _ := strings.Cut(pair, "=")
				first, rest, _ := strings.Cut(key, "%5B")
				if rest != "" {
					rest = "%5B" + rest
				}
				by = append(by, "by%5B"+first+"%5D"+rest+"="+text)
			}
			a.must(204, "GET", "/found?"+strings.Join(by, "&"), "")
		})
	}
}

func TestWhatADeepFormDoesNotSayIsRefused(t *testing.T) {
	a := serve(t, catalogue(t, formShop), sandbox.Config{})
	deep := "inner" + strings.Repeat("[inner]", 70)
	for name, c := range map[string]struct {
		form   string
		detail string
	}{
		"indexes with a gap":         {pairs("whole[0]=true", "whole[2]=true"), "/whole is of type object; it must be null or array"},
		"a list without indexes":     {pairs("whole=true"), "/whole is of type string; it must be null or array"},
		"a value with members":       {pairs("inner[inner]=5", "inner[inner][n]=5"), `"inner/inner" has both a value and members`},
		"a value twice":              {pairs("count=1", "count=2"), "/count is of type array; it must be integer"},
		"a number that is none":      {pairs("sizes[S]=many"), "/sizes/S is of type string; it must be integer"},
		"a bracket that is not shut": {pairs("inner[n=1"), "/inner[n is not a member"},
		"text behind a bracket":      {pairs("inner[n]x=1"), "/inner[n]x is not a member"},
		"no first name":              {pairs("[n]=1"), "/[n] is not a member"},
		"fields too deep":            {pairs(deep + "[n]=1"), "is nested deeper than 64"},
	} {
		t.Run(name, func(t *testing.T) {
			reply := a.must(400, "POST", "/deep", c.form, header("Content-Type", "application/x-www-form-urlencoded"))
			require.Contains(t, string(reply.body), strings.ReplaceAll(c.detail, `"`, `\"`))
		})
	}
	a.must(400, "GET", "/found?by%5Bwhole%5D%5B1%5D=true", "")
}

func TestWhatNoParameterHasForItsNameIsAMember(t *testing.T) {
	a := serve(t, catalogue(t, formShop), sandbox.Config{})
	a.must(204, "GET", "/labelled?a=1&size=2&b=2&b=3", "")
	calls := a.Calls()
	require.Empty(t, calls[len(calls)-1].Ignored)
	for query, detail := range map[string]string{
		"":             `query parameter "labels" is missing`,
		"size=2":       `query parameter "labels" is missing`,
		"size=x&a=1":   `query parameter "size" is`,
		"a=1&b=x":      `query parameter "labels" at /b: is of type string`,
		"a=1&b=x&b=22": `query parameter "labels" at /b: `,
	} {
		reply := a.must(400, "GET", "/labelled?"+query, "")
		require.Contains(t, string(reply.body), strings.ReplaceAll(detail, `"`, `\"`), query)
	}
}

func TestAHostileFormCostsLittle(t *testing.T) {
	a := serve(t, catalogue(t, formShop), sandbox.Config{MaxBody: 8 << 20})
	var many, deep []string
	for i := range 20_000 {
		many = append(many, fmt.Sprintf("sizes[%d]=1", i))
	}
	for i := range 500 { // no variant takes the text at the end of each
		deep = append(deep, "inner"+strings.Repeat("[inner]", 30)+fmt.Sprintf("[inner][%d][n]=x", i))
	}
	require.Contains(t, string(a.must(400, "POST", "/deep", pairs(many...), header("Content-Type", "application/x-www-form-urlencoded")).body), "exceeded limit")
	a.must(400, "POST", "/deep", pairs(deep...), header("Content-Type", "application/x-www-form-urlencoded"))
}

func TestAFlatFormIsReadAsItsTypeSays(t *testing.T) {
	a := serve(t, catalogue(t, formShop), sandbox.Config{})
	reply := a.must(201, "POST", "/flat", pairs("numbers=1", "numbers=2", "list=3", "a[b]=4"), header("Content-Type", "application/x-www-form-urlencoded"))
	require.JSONEq(t, `{"numbers": [1, 2], "list": [3], "a[b]": 4}`, string(reply.body))
}
