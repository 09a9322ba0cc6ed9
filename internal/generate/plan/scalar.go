package plan

import (
	"math"
	"math/big"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// defaultFormats are the Go types of string formats that have one without a word in the catalogue.
var defaultFormats = map[string]Ref{
	"date-time": named("time", "Time"),
	"date":      named(runtimePath, "Date"),
	"decimal":   named(runtimePath, "Decimal"),
	"byte":      wrap(Slice, builtin("byte")),
}

// baseType returns the schema's type without "null".
func baseType(s *spec.Schema) string {
	for _, t := range s.Type {
		if t != "null" {
			return t
		}
	}
	switch {
	case len(s.Properties) > 0 || s.AdditionalProperties != nil:
		return "object"
	case s.Items != nil:
		return "array"
	case s.Const != nil:
		return literalType(*s.Const)
	}
	return literalType(s.Enum...)
}

// literalType returns the type of all values but null, "string", "integer" or "boolean".
// It returns "" if they have several types, or another: Go has no constants of those.
func literalType(values ...spec.Literal) string {
	all := ""
	for _, v := range values {
		one := ""
		switch {
		case v.JSON == "null":
			continue
		case strings.HasPrefix(v.JSON, `"`):
			one = "string"
		case strings.Trim(v.JSON, "-0123456789") == "":
			one = "integer"
		case v.JSON == "true" || v.JSON == "false":
			one = "boolean"
		}
		if one == "" || all != "" && one != all {
			return ""
		}
		all = one
	}
	return all
}

// stringType returns the Go type of a string, which depends on its format.
func (b *builder) stringType(s *spec.Schema) Ref {
	if s.Format == "" {
		return stringRef
	}
	if t, ok := b.catalogue.Go.Formats.Get(s.Format); ok {
		return goType(t).secretIf(s.Format)
	}
	if r, ok := defaultFormats[s.Format]; ok {
		return r
	}
	return stringRef.secretIf(s.Format)
}

func integerType(s *spec.Schema) Ref {
	switch s.Format {
	case "int32", "uint32", "uint64":
		return builtin(s.Format)
	}
	return builtin("int64")
}

// integerText returns a JSON number without fraction and exponent, and reports whether
// the Go type called goType can hold it.
func integerText(number, goType string) (text string, fits bool) {
	x, _, err := big.ParseFloat(number, 10, 256, big.ToNearestEven)
	if err != nil || !x.IsInt() || x.MantExp(nil) > 64 {
		return "", false
	}
	n, _ := x.Int(nil)
	switch goType {
	case "int32":
		fits = n.IsInt64() && n.Int64() == int64(int32(n.Int64()))
	case "uint32":
		fits = n.IsUint64() && n.Uint64() <= math.MaxUint32
	case "uint64":
		fits = n.IsUint64()
	default:
		fits = n.IsInt64()
	}
	return n.String(), fits
}

func numberType(s *spec.Schema) Ref {
	// A decimal number must not be converted to a float.
	if s.Format == "decimal" {
		return named("encoding/json", "Number")
	}
	return builtin("float64")
}

// sameScalar returns the scalar Go type that all variants have, and false if they have
// several. A string with one of two patterns is a string.
func (b *builder) sameScalar(variants []*spec.Schema, pkg *Package, name string) (Ref, bool) {
	var first Ref
	for i, v := range variants {
		if _, null := b.withoutNull(v); null {
			return Ref{}, false
		}
		for v.Ref != "" && b.types[refKey(v.Ref)] != nil && len(b.types[refKey(v.Ref)].schema.Enum) == 0 {
			t := b.types[refKey(v.Ref)]
			if _, null := b.withoutNull(t.schema); null || t.schema.GoType != "" {
				return Ref{}, false
			}
			if k := baseType(t.schema); k == "object" || k == "array" || len(variantsOf(t.schema)) > 0 || len(t.schema.AllOf) > 0 {
				return Ref{}, false
			}
			v = t.schema
		}
		switch baseType(v) {
		case "string", "integer", "number", "boolean":
		default:
			return Ref{}, false
		}
		if v.Ref != "" || len(v.Enum) > 0 || len(variantsOf(v)) > 0 {
			return Ref{}, false
		}
		r := b.plainType(v, pkg, name)
		if i > 0 && !r.equal(first) {
			return Ref{}, false
		}
		r.Secret = r.Secret || first.Secret
		first = r
	}
	return first, true
}
