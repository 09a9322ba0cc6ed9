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
	score   int
}

// Into gives the field that a variant is decoded into, and what tells the
// variant from the others.
func Into[T any](field **T, variant UnionVariant) UnionTarget {
	return UnionTarget{variant: variant, decode: func(data []byte) error {
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

// MarshalAnyOf writes the variants of an anyOf union that are set, or raw if none
// is. Members of several are joined, sorted by name; of two with one name the
// later variant's wins. A variant that marshals to null adds nothing, and several
// that are not objects are an error.
func MarshalAnyOf(union string, raw json.RawMessage, fields ...UnionField) ([]byte, error) {
	set, names := split(fields)
	switch {
	case len(set) > 0:
		return mergeJSON(set)
	case len(raw) > 0:
		return raw, nil
	}
	return nil, fmt.Errorf("runtime: no field of %s is set: set one of %s", union, names)
}

func mergeJSON(fields []UnionField) ([]byte, error) {
	var texts [][]byte
	for _, field := range fields {
		text, err := json.Marshal(field.value)
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(text, jsonNull) {
			texts = append(texts, text)
		}
	}
	switch len(texts) {
	case 0:
		return jsonNull, nil
	case 1:
		return texts[0], nil // of any kind, since there is nothing to merge it with
	}
	members := make(map[string]json.RawMessage)
	for _, text := range texts {
		if jsonKind(text) != "object" {
			return nil, fmt.Errorf("runtime: %.40q %w", text, errNotObject)
		}
		if err := json.Unmarshal(text, &members); err != nil {
			return nil, err
		}
	}
	return json.Marshal(members)
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
	for _, target := range candidates(data, targets) {
		// A variant that matches by its members and still does not decode is
		// one that the API has changed: it stays raw.
		if target.decode(data) == nil && one {
			return
		}
	}
}
