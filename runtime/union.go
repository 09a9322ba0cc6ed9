package runtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// UnionVariant is what generated code tells [UnionCandidates] about one of the
// types that a value may have.
type UnionVariant struct {
	Kind       string              // object, array, string, number (integers too), boolean, null; "" fits all
	Required   []string            // members that must be there
	Properties []string            // members that the type knows
	Const      map[string][]string // members whose value must be one of these strings
}

// UnionCandidates returns the indexes of the variants that the JSON text data
// can be, the best first. A variant fits when the kind of data is its own, all
// required members are there and each Const member has one of its values; one
// with more of its properties present is better, and among equals the first
// declared is. Text that is not JSON fits nothing.
func UnionCandidates(data []byte, variants ...UnionVariant) []int {
	kind := jsonKind(data)
	if kind == "" || !json.Valid(data) {
		return nil
	}
	var members map[string]json.RawMessage
	if kind == "object" {
		// An error is impossible after Valid, and would leave no members to match.
		_ = json.Unmarshal(data, &members)
	}
	indexes, scores := []int{}, []int{}
	for i := range variants {
		score, ok := variants[i].score(kind, members)
		if !ok {
			continue
		}
		// Behind those that are as good or better.
		at := len(scores)
		for at > 0 && scores[at-1] < score {
			at--
		}
		indexes, scores = slices.Insert(indexes, at, i), slices.Insert(scores, at, score)
	}
	return indexes
}

func (v *UnionVariant) score(kind string, members map[string]json.RawMessage) (int, bool) {
	if v.Kind != "" && v.Kind != kind {
		return 0, false
	}
	for _, name := range v.Required {
		if _, ok := members[name]; !ok {
			return 0, false
		}
	}
	for name, values := range v.Const {
		var text *string
		if err := json.Unmarshal(members[name], &text); err != nil || text == nil || !slices.Contains(values, *text) {
			return 0, false
		}
	}
	score := 0
	for _, name := range v.Properties {
		if _, ok := members[name]; ok {
			score++
		}
	}
	return score, true
}

// jsonKind tells what kind of value data begins with, or "".
func jsonKind(data []byte) string {
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

// MergeJSON writes the members of several values that marshal to JSON objects
// as one object, for a value that is of several types at once (anyOf). Members
// keep the order in which they first appear; of two with one name the later
// value wins. Values that marshal to null add nothing. A single value may be of
// any kind, since there is nothing to merge it with.
func MergeJSON(objects ...any) ([]byte, error) {
	var texts [][]byte
	for _, object := range objects {
		text, err := json.Marshal(object)
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
		return texts[0], nil
	}
	var names []string
	values := make(map[string]json.RawMessage)
	for _, text := range texts {
		if err := eachMember(text, func(name string, value json.RawMessage) {
			if _, ok := values[name]; !ok {
				names = append(names, name)
			}
			values[name] = value
		}); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			out.WriteByte(',')
		}
		quoted, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		out.Write(quoted)
		out.WriteByte(':')
		out.Write(values[name])
	}
	out.WriteByte('}')
	return out.Bytes(), nil
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
