package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// encodeForm returns v, which marshals to a JSON object, as
// application/x-www-form-urlencoded, with the members in their order. It encodes
// by way of JSON, so that tags, omitzero and marshalers mean the same in a form.
// Null members are left out; an array becomes one pair for each element; an
// object inside the object is an error.
func encodeForm(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out []byte
	var failed error
	err = eachMember(text, func(name string, value json.RawMessage) {
		texts, err := jsonTexts(value)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("member %q %w", name, err))
		}
		for _, text := range texts {
			if len(out) > 0 {
				out = append(out, '&')
			}
			// A space becomes %20 rather than "+", because every server decodes %20.
			out = appendEscaped(out, name, "")
			out = append(out, '=')
			out = appendEscaped(out, text, "")
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return out, nil
}

// jsonTexts returns the strings that a JSON value is sent as in a form or a
// parameter: none for null, one for each element of an array, else one.
func jsonTexts(value json.RawMessage) ([]string, error) {
	elements := []json.RawMessage{value}
	if jsonKind(value) == "array" {
		if err := json.Unmarshal(value, &elements); err != nil {
			return nil, err
		}
	}
	var texts []string
	for _, element := range elements {
		switch jsonKind(element) {
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

var errNotObject = errors.New("is not a JSON object")

// eachMember calls do for each member of a JSON object, in their order.
func eachMember(text []byte, do func(name string, value json.RawMessage)) error {
	if kind := jsonKind(text); kind != "object" {
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
