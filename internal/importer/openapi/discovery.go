package openapi

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// AnyScope is why lists of scopes in a Discovery document mean any of them.
const AnyScope = "Google Discovery: a method can be called with any one of its scopes"

// ImportDiscovery reads a Google Discovery document. It is turned into an OpenAPI
// document, of the same nodes, and imported like one. Its lists of scopes mean any
// of them, by their definition.
func ImportDiscovery(fsys fs.FS, name string, o Options) (*Result, error) {
	doc, err := readDocument(fsys, name)
	if err != nil {
		return nil, err
	}
	root := doc.value()
	if !strings.HasPrefix(root.get("kind").text(), "discovery#") || !root.get("resources").isMap() && !root.get("methods").isMap() {
		return nil, fmt.Errorf("%s is no Google Discovery document: it has no \"kind: discovery#restDescription\"", name)
	}
	o.ScopeLists, o.Reason = Any, AnyScope
	if o.Name == "" {
		o.Name = packageName(root.get("name").text(), "")
	}
	i := newImporter(fsys, o)
	d := discovery{importer: i, api: root.get("name").text(), paths: newObject(), items: map[string]object{}}
	if service := strings.Trim(root.get("servicePath").text(), "/"); service != "" {
		d.service = "/" + service
	}
	server := newObject()
	server.setText("name", "media")
	server.setText("url", strings.TrimSuffix(root.get("rootUrl").text(), "/"))
	d.root = list(server.Node)
	if fields := root.get("parameters").get("fields"); fields.get("location").text() == "query" {
		d.fields = []member{{"fields", fields}}
	}
	for _, m := range root.get("methods").members() {
		d.method(m.value, "")
	}
	for _, r := range root.get("resources").members() {
		d.resource(r.value, r.key)
	}
	d.known(root)
	converted := &document{name, d.document(root)}
	i.converted = true
	return i.run(converted)
}

// discovery turns one document into OpenAPI.
type discovery struct {
	*importer
	api     string
	service string     // the path of the service below its root: "" or "/drive/v3"
	root    *yaml.Node // the servers of calls whose paths begin at the root
	uploads bool       // there are calls that upload media
	fields  []member   // the parameter that says which members a response is to have, if there is one
	paths   object
	items   map[string]object // path → path item
}

func (d *discovery) document(root value) *yaml.Node {
	out, info, components := newObject(), newObject(), newObject()
	out.setText("openapi", "3.1.0")
	info.setText("title", root.get("title").text())
	info.setText("version", root.get("version").text())
	out.set("info", info.Node)
	if docs := root.get("documentationLink").text(); docs != "" {
		out.set("externalDocs", one("url", scalar(docs)))
	}
	address := strings.TrimSuffix(root.get("rootUrl").text(), "/") + d.service
	out.set("servers", list(one("url", scalar(address))))
	schemas := newObject()
	for _, s := range root.get("schemas").members() {
		schemas.set(s.key, d.convert(s.value))
	}
	components.set("schemas", schemas.Node)
	if scopes := root.get("auth").get("oauth2").get("scopes"); scopes.isMap() {
		texts := newObject()
		for _, s := range scopes.members() {
			texts.set(s.key, scalar(d.description(s.value)))
		}
		flow := newObject()
		flow.set("scopes", texts.Node)
		flows, scheme, schemes := newObject(), newObject(), newObject()
		flows.set("authorizationCode", flow.Node)
		scheme.setText("type", "oauth2")
		scheme.set("flows", flows.Node)
		schemes.set("google", scheme.Node)
		components.set("securitySchemes", schemes.Node)
	}
	out.set("components", components.Node)
	out.set("paths", d.paths.Node)
	return out.Node
}

// known notes what stands at the top of the document and is not carried.
func (d *discovery) known(root value) {
	for _, p := range root.get("parameters").members() {
		if p.key == "uploadType" && d.uploads {
			continue // the paths of those calls say it
		}
		if p.key == "fields" && len(d.fields) > 0 {
			continue
		}
		why := "it concerns the form of responses"
		switch p.key {
		case "access_token", "oauth_token", "key":
			why = "clients carry what permits a call in a header"
		case "quotaUser", "userIp":
			why = "it is for quotas alone"
		}
		d.leftOut(p.value, fmt.Sprintf("the parameter %q of every method", p.key), why)
	}
	d.rest(root, "the document", "kind", "etag", "discoveryVersion", "id", "name", "version", "title", "description", "rootUrl", "servicePath", "baseUrl", "basePath",
		"batchPath", "documentationLink", "parameters", "auth", "schemas", "resources", "methods", "icons", "ownerDomain", "ownerName", "protocol", "revision",
		"canonicalName", "version_module", "packagePath", "labels", "fullyEncodeReservedExpansion", "mtlsRootUrl", "endpoints")
}

