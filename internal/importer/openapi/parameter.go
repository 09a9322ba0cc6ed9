package openapi

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// parameters are those of one operation.
type parameters struct {
	path  string
	nodes []*yaml.Node
	body  value   // Swagger's body parameter
	form  []value // Swagger's formData parameters

	idempotent bool // it takes an idempotency key
	deepForm   bool // the body is a form with objects in it
	authorized bool // it has a header parameter Authorization
}

// parameters reads the parameters of an operation. asked are the names of those whose
// placeholders the query of its path holds, by the placeholder's.
func (i *importer) parameters(op value, id, path string, asked map[string]string, shared []value, keys []*key) parameters {
	type place struct{ in, name string }
	var order []place
	byKey := map[place]value{}
	for _, v := range slices.Concat(shared, op.get("parameters").items()) {
		v, ok := i.follow(v)
		if !ok {
			continue
		}
		k := place{v.get("in").text(), v.get("name").text()}
		if n := len(k.in) + len(k.name); n > mostKey {
			i.leftOut(v, "a parameter of "+id, fmt.Sprintf("its name is a text of %d KiB; at most %d KiB are read", n>>10, mostKey>>10))
			continue
		}
		if k.name == "" && k.in != "body" { // a body of Swagger needs none
			i.leftOut(v, "a parameter of "+id, "it has no name")
			continue
		}
		if k.in == "header" {
			k.name = http.CanonicalHeaderKey(k.name)
		}
		if _, again := byKey[k]; !again {
			order = append(order, k)
		}
		byKey[k] = v
	}
	for _, placeholder := range slices.Sorted(maps.Keys(asked)) {
		key := place{"query", asked[placeholder]}
		if byKey[key].Node != nil {
			continue
		}
		inPath := func(p spec.Placeholder) bool { return p.Name == placeholder }
		if at := slices.Index(order, place{"path", placeholder}); at >= 0 && !slices.ContainsFunc(spec.Placeholders(path), inPath) {
			byKey[key] = byKey[order[at]].with("name", scalar(key.name)).with("required", boolean(true))
			order[at] = key
			continue
		}
		i.note(Assumed, op, fmt.Sprintf("no parameter says what {%s} in the query of %s is: taken for a text", placeholder, id), "")
		o := newObject()
		o.Line, o.Column = op.Line, op.Column
		o.set("name", scalar(key.name))
		o.set("required", boolean(true))
		if i.swagger {
			o.set("type", scalar("string"))
		} else {
			o.set("schema", one("type", scalar("string")))
		}
		order, byKey[key] = append(order, key), value{o.Node, op.doc, op.pointer}
	}
	var all []place
	for _, k := range order {
		members := i.exploded(k.in, byKey[k])
		if members == nil {
			all = append(all, k)
			continue
		}
		if i.spread += len(members); i.spread > mostSpread {
			i.leftOut(byKey[k], fmt.Sprintf("the parameter %q of %s", k.name, id),
				fmt.Sprintf("it is an object, and of such at most %d members are read in all; add those that you need to the parameters in the catalogue", mostSpread))
			continue
		}
		i.bent(byKey[k], fmt.Sprintf("the parameter %q of %s is an object: its members are parameters of their own", k.name, id))
		for _, m := range members {
			part := place{"query", m.key}
			switch {
			case i.shape(m.get("schema"), 0) == "object":
				i.leftOut(m.value, fmt.Sprintf("the member %q of the parameter %q of %s", m.key, k.name, id), "OpenAPI does not say how an object in an object is written")
			case byKey[part].Node != nil:
				i.bent(m.value, fmt.Sprintf("the member %q of the parameter %q of %s is a parameter that the document declares by itself", m.key, k.name, id))
			default:
				all, byKey[part] = append(all, part), m.value
			}
		}
	}
	slashes := map[string]bool{}
	for k, v := range byKey {
		if k.in == "path" && (v.get("allowReserved").is() || v.get("x-ms-skip-url-encoding").is()) {
			slashes[k.name] = true
		}
	}
	path, again := i.distinct(op, id, i.path(op, id, path))
	for name, others := range again {
		for _, other := range others {
			slashes[other] = slashes[name]
		}
	}
	p := parameters{path: i.reserved(op, id, path, slashes)}
	var placeholders []string
	for _, placeholder := range spec.Placeholders(p.path) {
		placeholders = append(placeholders, placeholder.Name)
	}
	inPath := map[string]bool{}
	for _, k := range all {
		v := byKey[k]
		name := v.get("name").text()
		if slices.ContainsFunc(keys, func(key *key) bool { return key.carries(k.in, name) }) {
			i.dropped["a parameter that is a key, which clients carry by themselves"]++
			continue
		}
		switch k.in {
		case "body":
			p.body = v
			continue
		case "formData":
			p.form = append(p.form, v)
			continue
		case "path":
			if !slices.Contains(placeholders, name) {
				i.leftOut(v, fmt.Sprintf("the path parameter %q of %s", name, id), "its path has no place for it")
				continue
			}
		case "query":
			if always := spec.Query(p.path); always.Has(name) {
				i.bent(v, fmt.Sprintf("the query parameter %q of %s stands in its path, where each call has it as %q", name, id, always.Get(name)))
				continue
			}
		case "header":
			switch k.name {
			case "Idempotency-Key":
				// The runtime makes the key, and keeps it when it tries again.
				i.idempotency, p.idempotent = cmp.Or(i.idempotency, name), true
				if !v.get("required").is() {
					i.dropped["an idempotency key that a caller may leave out: clients send it always"]++
				}
				continue
			case "Accept", "Content-Type", "Authorization", "Dpop":
				p.authorized = p.authorized || k.name == "Authorization"
				i.dropped["the header parameter "+k.name+", which the runtime sets"]++
				continue
			case "Cookie":
				i.leftOut(v, fmt.Sprintf("the header parameter %q of %s", name, id), "clients send no cookies")
				continue
			case "Host", "Content-Length", "Connection", "Expect", "Transfer-Encoding", "Te", "Trailer", "Upgrade":
				i.leftOut(v, fmt.Sprintf("the header parameter %q of %s", name, id), "the runtime or net/http sets it")
				continue
			case "Content-Digest", "Digest", "Signature", "Signature-Input":
				// Without Signature-Input it is a digest or a signature of another kind, which a caller makes.
				if _, signed := byKey[place{"header", "Signature-Input"}]; signed {
					i.leftOut(v, fmt.Sprintf("the header parameter %q of %s", name, id),
						"clients make HTTP message signatures (RFC 9421) for all calls if the table has signing: rfc9421")
					continue
				}
			}
		case "querystring":
			i.leftOut(v, fmt.Sprintf("the parameter %q of %s", name, id), "a whole query string as one parameter is not supported")
			continue
		case "cookie":
			i.leftOut(v, fmt.Sprintf("the cookie %q of %s", name, id), "clients send no cookies")
			continue
		default:
			i.leftOut(v, fmt.Sprintf("the parameter %q of %s", name, id), fmt.Sprintf("it is in %q", k.in))
			continue
		}
		names := []string{name}
		if k.in == "path" {
			names = append(names, again[name]...)
		}
		for _, name := range names {
			inPath[name] = inPath[name] || k.in == "path"
			if n := i.parameter(v, k.in, name, id); n != nil {
				p.nodes = append(p.nodes, n)
			}
		}
	}
	for _, name := range placeholders {
		if !inPath[name] {
			i.note(Assumed, op, fmt.Sprintf("no parameter says what {%s} in the path of %s is: taken for a text", name, id), "")
			o := newObject()
			o.setText("name", name)
			o.setText("in", "path")
			o.set("schema", one("type", scalar("string")))
			p.nodes = append(p.nodes, flow(o.Node))
		}
	}
	return p
}

