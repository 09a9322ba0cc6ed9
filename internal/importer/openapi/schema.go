package openapi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
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
			i.typeNodes = append(i.typeNodes, named{base, value{Node: i.schemaOf(v.without("oneOf", "anyOf", "discriminator"), base, true)}})
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

// saysMore reports whether a part of an allOf says anything of the values.
func saysMore(part value) bool {
	for _, m := range part.members() {
		switch m.key {
		case "description", "title", "nullable", "example", "examples", "x-nullable", "deprecated", "readOnly", "writeOnly":
		case "type":
			if m.text() != "object" {
				return true
			}
		default:
			return true
		}
	}
	return false
}

// nullIdiom reports whether a variant stands for null: version 3.0 has no other
// way to say that a reference may be null.
func nullIdiom(part value) bool {
	if !part.get("nullable").is() {
		return false
	}
	for _, m := range part.members() {
		switch m.key {
		case "nullable", "description", "title":
		case "type":
			if m.text() != "object" {
				return false
			}
		case "enum":
			if len(m.Content) != 1 || m.Content[0].Tag != "!!null" {
				return false
			}
		default:
			return false
		}
	}
	return true
}

// onlyPart returns the one part of a schema that consists of nothing else, with
// the schema's description. It returns nil for other schemas.
func onlyPart(o object) *yaml.Node {
	var part, description *yaml.Node
	for n := 0; n < len(o.Content); n += 2 {
		switch key, v := o.Content[n].Value, o.Content[n+1]; key {
		case "description":
			description = v
		case "type":
			if v.Value != "object" {
				return nil
			}
		case "allOf", "anyOf", "oneOf":
			if part != nil || len(v.Content) != 1 {
				return nil
			}
			part = v.Content[0]
		default:
			return nil
		}
	}
	if part != nil && description != nil {
		removeMember(part, "description")
		part.Content = append(part.Content, scalar("description"), description)
	}
	return part
}

// findBases finds the types that list variants which themselves are made of the
// type by allOf.
func (i *importer) findBases() {
	for _, t := range i.queue {
		for _, key := range []string{"oneOf", "anyOf"} {
			for _, part := range t.get(key).items() {
				variant, ok := i.target(part)
				if !ok || !i.madeOf(variant, t.Node, 0) {
					continue
				}
				if i.bases[t.Node] == "" {
					i.bases[t.Node] = unique(i.taken, t.name+"_base")
				}
				i.markVariant(variant, t.Node, 0)
			}
		}
	}
}

// target returns what a reference leads to, without a note if it leads nowhere.
func (i *importer) target(v value) (value, bool) {
	if !v.get("$ref").isText() {
		return value{}, false
	}
	target, err := i.documents.find(v.doc, v.get("$ref").text())
	return target, err == nil
}

// madeOf reports whether a schema is made of another by allOf.
func (i *importer) madeOf(v value, from *yaml.Node, depth int) bool {
	if depth > 20 {
		return false
	}
	for _, part := range v.get("allOf").items() {
		if base, ok := i.target(part); ok && (base.Node == from || i.madeOf(base, from, depth+1)) {
			return true
		}
	}
	return false
}

// markVariant notes that a schema, and those between it and the base, refer to
// the base rather than to the union.
func (i *importer) markVariant(v value, from *yaml.Node, depth int) {
	if depth > 20 {
		return
	}
	if i.variantOf[v.Node] == nil {
		i.variantOf[v.Node] = map[*yaml.Node]bool{}
	}
	i.variantOf[v.Node][from] = true
	for _, part := range v.get("allOf").items() {
		if base, ok := i.target(part); ok && base.Node != from && i.madeOf(base, from, 0) {
			i.markVariant(base, from, depth+1)
		}
	}
}

// baseFor returns the name of the base that a part of an allOf stands for, or "".
func (i *importer) baseFor(key string, v, part value) string {
	if key != "allOf" || len(i.variantOf[v.Node]) == 0 {
		return ""
	}
	target, ok := i.target(part)
	if !ok || !i.variantOf[v.Node][target.Node] {
		return ""
	}
	return i.bases[target.Node]
}

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
	o.setText("description", strings.TrimSpace(v.get("description").text()))
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
	case kind == "file":
		kind, format = "string", "binary"
	case kind == "string" && isBase64(v):
		format = "byte"
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
	either.setText("description", strings.TrimSpace(v.get("description").text()))
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
			if !slices.ContainsFunc(parts.Content, func(n *yaml.Node) bool { t := memberNode(n, "type"); return t != nil && t.Value == "null" }) {
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
	o.setText("description", strings.TrimSpace(v.get("description").text()))
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
	i.rest(v, "a reference", "$ref", "description", "summary", "deprecated", "readOnly", "writeOnly", "nullable", "default", "example", "examples", "title")
	return compact(o.Node)
}

