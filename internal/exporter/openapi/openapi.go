// Package openapi writes a catalogue as an OpenAPI document, which the importer of the
// same name reads back: the import of an export is the same catalogue.
//
// What OpenAPI has words for is said in these. The rest stands where it belongs in
// objects x-scopegen, in the words of the catalogue. The document is of version 3.1,
// which most tools read, and of 3.2 where that alone can say the type of a body: of a
// sequence of values, of which "itemSchema" is the type of one, or of a union with a
// variant for values that are none of the others ("defaultMapping").
//
// An object x-scopegen has members that are keys of the catalogue, as in the struct of
// package spec that belongs to the place, without those that OpenAPI says, and others:
//
//	the document      the table
//	a tag             operations: the ids in the order of the file, where that is another
//	an operation      path: that of the catalogue, where it is another
//	a parameter       name: that of the catalogue; from: the key that it is made of, for
//	                  one that no operation of the catalogue lists
//	a response        error: true for a redirect that is an error; errors: the key of the
//	                  table's errors, for one that operations share
//	a header          from: as of a parameter
//	a schema, a key   name: that of the catalogue, where no component can have it
package openapi

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// The codes of an exporter's notes.
const (
	LeftOut = "left-out" // not carried
	Bent    = "bent"     // carried, but not in a way that tools for OpenAPI understand
)

// Export returns a catalogue as an OpenAPI document in JSON, and notes about what is
// not in it as the catalogue has it. The same catalogue gives the same bytes.
func Export(c *spec.Catalogue) ([]byte, diag.List) {
	e := &exporter{c: c, typeNames: map[string]string{}, flat: spec.NewFlattener(c.Types), scopes: map[string]*spec.Scope{}}
	for _, s := range c.Scopes() {
		e.scopes[s.Name] = s
	}
	var components names
	for _, t := range c.Types {
		e.typeNames[t.Key] = components.give(t.Key)
	}
	e.nameSchemes()
	return text(e.document()), e.notes
}

type exporter struct {
	c         *spec.Catalogue
	notes     diag.List
	typeNames map[string]string // of the catalogue → of the document
	flat      *spec.Flattener
	scopes    map[string]*spec.Scope
	keyNames  map[string]string // of the catalogue's keys → of security schemes
	token     string            // the name of the security scheme of access tokens
	newer     bool              // the document needs version 3.2
	requestID string            // the name of the header that identifies a request, among the components
	headers   []any             // references to the parameters that all calls have
}

func (e *exporter) note(code string, pos spec.Position, format string, args ...any) {
	e.notes = append(e.notes, diag.Diagnostic{Severity: diag.Warning, Code: code, Pos: pos, Message: fmt.Sprintf(format, args...)})
}

func (e *exporter) leftOut(pos spec.Position, format string, args ...any) {
	e.note(LeftOut, pos, format, args...)
}

func (e *exporter) bent(pos spec.Position, format string, args ...any) {
	e.note(Bent, pos, format, args...)
}

func (e *exporter) document() object {
	c := e.c
	parameters := e.callHeaders()
	headers := object{}
	if c.RequestID != "" {
		e.requestID = new(names).give(c.RequestID)
		headers.set(e.requestID, object{{"description", "Identifies the request."}, {"schema", object{{"type", "string"}}}, derived("request_id")})
	}
	paths, tags := e.paths()
	responses := e.sharedErrors()
	schemas := e.types()
	schemes, groups := e.securitySchemes()

	version := "3.1.1"
	if e.newer {
		version = "3.2.0"
	}
	o := object{{"openapi", version}, {"info", object{{"title", c.API.Title}, {"version", c.API.Version}}}}
	if c.API.Docs != "" {
		o.set("externalDocs", object{{"url", c.API.Docs}})
	}
	if c.Servers != nil {
		o.set("servers", servers(c.Servers))
	}
	if len(tags) > 0 {
		o.set("tags", tags)
	}
	o.set("paths", paths)
	components := object{}
	components.setObject("securitySchemes", schemes)
	components.setObject("parameters", parameters)
	components.setObject("headers", headers)
	components.setObject("responses", responses)
	if c.Types != nil {
		components.set("schemas", schemas)
	}
	o.setObject("components", components)
	return append(o, member{Extension, e.table(groups)})
}

