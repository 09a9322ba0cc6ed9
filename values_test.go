package scopegen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// catalogue is one that sends and answers with the types called roots.
func catalogue(t *testing.T, roots []string, types map[string]object) (*spec.Catalogue, error) {
	t.Helper()
	var operations []any
	for _, root := range roots {
		content := object{"application/json": object{"$ref": "#/types/" + root}}
		operations = append(operations, object{"id": "send_" + strings.ToLower(root), "method": "POST", "path": "/" + root, "domain": "values", "requires": "public",
			"body": content, "responses": object{"200": content}})
	}
	text, err := json.Marshal(object{
		"api": object{"name": "x", "title": "X"}, "servers": object{"a": "https://x.example"}, "go": object{"output": "x"},
		"token": object{"path": "/token"}, "operations": operations, "types": types,
	})
	require.NoError(t, err)
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: text}}, "scopes.yaml")
	return c, findings.Err()
}

// imported is the same catalogue, made from an OpenAPI document. What the import cannot
// carry as the document says it is an error.
func imported(t *testing.T, roots []string, types map[string]object) (*spec.Catalogue, error) {
	t.Helper()
	paths := object{}
	for _, root := range roots {
		content := object{"description": "", "content": object{"application/json": object{"schema": object{"$ref": "#/types/" + root}}}}
		paths["/"+root] = object{"post": object{"operationId": "send_" + strings.ToLower(root), "tags": []string{"values"}, "security": []any{},
			"requestBody": content, "responses": object{"200": content}}}
	}
	text, err := json.Marshal(object{
		"openapi": "3.1.0", "info": object{"title": "X", "version": "1"}, "servers": []any{object{"url": "https://x.example", "name": "a"}},
		"paths": paths, "components": object{"schemas": types, "securitySchemes": object{"o": object{"type": "oauth2",
			"flows": object{"clientCredentials": object{"tokenUrl": "https://x.example/token", "scopes": object{"a:read": "read"}}}}}},
	})
	require.NoError(t, err)
	text = bytes.ReplaceAll(text, []byte(`"#/types/`), []byte(`"#/components/schemas/`))
	result, err := openapi.Import(fstest.MapFS{"x.json": {Data: text}}, "x.json", openapi.Options{})
	if err != nil {
		return nil, err
	}
	for _, note := range result.Notes {
		if note.Code == openapi.Bent || note.Code == openapi.LeftOut {
			return nil, fmt.Errorf("%s: %s", note.Pos, note.Message)
		}
	}
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	c, findings := spec.Load(files, "scopes.yaml")
	return c, findings.Err()
}

const tripProgram = `package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"

	"github.com/scopegen/scopegen/runtime"

	"example.com/consumer/x"
	"example.com/consumer/x/values"
)

// trips is what each type does to JSON.
var trips = map[string]func([]byte) ([]byte, error){}

// operation is one that takes and returns a type, whatever that is in Go.
func operation[T, R any](name string, _ func(*values.Public, context.Context, T, ...runtime.CallOption) (R, error)) {
	trips[name] = trip[T]
}

// unset returns the union in which no variant is set, and which is not null.
func unset(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return unset(v.Elem())
		}
	case reflect.Slice, reflect.Map:
		if v.Kind() == reflect.Map {
			for _, key := range v.MapKeys() {
				if name := unset(v.MapIndex(key)); name != "" {
					return name
				}
			}
			break
		}
		for i := range v.Len() {
			if name := unset(v.Index(i)); name != "" {
				return name
			}
		}
	case reflect.Struct:
		if _, union := v.Type().Field(0).Tag.Lookup("variant"); union {
			raw := v.Field(v.NumField() - 1)
			for i := range v.NumField() - 1 {
				if !v.Field(i).IsNil() {
					return unset(v.Field(i))
				}
			}
			if raw.Len() > 0 {
				return v.Type().Name()
			}
			return ""
		}
		for i := range v.NumField() {
			if name := unset(v.Field(i)); name != "" {
				return name
			}
		}
	}
	return ""
}

// echo answers each request with what it holds.
type echo struct {
	response, sent []byte
}

func (e *echo) RoundTrip(r *http.Request) (*http.Response, error) {
	e.sent = nil
	if r.Body != nil {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		e.sent = text
	}
	return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(e.response))}, nil
}

var (
	api    = &echo{}
	caller runtime.Caller
)

// trip receives a value as a client does, and sends what it has received.
func trip[T any](data []byte) ([]byte, error) {
	api.response = data
	v := new(T)
	if err := runtime.DoJSON(context.Background(), caller, runtime.UnlistedCall("GET", "/"), v); err != nil {
		return nil, err
	}
	if name := unset(reflect.ValueOf(v)); name != "" {
		return nil, fmt.Errorf("no variant of %s is set", name)
	}
	request := runtime.UnlistedCall("POST", "/")
	request.JSON(v)
	if err := runtime.DoEmpty(context.Background(), caller, request); err != nil {
		return nil, err
	}
	return api.sent, nil
}

func main() {
	session, err := x.Open(x.A, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithTransport(api))
	if err != nil {
		panic(err)
	}
	caller = runtime.NewPublicCaller(session)
	operations()
	var cases []struct {
		Type  string
		Value json.RawMessage
	}
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	var out []struct{ Text, Error string }
	for _, c := range cases {
		text, err := trips[c.Type](c.Value)
		one := struct{ Text, Error string }{Text: string(text)}
		if err != nil {
			one.Error = err.Error()
		}
		out = append(out, one)
	}
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		panic(err)
	}
}

func operations() {
`

