package openapi

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
	"github.com/scopegen/scopegen/spec"
)

// Paging is a style of paging that import gives to operations.
type Paging struct {
	Name  string
	Style spec.PagingStyle
}

// Paged tells how many operations have a style.
type Paged struct {
	Paging
	Operations int
}

// pager knows what the lists of a catalogue are made of.
type pager struct {
	types  map[string]*yaml.Node
	shapes map[*yaml.Node]*shape
}

// page gives each operation whose list is read in pages its style: the first that fits
// it. If somebody has decided so, these are not only the recorded ones, but also those
// that parameters and responses show. It counts the lists that show one and have none.
func (i *importer) page() {
	p := &pager{types: map[string]*yaml.Node{}, shapes: map[*yaml.Node]*shape{}}
	for _, t := range i.typeNodes {
		p.types[t.name] = t.Node
	}
	var lists []*pagedList
	for _, domain := range i.order {
		for _, op := range i.files[domain].operations {
			if list, ok := p.list(op); ok {
				lists = append(lists, list)
			}
		}
	}
	for _, given := range i.options.Paging {
		i.paged = append(i.paged, Paged{Paging: given})
	}
	if i.options.Pages {
		i.recogniseStyles(lists)
	}
	for _, list := range lists {
		if at := slices.IndexFunc(i.paged, func(s Paged) bool { return list.fits(&s.Style) }); at >= 0 {
			i.paged[at].Operations++
			object{list.operation}.setText("paging", i.paged[at].Name)
		} else if _, ok := list.recognise(); ok {
			i.unpaged++
		}
	}
}

// mostStyles bounds how many styles are recognised. A table with more is of no use.
const mostStyles = 100

// recogniseStyles adds the styles that lists show. They stand in the order in which a
// list is tried for them, so that the next import, which has them from the table, gives
// each list the same; and before one that says less of the way to the next page.
func (i *importer) recogniseStyles(lists []*pagedList) {
	names := map[string]bool{}
	for _, s := range i.paged {
		names[likeGo(s.Name)] = true
	}
	type ranked struct {
		spec.PagingStyle
		rank, keys int
	}
	var found []ranked
	for _, list := range lists {
		style, ok := list.recognise()
		if !ok || slices.ContainsFunc(i.paged, func(s Paged) bool { return list.fits(&s.Style) }) {
			continue
		}
		if len(found) < mostStyles && !slices.ContainsFunc(found, func(r ranked) bool { return reflect.DeepEqual(r.PagingStyle, style) }) {
			found = append(found, ranked{style, rankOf(&style), len(styleNode(&style).Content)})
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return cmp.Or(a.rank-b.rank, b.keys-a.keys) })
	for _, r := range found {
		i.paged = append(i.paged, Paged{Paging: Paging{styleName(names, &r.PagingStyle), r.PagingStyle}})
	}
}

// rankOf returns the place of a style among those that a list is tried for.
func rankOf(s *spec.PagingStyle) int {
	switch {
	case s.Kind == "cursor" && s.Next != "":
		return 1
	case s.Kind == "link" && s.Next != "":
		return 2
	case s.Kind == "cursor":
		return 3
	case s.Kind == "offset" && s.Total != "":
		return 4
	case s.Kind == "link":
		return 5
	case s.Kind == "page":
		return 6
	}
	return 7
}

// unpage counts one operation less that has a style.
func (i *importer) unpage(name string) {
	for n := range i.paged {
		if i.paged[n].Name == name {
			i.paged[n].Operations--
		}
	}
}

// forgetStyles takes the styles that were recognised, and that no operation has in the
// end, out of the table.
func (i *importer) forgetStyles(table *yaml.Node) {
	i.paged = slices.DeleteFunc(i.paged, func(s Paged) bool {
		given := slices.ContainsFunc(i.options.Paging, func(p Paging) bool { return p.Name == s.Name })
		if given || s.Operations > 0 {
			return false
		}
		removeMember(yamlmap.Value(table, "paging"), s.Name)
		decisions := yamlmap.Value(table, "import")
		names := yamlmap.Value(decisions, "paging")
		names.Content = slices.DeleteFunc(names.Content, func(n *yaml.Node) bool { return n.Value == s.Name })
		if len(names.Content) == 0 {
			removeMember(decisions, "paging")
			removeMember(table, "paging")
		}
		if len(decisions.Content) == 0 {
			removeMember(table, "import")
		}
		return true
	})
}

// pagingStyles returns the styles for the table, nil if there are none.
func (i *importer) pagingStyles() *yaml.Node {
	if len(i.paged) == 0 {
		return nil
	}
	o := newObject()
	for _, s := range i.paged {
		o.set(s.Name, styleNode(&s.Style))
	}
	return o.Node
}

