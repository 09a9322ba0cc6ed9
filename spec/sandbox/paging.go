package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/spec"
)

// actList returns a response with one page of a list, which is filtered and sorted
// as the query asks, in the envelope that the operation's type has.
func (s *Server) actList(rt *route, g *given, produced content) (*response, *problem) {
	style, paged := s.catalogue.Paging.Get(rt.op.Paging.Value)
	controls := s.controls(rt, style)
	objects := s.listed(rt, g, controls)
	s.sort(objects, rt, g, controls)

	total := len(objects)
	offset, limit, p := s.page(rt, g, style, paged, objects)
	if p != nil {
		return nil, p
	}
	objects = objects[min(offset, total):]
	items := s.shown(rt, objects[:min(limit, len(objects))])
	if !servedAsJSON(produced.mediaType, produced.schema) {
		return s.showAs(rt, &object{}, produced, &maker{schemas: s.schemas, seed: rt.op.ID})
	}
	next := offset + len(items)
	more := next < total

	var value any = items
	if len(rt.listPath) > 0 {
		value = s.envelope(rt, g, style, paged, produced, items, position{offset: offset, limit: limit, total: total})
	}
	m := &maker{schemas: s.schemas, seed: rt.op.ID, now: s.config.Now()}
	a, p := jsonResponseOf(produced, m.object(produced.schema, value))
	if p == nil && paged && style.Kind == "link" && style.Next == "" && more {
		a.header.Set("Link", "<"+g.pageURL(next)+`>; rel="next"`)
	}
	return a, p
}

func number(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// position is where a page stands in its list.
type position struct{ offset, limit, total int }

// envelope returns the object around the items of a page.
func (s *Server) envelope(rt *route, g *given, style spec.PagingStyle, paged bool, produced content, items []any, at position) map[string]any {
	envelope := map[string]any{}
	around := s.around(rt, g)
	around["count"] = number(len(items))
	if paged && style.Kind == "offset" {
		around[style.Offset] = number(at.offset + style.Start())
	}
	if paged && style.Limit != "" {
		around[style.Limit] = number(at.limit)
	}
	around["has_more"] = at.offset+len(items) < at.total
	around["total"], around["total_count"] = number(at.total), number(at.total)
	maps.Copy(envelope, around)
	for _, member := range s.memberNames(produced.schema) {
		if s.schemas.flatten(s.schemas.member(produced.schema, member)).JSONType() == "object" {
			envelope[member] = maps.Clone(around) // such as "meta"
		}
	}
	s.lead(rt, g, style, produced, envelope, items, at)
	return envelope
}

// lead puts the items of a page, and what the style has for the way to the next one, into
// the object around them.
func (s *Server) lead(rt *route, g *given, style spec.PagingStyle, produced content, envelope map[string]any, items []any, at position) {
	next := at.offset + len(items)
	size := min(max(at.limit, 1), max(at.total, 1))
	leads := map[string]any{
		style.Total: number(at.total),
		style.Pages: number((at.total + size - 1) / size),
		style.More:  next < at.total,
	}
	switch {
	case next >= at.total:
		leads[style.Next] = s.noCursor(produced.schema, style.Next)
	case style.Kind == "link":
		leads[style.Next] = g.pageURL(next)
	default:
		leads[style.Next] = cursorOf(next)
	}
	delete(leads, "") // what the style does not have
	for path, value := range leads {
		set(envelope, s.schemas.split(produced.schema, path), value)
	}
	set(envelope, rt.listPath, items)
}

// onePage makes an example of a page the only page of its list: behind any position but
// the first there are no items.
func (s *Server) onePage(rt *route, g *given, style spec.PagingStyle, produced content, value any) any {
	items, _ := memberAt(value, rt.listPath).([]any)
	first := ""
	if style.Kind == "offset" || style.Kind == "page" {
		first = strconv.Itoa(style.Start())
	}
	if given, ok := g.query[style.Parameter()]; ok && scalarText(given) != first {
		items = []any{}
	}
	envelope, ok := value.(map[string]any)
	if !ok || len(rt.listPath) == 0 {
		return items
	}
	s.lead(rt, g, style, produced, envelope, items, position{total: len(items), limit: len(items)})
	return envelope
}

// pageItems returns the names of the members that lead to the items of a page, none for
// the response itself.
func (s *schemas) pageItems(style spec.PagingStyle, response *spec.Schema) []string {
	if style.Items != "" {
		return s.split(response, style.Items)
	}
	for _, p := range s.flatten(response).Properties {
		if s.flatten(p.Value).JSONType() == "array" {
			return []string{p.Key} // lint has seen that it is the only one
		}
	}
	return nil
}

// shown returns the objects of a list as its items.
func (s *Server) shown(rt *route, objects []*object) []any {
	element := s.element(rt)
	items := make([]any, len(objects))
	for i, o := range objects {
		items[i] = o.members
		if element != nil {
			m := &maker{schemas: s.schemas, seed: o.seed(), now: o.made, related: s.relatedID}
			items[i] = m.object(element, o.members)
		}
	}
	return items
}

// noCursor returns the value of the next cursor on the last page: null if the type
// allows it, and otherwise the empty text.
func (s *Server) noCursor(schema *spec.Schema, path string) any {
	for _, name := range s.schemas.split(schema, path) {
		schema = s.schemas.member(schema, name)
	}
	if schema == nil || s.schemas.fits(schema, nil) {
		return nil
	}
	return ""
}

// set sets the member that names lead to.
func set(object map[string]any, names []string, value any) {
	for _, name := range names[:len(names)-1] {
		inner, ok := object[name].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[name] = inner
		}
		object = inner
	}
	object[names[len(names)-1]] = value
}

