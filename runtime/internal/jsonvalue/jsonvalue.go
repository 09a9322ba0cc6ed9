// Package jsonvalue is what the runtime knows of JSON beyond encoding/json: how
// integers are read, how lists that are nil are written, and which kind of value a
// text is.
package jsonvalue

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// Unmarshal reads JSON as json.Unmarshal does, and reads an integer in each of
// its forms: to JSON Schema 1.0 and 1e3 are integers, and encoding/json refuses
// them.
func Unmarshal(data []byte, v any) error {
	err := json.Unmarshal(data, v)
	mismatch, ok := errors.AsType[*json.UnmarshalTypeError](err)
	if !ok || !strings.HasPrefix(mismatch.Value, "number") {
		return err
	}
	// If data has another mistake too, the offset of the first error is right for
	// data, and that of the second is not.
	if json.Unmarshal(plainIntegers(data, reflect.TypeOf(v)), v) != nil {
		return err
	}
	return nil
}

// Marshal returns v as JSON, as json.Marshal does, but writes each slice and map that
// [WithoutNil] finds nil as empty: null would be another value. v may be a pointer.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if filled, changed := WithoutNil(value); changed {
		return json.Marshal(filled.Interface())
	}
	return json.Marshal(v)
}

// WithoutNil returns v with an empty slice or map in place of each that is nil: v
// itself, and the elements of slices and maps at any depth. It leaves alone what is
// inside structs and pointers, and types that write their JSON themselves. A slice or
// map with such an element is copied, so that nobody who shares v sees a change.
func WithoutNil(v reflect.Value) (filled reflect.Value, changed bool) {
	switch {
	case !v.IsValid() || !becomesNull(v.Type()):
		return v, false
	case v.IsNil() && v.Kind() == reflect.Map:
		return reflect.MakeMap(v.Type()), true
	case v.IsNil():
		return reflect.MakeSlice(v.Type(), 0, 0), true
	case !becomesNull(v.Type().Elem()):
		return v, false
	case v.Kind() == reflect.Map:
		return mapWithoutNil(v)
	}
	out := v
	for i := range v.Len() {
		item, itemChanged := WithoutNil(v.Index(i))
		if !itemChanged {
			continue
		}
		if !changed {
			out, changed = reflect.MakeSlice(v.Type(), v.Len(), v.Len()), true
			reflect.Copy(out, v)
		}
		out.Index(i).Set(item)
	}
	return out, changed
}

func mapWithoutNil(v reflect.Value) (filled reflect.Value, changed bool) {
	out := reflect.MakeMapWithSize(v.Type(), v.Len())
	for entries := v.MapRange(); entries.Next(); {
		value, valueChanged := WithoutNil(entries.Value())
		out.SetMapIndex(entries.Key(), value)
		changed = changed || valueChanged
	}
	return out, changed
}

// becomesNull reports whether a nil value of t is null in JSON though t has an empty
// value: whether it is a slice or a map without a JSON form of its own.
func becomesNull(t reflect.Type) bool {
	return (t.Kind() == reflect.Slice || t.Kind() == reflect.Map) && !writesItself(t)
}

// writesItself reports whether t has a JSON form of its own.
func writesItself(t reflect.Type) bool {
	return t.Implements(reflect.TypeFor[json.Marshaler]()) || t.Implements(reflect.TypeFor[encoding.TextMarshaler]())
}

// plainIntegers returns data with each number in plain digits that the type t
// reads into an integer of Go. It leaves alone what is not an integer, and what
// types with a way of their own read from JSON.
func plainIntegers(data []byte, t reflect.Type) []byte {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
		if reflect.PointerTo(t).Implements(unmarshalerType) {
			return data
		}
	}
	switch kind := Kind(data); {
	case kind == "number" && IsInteger(t):
		return PlainInteger(data)
	case kind == "array" && (t.Kind() == reflect.Slice || t.Kind() == reflect.Array):
		var items []json.RawMessage
		if json.Unmarshal(data, &items) != nil {
			return data
		}
		for i, item := range items {
			items[i] = plainIntegers(item, reflect.PointerTo(t.Elem()))
		}
		return remarshal(data, items)
	case kind == "object" && (t.Kind() == reflect.Struct || t.Kind() == reflect.Map):
		var members map[string]json.RawMessage
		if json.Unmarshal(data, &members) != nil {
			return data
		}
		for name, value := range members {
			if held, ok := memberType(t, name); ok {
				members[name] = plainIntegers(value, reflect.PointerTo(held))
			}
		}
		return remarshal(data, members)
	}
	return data
}

var unmarshalerType = reflect.TypeFor[json.Unmarshaler]()

// remarshal returns v as JSON, or data if that is impossible.
func remarshal(data []byte, v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		return data
	}
	return text
}

// memberType returns the type that t, a struct or a map, has for a JSON member.
func memberType(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for i := range t.NumField() {
		field := t.Field(i)
		if tag, _, _ := strings.Cut(field.Tag.Get("json"), ","); tag == name && field.IsExported() {
			return field.Type, true
		}
	}
	return nil, false
}

// IsInteger reports whether t is one of the integer types of Go, or is made of one.
func IsInteger(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr
}

// Limits of the numbers that PlainInteger computes, so that a short text cannot cost
// much time or memory.
const (
	maxLength   = 1000
	maxExponent = 1000
)

// PlainInteger returns the digits of a number that is an integer of at most 64
// bits, and any other number as it is.
func PlainInteger(data []byte) []byte {
	text := strings.ToLower(strings.TrimSpace(string(data)))
	if _, exponent, found := strings.Cut(text, "e"); found {
		// Larger exponents leave every integer of Go, and would cost time to compute.
		if n, err := strconv.Atoi(exponent); err != nil || n > maxExponent || n < -maxExponent {
			return data
		}
	}
	if len(text) > maxLength {
		return data
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || !r.IsInt() || r.Num().BitLen() > 64 {
		return data
	}
	return []byte(r.Num().String())
}

// Kind returns the kind of the JSON value that data begins with: object, array,
// string, number, boolean, null, or "".
func Kind(data []byte) string {
	data = bytes.TrimLeft(data, " \t\r\n")
	if len(data) == 0 {
		return ""
	}
	switch c := data[0]; {
	case c == '{':
		return "object"
	case c == '[':
		return "array"
	case c == '"':
		return "string"
	case c == 't' || c == 'f':
		return "boolean"
	case c == 'n':
		return "null"
	case c == '-' || c >= '0' && c <= '9':
		return "number"
	}
	return ""
}
