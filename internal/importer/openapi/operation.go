package openapi

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// operation writes one operation into the file of its domain.
func (i *importer) operation(path, method string, op value, shared []value, item value) {
	if !op.isMap() {
		i.leftOut(op, "an operation", "it is not an object")
		return
	}
	if strings.ContainsAny(path, "?#") {
		i.leftOut(op, "an operation", fmt.Sprintf("its path %q holds a query or a fragment", path))
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
	p := i.parameters(op, id, path, shared)
	o.setText("path", p.path)
	summary := oneLine(op.get("summary").text())
	description := strings.TrimSpace(op.get("description").text())
	if summary == "" && description != "" && len(description) < 200 {
		summary, description = oneLine(description), ""
	}
	requires, scoped, least := i.requirement(op, id, method, path)
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
	for _, servers := range []value{op.get("servers"), item.get("servers")} {
		if servers.isList() && len(servers.Content) > 0 {
			i.bent(servers, fmt.Sprintf("%s has servers of its own: it is called on those of the session", id))
			break
		}
	}
	i.rest(op, "an operation", "operationId", "summary", "description", "parameters", "requestBody", "responses", "security", "deprecated", "tags",
		"externalDocs", "callbacks", "servers", "consumes", "produces", "schemes")
	i.fileOf(domain).operations = append(i.fileOf(domain).operations, o.Node)
	i.counts.Imported++
}

// domain returns the domain of an operation: its first tag, or the first fixed
// part of its path.
func (i *importer) domain(op value, path string) string {
	if tags := op.get("tags").items(); len(tags) > 0 {
		if name := packageName(tags[0].text(), ""); name != "" {
			return name
		}
	}
	for part := range strings.SplitSeq(path, "/") {
		if !strings.Contains(part, "{") {
			if name := packageName(part, ""); name != "" && !version(part) {
				return name
			}
		}
	}
	return "api"
}

// version reports whether a part of a path is a version, such as v2.
func version(part string) bool {
	digits, ok := strings.CutPrefix(part, "v")
	if !ok || digits == "" {
		return false
	}
	return strings.Trim(digits, "0123456789.") == ""
}

// parameters are those of one operation.
type parameters struct {
	path  string
	nodes []*yaml.Node
	body  value   // Swagger's body parameter
	form  []value // Swagger's formData parameters

	idempotent bool // it takes an idempotency key
	deepForm   bool // the body is a form with objects in it
}

func (i *importer) parameters(op value, id, path string, shared []value) parameters {
	type key struct{ in, name string }
	var order []key
	byKey := map[key]value{}
	for _, v := range slices.Concat(shared, op.get("parameters").items()) {
		v, ok := i.follow(v)
		if !ok {
			continue
		}
		k := key{v.get("in").text(), v.get("name").text()}
		if k.in == "header" {
			k.name = http.CanonicalHeaderKey(k.name)
		}
		if _, again := byKey[k]; !again {
			order = append(order, k)
		}
		byKey[k] = v
	}
	p := parameters{path: i.path(op, id, path)}
	inPath := map[string]bool{}
	for _, k := range order {
		v := byKey[k]
		name := v.get("name").text()
		switch k.in {
		case "body":
			p.body = v
			continue
		case "formData":
			p.form = append(p.form, v)
			continue
		case "path":
			if !strings.Contains(p.path, "{"+name+"}") {
				i.leftOut(v, fmt.Sprintf("the path parameter %q of %s", name, id), "its path has no place for it")
				continue
			}
			inPath[name] = true
		case "query":
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
				i.dropped["the header parameter "+k.name+", which the runtime sets"]++
				continue
			case "Host", "Content-Length", "Content-Digest", "Digest", "Signature", "Signature-Input", "Cookie", "User-Agent", "Date", "Connection", "Expect", "Transfer-Encoding", "Te", "Trailer", "Upgrade":
				i.leftOut(v, fmt.Sprintf("the header parameter %q of %s", name, id), "the runtime or net/http sets it")
				continue
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
		if n := i.parameter(v, k.in, name, id); n != nil {
			p.nodes = append(p.nodes, n)
		}
	}
	for _, name := range placeholders(p.path) {
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

func placeholders(path string) []string {
	var names []string
	for {
		_, rest, ok := strings.Cut(path, "{")
		if !ok {
			return names
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			return names
		}
		names, path = append(names, name), after
	}
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
	o.setText("description", strings.TrimSpace(v.get("description").text()))
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
	required := v.get("required").is() || in == "path"
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
		if required {
			i.bent(v, fmt.Sprintf("the parameter %q of %s is an object: it is a text here", name, id))
			return one("type", scalar("string")), ""
		}
		i.leftOut(v, fmt.Sprintf("the parameter %q of %s", name, id), "it is an object")
		return nil, ""
	case shape == "file":
		return one("type", scalar("string")), ""
	}
	return i.schema(schema, id+"_"+name), ""
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

// body writes the body of an operation, and whether it may be left out.
func (i *importer) body(op value, id string, p *parameters) (node *yaml.Node, optional bool) {
	if i.swagger {
		return i.swaggerBody(op, id, p)
	}
	v := op.get("requestBody")
	if v.absent() {
		return nil, false
	}
	v, ok := i.follow(v)
	if !ok {
		return nil, false
	}
	media := v.get("content").members()
	if len(media) == 0 {
		return nil, false
	}
	chosen := i.choose(media)
	if len(media) > 1 {
		i.bent(v, fmt.Sprintf("%s takes %d media types: it sends %s", id, len(media), chosen.key))
	}
	o := newObject()
	o.set(mediaType(chosen.key), i.content(chosen, id+"_body", true))
	if mediaType(chosen.key) == "application/x-www-form-urlencoded" {
		p.deepForm = i.deepForm(chosen.value)
	}
	if chosen.get("encoding").isMap() && !p.deepForm {
		i.dropped["how the parts of a form are encoded"]++
	}
	i.rest(v, "a body", "content", "required", "description", "$ref")
	return o.Node, !v.get("required").is()
}

// deepForm reports whether each member of a form that is an object or a list is
// encoded in the style deepObject.
func (i *importer) deepForm(media value) bool {
	schema, ok := i.follow(media.get("schema"))
	if !ok {
		return false
	}
	deep := false
	for _, m := range schema.get("properties").members() {
		if i.shape(m.value, 0) == "" {
			continue
		}
		if media.get("encoding").get(m.key).get("style").text() != "deepObject" {
			return false
		}
		deep = true
	}
	return deep
}

// content writes the type of a body, which is that of a request if it is sent.
// What is neither JSON nor a form that is sent, a client writes and reads as
// bytes.
func (i *importer) content(media member, name string, sent bool) *yaml.Node {
	schema := media.get("schema")
	kind := mediaType(media.key)
	if !spec.IsJSON(kind) && (kind != "application/x-www-form-urlencoded" || !sent || schema.absent()) {
		target, _ := i.follow(schema)
		if i.shape(schema, 0) != "" || target.get("type").text() != "" && target.get("type").text() != "string" && target.get("type").text() != "file" {
			i.bent(media.value, fmt.Sprintf("%s of %s is bytes here, as the caller writes or reads them", kind, name))
		}
		return bytesSchema()
	}
	if schema.absent() {
		return flow(newObject().Node)
	}
	return i.schema(schema, name)
}

func bytesSchema() *yaml.Node {
	o := newObject()
	o.setText("type", "string")
	o.setText("format", "binary")
	return flow(o.Node)
}

// mediaType returns a media type without what a catalogue's has not.
func mediaType(text string) string {
	kind, _, _ := strings.Cut(text, ";")
	kind = strings.ToLower(strings.TrimSpace(kind))
	if main, sub, ok := strings.Cut(kind, "/"); !ok || main == "" || sub == "" || strings.ContainsAny(kind, " ,") {
		return "application/octet-stream"
	}
	if strings.Contains(kind, "*") {
		return "application/octet-stream"
	}
	return kind
}

// choose returns the media type that a client uses of several: JSON, then a
// form, then what comes first.
func (i *importer) choose(media []member) member {
	for _, good := range []func(string) bool{
		func(k string) bool { return k == "application/json" },
		spec.IsJSON,
		func(k string) bool { return k == "application/x-www-form-urlencoded" },
		func(k string) bool { return !strings.HasPrefix(k, "multipart/") && !strings.Contains(k, "*") },
	} {
		for _, m := range media {
			if good(mediaType(m.key)) && !strings.Contains(m.key, "*") {
				return m
			}
		}
	}
	return media[0]
}

// responses writes the success responses, and returns the errors.
func (i *importer) responses(op value, id, method string) (*yaml.Node, failures) {
	out := newObject()
	errors := failures{id: id}
	fail := func(key string, r value) bool {
		var body *failureType
		if method != "HEAD" {
			body = i.failureType(op, r, id+"_error")
		}
		errors.add(key, body)
		return body != nil
	}
	written := map[int]bool{}
	var fallback []member
	for _, r := range op.get("responses").members() {
		status, err := strconv.Atoi(r.key)
		switch {
		case strings.HasPrefix(r.key, "x-"):
			i.extensions[r.key]++
			continue
		case err != nil || status < 100 || status > 599:
			fallback = append(fallback, r)
			continue
		case status >= 400:
			fail(strconv.Itoa(status), r.value)
			continue
		case status >= 300 && status != http.StatusNotModified:
			i.bent(r.value, fmt.Sprintf("the redirect %d of %s is an error of the call, which tells the status: a call does not follow it", status, id))
			errors.add(strconv.Itoa(status), nil)
			continue
		case status < 200 || status == http.StatusNotModified:
			i.leftOut(r.value, fmt.Sprintf("the response %d of %s", status, id), "it is no result of a call")
			continue
		}
		written[status] = true
		out.set(r.key, i.response(op, r.value, id, status, method))
	}
	for _, r := range fallback {
		key := strings.ToUpper(r.key)
		switch {
		case key == "2XX" && !written[200], key == "DEFAULT" && len(written) == 0 && !i.looksLikeError(r.value):
			status := 200
			if v, ok := i.follow(r.value); ok && key == "DEFAULT" && !i.hasContent(v) {
				status = 204
			}
			written[status] = true
			i.bent(r.value, fmt.Sprintf("the response %q of %s is taken for %d", r.key, id, status))
			out.set(strconv.Itoa(status), i.response(op, r.value, id, status, method))
		case key == "DEFAULT", key == "4XX", key == "5XX", key == "3XX":
			if key == "DEFAULT" {
				key = "default"
			}
			if !fail(key, r.value) {
				i.dropped["the response "+r.key+" for other statuses, all of which are errors"]++
			}
		default:
			i.leftOut(r.value, fmt.Sprintf("the response %q of %s", r.key, id), "it is not a status")
		}
	}
	if out.empty() {
		i.note(Assumed, op, fmt.Sprintf("%s states no success: taken for 204 without a body", id), "")
		out.set("204", flow(newObject().Node))
	}
	sortStatuses(out)
	return out.Node, errors
}

func sortStatuses(o object) {
	type pair struct{ k, v *yaml.Node }
	var pairs []pair
	for n := 0; n < len(o.Content); n += 2 {
		pairs = append(pairs, pair{o.Content[n], o.Content[n+1]})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.k.Value, b.k.Value) })
	o.Content = o.Content[:0]
	for _, p := range pairs {
		p.k.Tag = "!!int"
		o.Content = append(o.Content, p.k, p.v)
	}
}

func (i *importer) hasContent(v value) bool {
	return len(v.get("content").members()) > 0 || i.swagger && !v.get("schema").absent()
}

// looksLikeError reports whether the response "default" is that of errors.
func (i *importer) looksLikeError(v value) bool {
	v, ok := i.follow(v)
	if !ok {
		return true
	}
	text := strings.ToLower(v.get("description").text() + " " + v.pointer)
	return strings.Contains(text, "error") || strings.Contains(text, "fail") || strings.Contains(text, "problem")
}

func (i *importer) response(op, v value, id string, status int, method string) *yaml.Node {
	v, ok := i.follow(v)
	if !ok {
		return flow(newObject().Node)
	}
	i.responseHeaders(v, id)
	if !v.get("links").absent() {
		i.dropped["the links of a response"]++
	}
	i.rest(v, "a response", "description", "content", "headers", "links", "schema", "examples", "summary", "$ref")
	media := v.get("content").members()
	if i.swagger && !v.get("schema").absent() {
		produces := op.get("produces")
		if produces.Node == nil {
			produces = i.root.get("produces")
		}
		kinds := []string{}
		for _, k := range produces.items() {
			kinds = append(kinds, k.text())
		}
		if len(kinds) == 0 {
			kinds = []string{"application/json"}
		}
		for _, k := range kinds {
			n := newObject()
			n.set("schema", v.get("schema").Node)
			media = append(media, member{k, value{n.Node, v.doc, v.pointer}})
		}
	}
	o := newObject()
	if method == "HEAD" || status == 204 || status == 205 {
		if len(media) > 0 {
			i.bent(v, fmt.Sprintf("the response %d of %s cannot have a body (RFC 9110): it has none here", status, id))
		}
		return flow(o.Node)
	}
	seen := map[string]bool{}
	json := false
	for _, m := range media {
		kind := mediaType(m.key)
		if strings.Contains(m.key, "*") && len(media) > 1 {
			i.bent(m.value, fmt.Sprintf("%s beside other media types of %s: clients ask for those", m.key, id))
			continue
		}
		if strings.Contains(m.key, "*") {
			// Anything at all. What has a type is taken for JSON, as all such APIs answer.
			if i.shape(m.get("schema"), 0) != "" {
				kind = "application/json"
				i.bent(m.value, fmt.Sprintf("%s of %s is taken for application/json", m.key, id))
			}
		}
		if seen[kind] || spec.IsJSON(kind) && json {
			i.bent(m.value, fmt.Sprintf("%s answers in several forms of JSON: clients ask for the first", id))
			continue
		}
		if i.swagger && len(media) > 1 && !spec.IsJSON(kind) && slices.ContainsFunc(media, func(other member) bool { return spec.IsJSON(mediaType(other.key)) }) {
			i.dropped["a media type of an answer beside JSON"]++
			continue
		}
		if !i.swagger && !spec.IsJSON(kind) && (kind == "application/xml" || kind == "text/xml") && slices.ContainsFunc(media, func(other member) bool { return spec.IsJSON(mediaType(other.key)) }) {
			i.dropped["a media type of an answer beside JSON"]++
			continue
		}
		seen[kind], json = true, json || spec.IsJSON(kind)
		m.key = kind
		o.set(kind, i.content(m, id+"_response", false))
	}
	if o.empty() {
		return flow(o.Node)
	}
	return o.Node
}

func (i *importer) swaggerBody(op value, id string, p *parameters) (*yaml.Node, bool) {
	consumes := op.get("consumes")
	if consumes.Node == nil {
		consumes = i.root.get("consumes")
	}
	kind := ""
	for _, k := range consumes.items() {
		if kind == "" || spec.IsJSON(mediaType(k.text())) && !spec.IsJSON(kind) {
			kind = mediaType(k.text())
		}
	}
	if p.body.Node != nil {
		if kind == "" || kind == "application/octet-stream" && i.shape(p.body.get("schema"), 0) != "" {
			kind = "application/json"
		}
		n := newObject()
		n.set("schema", p.body.get("schema").Node)
		o := newObject()
		o.set(kind, i.content(member{kind, value{n.Node, p.body.doc, p.body.pointer}}, id+"_body", true))
		return o.Node, !p.body.get("required").is()
	}
	if len(p.form) == 0 {
		return nil, false
	}
	multipart := slices.ContainsFunc(p.form, func(v value) bool { return v.get("type").text() == "file" })
	for _, k := range consumes.items() {
		multipart = multipart || strings.HasPrefix(k.text(), "multipart/") && len(consumes.Content) == 1
	}
	o := newObject()
	if multipart {
		i.bent(p.form[0], fmt.Sprintf("multipart/form-data of %s is bytes here, as the caller writes them", id))
		o.set("multipart/form-data", bytesSchema())
		return o.Node, false
	}
	schema, properties := newObject(), newObject()
	var required []string
	for _, v := range p.form {
		name := v.get("name").text()
		if n, _ := i.parameterSchema(v, v, name, id, "form"); n != nil && !properties.has(name) {
			properties.set(name, n)
			if v.get("required").is() {
				required = append(required, name)
			}
		}
	}
	schema.setText("type", "object")
	if len(required) > 0 {
		schema.set("required", texts(required))
	}
	schema.set("properties", properties.Node)
	o.set("application/x-www-form-urlencoded", schema.Node)
	return o.Node, len(required) == 0
}
