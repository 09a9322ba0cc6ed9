package clientimpl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// A generated union is a struct. Each of its fields but the last is a pointer to one
// variant. The tag of the field names the discriminator and its value for the variant,
// `variant:"kind=card"`, or is `variant:""` if there is no discriminator. The last
// field, Raw, is the JSON as received.

// rawOf returns the field Raw of a union.
func rawOf(union reflect.Value) reflect.Value { return union.Field(union.NumField() - 1) }

// namesOf returns the names of the variants.
func namesOf(variants []variant) string {
	var names []string
	for _, v := range variants {
		names = append(names, v.name)
	}
	return strings.Join(names, ", ")
}

// setVariants returns the variants of a union that are set.
func setVariants(union reflect.Value) []variant {
	var set []variant
	for _, v := range shapeOf(union.Type()).variants {
		if !union.Field(v.index).IsNil() {
			set = append(set, v)
		}
	}
	return set
}

// MarshalOneOf encodes the one variant of a generated oneOf union that is set, or Raw if
// none is. It is an error if several variants are set, or neither a variant nor Raw.
func MarshalOneOf(union any) ([]byte, error) {
	v := reflect.ValueOf(union)
	set := setVariants(v)
	switch {
	case len(set) == 1:
		return jsonvalue.Marshal(v.Field(set[0].index).Interface())
	case len(set) > 1:
		return nil, fmt.Errorf("runtime: %s and %s of %s are both set: set exactly one", set[0].name, set[1].name, v.Type().Name())
	}
	return marshalRaw(v)
}

// marshalRaw encodes a union of which no variant is set.
func marshalRaw(union reflect.Value) ([]byte, error) {
	if raw := rawOf(union).Bytes(); len(raw) > 0 {
		return raw, nil
	}
	return nil, fmt.Errorf("runtime: no field of %s is set: set one of %s", union.Type().Name(), namesOf(shapeOf(union.Type()).variants))
}

// MarshalAnyOf encodes the variants of a generated anyOf union that are set, or Raw if
// none is. It joins several variants: objects member by member, arrays of the same
// length item by item. If they differ, the variant that was changed since it was
// decoded from Raw wins; if several were changed in different ways, the error names
// them. A variant that encodes to null adds nothing to others.
func MarshalAnyOf(union any) ([]byte, error) {
	v := reflect.ValueOf(union)
	set := setVariants(v)
	switch len(set) {
	case 0:
		return marshalRaw(v)
	case 1:
		return jsonvalue.Marshal(v.Field(set[0].index).Interface())
	}
	return joinVariants(v, set)
}

// UnmarshalOneOf decodes data into the variant of a generated oneOf union that it
// fits best, and keeps it in Raw. union is a pointer to the union.
//
// A value fits a variant if it is of the same JSON type (an object, an array, a number
// …), and has the variant's required members, its constants and its value of the
// discriminator. Of several such variants the best is the one for which the fewest
// members inside are missing or of another JSON type; then the one with the fewest
// unknown enum values; then the one that loses the fewest members; then the first.
// Data that fits none is not an error, because an API may add variants.
func UnmarshalOneOf(data []byte, union any) error {
	unmarshalUnion(data, union, true)
	return nil
}

// UnmarshalAnyOf decodes data into every variant of a generated anyOf union that it fits,
// in the sense of [UnmarshalOneOf], and keeps it in Raw. union is a pointer to the
// union. A variant inside which a member is missing or of another JSON type is left out
// if there is a better one.
func UnmarshalAnyOf(data []byte, union any) error {
	unmarshalUnion(data, union, false)
	return nil
}

func unmarshalUnion(data []byte, union any, one bool) {
	data, part := jsonvalue.Second(data)
	v := reflect.ValueOf(union).Elem()
	v.SetZero()
	rawOf(v).SetBytes(bytes.Clone(data))
	violations := -1 // of the first variant that could be decoded
	for _, c := range candidates(data, shapeOf(v.Type())) {
		if violations >= 0 && c.fit.violations > violations {
			return
		}
		field := v.Field(c.variant.index)
		value := reflect.New(field.Type().Elem())
		// Data that fits but cannot be decoded is due to a change of the API. It stays in Raw.
		if jsonvalue.UnmarshalVariant(part(data), value.Interface()) != nil {
			continue
		}
		field.Set(value)
		if one {
			return
		}
		if violations < 0 {
			violations = c.fit.violations
		}
	}
}

// candidate is a variant that the data fits.
type candidate struct {
	variant *variant
	fit     fit
}

// candidates returns the variants of union that data fits, the best first. Null fits
// none.
func candidates(data []byte, union *shape) []candidate {
	value, ok := parse(data)
	if !ok || value == nil {
		return nil
	}
	var found []candidate
	m := make(matcher)
	for i := range union.variants {
		v := &union.variants[i]
		if fit, ok := m.matchVariant(value, v); ok {
			at := len(found)
			for at > 0 && fit.compare(found[at-1].fit) < 0 {
				at--
			}
			found = append(found, candidate{})
			copy(found[at+1:], found[at:])
			found[at] = candidate{v, fit}
		}
	}
	return found
}

// FormatUnion prints a generated union: its type, and the variants that are set with
// their values, or Raw as text if none is set.
func FormatUnion(state fmt.State, union any) {
	v := reflect.ValueOf(union)
	var parts []string
	for _, variant := range setVariants(v) {
		parts = append(parts, variant.name+": "+string(appendValue(nil, v.Field(variant.index), 0)))
	}
	if raw := rawOf(v).Bytes(); len(parts) == 0 && len(raw) > 0 {
		parts = append(parts, "Raw: "+string(raw))
	}
	_, _ = fmt.Fprintf(state, "%s{%s}", v.Type().Name(), strings.Join(parts, ", "))
}

// appendValue appends what fmt prints with %+v, but for pointers what they point to, and
// for bytes text. Types that print themselves do so, because they may hide something.
func appendValue(dst []byte, v reflect.Value, depth int) []byte {
	const deepest, longest = 100, 1 << 20 // a program may have made a circle
	if !v.CanInterface() || depth == deepest || len(dst) > longest {
		return append(dst, "…"...)
	}
	if held, present, _ := jsonvalue.HeldIn(v.Interface()); present {
		return appendValue(dst, reflect.ValueOf(held), depth+1)
	}
	switch value := v.Interface().(type) {
	case json.RawMessage:
		return append(dst, value...)
	case fmt.Formatter, fmt.Stringer, error:
		return fmt.Appendf(dst, "%+v", value)
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return appendValue(dst, v.Elem(), depth+1)
		}
	case reflect.Struct:
		dst = append(dst, '{')
		for i := range v.NumField() {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = append(append(dst, v.Type().Field(i).Name...), ':')
			dst = appendValue(dst, v.Field(i), depth+1)
		}
		return append(dst, '}')
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return strconv.AppendQuote(dst, string(v.Bytes()))
		}
		dst = append(dst, '[')
		for i := range v.Len() {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = appendValue(dst, v.Index(i), depth+1)
		}
		return append(dst, ']')
	case reflect.Map:
		keys := v.MapKeys()
		sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
		dst = append(dst, "map["...)
		for i, key := range keys {
			if i > 0 {
				dst = append(dst, ' ')
			}
			dst = append(append(dst, key.String()...), ':')
			dst = appendValue(dst, v.MapIndex(key), depth+1)
		}
		return append(dst, ']')
	}
	return fmt.Appendf(dst, "%+v", v.Interface())
}