// element returns the schema of a list's items, or nil if it is not known.
func (s *Server) element(rt *route) *spec.Schema {
	items := jsonResponse(rt.op)
	for _, name := range rt.listPath {
		items = s.schemas.member(items, name)
	}
	if items == nil {
		return nil
	}
	return s.schemas.flatten(items).Items
}

// around returns the query parameters as they took effect, which APIs repeat
// beside the list.
func (s *Server) around(rt *route, g *given) map[string]any {
	around := maps.Clone(g.query)
	for _, p := range rt.op.Parameters {
		if p.In != "query" || around[p.Name] != nil {
			continue
		}
		if d := s.schemas.flatten(p.Schema).Default; d != nil {
			around[p.Name] = literal(*d)
		}
	}
	return around
}

// controls are the query parameters that sort a list and do not filter it.
type controls struct {
	sort, order string
	paging      []string
}

// controls returns the parameter whose values are members to sort by, and the one
// whose values are directions.
func (s *Server) controls(rt *route, style spec.PagingStyle) controls {
	c := controls{paging: []string{style.Parameter(), style.Limit, linkPosition}}
	members := s.memberNames(rt.relation.at.object)
	for _, p := range rt.op.Parameters {
		flat := s.schemas.flatten(p.Schema)
		if p.In != "query" || len(flat.Enum) == 0 {
			continue
		}
		directions, names := true, true
		for _, l := range flat.Enum {
			text := textOf(literal(l))
			if upper := strings.ToUpper(text); upper != "ASC" && upper != "DESC" {
				directions = false
			}
			if !slices.Contains(members, text) {
				names = false
			}
		}
		switch {
		case directions:
			c.order = p.Name
		case names:
			c.sort = p.Name
		}
	}
	return c
}

// listed returns the objects that a list shows: first examples that were not
// deleted, as they were changed, then the objects that clients made, the oldest
// first.
func (s *Server) listed(rt *route, g *given, c controls) []*object {
	at := rt.relation.at
	home := at.home
	parents := pick(g.path, at.params)
	filters := s.filters(rt, g, c)
	stored := s.store.all(home.key)
	known := map[string]bool{}
	var objects []*object
	for _, o := range stored {
		if o.below(pick(g.path, home.params), false) {
			known[o.id] = true
		}
	}
	count := s.exampleCount(home)
	if len(pick(g.path, home.params)) < len(home.params) {
		count = 0 // there are examples below a parent that a path names, and none below all parents at once
	}
	for n := range count {
		id := s.exampleID(home, pick(g.path, home.params), n)
		if known[id] {
			continue
		}
		path := maps.Clone(g.path)
		if home != at {
			path = pick(g.path, home.params)
		}
		o := s.example(home, path, id)
		if home.create == nil {
			s.pretend(o, home, filters)
		}
		if o.below(parents, true) && passes(o, filters) {
			objects = append(objects, o)
		}
	}
	for _, o := range stored {
		if !o.deleted && o.below(parents, true) && passes(o, filters) {
			objects = append(objects, o)
		}
	}
	return objects
}

// filters returns the query parameters that name a member of the listed objects.
func (s *Server) filters(rt *route, g *given, c controls) map[string]any {
	filters := map[string]any{}
	for name, value := range g.query {
		if name == c.sort || name == c.order || slices.Contains(c.paging, name) {
			continue
		}
		if s.schemas.member(rt.relation.at.object, name) != nil {
			filters[name] = value
		}
	}
	return filters
}

