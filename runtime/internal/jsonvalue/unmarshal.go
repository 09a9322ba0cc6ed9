package jsonvalue

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"
)

// Unmarshal reads JSON as json.Unmarshal does, and reads what real servers write for
// integers and times and encoding/json refuses: an integer in each of its forms (to
// JSON Schema 1.0 and 1e3 are integers), and a time as [readTime] does.
//
// JSON that encoding/json reads costs no more than with it. Other JSON is read a second
// time, type by type. Only the outermost value is: a reader inside would read its part
// once for each value around it that fails, so that the work doubled with each.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	if _, malformed := errors.AsType[*json.SyntaxError](err); err == nil || malformed {
		return err
	}
	to := reflect.ValueOf(v)
	if to.Kind() != reflect.Pointer || to.IsNil() {
		return err
	}
	to = to.Elem()
	to.SetZero()
	if read(data, to) != nil {
		return err // it is about data as it stands
	}
	return nil
}

// UnmarshalInside is [Unmarshal] for a part of a value: for a method UnmarshalJSON of
// the runtime and of generated types. A single integer or time is read in each form
// here too, so that json.Unmarshal does that for the types of the runtime.
func UnmarshalInside(data []byte, v any) error {
	if t := reflect.TypeOf(v).Elem(); t == timeType || IsInteger(t) {
		return UnmarshalVariant(data, v)
	}
	if rest, again := second(data); again {
		return read(rest, reflect.ValueOf(v).Elem())
	}
	return json.Unmarshal(data, v)
}

// UnmarshalVariant is [Unmarshal] for a part of a value that is read in each form on the
// first reading too, such as a variant of a union.
func UnmarshalVariant(data []byte, v any) error {
	if rest, again := second(data); again {
		return read(rest, reflect.ValueOf(v).Elem())
	}
	return Unmarshal(data, v)
}

// again begins the JSON that a method UnmarshalJSON is given on the second reading. No
// JSON begins so, and what a server sends is held to be JSON before it gets there.
const again = 0

// second returns data without the sign of the second reading, and whether it had one.
func second(data []byte) ([]byte, bool) {
	if len(data) > 0 && data[0] == again {
		return data[1:], true
	}
	return data, false
}

// Second is for a method UnmarshalJSON of a generated type, which may be called for
// the second reading. It returns the JSON, and a function that prepares a part of it
// for [UnmarshalInside] or [UnmarshalVariant].
func Second(data []byte) (text []byte, part func([]byte) []byte) {
	text, isSecond := second(data)
	if !isSecond {
		return data, func(text []byte) []byte { return text }
	}
	return text, marked
}

func marked(text []byte) []byte { return append([]byte{again}, text...) }

// read reads JSON into v, which is zero.
func read(data []byte, v reflect.Value) error {
	t := v.Type()
	pointer := v.Addr().Interface()
	if t == timeType {
		return unmarshalTime(data, pointer.(*time.Time))
	}
	if own, ok := pointer.(json.Unmarshaler); ok {
		if _, _, held := Held(t); held || isGenerated(t) {
			return own.UnmarshalJSON(marked(data))
		}
		return json.Unmarshal(data, pointer)
	}
	if _, ok := pointer.(encoding.TextUnmarshaler); ok {
		return json.Unmarshal(data, pointer)
	}
	kind := Kind(data)
	switch {
	case kind == "null":
		return nil
	case t.Kind() == reflect.Pointer:
		v.Set(reflect.New(t.Elem()))
		return read(data, v.Elem())
	case kind == "number" && IsInteger(t):
		return json.Unmarshal(PlainInteger(data), pointer)
	case kind == "array" && t.Kind() == reflect.Slice:
		return readSlice(data, v)
	case kind == "object" && t.Kind() == reflect.Map && t.Key().Kind() == reflect.String && !reflect.PointerTo(t.Key()).Implements(textUnmarshalerType):
		return readMap(data, v)
	case kind == "object" && t.Kind() == reflect.Struct:
		return readStruct(data, v)
	}
	return json.Unmarshal(data, pointer)
}

var (
	timeType            = reflect.TypeFor[time.Time]()
	textUnmarshalerType = reflect.TypeFor[encoding.TextUnmarshaler]()
)

// isGenerated reports whether t, which has a method UnmarshalJSON, is generated: a
// union, or a struct that keeps members without a field. Both have a field beside
// those of the JSON.
func isGenerated(t reflect.Type) bool {
	if t.Kind() != reflect.Struct || t.NumField() == 0 {
		return false
	}
	last := t.Field(t.NumField() - 1)
	return last.Name == "Raw" && last.Type == reflect.TypeFor[json.RawMessage]() || last.Name == "AdditionalProperties" && last.Type.Kind() == reflect.Map
}

func readSlice(data []byte, v reflect.Value) error {
	var items []json.RawMessage
	if err := json.Unmarshal(data, &items); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		if err := read(item, v.Index(i)); err != nil {
			return err
		}
	}
	return nil
}

func readMap(data []byte, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	v.Set(reflect.MakeMapWithSize(v.Type(), len(members)))
	for name, text := range members {
		value := reflect.New(v.Type().Elem()).Elem()
		if err := read(text, value); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(name).Convert(v.Type().Key()), value)
	}
	return nil
}

// readStruct reads the members of an object as encoding/json does.
func readStruct(data []byte, v reflect.Value) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	for i := range v.NumField() {
		field := v.Type().Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		switch {
		case !field.IsExported(), name == "-" && options == "":
			continue
		case field.Anonymous && name == "" || strings.Contains(options, "string"):
			return fmt.Errorf("the field %s is read by encoding/json alone", field.Name)
		case name == "":
			name = field.Name
		}
		text, ok := members[name]
		for other, value := range members {
			if ok {
				break
			}
			if strings.EqualFold(other, name) {
				text, ok = value, true
			}
		}
		if !ok {
			continue
		}
		if err := read(text, v.Field(i)); err != nil {
			return err
		}
	}
	return nil
}
