package openapi

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/spec"
)

// extension is where "scopegen export" puts what OpenAPI has no words for, in the words
// of the catalogue. A document with one at its root was exported. It is read to the
// letter: it says what its lists of scopes mean, which types are whose, and what
// everything is called in Go, so that nothing is left to assume.
const extension = "x-scopegen"

// exported reads a document that was exported.
type exported struct {
	*importer
	table     value             // what only the table of the catalogue says
	types     map[string]string // name of a component → of the type
	names     map[string]string // of security schemes → of keys
	tokens    map[string]bool   // security schemes of access tokens
	wire      map[string]string // what is sent for a scope → its name
	permits   map[string]string // scope → what it permits, by the flows
	pieces    map[string]*yaml.Node
	inFile    map[string][]*yaml.Node // file → operations
	tags      []string                // files, in the order of the document
	operation string                  // that is read, for notes
}

func (i *importer) exported(table value) (*Result, error) {
	i.withoutOptions(table)
	e := &exported{importer: i, table: table, types: map[string]string{}, names: map[string]string{}, tokens: map[string]bool{}, wire: map[string]string{}, permits: map[string]string{}, pieces: map[string]*yaml.Node{}, inFile: map[string][]*yaml.Node{}}
	e.nameTypes()
	e.readTable()
	e.readSchemes()
	e.readPaths()
	return e.result()
}

// withoutOptions takes back what has been decided about a document that does not say it
// by itself, as this one does.
func (i *importer) withoutOptions(table value) {
	o := &i.options
	recorded := table.get("import")
	for _, option := range []struct {
		has  bool
		what string
	}{
		{string(o.ScopeLists) != "" && string(o.ScopeLists) != recorded.get("scope_lists").exact(), "what a list of scopes means"},
		{o.Sources.File != nil, "a file with the scopes of calls"},
		{o.Scopes != nil || o.Required != nil, "another source of scopes"},
	} {
		if option.has {
			i.note(Assumed, table, "the document was exported from a catalogue and says all of its scopes and requirements: "+option.what+" has no effect on it", "")
		}
	}
	o.ScopeLists, o.Reason, o.Domains = "", "", ""
}

// tableKeys are the keys of a table, in the order in which they are written.
var tableKeys = []string{"api", "servers", "other_servers", "token", "keys", "signing", "spelling", "headers", "request_id", "idempotency", "errors", "paging", "import", "go", "groups", "clients"}

func (e *exported) result() (*Result, error) {
	table := newObject()
	for _, key := range tableKeys {
		table.set(key, e.pieces[key])
	}
	for _, m := range e.table.members() {
		if m.key != "include" && !slices.Contains(tableKeys, m.key) {
			table.set(m.key, literal(m.value)) // lint names what a table has not
		}
	}
	trees, include := map[string]*yaml.Node{}, list()
	add := func(name, key string, content *yaml.Node) {
		file := newObject()
		file.set(key, content)
		trees[name] = file.Node
		include.Content = append(include.Content, scalar(name))
	}
	for _, tag := range e.tags {
		if operations := e.inFile[tag]; len(operations) > 0 {
			name := tag + ".yaml"
			if tag == "scopes" || tag == "types" { // these names are taken
				name = tag + "_operations.yaml"
			}
			add(name, "operations", list(operations...))
		}
	}
	if schemas := e.root.get("components").get("schemas"); !schemas.absent() {
		types := newObject()
		for _, m := range schemas.members() {
			name := e.types[m.key]
			e.placed("types/"+name, m.value)
			types.set(name, e.schema(m.value, name, true))
			e.counts.Types++
		}
		add("types.yaml", "types", types.Node)
	}
	if len(include.Content) > 0 {
		table.set("include", include)
	}
	trees["scopes.yaml"] = table.Node
	return e.finish(trees)
}

// nameTypes finds the names of the types.
func (e *exported) nameTypes() {
	for _, m := range e.root.get("components").get("schemas").members() {
		e.types[m.key] = m.key
		if name := m.get(extension).get("name"); name.isText() {
			e.types[m.key] = name.Value
		}
	}
}