// pretend changes an example so that it matches a filter by the id of another
// object: there are examples for any account.
func (s *Server) pretend(o *object, at *collection, filters map[string]any) {
	for name, value := range filters {
		member := s.schemas.member(at.object, name)
		flat := s.schemas.flatten(member)
		if flat.JSONType() == "string" && len(flat.Enum) == 0 && flat.Const == nil && s.schemas.fits(member, value) {
			o.members[name] = value
		}
	}
}

func passes(o *object, filters map[string]any) bool {
	for name, wanted := range filters {
		own, ok := o.members[name]
		if !ok {
			return false
		}
		any := false
		for _, one := range oneOrMore(wanted) {
			any = any || holds(own, scalarText(one))
		}
		if !any {
			return false
		}
	}
	return true
}

func oneOrMore(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func (s *Server) sort(objects []*object, rt *route, g *given, c controls) {
	around := s.around(rt, g)
	descending := strings.EqualFold(textOf(around[c.order]), "DESC")
	if by := textOf(around[c.sort]); c.sort != "" && by != "" {
		slices.SortStableFunc(objects, func(a, b *object) int {
			if descending {
				a, b = b, a
			}
			return compare(a.members[by], b.members[by])
		})
	} else if descending {
		slices.Reverse(objects)
	}
}

// compare orders numbers by their values, and everything else by its text.
func compare(a, b any) int {
	x, ok1 := a.(json.Number)
	y, ok2 := b.(json.Number)
	if ok1 && ok2 && safeNumber(x.String()) && safeNumber(y.String()) {
		p, ok1 := new(big.Rat).SetString(x.String())
		q, ok2 := new(big.Rat).SetString(y.String())
		if ok1 && ok2 {
			return p.Cmp(q)
		}
	}
	return strings.Compare(scalarText(a), scalarText(b))
}

// page returns which part of a list the query asks for.
func (s *Server) page(rt *route, g *given, style spec.PagingStyle, paged bool, objects []*object) (offset, limit int, _ *problem) {
	if !paged {
		return 0, len(objects), nil
	}
	around := s.around(rt, g)
	count := func(name string, least, fallback int) (int, *problem) {
		value, ok := around[name]
		if name == "" || !ok {
			return fallback, nil
		}
		n, err := strconv.Atoi(scalarText(value))
		if err != nil || n < least {
			return 0, refuse(http.StatusBadRequest, fmt.Sprintf("query parameter %q is %q; it must be a number, %d or more", name, scalarText(value), least)).with("parameter", name)
		}
		return n, nil
	}
	limit, p := count(style.Limit, 0, s.config.PageSize)
	if p != nil {
		return 0, 0, p
	}
	cursor := scalarText(around[style.Parameter()])
	switch {
	case style.Kind == "offset":
		first := style.Start()
		offset, p = count(style.Offset, first, first)
		return offset - first, limit, p
	case style.Kind == "page":
		first := style.Start()
		n, p := count(style.Page, first, first)
		// Neither a number nor a limit is too large: behind the end there is nothing.
		return min(n-first, len(objects)) * min(limit, len(objects)), limit, p
	case style.Kind == "link":
		offset, p = count(linkPosition, 0, 0)
		return offset, limit, p
	case cursor == "":
		return 0, limit, nil
	case style.Last != "":
		last := s.schemas.split(s.element(rt), style.Last)
		for i, item := range s.shown(rt, objects) {
			if scalarText(memberAt(item, last)) == cursor {
				return i + 1, limit, nil
			}
		}
		return 0, 0, refuse(http.StatusBadRequest, fmt.Sprintf("query parameter %q is not the %s of an item of the list", style.Cursor, style.Last)).with("parameter", style.Cursor)
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	n, ok := strings.CutPrefix(string(text), cursorPrefix)
	offset, err2 := strconv.Atoi(n)
	if err != nil || !ok || err2 != nil || offset < 0 {
		return 0, 0, refuse(http.StatusBadRequest, fmt.Sprintf("query parameter %q is not a cursor that a page returned", style.Cursor)).with("parameter", style.Cursor)
	}
	return offset, limit, nil
}

// memberAt returns the member that names lead to, nil if there is none.
func memberAt(value any, names []string) any {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// linkPosition is the query parameter of the links to further pages.
const linkPosition = "sandbox_position"

// pageURL returns the URL of the page that begins at an item: that of the request, with
// another position.
func (g *given) pageURL(offset int) string {
	u := *g.url
	query := u.Query()
	query.Set(linkPosition, strconv.Itoa(offset))
	u.RawQuery = query.Encode()
	return u.String()
}

const cursorPrefix = "from "

func cursorOf(offset int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(cursorPrefix + strconv.Itoa(offset)))
}

func textOf(v any) string {
	s, _ := v.(string)
	return s
}
