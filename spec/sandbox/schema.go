package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/scopegen/scopegen/spec"
)

// direction says whether a value is sent in a request or in a response. In a
// request, readOnly members may be left out, and a value may match several variants
// of a oneOf, because only its sender knows which one is meant. In a response,
// writeOnly members may be left out.
type direction int

const (
	inRequest direction = iota
	inResponse
)

// schemas checks values against the catalogue's types. A schema is compiled when it
// is first needed, with the types that it refers to, so that a large catalogue
// starts quickly. It is safe for concurrent use.
type schemas struct {
	types     map[string]*spec.Schema
	flattener *spec.Flattener

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[schemaKey]*jsonschema.Schema
	variants map[*spec.Schema][]*spec.Schema
}

type schemaKey struct {
	schema *spec.Schema
	dir    direction
}

func newSchemas(c *spec.Catalogue) *schemas {
	s := &schemas{
		types:     make(map[string]*spec.Schema, len(c.Types)),
		compiled:  map[schemaKey]*jsonschema.Schema{},
		flattener: spec.NewFlattener(c.Types),
		variants:  map[*spec.Schema][]*spec.Schema{},
	}
	for _, t := range c.Types {
		s.types[t.Key] = t.Value
	}
	s.compiler = jsonschema.NewCompiler()
	s.compiler.DefaultDraft(jsonschema.Draft2020)
	s.compiler.AssertFormat()
	s.compiler.UseRegexpEngine(ecmaRegexp)
	s.compiler.UseLoader(typeLoader{s})
	for _, f := range formats {
		s.compiler.RegisterFormat(f)
	}
	return s
}

// check returns what is wrong with a JSON value, or nil. The value is as
// encoding/json decodes it, with numbers as json.Number.
func (s *schemas) check(schema *spec.Schema, dir direction, value any) error {
	if schema == nil {
		return nil
	}
	compiled, err := s.compile(schema, dir)
	if err != nil {
		return err
	}
	return compiled.Validate(value)
}

func (s *schemas) fits(schema *spec.Schema, value any) bool {
	return s.check(schema, inResponse, value) == nil
}

func (s *schemas) compile(schema *spec.Schema, dir direction) (*jsonschema.Schema, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := schemaKey{schema, dir}
	if compiled, ok := s.compiled[key]; ok {
		return compiled, nil
	}
	location := fmt.Sprintf("scopegen:///%d/schema/%d", dir, len(s.compiled))
	if err := s.compiler.AddResource(location, s.document(schema, dir)); err != nil {
		return nil, err
	}
	compiled, err := s.compiler.Compile(location)
	if err != nil {
		return nil, fmt.Errorf("the schema at %s is not valid: %w", schema.Pos, err)
	}
	s.compiled[key] = compiled
	return compiled, nil
}

// typeLoader loads the JSON Schema documents that references lead to.
type typeLoader struct{ schemas *schemas }

func typeLocation(dir direction, name string) string {
	return fmt.Sprintf("scopegen:///%d/type/%s", dir, url.PathEscape(name))
}

func (l typeLoader) Load(location string) (any, error) {
	rest, ok := strings.CutPrefix(location, "scopegen:///")
	dir, escaped, ok2 := strings.Cut(rest, "/type/")
	name, err := url.PathUnescape(escaped)
	if !ok || !ok2 || err != nil {
		return nil, fmt.Errorf("%q is not a type of the catalogue", location)
	}
	schema, ok := l.schemas.types[name]
	if !ok {
		return nil, fmt.Errorf("the catalogue has no type %q", name)
	}
	if dir == "0" {
		return l.schemas.document(schema, inRequest), nil
	}
	return l.schemas.document(schema, inResponse), nil
}

// document returns a schema as a JSON Schema document, decoded.
func (w *schemas) document(s *spec.Schema, dir direction) any {
	doc := map[string]any{}
	if s.Ref != "" {
		doc["$ref"] = typeLocation(dir, s.RefName())
		return doc
	}
	if flat := w.flattener.Flatten(s); len(s.AllOf) > 0 && flat.AdditionalProperties != nil {
		s = flat // by itself, each closed part would refuse the members of the others
	}
	switch len(s.Type) {
	case 0:
	case 1:
		doc["type"] = s.Type[0]
	default:
		doc["type"] = anySlice(s.Type)
	}
	if len(s.Enum) > 0 {
		values := make([]any, len(s.Enum))
		for i := range s.Enum {
			values[i] = literal(s.Enum[i])
		}
		doc["enum"] = values
	}
	if s.Const != nil {
		doc["const"] = literal(*s.Const)
	}
	if s.Format != "" {
		doc["format"] = s.Format
	}
	if s.Pattern != "" {
		doc["pattern"] = s.Pattern
	}
	for name, n := range map[string]*int{"minLength": s.MinLength, "maxLength": s.MaxLength, "minItems": s.MinItems, "maxItems": s.MaxItems} {
		if n != nil {
			doc[name] = json.Number(strconv.Itoa(*n))
		}
	}
	for name, l := range map[string]*spec.Literal{
		"minimum": s.Minimum, "maximum": s.Maximum, "multipleOf": s.MultipleOf,
		"exclusiveMinimum": s.ExclusiveMinimum, "exclusiveMaximum": s.ExclusiveMaximum,
	} {
		if l != nil {
			doc[name] = literal(*l)
		}
	}
	if s.Items != nil {
		doc["items"] = w.document(s.Items, dir)
	}
	if s.UniqueItems {
		doc["uniqueItems"] = true
	}
	if len(s.Properties) > 0 {
		properties := make(map[string]any, len(s.Properties))
		for _, p := range s.Properties {
			properties[p.Key] = w.document(p.Value, dir)
		}
		doc["properties"] = properties
	}
	if required := requiredMembers(s, dir); len(required) > 0 {
		doc["required"] = anySlice(required)
	}
	if a := s.AdditionalProperties; a != nil {
		switch {
		case a.Schema != nil:
			doc["additionalProperties"] = w.document(a.Schema, dir)
		case !a.Allowed && len(s.OneOf)+len(s.AnyOf) > 0:
			doc["unevaluatedProperties"] = false // the members are its own and those of the variant
		case !a.Allowed:
			doc["additionalProperties"] = false
		}
	}
	lists := map[string][]*spec.Schema{"oneOf": s.OneOf, "anyOf": s.AnyOf, "allOf": s.AllOf}
	if dir == inRequest && len(s.OneOf) > 0 {
		delete(lists, "oneOf")
		if len(s.AnyOf) == 0 {
			lists["anyOf"] = s.OneOf
		} else {
			doc["allOf"] = []any{map[string]any{"anyOf": w.documents(s.OneOf, dir)}}
		}
	}
	for name, list := range lists {
		if len(list) > 0 {
			all, _ := doc[name].([]any)
			doc[name] = append(all, w.documents(list, dir)...)
		}
	}
	return doc
}

