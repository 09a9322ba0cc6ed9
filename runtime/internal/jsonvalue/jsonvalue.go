// Package jsonvalue is what the runtime knows of JSON beyond encoding/json: how
// integers and times are read, how lists that are nil are written, and which kind of
// value a text is.
package jsonvalue

import (
	"bytes"
	"encoding"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// Marshal returns v as JSON, as json.Marshal does, but writes each slice and map that
// [WithoutNil] finds nil as empty: null would be another value. It writes a time that
// could not be read as it was received. v may be a pointer.
func Marshal(v any) ([]byte, error) {
	value := reflect.ValueOf(v)
	for value.Kind() == reflect.Pointer && !value.IsNil() {
		value = value.Elem()
	}
	if filled, changed := WithoutNil(value); changed {
		v = filled.Interface()
	}
	text, err := json.Marshal(v)
	if err != nil {
		return marshalUnread(v, err)
	}
	return text, nil
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
