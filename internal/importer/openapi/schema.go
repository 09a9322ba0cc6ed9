package openapi

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
)

// nameTypes gives the document's own types their names, so that none depends
// on the order in which references are met.
func (i *importer) nameTypes() {
	declared := i.root.get("components").get("schemas")
	if i.swagger {
		declared = i.root.get("definitions")
	}
	for _, m := range declared.members() {
		if _, again := i.typeNames[m.Node]; again || m.Node == nil {
			continue
		}
		name := unique(i.taken, typeName(m.key))
		if name != m.key {
			i.note(Bent, m.value, fmt.Sprintf("the type %q is called %s", m.key, name), "")
		}
		i.typeNames[m.Node] = name
		i.queue = append(i.queue, named{name, m.value})
	}
}

// types writes the types, those included that references elsewhere have made.
func (i *importer) types() {
	for len(i.queue) > 0 {
		t := i.queue[0]
		i.queue = i.queue[1:]
		v := t.value
		i.placed("types/"+t.name, v)
		if base := i.bases[v.Node]; base != "" {
			// The type is both the base of its variants and the union of them. In a
			// catalogue these are two types.
			own := v.without("oneOf", "anyOf", "discriminator")
			i.variantOf[own.Node] = i.variantOf[v.Node]
			i.typeNodes = append(i.typeNodes, named{base, value{Node: i.schemaOf(own, base, true)}})
			if i.families[v.Node] != nil {
				i.typeNodes = append(i.typeNodes, named{t.name, value{Node: i.union(t)}})
				continue
			}
			v = v.only("description", "oneOf", "anyOf", "discriminator", "nullable", "deprecated")
		}
		i.typeNodes = append(i.typeNodes, named{t.name, value{Node: i.schemaOf(v, t.name, true)}})
	}
}

// reference returns the name of the type that a reference leads to.
func (i *importer) reference(v value) (string, bool) {
	reference := v.get("$ref")
	target, err := i.documents.find(v.doc, reference.text())
	if err != nil {
		i.note(Bent, reference, fmt.Sprintf("%s: any value is taken", err), "")
		return "", false
	}
	if name, ok := i.typeNames[target.Node]; ok {
		return name, true
	}
	name := target.pointer[strings.LastIndexByte(target.pointer, '/')+1:]
	if name == "" || name == "schema" || name == "items" {
		name = strings.TrimSuffix(target.doc.name, ".json") + "_" + name
	}
	name = unique(i.taken, typeName(unescape(name)))
	i.typeNames[target.Node] = name
	i.queue = append(i.queue, named{name, target})
	return name, true
}

func (i *importer) schema(v value, name string) *yaml.Node { return i.schemaOf(v, name, false) }

func anything() *yaml.Node { return flow(newObject().Node) }

// keywords that the catalogue writes as the document does.
var (
	lengths = []string{"minLength", "maxLength", "minItems", "maxItems"}
	numbers = []string{"minimum", "maximum", "multipleOf"}
)

