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

// IsDecimal reports whether t is Decimal of package runtime.
func IsDecimal(t reflect.Type) bool { return t.PkgPath() == runtimePath && t.Name() == "Decimal" }
