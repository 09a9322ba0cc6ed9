package sandbox_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const all = "goods:write people:read people:write odd"

func TestWhatAnOperationDoesNotTakeIsRefused(t *testing.T) {
	const formType = "application/x-www-form-urlencoded"
	contentType := func(v string) edit { return header("Content-Type", v) }
	for name, c := range map[string]struct {
		method, path, body string
		edits              []edit
		status             int
		detail             string
	}{
		"an unknown path":                     {"GET", "/v1/poeple", "", nil, 404, `the API has no path "/v1/poeple"`},
		"an unknown method":                   {"PUT", "/v1/people", `{}`, nil, 405, "the path has GET, POST"},
		"an escaped slash is not a border":    {"GET", "/v1%2Fpeople", "", nil, 404, ""},
		"an empty path parameter":             {"GET", "/v1/people/", "", nil, 404, ""},
		"a parameter of the wrong type":       {"GET", "/v1/people?size=many", "", nil, 400, `query parameter "size" is of type string; it must be integer`},
		"a parameter that is too large":       {"GET", "/v1/people?size=51", "", nil, 400, `query parameter "size" is wrong: maximum`},
		"a parameter with a monstrous number": {"GET", "/v1/people?size=1e999999999", "", nil, 400, `query parameter "size" is of type string`},
		"a parameter twice":                   {"GET", "/v1/people?size=5&size=6", "", nil, 400, `query parameter "size" is there 2 times`},
		"a parameter not of the enumeration":  {"GET", "/v1/people?status=OLD", "", nil, 400, `query parameter "status" is "OLD"; it must be one of NEW, LOCKED`},
		"a path parameter of the wrong type":  {"GET", "/v1/people/ada", "", nil, 400, `path parameter "person_id" is of type string; it must be integer`},
		"a path parameter against a pattern":  {"GET", "/v1/goods/X", "", nil, 400, `path parameter "code" is "X", which does not match the pattern ^G-[0-9]{4}$`},
		"a header parameter that is too long": {"GET", "/v1/people", "", []edit{header("x-trace", "123456")}, 400, `header parameter "x-trace"`},
		"a query that cannot be read":         {"GET", "/v1/people?size=%zz", "", nil, 400, "the query cannot be read"},
		"a body where there is none":          {"GET", "/v1/people", "{}", nil, 400, "list_people takes no body"},
		"no body":                             {"POST", "/v1/pay", "", nil, 400, "pay needs a body of application/json"},
		"a body of another type":              {"POST", "/v1/pay", "x", []edit{contentType("text/plain")}, 415, `"text/plain"; pay takes application/json`},
		"a body of no type":                   {"POST", "/v1/pay", "x", []edit{contentType("")}, 415, ""},
		"a compressed body":                   {"POST", "/v1/pay", "x", []edit{header("Content-Encoding", "gzip")}, 415, `"gzip"`},
		"a body that is too long":             {"POST", "/v1/pay", strings.Repeat(" ", 2000), nil, 413, "longer than 1500 bytes"},
		"a body that is not JSON":             {"POST", "/v1/pay", "{", nil, 400, "the body cannot be read: it is not"},
		"two bodies":                          {"POST", "/v1/pay", "{} {}", nil, 400, "the body cannot be read: it is not one JSON value"},
		"a body that is not UTF-8":            {"POST", "/v1/pay", "{\"kind\": \"\xff\"}", nil, 400, "it is not UTF-8"},
		"a body that is nested too deep":      {"POST", "/v1/pay", strings.Repeat("[", 300), nil, 400, "nested deeper than 64"},
		"a body with a monstrous number":      {"POST", "/v1/pay", `{"kind": 1e999999999}`, nil, 400, "too long or too large"},
		"a member missing":                    {"POST", "/v1/people", `{}`, []edit{key("1")}, 400, "/name is missing"},
		"a member of the wrong type":          {"POST", "/v1/people", `{"name": 5}`, []edit{key("1")}, 400, "/name is of type number; it must be string"},
		"a member inside a member":            {"POST", "/v1/people", `{"name": "x", "home": {"city": "x", "a/b": "y"}}`, []edit{key("1")}, 400, "/home/a~1b is of type string; it must be integer"},
		"an element":                          {"POST", "/v1/people", `{"name": "x", "tags": ["a", 2]}`, []edit{key("1")}, 400, "/tags/1 is of type number"},
		"a member that does not exist":        {"POST", "/v1/people", `{"name": "x", "nmae": "y"}`, []edit{key("1")}, 400, "/nmae is not a member that the type has"},
		"a list where an object should be":    {"POST", "/v1/people", `[]`, []edit{key("1")}, 400, "the body is of type array; it must be object"},
		"the variant that was meant":          {"POST", "/v1/pay", `{"kind": "card", "number": "1"}`, nil, 400, `/number is "1", which does not match the pattern`},
		"the other variant that was meant":    {"POST", "/v1/pay", `{"kind": "transfer"}`, nil, 400, `/iban is missing`},
		"a decimal that is none":              {"POST", "/v1/pay", `{"kind": "transfer", "iban": "x", "amount": "1,5"}`, nil, 400, `/amount is "1,5", which is not a valid decimal`},
		"a form member of the wrong type":     {"POST", "/v1/login", "name=a&age=old", []edit{contentType(formType)}, 400, "/age is of type string; it must be integer"},
		"a form member that is missing":       {"POST", "/v1/login", "name=a", []edit{contentType(formType)}, 400, "/age is missing"},
		"a response of another media type":    {"GET", "/v1/people", "", []edit{header("Accept", "text/html, application/json;q=0")}, 406, "list_people answers with application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, catalogue(t, shop), sandbox.Config{MaxBody: 1500}).with(all)
			response := a.must(c.status, c.method, c.path, c.body, c.edits...)
			require.Equal(t, "application/problem+json", response.header.Get("Content-Type"))
			require.Contains(t, response.detail(), c.detail)
		})
	}
}

