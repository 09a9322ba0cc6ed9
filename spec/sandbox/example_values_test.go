package sandbox

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// boxed are the catalogue in the box and the one that holds everything a
// catalogue can say.
func boxed(t testing.TB) map[string]*spec.Catalogue {
	upvest, err := spec.Default()
	require.NoError(t, err)
	golden, findings := spec.Load(os.DirFS("../../internal/dev/golden"), "scopes.yaml")
	require.NoError(t, findings.Err())
	return map[string]*spec.Catalogue{"upvest": upvest, "golden": golden}
}

func TestEveryExampleOfEveryTypeIsTrueToIt(t *testing.T) {
	for name, c := range boxed(t) {
		s := newSchemas(c)
		for _, entry := range c.Types {
			for seed := range 3 {
				for _, now := range []time.Time{{}, time.Unix(2e9, 0)} {
					m := &maker{schemas: s, seed: fmt.Sprint(seed), now: now}
					value := m.object(entry.Value, nil)
					require.NoError(t, s.check(entry.Value, inResponse, value), "%s %s: %v", name, entry.Key, value)
					again := &maker{schemas: s, seed: fmt.Sprint(seed), now: now}
					require.Equal(t, value, again.object(entry.Value, nil))
				}
			}
		}
	}
}

// Every operation is called with a request made of its own types. It must
// succeed, with a response that is true to its type.
func TestEveryOperationAnswersWithWhatItsTypeSays(t *testing.T) {
	for name, c := range boxed(t) {
		for _, populate := range []bool{false, true} {
			unsigned := *c
			unsigned.Signing = ""
			s, err := New(&unsigned, Config{Clients: []Client{{ID: "me", Secret: "secret"}}, Keys: keysFor(c), Populate: populate})
			require.NoError(t, err)
			server := httptest.NewServer(s)
			defer server.Close()
			bearer := tokenFor(s)
			for _, op := range c.Operations {
				if op.Path == s.at.token {
					continue
				}
				for _, media := range op.Responses[0].Value {
					callOperation(t, s, server.URL, bearer, op, media.Key, media.Value, name)
				}
				if len(op.Responses[0].Value) == 0 {
					callOperation(t, s, server.URL, bearer, op, "", nil, name)
				}
			}
		}
	}
}

const keyForTests = "user:key"

func keysFor(c *spec.Catalogue) map[string]string {
	keys := map[string]string{}
	for _, key := range c.Keys {
		keys[key.Key] = keyForTests
	}
	return keys
}

func tokenFor(s *Server) string {
	tok := &token{client: "me", scopes: s.clients["me"].scopes, expires: time.Now().Add(time.Hour)}
	s.tokens.add("all", tok, time.Now())
	return "all"
}

// addDeep adds a value in the style deepObject.
func addDeep(to url.Values, name string, value any) {
	switch v := value.(type) {
	case map[string]any:
		for member, inner := range v {
			addDeep(to, name+"["+member+"]", inner)
		}
	case []any:
		for n, inner := range v {
			addDeep(to, fmt.Sprintf("%s[%d]", name, n), inner)
		}
	default:
		to.Set(name, scalarText(v))
	}
}

