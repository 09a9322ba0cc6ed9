package jsonvalue

import (
	"reflect"
	"strings"
)

// runtimePath is the import path of package runtime, which stands above this
// package and so cannot be named in it.
var runtimePath = strings.TrimSuffix(reflect.TypeFor[marker]().PkgPath(), "/internal/jsonvalue")

type marker struct{}

// Held returns the type of the value in t, and whether null is one of its values,
// if t is an Optional or a Nullable of package runtime.
func Held(t reflect.Type) (held reflect.Type, nullable, ok bool) {
	if t.Kind() != reflect.Struct || t.PkgPath() != runtimePath {
		return nil, false, false
	}
	generic, _, _ := strings.Cut(t.Name(), "[")
	switch generic {
	case "Optional", "Nullable":
		return t.Field(0).Type, generic == "Nullable", true
	}
	return nil, false, false
}

// IsDate reports whether t is Date of package runtime.
func IsDate(t reflect.Type) bool { return t.PkgPath() == runtimePath && t.Name() == "Date" }

// HeldIn returns the value in v, and whether there is one, if v is an Optional or a
// Nullable. These have no method for it, because the compiler writes each method four
// times for each type that they hold.
func HeldIn(v any) (held any, present, ok bool) {
	if v == nil {
		return nil, false, false
	}
	t := reflect.TypeOf(v)
	heldType, _, ok := Held(t)
	if !ok {
		return nil, false, false
	}
	copied := reflect.New(t)
	copied.Elem().Set(reflect.ValueOf(v))
	if !copied.Elem().Field(1).Bool() {
		return nil, false, true
	}
	// A pointer to a struct points to its first field, which holds the value.
	return reflect.NewAt(heldType, copied.UnsafePointer()).Elem().Interface(), true, true
}

// IsDecimal reports whether t is Decimal of package runtime.
func IsDecimal(t reflect.Type) bool { return t.PkgPath() == runtimePath && t.Name() == "Decimal" }
