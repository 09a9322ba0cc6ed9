package sandbox

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/spec"
)

// perform does what the operation means. If it was done before under the same
// idempotency key, it returns the response that was given then.
func (s *Server) perform(x *exchange, g *given, produced content) (*response, *problem) {
	key, p := s.idempotencyKey(x)
	if p != nil {
		return nil, p
	}
	// From here on there is one call at a time, so that no other call with the
	// same idempotency key comes between the look-up and the storing of its response.
	s.mu.Lock()
	defer s.mu.Unlock()
	if key != nil {
		if stored, p := s.repeats.recall(key, s.config.Now()); stored != nil || p != nil {
			return stored, p
		}
	}
	a, p := s.act(x.route, g, produced)
	if p == nil && key != nil {
		s.repeats.remember(key, a, s.config.Now())
	}
	return a, p
}

func (s *Server) act(rt *route, g *given, produced content) (*response, *problem) {
	rel := rt.relation
	for i, up := range rel.ancestors {
		id := g.path[up.id]
		switch o := s.store.find(up.at.home.key, id, g.path); {
		case o != nil && o.deleted:
			return nil, notFound(up.id, id)
		case o == nil && rel.role == roleAction && i == len(rel.ancestors)-1 && s.lookup(up.at, g.path, id) == nil:
			return nil, notFound(up.id, id)
		}
	}
	switch rel.role {
	case roleCreate:
		return s.actCreate(rt, g, produced)
	case roleList:
		return s.actList(rt, g, produced)
	case roleAction:
		return s.actOnce(rt, g, produced)
	}
	at := rel.at
	id := g.path[at.itemParam]
	o := s.lookup(at, g.path, id)
	if o == nil && (rel.role != roleReplace || at.home.create != nil) {
		return nil, notFound(at.itemParam, id)
	}
	now := s.config.Now()
	switch rel.role {
	case roleReplace:
		if o == nil || at.single {
			o = s.fresh(at, g, id, now)
		}
		o = o.revised(now)
		for _, p := range s.memberNames(jsonBody(rt.op)) {
			delete(o.members, p)
		}
		s.amend(o, at, rt, g, now)
	case roleChange:
		o = o.revised(now)
		s.amend(o, at, rt, g, now)
	case roleRemove:
		o = o.revised(now)
		o.deleted = true
		s.store.put(o)
	}
	return s.show(rt, o, produced)
}

func notFound(param, id string) *problem {
	if param == "" { // a path that holds one object
		return refuse(http.StatusNotFound, "what was here has been deleted")
	}
	return refuse(http.StatusNotFound, fmt.Sprintf("there is no object with %s %q", param, id))
}

// revised returns a copy of the object that may be changed and stored. An example
// that is changed becomes an object that was made at the time of the examples.
func (o *object) revised(now time.Time) *object {
	if o.element != nil {
		return o
	}
	if o.made.IsZero() {
		o.made = now
	}
	return o
}

// fresh returns an object with nothing but its id and its place.
func (s *Server) fresh(at *collection, g *given, id string, now time.Time) *object {
	if o := s.store.find(at.home.key, id, g.path); o != nil {
		o.deleted = false
		return o
	}
	o := &object{home: at.home.key, id: id, parents: pick(g.path, at.home.params), members: map[string]any{}, made: now}
	s.place(o, at.home, g)
	return o
}

// place sets the members that hold the object's id and the parameters of its path.
func (s *Server) place(o *object, home *collection, g *given) {
	for name, text := range o.parents {
		if value, ok := g.params[name]; ok && s.schemas.member(home.object, name) != nil {
			o.members[name] = value
		} else {
			o.members[name] = text
		}
	}
	switch {
	case home.whole != nil:
		o.members[home.id] = home.called(o.parents, o.id)
	case home.id != "":
		value, _ := s.readText(s.idSchema(home), o.id)
		o.members[home.id] = value
	}
}

// amend sets the members of an object that a request gives, and stores it.
func (s *Server) amend(o *object, at *collection, rt *route, g *given, now time.Time) {
	body := membersGiven(rt, g)
	for name, value := range body {
		if name == at.home.id && at.home.id != "" {
			continue
		}
		if value == nil && s.schemas.member(at.home.object, name) != nil && !s.schemas.fits(s.schemas.member(at.home.object, name), nil) {
			delete(o.members, name) // RFC 7396
			continue
		}
		o.members[name] = value
	}
	for _, name := range s.memberNames(at.home.object) {
		if _, sent := body[name]; sent || !tellsChange(name) {
			continue
		}
		m := &maker{schemas: s.schemas, seed: o.seed(), now: now}
		if s.schemas.flatten(s.schemas.member(at.home.object, name)).Format == "date-time" {
			o.members[name] = m.object(s.schemas.member(at.home.object, name), nil)
		}
	}
	s.complete(o, at.home)
	s.store.put(o)
}

// membersGiven returns the members of an object that a request gives.
func membersGiven(rt *route, g *given) map[string]any {
	body, _ := g.body.(map[string]any)
	if rt.relation.metadata != "" {
		body, _ = body[rt.relation.metadata].(map[string]any)
	}
	return body
}