func callOperation(t *testing.T, s *Server, base, bearer string, op *spec.Operation, accept string, answered *spec.Schema, name string) {
	t.Helper()
	rt := s.router.mustFind(t, op)
	m := &maker{schemas: s.schemas, seed: op.ID}
	path := map[string]string{}
	query := url.Values{}
	header := http.Header{"Authorization": {"Bearer " + bearer}, "Upvest-Client-Id": {"me"}}
	style, _ := s.catalogue.Paging.Get(op.Paging.Value)
	for _, p := range op.Parameters {
		if p.Name == style.Cursor {
			continue // is not made up but given out
		}
		value := m.object(p.Schema, nil)
		switch p.In {
		case "path":
			path[p.Name] = scalarText(value)
		case "query":
			switch separator := separators[p.Style]; {
			case p.Style == "deepObject":
				addDeep(query, p.Name, value)
			case p.Style == "form":
				for member, value := range value.(map[string]any) {
					for _, one := range oneOrMore(value) {
						query.Add(member, scalarText(one))
					}
				}
			case separator != "":
				var texts []string
				for _, one := range oneOrMore(value) {
					texts = append(texts, scalarText(one))
				}
				query.Set(p.Name, strings.Join(texts, separator))
			default:
				for _, one := range oneOrMore(value) {
					query.Add(p.Name, scalarText(one))
				}
			}
		case "header":
			header.Set(p.Name, scalarText(value))
		}
	}
	for _, p := range rt.patterns {
		for _, part := range p.Parts {
			path[part] = "part"
		}
		path[p.Name] = p.Value(path)
	}
	// An object that can be added has to be there before it can be read.
	rel := rt.relation
	if rel.role != roleCreate && rel.role != roleList && rel.role != roleAction && s.lookup(rel.at, path, path[rel.at.itemParam]) == nil {
		o := &object{home: rel.at.home.key, id: path[rel.at.itemParam], parents: pick(path, rel.at.home.params), members: map[string]any{}, made: time.Now()}
		s.place(o, rel.at.home, &given{path: path})
		s.complete(o, rel.at.home)
		s.store.put(o)
	}
	for _, up := range rel.ancestors {
		if s.lookup(up.at, path, path[up.id]) == nil && rel.role == roleAction {
			s.store.put(&object{home: up.at.home.key, id: path[up.id], members: map[string]any{}, made: time.Now()})
		}
	}
	var target strings.Builder
	for _, segment := range rt.segments {
		target.WriteString("/" + fillSegment(segment, path))
	}
	for _, name := range op.Requires.Alternatives[0].Keys {
		switch key, _ := s.catalogue.Keys.Get(name.Value); key.In {
		case "query":
			query.Set(key.Name, keyForTests)
		case "header":
			header.Set(key.Name, keyForTests)
		default:
			header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(keyForTests)))
		}
	}
	for name, values := range rt.query {
		query[name] = values
	}
	target.WriteString("?" + query.Encode())
	var body []byte
	if len(op.Body) > 0 {
		header.Set("Content-Type", op.Body[0].Key)
		value := m.object(op.Body[0].Value, nil)
		switch object, isObject := value.(map[string]any); {
		case op.Body[0].Key == formType && isObject:
			form := url.Values{}
			for name, v := range object {
				if op.BodyStyle == "deepObject" {
					addDeep(form, name, v)
				} else {
					form.Set(name, scalarText(v))
				}
			}
			body = []byte(form.Encode())
		case op.Body[0].Key == "multipart/related":
			header.Set("Content-Type", "multipart/related; boundary=b")
			for _, p := range op.Body[0].Value.Properties {
				part, err := json.Marshal(object[p.Key])
				require.NoError(t, err)
				if p.Key == "media" {
					part = []byte("media")
				}
				body = fmt.Appendf(body, "--b\r\nContent-Type: application/json\r\n\r\n%s\r\n", part)
			}
			body = append(body, "--b--\r\n"...)
		default:
			var err error
			body, err = json.Marshal(value)
			require.NoError(t, err)
		}
	}
	if op.IdempotencyKey == "required" {
		header.Set(s.catalogue.Idempotency, uuidOf(op.ID+accept))
	}
	if accept != "" {
		header.Set("Accept", accept)
	}
	r, err := http.NewRequest(op.Method, base+target.String(), bytes.NewReader(body))
	require.NoError(t, err)
	r.Header = header
	response, err := http.DefaultTransport.RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	var got bytes.Buffer
	_, err = got.ReadFrom(response.Body)
	require.NoError(t, err)
	require.Equal(t, op.Responses[0].Key, fmt.Sprint(response.StatusCode), "%s %s %s: %s", name, op.ID, body, got.String())
	if accept == "" {
		require.Empty(t, got.Bytes())
		return
	}
	if !strings.Contains(accept, "*") {
		require.Equal(t, accept, response.Header.Get("Content-Type"))
	}
	if servedAsJSON(accept, answered) {
		value, err := decodeJSON(got.Bytes())
		require.NoError(t, err)
		require.NoError(t, s.schemas.check(answered, inResponse, value), "%s %s: %s", name, op.ID, got.String())
	}
}