func TestAllFieldsThatAreWrongAreNamed(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	response := a.must(400, "POST", "/v1/people", `{"nick": 1, "home": {}}`, key("1"))
	require.Equal(t, `/home/a~1b is missing (and 3 more in "errors")`, response.detail())
	require.Equal(t, []any{
		map[string]any{"pointer": "/home/a~1b", "detail": "is missing"},
		map[string]any{"pointer": "/home/city", "detail": "is missing"},
		map[string]any{"pointer": "/name", "detail": "is missing"},
		map[string]any{"pointer": "/nick", "detail": "is of type number; it must be string"},
	}, response.at("errors"))
	require.Equal(t, "/home/a~1b", response.at("pointer"))
}

func TestWhatTheTypesPermitIsTaken(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	a.must(204, "POST", "/v1/login", "name=007&age=7&on=true", header("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"))
	a.must(204, "POST", "/v1/goods/G-0001/photo", "\xff\xd8", header("Content-Type", "image/jpeg"))
	a.must(200, "GET", "/v1/people?tags=a&tags=b&status=NEW", "", header("x-trace", "12345"))
	a.must(200, "GET", "/v1/people?tags=a,b", "")
	a.must(200, "GET", "/v1/people", "", header("Accept", ""))
	a.must(200, "GET", "/v1/people", "", header("Accept", "text/html, application/*;q=0.1"))
	a.must(404, "GET", "/v1/people/%37", "") // %37 is 7: nobody, but a number
}

func TestAReportCanBeHadAsADocument(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("goods:read")
	response := a.must(200, "GET", "/v1/goods/G-0001", "", header("Accept", "application/json;q=0.5, application/pdf"))
	require.Equal(t, "application/pdf", response.header.Get("Content-Type"))
	require.True(t, bytes.HasPrefix(response.body, []byte("%PDF-1.")))
	require.True(t, bytes.HasSuffix(response.body, []byte("%%EOF\n")))
	require.Equal(t, "application/json", a.must(200, "GET", "/v1/goods/G-0001", "", header("Accept", "*/*")).header.Get("Content-Type"))
}

// Each status of an operation may have media types of its own.
func TestTheMediaTypeThatIsAskedForDecidesOnTheStatus(t *testing.T) {
	a := serve(t, catalogue(t, `
api: {name: reports, title: Reports}
servers: {test: https://reports.example}
operations:
  - id: get_report
    method: GET
    path: /report
    requires: public
    responses:
      200: {application/pdf: {type: string, format: binary}}
      202: {application/json: {type: object, required: [state], properties: {state: {type: string}}}}
      204: {}
`), sandbox.Config{})
	require.Equal(t, "application/pdf", a.must(200, "GET", "/report", "", header("Accept", "*/*")).header.Get("Content-Type"))
	require.NotEmpty(t, a.must(202, "GET", "/report", "", header("Accept", "application/json")).at("state"))
	require.Contains(t, a.must(406, "GET", "/report", "", header("Accept", "text/html")).detail(), "get_report answers with application/pdf, application/json")
}