// What a catalogue says of values is generated whole, or refused: a value that a
// random schema admits comes back unchanged through the generated type, whose
// unions know what they hold. The same holds for a document that is imported.
// SCOPEGEN_SCHEMAS tries more schemas than the usual number, SCOPEGEN_SEED others;
// SCOPEGEN_REFUSED shows those that are refused.
func TestValuesOfRandomSchemasComeBackUnchanged(t *testing.T) {
	t.Run("catalogue", func(t *testing.T) { tripValues(t, 100, catalogue, `scopes\.yaml:1:\d+`) })
	t.Run("document", func(t *testing.T) { tripValues(t, 20, imported, `x\.json:1:\d+|\.yaml:\d+:\d+`) })
}

// tripValues tries count random schemas, or SCOPEGEN_SCHEMAS. load makes a catalogue of
// types, and place is how a refusal tells where.
func tripValues(t *testing.T, count int, load func(*testing.T, []string, map[string]object) (*spec.Catalogue, error), place string) {
	seed := 1
	for name, into := range map[string]*int{"SCOPEGEN_SCHEMAS": &count, "SCOPEGEN_SEED": &seed} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			require.NoError(t, err, name)
			*into = n
		}
	}
	type tripped struct {
		Type  string
		Value any
	}
	var roots []string
	var cases []tripped
	types := map[string]object{}
	refused := map[string]int{}
	for i := range count {
		s := &schemas{Rand: rand.New(rand.NewPCG(uint64(seed), uint64(i))), name: fmt.Sprint("T", i, "z"), types: map[string]object{}}
		schema, value := s.one(3)
		s.types[s.name] = schema
		c, err := load(t, []string{s.name}, s.types)
		if err == nil {
			_, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/consumer/x"})
			err = findings.Err()
		}
		if err != nil {
			require.Regexp(t, place, err.Error(), "a refusal names its place")
			refused[reason(err)]++
			if os.Getenv("SCOPEGEN_REFUSED") != "" {
				text, _ := json.Marshal(s.types)
				t.Logf("%s\n%v", text, err)
			}
			continue
		}
		roots = append(roots, s.name)
		for name, schema := range s.types {
			types[name] = schema
		}
		for range 6 {
			if v := value(); v != nil {
				cases = append(cases, tripped{s.name, v})
			}
		}
	}
	t.Logf("%d of %d schemas are generated, %d values", len(roots), count, len(cases))
	for _, why := range slices.Sorted(maps.Keys(refused)) {
		t.Logf("refused %d: %s", refused[why], why)
	}
	require.Greater(t, len(roots), count*3/4)

	c, err := load(t, roots, types)
	require.NoError(t, err)
	module := consumer(t, generate(t, c, "example.com/consumer/x"), "x")
	var program strings.Builder
	program.WriteString(tripProgram)
	for _, root := range roots {
		fmt.Fprintf(&program, "\toperation(%q, (*values.Public).Send%s)\n", root, root)
	}
	program.WriteString("}\n")
	write(t, filepath.Join(module, "main.go"), program.String())
	input, err := json.Marshal(cases)
	require.NoError(t, err)
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	run.Dir, run.Stdin, run.Stderr = module, bytes.NewReader(input), new(bytes.Buffer)
	output, err := run.Output()
	require.NoError(t, err, "%s", run.Stderr)
	var got []struct{ Text, Error string }
	require.NoError(t, json.Unmarshal(output, &got))
	for i, c := range cases {
		schema, _ := json.Marshal(types[c.Type])
		want, _ := json.Marshal(c.Value)
		if got[i].Error != "" {
			t.Errorf("%s %s\n%s\n%s", c.Type, schema, want, got[i].Error)
			continue
		}
		if exact(t, []byte(got[i].Text)) != exact(t, want) {
			t.Errorf("%s %s\nsent %s\ngot  %s", c.Type, schema, want, got[i].Text)
		}
	}
}

