package sandbox_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

func people(t *testing.T) *api {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with(all)
	for i, name := range []string{"Cleo", "Ada", "Eve", "Bea", "Dora"} {
		body := fmt.Sprintf(`{"name": %q, "status": %q, "tags": ["t%d", "all"]}`, name, []string{"NEW", "LOCKED"}[i%2], i)
		a.must(201, "POST", "/v1/people", body, key(fmt.Sprint(i)))
	}
	return a
}

func names(response *reply, member string) []string {
	out := []string{}
	list, _ := response.at("items").([]any)
	for _, item := range list {
		out = append(out, item.(map[string]any)[member].(string))
	}
	return out
}

func TestAListIsCutSortedAndFilteredAsTheQueryAsks(t *testing.T) {
	a := people(t)
	for query, c := range map[string]struct {
		names []string
		page  map[string]any
	}{
		"":                           {[]string{"Cleo", "Ada", "Eve", "Bea", "Dora"}, map[string]any{"total": 5.0, "count": 5.0, "skip": 0.0, "size": 10.0, "dir": "asc"}},
		"?size=2":                    {[]string{"Cleo", "Ada"}, map[string]any{"total": 5.0, "count": 2.0, "skip": 0.0, "size": 2.0, "dir": "asc"}},
		"?size=2&skip=4":             {[]string{"Dora"}, map[string]any{"total": 5.0, "count": 1.0, "skip": 4.0, "size": 2.0, "dir": "asc"}},
		"?skip=7":                    {[]string{}, map[string]any{"total": 5.0, "count": 0.0, "skip": 7.0, "size": 10.0, "dir": "asc"}},
		"?sort=name":                 {[]string{"Ada", "Bea", "Cleo", "Dora", "Eve"}, map[string]any{"total": 5.0, "count": 5.0, "skip": 0.0, "size": 10.0, "sort": "name", "dir": "asc"}},
		"?sort=name&dir=desc&size=2": {[]string{"Eve", "Dora"}, map[string]any{"total": 5.0, "count": 2.0, "skip": 0.0, "size": 2.0, "sort": "name", "dir": "desc"}},
		"?dir=desc&size=1":           {[]string{"Dora"}, map[string]any{"total": 5.0, "count": 1.0, "skip": 0.0, "size": 1.0, "dir": "desc"}},
		"?status=LOCKED":             {[]string{"Ada", "Bea"}, map[string]any{"total": 2.0, "count": 2.0, "skip": 0.0, "size": 10.0, "dir": "asc"}},
		"?tags=t0&tags=t3":           {[]string{"Cleo", "Bea"}, map[string]any{"total": 2.0, "count": 2.0, "skip": 0.0, "size": 10.0, "dir": "asc"}},
	} {
		response := a.must(200, "GET", "/v1/people"+query, "")
		require.Equal(t, c.names, names(response, "name"), query)
		require.Equal(t, c.page, response.at("page"), query)
	}
}

func TestAListWithCursorsIsReadToItsEnd(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{Examples: 7}).with("goods:read")
	whole := names(a.must(200, "GET", "/v1/goods", ""), "code")
	require.Len(t, whole, 7)
	var read []string
	var pages []int
	for cursor := ""; ; {
		path := "/v1/goods?size=3"
		if cursor != "" {
			path += "&after=" + cursor
		}
		response := a.must(200, "GET", path, "")
		page := names(response, "code")
		read, pages = append(read, page...), append(pages, len(page))
		if cursor, _ = response.at("next").(string); cursor == "" {
			break
		}
	}
	require.Equal(t, whole, read)
	require.Equal(t, []int{3, 3, 1}, pages)
	a.must(400, "GET", "/v1/goods?after=nonsense", "")
}

func TestThePageSizeIsTheConfiguredOneWhereNobodySays(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{Examples: 3, PageSize: 2}).with("goods:read")
	require.Len(t, a.must(200, "GET", "/v1/goods", "").at("items"), 2)
}

func TestThereAreAsManyExamplesAsConfigured(t *testing.T) {
	for examples, n := range map[int]int{0: 3, -1: 0, 5: 5} {
		a := serve(t, catalogue(t, shop), sandbox.Config{Examples: examples}).with("goods:read people:read")
		require.Len(t, a.must(200, "GET", "/v1/goods", "").at("items"), n)
		require.Empty(t, a.must(200, "GET", "/v1/people", "").at("items"))
	}
}

func TestExamplesArePickedByAFilter(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("goods:read")
	require.Equal(t, []string{"green", "green", "green"}, names(a.must(200, "GET", "/v1/goods?colour=green", ""), "colour"))
}

func TestAPopulatedServerHasExamplesEverywhere(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{Populate: true}).with(all)
	list := a.must(200, "GET", "/v1/people", "").at("items").([]any)
	require.Len(t, list, 3)
	for _, person := range list {
		id := person.(map[string]any)["id"]
		require.Equal(t, person, a.must(200, "GET", fmt.Sprintf("/v1/people/%v", id), "").json)
	}
	a.must(404, "GET", "/v1/people/4711", "")
	a.must(201, "POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	require.EqualValues(t, 4, a.must(200, "GET", "/v1/people", "").at("page", "total"))
}
