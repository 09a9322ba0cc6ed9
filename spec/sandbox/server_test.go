package sandbox_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

func TestTheServerListensOnThisMachineAlone(t *testing.T) {
	server, err := sandbox.New(catalogue(t, shop), sandbox.Config{})
	require.NoError(t, err)
	for _, address := range []string{"0.0.0.0:0", ":0", "[::]:0", "192.0.2.1:80", "example.com:80"} {
		require.ErrorContains(t, server.Start(address), "is not a loopback address")
	}
	require.ErrorContains(t, server.Start("127.0.0.1"), "write it as 127.0.0.1:8080")
	require.Empty(t, server.URL())
}

func TestTheServerCanBeStoppedAndStartedAgain(t *testing.T) {
	server, err := sandbox.New(catalogue(t, shop), sandbox.Config{})
	require.NoError(t, err)
	require.NoError(t, server.Close())
	for range 2 {
		require.NoError(t, server.Start("127.0.0.1:0"))
		url := server.URL()
		require.ErrorContains(t, server.Start("127.0.0.1:0"), "it listens at "+url+" already")
		response, err := http.Get(url + "/v1/people")
		require.NoError(t, err)
		_, _ = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		require.Equal(t, 401, response.StatusCode)
		require.NoError(t, server.Close())
		require.Empty(t, server.URL())
		_, err = http.Get(url + "/v1/people")
		require.Error(t, err)
	}
	require.Len(t, server.Calls(), 2)
}

func TestACatalogueThatCannotBeServedIsRefused(t *testing.T) {
	c := catalogue(t, shop)
	c.Signing = "homemade"
	_, err := sandbox.New(c, sandbox.Config{})
	require.ErrorContains(t, err, `unknown signing dialect "homemade"`)

	c = catalogue(t, shop)
	twin := *c.Operations[0]
	twin.ID = "twin"
	c.Operations = append(c.Operations, &twin)
	_, err = sandbox.New(c, sandbox.Config{})
	require.ErrorContains(t, err, `GET /v1/people of "twin" cannot be told from /v1/people of "list_people"`)

	_, err = sandbox.New(nil, sandbox.Config{})
	require.ErrorContains(t, err, "no catalogue")
}

func TestPathsAreToldApart(t *testing.T) {
	c := &spec.Catalogue{}
	for _, path := range []string{"/a/{x}", "/a/b", "/a/{x}.json", "/a/{x}:stop", "/{y}/c", "/a/{x}-{y}/z", "/s p/{x}", "/t/{x}%2Etxt", "/f/of(a={x})", "/f/of(a={x},b={y})"} {
		c.Operations = append(c.Operations, &spec.Operation{
			ID: path, Method: "GET", Path: path, Requires: spec.Requirement{Alternatives: []spec.Alternative{{}}},
			Responses: spec.Map[spec.Map[*spec.Schema]]{{Key: "204"}},
		})
	}
	server, err := sandbox.New(c, sandbox.Config{})
	require.NoError(t, err)
	for path, want := range map[string]string{
		"/f/of(a=1)": "/f/of(a={x})", "/f/of(a=1,b=2)": "/f/of(a={x},b={y})",
		"/a/b": "/a/b", "/a/q": "/a/{x}", "/a/q.json": "/a/{x}.json", "/a/q:stop": "/a/{x}:stop", "/a/:stop": "/a/{x}", "/a/b%2Fc": "/a/{x}",
		"/a/c": "/a/{x}", "/q/c": "/{y}/c", "/a/1-2-3/z": "/a/{x}-{y}/z", "/s%20p/1": "/s p/{x}", "/t/1.txt": "/t/{x}%2Etxt", "/a": "", "/a/": "", "//": "", "/a/b/": "",
	} {
		server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", path, nil))
		calls := server.Calls()
		require.Equal(t, want, calls[len(calls)-1].Operation, path)
	}
}

func TestManyCallersAtOnceAreServed(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{MaxObjects: 20, Populate: true}).with(all)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for n := range 25 {
				for _, r := range []*http.Request{
					a.request("POST", "/v1/people/"+string(rune('1'+i))+"/notes", `{"text": "x"}`),
					a.request("GET", "/v1/people?sort=name", ""),
					a.request("PUT", "/v1/goods/G-000"+string(rune('0'+n%10)), `{"colour": "red"}`),
					a.request("DELETE", "/v1/goods/G-000"+string(rune('0'+i)), ""),
				} {
					response, err := http.DefaultTransport.RoundTrip(r)
					if err != nil {
						t.Error(err)
						return
					}
					_, _ = io.Copy(io.Discard, response.Body)
					response.Body.Close()
					if response.StatusCode >= 500 {
						t.Error(response.Status)
					}
				}
				a.Usage()
			}
		})
	}
	wg.Wait()
	require.Len(t, a.Calls(), 1+8*25*4)
}

