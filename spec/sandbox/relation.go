package sandbox

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// role says what an operation does with the objects that the server remembers.
type role int

const (
	roleAction  role = iota // answers, and changes nothing that could be read
	roleCreate              // POST /orders
	roleList                // GET /orders
	roleRead                // GET /orders/{order_id}
	roleReplace             // PUT /orders/{order_id}
	roleChange              // PATCH /orders/{order_id}, or POST
	roleRemove              // DELETE /orders/{order_id}
)

// relation says what the path of an operation means. It is derived from the paths
// and types of the catalogue.
type relation struct {
	role      role
	at        *collection
	ancestors []ancestor // the objects above it in the path, the outermost first
	metadata  string     // of an upload: the part of the body that holds the object's members, "" for none
}

type ancestor struct {
	at *collection
	id string // name of the path parameter
}

// collection is a path below which there are objects, such as /orders and
// /users/{}/accounts. A path that is read and set as a whole is a collection too,
// of one object without an id.
type collection struct {
	key      string // the path without the names of its placeholders
	segments []segment
	name     string   // the literal segments at its end
	params   []string // placeholders in the path
	single   bool

	create, list *route
	items        map[string]*route  // operations on /orders/{order_id}, by method
	itemParam    string             // order_id
	patterns     []spec.Placeholder // of the items' paths, such as {name=people/*}, by which an object is called in whole
	whole        *spec.Placeholder  // the one of them that is the member id too; nil if an id is the last part of a path

	// home is where the objects are kept: the collection itself, or for
	// /accounts/{account_id}/orders the collection /orders.
	home *collection

	object *spec.Schema // what an object looks like; nil where no operation shows one
	id     string       // the member that holds the id, "" for none
}

func shapeOf(segments []segment) string {
	read := make([]spec.Segment, len(segments))
	for i, s := range segments {
		read[i] = s.Segment
	}
	return spec.ShapeOf(read)
}

// relate sets the relation of each route, and returns the collections.
func relate(routes []*route, c *spec.Catalogue, s *schemas) map[string]*collection {
	d := deriver{
		schemas: s, catalogue: c, prefix: commonPrefix(routes),
		collections: map[string]*collection{}, posts: map[*collection]*route{},
		named: map[string][]*collection{}, typed: map[string][]*collection{}, sharers: map[string]int{},
	}
	for _, rt := range routes {
		d.sharers[rt.op.Method+shapeOf(rt.segments)]++
	}
	for _, rt := range routes {
		if !d.beside(rt) {
			d.place(rt)
		}
	}
	keys := make([]string, 0, len(d.collections))
	for key := range d.collections {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		d.describe(d.collections[key])
	}
	for _, key := range keys {
		d.settle(d.collections[key])
	}
	for _, key := range keys {
		if at := d.collections[key]; at.home == nil {
			at.home = cmp.Or(d.homeOf(at), at)
		}
	}
	for _, rt := range routes {
		d.assign(rt)
	}
	return d.collections
}

type deriver struct {
	schemas     *schemas
	catalogue   *spec.Catalogue
	collections map[string]*collection
	posts       map[*collection]*route
	named       map[string][]*collection // those with a create, by name
	typed       map[string][]*collection // the same by name and type
	sharers     map[string]int           // how many operations have a method and path, whatever their query
	prefix      int
}

// beside reports whether a route is one of several that their queries or fragments tell
// apart: what ?alt=media asks for at the path of an object is not the object.
func (d *deriver) beside(rt *route) bool {
	_, fragment := spec.CutFragment(rt.op.Path)
	return (len(rt.query) > 0 || fragment != "") && d.sharers[rt.op.Method+shapeOf(rt.segments)] > 1
}

// commonPrefix returns the number of literal segments that all paths begin with,
// such as two for /api/v1.
func commonPrefix(routes []*route) int {
	if len(routes) == 0 {
		return 0
	}
	prefix := len(routes[0].segments) - 1
	for _, rt := range routes {
		prefix = min(prefix, len(rt.segments)-1)
		for i := range prefix {
			if s := rt.segments[i]; !s.plain() || s.Shape() != routes[0].segments[i].Shape() {
				prefix = i
				break
			}
		}
	}
	return max(prefix, 0)
}

