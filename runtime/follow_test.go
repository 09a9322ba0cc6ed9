package runtime_test

import (
	"context"
	"iter"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

var pageOfThings = clientimpl.Operation{ID: "list_things", Method: http.MethodGet, Path: "/things", Requires: [][]string{{"things:read"}}}

type thingsPage struct {
	Things []thing `json:"things"`
	Next   string  `json:"next"`
}

// allThings reads all pages as generated code does, by the links in the pages or, with
// inHeader, by their Link fields.
func allThings(ctx context.Context, c runtime.Caller, inHeader bool, opts ...runtime.CallOption) iter.Seq2[thing, error] {
	return clientimpl.LinkPages(func(link *clientimpl.Link) ([]thing, string, error) {
		request := runtime.NewRequest(&pageOfThings)
		request.Query("size", "two & more")
		request.Follow(link)
		var page thingsPage
		if err := runtime.DoJSON(ctx, c, request, &page, opts...); err != nil {
			return nil, "", err
		}
		if inHeader {
			next, err := link.Next()
			return page.Things, next, err
		}
		return page.Things, page.Next, nil
	})
}

func collectThings(things iter.Seq2[thing, error]) (ids string, err error) {
	for thing, err := range things {
		if err != nil {
			return ids, err
		}
		ids += thing.ID
	}
	return ids, nil
}

func TestPagesAreReadByTheirLinks(t *testing.T) {
	var server string
	var asked []string
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		if r.Header.Get("Authorization") == "" {
			t.Error("a page was asked for without the access token")
		}
		page := thingsPage{Things: []thing{{ID: string(rune('a' + len(asked) - 1))}}}
		switch len(asked) {
		case 1:
			page.Next = server + "/elsewhere/things?cursor=a%2Fb+c&sort=[x]#top"
		case 2:
			page.Next = "?cursor=2"
		}
		w.Header().Set("Link", `<https://api.example/>; rel="describedby", <`+page.Next+`>; rel="next"`)
		if page.Next == "" {
			w.Header().Del("Link")
		}
		answer(w, http.StatusOK, page)
	})
	server = strings.ToUpper(s.URL[:4]) + s.URL[4:] // schemes have no case
	for _, inHeader := range []bool{false, true} {
		asked = nil
		ids, err := collectThings(allThings(t.Context(), s.reader(), inHeader))
		require.NoError(t, err)
		require.Equal(t, "abc", ids)
		require.Equal(t, []string{"/things?size=two%20%26%20more", "/elsewhere/things?cursor=a%2Fb+c&sort=[x]", "/elsewhere/things?cursor=2"}, asked,
			"a link is followed as it is, and the query of the first page is not sent again")
	}
}

func TestALinkThatLeavesTheAPIIsNotFollowed(t *testing.T) {
	for _, tt := range []struct{ base, link, asked, says string }{
		{"https://api.example/v1", "https://api.example/v1/things?page=2", "https://api.example/v1/things?page=2", ""},
		{"https://api.example/v1", "https://API.example:443/v1/other?q=a b\"é", "https://api.example/v1/other?q=a%20b%22%C3%A9", ""},
		{"https://api.example/v1", "http://api.example/v1/things?page=2", "https://api.example/v1/things?page=2", ""}, // an API behind a proxy
		{"https://api.example/v1", "//api.example/v1/things?page=2", "https://api.example/v1/things?page=2", ""},
		{"https://api.example/v1", "/v1/things?page=2", "https://api.example/v1/things?page=2", ""},
		{"https://api.example", "more/2", "https://api.example/more/2", ""},
		{"http://127.0.0.1", "https://127.0.0.1/things?page=2", "", "https://127.0.0.1"},
		{"https://api.example/v1", "https://evil.example/v1/things?page=s3cret", "", "https://evil.example"},
		{"https://api.example/v1", "https://api.example:8443/v1/things", "", "https://api.example:8443"},
		{"https://api.example:8443", "http://api.example/things", "", "http://api.example"},
		{"https://api.example/v1", "https://api.example.evil.example/v1/things", "", "api.example.evil.example"},
		{"https://api.example/v1", "https://api.example@evil.example/v1/things", "", "no URL of a page"},
		{"https://api.example/v1", "https://me:s3cret@api.example/v1/things", "", "no URL of a page"},
		{"https://api.example/v1", "mailto:s3cret@api.example", "", "no URL of a page"},
		{"https://api.example/v1", "https://api.example/v2/things?s3cret", "", "/v1/"},
		{"https://api.example/v1", "https://api.example/v1x/things", "", "/v1/"},
		{"https://api.example/v1", "../../v2/things", "", "/v1/"},
		{"https://api.example/v1", "https://api.example/v1/%2e%2e/v2/things", "", "/v1/"},
		{"https://api.example/v1", "https://api.example/v1/x%2f..%2f..%2fv2", "", "/v1/"},
		{"https://api.example/v1", "https://[s3cret", "", "no URL"},
		{"https://api.example/v1", "https://api.example/v1/\r\nX-Evil: 1", "", "no URL"},
	} {
		t.Run(tt.link, func(t *testing.T) {
			var asked []string
			session, err := runtime.Open(&clientimpl.API{Name: "plain"}, runtime.Server{URL: tt.base}, runtime.NoGrant{}, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				asked = append(asked, r.URL.String())
				w := httptest.NewRecorder()
				page := thingsPage{Things: []thing{{ID: "a"}}}
				if len(asked) == 1 {
					page.Next = tt.link
				}
				answer(w, http.StatusOK, page)
				return w.Result(), nil
			})))
			require.NoError(t, err)
			ids, err := collectThings(allThings(t.Context(), runtime.NewPublicCaller(session), false))
			if tt.says == "" {
				require.NoError(t, err)
				require.Equal(t, "aa", ids)
				require.Equal(t, tt.asked, asked[1])
				return
			}
			require.ErrorContains(t, err, tt.says)
			require.NotContains(t, err.Error(), "s3cret")
			require.Equal(t, "a", ids, "the page with the link is not lost")
			require.Len(t, asked, 1, "nothing was sent")
		})
	}
}