// exploded returns the members of a parameter that is an object and sent as a parameter
// for each (OpenAPI, "Style Values": form, exploded), as parameters. It returns nil for
// others, and for an object that does not name its members.
func (i *importer) exploded(in string, v value) []member {
	style, explode := v.get("style").text(), v.get("explode")
	if in != "query" || i.swagger || style != "" && style != "form" || explode.Node != nil && !explode.is() || i.shape(v.get("schema"), 0) != "object" {
		return nil
	}
	schema, ok := i.follow(v.get("schema"))
	if !ok || !schema.get("allOf").absent() || !schema.get("oneOf").absent() || !schema.get("anyOf").absent() || schema.get("type").text() == "array" {
		return nil
	}
	if further := schema.get("additionalProperties"); further.is() || further.isMap() {
		return nil
	}
	required := map[string]bool{}
	for _, r := range schema.get("required").items() {
		required[r.text()] = v.get("required").is()
	}
	var members []member
	for _, m := range schema.get("properties").members() {
		if m.key == "" {
			continue
		}
		parameter := newObject()
		parameter.Line, parameter.Column = m.Line, m.Column
		parameter.set("name", scalar(m.key))
		parameter.set("required", boolean(required[m.key]))
		parameter.set("schema", m.Node)
		members = append(members, member{m.key, value{parameter.Node, m.doc, m.pointer}})
	}
	return members
}

