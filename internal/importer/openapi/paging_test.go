package openapi_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// listing is a document of one list, with query parameters "name: schema" and the members
// of its response; without members the response is the list.
func listing(parameters, members, headers string) string {
	var list []string
	for p := range strings.SplitSeq(parameters, "; ") {
		if name, schema, ok := strings.Cut(p, ": "); ok {
			schema, prose, _ := strings.Cut(schema, " // ")
			list = append(list, fmt.Sprintf(`{"name": %q, "in": "query", "description": %q, "schema": %s}`, name, prose, schema))
		}
	}
	response := `{"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}`
	if members != "" {
		response = `{"allOf": [{"type": "object", "properties": {` + members + `}}]}`
	}
	return document(`"parameters": [`+strings.Join(list, ", ")+`], "responses": {"200": {"description": "", "headers": {`+headers+`}, "content": {"application/json": {"schema": `+response+`}}}}`,
		`"Thing": {"type": "object", "properties": {"id": {"type": "string"}}}`)
}

func TestHowAListIsReadInPagesIsRecognisedByNames(t *testing.T) {
	const (
		integer = `{"type": "integer"}`
		text    = `{"type": "string"}`
		url     = `{"type": "string", "format": "uri"}`
		things  = `"things": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}`
		others  = `, "warnings": {"type": "array", "items": {"type": "string"}}`
		link    = `"link": {"schema": {"type": "string"}}`
	)
	for name, tt := range map[string]struct {
		parameters, members, headers string
		style                        string // "" for none
	}{
		"a cursor":                        {"pageToken: " + text + "; maxResults: " + integer, things + `, "nextPageToken": ` + text, "", "{kind: cursor, cursor: pageToken, next: nextPageToken, limit: maxResults}"},
		"a cursor beside the list":        {"cursor: " + text, things + `, "response_metadata": {"type": "object", "properties": {"next_cursor": ` + text + `}}`, "", "{kind: cursor, cursor: cursor, next: response_metadata.next_cursor}"},
		"a cursor of another type":        {"marker: " + text, things + `, "next_marker": ` + integer, "", ""},
		"a cursor that is a URL":          {"cursor: " + text, things + `, "next_cursor": ` + url, "", ""},
		"a page that is no number":        {"page: " + text, things + `, "next_page": ` + text, "", "{kind: cursor, cursor: page, next: next_page}"},
		"a link":                          {"$top: " + integer, things + `, "@odata.nextLink": ` + text, "", "{kind: link, next: '@odata.nextLink', limit: $top}"},
		"a link by its format":            {"offset: " + integer, things + `, "paging": {"type": "object", "properties": {"next": ` + url + `}}`, "", "{kind: link, next: paging.next}"},
		"a link as HAL has it":            {"", things + `, "_links": {"type": "object", "properties": {"next": {"type": "object", "properties": {"href": ` + text + `}}}}`, "", "{kind: link, next: _links.next.href}"},
		"a text called next":              {"", things + `, "next": ` + text, "", ""},
		"a link in the header":            {"page: " + integer + "; per_page: " + integer, "", link, "{kind: link, limit: per_page}"},
		"a header Link of a short list":   {"", "", link, ""},
		"the last item":                   {"starting_after: " + text + "; limit: " + integer, `"data": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "has_more": {"type": "boolean"}`, "", "{kind: cursor, cursor: starting_after, last: id, more: has_more, limit: limit}"},
		"an offset":                       {"offset: " + integer + "; limit: " + integer, things + `, "meta": {"type": "object", "properties": {"total_count": ` + integer + `}}`, "", "{kind: offset, offset: offset, total: meta.total_count, limit: limit}"},
		"an index from 1":                 {"startIndex: " + integer + "; count: " + integer, `"Resources": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}, "totalResults": ` + integer, "", "{kind: offset, offset: startIndex, first: 1, total: totalResults, limit: count}"},
		"an index from 0":                 {"startIndex: " + integer + " // starts at 0", things + `, "total": ` + integer, "", "{kind: offset, offset: startIndex, total: total}"},
		"an index from nobody knows what": {"startIndex: " + integer, things + `, "total": ` + integer, "", ""},
		"an offset without total":         {"skip: " + integer, "", "", "{kind: offset, offset: skip}"},
		"a date called start":             {`start: {"type": "string", "format": "date"}`, "", "", ""},
		"pages from 1":                    {`page: {"type": "integer", "default": 1}; size: ` + integer, things + `, "total_pages": ` + integer + `, "total": ` + integer, "", "{kind: page, page: page, pages: total_pages, limit: size}"},
		"pages from 0":                    {`page: {"type": "integer", "default": 0}`, things + `, "total": ` + integer, "", "{kind: page, page: page, first: 0, total: total}"},
		"pages whose first is at least 1": {`page[number]: {"type": "integer", "minimum": 1}`, "", "", "{kind: page, page: 'page[number]'}"},
		"pages by their description":      {`page: {"type": "integer"} // zero-based`, "", "", "{kind: page, page: page, first: 0}"},
		"pages by another description":    {`page: {"type": "integer"} // The first page is 1; each has 100 things.`, "", "", "{kind: page, page: page}"},
		"a number that must be above 0":   {`page: {"type": "integer"} // must be greater than 0`, "", "", ""},
		"pages from nobody knows where":   {"page: " + integer, "", "", ""},
		"several lists":                   {"offset: " + integer, things + others, "", "{kind: offset, offset: offset, items: things}"}, // called as the path is
		"several lists, none of a name":   {"offset: " + integer, strings.Replace(things, "things", "x", 1) + others, "", ""},
		"items that are no list":          {"offset: " + integer, `"items": {"type": "object", "additionalProperties": ` + integer + `}` + others, "", ""},
		"names that no path can hold":     {"cursor: " + text, `"the things": {"type": "array", "items": {"type": "string"}}, "next cursor": ` + text + `, "next.": ` + url, "", ""},
		"a list that no path can name":    {"skip: " + integer, `"value ": {"type": "array", "items": {"type": "string"}}, "values": {"type": "array", "items": {"type": "string"}}`, "", "{kind: offset, offset: skip, items: values}"},
		"no list":                         {"offset: " + integer, `"things": {"type": "object"}`, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := listing(tt.parameters, tt.members, tt.headers)
			told := importText(t, text, nil)
			require.Empty(t, told.Paged)
			require.Equal(t, map[bool]int{true: 1}[tt.style != ""], told.Unpaged)

			files := fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}
			result, err := openapi.Import(files, "api.json", openapi.Options{Pages: true})
			require.NoError(t, err)
			require.NoError(t, result.Remaining.Err())
			require.Zero(t, result.Unpaged)
			if tt.style == "" {
				require.Empty(t, result.Paged)
				require.NotContains(t, string(result.Files["scopes.yaml"]), "paging")
				return
			}
			require.Len(t, result.Paged, 1)
			require.Equal(t, 1, result.Paged[0].Operations)
			require.Contains(t, string(result.Files["scopes.yaml"]), ": "+tt.style+"\n")

			// The next import has the style from the table.
			again, err := openapi.Import(files, "api.json", openapi.Options{Paging: []openapi.Paging{result.Paged[0].Paging}})
			require.NoError(t, err)
			require.Equal(t, result.Files, again.Files)
		})
	}
}

