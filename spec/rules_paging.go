package spec

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/scopegen/scopegen/diag"
)

// checkPaging checks that operations have the parameters and the members of the
// response that their paging style names.
func (r *resolver) checkPaging() {
	for _, o := range r.c.Operations {
		style := r.paging[o.Paging.Value]
		if style == nil || r.full() {
			continue
		}
		r.checkPagingParameters(o, style)
		response := r.page(o)
		if response == nil {
			r.report(diag.Diagnostic{Code: "paging", Pos: o.Paging.Pos, Message: fmt.Sprintf("operation %q is read in pages, and has no response in JSON", o.ID)})
			continue
		}
		items := r.pageItems(o, style, response)
		for _, member := range []struct{ key, path string }{{"total", style.Total}, {"pages", style.Pages}, {"next", style.Next}, {"more", style.More}} {
			if member.path != "" {
				r.pageMember(o, style, response, member.key, member.path)
			}
		}
		if style.Last != "" && items != nil {
			if item := r.target(items.Items); item != nil {
				r.pageMember(o, style, item, "last", style.Last)
			}
		}
	}
}

// pageMember returns the schema of a member of a page, or of one of its items, nil if it
// is not known, and reports the member that does not exist.
func (r *resolver) pageMember(o *Operation, style *PagingStyle, in *Schema, key, path string) (*Schema, bool) {
	s, missing, known := r.member(in, path)
	if missing == "" {
		return s, true
	}
	from, what := "response", "the response is here"
	if key == "last" {
		from, what = "item", "the items are of this type"
	}
	r.report(diag.Diagnostic{
		Code: "paging-member", Pos: o.Paging.Pos,
		Message: fmt.Sprintf("paging style %q takes its %s from %q, and the %s has no %q", o.Paging.Value, key, path, from, missing),
		Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: in.Pos, Message: what}},
		Hint:    r.didYouMean(missing[strings.LastIndexByte(missing, '.')+1:], known),
	})
	return nil, false
}

// pageItems returns the list of a page's items, or nil if it is not known or there is
// none, which it reports.
func (r *resolver) pageItems(o *Operation, style *PagingStyle, response *Schema) *Schema {
	s, path := r.target(response), style.Items
	if path != "" {
		var ok bool
		if s, ok = r.pageMember(o, style, response, "items", path); !ok {
			return nil
		}
	} else if s != nil && s.JSONType() != "array" {
		var lists []string
		complete := r.lists(s, &lists, map[*Schema]bool{})
		switch {
		case len(lists) == 1:
			path = lists[0]
			s, _ = r.property(s, path, new([]string), map[*Schema]bool{})
			s = r.target(s)
		case !complete:
			return nil
		case len(lists) > 1:
			r.report(diag.Diagnostic{
				Code: "paging-member", Pos: o.Paging.Pos,
				Message: fmt.Sprintf("paging style %q does not say which list of the response has the items: %s", o.Paging.Value, strings.Join(lists, ", ")),
				Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: response.Pos, Message: "the response is here"}},
				Hint:    "name it with items; operations whose lists have other names need another style",
			})
			return nil
		}
	}
	if s != nil && s.JSONType() != "array" && s.JSONType() != "" {
		r.report(diag.Diagnostic{
			Code: "paging-member", Pos: o.Paging.Pos,
			Message: fmt.Sprintf("paging style %q takes the items from %s, which is no list", o.Paging.Value, memberOrResponse(path)),
			Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: s.Pos, Message: "its type is here"}},
		})
		return nil
	}
	return s
}

// lists gathers the members of an object that are lists, and reports whether all of its
// members are known.
func (r *resolver) lists(s *Schema, names *[]string, seen map[*Schema]bool) (complete bool) {
	s = r.target(s)
	if s == nil || seen[s] {
		return false
	}
	seen[s] = true
	for _, p := range s.Properties {
		if member := r.target(p.Value); member != nil && member.JSONType() == "array" && !slices.Contains(*names, p.Key) {
			*names = append(*names, p.Key)
		}
	}
	complete = r.isClosed(s)
	for _, part := range s.AllOf {
		complete = r.lists(part, names, seen) && complete
	}
	return complete
}

