package plan

// markSecret decides which types hide what they hold from printers. A type that
// holds a secret in a value of another type is marked too, at any depth, because a
// log handler that writes JSON asks the outermost value alone.
func (b *builder) markSecret() {
	for changed := true; changed; {
		changed = false
		for _, p := range b.packages {
			for _, t := range p.Types {
				if s := b.secrecy(t); s != t.Secrecy {
					t.Secrecy, changed = s, true
				}
			}
		}
	}
	for _, p := range b.packages {
		for _, op := range p.Operations {
			b.renameForMethods(op)
		}
	}
}

// secrecy returns the secrecy of t, as far as it follows from what is known of the
// types inside.
func (b *builder) secrecy(t *Type) Secrecy {
	found := t.Secrecy
	eachRef(t, func(r Ref) {
		inner := b.declared(innermost(r))
		switch {
		case b.isSecret(r):
			found = IsSecret
		case inner != nil && inner.Secrecy != NoSecret:
			found = max(found, HoldsSecret)
		}
	})
	if t.Kind == Union && found != NoSecret {
		return IsSecret // Raw may show what the variants hide
	}
	return found
}

// isSecret reports whether r is a secret, or a list or map of secrets, that no
// type of its own hides.
func (b *builder) isSecret(r Ref) bool {
	for range 50 { // a cycle is the loader's to report
		if r.Secret {
			return true
		}
		if r.Elem != nil {
			r = *r.Elem
			continue
		}
		t := b.declared(r)
		if t == nil || t.Kind != Alias {
			return false
		}
		r = t.Underlying
	}
	return false
}

// renameForMethods gives the parameters of an operation other Go names if they have
// those of the methods that hide a secret among them.
func (b *builder) renameForMethods(op *Operation) {
	if op.Params == nil {
		return
	}
	t := b.declared(*op.Params)
	if t.Secrecy == NoSecret {
		return
	}
	taken := make(map[string]bool)
	for _, f := range t.Fields {
		taken[f.Name] = true
	}
	for i := range t.Fields {
		name := t.Fields[i].Name
		if name != "Format" && name != "LogValue" {
			continue
		}
		renamed := name + "Param"
		if taken[renamed] {
			b.errorf("go-name-clash", b.position(op.ID), "two parameters of %s both become the Go field %s, because a secret among them takes the name %s", op.ID, renamed, name).
				hint("give one of them a go_name")
			return
		}
		t.Fields[i].Name = renamed
		for j := range op.ParamsFields {
			if op.ParamsFields[j].GoName == name {
				op.ParamsFields[j].GoName = renamed
			}
		}
	}
}
