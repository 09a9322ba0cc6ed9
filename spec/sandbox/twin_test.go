package sandbox_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

// Two paths that differ in a placeholder's name are told apart by its type.
func TestATwinIsChosenByTheTypeOfItsPlaceholder(t *testing.T) {
	c := catalogue(t, `
api: {name: files, title: Files}
token: {path: /token}
servers: {live: https://files.example}
operations:
  - {id: by_id, method: GET, path: '/files/{id}', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string, format: uuid}}], responses: {200: {application/json: {type: object, properties: {by: {const: id}}, required: [by]}}}}
  - {id: by_name, method: GET, path: '/files/{name}', domain: files, requires: public, parameters: [{name: name, in: path, schema: {type: string}}], responses: {200: {application/json: {type: object, properties: {by: {const: name}}, required: [by]}}}}
`)
	server, err := sandbox.New(c, sandbox.Config{Stateless: true})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	for path, operation := range map[string]string{"/files/5b2c7d9e-0a9b-4c67-8f5e-1a2b3c4d5e6f": "by_id", "/files/report.pdf": "by_name"} {
		response, err := http.Get(server.URL() + path)
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, http.StatusOK, response.StatusCode)
		calls := server.Calls()
		require.Equal(t, operation, calls[len(calls)-1].Operation)
	}
}

// Two operations of one path are told apart by what they take.
func TestATwinIsChosenByWhatItTakes(t *testing.T) {
	c := catalogue(t, `
api: {name: files, title: Files}
token: {path: /token}
servers: {live: https://files.example}
operations:
  - {id: of_url, method: POST, path: '/files/{id}', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], body: {application/json: {type: object, required: [url], properties: {url: {type: string}}}}, responses: {204: {}}}
  - {id: of_text, method: POST, path: '/files/{file}', domain: files, requires: public, parameters: [{name: file, in: path, schema: {type: string}}], body: {application/json: {type: object, required: [text], properties: {text: {type: string}}}}, responses: {204: {}}}
  - {id: of_form, method: POST, path: '/files/{name}', domain: files, requires: public, parameters: [{name: name, in: path, schema: {type: string}}], body: {application/x-www-form-urlencoded: {type: object, required: [n], properties: {n: {type: integer}}}}, responses: {204: {}}}
`)
	server, err := sandbox.New(c, sandbox.Config{Stateless: true})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	for _, r := range []struct {
		contentType, body, operation string
		status                       int
	}{
		{"application/json", `{"url": "x"}`, "of_url", 204},
		{"application/json", `{"text": "x"}`, "of_text", 204},
		{"application/json", `{}`, "of_url", 400},
		{"application/x-www-form-urlencoded", `n=1`, "of_form", 204},
		{"application/x-www-form-urlencoded", `n=x`, "of_form", 400},
		{"text/plain", `x`, "of_url", 415},
	} {
		response, err := http.Post(server.URL()+"/files/1", r.contentType, strings.NewReader(r.body))
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, r.status, response.StatusCode, r.body)
		calls := server.Calls()
		require.Equal(t, r.operation, calls[len(calls)-1].Operation, r.body)
	}
}

// Operations of one path are told apart by the query that each of their calls has, and
// what one of them asks for is of the object at that path.
func TestATwinIsChosenByTheQueryInItsPath(t *testing.T) {
	c := catalogue(t, `
api: {name: files, title: Files}
token: {path: /token}
servers: {live: https://files.example}
operations:
  - {id: add, method: POST, path: /files, domain: files, requires: public, body: {application/json: {$ref: '#/types/File'}}, responses: {201: {application/json: {$ref: '#/types/File'}}}}
  - {id: media, method: GET, path: '/files/{id}?alt=media', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], responses: {200: {'*/*': {type: string, format: binary}}}}
  - {id: draft, method: GET, path: '/files/{name}?alt=media&draft', domain: files, requires: public, parameters: [{name: name, in: path, schema: {type: string}}], responses: {200: {'*/*': {type: string, format: binary}}}}
  - {id: read, method: GET, path: '/files/{id}', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], responses: {200: {application/json: {$ref: '#/types/File'}}}}
  - {id: acl, method: PUT, path: '/files/{id}?acl', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], responses: {204: {}}}
  - {id: remove, method: DELETE, path: '/files/{id}', domain: files, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], responses: {204: {}}}
types:
  File: {type: object, properties: {id: {type: string}, text: {type: string}}, required: [id, text]}
`)
	server, err := sandbox.New(c, sandbox.Config{})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	call := func(method, target string) (int, string, string) {
		request, err := http.NewRequest(method, server.URL()+target, nil)
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		calls := server.Calls()
		return response.StatusCode, calls[len(calls)-1].Operation, response.Header.Get("Content-Type")
	}
	added, err := http.Post(server.URL()+"/files", "application/json", strings.NewReader(`{"id":"a","text":"x"}`))
	require.NoError(t, err)
	require.NoError(t, added.Body.Close())
	for _, c := range []struct {
		method, target string
		status         int
		operation      string
		mediaType      string
	}{
		{"GET", "/files/a", 200, "read", "application/json"},
		{"GET", "/files/a?alt=json", 200, "read", "application/json"},
		{"GET", "/files/a?alt=media", 200, "media", "application/octet-stream"},
		{"GET", "/files/a?draft=&alt=media", 200, "draft", "application/octet-stream"},
		{"GET", "/files/b?alt=media", 404, "media", "application/problem+json"},
		{"PUT", "/files/a?acl", 204, "acl", ""},
		{"PUT", "/files/a", 404, "", "application/problem+json"},
		{"DELETE", "/files/a", 204, "remove", ""},
		{"GET", "/files/a?alt=media", 404, "media", "application/problem+json"},
	} {
		status, operation, mediaType := call(c.method, c.target)
		require.Equal(t, c.operation, operation, "%s %s", c.method, c.target)
		require.Equal(t, c.status, status, "%s %s", c.method, c.target)
		require.Equal(t, c.mediaType, mediaType, "%s %s", c.method, c.target)
	}
	calls := server.Calls()
	require.Equal(t, "there is no PUT /files/a with this query; it needs ?acl", calls[7].Detail)
}

