package openapi

import (
	"strings"

	"gopkg.in/yaml.v3"
)

// responseHeaders adds the header fields of a response to those of its operation. Of
// several responses that state one field, the first says what it is.
func (i *importer) responseHeaders(response value, id string) {
	for _, h := range response.get("headers").members() {
		if strings.EqualFold(h.key, "Content-Type") { // OpenAPI 3.1, section 4.8.17.1: it is ignored
			continue
		}
		known := false
		for n := 0; n < len(i.headers.Content); n += 2 {
			known = known || strings.EqualFold(i.headers.Content[n].Value, h.key)
		}
		v, ok := i.follow(h.value)
		if known || !ok {
			continue
		}
		if !isHeaderName(h.key) {
			i.leftOut(v, "the response header \""+h.key+"\"", "it is not the name of a header (RFC 9110, section 5.1)")
			continue
		}
		schema := v.get("schema")
		if i.swagger {
			schema = v.without("description", "collectionFormat")
		} else if media := v.get("content").members(); schema.absent() && len(media) > 0 {
			schema = value{Node: one("type", scalar("string")), doc: v.doc, pointer: v.pointer}
		}
		n := &yaml.Node{}
		if schema.absent() {
			n = one("type", scalar("string"))
		} else {
			n = i.schema(schema, id+"_"+h.key)
		}
		o := object{n}
		if text := i.description(v); text != "" && !o.has("description") {
			n.Style &^= yaml.FlowStyle
			n.Content = append([]*yaml.Node{scalar("description"), scalar(text)}, n.Content...)
			n = compact(n)
		}
		i.headers.set(h.key, n)
		i.rest(v, "a header", "description", "schema", "content", "required", "deprecated", "example", "examples", "style", "explode", "$ref",
			"type", "format", "items", "collectionFormat", "default", "enum", "pattern", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems")
	}
}

// isHeaderName reports whether a text is a token (RFC 9110, section 5.6.2).
func isHeaderName(text string) bool {
	for _, r := range text {
		if r <= ' ' || r > '~' || strings.ContainsRune(`"(),/:;<=>?@[\]{}`, r) {
			return false
		}
	}
	return text != ""
}