func (d *deriver) at(segments []segment) *collection {
	key := shapeOf(segments)
	at, ok := d.collections[key]
	if !ok {
		at = &collection{key: key, segments: segments, items: map[string]*route{}}
		for i, s := range segments {
			at.params = append(at.params, s.Names...)
			if s.plain() && i >= d.prefix {
				at.name += "/" + s.Shape()
			} else {
				at.name = ""
			}
		}
		d.collections[key] = at
	}
	return at
}

// place adds a route to its collection.
func (d *deriver) place(rt *route) {
	last := len(rt.segments) - 1
	if s := rt.segments[last]; !s.plain() {
		at := d.at(rt.segments[:last])
		at.items[rt.op.Method] = rt
		at.itemParam = s.Names[len(s.Names)-1]
		for _, p := range rt.patterns {
			if slices.Contains(p.Parts, at.itemParam) {
				at.patterns = append(at.patterns, p)
			}
		}
		return
	}
	at := d.at(rt.segments)
	switch rt.op.Method {
	case http.MethodGet:
		at.list = rt
	case http.MethodPost:
		at.create = rt
	}
}

// describe finds out whether a collection has many objects or one, and what their
// type is.
func (d *deriver) describe(at *collection) {
	var listed *spec.Schema
	if at.list != nil {
		listed = d.listItem(at)
		at.single = listed == nil && len(at.items) == 0
	}
	if get := at.items[http.MethodGet]; get != nil {
		at.object = jsonResponse(get.op)
	}
	switch {
	case at.object != nil:
	case at.single:
		at.object = jsonResponse(at.list.op)
	case listed != nil:
		at.object = listed
	default:
		for _, rt := range []*route{at.create, at.items[http.MethodPut], at.items[http.MethodPatch]} {
			if rt != nil && at.object == nil {
				at.object = jsonResponse(rt.op)
			}
		}
	}
	if !at.single {
		at.id = d.idMember(at)
	}
}

func (d *deriver) idMember(at *collection) string {
	for i := range at.patterns {
		if p := &at.patterns[i]; d.hasMember(at.object, p.Name) {
			at.whole = p
			return p.Name
		}
	}
	for _, name := range []string{at.itemParam, "id", "ID", "Id", "_id", "uuid"} {
		if name != "" && d.hasMember(at.object, name) {
			return name
		}
	}
	for _, suffix := range []string{"_id", "Id", "ID", "-id"} {
		if name, ok := strings.CutSuffix(at.itemParam, suffix); ok && d.hasMember(at.object, name) {
			return name
		}
	}
	return ""
}

// settle decides whether POST creates objects that can be read afterwards.
func (d *deriver) settle(at *collection) {
	post := at.create
	at.create = nil
	if post == nil || at.single {
		return
	}
	d.posts[at] = post
	if at.list == nil && len(at.items) == 0 && d.itemsElsewhere(at) == nil {
		return
	}
	shown := jsonResponse(post.op)
	if at.id != "" && shown != nil && !d.hasMember(shown, at.id) && !d.hasMember(jsonBody(post.op), at.id) {
		return // no response would show the id
	}
	at.create = post
	at.home = at
	d.named[at.name] = append(d.named[at.name], at)
	if name := typedName(at); name != "" {
		d.typed[name] = append(d.typed[name], at)
	}
}

// itemsElsewhere finds the collection whose items a POST creates, where their path
// is another one: /checks/{check_id} for POST /users/{user_id}/checks.
func (d *deriver) itemsElsewhere(at *collection) *collection {
	if len(at.params) == 0 {
		return nil
	}
	flat := d.collections[shapeOf(at.segments[:d.prefix])+at.name]
	if flat == nil || len(flat.items) == 0 || flat.create != nil {
		return nil
	}
	if at.object == nil || flat.id == "" || !d.hasMember(at.object, flat.id) {
		return nil
	}
	at.id = flat.id
	if flat.object != nil {
		at.object = flat.object
	}
	return flat
}