// typesOf returns the types of a schema, and whether it may be null.
func (i *importer) typesOf(v value) (types []string, nullable bool) {
	nullable = i.v30 && v.get("nullable").is() || v.get("nullable").is() || v.get("x-nullable").is()
	t := v.get("type")
	for _, word := range append(t.items(), t) {
		switch word := word.text(); word {
		case "null":
			nullable = true
		case "string", "number", "integer", "boolean", "object", "array", "file":
			if !slices.Contains(types, word) {
				types = append(types, word)
			}
		case "":
		case "any":
		case "int", "int32", "int64", "long":
			i.bent(t, fmt.Sprintf("the type %q is none of JSON Schema: taken for integer", word))
			types = append(types, "integer")
		case "float", "double":
			i.bent(t, fmt.Sprintf("the type %q is none of JSON Schema: taken for number", word))
			types = append(types, "number")
		default:
			i.bent(t, fmt.Sprintf("the type %q is none of JSON Schema: any value is taken", word))
		}
	}
	if len(types) == 2 && slices.Contains(types, "number") && slices.Contains(types, "integer") {
		types = []string{"number"}
	}
	if len(types) == 0 && nullable && t.text() == "null" {
		return []string{"null"}, false
	}
	return types, nullable
}

// severalTypes writes a schema of several types as a choice of them.
func (i *importer) severalTypes(v value, types []string, nullable bool, name string) *yaml.Node {
	o := newObject()
	o.setText("description", strings.TrimSpace(v.get("description").text()))
	choice := list()
	for _, kind := range types {
		alone := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		for _, m := range v.members() {
			switch m.key {
			case "type":
				alone.Content = append(alone.Content, scalar("type"), scalar(kind))
			case "description", "nullable", "default", "enum", "example", "examples", "title":
			case "properties", "required", "additionalProperties":
				if kind == "object" {
					alone.Content = append(alone.Content, scalar(m.key), m.Node)
				}
			case "items":
				if kind == "array" {
					alone.Content = append(alone.Content, scalar(m.key), m.Node)
				}
			case "format", "pattern":
				if kind == "string" {
					alone.Content = append(alone.Content, scalar(m.key), m.Node)
				}
			}
		}
		choice.Content = append(choice.Content, i.schema(value{alone, v.doc, v.pointer}, name+"_"+kind))
	}
	if nullable {
		choice.Content = append(choice.Content, one("type", scalar("null")))
	}
	if enum := v.get("enum"); enum.isList() {
		i.bent(enum, "an enum over several types is not checked")
	}
	o.set("anyOf", choice)
	return o.Node
}

// values writes enum, const and default where they fit the type.
func (i *importer) values(o object, v value, kind string, nullable bool) {
	enum := v.get("enum")
	var words []*yaml.Node
	seen := map[string]bool{}
	for _, item := range enum.items() {
		n := literal(item)
		switch {
		case n.Tag == "!!null":
			continue // said by the type
		case kind == "string" && n.Kind == yaml.ScalarNode && n.Tag != "!!str":
			n = scalar(item.Value)
		case kind != "" && !fits(n, kind):
			i.bent(item, fmt.Sprintf("the enum value %s is not of type %s: left out", item.text(), kind))
			continue
		}
		key := n.Tag + n.Value + strconv.Itoa(len(n.Content))
		if n.Kind != yaml.ScalarNode {
			words = nil
			i.bent(enum, "an enum of objects or lists is not checked")
			break
		}
		if seen[key] {
			i.bent(item, fmt.Sprintf("the enum lists %s twice", item.text()))
			continue
		}
		seen[key] = true
		words = append(words, n)
	}
	if len(words) > 0 {
		o.set("enum", flow(list(words...)))
	}
	if c := v.get("const"); c.Node != nil && c.Kind == yaml.ScalarNode {
		if n := literal(c); kind == "" || fits(n, kind) {
			o.set("const", n)
		}
	}
	if d := v.get("default"); d.Node != nil && !d.absent() && kind != "" {
		n := literal(d)
		switch {
		case kind == "string" && n.Kind == yaml.ScalarNode && n.Tag != "!!str":
			i.bent(d, fmt.Sprintf("the default %s is not of type string: left out", d.text()))
		case !fits(n, kind):
			i.bent(d, fmt.Sprintf("the default %s is not of type %s: left out", oneLine(d.text()), kind))
		case len(words) > 0 && !slices.ContainsFunc(words, func(w *yaml.Node) bool { return w.Value == n.Value }):
			i.bent(d, fmt.Sprintf("the default %s is not in the enum: left out", d.text()))
		default:
			o.set("default", n)
		}
	}
}

