// Package openapi makes a catalogue of an OpenAPI document (3.0, 3.1, 3.2) or
// of its forerunner Swagger 2.0.
//
// It reads the document as a tree and not through a model of OpenAPI: so every
// key that it does not carry can be named, with its place, and a document is
// never refused for a part that nobody needs. What is carried otherwise than
// the document says, what is left out and what is assumed comes back as notes.
//
// What a list of scopes means is not in the document: by the text of OpenAPI a
// caller needs all of them, and two documents in three mean any. [Options] say
// it; [Import] says where it matters.
//
// A document that was exported from a catalogue says all of this by itself, and
// becomes that catalogue again.
package openapi

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
)

// Options say what a document does not.
type Options struct {
	Name       string     // api.name; "" to make it from the title
	ScopeLists ScopeLists // what a list of scopes means; "" if nobody has decided
	Reason     string     // why, for the catalogue
	Rules      []Rule     // what lists of some operations mean; the first that matches holds
	Unstated   string     // what an operation requires that does not say it: "public", "token", or "" if nobody has decided

	// Domains says which packages hold the operations that need scopes: "scopes" for
	// those of the scopes, "tags" for one for each tag or, if an operation has none, for
	// each beginning of a path; "" for tags if a package of scopes would hold over 100
	// operations of several.
	Domains string

	// Methods are the Go names that a former import gave to operations, by id, "" for
	// none: an operation that is added renames none of them.
	Methods map[string]string

	// Paging are the styles that somebody has decided on for operations that they fit,
	// the first one first. With Pages, import recognises further ones.
	Paging []Paging
	Pages  bool

	Sources Sources // where else scopes are named
	Table   string  // the name of the table that Scopes come from, for the catalogue; "" for none

	// Scopes and Required come from another source, for operations whose requirement
	// the document does not state. Required may be nil.
	Scopes   []Declared
	Required func(method, path string) (Requirement, bool)
}

// Result is a catalogue and what has to be said about it.
type Result struct {
	Files   map[string][]byte     // scopes.yaml, and the files that it includes
	Trees   map[string]*yaml.Node // what was written into them
	Notes   diag.List
	Ladders []ScopeList    // lists of scopes whose meaning somebody has to decide
	Dropped map[string]int // what is not carried and changes no call: examples, extensions → how often
	Counts  Counts
	Places  map[string]diag.Position // "operations/ID", "types/NAME" → where the document has it
	// ScopeLists is what lists of scopes were taken for, "" if nobody has decided;
	// Reason is why.
	ScopeLists ScopeLists
	Reason     string
	Domains    string // as in Options, where it was decided
	// Remaining are the findings of lint that the importer could not correct.
	Remaining diag.List

	Paged   []Paged // the styles of paging, and how many operations have them
	Unpaged int     // operations whose lists look as if they were read in pages, and have no style

	clients    []Client
	otherLists bool // some undecided lists do not look like alternatives
}

// Counts are the sizes of what was read.
type Counts struct {
	Operations, Imported int
	Types                int
	Names                int            // Go names that the importer chose, to tell things apart
	Requirements         map[string]int // kind of requirement → operations
}

// Import reads the document called name. References lead to files below the
// root of fsys and never elsewhere. An error means that the document cannot be
// read at all.
func Import(fsys fs.FS, name string, o Options) (*Result, error) {
	doc, err := readDocument(fsys, name)
	if err != nil {
		return nil, err
	}
	return newImporter(fsys, o).run(doc)
}

func newImporter(fsys fs.FS, o Options) *importer {
	return &importer{
		options:    o,
		documents:  &documents{fsys: fsys, byName: map[string]*document{}, failed: map[string]error{}},
		extensions: map[string]int{},
		dropped:    map[string]int{},
		files:      map[string]*file{},
		typeNames:  map[*yaml.Node]string{},
		taken:      map[string]bool{},
		ids:        map[string]bool{},
		routes:     map[string]bool{},
		schemes:    map[string]*scheme{},
		scopes:     map[string]*scope{},
		applied:    map[int]bool{},
		places:     map[string]diag.Position{},
		counts:     Counts{Requirements: map[string]int{}},
		bases:      map[*yaml.Node]string{},
		variantOf:  map[*yaml.Node]map[*yaml.Node]bool{},

		failureTypes: map[*yaml.Node]*failureType{},
		fileNodes:    map[*yaml.Node]bool{},
		families:     map[*yaml.Node]*family{},
	}
}

