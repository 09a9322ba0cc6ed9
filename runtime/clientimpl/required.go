package clientimpl

import (
	"errors"
	"reflect"
)

// Required returns v, or if v is the zero value of T, a parameter that
// runtime.Request refuses to send. It is for a required enum that does not list
// this value.
func Required[T comparable](v T) any {
	var zero T
	if v == zero {
		return missing{}
	}
	return v
}

// IfSet returns v, or nil, for which runtime.Request sends nothing, if v is the zero value
// of its type. It is for what is optional and no Optional: an enum that does not list this
// value, an object, or a map.
func IfSet(v any) any {
	if reflect.ValueOf(v).IsZero() {
		return nil
	}
	return v
}

// OrZero returns what p points to, or the zero value of T if p is nil. Generated code
// reads through objects with it that may be absent.
func OrZero[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}

// RequiredList is a required parameter that is a list. runtime.Request refuses to
// send it without an element, because a parameter cannot say that a list is empty.
type RequiredList struct{ List any }

// missing is the value of a required parameter that was not set.
type missing struct{}

func (missing) MarshalText() ([]byte, error) {
	return nil, errors.New("is required: set it to one of the API's values")
}
