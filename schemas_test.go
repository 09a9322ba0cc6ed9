package scopegen_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
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
		choices = 18
	}
	switch s.IntN(choices) {
	case 0:
		return s.text()
	case 1:
		return object{"type": "string", "enum": []any{"RED", "GREEN", "x-blue"}}, func() any { return []any{"RED", "GREEN", "x-blue"}[s.IntN(3)] }
	case 2:
		return s.integer()
	case 3:
		return s.number()
	case 4:
		return object{"type": "boolean"}, func() any { return s.IntN(2) == 0 }
	case 5:
		pick := s.IntN(4)
		return object{"type": "string", "format": []string{"date", "date-time", "decimal", "byte"}[pick]},
			func() any { return []any{"2024-02-29", "2024-02-29T10:00:00Z", "10.50", "aGk="}[pick] }
	case 6:
		constant := []any{"fixed", 7, true, false, 0}[s.IntN(5)]
		return object{"const": constant}, func() any {
			if n, ok := constant.(int); ok {
				return s.written(n)
			}
			return constant
		}
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
		return s.list(depth)
	case 9:
		inner, value := s.one(depth - 1)
		return object{"type": "object", "additionalProperties": inner}, func() any { return object{"k1": value(), "K1": value()} }
	case 10, 11:
		return s.object(depth)
	case 12:
		return s.joined(depth)
	case 13:
		return s.union(depth, s.IntN(2) == 0, false)
	case 14:
		// Members beside variants. A list among these is refused.
		schema, value := s.union(depth, s.IntN(2) == 0, s.IntN(4) > 0)
		base, more := s.object(depth - 1)
		for key, held := range base {
			schema[key] = held
		}
		return schema, both(value, more)
	case 15, 16:
		return s.recursive(depth)
	default:
		return s.discriminated(depth)
	}
}

// text is a string, with bounds or a pattern or without.
func (s *schemas) text() (object, values) {
	schema := object{"type": "string"}
	switch s.IntN(4) {
	case 0:
		schema["minLength"], schema["maxLength"] = 1, 6+s.IntN(3)
	case 1:
		schema["pattern"] = []string{"^text [0-9]$", "[0-9]", `^(text|word) \d`}[s.IntN(3)]
	case 2:
		schema["pattern"], schema["maxLength"] = "^te", 100
	}
	return schema, func() any { return fmt.Sprint("text ", s.IntN(9)) }
}

// integer is an integer of some size, or an enum of them, with bounds or without.
func (s *schemas) integer() (object, values) {
	if s.IntN(4) == 0 {
		listed := []int{1, 2, 1000}
		return object{"type": "integer", "enum": listed}, func() any { return s.written(listed[s.IntN(3)]) }
	}
	format := []string{"int32", "int64", "uint32", "uint64", ""}[s.IntN(5)]
	schema := object{"type": "integer"}
	if format != "" {
		schema["format"] = format
	}
	step, least, most := 1, 0, 1<<30
	switch s.IntN(4) {
	case 0:
		least, most = 5, 5000
		schema["minimum"], schema["maximum"] = least, most
	case 1:
		least, most = 1, 999
		schema["exclusiveMinimum"], schema["exclusiveMaximum"] = 0, 1000
	case 2:
		step = 10
		schema["multipleOf"] = step
	}
	limits := map[string][]json.Number{
		"int32": {"-2147483648", "2147483647"}, "uint32": {"0", "4294967295"}, "uint64": {"18446744073709551615"},
		"int64": {"-9223372036854775808", "9223372036854775807"}, "": {"-9223372036854775808", "9223372036854775807"},
	}[format]
	bounded := len(schema) > 2 || len(schema) > 1 && format == ""
	return schema, func() any {
		if !bounded && s.IntN(4) == 0 {
			return limits[s.IntN(len(limits))]
		}
		return s.written((least + s.IntN(most-least)) / step * step)
	}
}

// written returns an integer in one of the forms that JSON has for it.
func (s *schemas) written(n int) json.Number {
	switch s.IntN(4) {
	case 0:
		return json.Number(fmt.Sprint(n, ".0"))
	case 1:
		switch {
		case n == 0:
			return "0e5"
		case n%1000 == 0:
			return json.Number(fmt.Sprint(n/1000, "e3"))
		}
		return json.Number(fmt.Sprint(n, "0e-1"))
	}
	return json.Number(fmt.Sprint(n))
}

