package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing/fstest"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// A library's API in a few lines, its sandbox, and a client of it.
func Example() {
	catalogue, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(`
api: {name: library, title: Library API}
servers: {live: 'https://library.example'}
token: {path: /token}
groups:
  - title: Books
    scopes:
      - {scope: books:read, permits: Look at books.}
      - {scope: books:write, permits: Add books.}
operations:
  - id: list_books
    method: GET
    path: /books
    requires: {scope: books:read}
    responses: {200: {application/json: {type: array, items: {$ref: '#/types/Book'}}}}
  - id: add_book
    method: POST
    path: /books
    requires: {scope: books:write}
    body: {application/json: {$ref: '#/types/Book'}}
    responses: {201: {application/json: {$ref: '#/types/Book'}}}
types:
  Book: {type: object, required: [title], properties: {title: {type: string}, pages: {type: integer}}}
`)}}, "scopes.yaml")
	if err := findings.Err(); err != nil {
		fmt.Println(err)
		return
	}
	server, err := sandbox.New(catalogue, sandbox.Config{Clients: []sandbox.Client{{ID: "me", Secret: "secret"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := server.Start("127.0.0.1:0"); err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()

	response, err := http.PostForm(server.URL()+"/token", url.Values{
		"client_id": {"me"}, "client_secret": {"secret"}, "grant_type": {"client_credentials"}, "scope": {"books:read"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	var token struct {
		Text string `json:"access_token"`
	}
	if err := json.NewDecoder(response.Body).Decode(&token); err != nil {
		fmt.Println(err)
		return
	}

	call := func(method, body string) {
		r, err := http.NewRequest(method, server.URL()+"/books", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		r.Header.Set("Authorization", "Bearer "+token.Text)
		r.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			fmt.Println(err)
			return
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			fmt.Println(err)
			return
		}
		var problem struct{ Detail string }
		if json.Unmarshal(text, &problem) == nil {
			text = []byte(problem.Detail)
		}
		fmt.Printf("%d %s\n", response.StatusCode, text)
	}
	call("GET", "")
	call("POST", `{"title": "Emma"}`)
	for _, c := range server.Calls() {
		fmt.Println(c.Operation, c.Permitted)
	}
	// Output:
	// 200 []
	// 403 add_book needs "books:write"; the token holds "books:read"
	// token []
	// list_books [books:read]
	// add_book []
}