func TestADecidedStyleGoesBeforeWhatNamesShow(t *testing.T) {
	text := listing(`page: {"type": "integer", "default": 1}; q: {"type": "string"}`, "", "")
	zero := 0
	for name, tt := range map[string]struct {
		style spec.PagingStyle
		fits  bool
	}{
		"another way to the next page":   {spec.PagingStyle{Kind: "cursor", Cursor: "q", Last: "id"}, true},
		"a parameter that is not there":  {spec.PagingStyle{Kind: "page", Page: "seite"}, false},
		"a parameter of another type":    {spec.PagingStyle{Kind: "page", Page: "q"}, false},
		"another number than stated":     {spec.PagingStyle{Kind: "page", Page: "page", First: &zero}, false},
		"a size that is not there":       {spec.PagingStyle{Kind: "page", Page: "page", Limit: "size"}, false},
		"a member that is not there":     {spec.PagingStyle{Kind: "page", Page: "page", Pages: "pages"}, false},
		"items that are not there":       {spec.PagingStyle{Kind: "page", Page: "page", Items: "data"}, false},
		"a header that no document says": {spec.PagingStyle{Kind: "link"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			files := fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(text)}}
			result, err := openapi.Import(files, "api.json", openapi.Options{Pages: true, Paging: []openapi.Paging{{Name: "own", Style: tt.style}}})
			require.NoError(t, err)
			require.NoError(t, result.Remaining.Err())
			require.Equal(t, "own", result.Paged[0].Name)
			if tt.fits {
				require.Len(t, result.Paged, 1)
				require.Equal(t, 1, result.Paged[0].Operations)
				return
			}
			require.Len(t, result.Paged, 2)
			require.Equal(t, 0, result.Paged[0].Operations, "a style that somebody has written stays")
			require.Equal(t, "page", result.Paged[1].Name)
		})
	}
}

// What names show need not be so: the plan of the generator finds it.
func TestAListThatCannotBeReadAsItsStyleSaysReadsOnePage(t *testing.T) {
	files := fstest.MapFS{"api.json": &fstest.MapFile{Data: []byte(listing(`cursor: {"type": "string", "enum": ["a", "b"]}`, `"things": {"type": "array", "items": {"type": "string"}}, "next_cursor": {"type": "string", "format": "date-time"}`, ""))}}
	result, err := openapi.Import(files, "api.json", openapi.Options{Pages: true})
	require.NoError(t, err)
	require.NoError(t, result.Remaining.Err())
	require.Empty(t, result.Paged)
	require.Contains(t, said(result.Notes, openapi.Assumed), `"next_cursor" is the next value of the query parameter "cursor", and has another type: it reads one page`)
	require.NotContains(t, string(result.Files["scopes.yaml"]), "paging")
}
