package clientimpl

import (
	"fmt"
	"reflect"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// WithoutNil returns v, a list or a map of lists or maps, with an empty one in place of
// each that is nil. encoding/json would write null, which is another value.
func WithoutNil[T any](v T) T {
	if filled, changed := jsonvalue.WithoutNil(reflect.ValueOf(v)); changed {
		return filled.Interface().(T)
	}
	return v
}

// FillConstant sets *v to a constant, given as JSON, if *v is the zero value of T.
func FillConstant[T any](v *T, constant string) error {
	if !reflect.ValueOf(v).Elem().IsZero() {
		return nil
	}
	if err := jsonvalue.Unmarshal([]byte(constant), v); err != nil {
		return fmt.Errorf("runtime: the constant %s is no value of %T: %w", constant, *v, err)
	}
	return nil
}