// schemaOf writes a schema in the catalogue's words.
func (i *importer) schemaOf(v value, name string, top bool) *yaml.Node {
	v = v.resolved()
	switch {
	case v.isText() && (v.Value == "true" || v.Value == "false") || v.absent():
		return anything()
	case !v.isMap():
		i.bent(v, "a schema is an object: any value is taken")
		return anything()
	}
	if len(v.pointer) > 4000 {
		i.bent(v, "nested too deep: any value is taken")
		return anything()
	}
	o := newObject()
	if v.get("$ref").isText() {
		return i.referenceSchema(v, name)
	}
	o.setText("description", i.description(v))
	types, nullable := i.typesOf(v)
	if len(types) > 1 {
		return i.severalTypes(v, types, nullable, name)
	}
	kind := ""
	if len(types) == 1 {
		kind = types[0]
	}
	composed := false
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		composed = composed || len(v.get(key).items()) > 0
	}
	format := v.get("format").text()
	switch {
	case kind == "file", i.fileNodes[v.Node]:
		kind, format = "string", "binary"
	case kind == "string" && isBase64(v):
		format = "byte"
	case kind == "object" && i.noVariantIsObject(v):
		i.bent(v.get("type"), "no variant is an object: the type is left out")
		kind = ""
	case kind == "integer" && format == "":
		if wide := i.beyondInt64(v); !wide.absent() {
			i.note(Assumed, wide, fmt.Sprintf("%s does not fit 64 bits with a sign: the format is taken to be uint64", wide.text()), "")
			format = "uint64"
		}
	}
	if kind == "" && !composed {
		switch {
		case len(v.get("properties").members()) > 0 || v.get("additionalProperties").isMap():
			kind = "object"
		case v.get("items").isMap():
			kind = "array"
		}
	}
	switch {
	case nullable && kind != "":
		o.set("type", texts([]string{kind, "null"}))
	case kind != "":
		o.setText("type", kind)
	}
	o.setText("format", format)
	if kind == "array" {
		v = i.enumOfItems(v)
	}
	i.values(o, v, kind, nullable)
	i.limits(o, v, kind)
	if kind == "array" {
		items := v.get("items")
		if items.isList() && len(items.Content) > 0 {
			i.bent(items, "items that differ by their place are taken for any")
			items = value{}
		}
		o.set("items", i.schema(items, name+"_item"))
	}
	if kind == "object" || kind == "" {
		i.properties(o, v, name)
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		parts := v.get(key).items()
		if len(parts) == 0 {
			continue
		}
		n := list()
		for at, part := range parts {
			switch {
			case key == "allOf" && !saysMore(part):
				continue // a description, or nothing
			case key != "allOf" && len(parts) > 1 && nullIdiom(part):
				n.Content = append(n.Content, one("type", scalar("null")))
				continue
			}
			if base := i.baseFor(key, v, part); base != "" {
				n.Content = append(n.Content, one("$ref", scalar("#/types/"+base)))
				continue
			}
			n.Content = append(n.Content, i.schema(part, fmt.Sprintf("%s_%d", name, at+1)))
		}
		if len(n.Content) > 0 {
			o.set(key, n)
		}
	}
	if d := v.get("discriminator"); !d.absent() {
		i.discriminator(o, d, v)
	}
	for _, key := range []string{"deprecated", "readOnly", "writeOnly"} {
		if v.get(key).is() && !(key == "writeOnly" && v.get("readOnly").is()) {
			o.set(key, boolean(true))
		}
	}
	if !i.swagger || v.get("in").Node == nil {
		i.unused(v)
	}
	if nullable && kind == "" && composed {
		return i.orNull(o, v)
	}
	if only := onlyPart(o); only != nil {
		return only
	}
	if top {
		return o.Node
	}
	return compact(o.Node)
}

// orNull writes anyOf the schema and null.
func (i *importer) orNull(o object, v value) *yaml.Node {
	either := newObject()
	either.setText("description", i.description(v))
	inner := newObject()
	for n := 0; n < len(o.Content); n += 2 {
		if o.Content[n].Value != "description" {
			inner.Content = append(inner.Content, o.Content[n], o.Content[n+1])
		}
	}
	if len(inner.Content) == 2 {
		key, parts := inner.Content[0].Value, inner.Content[1]
		switch {
		case key == "oneOf", key == "anyOf":
			if !slices.ContainsFunc(parts.Content, func(n *yaml.Node) bool { t := yamlmap.Value(n, "type"); return t != nil && t.Value == "null" }) {
				parts.Content = append(parts.Content, one("type", scalar("null")))
			}
			either.set(key, parts)
			return either.Node
		case key == "allOf" && len(parts.Content) == 1:
			inner = object{parts.Content[0]}
		}
	}
	either.set("anyOf", list(inner.Node, one("type", scalar("null"))))
	return either.Node
}

