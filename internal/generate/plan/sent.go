package plan

import (
	"encoding/json"
	"strings"
)

// held calls f with each declared type that values of t have inside.
func (b *builder) held(t *Type, f func(*Type)) {
	visit := func(r Ref) {
		for r.Elem != nil {
			r = *r.Elem
		}
		if inner := b.index[r]; inner != nil {
			f(inner)
		}
	}
	for _, field := range t.Fields {
		visit(field.Type)
	}
	for _, v := range t.Variants {
		visit(v.Type)
	}
	if t.Additional != nil {
		visit(*t.Additional)
	}
	visit(t.Underlying)
}

// markSent marks the types that are part of a request body, and decides what
// their members are sent as when a program leaves them at their zero values: only
// these types need to be written with care for what the API takes.
func (b *builder) markSent() {
	var mark func(*Type)
	mark = func(t *Type) {
		if t.Sent {
			return
		}
		t.Sent = true
		for i := range t.Fields {
			t.Fields[i].Fill = b.fillOf(&t.Fields[i])
		}
		b.held(t, mark)
	}
	for _, p := range b.packages {
		for _, op := range p.Operations {
			if op.Body != nil {
				b.held(&Type{Underlying: op.Body.Type}, mark)
			}
		}
	}
}

// fillOf decides what a field is sent as in the place of its zero value.
func (b *builder) fillOf(f *Field) Fill {
	if !f.Required || f.Type.is(Nullable) || f.Type.is(Pointer) {
		return FillNothing
	}
	r, t := b.behind(f.Type)
	if t != nil && t.Kind == Enum {
		r = t.Underlying
	}
	switch {
	case r.is(Slice) && !r.equal(bytesRef), r.is(Map):
		return FillEmpty
	case f.Const == "" || f.Const == "null" || f.Const == `""`:
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
	}
	return FillNothing
}

// markSecret marks the unions that may hold a secret: Raw may show it.
func (b *builder) markSecret() {
	memo := map[*Type]bool{}
	var secret func(*Type) bool
	secret = func(t *Type) bool {
		if known, ok := memo[t]; ok {
			return known
		}
		memo[t] = t.Secret
		b.held(t, func(inner *Type) {
			if secret(inner) {
				memo[t] = true
			}
		})
		return memo[t]
	}
	for _, p := range b.packages {
		for _, t := range p.Types {
			if t.Kind != Union {
				continue
			}
			clear(memo) // what a circle left unknown is known from its other side
			t.Secret = secret(t)
		}
	}
}
