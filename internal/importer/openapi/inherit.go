package openapi

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// A type with a discriminator and no variants of its own is the base of the types that
// are made of it by allOf, and where the API refers to it, any of them may stand. In a
// catalogue these are two types: the base, and the union of its heirs and itself. A value
// of an heir fits the base too, so that what is received sets both.

// family is a base with its heirs.
type family struct {
	heirs  []named             // made of the base directly
	values map[string][]string // name of a type → the discriminator's values for it
}

// findFamilies finds the bases to which the document refers otherwise than to make
// types of them.
func (i *importer) findFamilies() {
	heirs := map[*yaml.Node][]named{}
	for _, t := range i.queue {
		for _, part := range t.get("allOf").items() {
			if base, ok := i.target(part); ok {
				heirs[base.Node] = append(heirs[base.Node], t)
			}
		}
	}
	referred := i.referred()
	for _, t := range i.queue {
		if t.get("discriminator").absent() || len(heirs[t.Node]) == 0 || i.bases[t.Node] != "" || len(t.get("oneOf").items())+len(t.get("anyOf").items()) > 0 || !referred[t.Node] {
			continue
		}
		i.bases[t.Node] = unique(i.taken, t.name+"_base")
		i.families[t.Node] = &family{}
	}
	for _, t := range i.queue {
		f := i.families[t.Node]
		if f == nil {
			continue
		}
		// An heir without variants of its own stands for itself alone, so that its heirs
		// are variants too.
		var add func(from *yaml.Node, depth int)
		add = func(from *yaml.Node, depth int) {
			for _, heir := range heirs[from] {
				if depth > 20 || slices.ContainsFunc(f.heirs, func(have named) bool { return have.name == heir.name }) {
					continue
				}
				f.heirs = append(f.heirs, heir)
				i.markVariant(heir.value, t.Node, 0)
				if i.families[heir.Node] == nil {
					add(heir.Node, depth+1)
				}
			}
		}
		add(t.Node, 0)
	}
	for _, t := range i.queue {
		if f := i.families[t.Node]; f != nil {
			f.values = i.valuesOf(t, heirs)
		}
	}
}

// referred returns the schemas to which the document refers otherwise than from the
// allOf of a type that it declares.
func (i *importer) referred() map[*yaml.Node]bool {
	byReference := map[string]*yaml.Node{}
	inherits := map[*yaml.Node]bool{}
	for _, t := range i.queue {
		byReference[t.pointer] = t.Node
		for _, part := range t.get("allOf").items() {
			inherits[part.Node] = true
		}
	}
	found := map[*yaml.Node]bool{}
	var visit func(n *yaml.Node)
	visit = func(n *yaml.Node) {
		for k := 0; n.Kind == yaml.MappingNode && k+1 < len(n.Content); k += 2 {
			if n.Content[k].Value == "$ref" && !inherits[n] {
				_, fragment, _ := strings.Cut(n.Content[k+1].Value, "#")
				if target := byReference[fragment]; target != nil {
					found[target] = true
				}
			}
		}
		for _, inner := range n.Content {
			visit(inner)
		}
	}
	visit(i.root.Node)
	return found
}

// valuesOf returns the values of a base's discriminator by the names of the variants
// for which they stand.
func (i *importer) valuesOf(t named, heirs map[*yaml.Node][]named) map[string][]string {
	values := map[string][]string{}
	stated := map[*yaml.Node][]string{}
	for _, m := range t.get("discriminator").get("mapping").members() {
		if target, ok := i.mapped(m.value); ok {
			stated[target.Node] = append(stated[target.Node], m.key)
		}
	}
	own := func(v value) []string {
		if said := stated[v.Node]; said != nil {
			return said
		}
		if said := v.get("x-ms-discriminator-value"); said.isText() {
			return []string{said.text()}
		}
		return []string{unescape(v.pointer[strings.LastIndexByte(v.pointer, '/')+1:])} // OpenAPI: the schema's name
	}
	values[i.bases[t.Node]] = own(t.value)
	var add func(heir named, to string, depth int)
	add = func(heir named, to string, depth int) {
		for _, text := range own(heir.value) {
			if !slices.Contains(values[to], text) {
				values[to] = append(values[to], text)
			}
		}
		for _, next := range heirs[heir.Node] {
			if depth < 20 && i.families[heir.Node] != nil { // the union of the heir has them
				add(next, to, depth+1)
			}
		}
	}
	for _, heir := range i.families[t.Node].heirs {
		add(heir, heir.name, 0)
	}
	return values
}

// union writes the union of a base and its heirs.
func (i *importer) union(t named) *yaml.Node {
	f := i.families[t.Node]
	o, mapping := newObject(), newObject()
	o.setText("description", i.description(t.value))
	variants := list()
	add := func(name string) {
		variants.Content = append(variants.Content, one("$ref", scalar("#/types/"+name)))
		for _, text := range f.values[name] {
			if !mapping.has(text) {
				mapping.setText(text, "#/types/"+name)
			}
		}
	}
	for _, heir := range f.heirs {
		add(heir.name)
	}
	add(i.bases[t.Node])
	if t.get("nullable").is() {
		variants.Content = append(variants.Content, one("type", scalar("null")))
	}
	o.set("anyOf", variants) // an heir is a base too
	d := newObject()
	property := t.get("discriminator").get("propertyName").text()
	if i.swagger {
		property = t.get("discriminator").text()
	}
	if property == "" {
		i.bent(t.get("discriminator"), "a discriminator without propertyName has no effect")
		return o.Node
	}
	d.setText("propertyName", property)
	d.set("mapping", mapping.Node)
	d.setText("defaultMapping", "#/types/"+i.bases[t.Node])
	o.set("discriminator", d.Node)
	return o.Node
}