// number is a number, with bounds or without.
func (s *schemas) number() (object, values) {
	schema := object{"type": "number"}
	switch s.IntN(4) {
	case 0:
		schema["minimum"], schema["maximum"] = 0, 125
	case 1:
		schema["exclusiveMinimum"], schema["multipleOf"] = -0.5, 0.125
	case 2:
		schema["format"] = "decimal"
	}
	return schema, func() any {
		if s.IntN(4) == 0 {
			return json.Number("1e2")
		}
		return float64(s.IntN(1000)) / 8
	}
}

// list is an array, with bounds or without.
func (s *schemas) list(depth int) (object, values) {
	inner, value := s.one(depth - 1)
	schema := object{"type": "array", "items": inner}
	least := 0
	switch s.IntN(4) {
	case 0:
		least = 1
		schema["minItems"], schema["maxItems"] = least, 2
	case 1:
		schema["maxItems"] = 3
	}
	return schema, func() any { return []any{value(), value()}[:least+s.IntN(3-least)] }
}

// recursive is an object that holds others of its kind, directly or through a list,
// a map, a union, null, an allOf or another name.
func (s *schemas) recursive(depth int) (object, values) {
	name := s.declare(nil)
	self := object{"$ref": "#/types/" + name}
	if s.IntN(3) == 0 {
		self = object{"$ref": "#/types/" + s.declare(self)}
	}
	schema, plain := s.object(depth - 1)
	delete(schema, "additionalProperties")
	others := known(plain)
	levels := 3 // that are left
	var value values
	inside := func() any {
		levels--
		defer func() { levels++ }()
		return value()
	}
	s.members++
	member := fmt.Sprint("m", s.members)
	held, required := object(nil), false
	made := values(inside)
	switch s.IntN(6) {
	case 0:
		held = self
	case 1:
		held, made = object{"type": "array", "items": self}, func() any { return []any{inside()} }
		required = true
	case 2:
		held, made = object{"type": "object", "additionalProperties": self}, func() any { return object{"k": inside()} }
	case 3:
		other, otherValue := s.object(0)
		held = object{[]string{"oneOf", "anyOf"}[s.IntN(2)]: []any{self, object{"$ref": "#/types/" + s.declare(other)}}}
		made = func() any {
			if s.IntN(2) == 0 {
				return otherValue()
			}
			return inside()
		}
	case 4:
		held, required = object{"oneOf": []any{self, object{"type": "null"}}}, true
	default:
		held = object{"allOf": []any{self}}
	}
	schema["properties"].(object)[member] = held
	if required {
		list, _ := schema["required"].([]string)
		schema["required"] = append(list, member)
	}
	value = func() any {
		out := others().(object)
		switch {
		case levels > 0 && (required || s.IntN(3) > 0):
			out[member] = made()
		case required && held["items"] != nil:
			out[member] = []any{}
		case required:
			out[member] = nil
		}
		return out
	}
	if s.IntN(4) == 0 {
		base, more := s.object(0)
		delete(base, "additionalProperties")
		value = both(value, known(more))
		schema = object{"allOf": []any{object{"$ref": "#/types/" + s.declare(base)}, schema}}
	}
	s.types[name] = schema
	return object{"$ref": "#/types/" + name}, value
}

// both returns values that are of two schemas at once. They have no member of any
// kind, since one of the schemas may say what further members are.
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
		delete(joined, "anything")
		return joined
	}
}

// known returns values without the members that their schema does not name.
func known(made values) values {
	return func() any {
		out := made().(object)
		delete(out, "further")
		delete(out, "anything")
		return out
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
	further, called := values(nil), "further"
	switch s.IntN(6) {
	case 0:
		schema["additionalProperties"], further, called = true, func() any { return object{"deep": []any{1, nil}} }, "anything"
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
			out[called] = further()
		}
		return out
	}
}

// joined is an allOf, with members of its own or without.
func (s *schemas) joined(depth int) (object, values) {
	a, value := s.object(depth - 1)
	b, more := s.object(depth - 1)
	delete(a, "additionalProperties")
	value = known(value)
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

// union is a oneOf or anyOf without a discriminator. Its variants may be unions, and
// lists unless it has objects alone.
func (s *schemas) union(depth int, anyOf, objects bool) (object, values) {
	var variants []any
	var made []values
	for range 2 + s.IntN(2) {
		schema, value := object(nil), values(nil)
		switch kind := s.IntN(4); {
		case kind == 0 && depth > 0:
			schema, value = s.union(depth-1, s.IntN(2) == 0, objects)
		case kind < 2 && !objects:
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
