package openapi

import (
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// Extension holds what OpenAPI cannot say of the place where it stands, in the words
// of the catalogue.
const Extension = "x-scopegen"

const schemas = "#/components/schemas/"

// schema returns a type. The words of the catalogue are those of OpenAPI, but for
// names in Go.
func (e *exporter) schema(s *spec.Schema) object {
	o := object{}
	var own object
	for _, m := range e.fields(*s) {
		switch m.key {
		case "$ref":
			o.set("$ref", e.reference(s.Ref))
		case "type":
			if len(s.Type) == 1 {
				m.value = s.Type[0]
			}
			o = append(o, m)
		case "discriminator":
			o.set("discriminator", e.discriminator(s.Discriminator))
		case "enum_names", "go_name", "go_type":
			own = append(own, m)
		default:
			o = append(o, m)
		}
	}
	o.setObject(Extension, own)
	return o
}

func (e *exporter) discriminator(d *spec.Discriminator) object {
	o := object{{"propertyName", d.Property}}
	if d.Mapping != nil {
		mapping := object{}
		for _, entry := range d.Mapping {
			mapping.set(entry.Key, e.reference(entry.Value))
		}
		o.set("mapping", mapping)
	}
	if d.Default != "" {
		o.set("defaultMapping", e.reference(d.Default))
		e.newer = true
	}
	return o
}

// reference returns a reference to a type of the catalogue.
func (e *exporter) reference(to string) string {
	return schemas + e.typeNames[strings.TrimPrefix(to, "#/types/")]
}

// types returns the types of the catalogue.
func (e *exporter) types() object {
	o := object{}
	for _, t := range e.c.Types {
		schema, name := e.schema(t.Value), e.typeNames[t.Key]
		if name != t.Key {
			own, _ := schema.get(Extension).(object)
			schema = append(schema.without(Extension), member{Extension, append(object{{"name", t.Key}}, own...)})
		}
		o.set(name, schema)
	}
	return o
}

// names gives each of the catalogue's names one that a component of OpenAPI can have.
type names struct{ taken map[string]bool }

func (n *names) give(name string) string {
	usable := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, name)
	return n.free(usable)
}

// free returns a name, with a number behind it if it is taken, and takes it.
func (n *names) free(name string) string {
	if n.taken == nil {
		n.taken = map[string]bool{}
	}
	candidate := name
	for number := 2; n.taken[candidate]; number++ {
		candidate = numbered(name, number)
	}
	n.taken[candidate] = true
	return candidate
}
