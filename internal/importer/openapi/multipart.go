package openapi

import "slices"

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
