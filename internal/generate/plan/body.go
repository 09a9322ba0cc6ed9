package plan

import (
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// planBodies plans the bodies of requests. Each media type has methods of its own: the
// first those that planResults has made, the others the same under a longer name.
func (b *builder) planBodies(o *Operation, op *spec.Operation, home *Package, name string) {
	plain := o.Methods
	for i, e := range op.Body {
		if i == 0 {
			body := b.planBody(op, e, home, name+"Body")
			for _, m := range plain {
				m.Body = body
			}
			continue
		}
		with := "With" + b.names.exported(bodySuffix(e.Key))
		if slices.ContainsFunc(o.Methods, func(m *Method) bool { return m.Name == plain[0].Name+with }) {
			with = "With" + b.names.exported(e.Key) // application/xml beside text/xml
		}
		body := b.planBody(op, e, home, name+with+"Body")
		for _, m := range plain {
			other := *m
			other.Name, other.Body = m.Name+with, body
			other.Func = b.functionName(other.Name)
			if slices.ContainsFunc(o.Methods, func(m *Method) bool { return m.Name == other.Name }) {
				b.errorf("go-name-clash", e.Pos, "the operation %q takes several media types for which the method would be called %s", op.ID, other.Name).
					hint("keep the one that clients are to send")
				continue
			}
			o.Methods = append(o.Methods, &other)
		}
	}
}

const (
	formType      = "application/x-www-form-urlencoded"
	multipartType = "multipart/form-data"
)

// bodySuffix returns what the name of a method says of the media type that it sends.
func bodySuffix(mediaType string) string {
	switch mediaType {
	case formType:
		return "form"
	case multipartType:
		return "multipart"
	case "text/plain":
		return "text"
	case "application/octet-stream":
		return "bytes"
	}
	if kind, _, _ := strings.Cut(mediaType, "/"); spec.IsRange(mediaType) {
		if kind == "*" {
			return "content type" // which the caller gives
		}
		return kind
	}
	suffix := mediaSuffix(mediaType)
	return strings.TrimSuffix(suffix, "+json")
}

// planBody plans the body of one media type. A type that must be declared for it is
// called name.
func (b *builder) planBody(op *spec.Operation, e spec.Entry[*spec.Schema], home *Package, name string) *Body {
	kind := BodyStream
	switch {
	case spec.IsJSON(e.Key):
		kind = BodyJSON
	case e.Value.Format == "binary": // the caller writes the form
	case e.Key == formType:
		kind = BodyForm
	case spec.HasParts(e.Key) && b.isForm(e.Value):
		kind = BodyMultipart
	}
	body := &Body{Kind: kind, MediaType: e.Key, Optional: op.BodyOptional}
	switch kind {
	case BodyStream:
		b.checkStreamed(op, e.Key, e.Value)
		body.Limits = b.limits(e.Value)
		return body
	case BodyMultipart:
		form := b.planForm(op, e, home, name)
		body.Type, body.Parts = form.Type, form.Parts
	default:
		body.Type = b.typeOf(e.Value, home, name)
		body.Limits = b.undeclared(body.Type, e.Value)
	}
	if kind == BodyForm {
		body.Deep = op.BodyStyle == "deepObject"
		b.checkForm(op, e.Pos, body.Type)
	}
	if body.Optional {
		body.Type = wrap(Optional, body.Type)
	}
	return body
}

// CallerTyped reports whether the caller says the media type of the body beside it: that
// of a range, or of a multipart body, whose boundary only its maker knows.
func (b *Body) CallerTyped() bool {
	return b.Kind == BodyStream && (spec.IsRange(b.MediaType) || strings.HasPrefix(b.MediaType, "multipart/"))
}

// checkStreamed reports a schema for a media type that is not JSON, unless its values
// are plain bytes or text: such content is streamed, and no type is generated for it.
func (b *builder) checkStreamed(op *spec.Operation, mediaType string, s *spec.Schema) {
	if b.isPlain(s) {
		return
	}
	b.errorf("untyped-media-type", s.Pos, "the operation %q has a schema for %s, of which a client reads or writes the bytes alone", op.ID, mediaType).
		hint("write {type: string, format: binary} and describe the content in words; if it is JSON, name a JSON media type, such as application/json")
}

// isPlain reports whether the values of a schema are plain bytes or text.
func (b *builder) isPlain(s *spec.Schema) bool {
	s = b.formSchema(s)
	kind := baseType(s)
	return (kind == "" || kind == "string") && len(variantsOf(s)) == 0 && len(s.Enum) == 0 && s.Const == nil
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
