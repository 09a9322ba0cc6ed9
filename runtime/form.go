package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// encodeForm returns v, which marshals to a JSON object, as
// application/x-www-form-urlencoded, with the members in their order. It encodes
// by way of JSON, so that tags, omitzero and marshalers mean the same in a form.
// Null members are left out; an array becomes one pair for each element; an
// object inside the object is an error.
func encodeForm(v any) ([]byte, error) {
	text, err := jsonvalue.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out []byte
	var failed error
	err = eachMember(text, func(name string, value json.RawMessage) {
		texts, err := jsonTexts(value)
		if err == nil && len(texts) == 0 && jsonvalue.Kind(value) == "array" {
			err = errNoForm
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("member %q %w", name, err))
		}
		for _, text := range texts {
			out = appendPair(out, name, text)
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return out, nil
}

// encodeDeepForm returns v, which marshals to a JSON object, as encodeForm does,
// with a pair for each value inside objects and arrays.
func encodeDeepForm(v any) ([]byte, error) {
	text, err := jsonvalue.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out []byte
	var failed error
	err = eachMember(text, func(name string, value json.RawMessage) {
		var err error
		out, err = appendDeep(out, name, value)
		failed = errors.Join(failed, err)
	})
	return out, errors.Join(err, failed)
}

// appendDeep adds to pairs one for each string, number and boolean in a JSON
// value: name=value, name[member]=value for a member of an object, name[0]=value
// for an element of an array. Null adds nothing.
func appendDeep(pairs []byte, name string, value json.RawMessage) ([]byte, error) {
	switch jsonvalue.Kind(value) {
	case "object":
		var failed error
		err := eachMember(value, func(member string, inner json.RawMessage) {
			var err error
			pairs, err = appendDeep(pairs, name+"["+member+"]", inner)
			failed = errors.Join(failed, err)
		})
		return pairs, errors.Join(err, failed)
	case "array":
		var elements []json.RawMessage
		if err := json.Unmarshal(value, &elements); err != nil {
			return pairs, err
		}
		if len(elements) == 0 {
			return pairs, fmt.Errorf("%q %w", name, errNoForm)
		}
		for i, element := range elements {
			var err error
			if pairs, err = appendDeep(pairs, fmt.Sprintf("%s[%d]", name, i), element); err != nil {
				return pairs, err
			}
		}
		return pairs, nil
	}
	texts, err := jsonTexts(value)
	for _, text := range texts {
		pairs = appendPair(pairs, name, text)
	}
	return pairs, err
}

// appendPair adds name=text to the pairs of a query or a form. A space becomes %20
// rather than "+", because every server decodes %20.
func appendPair(pairs []byte, name, text string) []byte {
	if len(pairs) > 0 {
		pairs = append(pairs, '&')
	}
	pairs = appendEscaped(pairs, name, "")
	pairs = append(pairs, '=')
	return appendEscaped(pairs, text, "")
}

// jsonTexts returns the strings that a JSON value is sent as in a form or a
// parameter: none for null, one for each element of an array, else one.
func jsonTexts(value json.RawMessage) ([]string, error) {
	elements := []json.RawMessage{value}
	if jsonvalue.Kind(value) == "array" {
		if err := json.Unmarshal(value, &elements); err != nil {
			return nil, err
		}
	}
	var texts []string
	for _, element := range elements {
		switch jsonvalue.Kind(element) {
		case "null":
		case "string":
			var text string
			if err := json.Unmarshal(element, &text); err != nil {
				return nil, err
			}
			texts = append(texts, text)
		case "number", "boolean":
			texts = append(texts, string(element))
		default:
			return nil, errors.New("is an object, or an array that holds objects or arrays: only JSON can express that")
		}
	}
	return texts, nil
}

var errNoForm = errors.New("is a list without an element, which a form and a query cannot say: give it one, or leave the list out if it is optional")

var errNotObject = errors.New("is not a JSON object")

// eachMember calls do for each member of a JSON object, in their order.
func eachMember(text []byte, do func(name string, value json.RawMessage)) error {
	if kind := jsonvalue.Kind(text); kind != "object" {
		return fmt.Errorf("runtime: %.40q %w", text, errNotObject)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return err
		}
		do(name.(string), value) // a member's name is a string, else Token fails
	}
	return nil
}