func memberOrResponse(path string) string {
	if path == "" {
		return "the response itself"
	}
	return strconv.Quote(path)
}

func (r *resolver) checkPagingParameters(o *Operation, style *PagingStyle) {
	var query []string
	for _, p := range o.Parameters {
		if p.In != "query" {
			continue
		}
		query = append(query, p.Name)
		if p.Name != cmp.Or(style.Offset, style.Page) {
			continue
		}
		// The first page is read without the parameter, and so at its default: with another
		// number as the first, a page would be skipped, or read twice.
		if s := r.target(p.Schema); s != nil && s.Default != nil && s.Default.JSON != strconv.Itoa(style.Start()) {
			r.report(diag.Diagnostic{
				Code: "paging-first", Pos: o.Paging.Pos,
				Message: fmt.Sprintf("paging style %q begins at %d, and the default of the query parameter %q is %s", o.Paging.Value, style.Start(), p.Name, s.Default.JSON),
				Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: p.Pos, Message: "the parameter is here"}},
				Hint:    "set first in the style to the number of the first one, or correct the default",
			})
		}
	}
	for _, name := range []string{style.Parameter(), style.Limit} {
		if name == "" || slices.Contains(query, name) {
			continue
		}
		severity := diag.Error
		if name == style.Limit {
			severity = diag.Warning // pages of the server's own size
		}
		r.report(diag.Diagnostic{
			Severity: severity, Code: "paging-parameter", Pos: o.Paging.Pos,
			Message: fmt.Sprintf("paging style %q sends the query parameter %q, which the operation does not have", o.Paging.Value, name),
			Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}},
			Hint:    r.didYouMean(name, query),
		})
	}
}

// page is the JSON response of an operation, or nil.
func (r *resolver) page(o *Operation) *Schema {
	for _, response := range o.Responses {
		if response.Key != strconv.Itoa(http.StatusOK) && len(o.Responses) > 1 {
			continue
		}
		for _, content := range response.Value {
			if IsJSON(content.Key) {
				return content.Value
			}
		}
	}
	return nil
}

// member returns the schema that a path with dots leads to. If the path leads
// nowhere, missing is its first part that does not exist, and known are the names
// that exist there. The schema is nil too where the schemas leave open what there is.
func (r *resolver) member(s *Schema, path string) (found *Schema, missing string, known []string) {
	s = r.target(s)
	if path == "" {
		return s, "", nil
	}
	done := ""
	for path != "" {
		var name string
		name, path = CutMember(path, func(name string) bool {
			next, _ := r.property(s, name, new([]string), map[*Schema]bool{})
			return next != nil
		})
		done += name
		var names []string
		next, complete := r.property(s, name, &names, map[*Schema]bool{})
		switch {
		case next != nil:
			s = r.target(next)
		case complete:
			return nil, done, names
		default:
			return nil, "", nil
		}
		done += "."
	}
	return s, "", nil
}

// target follows references.
func (r *resolver) target(s *Schema) *Schema {
	for range 100 { // chains without an end are reported as cycles
		if s == nil || s.Ref == "" {
			return s
		}
		s = r.types[s.RefName()]
	}
	return nil
}

// isClosed reports whether an object has no members but its own and those of its allOf.
func (r *resolver) isClosed(s *Schema) bool {
	return len(s.OneOf) == 0 && len(s.AnyOf) == 0 && (s.JSONType() != "" || len(s.Properties) > 0 || len(s.AllOf) > 0)
}

// property returns a property of a schema or of a part of its allOf. complete
// reports whether all properties of the schema are known.
func (r *resolver) property(s *Schema, name string, names *[]string, seen map[*Schema]bool) (found *Schema, complete bool) {
	s = r.target(s)
	if s == nil || seen[s] {
		return nil, false
	}
	seen[s] = true
	for i := range s.Properties {
		if s.Properties[i].Key == name {
			return s.Properties[i].Value, true
		}
		*names = append(*names, s.Properties[i].Key)
	}
	complete = r.isClosed(s)
	for _, part := range s.AllOf {
		found, all := r.property(part, name, names, seen)
		if found != nil {
			return found, true
		}
		complete = complete && all
	}
	return nil, complete
}
