package clientimpl

import (
	"bytes"
	"cmp"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"time"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// A fit says how well a JSON value fits a shape. Each count is of reasons that
// speak against it, those of the first field weighing most.
type fit struct {
	violations int // members inside that are missing, or have a value of another shape
	unfamiliar int // values of an enum that the catalogue does not list
	lost       int // members that the type has no place for
	loose      int // members that the type keeps without knowing them
}

func (f fit) compare(g fit) int {
	return cmp.Or(cmp.Compare(f.violations, g.violations), cmp.Compare(f.unfamiliar, g.unfamiliar), cmp.Compare(f.lost, g.lost), cmp.Compare(f.loose, g.loose))
}

func (f *fit) add(g fit) {
	f.violations += g.violations
	f.unfamiliar += g.unfamiliar
	f.lost += g.lost
	f.loose += g.loose
}

// matcher compares one JSON value with shapes. It remembers how the objects and
// arrays inside fit which union: unions inside unions would otherwise compare the
// same value with the same variants over and over.
type matcher map[matched]*result

type matched struct {
	value uintptr // of the map or the array
	shape *shape
}

type result struct {
	fit fit
	ok  bool
}

// parse returns data as json.Unmarshal does, numbers as json.Number. It returns
// false for what is not JSON.
func parse(data []byte) (any, bool) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return nil, false
	}
	_, err := decoder.Token()
	return value, err != nil // nothing may follow
}

// match returns how value fits s. It returns false for what cannot be meant for
// s: a value of another kind, an object without a required member or with
// another value for a constant one, a value that the type does not decode.
func (m matcher) match(value any, s *shape) (fit, bool) {
	switch {
	case len(s.variants) > 0:
		return m.matchUnion(value, s)
	case s.kind == "" && s.leaf == nil:
		return fit{loose: 1}, true // any value
	}
	if value == nil {
		return fit{}, false
	}
	if s.kind != "" && s.kind != kindOf(value) {
		return fit{}, false
	}
	switch value := value.(type) {
	case map[string]any:
		if s.leaf == nil {
			return m.matchObject(value, s)
		}
	case []any:
		if s.leaf == nil {
			var sum fit
			for _, item := range value {
				sum.add(m.inside(item, s.items))
			}
			return sum, true
		}
	}
	if s.leaf == nil {
		return fit{}, true
	}
	return matchLeaf(value, s)
}

// inside returns how a value inside another fits s. What does not fit there at
// all is one violation of the whole.
func (m matcher) inside(value any, s *shape) fit {
	inner, ok := m.match(value, s)
	if !ok {
		return fit{violations: 1}
	}
	return inner
}

func (m matcher) matchObject(value map[string]any, s *shape) (fit, bool) {
	var sum fit
	for name, member := range s.members {
		held, present := value[name]
		switch {
		case !present && member.required:
			return fit{}, false
		case !present:
		case member.fixed && textOf(held) != member.constant:
			return fit{}, false
		case held == nil && !member.required && !member.shape.takesNull():
			sum.lost++ // a null that is read as absent
		default:
			sum.add(m.inside(held, member.shape))
		}
	}
	for name, held := range value {
		if s.members[name] != nil {
			continue
		}
		if s.others == nil {
			sum.lost++
			continue
		}
		sum.loose++
		sum.add(m.inside(held, s.others))
	}
	return sum, true
}

// takesNull reports whether null is a value of s.
func (s *shape) takesNull() bool {
	if s.nullable || s.kind == "" && s.leaf == nil && len(s.variants) == 0 {
		return true
	}
	return slices.ContainsFunc(s.variants, func(v variant) bool { return v.shape.takesNull() })
}

// matchUnion returns how value fits the variant of s that it fits best.
func (m matcher) matchUnion(value any, s *shape) (fit, bool) {
	if value == nil {
		return fit{}, s.takesNull()
	}
	key := matched{shape: s}
	switch value.(type) {
	case map[string]any, []any:
		key.value = reflect.ValueOf(value).Pointer()
	}
	if known := m[key]; known != nil && key.value != 0 {
		return known.fit, known.ok
	}
	var best result
	for i := range s.variants {
		one, ok := m.matchVariant(value, &s.variants[i])
		if ok && (!best.ok || one.compare(best.fit) < 0) {
			best = result{one, true}
		}
	}
	m[key] = &best
	return best.fit, best.ok
}

func (m matcher) matchVariant(value any, v *variant) (fit, bool) {
	object, _ := value.(map[string]any)
	for name, values := range v.tells {
		held, present := object[name]
		if !present || !slices.Contains(values, textOf(held)) {
			return fit{}, false
		}
	}
	return m.match(value, v.shape)
}

// matchLeaf decides by decoding.
func matchLeaf(value any, s *shape) (fit, bool) {
	if s.leaf == reflect.TypeFor[time.Time]() || jsonvalue.IsDate(s.leaf) {
		// What is nearly a time is meant as one only where nothing else can be meant.
		text, ok := value.(string)
		return fit{}, ok && reflect.New(s.leaf).Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(text)) == nil
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fit{}, false
	}
	v := reflect.New(s.leaf)
	if jsonvalue.Unmarshal(text, v.Interface()) != nil {
		return fit{}, false
	}
	if s.known && !v.Elem().Interface().(enumeration).Known() {
		return fit{unfamiliar: 1}, true
	}
	return fit{}, true
}

// textOf returns the text of a scalar, to compare it with a constant: a
// discriminator's values are texts, also where its member is a number.
func textOf(value any) string {
	switch value := value.(type) {
	case string:
		return value
	case json.Number:
		return string(jsonvalue.PlainInteger([]byte(value)))
	case bool:
		if value {
			return "true"
		}
		return "false"
	}
	return ""
}

func kindOf(value any) string {
	switch value.(type) {
	case map[string]any:
		return "object"
	case []any:
		return "array"
	case string:
		return "string"
	case json.Number:
		return "number"
	case bool:
		return "boolean"
	}
	return "null"
}