// table returns what only the table of the catalogue says.
func (e *exporter) table(groups any) object {
	c := e.c
	o := object{{"api", e.fields(c.API, "title", "version", "docs")}}
	for _, m := range e.fields(*c, "api", "servers", "keys", "errors", "include", "operations", "types") {
		switch m.key {
		case "groups":
			m.value = groups
		case "import":
			m.value = e.fields(c.Import, "scope_file", "scope_table")
			for _, file := range []string{c.Import.File, c.Import.Table} {
				if file != "" {
					e.leftOut(c.Import.Pos, "that the scopes came from the file %s: the document has them itself, and its import does not need the file", file)
				}
			}
		case "go":
			m.value = e.fields(c.Go, "output")
			if c.Go.Output != "" {
				e.leftOut(c.Go.Pos, "go.output: where the packages go is for each catalogue to say")
			}
		}
		if value, ok := m.value.(object); ok && value == nil { // a struct that says nothing
			continue
		}
		o = append(o, m)
	}
	return o
}

func servers(named spec.Map[string]) []any {
	list := []any{}
	for _, s := range named {
		list = append(list, server(s.Key, s.Value))
	}
	return list
}

// server returns a server. Version 3.1 has no other place for its name.
func server(name, address string) object {
	return object{{"url", address}, {"description", name}}
}

// callHeaders returns the header fields that all calls have, as parameters that each
// operation refers to.
func (e *exporter) callHeaders() object {
	o := object{}
	var components names
	for _, header := range e.c.Headers {
		name := components.give(header.Key)
		schema := object{{"type", "string"}}
		p := object{{"name", header.Key}, {"in", "header"}}
		if strings.Contains(header.Value, "{") {
			p.set("required", true)
			p.set("description", "The client's id.")
		} else {
			schema.set("const", header.Value)
		}
		p.set("schema", schema)
		p = append(p, derived("headers"))
		o.set(name, p)
		e.headers = append(e.headers, object{{"$ref", "#/components/parameters/" + name}})
	}
	return o
}

// sharedErrors returns the responses that operations have which do not state their own.
func (e *exporter) sharedErrors() object {
	o := object{}
	for _, failure := range e.c.Errors {
		response := object{{"description", statusText(failure.Key)}}
		if e.requestID != "" {
			response.set("headers", object{{e.c.RequestID, object{{"$ref", "#/components/headers/" + e.requestID}}}})
		}
		response.set("content", object{{"application/json", object{{"schema", e.schema(failure.Value)}}}})
		response.set(Extension, object{{"errors", failure.Key}})
		o.set(sharedError(failure.Key), response)
	}
	return o
}

func sharedError(key string) string { return "error_" + key }

// tagOf returns the tag of the operations of a file, which is its name: what is in one
// file belongs together.
func (e *exporter) tagOf(file string) string {
	name := strings.TrimSuffix(path.Base(file), path.Ext(file))
	switch {
	case file == e.c.API.Pos.File, name == "", name == ".":
		return "operations"
	case name == "scopes_operations", name == "types_operations": // as import writes them
		return strings.TrimSuffix(name, "_operations")
	}
	return name
}

// paths returns the operations, and their tags with the order in which the files have
// the operations, where that is not the order of the document.
func (e *exporter) paths() (object, []any) {
	placed := e.places()
	var paths object
	at := map[string]int{}
	tagged := map[string]string{} // file → tag
	var tags names
	var order []string
	inFile, inPath := map[string][]string{}, map[string][]string{} // tag → ids
	for _, op := range e.c.Operations {
		tag, known := tagged[op.Pos.File]
		if !known {
			tag = tags.give(e.tagOf(op.Pos.File))
			tagged[op.Pos.File] = tag
			order = append(order, tag)
		}
		inFile[tag] = append(inFile[tag], op.ID)
		p := placed[op]
		k, known := at[p.path]
		if !known {
			k = len(paths)
			at[p.path] = k
			paths.set(p.path, object{})
		}
		item := paths[k].value.(object)
		item.set(strings.ToLower(op.Method), e.operation(op, p, tag))
		paths[k].value = item
	}
	for _, p := range paths {
		for _, m := range p.value.(object) {
			op := m.value.(object)
			tag := op.get("tags").([]any)[0].(string)
			inPath[tag] = append(inPath[tag], op.get("operationId").(string))
		}
	}
	var list []any
	for _, tag := range order {
		o := object{{"name", tag}}
		if !slices.Equal(inFile[tag], inPath[tag]) {
			var ids []any
			for _, id := range inFile[tag] {
				ids = append(ids, id)
			}
			o.set(Extension, object{{"operations", ids}})
		}
		list = append(list, o)
	}
	if paths == nil {
		paths = object{}
	}
	return paths, list
}
