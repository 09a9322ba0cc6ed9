package openapi

import (
	"fmt"
	"io/fs"
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
	d.known(root)
	for _, m := range root.get("methods").members() {
		d.method(m.value, "")
	}
	for _, r := range root.get("resources").members() {
		d.resource(r.value, r.key)
	}
	converted := &document{name, d.document(root)}
	i.converted = true
	return i.run(converted)
}

// discovery turns one document into OpenAPI.
type discovery struct {
	*importer
	api   string
	paths object
	items map[string]object // path → path item
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
	address := strings.TrimSuffix(root.get("rootUrl").text(), "/") + "/" + strings.Trim(root.get("servicePath").text(), "/")
	out.set("servers", list(one("url", scalar(address))))
	schemas := newObject()
	for _, s := range root.get("schemas").members() {
		schemas.set(s.key, d.convert(s.value))
	}
	components.set("schemas", schemas.Node)
	if scopes := root.get("auth").get("oauth2").get("scopes"); scopes.isMap() {
		texts := newObject()
		for _, s := range scopes.members() {
			texts.set(s.key, scalar(s.get("description").text()))
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
		d.leftOut(p.value, fmt.Sprintf("the parameter %q of every method", p.key), "it concerns the form of responses, quotas or keys")
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

// method adds a method to the paths.
func (d *discovery) method(m value, resource string) {
	id := strings.TrimPrefix(m.get("id").text(), d.api+".")
	path := m.get("path").text()
	path = withPatterns(path, func(name string) string { return patternOf(m.get("parameters").get(name).get("pattern").text()) })
	op := object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: m.Line, Column: m.Column}}
	op.setText("operationId", id)
	op.setText("description", m.get("description").text())
	if resource != "" {
		op.set("tags", list(scalar(resource)))
	}
	if m.get("deprecated").is() {
		op.set("deprecated", boolean(true))
	}
	op.set("parameters", d.parametersOf(m))
	if request := m.get("request"); request.isMap() {
		body := d.json(request)
		body.set("required", boolean(true))
		op.set("requestBody", body.Node)
	}
	responses := newObject()
	if response := m.get("response"); response.isMap() {
		responses.set("200", d.json(response).Node)
	} else {
		responses.set("204", one("description", scalar("done")))
	}
	op.set("responses", responses.Node)
	if scopes := m.get("scopes"); scopes.isList() && len(scopes.Content) > 0 {
		op.set("security", list(one("google", scopes.Node)))
	}
	if upload := m.get("mediaUpload"); upload.Node != nil {
		d.leftOut(upload, "the upload of media by "+id, "a catalogue has no place for a second path of an operation")
	}
	if download := m.get("supportsMediaDownload"); download.is() {
		d.leftOut(download, "the download of media by "+id, "a catalogue has no place for a second kind of response that a parameter chooses")
	}
	d.rest(m, "a method", "id", "path", "flatPath", "httpMethod", "description", "parameters", "parameterOrder", "request", "response", "scopes", "mediaUpload",
		"supportsMediaUpload", "supportsMediaDownload", "supportsSubscription", "useMediaDownloadService", "deprecated", "apiVersion", "etagRequired", "streamingType")
	key := "/" + strings.TrimPrefix(path, "/")
	item, there := d.items[key]
	if !there {
		item = newObject()
		d.items[key] = item
		d.paths.set(key, item.Node)
	}
	item.set(strings.ToLower(m.get("httpMethod").text()), op.Node)
}

// json returns a body or a response of application/json.
func (d *discovery) json(schema value) object {
	media := newObject()
	media.set("schema", d.convert(schema))
	content, out := newObject(), newObject()
	content.set("application/json", media.Node)
	out.set("content", content.Node)
	return out
}

func (d *discovery) parametersOf(m value) *yaml.Node {
	out := list()
	for _, p := range m.get("parameters").members() {
		in := p.get("location").text()
		o := object{&yaml.Node{Kind: yaml.MappingNode, Tag: "!!map", Line: p.Line, Column: p.Column}}
		o.setText("name", p.key)
		o.setText("in", in)
		o.setText("description", p.get("description").text())
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