// tellsChange reports whether a member holds the time of the last change.
func tellsChange(name string) bool {
	name = strings.ToLower(name)
	return strings.Contains(name, "updat") || strings.Contains(name, "modif") || strings.Contains(name, "chang")
}

// complete adds the required members that were not given, so that each type that
// shows the object shows the same values.
func (s *Server) complete(o *object, home *collection) {
	if home.object == nil {
		return
	}
	m := &maker{schemas: s.schemas, seed: o.seed(), now: o.made, related: s.relatedID}
	full, _ := m.object(home.object, o.members).(map[string]any)
	for name, value := range full {
		o.members[name] = value
	}
}

func (s *Server) actCreate(rt *route, g *given, produced content) (*response, *problem) {
	at := rt.relation.at
	now := s.config.Now()
	o := &object{home: at.key, parents: pick(g.path, at.params), members: map[string]any{}, made: now}
	body := membersGiven(rt, g)
	maps.Copy(o.members, body)
	given, ok := body[at.id]
	o.id = scalarText(given)
	if at.whole != nil {
		// An API makes such a name by itself, whatever a request says.
		o.id, ok = strings.CutPrefix(o.id, at.called(o.parents, ""))
		ok = ok && o.id != "" && !strings.Contains(o.id, "/")
	}
	if ok && at.id != "" {
		if old := s.store.find(at.key, o.id, o.parents); old != nil && !old.deleted {
			return nil, refuse(http.StatusConflict, fmt.Sprintf("there is an object with %s %q already", at.id, o.id))
		} else if old != nil {
			s.store.drop(old)
		}
	} else {
		o.id = s.newID(at, o)
	}
	s.place(o, at, g)
	s.inherit(o, at)
	s.complete(o, at)
	s.store.put(o)
	a, p := s.show(rt, o, produced)
	if p == nil && len(at.items) > 0 && a.status == http.StatusCreated {
		var location strings.Builder
		for _, segment := range rt.segments {
			location.WriteByte('/')
			location.WriteString(fillSegment(segment, g.path))
		}
		a.header.Set("Location", location.String()+"/"+escapeSegment(o.id))
	}
	return a, p
}

// called returns the whole name of an object, such as people/17.
func (c *collection) called(parents map[string]string, id string) string {
	parts := maps.Clone(parents)
	if parts == nil {
		parts = map[string]string{}
	}
	parts[c.itemParam] = id
	return c.whole.Value(parts)
}

// newID returns the id of a new object. On each run there are the same ids in the
// same order.
func (s *Server) newID(at *collection, o *object) string {
	for {
		s.store.made[at.key]++
		n := s.store.made[at.key]
		id := s.idNumber(at, instanceOf(at.key, o.parents)+" new", n)
		if s.lookupStored(at, o.parents, id) == nil {
			return id
		}
		if n > 10*maxTokens+s.config.MaxObjects {
			return id // the type has fewer values than there are objects
		}
	}
}

// idNumber returns the n-th id of a collection, in the form that its type has.
func (s *Server) idNumber(at *collection, seed string, n int) string {
	schema := s.idSchema(at)
	flat := s.schemas.flatten(schema)
	if kind := flat.JSONType(); kind == "integer" || kind == "number" {
		text := strconv.Itoa(n)
		if value, err := s.readText(schema, text); err == nil {
			return scalarText(value)
		}
	}
	m := &maker{schemas: s.schemas, seed: seed + strconv.Itoa(n)}
	own := *flat // without examples and default, which would give all objects the same id
	own.Examples, own.Default = nil, nil
	var id string
	for candidate := range m.candidates(&own, cmp.Or(own.JSONType(), "string"), "/"+at.id) {
		if s.schemas.fits(schema, candidate) {
			id = scalarText(candidate)
			break
		}
	}
	return cmp.Or(id, uuidOf(seed+strconv.Itoa(n)))
}

// idSchema returns the schema of a collection's ids.
func (s *Server) idSchema(at *collection) *spec.Schema {
	if at.whole != nil {
		return &uuidSchema // of the last part
	}
	if member := s.schemas.member(at.object, at.id); at.id != "" && member != nil {
		return member
	}
	for _, method := range slices.Sorted(maps.Keys(at.items)) {
		for _, p := range at.items[method].op.Parameters {
			if p.In == "path" && p.Name == at.itemParam {
				return p.Schema
			}
		}
	}
	return &uuidSchema
}

var uuidSchema = spec.Schema{Type: []string{"string"}, Format: "uuid"}

func scalarText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case nil:
		return ""
	}
	return fmt.Sprint(v)
}

// inherit sets ids of an object that the objects know which it refers to: an order
// names its account and the account names its user, which is then the order's user
// too.
func (s *Server) inherit(o *object, at *collection) {
	for _, name := range slices.Sorted(maps.Keys(o.members)) {
		value, ok := o.members[name].(string)
		k := s.related[name]
		if !ok || k == nil || k.home == at {
			continue
		}
		other := s.store.find(k.home.key, value, nil)
		if other == nil || other.deleted {
			continue
		}
		for more, id := range other.members {
			if _, has := o.members[more]; has || s.related[more] == nil {
				continue
			}
			if member := s.schemas.member(at.object, more); member != nil && s.schemas.fits(member, id) {
				o.members[more] = id
			}
		}
	}
}