// reason returns the first finding of a refusal without its place and its names.
func reason(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return regexp.MustCompile(`\b[mk]?\d+\b|"[^"]*"|scopes\.yaml:\S+|\b\w*\d\w*\b`).ReplaceAllString(first, "…")
}

// exact returns a text that is equal for equal JSON values. A number may be written in
// any form and loses no digit.
func exact(t *testing.T, text []byte) string {
	t.Helper()
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	require.NoError(t, decoder.Decode(&value))
	var plain func(any) any
	plain = func(value any) any {
		switch value := value.(type) {
		case json.Number:
			number, ok := new(big.Rat).SetString(string(value))
			require.True(t, ok)
			return number.RatString()
		case string:
			return strconv.Quote(value)
		case []any:
			for i := range value {
				value[i] = plain(value[i])
			}
		case object:
			for name := range value {
				value[name] = plain(value[name])
			}
		}
		return value
	}
	return fmt.Sprint(plain(value))
}

// Names that Go gives a meaning in a struct or a union, and types that come back
// to themselves by another name, compile; constants that are not texts are sent, and
// those of a type that only responses have are written as they were read.
func TestTypesThatAreHardToDeclareCompile(t *testing.T) {
	c, err := catalogue(t, []string{"Hard", "Seen"}, map[string]object{
		"Seen": {"type": "object", "required": []string{"version", "final", "kind", "one"}, "properties": object{
			"version": object{"const": 3}, "final": object{"type": "boolean", "const": true}, "off": object{"const": false}, "kind": object{"type": "string", "enum": []any{"ONLY"}},
			"one": object{"oneOf": []any{object{"$ref": "#/types/Raw"}, object{"$ref": "#/types/Second"}}},
		}},
		"Second": {"type": "object", "required": []string{"version"}, "properties": object{"version": object{"const": 2}}},
		"Hard": {"type": "object", "required": []string{"version", "final", "tags", "labels", "kind"}, "properties": object{
			"version": object{"const": 3}, "final": object{"$ref": "#/types/Yes"}, "off": object{"const": false}, "tags": object{"$ref": "#/types/Tags"},
			"labels": object{"type": "object", "additionalProperties": object{"type": "string"}}, "kind": object{"type": "string", "enum": []any{"ONLY"}},
			"next": object{"$ref": "#/types/MaybeHard"}, "same": object{"$ref": "#/types/OtherHard"}, "one": object{"$ref": "#/types/One"},
		}},
		"Yes": {"const": true}, "Tags": {"type": "array", "items": object{"type": "string"}},
		"MaybeHard":   {"oneOf": []any{object{"$ref": "#/types/OtherHard"}, object{"type": "null"}}},
		"OtherHard":   {"$ref": "#/types/Hard"},
		"One":         {"oneOf": []any{object{"$ref": "#/types/Raw"}, object{"$ref": "#/types/MarshalJSON"}, object{"$ref": "#/types/Format"}, object{"$ref": "#/types/MaybeHard"}}},
		"Raw":         {"type": "object", "required": []string{"raw"}, "properties": object{"raw": object{"type": "string"}}},
		"MarshalJSON": {"type": "object", "required": []string{"LogValue"}, "properties": object{"LogValue": object{"type": "string"}}},
		"Format":      {"type": "object", "required": []string{"AdditionalProperties"}, "additionalProperties": true, "properties": object{"AdditionalProperties": object{"type": "string"}}},
	})
	require.NoError(t, err)
	c.Operations[1].Body = nil
	module := consumer(t, generate(t, c, "example.com/consumer/x"), "x")
	write(t, filepath.Join(module, "main.go"), `package main

import (
	"encoding/json"
	"os"

	"example.com/consumer/x/values"
)

func main() {
	output := json.NewEncoder(os.Stdout)
	_ = output.Encode(values.Hard{})
	for _, text := range []string{`+"`"+`{"version":3,"final":true,"off":false,"kind":"ONLY","one":{"version":2}}`+"`, `"+`{"version":4,"final":false,"kind":"NEW","one":{"version":3}}`+"`"+`} {
		var seen values.Seen
		if err := json.Unmarshal([]byte(text), &seen); err != nil {
			panic(err)
		}
		_ = output.Encode(seen)
	}
}
`)
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	run.Dir = module
	output, err := run.Output()
	require.NoError(t, err)
	require.Equal(t, `{"final":true,"kind":"ONLY","labels":{},"tags":[],"version":3}
{"final":true,"kind":"ONLY","off":false,"one":{"version":2},"version":3}
{"final":false,"kind":"NEW","one":{"version":3},"version":4}
`, string(output))
}

