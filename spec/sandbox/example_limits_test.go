package sandbox_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

const limitShop = `
api: {name: limits, title: Limits API, docs: https://limits.example/docs}
servers: {test: 'https://limits.example'}
token: {path: /token}
groups: [{title: All, scopes: [{scope: all, permits: Everything.}]}]
operations:
  - id: add
    method: POST
    path: /things
    requires: public
    body: {application/json: {$ref: '#/types/Thing'}}
    responses: {201: {application/json: {$ref: '#/types/Thing'}}}
types:
  Thing:
    type: object
    properties:
      wide: {type: integer, default: 9223372036854776000}
      unsigned: {type: integer, format: uint64, default: 9223372036854776000}
      short: {type: integer, format: uint32}
      choice: {type: object, additionalProperties: false, oneOf: [{$ref: '#/types/One'}, {$ref: '#/types/Two'}]}
      contact:
        type: object
        additionalProperties: false
        properties: {mail: {type: string}, phone: {type: string}}
        anyOf: [{required: [mail]}, {required: [phone]}]
  One: {type: object, required: [one], properties: {one: {type: string}}}
  Two: {type: object, required: [two], properties: {two: {type: string}}, additionalProperties: false}
`

// The examples of an integer are those that a generated client reads, whatever the
// document says of it.
func TestExamplesFitTheTypeOfTheClient(t *testing.T) {
	c := catalogue(t, limitShop)
	examples := sandbox.NewExamples(c)
	for _, seed := range []string{"a", "b", "c", "d"} {
		thing, err := examples.Sent(c.Operations[0].Body[0].Value, seed)
		require.NoError(t, err)
		text, err := json.Marshal(thing)
		require.NoError(t, err)
		var read struct {
			Wide     int64
			Unsigned uint64
			Choice   map[string]string
		}
		require.NoError(t, json.Unmarshal(text, &read))
		require.Equal(t, uint64(9223372036854776000), read.Unsigned)
		require.Len(t, read.Choice, 1)
	}
}

func TestIntegersWithoutASignAreChecked(t *testing.T) {
	a := serve(t, catalogue(t, limitShop), sandbox.Config{})
	post := func(status int, body string) string { return a.must(status, "POST", "/things", body).detail() }
	post(201, `{"unsigned": 18446744073709551615, "short": 4294967295}`)
	require.Contains(t, post(400, `{"unsigned": 18446744073709551616}`), "uint64")
	require.Contains(t, post(400, `{"short": 4294967296}`), "uint32")
	require.Contains(t, post(400, `{"short": -1}`), "uint32")
}

// An object that is closed beside a choice has the members of the variants.
func TestAClosedChoiceHasTheMembersOfItsVariants(t *testing.T) {
	a := serve(t, catalogue(t, limitShop), sandbox.Config{})
	a.must(201, "POST", "/things", `{"choice": {"one": "x"}}`)
	a.must(201, "POST", "/things", `{"choice": {"two": "x"}}`)
	a.must(400, "POST", "/things", `{"choice": {"two": "x", "more": "y"}}`)
	a.must(400, "POST", "/things", `{"choice": {}}`)
	// Of variants without members, none are added.
	a.must(201, "POST", "/things", `{"contact": {"mail": "x"}}`)
	a.must(400, "POST", "/things", `{"contact": {"mail": "x", "more": "y"}}`)
	a.must(400, "POST", "/things", `{"contact": {}}`)
}