// homeOf returns the collection whose objects a path shows that has no operation to
// create any, or nil.
func (d *deriver) homeOf(at *collection) *collection {
	if at.single || at.name == "" {
		return nil
	}
	// Collections with objects of the same type come first.
	for _, homes := range [][]*collection{d.typed[typedName(at)], d.named[at.name]} {
		for _, home := range homes {
			switch {
			case len(at.params) > 0 && d.refersTo(home, at.params[len(at.params)-1]):
				return home
			case len(at.params) == 0 && len(home.params) > 0 && (sameType(at.object, home.object) || !named(at.object) || !named(home.object)):
				return home
			}
		}
	}
	return nil
}

// typedName returns a key for collections that have the same name and the same type
// of objects.
func typedName(at *collection) string {
	if !named(at.object) {
		return ""
	}
	return at.name + " " + at.object.Ref
}

// refersTo reports whether it is known for the objects of a collection to which
// value of a path parameter they belong: they have it as a member or in a list, or
// it is in their own path.
func (d *deriver) refersTo(home *collection, param string) bool {
	if slices.Contains(home.params, param) {
		return true
	}
	body := jsonBody(home.create.op)
	for _, name := range []string{param, param + "s"} {
		if d.hasMember(home.object, name) || d.hasMember(body, name) {
			return true
		}
	}
	return false
}

func (d *deriver) assign(rt *route) {
	last := len(rt.segments) - 1
	rel := &relation{}
	rt.relation = rel
	item := !rt.segments[last].plain()
	if at := d.uploadsTo(rt); at != nil {
		rel.at, rel.role = at, roleCreate
		if item {
			rel.role = roleChange
		}
		rel.metadata = d.metadata(rt.op, at)
		return
	}
	if item {
		rel.at = d.collections[shapeOf(rt.segments[:last])]
	} else {
		rel.at = d.collections[shapeOf(rt.segments)]
	}
	above := last
	if d.beside(rt) {
		above++ // it is about the object at its path
	}
	for i, s := range rt.segments[:above] {
		if s.plain() {
			continue
		}
		if at := d.collections[shapeOf(rt.segments[:i])]; at != nil {
			rel.ancestors = append(rel.ancestors, ancestor{at, s.Names[len(s.Names)-1]})
		}
	}
	switch method := rt.op.Method; {
	case d.beside(rt):
	case !item && !rel.at.single && method == http.MethodGet:
		rel.role = roleList
		if d.listItem(rel.at) == nil {
			rel.role = roleAction
			break
		}
		rt.listPath, _ = d.itemsPath(rt.op, jsonResponse(rt.op), d.posts[rel.at])
	case !item && !rel.at.single:
		if rt == rel.at.create {
			rel.role = roleCreate
		}
	case method == http.MethodGet:
		rel.role = roleRead
	case method == http.MethodPut, !item && method == http.MethodPost:
		rel.role = roleReplace
	case method == http.MethodPatch, method == http.MethodPost && rel.at.items[http.MethodGet] != nil:
		rel.role = roleChange
	case method == http.MethodDelete:
		rel.role = roleRemove
	}
}

// uploadsTo returns the collection whose objects an upload of media creates or changes,
// or nil: its path is that of the collection or of an item behind literal segments, such
// as /upload/files beside /files, and it answers with an object of the collection.
func (d *deriver) uploadsTo(rt *route) *collection {
	changes := !rt.segments[len(rt.segments)-1].plain()
	shown := jsonResponse(rt.op)
	if len(rt.op.Body) == 0 || jsonBody(rt.op) != nil || !named(shown) || changes == (rt.op.Method == http.MethodPost) {
		return nil
	}
	segments := rt.segments
	if changes {
		segments = segments[:len(segments)-1]
	}
	for n := 1; n < len(segments) && segments[n-1].plain(); n++ {
		at := d.collections[shapeOf(segments[n:])]
		if at == nil || at.create == nil || len(at.params) > 0 || !sameType(at.object, shown) {
			continue
		}
		if get := at.items[http.MethodGet]; changes && (get == nil || rt.segments[len(rt.segments)-1].Shape() != get.segments[len(get.segments)-1].Shape() || !slices.Contains(rt.segments[len(rt.segments)-1].Names, at.itemParam)) {
			continue
		}
		return at
	}
	return nil
}

// metadata returns the name of the part of an upload that is an object of a collection.
func (d *deriver) metadata(op *spec.Operation, at *collection) string {
	for _, body := range op.Body {
		for _, part := range d.schemas.flatten(body.Value).Properties {
			if sameType(part.Value, at.object) {
				return part.Key
			}
		}
	}
	return ""
}

