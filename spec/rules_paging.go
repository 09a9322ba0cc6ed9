package spec

import (
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
		for _, member := range []struct{ key, path string }{{"items", style.Items}, {"total", style.Total}, {"next", style.Next}} {
			if member.path == "" && member.key != "items" {
				continue
			}
			s, missing, known := r.member(response, member.path)
			if missing != "" {
				r.report(diag.Diagnostic{
					Code: "paging-member", Pos: o.Paging.Pos,
					Message: fmt.Sprintf("paging style %q takes its %s from %q, and the response has no %q", o.Paging.Value, member.key, member.path, missing),
					Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: response.Pos, Message: "the response is here"}},
					Hint:    r.didYouMean(missing[strings.LastIndexByte(missing, '.')+1:], known),
				})
			} else if member.key == "items" && s != nil && s.JSONType() != "array" && s.JSONType() != "" {
				r.report(diag.Diagnostic{
					Code: "paging-member", Pos: o.Paging.Pos,
					Message: fmt.Sprintf("paging style %q takes the items from %s, which is no list", o.Paging.Value, memberOrResponse(member.path)),
					Related: []diag.Related{{Pos: style.Pos, Message: "the style is here"}, {Pos: s.Pos, Message: "its type is here"}},
				})
			}
		}
	}
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
		if p.In == "query" {
			query = append(query, p.Name)
		}
	}
	for _, name := range []string{style.Offset, style.Cursor, style.Limit} {
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
	for _, name := range strings.Split(path, ".") {
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
	complete = len(s.OneOf) == 0 && len(s.AnyOf) == 0 && (s.JSONType() != "" || len(s.Properties) > 0 || len(s.AllOf) > 0)
	for _, part := range s.AllOf {
		found, all := r.property(part, name, names, seen)
		if found != nil {
			return found, true
		}
		complete = complete && all
	}
	return nil, complete
}