// fits reports whether a value is of a type of JSON Schema.
func fits(n *yaml.Node, kind string) bool {
	switch kind {
	case "string":
		return n.Tag == "!!str"
	case "boolean":
		return n.Tag == "!!bool"
	case "integer":
		if n.Tag == "!!float" {
			r, ok := new(big.Rat).SetString(n.Value)
			return ok && r.IsInt()
		}
		return n.Tag == "!!int"
	case "number":
		return n.Tag == "!!int" || n.Tag == "!!float"
	case "array":
		return n.Kind == yaml.SequenceNode
	case "object":
		return n.Kind == yaml.MappingNode
	}
	return true
}

// limits writes what bounds a value. Keywords that mean nothing for the type are
// left out, and so are those whose value is none.
func (i *importer) limits(o object, v value, kind string) {
	applies := map[string]string{"minLength": "string", "maxLength": "string", "minItems": "array", "maxItems": "array"}
	for _, key := range lengths {
		k := v.get(key)
		if k.absent() || applies[key] != kind {
			continue
		}
		if n, err := strconv.Atoi(k.text()); err == nil && n >= 0 {
			o.set(key, integer(n))
		} else {
			i.bent(k, fmt.Sprintf("%s %s is not a number of its kind: left out", key, k.text()))
		}
	}
	if kind == "array" && v.get("uniqueItems").is() {
		o.set("uniqueItems", boolean(true))
	}
	if kind == "string" && v.get("pattern").isText() {
		o.setText("pattern", v.get("pattern").text())
	}
	if kind != "number" && kind != "integer" {
		return
	}
	number := func(k value) *yaml.Node {
		n := literal(k)
		if n.Tag == "!!str" {
			if !json.Valid([]byte(n.Value)) {
				return nil
			}
			n = &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!float", Value: n.Value}
		}
		if n.Tag != "!!int" && n.Tag != "!!float" {
			return nil
		}
		return n
	}
	for _, key := range numbers {
		k := v.get(key)
		if k.absent() {
			continue
		}
		n := number(k)
		if n == nil {
			i.bent(k, fmt.Sprintf("%s is not a number: left out", key))
			continue
		}
		exclusive := "exclusive" + strings.ToUpper(key[:1]) + key[1:]
		if v.get(exclusive).is() { // 3.0 writes a boolean
			key = exclusive
		}
		o.set(key, n)
	}
	for _, key := range []string{"exclusiveMinimum", "exclusiveMaximum"} {
		if k := v.get(key); !k.absent() && k.Tag != "!!bool" {
			if n := number(k); n != nil {
				o.set(key, n)
			}
		}
	}
}

func (i *importer) properties(o object, v value, name string) {
	properties := newObject()
	for _, p := range v.get("properties").members() {
		properties.set(p.key, i.schema(p.value, name+"_"+p.key))
	}
	var required []string
	for _, r := range v.get("required").items() {
		key := r.text()
		if slices.Contains(required, key) {
			continue
		}
		if !properties.has(key) && !i.inherits(v) {
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

// inherits reports whether members of a schema may be described elsewhere.
func (i *importer) inherits(v value) bool {
	return len(v.get("allOf").items())+len(v.get("oneOf").items())+len(v.get("anyOf").items()) > 0
}

func (i *importer) discriminator(o object, d, v value) {
	if len(v.get("oneOf").items())+len(v.get("anyOf").items()) == 0 {
		i.dropped["a discriminator of types that inherit"]++
		return
	}
	variants := map[string]bool{}
	for _, key := range []string{"oneOf", "anyOf"} {
		for _, part := range v.get(key).items() {
			if part.get("$ref").isText() {
				if name, ok := i.reference(part); ok {
					variants[name] = true
				}
			}
		}
	}
	property := d.get("propertyName").text()
	if property == "" {
		i.bent(d, "a discriminator without propertyName has no effect")
		return
	}
	n := newObject()
	n.setText("propertyName", property)
	mapping := newObject()
	for _, m := range d.get("mapping").members() {
		reference := m.text()
		if !strings.ContainsAny(reference, "#/.") {
			reference = "#/components/schemas/" + reference
		}
		target, err := i.documents.find(d.doc, reference)
		name, known := i.typeNames[target.Node]
		if err != nil || !known || !variants[name] {
			i.bent(m.value, fmt.Sprintf("the discriminator's value %q leads to no variant: left out", m.key))
			continue
		}
		mapping.setText(m.key, "#/types/"+name)
	}
	if !mapping.empty() {
		n.set("mapping", mapping.Node)
	}
	o.set("discriminator", n.Node)
}

// isBase64 reports whether a text holds bytes in base 64, in the words of OpenAPI 3.1;
// older documents say format: byte.
func isBase64(v value) bool {
	return v.get("contentEncoding").text() == "base64" && v.get("format").absent()
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
