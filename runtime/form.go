package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// encodeForm writes a value that marshals to a JSON object as
// application/x-www-form-urlencoded, members in their order. Going by way of
// JSON keeps one meaning of tags, omitzero and text forms. Absent and null
// members are left out, arrays repeat their name; an object inside an object
// has no form and is an error.
func encodeForm(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out []byte
	var failed error
	add := func(name string, value json.RawMessage) {
		field, present, err := formText(value)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("member %q %w", name, err))
			return
		}
		if !present {
			return
		}
		if len(out) > 0 {
			out = append(out, '&')
		}
		// The form's own "+" for a space is left alone: %20 means the same to every reader.
		out = appendEscaped(out, name, "")
		out = append(out, '=')
		out = appendEscaped(out, field, "")
	}
	err = eachMember(text, func(name string, value json.RawMessage) {
		if jsonKind(value) != "array" {
			add(name, value)
			return
		}
		var elements []json.RawMessage
		if err := json.Unmarshal(value, &elements); err != nil {
			failed = errors.Join(failed, err)
		}
		for _, element := range elements {
			add(name, element)
		}
	})
	if err = errors.Join(err, failed); err != nil {
		return nil, err
	}
	return out, nil
}

func formText(value json.RawMessage) (text string, present bool, err error) {
	switch jsonKind(value) {
	case "null":
		return "", false, nil
	case "string":
		err := json.Unmarshal(value, &text)
		return text, true, err
	case "number", "boolean":
		return string(value), true, nil
	}
	return "", false, errors.New("is an object or an array inside another, which a form cannot hold")
}

var errNotObject = errors.New("is not a JSON object")

// eachMember calls do with the members of a JSON object in their order.
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