// Whatever is sent, it is answered, and never with a fault of the server.
func FuzzServeHTTP(f *testing.F) {
	server, err := sandbox.New(catalogue(f, shop), sandbox.Config{Clients: []sandbox.Client{{ID: clientID, Secret: clientSecret}}, MaxObjects: 50})
	require.NoError(f, err)
	ask := httptest.NewRequest("POST", "/oauth/token", strings.NewReader(form("client_id", clientID, "client_secret", clientSecret, "grant_type", "client_credentials", "scope", all)))
	ask.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	recorder := httptest.NewRecorder()
	server.ServeHTTP(recorder, ask)
	token := strings.Split(strings.Split(recorder.Body.String(), `"access_token":"`)[1], `"`)[0]

	f.Add("GET", "/v1/people", "size=3&skip=1&sort=name&dir=desc", "", "")
	f.Add("POST", "/v1/people", "", "application/json", `{"name": "Ada", "home": {"city": "x", "a/b": 1}}`)
	f.Add("PATCH", "/v1/people/1", "", "application/json", `{"name": null, "nick": {}}`)
	f.Add("PUT", "/v1/goods/G-0001", "", "application/json", `{"colour": "\u0000"}`)
	f.Add("POST", "/v1/pay", "", "application/json; charset=utf-8", `{"kind": "card", "number": 1e400}`)
	f.Add("POST", "/v1/login", "", "application/x-www-form-urlencoded", "name=1&age=1e5&on=true&name=2")
	f.Add("POST", "/v1/books", "", "application/json", `{"isbn": "../..//%2f"}`)
	f.Add("GET", "/v1/goods", "after=ZnJvbSA5OTk5OTk5OTk5OTk5OTk5OTk5&size=9223372036854775807", "", "")
	f.Add("POST", "/oauth/token", "", "application/x-www-form-urlencoded", "grant_type=client_credentials&client_id=%00")
	f.Fuzz(func(t *testing.T, method, path, query, contentType, body string) {
		r, err := http.NewRequest(method, "http://sandbox/", strings.NewReader(body))
		if err != nil {
			return
		}
		r.URL.RawPath, r.URL.RawQuery = path, query
		if r.URL.Path, err = url.PathUnescape(path); err != nil {
			r.URL.Path = path
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Client", clientID)
		r.Header.Set("Idempotency-Key", "00000000-0000-4000-8000-000000000001")
		r.Header.Set("Content-Type", contentType)
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, r)
		if recorder.Code >= 500 {
			t.Fatalf("%d: %s", recorder.Code, recorder.Body)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	c, err := spec.Default()
	require.NoError(b, err)
	for b.Loop() {
		if _, err := sandbox.New(c, sandbox.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

// 30,000 operations whose collections could all be taken for one another.
func BenchmarkNewLarge(b *testing.B) {
	c := &spec.Catalogue{}
	text := &spec.Schema{Type: []string{"string"}}
	for i := range 6000 {
		name := fmt.Sprintf("T%d", i)
		c.Types = append(c.Types, spec.Entry[*spec.Schema]{Key: name, Value: &spec.Schema{
			Type: []string{"object"}, Properties: spec.Map[*spec.Schema]{{Key: "id", Value: text}, {Key: "parent_id", Value: text}},
		}})
		one := &spec.Schema{Ref: "#/types/" + name}
		many := &spec.Schema{Type: []string{"array"}, Items: one}
		things, others := fmt.Sprintf("/d%d/{parent_id}/things", i), fmt.Sprintf("/e%d/{parent_id}/things", i)
		for _, o := range []struct {
			method, path string
			response     *spec.Schema
		}{{"GET", things, many}, {"POST", things, one}, {"GET", things + "/{id}", one}, {"PATCH", things + "/{id}", one}, {"GET", others, many}} {
			c.Operations = append(c.Operations, &spec.Operation{ID: o.method + o.path, Method: o.method, Path: o.path, Responses: spec.Map[spec.Map[*spec.Schema]]{
				{Key: "200", Value: spec.Map[*spec.Schema]{{Key: "application/json", Value: o.response}}},
			}})
		}
	}
	for b.Loop() {
		if _, err := sandbox.New(c, sandbox.Config{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCall(b *testing.B) {
	server, err := sandbox.New(catalogue(b, shop), sandbox.Config{})
	require.NoError(b, err)
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/pay", strings.NewReader(`{"kind": "transfer", "iban": "DE1"}`))
		r.Header.Set("Content-Type", "application/json")
		recorder := httptest.NewRecorder()
		if server.ServeHTTP(recorder, r); recorder.Code != 202 {
			b.Fatal(recorder.Body)
		}
	}
}
