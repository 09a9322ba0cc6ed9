package plan

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// RefKind says what a [Ref] is.
type RefKind int

// The kinds of reference.
const (
	Builtin  RefKind = iota // string, int64, bool…
	Named                   // Package and Name
	Slice                   // []Elem
	Map                     // map[string]Elem
	Optional                // runtime.Optional[Elem]
	Nullable                // runtime.Nullable[Elem]
	Pointer                 // *Elem
)

// Ref is the use of a Go type.
type Ref struct {
	Kind    RefKind
	Package string `json:",omitempty"` // import path
	Name    string `json:",omitempty"`
	Elem    *Ref   `json:",omitempty"`
	Secret  bool   `json:",omitempty"` // its values must not be printed, here where it is used
}

func builtin(name string) Ref         { return Ref{Kind: Builtin, Name: name} }
func named(pkg, name string) Ref      { return Ref{Kind: Named, Package: pkg, Name: name} }
func wrap(kind RefKind, elem Ref) Ref { return Ref{Kind: kind, Elem: &elem} }
func (r Ref) is(kind RefKind) bool    { return r.Kind == kind }

// secretIf returns r, as a secret if the format of its schema says so.
func (r Ref) secretIf(format string) Ref {
	r.Secret = r.Secret || format == "password"
	return r
}

func (r Ref) equal(other Ref) bool {
	if r.Elem == nil || other.Elem == nil {
		return r.Elem == other.Elem && r.Package == other.Package && r.Name == other.Name
	}
	return r.Kind == other.Kind && r.Elem.equal(*other.Elem)
}

const runtimePath = "github.com/scopegen/scopegen/runtime"

var (
	rawMessage = named("encoding/json", "RawMessage")
	stringRef  = builtin("string")
	bytesRef   = wrap(Slice, builtin("byte"))
	decimalRef = named(runtimePath, "Decimal")
)

// goType returns the use of a type that the catalogue writes as "string" or
// "import/path.Name".
func goType(t spec.GoType) Ref {
	s := string(t)
	i := strings.LastIndexByte(s, '.')
	if i < 0 {
		return builtin(s)
	}
	return named(s[:i], s[i+1:])
}

// resolve follows aliases, defined types, Optional, Nullable and pointers to the type
// of the value. It also returns the declaration of that type, or nil if the plan
// declares none.
func (b *builder) resolve(r Ref) (Ref, *Type) {
	t := b.declared(r)
	switch {
	case r.is(Optional), r.is(Nullable), r.is(Pointer):
		return b.resolve(*r.Elem)
	case t != nil && (t.Kind == Defined || t.Kind == Alias) && !t.Underlying.equal(r):
		return b.resolve(t.Underlying)
	}
	return r, t
}

// isList reports whether a value of the type is a list. Bytes are not: they are sent
// as one text.
func (b *builder) isList(r Ref) bool {
	r, _ = b.resolve(r)
	return r.is(Slice) && !r.equal(bytesRef)
}

// withoutZero reports whether r is an enum whose values do not include Go's zero
// value, so that a zero variable holds none of them.
func (b *builder) withoutZero(r Ref) bool {
	_, t := b.resolve(r)
	return t != nil && t.Kind == Enum && !slices.ContainsFunc(t.Values, func(v EnumValue) bool { return v.JSON == `""` || v.JSON == "0" })
}

// structOf returns the struct that r resolves to, or nil if it is none.
func (b *builder) structOf(r Ref) *Type {
	if _, t := b.resolve(r); t != nil && t.Kind == Struct {
		return t
	}
	return nil
}

// resolveList returns the list type if r is a named list, and r otherwise.
func (b *builder) resolveList(r Ref) Ref {
	if t := b.declared(r); t != nil && (t.Kind == Alias || t.Kind == Defined) && t.Underlying.is(Slice) {
		return t.Underlying
	}
	return r
}

// declared returns the declaration of r, or nil if the plan declares none.
func (b *builder) declared(r Ref) *Type {
	if !r.is(Named) {
		return nil
	}
	r.Secret = false // the index has the declaration, not this use of it
	return b.index[r]
}
