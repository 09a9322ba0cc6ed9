package plan

import (
	"encoding/json"
	"strings"
)

// eachRef calls f with each type of which t is made.
func eachRef(t *Type, f func(Ref)) {
	for _, field := range t.Fields {
		f(field.Type)
	}
	for _, v := range t.Variants {
		f(v.Type)
	}
	if t.Additional != nil {
		f(*t.Additional)
	}
	f(t.Underlying)
}

// innermost returns the type inside lists, maps, Optional, Nullable and pointers.
func innermost(r Ref) Ref {
	for r.Elem != nil {
		r = *r.Elem
	}
	return r
}

// markSent marks the types that are part of a request, and decides how their
// members are sent if a program leaves them at their zero values. Other types are
// never sent.
func (b *builder) markSent() {
	var mark func(*Type)
	var markRef func(Ref)
	mark = func(t *Type) {
		if t.Sent {
			return
		}
		t.Sent = true
		for i := range t.Fields {
			f := &t.Fields[i]
			// What is required of a response alone has no value in a request.
			if f.Omitted = f.Required && f.ReadOnly; !f.Omitted {
				f.Fill = b.fillOf(f)
			}
		}
		eachRef(t, markRef)
	}
	markRef = func(r Ref) {
		if t := b.declared(innermost(r)); t != nil {
			mark(t)
		}
	}
	for _, p := range b.packages {
		for _, op := range p.Operations {
			for _, m := range op.Methods {
				if m.Body == nil {
					continue
				}
				for _, part := range m.Body.Parts {
					markRef(part.Type)
				}
				if m.Body.Kind != BodyMultipart { // which is no JSON: its parts are
					markRef(m.Body.Type)
				}
			}
			for _, param := range op.ParamsFields {
				markRef(param.Type)
			}
		}
	}
}

// fillOf decides what is sent in place of the zero value of a field.
func (b *builder) fillOf(f *Field) Fill {
	if f.Type.is(Nullable) || f.Type.is(Pointer) || f.Type.is(Optional) {
		return FillNothing
	}
	if !f.Required {
		if r, _ := b.resolve(f.Type); b.fillNil(r) == FillInside {
			return FillInside
		}
		return FillNothing
	}
	r, t := b.resolve(f.Type)
	if t != nil && t.Kind == Enum {
		r = t.Underlying
	}
	if f.Const == "" || f.Const == "null" {
		return b.fillNil(r)
	}
	switch {
	case f.Const == `""` || f.Const == "false" || f.Const == "0":
		return FillNothing
	case r.equal(rawMessage):
		return FillRaw
	case r.equal(stringRef), r.equal(decimalRef):
		if strings.HasPrefix(f.Const, `"`) {
			return FillText
		}
	case r.equal(builtin("bool")):
		if f.Const == "true" {
			return FillTrue
		}
	case r.equal(builtin("float64")):
		if json.Valid([]byte(f.Const)) && strings.Trim(f.Const, "-0.eE+") != "" {
			return FillNumber
		}
	case r.is(Builtin):
		if text, fits := integerText(f.Const, r.Name); fits && text != "0" {
			f.Const = text
			return FillNumber
		}
	default:
		return FillDecoded
	}
	return FillNothing
}

// fillNil decides the same for a field without a constant.
func (b *builder) fillNil(r Ref) Fill {
	if !r.is(Slice) && !r.is(Map) {
		return FillNothing
	}
	if inner, _ := b.resolve(*r.Elem); !r.Elem.is(Nullable) && (inner.is(Slice) || inner.is(Map)) {
		return FillInside
	}
	return FillEmpty
}
