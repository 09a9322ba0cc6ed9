package openapi

import (
	"cmp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
	"github.com/scopegen/scopegen/spec"
)

// pager knows what the lists of a catalogue are made of.
type pager struct {
	types  map[string]*yaml.Node
	shapes map[*yaml.Node]*shape
}

// pagedList is an operation that answers with a list.
type pagedList struct {
	*pager
	operation *yaml.Node
	names     []string              // of the query parameters, in their order
	query     map[string]*yaml.Node // their schemas
	prose     map[string]string     // their descriptions
	response  *yaml.Node
	path      string // of the operation
	linked    bool   // the response has the header field Link

	items string     // of the response, as a style has it
	list  *yaml.Node // its schema; nil if it is not known which list it is
}

// list returns what an operation answers with, if its response is JSON that may be a list.
func (p *pager) list(op *yaml.Node) (*pagedList, bool) {
	if method, _ := member1(op, "method"); method != "GET" {
		return nil, false
	}
	l := &pagedList{pager: p, operation: op, query: map[string]*yaml.Node{}, prose: map[string]string{}}
	l.path, _ = member1(op, "path")
	responses := yamlmap.Value(op, "responses")
	if responses == nil {
		return nil, false
	}
	for n := 0; n+1 < len(responses.Content); n += 2 {
		if responses.Content[n].Value != "200" && len(responses.Content) > 2 {
			continue
		}
		content := responses.Content[n+1]
		for k := 0; k+1 < len(content.Content) && l.response == nil; k += 2 {
			if spec.IsJSON(content.Content[k].Value) {
				l.response = p.target(content.Content[k+1])
			}
		}
	}
	if parameters := yamlmap.Value(op, "parameters"); parameters != nil {
		for _, parameter := range parameters.Content {
			if in, _ := member1(parameter, "in"); in != "query" {
				continue
			}
			name, _ := member1(parameter, "name")
			l.names = append(l.names, name)
			l.query[name] = p.target(yamlmap.Value(parameter, "schema"))
			l.prose[name], _ = member1(parameter, "description")
		}
	}
	if headers := yamlmap.Value(op, "response_headers"); headers != nil {
		for n := 0; n+1 < len(headers.Content); n += 2 {
			l.linked = l.linked || strings.EqualFold(headers.Content[n].Value, "Link")
		}
	}
	if l.response == nil {
		return nil, false
	}
	l.findItems()
	return l, true
}

// target follows the references of a schema.
func (p *pager) target(s *yaml.Node) *yaml.Node {
	for range 20 {
		ref, ok := member1(s, "$ref")
		if !ok {
			return s
		}
		s = p.types[strings.TrimPrefix(ref, "#/types/")]
	}
	return nil
}

// shape is the members of an object, with those of the parts of its allOf.
type shape struct {
	names   []string // in their order
	schemas map[string]*yaml.Node
}

// shape returns the members of an object, none for anything else.
func (p *pager) shape(s *yaml.Node) *shape {
	if known, ok := p.shapes[s]; ok {
		return known
	}
	p.shapes[s] = &shape{} // of one that is a part of itself
	found := &shape{schemas: map[string]*yaml.Node{}}
	add := func(name string, schema *yaml.Node) {
		before, again := found.schemas[name]
		if !again {
			found.names = append(found.names, name)
		}
		if !again || typeOf(before) == "" { // another part may say more
			found.schemas[name] = schema
		}
	}
	if properties := yamlmap.Value(s, "properties"); properties != nil {
		for n := 0; n+1 < len(properties.Content); n += 2 {
			add(properties.Content[n].Value, p.target(properties.Content[n+1]))
		}
	}
	if parts := yamlmap.Value(s, "allOf"); parts != nil {
		for _, part := range parts.Content {
			inner := p.shape(p.target(part))
			for _, name := range inner.names {
				add(name, inner.schemas[name])
			}
		}
	}
	p.shapes[s] = found
	return found
}

// typeOf returns the type of a schema, without null; "" if it has several or none.
func typeOf(s *yaml.Node) string {
	t := yamlmap.Value(s, "type")
	switch {
	case t == nil && yamlmap.Value(s, "properties") != nil:
		return "object"
	case t == nil:
		return ""
	case t.Kind == yaml.ScalarNode:
		return t.Value
	}
	found := ""
	for _, one := range t.Content {
		switch {
		case one.Value == "null":
		case found != "":
			return ""
		default:
			found = one.Value
		}
	}
	return found
}

// member returns the schema of the member that a path with dots leads to, or nil.
func (p *pager) member(s *yaml.Node, path string) *yaml.Node {
	for path != "" && s != nil {
		members := p.shape(s).schemas
		var name string
		name, path = spec.CutMember(path, func(name string) bool { return members[name] != nil })
		s = members[name]
	}
	return s
}

// itemNames are what APIs call the list of a page, where the response has several lists.
var itemNames = []string{"items", "data", "value", "values", "results", "entries", "records"}

// mostMembers bounds the members of what may be a page, which has a few.
const mostMembers = 200

// findItems finds the list of a page: the response, the only list in it, or the one with
// a usual name or that of the path.
func (l *pagedList) findItems() {
	if typeOf(l.response) == "array" {
		l.list = l.response
		return
	}
	members := l.shape(l.response)
	if len(members.names) > mostMembers {
		return
	}
	var lists []string
	for _, name := range members.names {
		switch typeOf(members.schemas[name]) {
		case "array":
			lists = append(lists, name)
		case "object":
			if name == "items" {
				return // these are not in a list, and another list is something else
			}
		}
	}
	if len(lists) == 1 {
		l.list = members.schemas[lists[0]]
		return
	}
	for _, name := range append(slices.Clip(itemNames), l.path[strings.LastIndexByte(l.path, '/')+1:]) {
		if slices.Contains(lists, name) && spec.IsMemberPath(name) {
			l.items, l.list = name, members.schemas[name]
			return
		}
	}
}

// fits reports whether the operation has the parameters and the response of a style.
func (l *pagedList) fits(s *spec.PagingStyle) bool {
	if name := s.Parameter(); name != "" && l.query[name] == nil || s.Limit != "" && l.query[s.Limit] == nil {
		return false
	}
	items, list := l.items, l.list
	if s.Items != "" {
		items, list = s.Items, l.member(l.response, s.Items)
	}
	if typeOf(list) != "array" || items != s.Items {
		return false
	}
	parameter := typeOf(l.query[s.Parameter()])
	for member, needed := range map[string]string{s.Total: "integer", s.Pages: "integer", s.Next: cmp.Or(parameter, "string"), s.More: "boolean"} {
		if member != "" && typeOf(l.member(l.response, member)) != needed {
			return false
		}
	}
	switch s.Kind {
	case "offset":
		stated, ok := l.firstItem(s.Offset)
		return parameter == "integer" && (!ok || stated == s.Start())
	case "page":
		stated, ok := l.firstPage(s.Page)
		return parameter == "integer" && (!ok || stated == s.Start())
	case "cursor":
		last := parameter
		if s.Last != "" {
			last = typeOf(l.member(l.target(yamlmap.Value(list, "items")), s.Last))
		}
		return parameter != "" && last == parameter
	}
	return s.Next != "" || l.linked
}