func (d *discovery) resource(r value, name string) {
	for _, m := range r.get("methods").members() {
		d.method(m.value, name)
	}
	for _, inner := range r.get("resources").members() {
		d.resource(inner.value, name)
	}
}

// mediaQuery is the query with which a method gives media instead of JSON.
const mediaQuery = "?alt=media"

// method adds a method to the paths: its call with JSON, and those that download or
// upload media, which have the same name and other paths.
func (d *discovery) method(m value, resource string) {
	id := strings.TrimPrefix(m.get("id").text(), d.api+".")
	path := d.path(m, m.get("path").text())
	own := m.get("parameters").members()
	media := d.parametersOf(m, own)
	parameters := media
	if m.get("response").isMap() && !slices.ContainsFunc(own, func(p member) bool { return p.key == "fields" }) {
		parameters = d.parametersOf(m, slices.Concat(own, d.fields))
	}
	call := func(id, path, about string) object {
		op := object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: m.Line, Column: m.Column}}
		op.setText("operationId", id)
		op.setText("description", strings.TrimSpace(d.description(m)+"\n\n"+about))
		if resource != "" {
			op.set("tags", list(scalar(resource)))
		}
		if m.get("deprecated").is() {
			op.set("deprecated", boolean(true))
		}
		if strings.HasSuffix(path, mediaQuery) {
			op.set("parameters", media)
		} else {
			op.set("parameters", parameters)
		}
		if scopes := m.get("scopes"); scopes.isList() && len(scopes.Content) > 0 {
			op.set("security", list(one("google", scopes.Node)))
		}
		item, there := d.items[path]
		if !there {
			item = newObject()
			d.items[path] = item
			d.paths.set(path, item.Node)
		}
		item.set(strings.ToLower(m.get("httpMethod").text()), op.Node)
		return op
	}
	request, response := m.get("request"), m.get("response")
	send := func(op object) {
		if request.isMap() {
			op.set("requestBody", required(d.json(request)).Node)
		}
	}
	answer := func(op object) {
		responses := newObject()
		if response.isMap() {
			responses.set("200", d.json(response).Node)
		} else {
			responses.set("204", one("description", scalar("done")))
		}
		op.set("responses", responses.Node)
	}
	download := m.get("supportsMediaDownload").is()
	if response.isMap() || !download {
		op := call(id, path, "")
		send(op)
		answer(op)
	}
	if download {
		name := id
		if response.isMap() {
			name += "Media" // beside the JSON of the same method
		}
		fromRoot := m.get("useMediaDownloadService").is()
		if fromRoot {
			path = "/download" + d.service + path
		}
		op := call(name, path+mediaQuery, "The response is the media itself.")
		send(op)
		op.set("responses", one("200", content("*/*", mediaSchema(value{})).Node))
		if fromRoot {
			op.set("servers", d.root)
		}
	}
	if upload := m.get("mediaUpload"); upload.isMap() {
		d.upload(m, upload, id, func(id, path, about string) object {
			op := call(id, path, about)
			answer(op)
			op.set("servers", d.root)
			return op
		})
	}
	d.rest(m, "a method", "id", "path", "flatPath", "httpMethod", "description", "parameters", "parameterOrder", "request", "response", "scopes", "mediaUpload",
		"supportsMediaUpload", "supportsMediaDownload", "supportsSubscription", "useMediaDownloadService", "deprecated", "apiVersion", "etagRequired", "streamingType")
}

// path returns the path of a call of a method as OpenAPI writes it.
func (d *discovery) path(m value, path string) string {
	path = withPatterns(path, func(name string) string { return patternOf(m.get("parameters").get(name).get("pattern").text()) })
	return "/" + strings.TrimPrefix(path, "/")
}

// upload adds the calls by which a method takes media: alone, or behind its metadata.
func (d *discovery) upload(m, upload value, id string, call func(id, path, about string) object) {
	protocols := upload.get("protocols")
	resumable := protocols.get("resumable")
	if resumable.isMap() {
		d.leftOut(resumable, "the resumable upload of media by "+id, "it takes several requests, and a call is one, which sends the whole media")
	}
	simple := protocols.get("simple")
	d.rest(upload, "an upload of media", "accept", "maxSize", "protocols")
	d.rest(protocols, "the protocols of an upload", "simple", "resumable")
	if simple.get("path").text() == "" {
		if !resumable.isMap() {
			d.leftOut(upload, "the upload of media by "+id, "it has no path")
		}
		return
	}
	d.uploads = true
	d.rest(simple, "a protocol of an upload", "path", "multipart")
	path := d.path(m, simple.get("path").text())
	accepted := acceptedBy(upload)
	request := m.get("request")
	if request.isMap() && simple.get("multipart").is() {
		media := mediaSchema(upload)
		if !slices.Contains(accepted, "*/*") {
			media.setText("description", "Its media type is one of "+strings.Join(accepted, ", ")+".")
		}
		schema, parts := newObject(), newObject()
		parts.set("metadata", d.convert(request))
		parts.set("media", media.Node)
		schema.setText("type", "object")
		schema.set("required", texts([]string{"metadata", "media"}))
		schema.set("properties", parts.Node)
		op := call(id+"WithMedia", path+"?uploadType=multipart", "The body is the metadata with the media.")
		op.set("requestBody", required(content("multipart/related", schema)).Node)
	}
	body := newObject()
	for _, kind := range accepted {
		body.set(kind, one("schema", mediaSchema(upload).Node))
	}
	about := "The body is the media."
	if request.isMap() {
		about = "The body is the media, without metadata."
	}
	out := newObject()
	out.set("content", body.Node)
	call(id+"Media", path+"?uploadType=media", about).set("requestBody", required(out).Node)
}