// plain writes a value of the document in the words of the catalogue, which are the
// same.
func plain(v value) *yaml.Node {
	if v.isMap() && len(v.Content) == 0 {
		return flow(newObject().Node)
	}
	return compact(block(literal(v)))
}

// block lets a node, and what is in it, stand on several lines if it is long.
func block(n *yaml.Node) *yaml.Node {
	n.Style &^= yaml.FlowStyle
	for k, inner := range n.Content {
		if n.Kind == yaml.SequenceNode || k%2 == 1 {
			n.Content[k] = compact(block(inner))
		}
	}
	return n
}

func (e *exported) readTable() {
	for _, m := range e.table.members() {
		switch {
		case m.key == "go": // where packages go is not for a document to say
			e.pieces["go"] = plain(m.value.without("output"))
		case slices.Contains(tableKeys, m.key):
			e.pieces[m.key] = plain(m.value)
		}
	}
	info := e.root.get("info")
	api := newObject()
	name := e.options.Name
	if name == "" {
		name = e.table.get("api").get("name").text()
	}
	api.setText("name", name)
	api.setText("title", info.get("title").exact())
	if v := info.get("version"); v.isText() && v.Value != "" {
		api.set("version", quoted(v.Value))
	}
	api.setText("docs", e.root.get("externalDocs").get("url").exact())
	for _, m := range e.table.get("api").members() {
		if m.key != "name" {
			api.set(m.key, literal(m.value))
		}
	}
	e.pieces["api"] = api.Node
	if servers := e.root.get("servers"); servers.isList() {
		o := newObject()
		for n, s := range servers.items() {
			name := cmp.Or(s.get("name").exact(), s.get("description").exact(), fmt.Sprintf("server%d", n+1))
			o.set(name, scalar(e.address(s)))
			e.rest(s, "a server", "url", "name", "description", "variables")
		}
		e.pieces["servers"] = o.Node
	}
	e.rest(e.root, "the document", extension, "openapi", "info", "servers", "paths", "components", "tags", "externalDocs", "jsonSchemaDialect", "$self")
	e.rest(e.root.get("components"), "the components", "schemas", "securitySchemes", "parameters", "responses", "headers", "requestBodies")
	for _, m := range e.root.get("components").get("responses").members() {
		if key := m.get(extension).get("errors"); key.isText() {
			if e.pieces["errors"] == nil {
				e.pieces["errors"] = newObject().Node
			}
			errors := object{e.pieces["errors"]}
			errors.set(key.Value, e.schema(e.errorBody(m.value), "error", false))
			status(errors.Content[len(errors.Content)-2])
		}
	}
}

// exact returns a text as it is, and "" for everything else.
func (v value) exact() string {
	if !v.isText() {
		return ""
	}
	return v.Value
}

func quoted(text string) *yaml.Node {
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.SingleQuotedStyle, Value: text}
}

// status writes a key that is a number as one.
func status(key *yaml.Node) {
	if _, err := strconv.Atoi(key.Value); err == nil {
		key.Tag = "!!int"
	}
}