const emptyListsProgram = `package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/scopegen/scopegen/runtime"

	"example.com/consumer/x"
	"example.com/consumer/x/values"
)

type show struct{}

func (show) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	var err error
	if r.Body != nil {
		body, err = io.ReadAll(r.Body)
	}
	fmt.Println("sent", r.URL.RequestURI(), string(body))
	return &http.Response{StatusCode: 204, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(nil))}, err
}

func main() {
	session, err := x.Open(x.A, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")}, runtime.WithTransport(show{}))
	if err != nil {
		panic(err)
	}
	client, ctx := values.NewPublic(session), context.Background()
	tell := func(err error) {
		if err != nil {
			fmt.Println(err)
		}
	}
	tell(client.SendList(ctx, nil))
	tell(client.SendNamed(ctx, nil))
	tell(client.SendMembers(ctx, values.Members{}))
	tell(client.SendNested(ctx, values.Nested{Rows: [][]string{nil, {"a"}}, Groups: map[string]values.Kinds{"none": nil}, Left: [][]string{nil}, Maybe: []runtime.Nullable[[]string]{{}}}))
	rows := [][]string{nil}
	tell(client.SendRows(ctx, rows))
	fmt.Println(rows[0] == nil)
	tell(client.SendForm(ctx, values.Members{}))
	tell(client.Find(ctx, values.FindParams{}))
	tell(client.Find(ctx, values.FindParams{IDs: []int64{1}, Kinds: values.Kinds{"a"}, Filter: values.Filter{Below: []int64{2}}}))
}
`

