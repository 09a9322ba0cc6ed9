package openapi

import (
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// operation writes one operation into the file of its domain.
func (i *importer) operation(path, method string, op value, shared []value, item value) {
	if !op.isMap() {
		i.leftOut(op, "an operation", "it is not an object")
		return
	}
	written := path
	if before, query := spec.CutQuery(path); query == "" {
		path = before
	}
	if why := i.wrongPath(written, path, method); why != "" {
		i.leftOut(op, "an operation", fmt.Sprintf("its path %q %s", written, why))
		return
	}
	id := op.get("operationId").text()
	if likeGo(id) == "" {
		id = strings.ToLower(method) + "_" + strings.Trim(strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
				return r
			}
			return '_'
		}, path), "_")
		i.note(Assumed, op, fmt.Sprintf("the operation has no operationId: called %s", id), "")
	}
	id = typeName(id)
	if name := unique(i.ids, id); name != id {
		i.bent(op, fmt.Sprintf("another operation is called %s too: this one is %s", id, name))
		id = name
	}
	o := newObject()
	o.setText("id", id)
	i.placed("operations/"+id, op)
	o.setText("method", method)
	requires, keys, scoped, least := i.requirement(op, id, method, path)
	p := i.parameters(op, id, path, shared, keys)
	o.setText("path", p.path)
	o.setText("server", i.server(op, item, id))
	summary := oneLine(op.get("summary").text())
	description := strings.TrimSpace(op.get("description").text())
	if summary == "" && description != "" && len(description) < 200 {
		summary, description = oneLine(description), ""
	}
	o.setText("summary", summary)
	if oneLine(description) == summary {
		description = ""
	}
	o.setText("description", strings.TrimSpace(description+"\n\n"+leastText(least)))
	o.set("requires", requires)
	domain := i.domain(op, path)
	body, optional := i.body(op, id, &p)
	if len(p.nodes) > 0 {
		o.set("parameters", list(p.nodes...))
	}
	o.set("body", body)
	if p.deepForm {
		o.setText("body_style", "deepObject")
	}
	if optional {
		o.set("body_optional", boolean(true))
	}
	i.headers = newObject()
	responses, errors := i.responses(op, id, method)
	o.set("responses", responses)
	if len(errors.list) > 0 {
		o.set("errors", list())
		errors.operation = o.Node
		i.failures = append(i.failures, errors)
	}
	if headers := i.headers; !headers.empty() {
		o.set("response_headers", compact(headers.Node))
	}
	if p.idempotent {
		o.setText("idempotency_key", "required")
	}
	if op.get("deprecated").is() {
		o.setText("deprecated", "the API's document says so")
	}
	if !scoped {
		o.setText("domain", domain)
	}
	if source := op.get("externalDocs").get("url").text(); absolute(source) {
		o.setText("source", source)
	}
	if !op.get("callbacks").absent() {
		i.leftOut(op.get("callbacks"), "callbacks", "calls that the API makes are not clients")
	}
	i.rest(op, "an operation", "operationId", "summary", "description", "parameters", "requestBody", "responses", "security", "deprecated", "tags",
		"externalDocs", "callbacks", "servers", "consumes", "produces", "schemes")
	i.fileOf(domain).operations = append(i.fileOf(domain).operations, o.Node)
	i.counts.Imported++
}

// wrongPath says why a catalogue cannot have the path of an operation, which is written
// so in the document, or "".
func (i *importer) wrongPath(written, path, method string) string {
	_, query := spec.CutQuery(path)
	switch {
	case strings.Contains(path, "#"):
		return "holds a fragment, which no request has"
	case strings.Contains(query, "{"):
		return "holds a placeholder in its query: a query parameter says that"
	case path != written && !i.root.get("paths").get(path).get(strings.ToLower(method)).absent():
		return "is that of another operation with an empty query, which servers do not tell apart"
	}
	return ""
}

// version reports whether a part of a path is a version, such as v2.
func version(part string) bool {
	digits, ok := strings.CutPrefix(part, "v")
	if !ok || digits == "" {
		return false
	}
	return strings.Trim(digits, "0123456789.") == ""
}
