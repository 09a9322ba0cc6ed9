package plan

// markSent marks the types that are part of a request body: only these need
// to be written with care for what the API takes.
func (b *builder) markSent() {
	var mark func(Ref)
	mark = func(r Ref) {
		for r.Elem != nil {
			r = *r.Elem
		}
		t := b.index[r]
		if t == nil || t.Sent {
			return
		}
		t.Sent = true
		for _, f := range t.Fields {
			mark(f.Type)
		}
		for _, v := range t.Variants {
			mark(v.Type)
		}
		mark(t.Underlying)
	}
	for _, p := range b.packages {
		for _, op := range p.Operations {
			if op.Body != nil {
				mark(op.Body.Type)
			}
		}
	}
}
