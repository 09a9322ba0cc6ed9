package plan

import (
	"github.com/scopegen/scopegen/spec"
)

// planBody plans the body of a request.
func (b *builder) planBody(o *Operation, op *spec.Operation, home *Package, name string) {
	for i, e := range op.Body {
		if i > 0 {
			b.errorf("several-bodies", e.Pos, "the operation %q takes several media types; a client method sends one", op.ID).hint("keep the one that clients are to send")
			return
		}
		kind := BodyStream
		switch {
		case spec.IsJSON(e.Key):
			kind = BodyJSON
		case e.Key == "application/x-www-form-urlencoded" && e.Value.Format != "binary": // bytes: the caller writes the form
			kind = BodyForm
		}
		body := &Body{Kind: kind, MediaType: e.Key, Optional: op.BodyOptional, Deep: op.BodyStyle == "deepObject"}
		if kind == BodyStream {
			b.checkStreamed(op, e.Key, e.Value)
		} else {
			body.Type = b.typeOf(e.Value, home, name+"Body")
			if kind == BodyForm {
				b.checkForm(op, e.Pos, body.Type)
			}
			if body.Optional {
				body.Type = wrap(Optional, body.Type)
			}
		}
		o.Body = body
	}
}

// checkStreamed reports a schema for a media type that is not JSON, unless its values
// are plain bytes or text: such content is streamed, and no type is generated for it.
func (b *builder) checkStreamed(op *spec.Operation, mediaType string, s *spec.Schema) {
	s = b.flattener.Flatten(s)
	for range 50 { // a cycle is the loader's to report
		t := b.types[refKey(s.Ref)]
		if s.Ref == "" || t == nil {
			break
		}
		s = b.flattener.Flatten(t.schema)
	}
	kind := baseType(s)
	if (kind == "" || kind == "string") && len(variantsOf(s)) == 0 && len(s.Enum) == 0 && s.Const == nil {
		return
	}
	b.errorf("untyped-media-type", s.Pos, "the operation %q has a schema for %s, of which a client reads or writes the bytes alone", op.ID, mediaType).
		hint("write {type: string, format: binary} and describe the content in words; if it is JSON, name a JSON media type, such as application/json")
}

// checkForm reports a body that a form cannot hold: a form is a list of names with
// texts. It accepts unions and types of the user's own, because what they hold is
// known only when they are sent.
func (b *builder) checkForm(op *spec.Operation, pos spec.Position, body Ref) {
	body, form := b.resolve(body)
	switch {
	case body.is(Slice), body.is(Builtin), form != nil && form.Kind == Enum:
		b.errorf("form", pos, "the form of the operation %q is not an object, whose members would be its fields", op.ID).
			hint("give it a type with properties")
		return
	case form == nil || form.Kind != Struct:
		return
	}
	for _, f := range form.Fields {
		if op.BodyStyle == "" && !b.isText(f.Type) {
			b.errorf("form", pos, "the form of the operation %q cannot hold the member %q of %s, which is more than a text or a list of texts", op.ID, f.Wire, form.Name).
				hint("make the member a text, send the body as application/json, or say body_style: deepObject if the API reads a[b]=c")
		}
	}
}

// isText reports whether the values of a type can be written outside JSON, as a text
// or as a list of texts. It returns true if the type leaves that open.
func (b *builder) isText(r Ref) bool {
	text := wrap(Slice, builtin("byte"))
	value, t := b.resolve(r)
	if value.is(Slice) && !value.equal(text) {
		value, t = b.resolve(*value.Elem) // a list repeats its name, once for each element
	}
	return !(value.is(Slice) && !value.equal(text) || value.is(Map) || t != nil && t.Kind == Struct)
}
