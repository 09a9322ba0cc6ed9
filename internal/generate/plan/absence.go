package plan

// settleAbsence gives what may be absent, or null, its Go type. It has been planned as an
// Optional or a Nullable, because the kinds of the types inside were not known yet. Where
// the zero value of a type is no value of the API, it stands for absence, and no Optional
// is needed; and nil stands for null where an object may be null and not absent, as one in
// a list. That is what Go programs expect; and for each type of an API that an Optional or
// a Nullable holds, the compiler would write all of its methods, in each package that
// refers to it.
func (b *builder) settleAbsence() {
	for _, p := range b.packages {
		for _, t := range p.Types {
			for i := range t.Fields {
				t.Fields[i].Type = b.elements(b.orNull(&t.Fields[i], b.orAbsent(t.Fields[i].Type)))
			}
			for i := range t.Variants {
				t.Variants[i].Type = b.elements(t.Variants[i].Type)
			}
			if t.Additional != nil {
				*t.Additional = b.element(*t.Additional)
			}
			t.Underlying = b.elements(t.Underlying)
		}
		for _, op := range p.Operations {
			b.settleParams(op.ParamsFields)
			if op.Paging != nil {
				op.Paging.Position.Type = b.orAbsent(op.Paging.Position.Type)
				op.Paging.Item = b.element(op.Paging.Item)
			}
			for i := range op.ErrorTypes {
				op.ErrorTypes[i].Type = b.elements(op.ErrorTypes[i].Type)
			}
			for _, m := range op.Methods {
				m.Result.Type = b.elements(m.Result.Type)
				for i := range m.Result.Cases {
					m.Result.Cases[i].Type = b.elements(m.Result.Cases[i].Type)
				}
				if m.Body == nil {
					continue
				}
				b.settleParams(m.Body.Parts)
				// Another body may be null, or a value whose zero value can be sent.
				if r := b.orAbsent(m.Body.Type); r.is(Pointer) || b.isNilable(r) {
					m.Body.Type = r
				}
				m.Body.Type = b.elements(m.Body.Type)
			}
		}
	}
}

func (b *builder) settleParams(params []Param) {
	for i := range params {
		p := &params[i]
		p.Type = b.elements(p.Type)
		if p.Type.is(Optional) {
			p.Type = b.orAbsent(p.Type)
			p.IfSet = !p.Type.is(Optional) && !b.withoutAliases(p.Type).is(Nullable) && !b.isList(p.Type)
		}
	}
}

// orAbsent returns the Go type for r, or for what r holds if it is an Optional whose
// values tell by themselves that they are absent.
func (b *builder) orAbsent(r Ref) Ref {
	if !r.is(Optional) {
		return r
	}
	inner := *r.Elem
	switch {
	case b.isNilable(inner), b.withoutAliases(inner).is(Nullable), b.withoutZero(inner):
		return inner
	case b.isObject(inner):
		return wrap(Pointer, inner)
	}
	return r
}

// orNull returns the Go type for a field of type r. A Nullable object is a pointer if it is
// always there. (What is only received may be left out where it is sent, so that nil would
// be absent there.) Else the Nullable holds a pointer, because the compiler writes the
// methods of a Nullable anew for each object that one holds, but once for all pointers.
func (b *builder) orNull(f *Field, r Ref) Ref {
	if !r.is(Nullable) {
		return r
	}
	if !b.isObject(*r.Elem) {
		return r
	}
	if f.Required && !f.ReadOnly {
		return wrap(Pointer, *r.Elem)
	}
	return wrap(Nullable, wrap(Pointer, *r.Elem))
}

// elements returns r with the types that the elements of its lists and maps have.
func (b *builder) elements(r Ref) Ref {
	if r.Elem == nil {
		return r
	}
	inside := b.elements
	if r.is(Slice) || r.is(Map) {
		inside = b.element
	}
	elem := inside(*r.Elem)
	r.Elem = &elem
	return r
}

// element returns the Go type for an element of a list or a map, planned as r. It cannot
// be absent, so an object that may be null is a pointer.
func (b *builder) element(r Ref) Ref {
	if r.is(Nullable) && b.isObject(*r.Elem) {
		r = wrap(Pointer, *r.Elem)
	}
	return b.elements(r)
}

// isObject reports whether r is a struct or a union.
func (b *builder) isObject(r Ref) bool {
	t := b.declared(b.withoutAliases(r))
	return t != nil && (t.Kind == Struct || t.Kind == Union)
}

// withoutAliases follows second names of types.
func (b *builder) withoutAliases(r Ref) Ref {
	for t := b.declared(r); t != nil && t.Kind == Alias && !t.Underlying.equal(r); t = b.declared(r) {
		r = t.Underlying
	}
	return r
}

// isNilable reports whether r is a list or a map.
func (b *builder) isNilable(r Ref) bool {
	r = b.withoutAliases(r)
	if t := b.declared(r); t != nil && t.Kind == Defined {
		return b.isNilable(t.Underlying)
	}
	return r.is(Slice) || r.is(Map)
}
