package sandbox_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// shop is a catalogue that is nothing like Upvest's: what the sandbox does must
// follow from the catalogue.
const shop = `
api: {name: shop, title: Shop API, docs: https://shop.example/docs}
servers: {test: 'https://shop.example'}
token: {path: /oauth/token, max_scope_length: 60}
request_id: x-request
idempotency: idempotency-key
headers: {x-client: '{client_id}', x-version: '2'}
paging:
  offset: {kind: offset, offset: skip, limit: size, total: page.total, items: items}
  cursor: {kind: cursor, cursor: after, next: next, limit: size, items: items}
groups:
  - title: All
    scopes:
      - {scope: goods:read, permits: Look at goods.}
      - {scope: goods:write, permits: Change goods., implies: [goods:read]}
      - {scope: people:read, permits: Look at people.}
      - {scope: people:write, permits: Change people.}
      - {scope: odd, permits: Odd things., spellings: {other: 'https://shop.example/odd'}}
operations:
  - id: list_people
    method: GET
    path: /v1/people
    requires: {any_of: [people:read, people:write]}
    paging: offset
    parameters:
      - {name: skip, in: query, schema: {type: integer, minimum: 0}}
      - {name: size, in: query, schema: {type: integer, minimum: 1, maximum: 50, default: 10}}
      - {name: sort, in: query, schema: {type: string, enum: [made_at, name]}}
      - {name: dir, in: query, schema: {type: string, enum: [asc, desc], default: asc}}
      - {name: status, in: query, schema: {$ref: '#/types/Status'}}
      - {name: tags, in: query, schema: {type: array, items: {type: string}}}
      - {name: x-trace, in: header, schema: {type: string, maxLength: 5}}
    responses: {200: {application/json: {$ref: '#/types/PeoplePage'}}}
  - id: add_person
    method: POST
    path: /v1/people
    requires: {scope: people:write}
    idempotency_key: required
    body: {application/json: {$ref: '#/types/NewPerson'}}
    responses: {201: {application/json: {$ref: '#/types/Person'}}}
  - id: get_person
    method: GET
    path: /v1/people/{person_id}
    requires: {any_of: [people:read, people:write]}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    responses: {200: {application/json: {$ref: '#/types/Person'}}}
  - id: change_person
    method: PATCH
    path: /v1/people/{person_id}
    requires: {scope: people:write}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    body: {application/json: {$ref: '#/types/PersonChange'}}
    responses: {200: {application/json: {$ref: '#/types/Person'}}}
  - id: replace_person
    method: PUT
    path: /v1/people/{person_id}
    requires: {scope: people:write}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    body: {application/json: {$ref: '#/types/NewPerson'}}
    responses: {200: {application/json: {$ref: '#/types/Person'}}}
  - id: remove_person
    method: DELETE
    path: /v1/people/{person_id}
    requires: {scope: people:write}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    responses: {204: {}}
  - id: wake_person
    method: POST
    path: /v1/people/{person_id}/wake
    requires: {scope: people:write}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    responses: {200: {application/json: {$ref: '#/types/Person'}}}
  - id: list_notes
    method: GET
    path: /v1/people/{person_id}/notes
    requires: {all_of: [people:read, goods:read]}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    responses: {200: {application/json: {type: array, items: {$ref: '#/types/Note'}}}}
  - id: add_note
    method: POST
    path: /v1/people/{person_id}/notes
    requires: {scope: people:write}
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    body: {application/json: {type: object, required: [text], properties: {text: {type: string}}}}
    responses: {201: {application/json: {$ref: '#/types/Note'}}}
  - id: get_note
    method: GET
    path: /v1/notes/{note_id}
    requires: {any_of_sets: [[odd], [people:read, goods:write]]}
    parameters: [{name: note_id, in: path, schema: {type: string, format: uuid}}]
    responses: {200: {application/json: {$ref: '#/types/Note'}}}
  - id: get_settings
    method: GET
    path: /v1/people/{person_id}/settings
    requires: token
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    responses: {200: {application/json: {$ref: '#/types/Settings'}}}
  - id: set_settings
    method: PUT
    path: /v1/people/{person_id}/settings
    requires: token
    parameters: [{name: person_id, in: path, schema: {type: integer, minimum: 1}}]
    body: {application/json: {$ref: '#/types/Settings'}}
    responses: {200: {application/json: {$ref: '#/types/Settings'}}}
  - id: list_goods
    method: GET
    path: /v1/goods
    requires: {scope: goods:read}
    paging: cursor
    parameters:
      - {name: after, in: query, schema: {type: string}}
      - {name: size, in: query, schema: {type: integer, minimum: 1}}
      - {name: colour, in: query, schema: {type: string}}
    responses: {200: {application/json: {$ref: '#/types/GoodsPage'}}}
  - id: get_good
    method: GET
    path: /v1/goods/{code}
    requires: {scope: goods:read}
    parameters: [{name: code, in: path, schema: {type: string, pattern: '^G-[0-9]{4}$'}}]
    responses: {200: {application/json: {$ref: '#/types/Good'}, application/pdf: {type: string, format: binary}}}
  - id: put_good
    method: PUT
    path: /v1/goods/{code}
    requires: {scope: goods:write}
    parameters: [{name: code, in: path, schema: {type: string, pattern: '^G-[0-9]{4}$'}}]
    body: {application/json: {type: object, required: [colour], properties: {colour: {type: string}}}}
    responses: {200: {application/json: {$ref: '#/types/Good'}}}
  - id: drop_good
    method: DELETE
    path: /v1/goods/{code}
    requires: {scope: goods:write}
    parameters: [{name: code, in: path, schema: {type: string, pattern: '^G-[0-9]{4}$'}}]
    responses: {204: {}}
  - id: upload
    method: POST
    path: /v1/goods/{code}/photo
    requires: {scope: goods:write}
    parameters: [{name: code, in: path, schema: {type: string}}]
    body: {image/jpeg: {type: string, format: binary}}
    responses: {204: {}}
  - id: pay
    method: POST
    path: /v1/pay
    requires: public
    body: {application/json: {$ref: '#/types/Payment'}}
    responses: {202: {application/json: {$ref: '#/types/Payment'}}}
  - id: login
    method: POST
    path: /v1/login
    requires: public
    body: {application/x-www-form-urlencoded: {type: object, required: [name, age], properties: {name: {type: string}, age: {type: integer}, on: {type: boolean}}, additionalProperties: false}}
    responses: {204: {}}
  - id: book
    method: POST
    path: /v1/books
    requires: token
    body: {application/json: {type: object, required: [isbn], properties: {isbn: {type: string}, title: {type: string}}}}
    responses: {201: {application/json: {$ref: '#/types/Book'}}}
  - id: get_book
    method: GET
    path: /v1/books/{isbn}
    requires: token
    parameters: [{name: isbn, in: path, schema: {type: string}}]
    responses: {200: {application/json: {$ref: '#/types/Book'}}}
types:
  Status: {type: string, enum: [NEW, LOCKED]}
  Person:
    type: object
    required: [id, name, made_at, updated_at, status, mother]
    properties:
      id: {type: integer, minimum: 1}
      name: {type: string, maxLength: 20}
      nick: {type: string}
      status: {$ref: '#/types/Status'}
      tags: {type: array, items: {type: string}}
      made_at: {type: string, format: date-time}
      updated_at: {type: string, format: date-time}
      mother: {type: [string, 'null']}
      home: {$ref: '#/types/Place'}
      friend: {$ref: '#/types/Person'}
  NewPerson:
    type: object
    required: [name]
    additionalProperties: false
    properties:
      name: {type: string, minLength: 1, maxLength: 20}
      nick: {type: string}
      status: {$ref: '#/types/Status'}
      tags: {type: array, items: {type: string}}
      home: {$ref: '#/types/Place'}
      password: {type: string, writeOnly: true}
  PersonChange:
    type: object
    properties:
      name: {type: string}
      nick: {type: [string, 'null']}
  Place: {type: object, required: [city, 'a/b'], properties: {city: {type: string}, 'a/b': {type: integer}}}
  PeoplePage:
    type: object
    required: [items, page]
    properties:
      items: {type: array, items: {$ref: '#/types/Person'}}
      page: {type: object, required: [total, size, skip, count], properties: {total: {type: integer}, size: {type: integer}, skip: {type: integer}, count: {type: integer}, sort: {type: string}, dir: {type: string}}}
  Note: {type: object, required: [id, text, person_id], properties: {id: {type: string, format: uuid}, text: {type: string}, person_id: {type: integer}}}
  Settings: {type: object, required: [loud], properties: {loud: {type: boolean}, person_id: {type: integer}}}
  Good: {type: object, required: [code, colour, size], properties: {code: {type: string, pattern: '^G-[0-9]{4}$'}, colour: {type: string}, size: {type: number, minimum: 0.1, maximum: 0.9}}}
  GoodsPage: {type: object, required: [items], properties: {items: {type: array, items: {$ref: '#/types/Good'}}, next: {type: string}}}
  Book: {type: object, required: [isbn, title], properties: {isbn: {type: string}, title: {type: string}}}
  Payment:
    oneOf: [{$ref: '#/types/Card'}, {$ref: '#/types/Transfer'}]
    discriminator: {propertyName: kind, mapping: {card: '#/types/Card', transfer: '#/types/Transfer'}}
  Card: {type: object, required: [kind, number], properties: {kind: {const: card}, number: {type: string, pattern: '^[0-9]{12}$'}}}
  Transfer: {type: object, required: [kind, iban], properties: {kind: {const: transfer}, iban: {type: string}, amount: {type: string, format: decimal}}}
`

