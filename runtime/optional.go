package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Optional is a value that may be absent, which is not the same as zero, empty
// or null. The zero Optional is absent, and every absent Optional is the zero one.
// Optional members of generated structs carry the tag `json:"name,omitzero"`, so
// that an absent one is not sent.
//
// A null that is received is read as absent, unless T is a [Nullable], which
// keeps it: Optional[Nullable[T]] tells absent, null and present apart.
type Optional[T any] struct {
	value   T
	present bool
}

// Some returns an Optional that holds v.
func Some[T any](v T) Optional[T] { return Optional[T]{value: v, present: true} }

// Get returns the value and whether there is one.
func (o Optional[T]) Get() (T, bool) { return o.value, o.present }

// Or returns the value, or fallback where it is absent.
func (o Optional[T]) Or(fallback T) T {
	if o.present {
		return o.value
	}
	return fallback
}

// String prints the value as fmt would, or "absent".
func (o Optional[T]) String() string { return printPresent(o.value, o.present, "absent") }

// MarshalJSON writes the value, or null where it is absent: JSON has no other
// word for it outside an object, and within one omitzero leaves it out.
func (o Optional[T]) MarshalJSON() ([]byte, error) { return marshalPresent(&o.value, o.present) }

// UnmarshalJSON reads a value; null is absent, unless T is a [Nullable].
func (o *Optional[T]) UnmarshalJSON(data []byte) error {
	v := new(T)
	present, err := unmarshalPresent(data, v)
	if err == nil {
		o.value, o.present = *v, present
	}
	return err
}

// paramValue lets an Optional stand for a parameter.
func (o Optional[T]) paramValue() (any, bool) { return o.value, o.present }

// holds returns the type of the value, and whether null is one of its values.
func (o Optional[T]) holds() (reflect.Type, bool) { return reflect.TypeFor[T](), false }

// Nullable is a value or null. The zero Nullable is null. It is what a required
// member that may be null has as its type; an optional one is an
// Optional[Nullable[T]].
type Nullable[T any] struct {
	value T
	valid bool
}

// NonNull returns a Nullable that holds v.
func NonNull[T any](v T) Nullable[T] { return Nullable[T]{value: v, valid: true} }

// Null returns a Nullable that is null.
func Null[T any]() Nullable[T] { return Nullable[T]{} }

// Get returns the value and whether there is one; false means null.
func (n Nullable[T]) Get() (T, bool) { return n.value, n.valid }

// Or returns the value, or fallback where it is null.
func (n Nullable[T]) Or(fallback T) T {
	if n.valid {
		return n.value
	}
	return fallback
}

// String prints the value as fmt would, or "null".
func (n Nullable[T]) String() string { return printPresent(n.value, n.valid, "null") }

// MarshalJSON writes the value or null.
func (n Nullable[T]) MarshalJSON() ([]byte, error) { return marshalPresent(&n.value, n.valid) }

// UnmarshalJSON reads a value or null.
func (n *Nullable[T]) UnmarshalJSON(data []byte) error {
	v := new(T)
	valid, err := unmarshalPresent(data, v)
	if err == nil {
		n.value, n.valid = *v, valid
	}
	return err
}

// holds returns the type of the value, and whether null is one of its values.
func (n Nullable[T]) holds() (reflect.Type, bool) { return reflect.TypeFor[T](), true }

// keepsNull marks a type of which null is a value, for Optional.
func (n Nullable[T]) keepsNull() {}

// paramValue lets a Nullable stand for a parameter. A parameter is text and has
// no null, so null sends nothing.
func (n Nullable[T]) paramValue() (any, bool) { return n.value, n.valid }

var jsonNull = []byte("null")

// The rest is apart from the types above because the compiler makes each of
// their methods once for each T, and a program has many.

func printPresent(v any, present bool, otherwise string) string {
	if !present {
		return otherwise
	}
	return fmt.Sprint(v)
}

// marshalPresent writes what v points to.
func marshalPresent(v any, present bool) ([]byte, error) {
	if !present {
		return jsonNull, nil
	}
	return json.Marshal(v)
}

// unmarshalPresent reads into what v points to, and reports whether there is a value.
func unmarshalPresent(data []byte, v any) (present bool, err error) {
	if bytes.Equal(data, jsonNull) {
		_, keepsNull := v.(interface{ keepsNull() })
		return keepsNull, nil
	}
	return true, unmarshal(data, v)
}