func (r *router) mustFind(t *testing.T, op *spec.Operation) *route {
	rt, err := newRoute(op)
	require.NoError(t, err)
	at := r.root
	for _, s := range rt.segments {
		at = at.child(s)
	}
	for found := at.methods[op.Method]; found != nil; found = found.twin {
		if found.op == op {
			return found
		}
	}
	t.Fatalf("no route is that of %s", op.ID)
	return nil
}

func TestExamplesKeepToWhatASchemaSays(t *testing.T) {
	for _, schema := range []string{
		`{type: string, minLength: 30, maxLength: 31}`,
		`{type: string, maxLength: 0}`,
		`{type: string, pattern: '^[A-Z]{3}$', minLength: 3}`,
		`{type: string, pattern: '^a+b*$', minLength: 40}`,
		`{type: string, pattern: '^(x|yz){2,4}(-[0-9]+)?$', maxLength: 5}`,
		`{type: string, pattern: '^[0-9a-f]+$', minLength: 40, maxLength: 40}`,
		`{type: string, pattern: '^[0-9a-f]*$', minLength: 40, maxLength: 40}`,
		`{type: string, pattern: '^\u00e9\s\d\w\.$'}`,
		`{type: string, pattern: 'b', minLength: 3}`,
		`{type: string, format: uuid, pattern: '^[0-9a-f-]+$'}`,
		`{type: string, format: decimal, pattern: '^[0-9]{0,3}(\.[0-9]{1,2})?$'}`,
		`{type: [string, 'null'], format: date-time}`,
		`{type: string, format: email, maxLength: 25}`,
		`{type: string, const: x}`,
		`{type: string, enum: ['', a, b]}`,
		`{type: string, enum: ['']}`,
		`{type: integer, minimum: 5, maximum: 5}`,
		`{type: integer, exclusiveMinimum: 5, exclusiveMaximum: 7}`,
		`{type: integer, maximum: -3}`,
		`{type: integer, multipleOf: 7, minimum: 50, maximum: 60}`,
		`{type: integer, format: int64, minimum: 9223372036854775807}`,
		`{type: number, minimum: 0.25, maximum: 0.75}`,
		`{type: number, multipleOf: 0.01, minimum: 1.001, maximum: 1.02}`,
		`{type: number, exclusiveMinimum: 0, maximum: 1}`,
		`{type: boolean}`,
		`{type: 'null'}`,
		`{type: array, items: {type: integer, minimum: 1, maximum: 3}, minItems: 3, uniqueItems: true}`,
		`{type: array, maxItems: 0, items: {type: string}}`,
		`{type: array, minItems: 2}`,
		`{type: object, additionalProperties: {type: integer}}`,
		`{type: object, properties: {a: {type: string}}, additionalProperties: false}`,
		`{oneOf: [{type: string}, {type: integer}]}`,
		`{oneOf: [{type: object, required: [a], properties: {a: {type: string}}}, {type: object, required: [a, b], properties: {a: {type: string}, b: {type: string}}}]}`,
		`{anyOf: [{type: array, items: {type: string}, minItems: 1}, {type: array, maxItems: 0}]}`,
		`{allOf: [{$ref: '#/types/Tree'}, {type: object, required: [more], properties: {more: {type: string, maxLength: 2}, name: {minLength: 20}}}]}`,
		`{allOf: [{type: object, properties: {a: {type: string, format: date}, b: {type: string}}}, {type: object, properties: {a: {type: string, format: uri}}}]}`,
		`{$ref: '#/types/Tree'}`,
		`{$ref: '#/types/Chain'}`,
		`{$ref: '#/types/Sum'}`,
		`{}`,
	} {
		t.Run(schema, func(t *testing.T) {
			c := small(t, schema)
			s := newSchemas(c)
			for seed := range 8 {
				for _, now := range []time.Time{{}, time.Unix(2e9, 0)} {
					m := &maker{schemas: s, seed: fmt.Sprint(seed), now: now}
					value := m.object(c.Type("It"), nil)
					require.NoError(t, s.check(c.Type("It"), inResponse, value), "%v", value)
				}
			}
		})
	}
}