// readSchemes reads the keys, and what scopes permit.
func (e *exported) readSchemes() {
	keys := newObject()
	for _, m := range e.root.get("components").get("securitySchemes").members() {
		v, ok := e.follow(m.value)
		if !ok {
			continue
		}
		kind, http := v.get("type").text(), strings.ToLower(v.get("scheme").text())
		basic := kind == "http" && http == "basic"
		if kind != "apiKey" && !basic {
			e.tokens[m.key] = kind == "oauth2" || kind == "openIdConnect" || kind == "http" && (http == "bearer" || http == "dpop")
			for _, flow := range v.get("flows").members() {
				for _, s := range flow.get("scopes").members() {
					if e.permits[s.key] == "" {
						e.permits[s.key] = s.exact()
					}
				}
			}
			continue
		}
		name := m.key
		o := newObject()
		if basic {
			o.setText("in", "basic")
		} else {
			o.set("in", scalar(v.get("in").exact()))
			o.set("name", scalar(v.get("name").exact()))
		}
		o.setText("description", v.get("description").exact())
		for _, own := range v.get(extension).members() {
			if own.key == "name" {
				name = own.exact()
				continue
			}
			o.set(own.key, literal(own.value))
		}
		e.rest(v, "a security scheme", "type", "scheme", "in", "name", "description", extension)
		e.names[m.key] = name
		keys.set(name, compact(o.Node))
		e.placed("keys/"+name, m.value)
	}
	if !keys.empty() {
		e.pieces["keys"] = keys.Node
	}
	if e.pieces["groups"] != nil {
		e.readGroups()
	}
	for _, m := range e.root.get("components").get("securitySchemes").members() {
		for _, flow := range m.get("flows").members() {
			for _, s := range flow.get("scopes").members() {
				if _, known := e.wire[s.key]; !known {
					e.leftOut(s.value, fmt.Sprintf("the scope %q", s.key), "it is in no group of the "+extension+" of the document")
				}
			}
		}
	}
}

// readGroups writes the scopes, with what they permit.
func (e *exported) readGroups() {
	spelling := e.table.get("spelling").exact()
	groups := list()
	for _, g := range e.table.get("groups").items() {
		group := newObject()
		for _, m := range g.members() {
			if m.key != "scopes" {
				group.set(m.key, literal(m.value))
				continue
			}
			rows := list()
			for _, s := range m.items() {
				name := s.get("scope").exact()
				sent := name
				if other := s.get("spellings").get(spelling); spelling != "" && other.isText() {
					sent = other.Value
				}
				e.wire[sent] = name
				row := newObject()
				for _, field := range s.members() {
					row.set(field.key, plain(field.value))
					if field.key == "scope" && s.get("permits").absent() {
						row.setText("permits", e.permits[sent])
					}
				}
				rows.Content = append(rows.Content, compact(row.Node))
			}
			group.set("scopes", rows)
		}
		groups.Content = append(groups.Content, group.Node)
	}
	e.pieces["groups"] = groups
}

func (e *exported) readPaths() {
	for _, tag := range e.root.get("tags").items() {
		e.file(tag.get("name").exact())
	}
	ids := map[string]*yaml.Node{}
	for _, p := range e.root.get("paths").members() {
		item, ok := e.follow(p.value)
		if !ok {
			continue
		}
		e.rest(item, "the path", "get", "head", "post", "put", "patch", "delete", "options", "trace", "parameters", "$ref")
		for _, m := range item.members() {
			if !isMethod(m.key) || m.key != strings.ToLower(m.key) {
				continue
			}
			e.counts.Operations++
			if !m.isMap() {
				e.leftOut(m.value, "an operation", "it is not an object")
				continue
			}
			op := e.readOperation(p.key, m, item)
			file := e.file(e.domain(m.value, p.key))
			if tags := m.get("tags").items(); len(tags) > 0 {
				file = e.file(tags[0].exact())
			}
			e.inFile[file] = append(e.inFile[file], op)
			ids[m.get("operationId").exact()] = op
			e.counts.Imported++
		}
	}
	for _, tag := range e.root.get("tags").items() {
		// Where a file has its operations in another order than the document.
		ordered, file := tag.get(extension).get("operations").items(), e.file(tag.get("name").exact())
		place := map[*yaml.Node]int{}
		for n, id := range ordered {
			place[ids[id.exact()]] = n - len(ordered)
		}
		slices.SortStableFunc(e.inFile[file], func(a, b *yaml.Node) int { return place[a] - place[b] })
	}
}

