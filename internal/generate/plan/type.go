package plan

// TypeKind says how a type is declared.
type TypeKind int

// The kinds of declared type.
const (
	Struct  TypeKind = iota
	Enum             // a string or integer type with constants
	Union            // one of several variants
	Defined          // type T Underlying
	Alias            // type T = Underlying
)

// Type is one declared type.
type Type struct {
	Name       string
	Key        string // the catalogue's name, "" for an inline type
	Doc        string
	Limits     string `json:",omitempty"` // sentences about its values, which generated code does not check
	Deprecated bool
	Kind       TypeKind
	Fields     []Field     `json:",omitempty"`
	Additional *Ref        `json:",omitempty"` // of members without a field; nil if they are dropped
	Underlying Ref         // Enum, Defined, Alias
	Values     []EnumValue `json:",omitempty"`
	Variants   []Variant   `json:",omitempty"`
	AnyOf      bool        // a union of which several variants may hold at once
	Secrecy    Secrecy     // whether its values must not be printed
	Sent       bool        // part of a request
}

// Field is one field of a struct.
type Field struct {
	Name       string
	Wire       string // the JSON member
	Type       Ref
	Doc        string
	Limits     string `json:",omitempty"` // as those of a type
	Required   bool
	ReadOnly   bool `json:",omitempty"` // only in responses
	Omitted    bool `json:",omitempty"` // of a type that is sent: the zero value is left out, though the member is required
	Deprecated bool
	Const      string // the only value as JSON, "" if there are several
	Fill       Fill   // what is sent in the place of the zero value
}

// Secrecy says where the values of a type hold what must not be printed.
type Secrecy int

// The kinds of secrecy.
const (
	NoSecret    Secrecy = iota
	HoldsSecret         // in values of other types, which hide it themselves
	IsSecret            // in themselves
)

// Fill says what a required member is sent as if the program left it at the zero
// value of its Go type, which the API does not take.
type Fill int

// The kinds of fill.
const (
	FillNothing Fill = iota
	FillEmpty        // an empty list, object or text of bytes for nil
	FillInside       // the same, and for each nil list or object inside
	FillText         // Const, into a type of strings
	FillNumber       // Const, into a type of numbers
	FillTrue         // true
	FillRaw          // Const, into a json.RawMessage
	FillDecoded      // Const, decoded into any other type
)

// EnumValue is one constant of an enum type.
type EnumValue struct {
	GoName string
	JSON   string
}

// Variant is one variant of a union: a pointer field.
type Variant struct {
	Name   string
	Type   Ref
	Member string   // the discriminator's member, "" if it says nothing of this variant
	Values []string // of which Member has one
	Limits string   `json:",omitempty"` // as those of a type
}
