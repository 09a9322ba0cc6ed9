package openapi

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/yamlmap"
	"github.com/scopegen/scopegen/spec"
)

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
		if spec.IsMemberPath(name) && found(name, members.schemas[name]) {
			return name
		}
	}
	if depth == 0 {
		return ""
	}
	for _, name := range members.names {
		if schema := members.schemas[name]; typeOf(schema) == "object" && spec.IsMemberPath(name) && slices.Contains(aroundNames, likeGo(name)) {
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