func styleNode(s *spec.PagingStyle) *yaml.Node {
	o := newObject()
	o.setText("kind", s.Kind)
	o.setText("offset", s.Offset)
	o.setText("page", s.Page)
	if s.First != nil {
		o.set("first", integer(*s.First))
	}
	for _, key := range []struct{ name, value string }{
		{"total", s.Total}, {"pages", s.Pages}, {"cursor", s.Cursor}, {"next", s.Next}, {"last", s.Last}, {"more", s.More}, {"limit", s.Limit}, {"items", s.Items},
	} {
		o.setText(key.name, key.value)
	}
	return compact(o.Node)
}

// styleName returns the name of a style, which none of the names is yet: that of its
// parameter, or of what leads to the next page.
func styleName(names map[string]bool, s *spec.PagingStyle) string {
	text := cmp.Or(s.Parameter(), s.Next[strings.LastIndexByte(s.Next, '.')+1:], "link")
	return unique(names, strings.Join(words(text), "_"))
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
		if slices.Contains(lists, name) {
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

// Names that APIs give to what leads from page to page, without case and punctuation.
// Each list is tried in its order.
var (
	cursorNames = []string{"pagetoken", "nexttoken", "continuationtoken", "cursor", "pagecursor", "after", "pageafter", "marker", "continue", "pagestate", "nextcursor", "page"}
	offsetNames = []string{"offset", "pageoffset", "skip", "startat", "start", "startindex"}
	pageNames   = []string{"page", "pagenumber", "pagenum", "pageno", "currentpage"}
	limitNames  = []string{"limit", "perpage", "pagesize", "size", "maxresults", "pagelimit", "maxpagesize", "pagelen", "count", "top", "max"}
	otherNames  = []string{"maxid", "sinceid", "minid", "since"} // positions of APIs that link their pages

	totalNames = []string{"total", "totalcount", "totalitems", "totalresults", "totalsize", "totalrecords"}
	pagesNames = []string{"totalpages", "pagecount", "lastpage", "numpages"}
	linkNames  = []string{"odatanextlink", "nextlink", "nextpageurl", "nextpagelink", "nexturl"}

	// aroundNames are objects beside a list that say where it goes on.
	aroundNames = []string{"meta", "metadata", "responsemetadata", "paging", "pagination", "pageinfo", "pager", "page", "pages", "links", "cursors", "next"}
)

// parameter returns the first query parameter with one of the names and a type.
func (l *pagedList) parameter(names []string, types ...string) string {
	for _, wanted := range names {
		for _, name := range l.names {
			if likeGo(name) == wanted && slices.Contains(types, typeOf(l.query[name])) {
				return name
			}
		}
	}
	return ""
}

// beside returns the path of a member of the response, or of what it has beside the list,
// for which found returns true. Members of the response go first.
func (l *pagedList) beside(found func(name string, schema *yaml.Node) bool) string {
	return l.search(l.response, 2, found)
}

func (l *pagedList) search(s *yaml.Node, depth int, found func(name string, schema *yaml.Node) bool) string {
	members := l.shape(s)
	if len(members.names) > mostMembers {
		return ""
	}
	for _, name := range members.names {
		if found(name, members.schemas[name]) {
			return name
		}
	}
	if depth == 0 {
		return ""
	}
	for _, name := range members.names {
		if schema := members.schemas[name]; typeOf(schema) == "object" && slices.Contains(aroundNames, likeGo(name)) {
			if inner := l.search(schema, depth-1, found); inner != "" {
				return name + "." + inner
			}
		}
	}
	return ""
}

// recognise returns the style by which the list is read, if the names of its parameters
// and members are those of a common one.
func (l *pagedList) recognise() (spec.PagingStyle, bool) {
	if l.list == nil {
		return spec.PagingStyle{}, false
	}
	s := spec.PagingStyle{Items: l.items, Limit: l.parameter(limitNames, "integer")}
	if l.byCursor(&s) || l.byLink(&s) || l.byLast(&s) {
		return s, true
	}
	total := l.beside(func(name string, schema *yaml.Node) bool {
		return slices.Contains(totalNames, likeGo(name)) && typeOf(schema) == "integer"
	})
	offset, page := l.parameter(offsetNames, "integer"), l.parameter(pageNames, "integer")
	item, counted := l.firstItem(offset)
	first, numbered := l.firstPage(page)
	moves := offset != "" || page != "" || s.Limit != "" || l.parameter(cursorNames, "string") != "" || l.parameter(otherNames, "string") != ""
	switch {
	case counted && total != "":
		s.Kind, s.Offset, s.Total = "offset", offset, total
	case l.linked && moves:
		s.Kind = "link"
	case numbered:
		s.Kind, s.Page = "page", page
		s.Pages = l.beside(func(name string, schema *yaml.Node) bool {
			return slices.Contains(pagesNames, likeGo(name)) && typeOf(schema) == "integer"
		})
		if s.Pages == "" {
			s.Total = total
		}
	case counted:
		s.Kind, s.Offset = "offset", offset
	default:
		return s, false
	}
	switch {
	case s.Kind == "offset" && item == 1:
		s.First = &item
	case s.Kind == "page" && first == 0:
		s.First = &first
	}
	return s, true
}

// firstItem returns the number of the first item, if it is known. An offset is a number of
// items that are left out, and so begins at 0; an index is what the document says it is,
// or SCIM (RFC 7644, section 3.4.2.4).
func (l *pagedList) firstItem(parameter string) (int, bool) {
	stated, known := l.firstPage(parameter)
	switch {
	case parameter == "":
		return 0, false
	case likeGo(parameter) != "startindex":
		text, _ := member1(l.query[parameter], "default")
		return map[bool]int{true: 1}[text == "1"], true
	case !known && l.member(l.response, "Resources") != nil:
		return 1, true
	}
	return stated, known
}

// byCursor recognises a parameter whose next value is a member of the page.
func (l *pagedList) byCursor(s *spec.PagingStyle) bool {
	for _, name := range cursorNames {
		parameter := l.parameter([]string{name}, "string", "integer")
		if parameter == "" {
			continue
		}
		same := name == "cursor" || name == "after" || name == "continue" || name == "nexttoken" || name == "continuationtoken" || name == "nextcursor"
		next := l.beside(func(member string, schema *yaml.Node) bool {
			m := likeGo(member)
			format, _ := member1(schema, "format")
			return (m == "next"+name || m == "next"+strings.TrimPrefix(name, "page") || same && m == name) &&
				typeOf(schema) == typeOf(l.query[parameter]) && !strings.HasPrefix(format, "uri")
		})
		if next != "" {
			s.Kind, s.Cursor, s.Next = "cursor", parameter, next
			return true
		}
	}
	return false
}

// byLink recognises a member with the URL of the next page.
func (l *pagedList) byLink(s *spec.PagingStyle) bool {
	next := l.beside(func(name string, schema *yaml.Node) bool {
		m := likeGo(name)
		format, _ := member1(schema, "format")
		url := strings.HasPrefix(format, "uri") || format == "url"
		return typeOf(schema) == "string" && (slices.Contains(linkNames, m) || url && (m == "next" || m == "nextpage"))
	})
	if next == "" {
		links := l.beside(func(name string, schema *yaml.Node) bool {
			return likeGo(name) == "next" && typeOf(l.member(schema, "href")) == "string"
		})
		if links == "" {
			return false
		}
		next = links + ".href"
	}
	s.Kind, s.Next = "link", next
	return true
}

// byLast recognises the cursor that is the id of the last item.
func (l *pagedList) byLast(s *spec.PagingStyle) bool {
	after := l.parameter([]string{"startingafter"}, "string")
	id := l.member(l.target(yamlmap.Value(l.list, "items")), "id")
	more := l.beside(func(name string, schema *yaml.Node) bool {
		return likeGo(name) == "hasmore" && typeOf(schema) == "boolean"
	})
	if after == "" || more == "" || typeOf(id) != "string" {
		return false
	}
	s.Kind, s.Cursor, s.Last, s.More = "cursor", after, "id", more
	return true
}

// What descriptions say of the first number: "zero-based", "starts at 0", "page=1".
var (
	saysZero = regexp.MustCompile(`(?i)\b(zero|0)[- ](based|indexed)\b|\b(start|begin|first|default)\w*\b[^.;]{0,40}\b(zero|0)\b`)
	saysOne  = regexp.MustCompile(`(?i)\b(one|1)[- ](based|indexed)\b|\b(start|begin|first|default)\w*\b[^.;]{0,40}\b(one|1)\b|\bpage=1\b`)
)

// firstPage returns the number of the first page, if the parameter's default, its minimum
// or its description says it.
func (l *pagedList) firstPage(parameter string) (int, bool) {
	schema := l.query[parameter]
	for _, key := range []string{"default", "minimum"} {
		if text, ok := member1(schema, key); ok {
			if n, err := strconv.Atoi(text); err == nil && (n == 1 || n == 0 && key == "default") {
				return n, true
			}
			if key == "default" {
				return 0, false
			}
		}
	}
	zero, one := saysZero.MatchString(l.prose[parameter]), saysOne.MatchString(l.prose[parameter])
	if zero == one {
		return 0, false
	}
	return map[bool]int{true: 1}[one], true
}

// String tells what a style reads pages by.
func (p Paging) String() string {
	s := p.Style
	switch {
	case s.Kind == "link" && s.Next == "":
		return "the header field Link"
	case s.Kind == "link":
		return fmt.Sprintf("the link %s", s.Next)
	case s.Last != "":
		return fmt.Sprintf("%s, the %s of the last item", s.Cursor, s.Last)
	case s.Kind == "page":
		return fmt.Sprintf("%s, a number from %d", s.Page, s.Start())
	case s.Start() == 1:
		return fmt.Sprintf("%s, the number of an item from 1", s.Offset)
	}
	return s.Parameter()
}