// A stateless sandbox answers with an example where another says that there is none.
func TestAStatelessSandboxHasEveryID(t *testing.T) {
	c := catalogue(t, `
api: {name: notes, title: Notes}
token: {path: /token}
servers: {live: https://notes.example}
operations:
  - {id: add, method: POST, path: /notes, domain: notes, requires: public, body: {application/json: {$ref: '#/types/Note'}}, responses: {201: {application/json: {$ref: '#/types/Note'}}}}
  - {id: read, method: GET, path: '/notes/{id}', domain: notes, requires: public, parameters: [{name: id, in: path, schema: {type: string}}], responses: {200: {application/json: {$ref: '#/types/Note'}}}}
types:
  Note: {type: object, properties: {id: {type: string}, text: {type: string}}, required: [id, text]}
`)
	for stateless, status := range map[bool]int{true: http.StatusOK, false: http.StatusNotFound} {
		server, err := sandbox.New(c, sandbox.Config{Stateless: stateless})
		require.NoError(t, err)
		require.NoError(t, server.Start("127.0.0.1:0"))
		defer server.Close()
		response, err := http.Get(server.URL() + "/notes/" + strings.Repeat("x", 5))
		require.NoError(t, err)
		response.Body.Close()
		require.Equal(t, status, response.StatusCode)
	}
}

// What a caller sends has no read-only members, and the API's types admit it.
func TestExamplesAreWhatACallerSends(t *testing.T) {
	c := catalogue(t, `
api: {name: notes, title: Notes}
token: {path: /token}
servers: {live: https://notes.example}
operations:
  - {id: add, method: POST, path: /notes, domain: notes, requires: public, body: {application/json: {$ref: '#/types/Note'}}, responses: {201: {}}}
types:
  Note: {type: object, properties: {id: {type: string, readOnly: true}, secret: {type: string, writeOnly: true, minLength: 30}}, required: [id, secret], additionalProperties: false}
`)
	value, err := sandbox.NewExamples(c).Sent(c.Operations[0].Body[0].Value, "seed")
	require.NoError(t, err)
	require.Len(t, value, 1)
	require.GreaterOrEqual(t, len(value.(map[string]any)["secret"].(string)), 30)
	again, err := sandbox.NewExamples(c).Sent(c.Operations[0].Body[0].Value, "seed")
	require.NoError(t, err)
	require.Equal(t, value, again)
}

// A path that is set as a whole says that it was deleted, and names no id.
func TestWhatWasDeletedAsAWholeIsSaidToBeDeleted(t *testing.T) {
	c := catalogue(t, `
api: {name: shop, title: Shop}
token: {path: /token}
servers: {live: https://shop.example}
operations:
  - {id: read, method: GET, path: /settings, domain: shop, requires: public, responses: {200: {application/json: {$ref: '#/types/Settings'}}}}
  - {id: set, method: PUT, path: /settings, domain: shop, requires: public, body: {application/json: {$ref: '#/types/Settings'}}, responses: {200: {application/json: {$ref: '#/types/Settings'}}}}
  - {id: drop, method: DELETE, path: /settings, domain: shop, requires: public, responses: {204: {}}}
types:
  Settings: {type: object, properties: {colour: {type: string}}, required: [colour]}
`)
	server, err := sandbox.New(c, sandbox.Config{})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	defer server.Close()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, server.URL()+"/settings", nil)
	require.NoError(t, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusNoContent, response.StatusCode)
	response, err = http.Get(server.URL() + "/settings")
	require.NoError(t, err)
	response.Body.Close()
	require.Equal(t, http.StatusNotFound, response.StatusCode)
	calls := server.Calls()
	require.Equal(t, "what was here has been deleted", calls[len(calls)-1].Detail)
}
