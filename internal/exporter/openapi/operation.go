package openapi

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

func (e *exporter) operation(op *spec.Operation, p place, tag string) object {
	o := object{{"operationId", op.ID}, {"tags", []any{tag}}}
	o.setText("summary", op.Summary)
	o.setText("description", op.Description)
	if op.Source != "" {
		o.set("externalDocs", object{{"url", op.Source}})
	}
	if op.Deprecated != "" {
		o.set("deprecated", true)
	}
	if op.Server.Value != "" {
		address, _ := e.c.OtherServers.Get(op.Server.Value)
		o.set("servers", []any{server(op.Server.Value, address)})
	}
	if op.Requires.Stated() {
		o.set("security", e.security(op.Requires))
	}
	if parameters := e.parameters(op, p); len(parameters) > 0 {
		o.set("parameters", parameters)
	}
	if op.Body != nil {
		o.set("requestBody", e.body(op))
	}
	o.set("responses", e.responses(op))
	own := e.fields(*op, "id", "method", "path", "summary", "description", "source", "requires", "parameters", "body", "body_optional", "responses", "errors", "response_headers")
	if p.path != op.Path {
		own = append(object{{"path", op.Path}}, own...)
	}
	o.setObject(Extension, own)
	return o
}

// derived marks a parameter, or a header field of a response, that OpenAPI needs and the
// catalogue says elsewhere: under a key of the table or of the operation.
func derived(from string) member { return member{Extension, object{{"from", from}}} }

func (e *exporter) parameters(op *spec.Operation, p place) []any {
	var list []any
	for _, parameter := range op.Parameters {
		list = append(list, e.parameter(parameter, p.names))
	}
	one := func(name, in string, schema object, from string) {
		list = append(list, object{{"name", name}, {"in", in}, {"required", true}, {"schema", schema}, derived(from)})
	}
	for _, name := range p.beside {
		one(name, "path", object{{"type", "string"}}, "path")
	}
	for _, name := range slices.Sorted(maps.Keys(p.query)) {
		values := p.query[name]
		schema := object{{"type", "string"}, {"const", values[0]}}
		if len(values) > 1 {
			schema = object{{"type", "array"}, {"items", object{{"type", "string"}}}, {"const", texts(values)}}
		}
		one(name, "query", schema, "path")
	}
	if op.IdempotencyKey != "" {
		one(e.c.Idempotency, "header", object{{"type", "string"}}, "idempotency_key")
	}
	return append(list, e.headers...)
}

func texts(words []string) []any {
	list := make([]any, len(words))
	for k, word := range words {
		list[k] = word
	}
	return list
}

// styles are the ways of a query parameter that is a list or an object.
var styles = map[string]object{
	"comma":      {{"style", "form"}, {"explode", false}},
	"space":      {{"style", "spaceDelimited"}, {"explode", false}},
	"pipe":       {{"style", "pipeDelimited"}, {"explode", false}},
	"deepObject": {{"style", "deepObject"}, {"explode", true}},
	"form":       {{"style", "form"}, {"explode", true}},
}

func (e *exporter) parameter(p *spec.Parameter, names map[string]string) object {
	own := e.fields(*p, "name", "in", "required", "description", "style", "schema")
	name := p.Name
	if p.In == "path" {
		if name = cmp.Or(names[name], name); name != p.Name {
			own = append(object{{"name", p.Name}}, own...)
		}
	}
	o := object{{"name", name}, {"in", p.In}}
	if p.Required {
		o.set("required", true)
	}
	o.setText("description", p.Description)
	o = append(o, styles[p.Style]...)
	o.set("schema", e.schema(p.Schema))
	o.setObject(Extension, own)
	return o
}

func (e *exporter) body(op *spec.Operation) object {
	o := object{}
	if !op.BodyOptional {
		o.set("required", true)
	}
	content := object{}
	for _, body := range op.Body {
		media := object{{"schema", e.schema(body.Value)}}
		if op.BodyStyle == "deepObject" && body.Key == "application/x-www-form-urlencoded" {
			media.setObject("encoding", e.deep(body.Value))
		}
		content.set(body.Key, media)
	}
	o.set("content", content)
	return o
}

// deep says of each member of a form that is an object or a list how it is written.
func (e *exporter) deep(form *spec.Schema) object {
	var o object
	for _, m := range e.flat.Flatten(form).Properties {
		if kind := e.flat.Flatten(m.Value).JSONType(); kind == "object" || kind == "array" {
			o.set(m.Key, styles["deepObject"])
		}
	}
	return o
}

func (e *exporter) responses(op *spec.Operation) object {
	own := map[string]bool{} // in lower case
	var headers object
	for _, h := range op.ResponseHeaders {
		headers.set(h.Key, object{{"schema", e.schema(h.Value)}})
		own[strings.ToLower(h.Key)] = true
	}
	if id := e.c.RequestID; id != "" && !own[strings.ToLower(id)] {
		headers.set(id, object{{"$ref", "#/components/headers/" + e.requestID}})
	}
	o := object{}
	for _, r := range op.Responses {
		response := object{{"description", statusText(r.Key)}}
		headers := headers
		if r.Key[0] == '3' && !own["location"] {
			location := object{{"schema", object{{"type", "string"}, {"format", "uri-reference"}}}, derived("responses")}
			headers = append(slices.Clip(headers), member{"Location", location})
		}
		response.setObject("headers", headers)
		content := object{}
		for _, c := range r.Value {
			key := "schema"
			// Clients read a sequence of texts as bytes.
			if spec.IsSequence(c.Key) && e.flat.Flatten(c.Value).JSONType() != "string" {
				key, e.newer = "itemSchema", true
			}
			content.set(c.Key, object{{key, e.schema(c.Value)}})
		}
		response.setObject("content", content)
		o.set(r.Key, response)
	}
	for _, failure := range op.Errors {
		o.set(failure.Key, e.failure(failure))
	}
	for _, shared := range e.c.Errors {
		// Of a single status, that an operation lists it says that it is documented there.
		if _, err := strconv.Atoi(shared.Key); err != nil && o.get(shared.Key) == nil {
			o.set(shared.Key, object{{"$ref", "#/components/responses/" + sharedError(shared.Key)}})
		}
	}
	return o
}

// failure returns the response of an error that an operation states.
func (e *exporter) failure(f spec.Entry[*spec.Schema]) object {
	status, _ := strconv.Atoi(f.Key)
	redirect := status >= 300 && status < 400
	if f.Value == nil && !redirect {
		for _, key := range []string{f.Key, f.Key[:1] + "XX", "default"} {
			if _, ok := spec.Map[*spec.Schema](e.c.Errors).Get(key); ok {
				return object{{"$ref", "#/components/responses/" + sharedError(key)}}
			}
		}
	}
	o := object{{"description", statusText(f.Key)}}
	if f.Value != nil {
		o.set("content", object{{"application/json", object{{"schema", e.schema(f.Value)}}}})
	}
	if redirect {
		o.set(Extension, object{{"error", true}}) // and no result
	}
	return o
}

// statusText describes a response, which OpenAPI wants and the catalogue does not.
func statusText(key string) string {
	switch key {
	case "default":
		return "Error"
	case "3XX":
		return "Redirect"
	case "4XX":
		return "Client error"
	case "5XX":
		return "Server error"
	}
	status, _ := strconv.Atoi(key)
	return cmp.Or(http.StatusText(status), key)
}