func catalogue(t testing.TB, text string) *spec.Catalogue {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	return c
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2030, 5, 6, 7, 8, 9, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

const clientID, clientSecret = "11111111-1111-4111-8111-111111111111", "s3cret"

// api is a server that listens, and a client of it.
type api struct {
	*sandbox.Server
	t       testing.TB
	clock   *clock
	profile *httpsig.Profile
	key     httpsig.Key
	id      string
	token   string

	tokenPath string
}

func serve(t testing.TB, c *spec.Catalogue, config sandbox.Config) *api {
	t.Helper()
	a := &api{t: t, clock: newClock(), id: clientID, tokenPath: c.Token.Path}
	config.Now = a.clock.Now
	client := sandbox.Client{ID: clientID, Secret: clientSecret}
	switch c.Signing {
	case "rfc9421":
		a.profile = httpsig.RFC9421()
	case "upvest-v15":
		a.profile = httpsig.UpvestV15()
	case "upvest-v6":
		a.profile = httpsig.UpvestV6()
	}
	if a.profile != nil {
		private := testKey(1)
		a.key = signingKey(t, "key-1", private)
		client.Keys = map[string]crypto.PublicKey{"key-1": private.Public()}
	}
	config.Clients = append(config.Clients, client)
	server, err := sandbox.New(c, config)
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })
	a.Server = server
	return a
}

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