// run imports an OpenAPI document.
func (i *importer) run(doc *document) (*Result, error) {
	i.root = doc.value()
	i.documents.byName[doc.name] = doc
	if err := i.version(); err != nil {
		return nil, err
	}
	if table := i.root.get(extension); table.isMap() {
		return i.exported(table)
	}
	if err := i.checkInherited(); err != nil {
		return nil, err
	}
	i.nameTypes()
	i.findBases()
	i.findFamilies()
	i.readSchemes()
	i.declareMore()
	i.served = i.servers()
	i.paths()
	i.unusedCalls()
	i.decideFailures()
	i.types()
	return i.result()
}

type importer struct {
	options   Options
	documents *documents
	root      value
	swagger   bool // version 2.0
	v30       bool // nullable and boolean exclusiveMinimum have a meaning

	notes      diag.List
	extensions map[string]int
	dropped    map[string]int
	counts     Counts
	served     []server // the document's
	others     []server // of some operations alone
	places     map[string]diag.Position
	applied    map[int]bool // rules that were about an operation with a list

	files     map[string]*file      // domain → its file
	order     []string              // domains as they come
	typeNames map[*yaml.Node]string // schema → name of its type
	queue     []named               // types that are still to be written
	taken     map[string]bool       // Go-like spellings of names of types
	ids       map[string]bool       // of operations, in Go-like spelling
	routes    map[string]bool       // methods and paths of operations
	spread    int                   // parameters that objects became
	schemes   map[string]*scheme    // security schemes
	keys      object                // of the table; its Node is nil if there are none
	scopes    map[string]*scope     // by name
	inOrder   []*scope              // as they are declared
	ladders   []ScopeList
	tokenURL  string
	grant     string // of tokenURL
	issuer    string
	dpop      string // of the table's token

	idempotency  string // the header that carries an idempotency key
	typeNodes    []named
	bases        map[*yaml.Node]string              // types that are a union and the base of its variants → the name of the base
	variantOf    map[*yaml.Node]map[*yaml.Node]bool // variant → such types
	headers      object                             // of the responses of the operation that is read
	failures     []failures                         // of the operations
	failureTypes map[*yaml.Node]*failureType        // by schema; nil for one that says nothing
	errors       *yaml.Node                         // what holds for all operations
	families     map[*yaml.Node]*family             // of types that others inherit
	fileNodes    map[*yaml.Node]bool                // schemas of files in forms that no format says

	preview    bool     // the clients are wanted, and no files
	clients    []Client // of the catalogue
	otherLists bool     // some undecided lists do not look like alternatives

	paged   []Paged
	unpaged int

	named     int       // Go names that the importer chose
	remaining diag.List // findings that it could not correct
	converted bool      // the document was made of one in another language
}

// file is one of the catalogue's files: the operations of a domain.
type file struct {
	operations []*yaml.Node
}

type named struct {
	name string
	value
}

func (i *importer) version() error {
	switch v := i.root.get("openapi").text(); {
	case strings.HasPrefix(v, "3.0"):
		i.v30 = true
	case strings.HasPrefix(v, "3."):
	case v != "":
		return fmt.Errorf("%s: OpenAPI %q is not one of 3.0, 3.1 and 3.2", i.root.doc.name, v)
	default:
		if v := i.root.get("swagger").text(); !strings.HasPrefix(v, "2") {
			return fmt.Errorf("%s is no OpenAPI document: it has neither \"openapi\" nor \"swagger: '2.0'\"", i.root.doc.name)
		}
		i.swagger, i.v30 = true, true
	}
	return nil
}