func TestTheMethodsOfAPathAreNamed(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{})
	require.Equal(t, "DELETE, GET, PATCH, PUT", a.must(405, "POST", "/v1/people/5", "").header.Get("Allow"))
}

func TestABodyOfUnknownLengthIsBoundedToo(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{MaxBody: 100})
	r, err := http.NewRequest("POST", a.URL()+"/v1/pay", struct{ *strings.Reader }{strings.NewReader(strings.Repeat("x", 101))})
	require.NoError(t, err)
	require.EqualValues(t, 0, r.ContentLength)
	require.Equal(t, 413, a.send(r).status)
}

func TestAQueryParameterThatTheOperationDoesNotHaveIsToldOf(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{Populate: true}).with(all)
	want := a.must(200, "GET", "/v1/people?size=2", "")
	require.Equal(t, want.body, a.must(200, "GET", "/v1/people?size=2&syze=3&a=1&a=2", "").body)
	calls := a.Calls()
	require.Equal(t, []string{"a", "syze"}, calls[len(calls)-1].Ignored)
	require.Empty(t, calls[len(calls)-2].Ignored)
}

func TestAnObjectIsAsOpenAsItsTypeSays(t *testing.T) {
	for name, c := range map[string]struct {
		body   string
		status int
	}{
		`{type: object, properties: {a: {type: string}}}`:                                                                                {`{"a": "x", "b": 1}`, 204},
		`{type: object, properties: {a: {type: string}}, additionalProperties: false}`:                                                   {`{"a": "x", "b": 1}`, 400},
		`{allOf: [{$ref: '#/types/Closed'}, {type: object, properties: {b: {type: integer}}}]}`:                                          {`{"a": "x", "b": 1}`, 204},
		`{allOf: [{$ref: '#/types/Closed'}, {type: object, properties: {b: {type: string}}}]}`:                                           {`{"a": "x", "b": 1}`, 400},
		`{allOf: [{type: object, properties: {b: {type: integer}}}, {$ref: '#/types/Closed'}]}`:                                          {`{"a": "x", "c": 1}`, 400},
		`{type: object, properties: {b: {type: integer}}, allOf: [{$ref: '#/types/Closed'}]}`:                                            {`{"a": "x", "b": 1}`, 204},
		`{type: object, properties: {in: {allOf: [{$ref: '#/types/Closed'}, {type: object, properties: {b: {type: integer}}}]}}}`:        {`{"in": {"a": "x", "b": 1}}`, 204},
		`{type: object, properties: {in: {allOf: [{$ref: '#/types/Closed'}, {type: object, properties: {b: {type: integer}}}]}}} # same`: {`{"in": {"a": "x", "z": 1}}`, 400},
	} {
		a := serve(t, catalogue(t, `
api: {name: x, title: X}
servers: {a: https://x.example}
operations:
  - id: put
    method: PUT
    path: /x
    requires: public
    body: {application/json: {$ref: '#/types/Body'}}
    responses: {204: {}}
types:
  Closed: {type: object, properties: {a: {type: string}}, additionalProperties: false}
  Body: `+name+"\n"), sandbox.Config{})
		a.must(c.status, "PUT", "/x", c.body)
	}
}

// What the documents of the API say of bodies, the catalogue in the box says too.
func TestUpvestsBodiesAreClosed(t *testing.T) {
	c, err := spec.Default()
	require.NoError(t, err)
	c.Signing = ""
	a := serve(t, c, sandbox.Config{Populate: true}).with("accounts:admin")
	client := func(r *http.Request) { r.Header.Set("upvest-client-id", clientID) }
	const group = `"user_id": "11111111-1111-4111-8111-111111111111", "type": "PERSONAL"`
	a.must(200, "POST", "/account_groups", `{`+group+`}`, client, key("1"))
	response := a.must(400, "POST", "/account_groups", `{`+group+`, "nmae": "x"}`, client, key("2"))
	require.Contains(t, response.detail(), "/nmae is not a member that the type has")
}
