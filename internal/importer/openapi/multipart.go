package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// isForm reports whether the members of a schema can be the parts of a form.
func (i *importer) isForm(schema value) bool {
	members := 0
	i.eachPart(schema, 0, func(value) { members++ })
	return members > 0 && !i.hasChoice(schema, 0)
}

// hasChoice reports whether a schema, or a part of its allOf, has variants.
func (i *importer) hasChoice(schema value, depth int) bool {
	schema, ok := i.follow(schema)
	return ok && depth < 10 && (len(schema.get("oneOf").items())+len(schema.get("anyOf").items()) > 0 ||
		slices.ContainsFunc(schema.get("allOf").items(), func(part value) bool { return i.hasChoice(part, depth+1) }))
}

// hasFiles reports whether one of the parts of a form is a file.
func (i *importer) hasFiles(schema value) bool {
	found := false
	i.eachPart(schema, 0, func(part value) { found = found || isFile(part) || part.get("format").text() == "binary" })
	return found
}

// markFiles marks the parts of a form that are files in the words of OpenAPI 3.1: a
// media type in place of a format.
func (i *importer) markFiles(schema value) {
	i.eachPart(schema, 0, func(part value) {
		if isFile(part) {
			i.fileNodes[part.Node] = true
		}
	})
}

func isFile(part value) bool {
	t := part.get("type")
	return part.get("contentMediaType").isText() && part.get("contentEncoding").absent() && (t.absent() || t.text() == "string")
}

// eachPart calls do with each part of a form, and with the items of those that are lists.
func (i *importer) eachPart(schema value, depth int, do func(value)) {
	schema, ok := i.follow(schema)
	if !ok || depth > 10 {
		return
	}
	for _, part := range schema.get("allOf").items() {
		i.eachPart(part, depth+1, do)
	}
	for _, m := range schema.get("properties").members() {
		part, ok := i.follow(m.value)
		if !ok {
			continue
		}
		do(part)
		if items, ok := i.follow(part.get("items")); ok {
			do(items)
		}
	}
}

// encodings names the parts of a form that the document encodes otherwise than clients
// do. These send a file with the media type that its caller gives, an object as JSON, a
// list as a part or a pair for each item, and everything else as a text.
func (i *importer) encodings(media value, kind, id string, deep bool) {
	pairs := kind == "application/x-www-form-urlencoded"
	for _, e := range media.get("encoding").members() {
		part, ok := i.part(media.get("schema"), e.key, 0)
		if !ok {
			i.leftOut(e.value, fmt.Sprintf("the encoding of the part %q of %s", e.key, id), "no such part is described")
			continue
		}
		if len(e.get("headers").members()) > 0 && !pairs {
			i.leftOut(e.get("headers"), fmt.Sprintf("the header of the part %q of %s", e.key, id), "of a part, clients send the name and the media type alone")
		}
		items, _ := i.follow(part.get("items"))
		file := isFile(part) || part.get("format").text() == "binary" || isFile(items) || items.get("format").text() == "binary"
		shape, style, explode := i.shape(part, 0), e.get("style").text(), e.get("explode")
		told := func(format string, args ...any) {
			i.bent(e.value, fmt.Sprintf("the part %q of %s ", e.key, id)+fmt.Sprintf(format, args...))
		}
		switch {
		case file, shape == "":
		case shape == "object" && style == "deepObject" && !pairs:
			told("is sent as JSON, and not as a part for each of its members")
		case shape == "array" && (style != "" && style != "form" && !(pairs && deep) || !explode.absent() && !explode.is()):
			told("is sent once for each of its items, and not in one text")
		}
		switch types := e.get("contentType").text(); {
		case types == "" || pairs:
		case file:
			told("is a file of the media type %s: the caller gives it", types)
		case shape == "object" && !slices.ContainsFunc(strings.Split(types, ","), spec.IsJSON):
			told("is sent as application/json, and not as %s", types)
		case shape != "object" && !slices.ContainsFunc(strings.Split(types, ","), func(t string) bool { return mediaType(t) == "text/plain" || t == "*/*" }):
			told("is sent as a text, and not as %s", types)
		}
	}
}

// part returns a part of a form by its name.
func (i *importer) part(schema value, name string, depth int) (value, bool) {
	schema, ok := i.follow(schema)
	if !ok || depth > 10 {
		return value{}, false
	}
	if part := schema.get("properties").get(name); !part.absent() {
		return i.follow(part)
	}
	for _, inner := range schema.get("allOf").items() {
		if part, ok := i.part(inner, name, depth+1); ok {
			return part, true
		}
	}
	return value{}, false
}
