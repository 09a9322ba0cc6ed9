package openapi

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"
)

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
	o.setText("description", i.description(v))
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
	quoted := false
	for _, item := range enum.items() {
		n := literal(item)
		if m, ok := unquoted(n, kind); ok {
			n, quoted = m, true
		}
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
	if quoted {
		i.bent(enum, fmt.Sprintf("the enum lists texts, and its type is %s: taken for what they say", kind))
	}
	if len(words) > 0 {
		o.set("enum", flow(list(words...)))
	}
	if c := v.get("const"); c.Node != nil {
		n := literal(c)
		if m, ok := unquoted(n, kind); ok {
			i.bent(c, fmt.Sprintf("the const is a text, and its type is %s: taken for %s", kind, m.Value))
			n = m
		}
		switch {
		case c.Kind != yaml.ScalarNode:
			i.bent(c, "a const that is an object or a list is not checked")
		case kind != "" && !fits(n, kind):
			i.bent(c, fmt.Sprintf("the const %s is not of type %s: left out", oneLine(c.text()), kind))
		default:
			o.set("const", n)
		}
	}
	if d := v.get("default"); d.Node != nil && !d.absent() {
		n := literal(d)
		if m, ok := unquoted(n, kind); ok {
			i.bent(d, fmt.Sprintf("the default is a text, and its type is %s: taken for %s", kind, m.Value))
			n = m
		}
		switch {
		case kind == "":
			i.bent(d, "a default beside no type is left out")
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

// enumOfItems returns a list whose enum is that of its items, if no value of the enum is a
// list: some documents put it beside the items, where no value could fit.
func (i *importer) enumOfItems(v value) value {
	enum, items := v.get("enum"), v.get("items")
	if len(enum.items()) == 0 || !items.isMap() || items.get("$ref").isText() || !items.get("enum").absent() ||
		slices.ContainsFunc(enum.items(), func(item value) bool { return item.Kind != yaml.ScalarNode }) {
		return v
	}
	i.bent(enum, "the enum of a list holds no list: it is taken for the enum of its items")
	return v.without("enum").with("items", items.with("enum", enum.Node).Node)
}

// unquoted returns the number or boolean of a type of JSON Schema that a text says, and
// whether it says one: some documents put quotation marks around each value.
func unquoted(n *yaml.Node, kind string) (*yaml.Node, bool) {
	if n.Kind != yaml.ScalarNode || n.Tag != "!!str" || len(n.Value) > longestInteger {
		return nil, false
	}
	tag := ""
	switch kind {
	case "boolean":
		if n.Value == "true" || n.Value == "false" {
			tag = "!!bool"
		}
	case "integer", "number":
		switch m := jsonNumber.FindStringSubmatch(n.Value); {
		case m == nil || kind == "integer" && m[1] != "":
		case m[1] == "":
			tag = "!!int"
		default:
			tag = "!!float"
		}
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: tag, Value: n.Value}, tag != ""
}

// jsonNumber is a number of JSON, in two parts if it need not be an integer.
var jsonNumber = regexp.MustCompile(`^-?(?:0|[1-9][0-9]*)(\.[0-9]+(?:[eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)?$`)

// fits reports whether a value is of a type of JSON Schema.
func fits(n *yaml.Node, kind string) bool {
	switch kind {
	case "string":
		return n.Tag == "!!str"
	case "boolean":
		return n.Tag == "!!bool"
	case "integer":
		if n.Tag == "!!float" {
			if len(n.Value) > longestInteger {
				return false
			}
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

// longestInteger is how long the text of an integer may be, 1.0 and 1e3 included: to read a
// longer one costs the square of its length.
const longestInteger = 100

// beyondInt64 returns the first value that a schema names of itself and that only an
// integer of 64 bits without a sign can hold, if it names none below zero.
func (i *importer) beyondInt64(v value) (wide value) {
	named := []value{v.get("default"), v.get("const"), v.get("maximum"), v.get("example"), v.get("minimum")}
	for _, key := range []string{"enum", "examples"} {
		if list := v.get(key); list.isList() {
			named = append(named, list.items()...)
		}
	}
	for _, k := range named {
		if !k.isText() || len(k.text()) > longestInteger {
			continue
		}
		x, _, err := big.ParseFloat(k.text(), 10, 256, big.ToNearestEven)
		if err != nil || !x.IsInt() || x.MantExp(nil) > 64 {
			continue
		}
		switch n, _ := x.Int(nil); {
		case n.Sign() < 0:
			return value{}
		case wide.absent() && !n.IsInt64() && n.IsUint64():
			wide = k
		}
	}
	return wide
}

// noVariantIsObject reports whether a schema of type object is a choice of schemas of
// other types, so that no value would be of it.
func (i *importer) noVariantIsObject(v value) bool {
	if len(v.get("properties").members()) > 0 || v.get("additionalProperties").isMap() || len(v.get("allOf").items()) > 0 {
		return false
	}
	variants := append(v.get("oneOf").items(), v.get("anyOf").items()...)
	for _, variant := range variants {
		for range 20 { // references may go in a circle
			target, ok := i.target(variant)
			if !ok {
				break
			}
			variant = target
		}
		switch variant.get("type").text() {
		case "string", "number", "integer", "boolean", "array":
		default:
			return false
		}
	}
	return len(variants) > 0
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

// isBase64 reports whether a text holds bytes in base 64, in the words of OpenAPI 3.1;
// older documents say format: byte.
func isBase64(v value) bool {
	return v.get("contentEncoding").text() == "base64" && v.get("format").absent()
}
