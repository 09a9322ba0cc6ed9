package spec

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
)

// modelSource holds the comments of the model's types and fields, which become
// the descriptions in the JSON Schema.
//
//go:embed model.go
var modelSource []byte

// JSONSchema returns the JSON Schema (2020-12) of a catalogue file, for
// editors. It describes the table and the included files: the definition
// "table" where there is a key that only a table has, else "included".
//
// It describes the form of a file. Other rules, such as that each scope must be
// declared, are checked by [Load] alone.
func JSONSchema() []byte {
	g := &schemas{comments: modelComments()}
	catalogue := reflect.TypeFor[Catalogue]()
	var tableOnly []any
	for _, r := range rulesOf(catalogue) {
		if r.table {
			tableOnly = append(tableOnly, object{{"required", []string{r.key}}})
		}
	}
	included := g.fields(catalogue, func(r rule) bool { return !r.table })
	table := g.fields(catalogue, func(rule) bool { return true })
	definitions := append(object{
		{"table", described("The table of a catalogue: scopes, and what holds for the whole API.", table)},
		{"included", described("A file that a table includes.", included)},
	}, g.definitions...)
	text, err := json.MarshalIndent(object{
		{"$schema", "https://json-schema.org/draft/2020-12/schema"},
		{"title", "scopegen catalogue"},
		{"type", "object"},
		{"if", object{{"anyOf", tableOnly}}},
		{"then", object{{"$ref", "#/$defs/table"}}},
		{"else", object{{"$ref", "#/$defs/included"}}},
		{"$defs", definitions},
	}, "", "  ")
	if err != nil {
		panic(err) // the schema holds strings, numbers and lists of them
	}
	return append(text, '\n')
}

// object is a JSON object whose members keep their order.
type object []member

type member struct {
	key   string
	value any
}

func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(m.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func described(text string, o object) object {
	if text == "" {
		return o
	}
	return append(object{{"description", text}}, o...)
}

// schemas builds the definitions of the model's structs.
type schemas struct {
	comments    map[string]string // "Type" and "Type.Field" → comment
	definitions object
}

// schematic is implemented by the types whose YAML has another form than their
// fields.
type schematic interface{ schema() object }

func reference(name string) object { return object{{"$ref", "#/$defs/" + name}} }

func (g *schemas) of(t reflect.Type, r rule) object {
	if s, ok := reflect.New(t).Interface().(schematic); ok {
		if r.number {
			return object{{"type", "number"}}
		}
		return s.schema()
	}
	if t.Implements(reflect.TypeFor[mapping]()) {
		return object{
			{"type", "object"},
			{"propertyNames", object{{"minLength", 1}}},
			{"additionalProperties", g.of(t.Elem().Field(2).Type, rule{})},
		}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return g.of(t.Elem(), r)
	case reflect.Slice:
		element := g.of(t.Elem(), rule{oneof: r.oneof})
		list := object{{"type", "array"}, {"items", element}}
		if r.scalar {
			return object{{"anyOf", []any{element, list}}}
		}
		return list
	case reflect.Struct:
		g.define(t)
		return reference(t.Name())
	case reflect.String:
		if r.oneof != nil {
			return object{{"enum", r.oneof}}
		}
		return object{{"type", "string"}}
	case reflect.Int:
		return object{{"type", "integer"}, {"minimum", 0}, {"maximum", largest}}
	case reflect.Bool:
		return object{{"type", "boolean"}}
	default:
		panic("spec: no schema for " + t.String()) // a field was added to the model without one
	}
}

// define adds the definition of a struct, unless it is there already.
func (g *schemas) define(t reflect.Type) {
	for _, d := range g.definitions {
		if d.key == t.Name() {
			return
		}
	}
	at := len(g.definitions)
	g.definitions = append(g.definitions, member{t.Name(), nil}) // before its fields: types are recursive
	g.definitions[at].value = described(g.comments[t.Name()], g.fields(t, func(rule) bool { return true }))
}

// fields returns the schema of a struct with the fields that are wanted.
func (g *schemas) fields(t reflect.Type, wanted func(rule) bool) object {
	var properties object
	var required []string
	for _, r := range rulesOf(t) {
		if !wanted(r) {
			continue
		}
		f := t.Field(r.index)
		properties = append(properties, member{r.key, described(g.comments[t.Name()+"."+f.Name], g.of(f.Type, r))})
		if r.required {
			required = append(required, r.key)
		}
	}
	s := object{{"type", "object"}, {"properties", properties}, {"additionalProperties", false}}
	if required != nil {
		s = append(s, member{"required", required})
	}
	return s
}

func (*Text) schema() object    { return object{{"type", "string"}} }
func (*Literal) schema() object { return object{} }

func (*Additional) schema() object {
	return object{{"anyOf", []any{object{{"type", "boolean"}}, reference("Schema")}}}
}

func (*Requirement) schema() object {
	scope := object{{"type", "string"}}
	set := object{{"type", "array"}, {"items", scope}, {"minItems", 1}}
	const beside = ", and the keys beside it"
	one := func(key, description string, value object) object {
		return object{
			{"description", description + beside},
			{"type", "object"},
			{"properties", object{{key, value}, {"key", scope}, {"keys", set}}},
			{"required", []string{key}},
			{"additionalProperties", false},
		}
	}
	keyed := func(key, description string, value object) object {
		return object{{"description", description}, {"type", "object"}, {"properties", object{{key, value}}}, {"required", []string{key}}, {"additionalProperties", false}}
	}
	alternatives := []any{
		object{{"description", "public: no token; token: a token, whatever its scopes"}, {"enum", []string{"public", "token"}}},
		one("scope", "this scope", scope),
		one("any_of", "one of these scopes", set),
		one("all_of", "all of these scopes", set),
		one("any_of_sets", "all scopes of one of these sets", object{{"type", "array"}, {"items", set}, {"minItems", 1}}),
		one("token", "a token, whatever its scopes", object{{"const", true}}),
		keyed("key", "this key", scope),
		keyed("keys", "all of these keys", set),
	}
	list := object{{"description", "any one of these"}, {"type", "array"}, {"items", object{{"oneOf", alternatives}}}, {"minItems", 1}}
	return object{{"oneOf", append(slices.Clone(alternatives), list)}}
}

// modelComments returns the comments of the model's types and fields.
func modelComments() map[string]string {
	file, err := parser.ParseFile(token.NewFileSet(), "model.go", modelSource, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		panic(fmt.Sprintf("spec: the embedded model: %v", err)) // it has been compiled
	}
	comments := map[string]string{}
	for _, d := range file.Decls {
		declaration, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range declaration.Specs {
			t, ok := s.(*ast.TypeSpec)
			if !ok {
				continue
			}
			paragraph, _, _ := strings.Cut(declaration.Doc.Text(), "\n\n")
			comments[t.Name.Name] = strings.Join(strings.Fields(paragraph), " ")
			if fields, ok := t.Type.(*ast.StructType); ok {
				for _, f := range fields.Fields.List {
					for _, name := range f.Names {
						text := strings.TrimPrefix(strings.TrimSpace(f.Comment.Text()), "table: ")
						comments[t.Name.Name+"."+name.Name] = strings.TrimPrefix(text, "required; ")
					}
				}
			}
		}
	}
	return comments
}