// path returns a path as a catalogue has it.
func (i *importer) path(op value, id, path string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	var b strings.Builder
	for literal := true; path != ""; path = path[1:] {
		c := path[0]
		switch {
		case c == '{':
			literal = false
		case c == '}':
			literal = true
		case literal && (c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`|", c) >= 0):
			fmt.Fprintf(&b, "%%%02X", c)
			continue
		}
		b.WriteByte(c)
	}
	if b.String() != path && b.Len() > 0 && strings.Contains(b.String(), "%") && !strings.Contains(op.pointer, "%") {
		i.bent(op, fmt.Sprintf("the path of %s is written with the escapes that it needs in a URL: %s", id, b.String()))
	}
	return b.String()
}

// distinct returns a path in which each placeholder is of another parameter, as a catalogue
// has it, and the further names of those that it holds several times.
func (i *importer) distinct(op value, id, path string) (string, map[string][]string) {
	names, again := map[string]int{}, map[string][]string{}
	for _, p := range spec.Placeholders(path) {
		names[p.Name]++
	}
	next := map[string]int{} // the number for another name
	var b strings.Builder
	seen := map[string]bool{}
	for rest := path; ; {
		before, after, opened := strings.Cut(rest, "{")
		name, behind, closed := strings.Cut(after, "}")
		if !opened || !closed {
			b.WriteString(rest)
			return b.String(), again
		}
		if seen[name] && names[name] > 1 {
			other := name
			for n := max(2, next[name]); names[other] > 0; n++ {
				other, next[name] = fmt.Sprintf("%s_%d", name, n), n+1
			}
			names[other]++
			again[name] = append(again[name], other)
			i.bent(op, fmt.Sprintf("the path of %s holds {%s} more than once: here it is {%s}, a parameter of its own", id, name, other))
			name = other
		}
		seen[name] = true
		b.WriteString(before + "{" + name + "}")
		rest = behind
	}
}

func (i *importer) parameter(v value, in, name, id string) *yaml.Node {
	schema := v.get("schema")
	if i.swagger {
		schema = v // the keywords stand in the parameter itself
	}
	if content := v.get("content").members(); len(content) > 0 {
		i.bent(v, fmt.Sprintf("the parameter %q of %s is %s in one text: it is sent as the caller writes it", name, id, content[0].key))
		schema = value{}
	}
	o := newObject()
	o.setText("name", name)
	o.setText("in", in)
	if v.get("required").is() && in != "path" {
		o.set("required", boolean(true))
	}
	o.setText("description", i.description(v))
	written := one("type", scalar("string"))
	if schema.Node != nil {
		var style string
		written, style = i.parameterSchema(v, schema, name, id, in)
		if written == nil {
			return nil
		}
		o.setText("style", style)
	}
	o.set("schema", written)
	if v.get("deprecated").is() {
		i.dropped["that a parameter is deprecated"]++
	}
	if !i.swagger {
		i.rest(v, "a parameter", "name", "in", "required", "description", "schema", "content", "style", "explode", "deprecated", "example", "examples", "allowEmptyValue", "allowReserved", "$ref")
	}
	return compact(o.Node)
}

// parameterSchema writes the type of a parameter. What is no text, number,
// boolean or list of those, or is sent in a style of its own, cannot be carried.
func (i *importer) parameterSchema(v, schema value, name, id, in string) (node *yaml.Node, sent string) {
	shape := i.shape(schema, 0)
	style, explode := v.get("style").text(), v.get("explode")
	separated := ""
	switch {
	case shape == "array" && i.swagger:
		if format := cmp.Or(v.get("collectionFormat").text(), "csv"); format != "multi" {
			separated = format
		}
	case shape == "array":
		def := "form"
		if in != "query" {
			def = "simple"
		}
		style = cmp.Or(style, def)
		switch {
		case style == "form" && (explode.Node == nil || explode.is()):
		default:
			separated = style
		}
	}
	if style == "deepObject" && in == "query" && (shape == "object" || shape == "array") {
		return i.schema(schema, id+"_"+name), "deepObject"
	}
	if shape == "array" && in == "query" {
		joined := map[string]string{"csv": "comma", "form": "comma", "ssv": "space", "spaceDelimited": "space", "pipes": "pipe", "pipeDelimited": "pipe"}[separated]
		if joined != "" && explode.is() {
			joined, separated = "", "" // the name once for each item, whatever the style
		}
		if joined != "" {
			return i.schema(schema, id+"_"+name), joined
		}
	}
	if shape == "array" && (separated == "csv" || separated == "simple" || separated == "form") && in != "query" {
		separated = "" // as a path and a header have it anyway
	}
	switch {
	case separated != "":
		i.bent(v, fmt.Sprintf("the parameter %q of %s is a list in one text (%s): it is a text here", name, id, separated))
		return one("type", scalar("string")), ""
	case shape == "object":
		what := "an object"
		if target, _ := i.follow(schema); target.get("type").text() == "array" {
			what = "a list of objects or lists"
		} else if form := in == "query" && (style == "" || style == "form") && (explode.Node == nil || explode.is()); form && !i.swagger && i.isFreeForm(target) {
			return i.schema(schema, id+"_"+name), "form"
		} else if form && !v.get("required").is() {
			i.leftOut(v, fmt.Sprintf("the parameter %q of %s", name, id), "it is an object, whose members are sent as parameters of their own")
			return nil, ""
		}
		i.bent(v, fmt.Sprintf("the parameter %q of %s is %s: it is a text here, sent as the caller writes it", name, id, what))
		return one("type", scalar("string")), ""
	case shape == "file" && in == "form":
		return bytesSchema(), ""
	case shape == "file":
		return one("type", scalar("string")), ""
	}
	return i.schema(schema, id+"_"+name), ""
}

// isFreeForm reports whether a schema is an object of texts or lists of texts, none of
// whose members is known.
func (i *importer) isFreeForm(schema value) bool {
	for _, key := range []string{"allOf", "oneOf", "anyOf", "properties", "patternProperties", "required"} {
		if !schema.get(key).absent() {
			return false
		}
	}
	further := schema.get("additionalProperties")
	switch i.shape(further, 0) {
	case "", "array":
		return further.absent() || further.is() || further.isMap()
	}
	return false
}

// shape tells what the values of a schema are, as far as it matters to a
// parameter: array, object, or "" for what fits in one text.
func (i *importer) shape(schema value, depth int) string {
	schema, ok := i.follow(schema)
	if !ok || depth > 10 {
		return ""
	}
	for _, key := range []string{"allOf", "oneOf", "anyOf"} {
		for _, part := range schema.get(key).items() {
			if s := i.shape(part, depth+1); s != "" {
				return s
			}
		}
	}
	t := schema.get("type")
	words := []string{t.text()}
	for _, w := range t.items() {
		words = append(words, w.text())
	}
	switch {
	case slices.Contains(words, "array"):
		if inner := i.shape(schema.get("items"), depth+1); inner != "" {
			return "object"
		}
		return "array"
	case slices.Contains(words, "object") || t.absent() && len(schema.get("properties").members()) > 0:
		return "object"
	case t.text() == "file":
		return "file"
	}
	return ""
}