// relatedID returns the id of an example in the collection that a member refers
// to.
func (s *Server) relatedID(member, seed string) (any, bool) {
	at := s.related[member]
	if at == nil || s.exampleCount(at) == 0 {
		return nil, false
	}
	m := maker{seed: seed}
	n := int(m.hash(member) % uint64(s.exampleCount(at)))
	value, err := s.readText(s.idSchema(at.home), s.exampleID(at.home, nil, n))
	return value, err == nil
}

// actOnce returns the response to an operation that changes nothing. If its path is
// below an object and its response has that object's type, it shows the object.
func (s *Server) actOnce(rt *route, g *given, produced content) (*response, *problem) {
	now := s.config.Now()
	s.store.made[rt.op.ID]++
	seed := rt.op.ID + "/" + strconv.Itoa(s.store.made[rt.op.ID])
	if rt.op.Method == http.MethodGet || rt.op.Method == http.MethodHead {
		now, seed = time.Time{}, instanceOf(rt.op.ID, g.path)
	}
	members := maps.Clone(g.params)
	if members == nil {
		members = map[string]any{}
	}
	body, _ := g.body.(map[string]any)
	maps.Copy(members, body)
	if ups := rt.relation.ancestors; len(ups) > 0 {
		up := ups[len(ups)-1]
		if shown := jsonResponse(rt.op); sameType(shown, up.at.home.object) {
			if o := s.lookup(up.at, g.path, g.path[up.id]); o != nil {
				return s.show(rt, o, produced)
			}
		}
	}
	o := &object{home: rt.op.ID, id: seed, members: members, made: now}
	m := &maker{schemas: s.schemas, seed: seed, now: now, related: s.relatedID}
	if style, ok := s.catalogue.Paging.Get(rt.op.Paging.Value); ok && servedAsJSON(produced.mediaType, produced.schema) {
		return jsonResponseOf(produced, s.onePage(rt, g, style, produced, m.object(produced.schema, o.members)))
	}
	return s.showAs(rt, o, produced, m)
}

// lookup returns the object that a path names: a stored one, an example that lists
// show, or, if objects cannot be added, an example for that id. It returns nil if
// there is none or it was deleted.
func (s *Server) lookup(at *collection, path map[string]string, id string) *object {
	if o := s.store.find(at.home.key, id, path); o != nil {
		if o.deleted {
			return nil
		}
		return o
	}
	return s.lookupExample(at, path, id)
}

func (s *Server) lookupStored(at *collection, path map[string]string, id string) *object {
	if o := s.store.find(at.home.key, id, path); o != nil {
		return o
	}
	return s.lookupExample(at, path, id)
}

func (s *Server) lookupExample(at *collection, path map[string]string, id string) *object {
	home := at.home
	parents := pick(path, home.params)
	for n := range s.exampleCount(home) {
		if s.exampleID(home, parents, n) == id {
			return s.example(at, path, id)
		}
	}
	if home.create != nil {
		return nil
	}
	return s.example(at, path, id)
}

// exampleCount returns how many examples a collection shows.
func (s *Server) exampleCount(at *collection) int {
	if at.single || at.home.create != nil && !s.config.Populate {
		return 0
	}
	return s.config.Examples
}

func (s *Server) exampleID(home *collection, parents map[string]string, n int) string {
	return s.idNumber(home, instanceOf(home.key, parents)+" example", n+1)
}

// example returns the example with an id.
func (s *Server) example(at *collection, path map[string]string, id string) *object {
	home := at.home
	o := &object{home: home.key, id: id, parents: pick(path, home.params), members: map[string]any{}}
	g := &given{path: path}
	s.place(o, home, g)
	for name, text := range path {
		if member := s.schemas.member(home.object, name); member != nil {
			if value, err := s.readText(member, text); err == nil {
				o.members[name] = value
			}
		}
	}
	if home.object != nil {
		m := &maker{schemas: s.schemas, seed: o.seed(), related: s.relatedID}
		if full, ok := m.object(home.object, o.members).(map[string]any); ok {
			maps.Copy(o.members, full)
		}
	}
	return o
}

func pick(values map[string]string, names []string) map[string]string {
	picked := map[string]string{}
	for _, name := range names {
		if value, ok := values[name]; ok {
			picked[name] = value
		}
	}
	return picked
}

// memberNames returns the names of the members that an object's type, or a variant
// of it, has.
func (s *Server) memberNames(schema *spec.Schema) []string {
	if schema == nil {
		return nil
	}
	flat := s.schemas.flatten(schema)
	var names []string
	for _, p := range flat.Properties {
		names = append(names, p.Key)
	}
	for _, variant := range s.schemas.alternatives(flat) {
		for _, name := range s.memberNames(variant) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
