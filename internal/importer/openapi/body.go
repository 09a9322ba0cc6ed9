package openapi

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// body writes the body of an operation, and whether it may be left out.
func (i *importer) body(op value, id string, p *parameters) (node *yaml.Node, optional bool) {
	if i.swagger {
		return i.swaggerBody(op, id, p)
	}
	v := op.get("requestBody")
	if v.absent() {
		return nil, false
	}
	v, ok := i.follow(v)
	if !ok {
		return nil, false
	}
	media := v.get("content").members()
	if len(media) == 0 {
		return nil, false
	}
	o := newObject()
	for _, m := range i.sent(media) {
		kind := i.bodyType(m)
		if spec.IsRange(mediaType(m.key)) && kind != mediaType(m.key) {
			i.bent(m.value, fmt.Sprintf("%s of %s is taken for %s", m.key, id, kind))
		}
		o.set(kind, i.content(member{kind, m.value}, id+"_body", true))
		if kind == "application/x-www-form-urlencoded" {
			p.deepForm = i.deepForm(m.value)
		}
		if kind == "application/x-www-form-urlencoded" || spec.HasParts(kind) && i.isForm(m.get("schema")) {
			i.encodings(m.value, kind, id, p.deepForm)
		}
	}
	i.rest(v, "a body", "content", "required", "description", "$ref")
	optional = !v.get("required").is()
	if optional && v.get("required").absent() && !slices.ContainsFunc(media, func(m member) bool { return !i.needsMembers(m.get("schema"), map[*yaml.Node]bool{}) }) {
		// By the text of OpenAPI a body is optional unless it says otherwise, which
		// most documents forget.
		i.note(Assumed, v, fmt.Sprintf("the body of %s has required members: taken as required itself, though nothing says so", id), "if a call may do without it, add body_optional: true to the catalogue")
		optional = false
	}
	return o.Node, optional
}

// needsMembers reports whether each value that the schema admits has members. It passes
// over the schemas in seen.
func (i *importer) needsMembers(schema value, seen map[*yaml.Node]bool) bool {
	schema, ok := i.follow(schema)
	if !ok || seen[schema.Node] {
		return false
	}
	seen[schema.Node] = true
	return len(schema.get("required").items()) > 0 ||
		slices.ContainsFunc(schema.get("allOf").items(), func(part value) bool { return i.needsMembers(part, seen) })
}

// deepForm reports whether each member of a form that is an object or a list is
// encoded in the style deepObject.
func (i *importer) deepForm(media value) bool {
	schema, ok := i.follow(media.get("schema"))
	if !ok {
		return false
	}
	deep := false
	for _, m := range schema.get("properties").members() {
		if i.shape(m.value, 0) == "" {
			continue
		}
		if media.get("encoding").get(m.key).get("style").text() != "deepObject" {
			return false
		}
		deep = true
	}
	return deep
}

// content writes the type of a body, which is that of a request if it is sent.
// What is neither JSON nor a form that is sent, a client writes and reads as
// bytes.
func (i *importer) content(media member, name string, sent bool) *yaml.Node {
	schema := media.get("schema")
	kind := mediaType(media.key)
	if spec.HasParts(kind) && sent && i.isForm(schema) {
		i.markFiles(schema)
		return i.schema(schema, name)
	}
	if spec.IsSequence(kind) && !sent {
		item := media.get("itemSchema")
		if target, ok := i.follow(schema); item.absent() && ok && target.get("type").text() == "array" {
			item = target.get("items") // OpenAPI 3.2: the schema of all values together
		} else if item.absent() {
			item = schema
		}
		if i.shape(item, 0) != "" {
			return i.schema(item, name)
		}
	}
	if !spec.IsJSON(kind) && (kind != "application/x-www-form-urlencoded" || !sent || schema.absent()) {
		target, _ := i.follow(schema)
		if i.shape(schema, 0) != "" || target.get("type").text() != "" && target.get("type").text() != "string" && target.get("type").text() != "file" {
			i.bent(media.value, fmt.Sprintf("%s of %s is bytes here, as the caller writes or reads them", kind, name))
		} else if encoding := encodingOf(target); encoding != "" {
			i.bent(media.value, fmt.Sprintf("%s of %s is bytes as the caller writes or reads them, which the client does not encode: if the API means that they are in %s, the caller encodes and decodes them", kind, name, encoding))
		}
		return i.bytesOf(target)
	}
	if schema.absent() {
		return flow(newObject().Node)
	}
	return i.schema(schema, name)
}

// encodingOf returns the name of the encoding in which a text holds bytes, by its schema.
func encodingOf(schema value) string {
	if encoding := schema.get("contentEncoding").text(); encoding != "" {
		return encoding
	}
	if schema.get("format").text() == "byte" {
		return "base64"
	}
	return ""
}

// bytesOf writes the schema of bytes, with how many of them the document's admits.
func (i *importer) bytesOf(schema value) *yaml.Node {
	o := object{bytesSchema()}
	if schema.get("format").text() == "binary" {
		i.limits(o, schema.without("pattern"), "string")
	}
	return o.Node
}

func bytesSchema() *yaml.Node {
	o := newObject()
	o.setText("type", "string")
	o.setText("format", "binary")
	return flow(o.Node)
}