func TestAKeyInTheQueryIsSentOnceThoughTheLinkRepeatsIt(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RawQuery)
		page := thingsPage{}
		if len(asked) == 1 {
			page.Next = "?" + r.URL.RawQuery + "&page=2"
		}
		answer(w, http.StatusOK, page)
	}))
	defer server.Close()
	session, err := runtime.Open(&clientimpl.API{Name: "plain"}, runtime.Server{URL: server.URL}, runtime.NoGrant{})
	require.NoError(t, err)
	_, err = collectThings(allThings(t.Context(), runtime.NewPublicCaller(session).WithKeys(runtime.NewQueryKey("site", "site key", runtime.NewSecret("a&b"))), false))
	require.NoError(t, err)
	require.Equal(t, []string{"size=two%20%26%20more&site%20key=a%26b", "size=two%20%26%20more&page=2&site%20key=a%26b"}, asked)
}

// A list goes on at a link that was stored, and so does a page; the links of the list's
// own pages win over it.
func TestAListGoesOnAtALinkThatTheCallerHas(t *testing.T) {
	var asked []string
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.RequestURI)
		page := thingsPage{Things: []thing{{ID: string(rune('a' + len(asked) - 1))}}}
		if len(asked) == 1 {
			page.Next = "/things?cursor=9"
		}
		answer(w, http.StatusOK, page)
	})
	for link, want := range map[string]string{
		s.URL + "/things?cursor=a%2Fb+c#top": "/things?cursor=a%2Fb+c",
		s.URL + "/elsewhere?since=1":         "/elsewhere?since=1",
		"?since=1":                           "/things?since=1",
		"/other":                             "/other",
	} {
		asked = nil
		ids, err := collectThings(allThings(t.Context(), s.reader(), false, runtime.WithLink(link)))
		require.NoError(t, err)
		require.Equal(t, "ab", ids)
		require.Equal(t, []string{want, "/things?cursor=9"}, asked)

		asked = []string{"before"}
		request := runtime.NewRequest(&pageOfThings)
		request.Query("size", 2)
		var page thingsPage
		require.NoError(t, runtime.DoJSON(t.Context(), s.reader(), request, &page, runtime.WithLink(link)))
		require.Equal(t, []string{"before", want}, asked)
	}
}

func TestALinkOfTheCallerStaysWithinTheAPI(t *testing.T) {
	s := newThings(t, thingsAPI(), func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") })
	for link, says := range map[string]string{
		"":                                       "the link is empty",
		"https://evil.example/things?s3cret":     "the link leads to https://evil.example, and the access token is for " + s.URL,
		"//evil.example/things":                  "the link leads to http://evil.example",
		s.URL + "@evil.example/s3cret":           "no URL of a page",
		"http://[s3cret":                         "no URL of a page",
		s.URL + "/a/%2e%2e/b":                    "is not below that of the API",
		strings.Replace(s.URL, "http", "ftp", 1): "the link leads to ftp://",
	} {
		err := runtime.DoJSON(t.Context(), s.reader(), runtime.NewRequest(&pageOfThings), new(thingsPage), runtime.WithLink(link))
		require.ErrorContains(t, err, says, link)
		require.NotContains(t, err.Error(), "s3cret")
		if link != "" {
			require.ErrorIs(t, err, runtime.ErrFailClosed)
		}
	}
	err := runtime.DoEmpty(t.Context(), s.admin(), s.create(1), runtime.WithLink("?page=2"))
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	require.ErrorContains(t, err, "WithLink: the call is a POST, and a link is for GET")
	require.Zero(t, s.tokens.Load())
}