// referenceSchema writes a reference, with what may stand beside it.
func (i *importer) referenceSchema(v value, name string) *yaml.Node {
	target, ok := i.reference(v)
	if !ok {
		return anything()
	}
	o := newObject()
	o.setText("$ref", "#/types/"+target)
	o.setText("description", i.description(v))
	for _, key := range []string{"deprecated", "readOnly", "writeOnly"} {
		if v.get(key).is() {
			o.set(key, boolean(true))
		}
	}
	if v.get("nullable").is() {
		either := newObject()
		either.set("anyOf", list(one("$ref", scalar("#/types/"+target)), one("type", scalar("null"))))
		return compact(either.Node)
	}
	if i.v30 {
		return compact(o.Node) // what stands beside a reference means nothing in 3.0
	}
	said := []string{"$ref", "description", "summary", "deprecated", "readOnly", "writeOnly", "nullable", "default", "example", "examples", "title"}
	if to, ok := i.target(v); ok && to.get("type").isText() && to.get("type").text() == v.get("type").text() {
		said = append(said, "type")
	}
	i.rest(v, "a reference", said...)
	return compact(o.Node)
}

func (i *importer) properties(o object, v value, name string) {
	properties, described := newObject(), map[string]bool{}
	for _, p := range v.get("properties").members() {
		if p.key == "" {
			i.leftOut(p.value, `the member ""`, "encoding/json cannot read it; it arrives among the further members")
			continue
		}
		properties.set(p.key, i.schema(p.value, name+"_"+p.key))
		described[p.key] = true
	}
	var required []string
	listed := map[string]bool{"": true} // there is no such member
	for _, r := range v.get("required").items() {
		key := r.text()
		if listed[key] {
			continue
		}
		listed[key] = true
		if !described[key] && !i.inherits(v) {
			// A member that is required and not described: any value.
			properties.set(key, anything())
			i.bent(r, fmt.Sprintf("the member %q is required and not described: any value is taken", key))
		}
		required = append(required, key)
	}
	if len(required) > 0 {
		o.set("required", texts(required))
	}
	if !properties.empty() {
		o.set("properties", properties.Node)
	}
	switch a := v.get("additionalProperties"); {
	case a.Node == nil:
	case a.isMap() && len(a.Content) > 0:
		o.set("additionalProperties", i.schema(a, name+"_value"))
	case a.isMap() || a.is():
		o.set("additionalProperties", boolean(true))
	default:
		o.set("additionalProperties", boolean(false))
	}
}

// unused counts the keywords of a schema that are not carried: those that only
// describe, and those that only restrict. Neither changes how a value is sent.
func (i *importer) unused(v value) {
	for n := 0; n+1 < len(v.Content); n += 2 {
		switch key := v.Content[n].Value; key {
		case "$ref", "type", "format", "description", "enum", "const", "default", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
			"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "items", "properties", "required", "additionalProperties",
			"allOf", "oneOf", "anyOf", "discriminator", "deprecated", "readOnly", "writeOnly", "nullable", "x-nullable":
		case "title", "example", "examples", "externalDocs", "xml", "$comment", "$id", "$schema", "$anchor", "contentMediaType", "contentEncoding", "contentSchema":
			if key == "contentEncoding" && isBase64(v) {
				continue
			}
			i.dropped[key+" of a schema"]++
		case "minProperties", "maxProperties", "not", "if", "then", "else", "contains", "minContains", "maxContains", "propertyNames", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedProperties", "unevaluatedItems", "additionalItems":
			i.dropped[key+" of a schema, which only restricts"]++
		case "patternProperties", "prefixItems", "$defs", "definitions":
			i.dropped[key+" of a schema: such members are read and written untyped"]++
		default:
			if strings.HasPrefix(key, "x-") {
				i.extensions[key]++
				continue
			}
			i.dropped[fmt.Sprintf("the unknown keyword %q of a schema", key)]++
		}
	}
}