// acceptedBy returns the media types and ranges that an upload takes, without those
// that others hold.
func acceptedBy(upload value) []string {
	var accepted []string
	for _, item := range upload.get("accept").items() {
		if kind := mediaType(item.text()); !slices.ContainsFunc(accepted, func(other string) bool { return covers(other, kind) }) {
			accepted = slices.DeleteFunc(accepted, func(other string) bool { return covers(kind, other) })
			accepted = append(accepted, kind)
		}
	}
	if len(accepted) == 0 {
		return []string{"*/*"}
	}
	return accepted
}

// mediaSchema returns the schema of media, of at most as many bytes as an upload takes.
func mediaSchema(upload value) object {
	o := newObject()
	o.setText("type", "string")
	o.setText("format", "binary")
	if size := upload.get("maxSize"); size.isText() {
		o.set("maxLength", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: size.text(), Line: size.Line, Column: size.Column})
	}
	return o
}

// json returns a body or a response of application/json.
func (d *discovery) json(schema value) object {
	return content("application/json", object{d.convert(schema)})
}

// content returns a body or a response of one media type.
func content(mediaType string, schema object) object {
	out := newObject()
	out.set("content", one(mediaType, one("schema", schema.Node)))
	return out
}

func required(body object) object {
	body.set("required", boolean(true))
	return body
}

func (d *discovery) parametersOf(m value, parameters []member) *yaml.Node {
	out := list()
	for _, p := range parameters {
		in := p.get("location").text()
		o := object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: p.Line, Column: p.Column}}
		o.setText("name", p.key)
		o.setText("in", in)
		o.setText("description", d.description(p.value))
		if p.get("required").is() {
			o.set("required", boolean(true))
		}
		if p.get("deprecated").is() {
			o.set("deprecated", boolean(true))
		}
		said := []string{"description", "location", "required", "repeated", "deprecated"}
		if in == "path" && strings.Contains(m.get("path").text(), "{+"+p.key+"}") {
			said = append(said, "pattern") // the path says it
		}
		schema := d.convert(p.without(said...))
		if p.get("repeated").is() {
			array := newObject()
			array.setText("type", "array")
			array.set("items", schema)
			schema = array.Node
		}
		o.set("schema", schema)
		out.Content = append(out.Content, o.Node)
	}
	if len(out.Content) == 0 {
		return nil
	}
	return out
}

// convert returns a schema of Discovery in the words of JSON Schema. References
// name a schema; defaults are texts, whatever their type.
func (d *discovery) convert(v value) *yaml.Node {
	if !v.isMap() {
		return v.Node
	}
	out := object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: v.Line, Column: v.Column}}
	kind := v.get("type").text()
	for _, m := range v.members() {
		switch m.key {
		case "$ref":
			out.set("$ref", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: "#/components/schemas/" + escape(m.text()), Line: m.Line, Column: m.Column})
		case "type":
			if kind != "any" {
				out.set("type", m.Node)
			}
		case "format":
			format := m.text()
			if format == "google-datetime" {
				format = "date-time"
			}
			out.setText("format", format)
		case "default":
			n := *m.Node
			switch kind {
			case "integer":
				n.Tag = "!!int"
			case "number":
				n.Tag = "!!float"
			case "boolean":
				n.Tag = "!!bool"
			}
			out.set("default", &n)
		case "properties":
			properties := newObject()
			for _, p := range m.members() {
				properties.set(p.key, d.convert(p.value))
			}
			out.set("properties", properties.Node)
		case "items", "additionalProperties":
			out.set(m.key, d.convert(m.value))
		case "description", "enum", "pattern", "minimum", "maximum", "readOnly", "deprecated":
			out.set(m.key, m.Node)
		case "id":
		case "enumDescriptions", "enumDeprecated", "annotations":
			d.dropped[m.key+" of a schema"]++
		default:
			d.dropped[fmt.Sprintf("the unknown keyword %q of a schema", m.key)]++
		}
	}
	return out.Node
}
