package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// UnionField is one variant of a generated union on its way to the API.
type UnionField struct {
	name  string
	value any // nil if the variant is not set
}

// Set names a variant and gives its field.
func Set[T any](name string, field *T) UnionField {
	if field == nil {
		return UnionField{name: name}
	}
	return UnionField{name, field}
}

// UnionTarget is one variant of a generated union on its way from the API.
type UnionTarget struct {
	variant UnionVariant
	decode  func(data []byte) error
}

// Into gives the field that a variant is decoded into, and what tells the
// variant from the others.
func Into[T any](field **T, variant UnionVariant) UnionTarget {
	return UnionTarget{variant, func(data []byte) error {
		value := new(T)
		if err := json.Unmarshal(data, value); err != nil {
			return err
		}
		*field = value
		return nil
	}}
}

// MarshalOneOf writes the one variant of a oneOf union that is set, or raw if
// none is. Several, or none and no raw either, are an error that names them.
func MarshalOneOf(union string, raw json.RawMessage, fields ...UnionField) ([]byte, error) {
	set, names := split(fields)
	switch {
	case len(set) == 1:
		return json.Marshal(set[0].value)
	case len(set) > 1:
		return nil, fmt.Errorf("runtime: %s and %s of %s are both set: set exactly one", set[0].name, set[1].name, union)
	case len(raw) > 0:
		return raw, nil
	}
	return nil, fmt.Errorf("runtime: no field of %s is set: set one of %s", union, names)
}

// MarshalAnyOf writes the variants of an anyOf union that are set, their
// members joined, or raw if none is.
func MarshalAnyOf(union string, raw json.RawMessage, fields ...UnionField) ([]byte, error) {
	set, names := split(fields)
	switch {
	case len(set) > 0:
		values := make([]any, len(set))
		for i, field := range set {
			values[i] = field.value
		}
		return MergeJSON(values...)
	case len(raw) > 0:
		return raw, nil
	}
	return nil, fmt.Errorf("runtime: no field of %s is set: set one of %s", union, names)
}

func split(fields []UnionField) (set []UnionField, names string) {
	var all []string
	for _, field := range fields {
		all = append(all, field.name)
		if field.value != nil {
			set = append(set, field)
		}
	}
	return set, strings.Join(all, ", ")
}

// UnmarshalOneOf decodes data into the variant that fits best. Data that fits
// none is no error, since an API may gain variants: the union keeps it raw.
func UnmarshalOneOf(data []byte, targets ...UnionTarget) error {
	unmarshalUnion(data, targets, true)
	return nil
}

// UnmarshalAnyOf decodes data into every variant that fits.
func UnmarshalAnyOf(data []byte, targets ...UnionTarget) error {
	unmarshalUnion(data, targets, false)
	return nil
}

func unmarshalUnion(data []byte, targets []UnionTarget, one bool) {
	if bytes.Equal(bytes.TrimSpace(data), jsonNull) {
		return
	}
	variants := make([]UnionVariant, len(targets))
	for i, target := range targets {
		variants[i] = target.variant
	}
	for _, i := range UnionCandidates(data, variants...) {
		// A variant that matches by its members and still does not decode is
		// one that the API has changed: it stays raw.
		if targets[i].decode(data) == nil && one {
			return
		}
	}
}