func signingKey(t testing.TB, id string, private crypto.Signer) httpsig.Key {
	key, err := httpsig.NewKey(id, private)
	require.NoError(t, err)
	return key
}

// reply is a response, read.
type reply struct {
	status int
	header http.Header
	body   []byte
	json   any
}

func (r *reply) object() map[string]any {
	object, _ := r.json.(map[string]any)
	return object
}

func (r *reply) detail() string {
	detail, _ := r.object()["detail"].(string)
	return detail
}

func (r *reply) at(path ...string) any {
	value := r.json
	for _, name := range path {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// edit changes a request before it is signed.
type edit func(*http.Request)

func header(name, value string) edit {
	return func(r *http.Request) {
		r.Header.Del(name)
		if value != "" {
			r.Header.Set(name, value)
		}
	}
}

func (a *api) request(method, path, body string, edits ...edit) *http.Request {
	a.t.Helper()
	r, err := http.NewRequest(method, a.URL()+path, strings.NewReader(body))
	require.NoError(a.t, err)
	r.Header.Set("Accept", "application/json")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	r.Header.Set("x-client", a.id)
	r.Header.Set("upvest-client-id", a.id)
	for _, e := range edits {
		e(r)
	}
	a.sign(r, body)
	return r
}

func (a *api) sign(r *http.Request, body string) {
	if a.profile == nil {
		return
	}
	fields, err := a.profile.Sign(r, []byte(body), a.key, a.clock.Now())
	require.NoError(a.t, err)
	for name, values := range fields {
		r.Header[name] = values
	}
}

func (a *api) send(r *http.Request) *reply {
	a.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(a.t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(a.t, err)
	out := &reply{status: response.StatusCode, header: response.Header, body: body}
	if strings.Contains(response.Header.Get("Content-Type"), "json") {
		require.NoError(a.t, json.Unmarshal(body, &out.json), "%s", body)
	}
	return out
}

func (a *api) call(method, path, body string, edits ...edit) *reply {
	a.t.Helper()
	return a.send(a.request(method, path, body, edits...))
}

// must calls and wants a status.
func (a *api) must(status int, method, path, body string, edits ...edit) *reply {
	a.t.Helper()
	response := a.call(method, path, body, edits...)
	require.Equal(a.t, status, response.status, "%s %s: %s", method, path, response.body)
	return response
}

func form(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values.Encode()
}

func (a *api) askToken(scope string, edits ...edit) *reply {
	a.t.Helper()
	body := form("client_id", a.id, "client_secret", clientSecret, "grant_type", "client_credentials", "scope", scope)
	edits = append([]edit{header("Content-Type", "application/x-www-form-urlencoded"), header("Authorization", "")}, edits...)
	return a.call("POST", a.tokenPath, body, edits...)
}

// with authorizes the calls that follow.
func (a *api) with(scope string) *api {
	a.t.Helper()
	response := a.askToken(scope)
	require.Equal(a.t, 200, response.status, "%s", response.body)
	a.token = response.at("access_token").(string)
	return a
}

var key = func(n string) edit {
	return header("idempotency-key", "00000000-0000-4000-8000-00000000000"+n)
}
