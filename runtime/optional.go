package runtime

import (
	"bytes"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// Optional is a value that may be absent, which differs from zero, empty and null. The
// zero Optional is absent, and an absent Optional is always the zero one. A null that is
// received becomes absent.
//
// In generated structs it stands for the texts, numbers, booleans and times that may be
// absent, because each of their zero values is a value. What else may be absent needs no
// Optional: an object is a pointer, a list or a map is nil, an enumeration that does not
// list its zero value is zero, and a [Nullable] tells by itself. All of these fields have
// the tag `json:"name,omitzero"`, so that what is absent is not sent.
type Optional[T any] struct {
	value   T
	present bool
}

// Some returns an Optional that holds v.
func Some[T any](v T) Optional[T] { return Optional[T]{value: v, present: true} }

// Get returns the value, and whether it is present.
func (o Optional[T]) Get() (T, bool) { return o.value, o.present }

// Or returns the value, or fallback if it is absent.
func (o Optional[T]) Or(fallback T) T {
	if o.present {
		return o.value
	}
	return fallback
}

// Format prints the value as package fmt does, so that a value that hides a secret does
// so here too, or "absent". For %#v it prints the call of [Some].
//
//go:noinline
func (o Optional[T]) Format(state fmt.State, verb rune) {
	formatPresent(state, verb, "Some", o.value, o.present, "absent")
}

// LogValue gives log handlers the value, or "absent".
//
//go:noinline
func (o Optional[T]) LogValue() slog.Value { return logPresent(o.value, o.present, "absent") }

// MarshalJSON encodes the value, or null if it is absent. In a struct, omitzero leaves
// out an absent member, so null appears only where nothing can be left out, such as in
// a list.
//
//go:noinline
func (o Optional[T]) MarshalJSON() ([]byte, error) { return marshalPresent(&o.value, o.present) }

// UnmarshalJSON decodes a value. null makes it absent.
//
//go:noinline
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	v := new(T)
	present, err := unmarshalPresent(data, v)
	if err == nil {
		o.value, o.present = *v, present
	}
	return err
}

// Nullable is a value, or null, or not set, as the zero Nullable is. A member that may be
// null has this type; a required object alone is a pointer, for which nil is null, and so
// is an object in a list or a map. Of another object that may be null, a member holds a
// pointer: Nullable[*T]. If the member is required, null is sent where nothing is set. If
// it is optional, its field has the tag `json:"name,omitzero"`: nothing is sent then, and
// null is sent for [Null] alone. [IsNull] tells the two apart in what was received.
type Nullable[T any] struct {
	value T
	valid bool // there is a value
	null  bool // there is none, and that was said
}

// NonNull returns a Nullable that holds v. A pointer must not be nil: it would be sent as
// null, though [IsNull] were false.
func NonNull[T any](v T) Nullable[T] { return Nullable[T]{value: v, valid: true} }

// Null returns a Nullable that is null.
func Null[T any]() Nullable[T] { return Nullable[T]{null: true} }

// IsNull reports whether n is null. It is false for a value, and for a Nullable that is
// not set. (It is no method, because the compiler writes each method for each T.)
func IsNull[T any](n Nullable[T]) bool { return n.null }

// Get returns the value, and false if there is none.
func (n Nullable[T]) Get() (T, bool) { return n.value, n.valid }

// Or returns the value, or fallback if there is none.
func (n Nullable[T]) Or(fallback T) T {
	if n.valid {
		return n.value
	}
	return fallback
}

// Format prints the value as package fmt does, so that a value that hides a secret does
// so here too, or "null" or "absent". For %#v it prints the call of [NonNull].
//
//go:noinline
func (n Nullable[T]) Format(state fmt.State, verb rune) {
	formatPresent(state, verb, "NonNull", n.value, n.valid, nullOrAbsent(n.null))
}

// LogValue gives log handlers the value, or "null" or "absent".
//
//go:noinline
func (n Nullable[T]) LogValue() slog.Value {
	return logPresent(n.value, n.valid, nullOrAbsent(n.null))
}

// MarshalJSON encodes the value, or null if there is none.
//
//go:noinline
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return marshalPresent(&n.value, n.valid) }

// UnmarshalJSON decodes a value or null.
//
//go:noinline
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	v := new(T)
	valid, err := unmarshalPresent(data, v)
	if err == nil {
		n.value, n.valid, n.null = *v, valid, !valid
	}
	return err
}

var jsonNull = []byte("null")

// What follows does not depend on T. The compiler writes each method above three times
// for each T, of which a large API has a thousand: so they are few and short, and call
// these functions. And they are not inlined: types of one layout, such as all texts, share
// one method, which the compiler would otherwise write out in both wrappers of each T.

// formatPresent prints v, or otherwise if it is not present. maker is the function that
// makes it.
func formatPresent(state fmt.State, verb rune, maker string, v any, present bool, otherwise string) {
	switch {
	case !present:
		_, _ = fmt.Fprintf(state, fmt.FormatString(state, 's'), otherwise) // fmt keeps the error, if there is one
	case verb == 'v' && state.Flag('#'):
		_, _ = fmt.Fprintf(state, "runtime.%s(%#v)", maker, v)
	default:
		_, _ = fmt.Fprintf(state, fmt.FormatString(state, verb), v)
	}
}

// nullOrAbsent is how a Nullable without a value is printed.
func nullOrAbsent(null bool) string {
	if null {
		return "null"
	}
	return "absent"
}

// logPresent returns v for log handlers, or otherwise if it is not present. Handlers
// that write JSON would not ask the elements of a list what may be logged of them, so
// a list of values that have a say in it becomes a placeholder.
func logPresent(v any, present bool, otherwise string) slog.Value {
	switch {
	case !present:
		return slog.StringValue(otherwise)
	case listsLogValuers(reflect.TypeOf(v)):
		return slog.StringValue(hidden)
	}
	return slog.AnyValue(v)
}

var logValuerType = reflect.TypeFor[slog.LogValuer]()

// listsLogValuers reports whether t is a list, map or pointer of types that have a
// method LogValue of their own.
func listsLogValuers(t reflect.Type) bool {
	inside := false
	for range 50 { // a list may be declared as a list of itself
		if t == nil {
			return false
		}
		if held, _, ok := jsonvalue.Held(t); ok && inside {
			t = held
			continue
		}
		if t.Implements(logValuerType) {
			return inside
		}
		switch t.Kind() {
		case reflect.Slice, reflect.Array, reflect.Map, reflect.Pointer:
			t, inside = t.Elem(), true
		default:
			return false
		}
	}
	return false
}

// marshalPresent encodes what v points to, or null if it is not present.
func marshalPresent(v any, present bool) ([]byte, error) {
	if !present {
		return jsonNull, nil
	}
	return jsonvalue.Marshal(v)
}

// unmarshalPresent decodes data into what v points to, and reports whether there is a
// value.
func unmarshalPresent(data []byte, v any) (present bool, err error) {
	if text, _ := jsonvalue.Second(data); bytes.Equal(text, jsonNull) {
		return false, nil
	}
	return true, jsonvalue.UnmarshalInside(data, v)
}