func (w *schemas) documents(list []*spec.Schema, dir direction) []any {
	docs := make([]any, len(list))
	for i := range list {
		docs[i] = w.document(list[i], dir)
	}
	return docs
}

// requiredMembers returns the members that a value must have in one direction.
func requiredMembers(s *spec.Schema, dir direction) []string {
	var names []string
	for _, name := range s.Required {
		p, ok := s.Properties.Get(name.Value)
		if ok && (dir == inRequest && p.ReadOnly || dir == inResponse && p.WriteOnly) || slices.Contains(names, name.Value) {
			continue
		}
		names = append(names, name.Value)
	}
	return names
}

func anySlice(texts []string) []any {
	values := make([]any, len(texts))
	for i, text := range texts {
		values[i] = text
	}
	return values
}

// literal returns the JSON value of a literal.
func literal(l spec.Literal) any {
	value, err := decodeJSON([]byte(l.JSON))
	if err != nil {
		return nil
	}
	return value
}

func decodeJSON(text []byte) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("more text follows the JSON value")
	}
	return value, nil
}

// ecmaRegexp compiles a pattern of JSON Schema, which is a regular expression of
// ECMA-262. A pattern that Go's regular expressions cannot express, because it has
// look-around or back references, matches everything.
func ecmaRegexp(pattern string) (jsonschema.Regexp, error) {
	compiled, err := regexp.Compile(goPattern(pattern))
	if err != nil {
		return unchecked(pattern), nil
	}
	return compiled, nil
}

type unchecked string

func (unchecked) MatchString(string) bool { return true }
func (u unchecked) String() string        { return string(u) }

var unicodeEscape = regexp.MustCompile(`\\u([0-9a-fA-F]{4})`)

// goPattern returns a pattern with \uXXXX in the form that Go has for it. The rest
// is the same in both.
func goPattern(pattern string) string {
	return unicodeEscape.ReplaceAllString(pattern, `\x{$1}`)
}

// formats are checked in addition to those that the validator knows.
var formats = []*jsonschema.Format{
	{Name: "url", Validate: texts(func(s string) error {
		u, err := url.Parse(s)
		if err == nil && !u.IsAbs() {
			err = errors.New("it has no scheme")
		}
		return err
	})},
	{Name: "decimal", Validate: texts(func(s string) error {
		// APIs send an empty text for "no value". A pattern can refuse it.
		if s == "" || decimalForm.MatchString(s) {
			return nil
		}
		return errors.New("it is not a decimal number such as 12.50")
	})},
	{Name: "byte", Validate: texts(func(s string) error {
		_, err := base64.StdEncoding.DecodeString(s)
		return err
	})},
	{Name: "int32", Validate: integers(true, 31)},
	{Name: "int64", Validate: integers(true, 63)},
	{Name: "uint32", Validate: integers(false, 32)},
	{Name: "uint64", Validate: integers(false, 64)},
}

var decimalForm = regexp.MustCompile(`^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)$`)

func texts(check func(string) error) func(any) error {
	return func(v any) error {
		if s, ok := v.(string); ok {
			return check(s)
		}
		return nil
	}
}

// integers checks that an integer has at most so many bits beside its sign.
func integers(signed bool, bits uint) func(any) error {
	limit := new(big.Int).Lsh(big.NewInt(1), bits)
	low := new(big.Int)
	if signed {
		low.Neg(limit)
	}
	return func(v any) error {
		n, ok := v.(json.Number)
		if !ok {
			return nil
		}
		value, ok := new(big.Rat).SetString(n.String())
		if !ok || !value.IsInt() {
			return nil // the keyword type refuses what is no text
		}
		switch {
		case value.Num().Cmp(low) < 0 && !signed:
			return errors.New("it is negative, and integers without a sign are taken")
		case value.Num().Cmp(limit) >= 0 || value.Num().Cmp(low) < 0:
			if signed {
				return fmt.Errorf("it does not fit %d bits", bits+1)
			}
			return fmt.Errorf("it does not fit %d bits", bits)
		}
		return nil
	}
}
