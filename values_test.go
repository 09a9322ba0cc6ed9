package scopegen_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/spec"
)

type object = map[string]any

// schemas makes random schemas, and values that they admit. Each method returns a
// schema and a function that makes one of its values.
type schemas struct {
	*rand.Rand
	name    string
	members int               // so that parts that are joined have members of different names
	types   map[string]object // declared beside the schema
}

type values func() any

func (s *schemas) one(depth int) (object, values) {
	choices := 8
	if depth > 0 {
		choices = 16
	}
	switch s.IntN(choices) {
	case 0:
		return object{"type": "string"}, func() any { return fmt.Sprint("text ", s.IntN(9)) }
	case 1:
		return object{"type": "string", "enum": []any{"RED", "GREEN", "x-blue"}}, func() any { return []any{"RED", "GREEN", "x-blue"}[s.IntN(3)] }
	case 2:
		format := []any{"int32", "int64", "uint64"}[s.IntN(3)]
		return object{"type": "integer", "format": format}, func() any { return s.IntN(1 << 30) }
	case 3:
		return object{"type": "number"}, func() any { return float64(s.IntN(1000)) / 8 }
	case 4:
		return object{"type": "boolean"}, func() any { return s.IntN(2) == 0 }
	case 5:
		pick := s.IntN(4)
		return object{"type": "string", "format": []string{"date", "date-time", "decimal", "byte"}[pick]},
			func() any { return []any{"2024-02-29", "2024-02-29T10:00:00Z", "10.50", "aGk="}[pick] }
	case 6:
		constant := []any{"fixed", 7, true, false, 0}[s.IntN(5)]
		return object{"const": constant}, func() any { return constant }
	case 7:
		inner, value := s.one(0)
		if t, ok := inner["type"].(string); ok && inner["enum"] == nil {
			inner["type"] = []string{t, "null"}
		} else {
			inner = object{"oneOf": []any{inner, object{"type": "null"}}}
		}
		return inner, func() any {
			if s.IntN(3) == 0 {
				return nil
			}
			return value()
		}
	case 8:
		inner, value := s.one(depth - 1)
		return object{"type": "array", "items": inner}, func() any { return []any{value(), value()}[:s.IntN(3)] }
	case 9:
		inner, value := s.one(depth - 1)
		return object{"type": "object", "additionalProperties": inner}, func() any { return object{"k1": value(), "K1": value()} }
	case 10, 11:
		return s.object(depth)
	case 12:
		return s.joined(depth)
	case 13:
		return s.union(depth, s.IntN(2) == 0)
	case 14:
		// Members beside variants.
		schema, value := s.union(depth, s.IntN(2) == 0)
		base, more := s.object(depth - 1)
		for key, held := range base {
			schema[key] = held
		}
		return schema, both(value, more)
	default:
		return s.discriminated(depth)
	}
}

// both returns values that are of two schemas at once.
func both(a, b values) values {
	return func() any {
		first, ok := a().(object)
		second, okay := b().(object)
		if !ok || !okay {
			return nil
		}
		joined := object{}
		for _, part := range []object{second, first} {
			for key, value := range part {
				joined[key] = value
			}
		}
		return joined
	}
}

func (s *schemas) object(depth int) (object, values) {
	properties, made := object{}, map[string]values{}
	var required []string
	for range 1 + s.IntN(3) {
		s.members++
		name := fmt.Sprint("m", s.members)
		schema, value := s.one(depth - 1)
		properties[name], made[name] = schema, value
		if s.IntN(2) == 0 {
			required = append(required, name)
		}
	}
	schema := object{"type": "object", "properties": properties}
	if required != nil {
		schema["required"] = required
	}
	further := values(nil)
	switch s.IntN(6) {
	case 0:
		schema["additionalProperties"], further = true, func() any { return object{"deep": []any{1, nil}} }
	case 1:
		schema["additionalProperties"], further = s.one(0)
	case 2:
		schema["additionalProperties"] = false
	}
	return schema, func() any {
		out := object{}
		for name, value := range made {
			if strings.Contains(" "+strings.Join(required, " ")+" ", " "+name+" ") || s.IntN(2) == 0 {
				out[name] = value()
			}
		}
		if further != nil && s.IntN(2) == 0 {
			out["further"] = further()
		}
		return out
	}
}

