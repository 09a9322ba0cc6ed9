package openapi

import (
	"fmt"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"

	"gopkg.in/yaml.v3"
)

// failures are the documented errors of an operation. What the catalogue says of
// them is decided when those of all operations are known.
type failures struct {
	id        string
	operation *yaml.Node // the catalogue's, whose member "errors" is decided later
	list      []failure
}

// failure is one documented error.
type failure struct {
	key  string       // "404", "4XX" or "default"
	body *failureType // nil if the document states none
}

// failureType is the type of the body of an error.
type failureType struct {
	node *yaml.Node
	text string // equal for equal types
	name string // of the response that is declared with it, "" if that has none
}

// failure adds a documented error to those of an operation.
func (f *failures) add(key string, body *failureType) {
	if !slices.ContainsFunc(f.list, func(other failure) bool { return other.key == key }) {
		f.list = append(f.list, failure{key, body})
	}
}

// failureType returns the type of the body of an error, or nil if the response states
// none: it has no body, or one that is not JSON.
func (i *importer) failureType(op, response value, name string) *failureType {
	v, ok := i.follow(response)
	if !ok {
		return nil
	}
	i.responseHeaders(v, name)
	i.rest(v, "a response", "description", "content", "headers", "links", "schema", "examples", "summary", "$ref")
	schema, other := value{}, false
	for _, m := range v.get("content").members() {
		switch {
		case m.get("schema").absent():
		case spec.IsJSON(mediaType(m.key)) || strings.Contains(m.key, "*"):
			if schema.Node == nil {
				schema = m.get("schema")
			}
		default:
			other = true
		}
	}
	if i.swagger {
		schema = v.get("schema")
		produces := op.get("produces")
		if produces.Node == nil {
			produces = i.root.get("produces")
		}
		if kinds := produces.items(); len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k value) bool { return spec.IsJSON(mediaType(k.text())) || strings.Contains(k.text(), "*") }) {
			schema, other = value{}, !schema.absent()
		}
	}
	if schema.absent() {
		if other {
			i.dropped["the body of an error that is not JSON"]++
		}
		return nil
	}
	if known, again := i.failureTypes[schema.Node]; again {
		return known
	}
	n := i.schemaOf(schema, name, true)
	var t *failureType
	if slices.ContainsFunc(n.Content, func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode || c.Value != "description" }) && len(n.Content) > 0 {
		if text, err := yaml.Marshal(n); err == nil {
			t = &failureType{node: n, text: string(text)}
			for _, prefix := range []string{"/components/responses/", "/responses/"} {
				if rest, ok := strings.CutPrefix(v.pointer, prefix); ok && !strings.Contains(rest, "/") {
					t.name = typeName(unescape(rest))
				}
			}
		}
	}
	i.failureTypes[schema.Node] = t
	return t
}

// decideFailures writes the errors of all operations. If most of the operations that
// state the type of an error state one and the same, it is written once, for all.
func (i *importer) decideFailures() {
	operations := map[string]int{} // text of a type → operations that state it
	typed, common := 0, &failureType{}
	for _, f := range i.failures {
		seen := map[string]bool{}
		for _, one := range f.list {
			if one.body == nil || seen[one.body.text] {
				continue
			}
			seen[one.body.text] = true
			operations[one.body.text]++
			if n, most := operations[one.body.text], operations[common.text]; n > most || common.node == nil {
				common = one.body
			}
		}
		if len(seen) > 0 {
			typed++
		}
	}
	if n := operations[common.text]; n < 2 || 2*n < typed {
		common = nil
	} else {
		i.note(Assumed, i.root.get("paths"), fmt.Sprintf("%d of the %d operations that state the type of an error state %s: it is that of all errors that have none of their own", n, typed, failureName(common)), "")
		common.name = "Error"
		i.errors = one("default", i.declared(common, "Error"))
	}
	for _, f := range i.failures {
		if errors := i.errorsOf(f, common); errors != nil {
			for n := 0; n < len(f.operation.Content); n += 2 {
				if f.operation.Content[n].Value == "errors" {
					f.operation.Content[n+1] = errors
				}
			}
		} else {
			removeMember(f.operation, "errors")
		}
	}
}

// failureName returns how a note names a type.
func failureName(t *failureType) string {
	if len(t.node.Content) == 2 && t.node.Content[0].Value == "$ref" {
		return strings.TrimPrefix(t.node.Content[1].Value, "#/types/")
	}
	return "an object without a name"
}

// errorsOf returns what the catalogue says of the errors of an operation, or nil. The
// type that is common to all is not repeated, unless another of the operation would
// take its place.
func (i *importer) errorsOf(f failures, common *failureType) *yaml.Node {
	isCommon := func(t *failureType) bool { return common != nil && t != nil && t.text == common.text }
	wide := slices.ContainsFunc(f.list, func(one failure) bool {
		return (one.key == "default" || strings.HasSuffix(one.key, "XX")) && one.body != nil && !isCommon(one.body)
	})
	var others *failureType // of the errors of this operation that have no type of their own
	for _, one := range f.list {
		if one.key == "default" && wide && !slices.ContainsFunc(f.list, func(one failure) bool { return strings.HasSuffix(one.key, "XX") }) {
			others = one.body
		}
	}
	statuses, types := list(), newObject()
	typed := false
	first := map[string]*failureType{} // by text: what an operation repeats is one type
	slices.SortFunc(f.list, func(a, b failure) int { return strings.Compare(a.key, b.key) })
	for _, one := range f.list {
		named := one.key == "default" || strings.HasSuffix(one.key, "XX")
		body := one.body
		switch {
		case isCommon(body) && !wide, !named && body != nil && others != nil && body.text == others.text:
			body = nil
		}
		key := scalar(one.key)
		if !named {
			key.Tag = "!!int"
			statuses.Content = append(statuses.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: one.key})
		}
		switch {
		case body != nil:
			typed = true
			if first[body.text] == nil {
				first[body.text] = body
			}
			body = first[body.text]
			types.Content = append(types.Content, key, i.declared(body, f.id+"_error_"+one.key))
		case !named:
			types.Content = append(types.Content, key, flow(newObject().Node))
		}
	}
	switch {
	case typed:
		return compact(types.Node)
	case len(statuses.Content) > 0:
		return flow(statuses)
	}
	return nil
}

// declared returns a use of the type of an error's body. What Go needs a name for
// becomes a type of the catalogue, called after its response or else name.
func (i *importer) declared(t *failureType, name string) *yaml.Node {
	needed := slices.ContainsFunc([]string{"properties", "allOf", "oneOf", "anyOf", "enum"}, object{t.node}.has)
	if !needed {
		return compact(t.node)
	}
	if t.name != "" {
		name = t.name
	}
	declared := unique(i.taken, typeName(name))
	i.typeNodes = append(i.typeNodes, named{declared, value{Node: t.node}})
	*t = failureType{node: one("$ref", scalar("#/types/"+declared)), text: t.text}
	return compact(t.node)
}