// mediaType returns a media type without what a catalogue's has not.
func mediaType(text string) string {
	kind, _, _ := strings.Cut(text, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if main, sub, ok := strings.Cut(kind, "/"); !ok || main == "" || sub == "" || strings.ContainsAny(kind, " ,") {
		return "application/octet-stream"
	}
	if strings.Contains(kind, "*") && !spec.IsRange(kind) {
		return "application/octet-stream"
	}
	return kind
}

// bodyType returns the media type of a body. A range whose values have a type is taken
// for JSON; of bytes, the caller chooses one.
func (i *importer) bodyType(m member) string {
	if kind := mediaType(m.key); !spec.IsRange(kind) || i.shape(m.get("schema"), 0) == "" {
		return kind
	}
	return "application/json"
}

// isBytes reports whether a schema says nothing of a body but that it is bytes.
func (i *importer) isBytes(schema value) bool {
	if schema.absent() {
		return true
	}
	schema, ok := i.follow(schema)
	return ok && (schema.get("format").text() == "binary" || isFile(schema) || len(schema.members()) == 0)
}

// covers reports whether each media type of the second range is one of the first.
func covers(wide, narrow string) bool {
	return wide == narrow || wide == "*/*" || spec.IsRange(wide) && strings.HasPrefix(narrow, strings.TrimSuffix(wide, "*"))
}

// sent returns the media types of a body for which clients get methods. Of those that
// hold the same in several forms they need one. Bytes of two media types are not the
// same, unless one is a range with the other in it.
func (i *importer) sent(media []member) []member {
	var kept []member
	for _, m := range media {
		same := slices.IndexFunc(kept, func(k member) bool {
			kind, other := i.bodyType(m), i.bodyType(k)
			switch {
			case kind == other:
				return true
			case !sameNode(k.get("schema").Node, m.get("schema").Node):
				return false
			case i.isBytes(m.get("schema")) && !spec.IsJSON(kind) && !spec.IsJSON(other):
				return covers(kind, other) || covers(other, kind)
			}
			return !(isPatch(k.key) && isPatch(m.key))
		})
		switch {
		case same < 0:
			kept = append(kept, m)
			continue
		case i.rank(m) > i.rank(kept[same]):
			m, kept[same] = kept[same], m
		}
		switch {
		case !sameNode(kept[same].get("schema").Node, m.get("schema").Node):
			i.bent(m.value, fmt.Sprintf("%s has another schema than %s, with which a client cannot tell it apart: left out", m.key, kept[same].key))
		case i.bodyType(m) != i.bodyType(kept[same]):
			i.dropped[fmt.Sprintf("%s for bodies that can be %s too", m.key, i.bodyType(kept[same]))]++
		}
	}
	return kept
}

// isPatch reports whether a media type says what a change is, rather than in which form
// it is written (RFC 6902, RFC 7396).
func isPatch(mediaType string) bool { return strings.Contains(mediaType, "patch") }

// rank returns how good a media type is among those that hold the same.
func (i *importer) rank(m member) int {
	kind := mediaType(m.key)
	switch {
	case spec.IsRange(kind) && i.isBytes(m.get("schema")):
		return 2 // more than a media type in it
	case strings.Contains(m.key, "*"):
		return 0
	case spec.HasParts(kind) && i.hasFiles(m.get("schema")):
		return 6 // JSON has no files
	case kind == "application/json":
		return 5
	case spec.IsJSON(kind) && !isPatch(kind):
		return 4
	case spec.IsJSON(kind):
		return 3
	case kind == "application/x-www-form-urlencoded":
		return 2
	}
	return 1
}

// sameNode reports whether two schemas are written alike.
func sameNode(a, b *yaml.Node) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Kind == b.Kind && a.Value == b.Value && slices.EqualFunc(a.Content, b.Content, sameNode)
}

func (i *importer) swaggerBody(op value, id string, p *parameters) (*yaml.Node, bool) {
	consumes := op.get("consumes")
	if consumes.Node == nil {
		consumes = i.root.get("consumes")
	}
	kind := ""
	if p.body.Node != nil {
		n := newObject()
		n.set("schema", p.body.get("schema").Node)
		media := value{n.Node, p.body.doc, p.body.pointer}
		var kinds []member
		for _, k := range consumes.items() {
			kinds = append(kinds, member{k.text(), media}) // all with the same schema
		}
		if len(kinds) == 0 {
			kinds = append(kinds, member{"application/json", media})
		}
		o := newObject()
		for _, m := range i.sent(kinds) {
			kind := i.bodyType(m)
			if kind == "application/octet-stream" && i.shape(p.body.get("schema"), 0) != "" {
				kind = "application/json"
			}
			if !o.has(kind) {
				o.set(kind, i.content(member{kind, media}, id+"_body", true))
			}
		}
		return o.Node, !p.body.get("required").is()
	}
	if len(p.form) == 0 {
		return nil, false
	}
	multipart := slices.ContainsFunc(p.form, func(v value) bool { return v.get("type").text() == "file" })
	for _, k := range consumes.items() {
		multipart = multipart || strings.HasPrefix(k.text(), "multipart/") && len(consumes.Content) == 1
	}
	o := newObject()
	if multipart {
		kind = "multipart/form-data"
	} else {
		kind = "application/x-www-form-urlencoded"
	}
	schema, properties := newObject(), newObject()
	var required []string
	for _, v := range p.form {
		name := v.get("name").text()
		if n, _ := i.parameterSchema(v, v, name, id, "form"); n != nil && !properties.has(name) {
			properties.set(name, n)
			if v.get("required").is() {
				required = append(required, name)
			}
		}
	}
	schema.setText("type", "object")
	if len(required) > 0 {
		schema.set("required", texts(required))
	}
	schema.set("properties", properties.Node)
	o.set(kind, schema.Node)
	return o.Node, len(required) == 0
}