// joined is an allOf, with members of its own or without.
func (s *schemas) joined(depth int) (object, values) {
	a, value := s.object(depth - 1)
	b, more := s.object(depth - 1)
	delete(a, "additionalProperties")
	closed := value
	value = func() any {
		out := closed().(object)
		delete(out, "further")
		return out
	}
	name := s.declare(a)
	if s.IntN(2) == 0 {
		b["allOf"] = []any{object{"$ref": "#/types/" + name}}
		return b, both(value, more)
	}
	return object{"allOf": []any{object{"$ref": "#/types/" + name}, b}}, both(value, more)
}

func (s *schemas) declare(schema object) string {
	name := fmt.Sprint(s.name, "V", len(s.types))
	s.types[name] = schema
	return name
}

// union is a oneOf or anyOf without a discriminator. Its variants may be unions.
func (s *schemas) union(depth int, anyOf bool) (object, values) {
	var variants []any
	var made []values
	for range 2 + s.IntN(2) {
		schema, value := object(nil), values(nil)
		switch s.IntN(4) {
		case 0:
			if depth > 0 {
				schema, value = s.union(depth-1, s.IntN(2) == 0)
				break
			}
			fallthrough
		case 1:
			inner, item := s.object(0)
			schema, value = object{"type": "array", "items": inner}, func() any { return []any{item()} }
		default:
			schema, value = s.object(depth - 1)
		}
		variants = append(variants, object{"$ref": "#/types/" + s.declare(schema)})
		made = append(made, value)
	}
	key := "oneOf"
	if anyOf {
		key = "anyOf"
	}
	return object{key: variants}, func() any { return made[s.IntN(len(made))]() }
}

// discriminated is a union with a discriminator, over texts or integers.
func (s *schemas) discriminated(depth int) (object, values) {
	mapping := object{}
	var variants []any
	var made []values
	texts := s.IntN(2) == 0
	for i := range 2 + s.IntN(2) {
		schema, value := s.object(depth - 1)
		kind, member := any(i), object{"type": "integer"}
		if texts {
			kind, member = fmt.Sprint("kind ", i), object{"type": "string"}
		}
		if s.IntN(2) == 0 {
			member = object{"const": kind}
		}
		schema["properties"].(object)["kind"] = member
		required, _ := schema["required"].([]string)
		schema["required"] = append(required, "kind")
		name := s.declare(schema)
		variants = append(variants, object{"$ref": "#/types/" + name})
		mapping[fmt.Sprint(kind)] = "#/types/" + name
		made = append(made, func() any {
			out := value().(object)
			out["kind"] = kind
			return out
		})
	}
	return object{"oneOf": variants, "discriminator": object{"propertyName": "kind", "mapping": mapping}}, func() any { return made[s.IntN(len(made))]() }
}

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
		"operations": operations, "types": types,
	})
	require.NoError(t, err)
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: text}}, "scopes.yaml")
	return c, findings.Err()
}

const tripProgram = `package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"

	"example.com/consumer/x/values"
)

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

func trip[T any](data []byte) ([]byte, error) {
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		return nil, err
	}
	if name := unset(reflect.ValueOf(v)); name != "" {
		return nil, fmt.Errorf("no variant of %s is set", name)
	}
	return json.Marshal(v)
}

func main() {
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

var trips = map[string]func([]byte) ([]byte, error){
`

