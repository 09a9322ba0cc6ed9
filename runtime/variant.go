package runtime

import (
	"bytes"
	"encoding/json"
	"slices"
)

// UnionVariant is what generated code tells [Into] about one of the types that a
// value may have. A variant fits when the kind of the JSON text is its own, all
// required members are there and each Const member has one of its values; one
// with more of its properties present is better, and among equals the first
// declared is. Text that is not JSON fits nothing.
type UnionVariant struct {
	Kind       string              // object, array, string, number (integers too), boolean, null; "" fits all
	Required   []string            // members that must be there
	Properties []string            // members that the type knows
	Const      map[string][]string // members whose value must be one of these strings
}

// candidates returns the targets whose variants fit data, the best first.
func candidates(data []byte, targets []UnionTarget) []*UnionTarget {
	kind := jsonKind(data)
	if kind == "" || !json.Valid(data) {
		return nil
	}
	var members map[string]json.RawMessage
	if kind == "object" {
		// An error is impossible after Valid, and would leave no members to match.
		_ = json.Unmarshal(data, &members)
	}
	var found []*UnionTarget
	for i := range targets {
		t := &targets[i]
		var fits bool
		if t.score, fits = t.variant.score(kind, members); !fits {
			continue
		}
		found = append(found, t)
		// Behind those that are as good or better.
		for at := len(found) - 1; at > 0 && found[at-1].score < t.score; at-- {
			found[at-1], found[at] = t, found[at-1]
		}
	}
	return found
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