// A required list that is left nil is sent as an empty one where JSON can say that, also
// inside lists and maps, and as its constant if it has one. It is nowhere left out in
// silence.
func TestARequiredListIsSentOrRefused(t *testing.T) {
	list := func(of string) object { return object{"type": "array", "items": object{"type": of}} }
	ref := func(name string) object { return object{"$ref": "#/types/" + name} }
	send := func(id, mediaType string, schema object) object {
		return object{"id": id, "method": "POST", "path": "/" + id, "domain": "values", "requires": "public", "body": object{mediaType: schema}, "responses": object{"204": object{}}}
	}
	text, err := json.Marshal(object{
		"api": object{"name": "x", "title": "X"}, "servers": object{"a": "https://x.example"}, "go": object{"output": "x"},
		"token": object{"path": "/token"},
		"operations": []any{
			send("send_list", "application/json", list("string")), send("send_named", "application/json", ref("Kinds")),
			send("send_members", "application/json", ref("Members")), send("send_nested", "application/json", ref("Nested")),
			send("send_rows", "application/json", object{"type": "array", "items": list("string")}), send("send_form", "application/x-www-form-urlencoded", ref("Members")),
			object{"id": "find", "method": "GET", "path": "/find", "domain": "values", "requires": "public", "responses": object{"204": object{}}, "parameters": []any{
				object{"name": "ids", "in": "query", "required": true, "schema": list("integer")},
				object{"name": "kinds", "in": "query", "required": true, "style": "comma", "schema": ref("Kinds")},
				object{"name": "filter", "in": "query", "required": true, "style": "deepObject", "schema": ref("Filter")},
			}},
		},
		"types": object{
			"Kinds":   list("string"),
			"Members": object{"type": "object", "required": []string{"plain", "named"}, "properties": object{"plain": list("string"), "named": ref("Kinds"), "optional": list("string")}},
			"Nested": object{"type": "object", "required": []string{"rows", "groups", "maybe", "steps", "colours", "origin", "since", "bytes"}, "additionalProperties": false, "properties": object{
				"rows": object{"type": "array", "items": list("string")}, "groups": object{"type": "object", "additionalProperties": ref("Kinds")},
				"left":    object{"type": "array", "items": list("string")},
				"maybe":   object{"type": "array", "items": object{"type": []string{"array", "null"}, "items": object{"type": "string"}}},
				"steps":   object{"type": "array", "items": object{"type": "integer"}, "const": []int{1, 2}},
				"colours": object{"type": "array", "items": object{"type": "string", "enum": []string{"RED", "BLUE"}}, "const": []string{"RED"}},
				"origin":  object{"type": "object", "properties": object{"x": object{"type": "integer"}}, "required": []string{"x"}, "const": object{"x": 1}},
				"since":   object{"type": "string", "format": "date", "const": "2024-02-29"}, "bytes": object{"type": "string", "format": "byte"},
			}},
			"Filter": object{"type": "object", "required": []string{"below"}, "properties": object{"below": list("integer")}},
		},
	})
	require.NoError(t, err)
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: text}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	module := consumer(t, generate(t, c, "example.com/consumer/x"), "x")
	write(t, filepath.Join(module, "main.go"), emptyListsProgram)
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	run.Dir, run.Stderr = module, new(bytes.Buffer)
	output, err := run.Output()
	require.NoError(t, err, "%s", run.Stderr)
	require.Equal(t, `sent /send_list []
sent /send_named []
sent /send_members {"named":[],"plain":[]}
sent /send_nested {"bytes":"","colours":["RED"],"groups":{"none":[]},"left":[[]],"maybe":[null],"origin":{"x":1},"rows":[[],["a"]],"since":"2024-02-29","steps":[1,2]}
sent /send_rows [[]]
true
send_form: the call is not valid and was not sent: body "application/x-www-form-urlencoded": member "named" is a list without an element, which a form and a query cannot say: give it one, or leave the list out if it is optional
member "plain" is a list without an element, which a form and a query cannot say: give it one, or leave the list out if it is optional
find: the call is not valid and was not sent: query parameter "ids": is required and has no element: give it at least one
query parameter "kinds": is required and has no element: give it at least one
query parameter "filter": "filter[below]" is a list without an element, which a form and a query cannot say: give it one, or leave the list out if it is optional
sent /find?ids=1&kinds=a&filter%5Bbelow%5D%5B0%5D=2 
`, string(output))
}

// What Go cannot join is refused, with both places.
func TestWhatGoCannotJoinIsRefused(t *testing.T) {
	text, member := object{"type": "string"}, object{"type": "object", "properties": object{"a": object{"type": "string"}}}
	for name, schema := range map[string]object{
		"EnumBesideOneOf":       {"enum": []any{"x", "y"}, "oneOf": []any{text, object{"type": "integer"}}},
		"ItemsBesideOneOf":      {"type": "array", "items": text, "oneOf": []any{text, member}},
		"OneOfBesideAnyOf":      {"oneOf": []any{text, member}, "anyOf": []any{text, member}},
		"AListBesideMembers":    {"allOf": []any{object{"type": "array", "items": text}, member}},
		"TwoKindsOfFurther":     {"allOf": []any{object{"type": "object", "additionalProperties": text}, object{"type": "object", "additionalProperties": object{"type": "integer"}}}},
		"ATextBesideMembers":    {"properties": member["properties"], "oneOf": []any{text, member}},
		"DiscriminatorIsBelied": {"oneOf": []any{object{"$ref": "#/types/V"}}, "discriminator": object{"propertyName": "kind", "mapping": object{"y": "#/types/V"}}},
	} {
		c, err := catalogue(t, []string{"T"}, map[string]object{"T": schema, "V": {"type": "object", "properties": object{"kind": object{"const": "x"}}}})
		if err == nil {
			_, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/x"})
			err = findings.Err()
		}
		if err == nil || !strings.Contains(err.Error(), "scopes.yaml:1:") {
			t.Errorf("%s is accepted, or refused without a place: %v", name, err)
		}
	}
}
