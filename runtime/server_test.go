package runtime_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// An operation that another server serves is called there, with its access token,
// if the catalogue or the program says where that is, and nowhere otherwise.
func TestAnOperationIsCalledOnTheServerThatServesIt(t *testing.T) {
	upload := clientimpl.Operation{ID: "upload_thing", Method: http.MethodPut, Path: "/things/{id}/photo", Server: "uploads", Requires: [][]string{{"things:read"}}}
	api := thingsAPI()
	api.Servers = map[string]string{"uploads": "https://uploads.things.example/v2/"}
	for _, c := range []struct {
		server runtime.Server
		with   []runtime.Option
		want   string // "" if the call is refused
	}{
		{runtime.Server{Name: "live", URL: "https://things.example"}, nil, "https://uploads.things.example/v2/things/a/photo"},
		{runtime.Server{Name: "live", URL: "https://things.example"}, []runtime.Option{runtime.WithServer("uploads", "https://u.example")}, "https://u.example/things/a/photo"},
		{runtime.Server{URL: "https://stage.example/api"}, nil, ""},
		{runtime.Server{URL: "https://stage.example/api"}, []runtime.Option{runtime.WithServer("uploads", "https://stage.example/u")}, "https://stage.example/u/things/a/photo"},
		{runtime.Server{URL: "http://127.0.0.1:1/x"}, nil, "http://127.0.0.1:1/x/things/a/photo"},
		{runtime.Server{Name: "live", URL: "http://localhost:1"}, nil, "http://localhost:1/things/a/photo"},
	} {
		var called []string
		transport := roundTrip(func(r *http.Request) (*http.Response, error) {
			called = append(called, r.URL.String())
			answer := httptest.NewRecorder()
			if strings.HasSuffix(r.URL.Path, "/token") {
				answer.Header().Set("Content-Type", "application/json")
				_, _ = io.WriteString(answer, `{"access_token": "t", "token_type": "Bearer", "expires_in": 60, "scope": "things:read"}`)
			} else {
				require.Equal(t, "Bearer t", r.Header.Get("Authorization"))
			}
			return answer.Result(), nil
		})
		session, err := runtime.Open(api, c.server, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")}, append(c.with, runtime.WithTransport(transport))...)
		require.NoError(t, err)
		caller := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
		request := runtime.NewRequest(&upload)
		request.Path("id", "a")
		err = runtime.DoEmpty(t.Context(), caller, request)
		if c.want == "" {
			require.ErrorIs(t, err, runtime.ErrInvalidCall)
			require.ErrorContains(t, err, `upload_thing: the call is not valid and was not sent: the server "uploads" serves it, which the session does not know`)
			require.Empty(t, called)
			continue
		}
		require.NoError(t, err)
		require.Len(t, called, 2)
		require.Equal(t, c.want, called[1])
		require.True(t, strings.HasPrefix(called[0], c.server.URL+"/oauth/token"))
	}
}

func TestOpenRefusesServersThatServeNothing(t *testing.T) {
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")}
	api := thingsAPI()
	_, err := runtime.Open(api, runtime.Server{URL: "https://things.example"}, credentials, runtime.WithServer("uploads", "https://u.example"))
	require.EqualError(t, err, `runtime: WithServer: things has no operation that a server "uploads" serves alone: all are called on the session's server`)
	api.Servers = map[string]string{"uploads": "https://u.example", "archive": "https://a.example"}
	_, err = runtime.Open(api, runtime.Server{URL: "https://things.example"}, credentials, runtime.WithServer("upload", "https://u.example"))
	require.ErrorContains(t, err, "its other servers are archive, uploads")
	_, err = runtime.Open(api, runtime.Server{URL: "https://things.example"}, credentials, runtime.WithServer("uploads", "http://u.example"))
	require.ErrorContains(t, err, `the URL given to WithServer for "uploads", http://u.example, is neither https nor on this machine`)
}
