package spec

import (
	"bytes"
	"encoding/json"
	"math/big"
	"reflect"
	"strconv"
	"strings"
)

// Type returns the JSON type of the literal: "string", "integer" (a number
// written without fraction and exponent), "number", "boolean", "null",
// "object" or "array".
func (l Literal) Type() string {
	switch {
	case l.JSON == "":
		return ""
	case l.JSON == "null":
		return "null"
	case l.JSON == "true" || l.JSON == "false":
		return "boolean"
	case l.JSON[0] == '"':
		return "string"
	case l.JSON[0] == '[':
		return "array"
	case l.JSON[0] == '{':
		return "object"
	case strings.ContainsAny(l.JSON, ".eE"):
		return "number"
	default:
		return "integer"
	}
}

// Text returns the content of a literal that is a string, and reports whether it is
// one.
func (l Literal) Text() (text string, ok bool) {
	if l.Type() != "string" {
		return "", false
	}
	if !strings.Contains(l.JSON, `\`) {
		return l.JSON[1 : len(l.JSON)-1], true
	}
	ok = json.Unmarshal([]byte(l.JSON), &text) == nil
	return text, ok
}

// Equal reports whether two literals are the same JSON value: numbers by their
// value, objects whatever the order of their members.
func (l Literal) Equal(other Literal) bool {
	if l.JSON == other.JSON {
		return true
	}
	x, okX := l.value()
	y, okY := other.value()
	return okX && okY && reflect.DeepEqual(x, y)
}

// value is the literal in a form in which equal values are deeply equal.
func (l Literal) value() (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(l.JSON)))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil {
		return nil, false
	}
	return canonical(v), true
}

func canonical(v any) any {
	switch v := v.(type) {
	case json.Number:
		if n := (&Literal{JSON: v.String()}).Rat(); n != nil {
			return json.Number(n.RatString())
		}
	case []any:
		for i := range v {
			v[i] = canonical(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = canonical(v[key])
		}
	}
	return v
}

// Rat returns the value of a literal that is a number of moderate size, else nil:
// a few bytes can name a number of a billion digits. It is nil for a nil literal.
func (l *Literal) Rat() *big.Rat {
	const most = 400 // digits, and the exponent
	if l == nil || len(l.JSON) > most {
		return nil
	}
	if i := strings.IndexAny(l.JSON, "eE"); i >= 0 {
		if exponent, err := strconv.Atoi(l.JSON[i+1:]); err != nil || max(exponent, -exponent) > most {
			return nil
		}
	}
	n, ok := new(big.Rat).SetString(l.JSON)
	if !ok {
		return nil
	}
	return n
}