// listItem returns the schema of the items of a list, or nil if the response is no
// list.
func (d *deriver) listItem(at *collection) *spec.Schema {
	response := jsonResponse(at.list.op)
	if response == nil {
		return nil
	}
	path, ok := d.itemsPath(at.list.op, response, cmp.Or(at.create, d.posts[at]))
	if !ok {
		return nil
	}
	items := response
	for _, name := range path {
		items, _ = d.schemas.flatten(items).Properties.Get(name)
		if items == nil {
			return nil
		}
	}
	return d.elementOf(items, 0)
}

func (d *deriver) elementOf(schema *spec.Schema, depth int) *spec.Schema {
	flat := d.schemas.flatten(schema)
	if flat.Items != nil {
		return flat.Items
	}
	if depth < 8 {
		for _, variant := range d.schemas.alternatives(flat) {
			if element := d.elementOf(variant, depth+1); element != nil {
				return element
			}
		}
	}
	if flat.JSONType() == "array" {
		return &anything
	}
	return nil
}

// itemsPath returns the path of the member of a response that holds the items of a
// list: the one that the paging style names; or none for the response itself if it is
// an array; or the only array in it, if there are only numbers and objects beside
// it or if its items are what a POST to the same path creates.
func (d *deriver) itemsPath(op *spec.Operation, response *spec.Schema, post *route) ([]string, bool) {
	if style, ok := d.catalogue.Paging.Get(op.Paging.Value); ok {
		return d.schemas.pageItems(style, response), true
	}
	flat := d.schemas.flatten(response)
	if flat.JSONType() == "array" {
		return nil, true
	}
	found, others := "", false
	for _, p := range flat.Properties {
		switch member := d.schemas.flatten(p.Value); {
		case d.elementOf(p.Value, 0) != nil:
			if found != "" {
				return nil, false
			}
			found = p.Key
			if post != nil && sameType(d.elementOf(p.Value, 0), jsonResponse(post.op)) {
				return []string{found}, true
			}
		case member.JSONType() == "object", member.JSONType() == "integer", len(member.Properties) > 0:
		default:
			others = true
		}
	}
	return []string{found}, found != "" && !others
}

// split returns the names of the members that a path with dots leads through.
func (s *schemas) split(schema *spec.Schema, path string) (names []string) {
	for path != "" {
		var name string
		name, path = spec.CutMember(path, func(name string) bool { return s.member(schema, name) != nil })
		names, schema = append(names, name), s.member(schema, name)
	}
	return names
}

// sameType reports whether two schemas refer to the same type.
func sameType(a, b *spec.Schema) bool {
	return a != nil && b != nil && (a == b || a.Ref != "" && a.Ref == b.Ref)
}

func (d *deriver) hasMember(schema *spec.Schema, name string) bool {
	return d.schemas.member(schema, name) != nil
}

func named(s *spec.Schema) bool { return s != nil && s.Ref != "" }

// member returns the schema of a member of an object, or of one of its variants.
func (s *schemas) member(schema *spec.Schema, name string) *spec.Schema {
	return s.memberAt(schema, name, 0)
}

func (s *schemas) memberAt(schema *spec.Schema, name string, depth int) *spec.Schema {
	if schema == nil || depth > 8 {
		return nil
	}
	flat := s.flatten(schema)
	if p, ok := flat.Properties.Get(name); ok {
		return p
	}
	for _, variant := range s.alternatives(flat) {
		if p := s.memberAt(variant, name, depth+1); p != nil {
			return p
		}
	}
	return nil
}

// jsonResponse returns the schema of the JSON response of an operation's first success
// status, or nil.
func jsonResponse(op *spec.Operation) *spec.Schema {
	if len(op.Responses) == 0 {
		return nil
	}
	return jsonContent(op.Responses[0].Value)
}

func jsonBody(op *spec.Operation) *spec.Schema { return jsonContent(op.Body) }

func jsonContent(content spec.Map[*spec.Schema]) *spec.Schema {
	for _, entry := range content {
		if servedAsJSON(entry.Key, entry.Value) {
			return entry.Value
		}
	}
	return nil
}
