package openapi

import (
	"fmt"
	"net/url"
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
	path, asked, ok := askedIn(path)
	if before, _ := spec.CutQuery(path); strings.Contains(before, "#") || !ok {
		i.leftOut(op, "an operation", fmt.Sprintf("its path %q holds a brace behind \"#\", or in its query otherwise than as the value of a parameter", written))
		return
	}
	id := op.get("operationId").text()
	if len(id) > mostKey {
		i.leftOut(op, "an operation", fmt.Sprintf("its operationId is a text of %d KiB; at most %d KiB are read", len(id)>>10, mostKey>>10))
		return
	}
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
	if len(asked) > 0 {
		i.bent(op, fmt.Sprintf("the query of the path %q of %s holds placeholders: they are query parameters", written, id))
	}
	if name := unique(i.ids, id); name != id {
		i.bent(op, fmt.Sprintf("another operation is called %s too: this one is %s", id, name))
		id = name
	}
	path = i.route(op, path, method, id)
	o := newObject()
	o.setText("id", id)
	i.placed("operations/"+id, op)
	o.setText("method", method)
	requires, keys, scoped, least := i.requirement(op, id, method, path)
	p := i.parameters(op, id, path, asked, shared, keys)
	if len(p.path) > mostPath {
		i.leftOut(op, "an operation", fmt.Sprintf("its path has %d bytes; at most %d are read", len(p.path), mostPath))
		return
	}
	if p.authorized && requires.Value == "public" {
		i.note(Assumed, op, fmt.Sprintf("%s has a header parameter Authorization, which its clients do not send, because it requires nothing", id),
			"state with requires what it needs (with --unstated token, for all operations that say nothing), or let callers send the header with WithHeader")
	}
	o.setText("path", p.path)
	o.setText("server", i.server(op, item, id))
	summary := oneLine(op.get("summary").text())
	description := i.description(op)
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

// askedIn returns a path without the placeholders in its query, each of which is the value
// of a query parameter: by their names, what the parameters are called. It returns false if
// one of them is something else.
func askedIn(path string) (rest string, asked map[string]string, ok bool) {
	route, fragment := spec.CutFragment(path)
	before, query := spec.CutQuery(route)
	if !strings.ContainsAny(query, "{}") {
		return path, nil, true
	}
	asked = map[string]string{}
	called := map[string]bool{}
	var kept []string
	for pair := range strings.SplitSeq(query, "&") {
		written, value, _ := strings.Cut(pair, "=")
		key, err := url.QueryUnescape(written)
		if err != nil || called[key] {
			return path, nil, false
		}
		called[key] = true
		if !strings.ContainsAny(pair, "{}") {
			kept = append(kept, pair)
			continue
		}
		name, opened := strings.CutPrefix(value, "{")
		name, closed := strings.CutSuffix(name, "}")
		if !opened || !closed || key == "" || strings.ContainsAny(written+name, "{}") || asked[name] != "" {
			return path, nil, false
		}
		asked[name] = key
	}
	rest = before
	if len(kept) > 0 {
		rest += "?" + strings.Join(kept, "&")
	}
	if fragment != "" {
		rest += "#" + fragment
	}
	return rest, asked, true
}

// route returns the path of an operation as a catalogue has it. A fragment tells
// operations of one method and path apart. An empty query, which does so in some
// documents, becomes one.
func (i *importer) route(op value, written, method, id string) string {
	path, fragment := spec.CutFragment(written)
	if before, query := spec.CutQuery(path); query == "" {
		path = before
	}
	if fragment != "" {
		i.bent(op, fmt.Sprintf("the fragment of its path %q is not sent: a server knows by the rest of a request which operation is meant", written))
		fragment = fragmentName(fragment)
	} else if path != written && !i.root.get("paths").get(path).get(strings.ToLower(method)).absent() {
		fragment = fragmentName(id)
		i.bent(op, fmt.Sprintf("its path %q is that of another operation with an empty query, which no server tells apart: here it is %s#%s, and the fragment is not sent", written, path, fragment))
	}
	route := path
	if fragment != "" {
		route += "#" + fragment
	}
	for n := 1; i.routes[method+" "+route]; n++ {
		route = path + "#" + fragmentName(id)
		if n > 1 {
			route = fmt.Sprintf("%s_%d", route, n)
		}
	}
	i.routes[method+" "+route] = true
	return route
}

// fragmentName returns a fragment without what the fragment of a catalogue's path cannot hold.
func fragmentName(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._~-", r) {
			return r
		}
		return '_'
	}, s)
}

// version reports whether a part of a path is a version, such as v2.
func version(part string) bool {
	digits, ok := strings.CutPrefix(part, "v")
	if !ok || digits == "" {
		return false
	}
	return strings.Trim(digits, "0123456789.") == ""
}
