package openapi

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"
)

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
	if key != "allOf" {
		return ""
	}
	target, ok := i.target(part)
	// A schema without a name that adds members to a base is an heir too.
	adds := i.families[target.Node] != nil && (len(v.get("properties").members()) > 0 || len(v.get("allOf").items()) > 1)
	if !ok || !adds && !i.variantOf[v.Node][target.Node] {
		return ""
	}
	return i.bases[target.Node]
}

// inherits reports whether members of a schema may be described elsewhere.
func (i *importer) inherits(v value) bool {
	return len(v.get("allOf").items())+len(v.get("oneOf").items())+len(v.get("anyOf").items()) > 0
}

// mapped returns the schema to which a value of a discriminator leads: by a reference,
// or by the name of a schema.
func (i *importer) mapped(v value) (value, bool) {
	reference := v.text()
	if !strings.ContainsAny(reference, "#/.") {
		reference = "#/components/schemas/" + reference
	}
	target, err := i.documents.find(v.doc, reference)
	return target, err == nil
}

// mappedName returns the name of the type to which it leads, or "".
func (i *importer) mappedName(v value) string {
	if target, ok := i.mapped(v); ok {
		return i.typeNames[target.Node]
	}
	return ""
}

func (i *importer) discriminator(o object, d, v value) {
	if len(v.get("oneOf").items())+len(v.get("anyOf").items()) == 0 {
		i.dropped["a discriminator of a type without variants, or to which nothing refers but they"]++
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
		name := i.mappedName(m.value)
		if !variants[name] {
			i.bent(m.value, fmt.Sprintf("the discriminator's value %q leads to no variant: left out", m.key))
			continue
		}
		mapping.setText(m.key, "#/types/"+name)
	}
	if !mapping.empty() {
		n.set("mapping", mapping.Node)
	}
	if fallback := d.get("defaultMapping"); fallback.isText() {
		if name := i.mappedName(fallback); variants[name] {
			n.setText("defaultMapping", "#/types/"+name)
		} else {
			i.bent(fallback, "the discriminator's default leads to no variant: left out")
		}
	}
	o.set("discriminator", n.Node)
}
