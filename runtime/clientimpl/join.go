package clientimpl

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// A wording is what one variant of an anyOf union says of a value: now, and when
// it was decoded from what came.
type wording struct {
	variant  string
	now, was any // as parse returns them; nil for null and for nothing
	present  bool
	had      bool // was there when it was decoded
}

func (w wording) changed() bool { return w.present != w.had || !equal(w.now, w.was) }

// joinVariants writes several variants of an anyOf union as one value.
func joinVariants(union reflect.Value, set []variant) ([]byte, error) {
	raw := rawOf(union).Bytes()
	fits := make(map[int]bool)
	for _, c := range candidates(raw, shapeOf(union.Type())) {
		fits[c.variant.index] = true
	}
	var all []wording
	for _, v := range set {
		field := union.Field(v.index)
		now, err := jsonvalue.Marshal(field.Interface())
		if err != nil {
			return nil, err
		}
		w := wording{variant: v.name, present: true}
		if w.now, _ = parse(now); w.now == nil {
			continue
		}
		if fits[v.index] {
			before := reflect.New(field.Type().Elem())
			if jsonvalue.Unmarshal(raw, before.Interface()) == nil {
				if text, err := jsonvalue.Marshal(before.Interface()); err == nil {
					w.was, w.had = parse(text)
				}
			}
		}
		all = append(all, w)
	}
	if len(all) == 0 {
		return []byte("null"), nil
	}
	joined, _, err := join(all, union.Type().Name())
	if err != nil {
		return nil, err
	}
	return json.Marshal(joined)
}

// join returns what all wordings together say of the value at a place, and
// whether there is one.
func join(all []wording, place string) (value any, present bool, err error) {
	if objects, ok := split(all, members); ok {
		joined := make(map[string]any)
		for name, inner := range objects {
			value, present, err := join(inner, place+"."+name)
			if err != nil {
				return nil, false, err
			}
			if present {
				joined[name] = value
			}
		}
		return joined, true, nil
	}
	if sameLength(all) {
		lists, _ := split(all, elements)
		joined := make([]any, len(lists))
		for i, inner := range lists {
			if joined[i], _, err = join(inner, fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return nil, false, err
			}
		}
		return joined, true, nil
	}
	chosen := all[0]
	for _, w := range all[1:] {
		switch {
		case w.present == chosen.present && equal(w.now, chosen.now):
		case w.changed() && !chosen.changed() && agreed(w, chosen):
			chosen = w
		case chosen.changed() && !w.changed() && agreed(w, chosen):
		case !w.changed() && !chosen.changed(): // both are ways to write what came
		default:
			return nil, false, fmt.Errorf("runtime: %s and %s say different things of %s: set the same in both, or leave one of them nil", chosen.variant, w.variant, place)
		}
	}
	return chosen.now, chosen.present, nil
}

// agreed reports whether two variants said the same when they were decoded, so
// that what one of them says now can stand for both. A scalar was the same if it
// came from the same JSON.
func agreed(a, b wording) bool {
	return a.had && b.had && (equal(a.was, b.was) || isScalar(a.was) && isScalar(b.was))
}

func isScalar(value any) bool {
	kind := kindOf(value)
	return kind != "object" && kind != "array"
}

// split divides wordings of composed values into those of their parts. It returns
// false unless all are composed in this way.
func split[K comparable](all []wording, parts func(any) (map[K]any, bool)) (map[K][]wording, bool) {
	out := make(map[K][]wording)
	for _, w := range all {
		now, ok := parts(w.now)
		if !ok || !w.present {
			return nil, false
		}
		was := map[K]any{}
		if w.had {
			if was, ok = parts(w.was); !ok {
				return nil, false
			}
		}
		for key := range now {
			held, had := was[key]
			out[key] = append(out[key], wording{w.variant, now[key], held, true, had})
		}
		for key, held := range was {
			if _, kept := now[key]; !kept {
				out[key] = append(out[key], wording{w.variant, nil, held, false, true})
			}
		}
	}
	return out, true
}

func members(value any) (map[string]any, bool) {
	object, ok := value.(map[string]any)
	return object, ok
}

func elements(value any) (map[int]any, bool) {
	list, ok := value.([]any)
	out := make(map[int]any, len(list))
	for i, item := range list {
		out[i] = item
	}
	return out, ok
}

// sameLength reports whether all are arrays with one number of items, now and
// when they were decoded.
func sameLength(all []wording) bool {
	first, _ := all[0].now.([]any)
	for _, w := range all {
		now, ok := w.now.([]any)
		if !ok || len(now) != len(first) {
			return false
		}
		if was, ok := w.was.([]any); w.had && (!ok || len(was) != len(first)) {
			return false
		}
	}
	return true
}

// equal reports whether two JSON values are the same, 1.0 and 1 included.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			if other, ok := b[name]; !ok || !equal(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i, value := range a {
			if !equal(value, b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || sameNumber(string(a), string(b)))
	}
	return a == b
}

func sameNumber(a, b string) bool {
	x, _, err := big.ParseFloat(a, 10, 512, big.ToNearestEven)
	y, _, wrong := big.ParseFloat(b, 10, 512, big.ToNearestEven)
	return err == nil && wrong == nil && x.Cmp(y) == 0
}
