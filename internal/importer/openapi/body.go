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
	chosen := i.choose(media)
	if len(media) > 1 {
		i.bent(v, fmt.Sprintf("%s takes %d media types: it sends %s", id, len(media), chosen.key))
	}
	o := newObject()
	o.set(mediaType(chosen.key), i.content(chosen, id+"_body", true))
	if mediaType(chosen.key) == "application/x-www-form-urlencoded" {
		p.deepForm = i.deepForm(chosen.value)
	}
	if chosen.get("encoding").isMap() && !p.deepForm {
		i.dropped["how the parts of a form are encoded"]++
	}
	i.rest(v, "a body", "content", "required", "description", "$ref")
	return o.Node, !v.get("required").is()
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
	if !spec.IsJSON(kind) && (kind != "application/x-www-form-urlencoded" || !sent || schema.absent()) {
		target, _ := i.follow(schema)
		if i.shape(schema, 0) != "" || target.get("type").text() != "" && target.get("type").text() != "string" && target.get("type").text() != "file" {
			i.bent(media.value, fmt.Sprintf("%s of %s is bytes here, as the caller writes or reads them", kind, name))
		}
		return bytesSchema()
	}
	if schema.absent() {
		return flow(newObject().Node)
	}
	return i.schema(schema, name)
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
	if strings.Contains(kind, "*") {
		return "application/octet-stream"
	}
	return kind
}

// choose returns the media type that a client uses of several: JSON, then a
// form, then what comes first.
func (i *importer) choose(media []member) member {
	for _, good := range []func(string) bool{
		func(k string) bool { return k == "application/json" },
		spec.IsJSON,
		func(k string) bool { return k == "application/x-www-form-urlencoded" },
		func(k string) bool { return !strings.HasPrefix(k, "multipart/") && !strings.Contains(k, "*") },
	} {
		for _, m := range media {
			if good(mediaType(m.key)) && !strings.Contains(m.key, "*") {
				return m
			}
		}
	}
	return media[0]
}

func (i *importer) swaggerBody(op value, id string, p *parameters) (*yaml.Node, bool) {
	consumes := op.get("consumes")
	if consumes.Node == nil {
		consumes = i.root.get("consumes")
	}
	kind := ""
	for _, k := range consumes.items() {
		if kind == "" || spec.IsJSON(mediaType(k.text())) && !spec.IsJSON(kind) {
			kind = mediaType(k.text())
		}
	}
	if p.body.Node != nil {
		if kind == "" || kind == "application/octet-stream" && i.shape(p.body.get("schema"), 0) != "" {
			kind = "application/json"
		}
		n := newObject()
		n.set("schema", p.body.get("schema").Node)
		o := newObject()
		o.set(kind, i.content(member{kind, value{n.Node, p.body.doc, p.body.pointer}}, id+"_body", true))
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
		i.bent(p.form[0], fmt.Sprintf("multipart/form-data of %s is bytes here, as the caller writes them", id))
		o.set("multipart/form-data", bytesSchema())
		return o.Node, false
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
	o.set("application/x-www-form-urlencoded", schema.Node)
	return o.Node, len(required) == 0
}