// A value that nests a type's variants in each other is made from what is given
// without trying all of them against all.
func TestNestedVariantsTakeNoMoreThanTheirSize(t *testing.T) {
	c := small(t, `{$ref: '#/types/Sum'}`)
	s := newSchemas(c)
	given := map[string]any{"op": "number", "value": json.Number("1")}
	for range 7 {
		given = map[string]any{"op": "multiply", "left": given, "right": map[string]any{"op": "number", "value": json.Number("2")}}
	}
	m := &maker{schemas: s, seed: "x", now: time.Unix(2e9, 0)}
	require.Equal(t, any(given), m.object(c.Type("It"), given))
	require.Less(t, m.tries, 2*maxTries)
}

func TestATypeThatNoValueCanHaveIsGivenUp(t *testing.T) {
	for _, schema := range []string{
		`{anyOf: [{type: object, required: [a], properties: {a: {$ref: '#/types/It'}}}, {type: object, required: [b], properties: {b: {$ref: '#/types/It'}}}]}`,
		`{type: object, required: [a, b], properties: {a: {$ref: '#/types/It'}, b: {$ref: '#/types/It'}}}`,
	} {
		c := small(t, schema)
		m := &maker{schemas: newSchemas(c), seed: "x"}
		m.object(c.Type("It"), nil)
		require.LessOrEqual(t, m.tries, 3*maxTries)
	}
}

func small(t testing.TB, schema string) *spec.Catalogue {
	text := fmt.Sprintf(`
api: {name: small, title: Small}
servers: {test: 'https://small.example'}
token: {path: /token}
groups: [{title: All, scopes: [{scope: it, permits: It.}]}]
operations:
  - {id: get_it, method: GET, path: /it, requires: public, responses: {200: {application/json: {$ref: '#/types/It'}}}}
types:
  It: %s
  Tree: {type: object, required: [name, kids], properties: {name: {type: string}, kids: {type: array, items: {$ref: '#/types/Tree'}}, twin: {$ref: '#/types/Tree'}}}
  Sum: {oneOf: [{$ref: '#/types/Add'}, {$ref: '#/types/Multiply'}, {$ref: '#/types/Number'}]}
  Add: {type: object, required: [op, left, right], properties: {op: {const: add}, left: {$ref: '#/types/Sum'}, right: {$ref: '#/types/Sum'}}}
  Multiply: {type: object, required: [op, left, right], properties: {op: {const: multiply}, left: {$ref: '#/types/Sum'}, right: {$ref: '#/types/Sum'}}}
  Number: {type: object, required: [op, value], properties: {op: {const: number}, value: {type: number}}}
  Chain: {type: object, required: [next], properties: {next: {anyOf: [{$ref: '#/types/Chain'}, {type: 'null'}]}}}
`, schema)
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}, "scopes.yaml")
	for _, f := range findings {
		if f.Severity.String() == "error" {
			require.NoError(t, findings.Err())
		}
	}
	return c
}

func FuzzMatching(f *testing.F) {
	for _, pattern := range []string{`^[A-Z]{2}[0-9]{2}$`, `(a|b)*c+d?`, `((a{100}){100}){100}`, `[^a-z]`, `\bx\b`, `(?i)abc`, `(((((^)*)*)*)*)*`, `$^`, `\p{Greek}{3}`, `[[:^print:]]`, ``} {
		f.Add(pattern, 3)
	}
	f.Fuzz(func(t *testing.T, pattern string, repeat int) {
		text, ok := matching(pattern, repeat&63, rand.New(rand.NewPCG(1, 2)))
		if !ok {
			return
		}
		if len(text) > maxMatch+len(pattern)+4 { // a literal is written whole
			t.Fatalf("%d bytes", len(text))
		}
		// Whatever was made, it is a text that can be checked.
		if compiled, err := regexp.Compile(goPattern(pattern)); err == nil {
			compiled.MatchString(text)
		}
	})
}