// result puts the files together.
func (i *importer) result() (*Result, error) {
	table := newObject()
	info := i.root.get("info")
	title := strings.TrimSpace(info.get("title").text())
	if title == "" {
		title = "API"
		i.note(Assumed, info, "the document has no title: api.title is a placeholder", "write it into the catalogue")
	}
	name := i.options.Name
	if name == "" {
		name = apiName(title)
	}
	api := newObject()
	api.setText("name", name)
	api.setText("title", oneLine(title))
	if v := info.get("version"); v.isText() && v.text() != "" {
		api.set("version", &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Style: yaml.SingleQuotedStyle, Value: v.text()})
	}
	if docs := i.root.get("externalDocs").get("url").text(); absolute(docs) {
		api.setText("docs", docs)
	}
	table.set("api", api.Node)
	i.rest(i.root, "the document", "openapi", "swagger", "info", "servers", "host", "basePath", "schemes", "paths", "components", "definitions",
		"parameters", "responses", "securityDefinitions", "security", "tags", "externalDocs", "consumes", "produces", "webhooks", "jsonSchemaDialect", "$self")
	if hooks := i.root.get("webhooks"); !hooks.absent() {
		i.leftOut(hooks, fmt.Sprintf("%d webhooks", len(hooks.members())), "calls that the API makes are not clients")
	}
	servers := newObject()
	for _, s := range i.served {
		servers.setText(s.name, s.url)
	}
	if !servers.empty() {
		table.set("servers", servers.Node)
	}
	others := newObject()
	for _, s := range i.others {
		others.setText(s.name, s.url)
	}
	if !others.empty() {
		table.set("other_servers", others.Node)
	}
	table.set("token", i.tokenEndpoint(i.served))
	table.set("keys", i.keys.Node)
	table.setText("idempotency", i.idempotency)
	table.set("errors", i.errors)
	i.placeOperations()
	i.page()
	table.set("paging", i.pagingStyles())
	table.set("import", i.decisions())
	table.set("groups", i.groups())
	i.shorten()
	include := list()
	trees := map[string]*yaml.Node{}
	for _, domain := range i.order {
		f := i.files[domain]
		content := newObject()
		content.set("operations", list(f.operations...))
		name := domain + ".yaml"
		if domain == "scopes" || domain == "types" { // these names are taken
			name = domain + "_operations.yaml"
		}
		trees[name] = content.Node
		include.Content = append(include.Content, scalar(name))
	}
	if len(i.typeNodes) > 0 {
		types := newObject()
		slices.SortFunc(i.typeNodes, func(a, b named) int { return strings.Compare(a.name, b.name) })
		for _, t := range i.typeNodes {
			types.set(t.name, t.Node)
		}
		content := newObject()
		content.set("types", types.Node)
		trees["types.yaml"] = content.Node
		include.Content = append(include.Content, scalar("types.yaml"))
	}
	table.set("include", include)
	trees["scopes.yaml"] = table.Node
	i.counts.Types = len(i.typeNodes)
	return i.finish(trees)
}

// finish checks and writes the files.
func (i *importer) finish(trees map[string]*yaml.Node) (*Result, error) {
	i.forget()
	files, err := i.settle(trees)
	if err != nil {
		return nil, err
	}
	i.counts.Names = i.named
	for key, n := range i.extensions {
		i.dropped[key] = n
	}
	i.notes.Sort()
	return &Result{Files: files, Trees: trees, Notes: i.notes, Ladders: i.ladders, Dropped: i.dropped, Counts: i.counts, Places: i.places, Remaining: i.remaining, ScopeLists: i.options.ScopeLists, Reason: i.options.Reason, Domains: i.options.Domains, Paged: i.paged, Unpaged: i.unpaged, clients: i.clients, otherLists: i.otherLists}, nil
}

// forget lets go of the document, of which a large one takes more memory than its
// catalogue.
func (i *importer) forget() {
	i.documents, i.root = nil, value{}
	i.typeNames, i.queue, i.typeNodes, i.files = nil, nil, nil, nil
	i.bases, i.families, i.variantOf, i.failures, i.failureTypes = nil, nil, nil, nil, nil
}

// placed remembers where the document has what becomes an entry of the catalogue.
func (i *importer) placed(entry string, v value) {
	if v.Node != nil {
		i.places[entry] = diag.Position{File: i.documents.printed(v), Line: v.Line, Column: v.Column}
	}
}

// fileOf returns the file of a domain.
func (i *importer) fileOf(domain string) *file {
	if i.files[domain] == nil {
		i.files[domain] = &file{}
		i.order = append(i.order, domain)
	}
	return i.files[domain]
}

// paths reads the operations.
func (i *importer) paths() {
	for _, p := range i.root.get("paths").members() {
		if strings.HasPrefix(p.key, "x-") {
			i.extensions[p.key]++
			continue
		}
		item, ok := i.follow(p.value)
		if !ok {
			continue
		}
		var shared []value
		shared = append(shared, item.get("parameters").items()...)
		for _, m := range item.members() {
			switch method := strings.ToUpper(m.key); method {
			case "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE":
				i.counts.Operations++
				i.operation(p.key, method, m.value, shared, item)
			case "PARAMETERS", "SUMMARY", "DESCRIPTION", "SERVERS", "$REF":
			case "QUERY":
				i.counts.Operations++
				i.leftOut(m.value, "an operation", "the method QUERY is not supported")
			default:
				i.rest(value{&yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{scalar(m.key), m.Node}}, m.doc, p.pointer}, "the path")
			}
		}
	}
	slices.Sort(i.order)
}