var fileName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,59}$`)

// file returns the name of the file of a tag, without its ending.
func (e *exported) file(tag string) string {
	if !fileName.MatchString(tag) || spec.ReservedFolder(tag) {
		tag = packageName(tag, "operations")
	}
	if !slices.Contains(e.tags, tag) {
		e.tags = append(e.tags, tag)
	}
	return tag
}

func (e *exported) readOperation(path string, m member, item value) *yaml.Node {
	op, own := m.value, m.get(extension)
	id := op.get("operationId").exact()
	e.operation = id
	e.placed("operations/"+id, op)
	if p := own.get("path"); p.isText() {
		path = p.Value
	}
	o := newObject()
	o.set("id", scalar(id))
	o.setText("go_name", own.get("go_name").exact())
	o.set("method", scalar(strings.ToUpper(m.key)))
	o.set("path", scalar(path))
	o.setText("server", own.get("server").exact())
	o.setText("summary", op.get("summary").exact())
	o.setText("description", op.get("description").exact())
	o.set("requires", e.requires(op))
	parameters := list()
	for _, p := range slices.Concat(item.get("parameters").items(), op.get("parameters").items()) {
		if n := e.parameter(p); n != nil {
			parameters.Content = append(parameters.Content, n)
		}
	}
	if len(parameters.Content) > 0 {
		o.set("parameters", parameters)
	}
	if body, ok := e.follow(op.get("requestBody")); ok && !op.get("requestBody").absent() {
		content := newObject()
		for _, media := range body.get("content").members() {
			content.set(media.key, e.schema(media.get("schema"), id+"_body", false))
			e.rest(media.value, "a media type", "schema", "encoding")
		}
		o.set("body", content.Node)
		if !body.get("required").is() {
			o.set("body_optional", boolean(true))
		}
		e.rest(body, "a body", "content", "required", "$ref")
	}
	e.responses(o, op)
	if own.get("deprecated").absent() && op.get("deprecated").is() {
		o.setText("deprecated", "the API's document says so")
	}
	for _, m := range own.members() {
		if m.key != "path" && m.key != "server" && m.key != "go_name" {
			o.set(m.key, plain(m.value))
		}
	}
	o.setText("source", op.get("externalDocs").get("url").exact())
	e.rest(op, "an operation", "operationId", "tags", "summary", "description", "externalDocs", "deprecated", "servers", "security", "parameters", "requestBody", "responses", extension)
	return o.Node
}

// requires writes what an operation requires: any one of the alternatives that the
// document lists, each of which needs all that it names.
func (e *exported) requires(op value) *yaml.Node {
	security := op.get("security")
	if security.absent() {
		security = e.root.get("security")
	}
	if security.absent() {
		e.counts.Requirements["not stated"]++
		if e.options.Unstated == "" {
			return nil // lint names it
		}
		return scalar(e.options.Unstated)
	}
	if len(security.items()) == 0 {
		e.counts.Requirements["public"]++
		return scalar("public")
	}
	var ways []way
	for _, alternative := range security.items() {
		w := way{}
		for _, m := range alternative.members() {
			if key, ok := e.names[m.key]; ok {
				w.keys = append(w.keys, key)
				continue
			}
			if !e.tokens[m.key] {
				e.bent(m.value, fmt.Sprintf("%s requires the security scheme %q, which is neither a token nor a key here: taken for a token", e.operation, m.key))
			}
			w.token = true
			for _, scope := range m.items() {
				name, ok := e.wire[scope.exact()]
				if !ok {
					name = scope.exact()
				}
				w.scopes = append(w.scopes, name)
			}
		}
		ways = append(ways, w)
	}
	node, kind := alternatives(ways)
	e.counts.Requirements[kind]++
	return node
}

// alternatives writes ways to meet a requirement in their order, and says of what kind
// they are.
func alternatives(ways []way) (node *yaml.Node, kind string) {
	all := list()
	for len(ways) > 0 {
		// Sets of scopes that need the same keys are one item.
		n := 1
		for n < len(ways) && len(ways[0].scopes) > 0 && len(ways[n].scopes) > 0 && slices.Equal(ways[n].keys, ways[0].keys) {
			n++
		}
		item, as := oneAlternative(ways[:n])
		all.Content, kind = append(all.Content, item), as
		ways = ways[n:]
	}
	if len(all.Content) == 1 {
		return all.Content[0], kind
	}
	return compact(all), "alternatives"
}

// oneAlternative writes ways that need the same keys. Several have scopes.
func oneAlternative(ways []way) (node *yaml.Node, kind string) {
	first := ways[0]
	o := newObject()
	switch {
	case len(first.scopes) > 0:
		sets := make([][]string, len(ways))
		for n, w := range ways {
			sets[n] = w.scopes
		}
		node, kind = scopeSets(sets)
		o = object{node}
	case len(first.keys) == 0 && first.token:
		return scalar("token"), "token"
	case len(first.keys) == 0:
		return scalar("public"), "public"
	case first.token:
		o.set("token", boolean(true))
		kind = "token"
	}
	switch len(first.keys) {
	case 0:
		return flow(o.Node), kind
	case 1:
		o.set("key", scalar(first.keys[0]))
	default:
		o.set("keys", texts(first.keys))
	}
	if kind == "" {
		return flow(o.Node), "key"
	}
	return flow(o.Node), kind + " with key"
}

// parameter writes a parameter, or returns nil for one that the catalogue says
// elsewhere.
func (e *exported) parameter(p value) *yaml.Node {
	p, ok := e.follow(p)
	own := p.get(extension)
	if !ok || !own.get("from").absent() {
		return nil
	}
	name, in := p.get("name").exact(), p.get("in").exact()
	if other := own.get("name"); other.isText() {
		name = other.Value
	}
	o := newObject()
	o.set("name", scalar(name))
	o.set("in", scalar(in))
	if p.get("required").is() && in != "path" {
		o.set("required", boolean(true))
	}
	o.setText("description", p.get("description").exact())
	switch style := p.get("style").text(); {
	case style == "deepObject":
		o.setText("style", "deepObject")
	case style == "form" && p.get("explode").is() && e.shape(p.get("schema"), 0) == "object":
		o.setText("style", "form")
	case in == "query" && !p.get("explode").absent() && !p.get("explode").is():
		if joined := map[string]string{"": "comma", "form": "comma", "spaceDelimited": "space", "pipeDelimited": "pipe"}[style]; joined != "" {
			o.setText("style", joined)
		}
	}
	o.set("schema", e.schema(p.get("schema"), e.operation+"_"+name, false))
	for _, m := range own.members() {
		if m.key != "name" {
			o.set(m.key, plain(m.value))
		}
	}
	e.rest(p, "a parameter", "name", "in", "required", "description", "style", "explode", "schema", extension, "$ref")
	return compact(o.Node)
}

func (e *exported) errorBody(response value) value {
	for _, media := range response.get("content").members() {
		return media.get("schema")
	}
	return value{}
}

// responses writes the results of an operation, its errors and the header fields of
// its results.
func (e *exported) responses(o object, op value) {
	results, headers, failures := newObject(), newObject(), newObject()
	typed := false
	for _, m := range op.get("responses").members() {
		r, ok := e.follow(m.value)
		if !ok {
			continue
		}
		shared := r.get(extension).get("errors")
		code, err := strconv.Atoi(m.key)
		switch {
		case !shared.absent() && err != nil:
			continue // that of all operations
		case err != nil, code >= 400, code == 304, r.get(extension).get("error").is():
			body := e.errorBody(r)
			if !shared.absent() || body.absent() {
				failures.set(m.key, flow(newObject().Node))
			} else {
				typed = true
				failures.set(m.key, e.schema(body, e.operation+"_error", false))
			}
			status(failures.Content[len(failures.Content)-2])
			e.rest(r, "a response", "description", "content", "headers", extension, "$ref")
			continue
		}
		content := newObject()
		for _, media := range r.get("content").members() {
			schema := media.get("itemSchema")
			if schema.absent() {
				schema = media.get("schema")
			}
			content.set(media.key, e.schema(schema, e.operation+"_response", false))
			e.rest(media.value, "a media type", "schema", "itemSchema")
		}
		if content.empty() {
			flow(content.Node)
		}
		results.set(m.key, content.Node)
		status(results.Content[len(results.Content)-2])
		for _, h := range r.get("headers").members() {
			header, ok := e.follow(h.value)
			if ok && !headers.has(h.key) && header.get(extension).get("from").absent() {
				headers.set(h.key, e.schema(header.get("schema"), e.operation+"_"+h.key, false))
				e.rest(header, "a header", "schema", "$ref", extension)
			}
		}
		e.rest(r, "a response", "description", "content", "headers", extension, "$ref")
	}
	o.set("responses", results.Node)
	switch {
	case typed:
		o.set("errors", compact(failures.Node))
	case !failures.empty():
		statuses := list()
		for k := 0; k < len(failures.Content); k += 2 {
			statuses.Content = append(statuses.Content, failures.Content[k])
		}
		o.set("errors", flow(statuses))
	}
	if !headers.empty() {
		o.set("response_headers", compact(headers.Node))
	}
}

// schema writes a type, in whose words the catalogue's are.
func (e *exported) schema(v value, name string, top bool) *yaml.Node {
	v = v.resolved()
	if !v.isMap() {
		if !v.absent() {
			e.bent(v, "a schema is an object: any value is taken")
		}
		return anything()
	}
	if len(v.pointer) > 4000 {
		e.bent(v, "nested too deep: any value is taken")
		return anything()
	}
	o := newObject()
	for _, m := range v.members() {
		switch m.key {
		case "$ref":
			to, ok := e.typeOf(m.exact())
			if !ok {
				e.bent(m.value, fmt.Sprintf("%q leads to no schema of the components: any value is taken", m.exact()))
				return anything()
			}
			o.set("$ref", scalar("#/types/"+to))
		case "items":
			o.set(m.key, e.schema(m.value, name+"_item", false))
		case "additionalProperties":
			if m.isText() {
				o.set(m.key, literal(m.value))
				continue
			}
			o.set(m.key, e.schema(m.value, name+"_value", false))
		case "properties":
			properties := newObject()
			for _, p := range m.members() {
				properties.set(p.key, e.schema(p.value, name+"_"+p.key, false))
			}
			if properties.empty() {
				flow(properties.Node)
			}
			o.set(m.key, properties.Node)
		case "oneOf", "anyOf", "allOf":
			parts := list()
			for _, part := range m.items() {
				parts.Content = append(parts.Content, e.schema(part, name, false))
			}
			o.set(m.key, parts)
		case "discriminator":
			o.set(m.key, e.discriminator(m.value))
		case extension:
			for _, own := range m.members() {
				if !top || own.key != "name" {
					o.set(own.key, plain(own.value))
				}
			}
		case "type", "format", "description", "enum", "const", "default", "pattern", "minLength", "maxLength", "minItems", "maxItems", "minimum", "maximum",
			"exclusiveMinimum", "exclusiveMaximum", "multipleOf", "uniqueItems", "required", "deprecated", "readOnly", "writeOnly", "examples":
			o.set(m.key, literal(m.value))
		default:
			e.unused(v.only(m.key))
		}
	}
	if top && !o.empty() {
		return o.Node
	}
	return compact(o.Node)
}

func (e *exported) typeOf(reference string) (string, bool) {
	component, ok := strings.CutPrefix(reference, "#/components/schemas/")
	name, known := e.types[component]
	return name, ok && known
}

func (e *exported) discriminator(d value) *yaml.Node {
	o := newObject()
	for _, m := range d.members() {
		switch m.key {
		case "propertyName":
			o.set(m.key, scalar(m.exact()))
		case "mapping":
			mapping := newObject()
			for _, to := range m.members() {
				if name, ok := e.typeOf(to.exact()); ok {
					mapping.set(to.key, scalar("#/types/"+name))
				} else {
					e.bent(to.value, fmt.Sprintf("the discriminator's value %q leads to no schema of the components: left out", to.key))
				}
			}
			o.set(m.key, mapping.Node)
		case "defaultMapping":
			if name, ok := e.typeOf(m.exact()); ok {
				o.set(m.key, scalar("#/types/"+name))
			}
		}
	}
	return compact(o.Node)
}