// What a catalogue says of values is generated whole, or refused: a value that a
// random schema admits comes back unchanged through the generated type, whose
// unions know what they hold. SCOPEGEN_SCHEMAS tries more schemas than the usual
// number, SCOPEGEN_SEED others.
func TestValuesOfRandomSchemasComeBackUnchanged(t *testing.T) {
	count, seed := 150, 1
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
	for i := range count {
		s := &schemas{Rand: rand.New(rand.NewPCG(uint64(seed), uint64(i))), name: fmt.Sprint("T", i), types: map[string]object{}}
		schema, value := s.one(3)
		s.types[s.name] = schema
		c, err := catalogue(t, []string{s.name}, s.types)
		if err == nil {
			_, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/consumer/x"})
			err = findings.Err()
		}
		if err != nil {
			require.Regexp(t, `scopes\.yaml:1:\d+`, err.Error(), "a refusal names its place")
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
	require.Greater(t, len(roots), count*3/4)

	c, err := catalogue(t, roots, types)
	require.NoError(t, err)
	module := consumer(t, generate(t, c, "example.com/consumer/x"), "x")
	var program strings.Builder
	program.WriteString(tripProgram)
	for _, root := range roots {
		if schema := types[root]; schema["const"] != nil || !isObject(schema) {
			continue
		}
		fmt.Fprintf(&program, "\t%q: trip[values.%s],\n", root, root)
	}
	program.WriteString("}\n")
	kept := cases[:0]
	for _, c := range cases {
		if isObject(types[c.Type]) {
			kept = append(kept, c)
		}
	}
	cases = kept
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
		var have any
		require.NoError(t, json.Unmarshal([]byte(got[i].Text), &have))
		var had any
		require.NoError(t, json.Unmarshal(want, &had))
		if fmt.Sprint(have) != fmt.Sprint(had) {
			t.Errorf("%s %s\nsent %s\ngot  %s", c.Type, schema, want, got[i].Text)
		}
	}
}

// isObject reports whether a schema becomes a struct, a union, a list or a map,
// which have methods or members that a scalar lacks.
func isObject(schema object) bool {
	return schema["properties"] != nil || schema["allOf"] != nil || schema["oneOf"] != nil || schema["anyOf"] != nil || schema["items"] != nil || schema["additionalProperties"] != nil
}

// Names that Go gives a meaning in a struct or a union, and types that come back
// to themselves by another name, compile; constants that are not texts are sent.
func TestTypesThatAreHardToDeclareCompile(t *testing.T) {
	c, err := catalogue(t, []string{"Hard"}, map[string]object{
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
	module := consumer(t, generate(t, c, "example.com/consumer/x"), "x")
	write(t, filepath.Join(module, "main.go"), `package main

import (
	"encoding/json"
	"os"

	"example.com/consumer/x/values"
)

func main() { _ = json.NewEncoder(os.Stdout).Encode(values.Hard{}) }
`)
	run := exec.CommandContext(t.Context(), "go", "run", ".")
	run.Dir = module
	output, err := run.Output()
	require.NoError(t, err)
	require.JSONEq(t, `{"version":3,"final":true,"tags":[],"labels":{},"kind":"ONLY"}`, string(output))
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
	tell(client.SendForm(ctx, values.Members{}))
	tell(client.Find(ctx, values.FindParams{}))
	tell(client.Find(ctx, values.FindParams{IDs: []int64{1}, Kinds: values.Kinds{"a"}, Filter: values.Filter{Below: []int64{2}}}))
}
`

// A required list that is left nil is sent as an empty one where JSON can say that,
// and nowhere left out in silence.
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
			send("send_members", "application/json", ref("Members")), send("send_form", "application/x-www-form-urlencoded", ref("Members")),
			object{"id": "find", "method": "GET", "path": "/find", "domain": "values", "requires": "public", "responses": object{"204": object{}}, "parameters": []any{
				object{"name": "ids", "in": "query", "required": true, "schema": list("integer")},
				object{"name": "kinds", "in": "query", "required": true, "style": "comma", "schema": ref("Kinds")},
				object{"name": "filter", "in": "query", "required": true, "style": "deepObject", "schema": ref("Filter")},
			}},
		},
		"types": object{
			"Kinds":   list("string"),
			"Members": object{"type": "object", "required": []string{"plain", "named"}, "properties": object{"plain": list("string"), "named": ref("Kinds"), "optional": list("string")}},
			"Filter":  object{"type": "object", "required": []string{"below"}, "properties": object{"below": list("integer")}},
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
