package webhooks_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"example.com/consumer/webhooks"
	"example.com/consumer/webhooks/autodesk"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const callback = "https://example.com/changed"

// The catalogue is served as the API would be, and the program calls it.
func TestAFolderIsWatched(t *testing.T) {
	catalogue, findings := spec.LoadFile("catalogue/scopes.yaml")
	if err := findings.Err(); err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.New(catalogue, sandbox.Config{Clients: []sandbox.Client{
		{ID: "app", Secret: "secret", Scopes: []string{"data:read", "data:write", "data:create"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	defer server.Close()

	if created, err := watch(t, server.URL()); err != nil || !created {
		t.Fatalf("created: %v, %v", created, err)
	}
	var called []string
	for _, call := range server.Calls() {
		if call.Operation == "token" {
			continue
		}
		called = append(called, fmt.Sprintf("%s %s with %v", call.Method, call.Path, call.Scopes))
	}
	const path = "/webhooks/v1/systems/data/events/dm.version.added/hooks"
	if want := []string{"GET " + path + " with [data:read]", "POST " + path + " with [data:read data:write]"}; !slices.Equal(called, want) {
		t.Errorf("called %q, want %q", called, want)
	}
}

// The API answers 204 where a list has nothing, and names the next page where there is one.
func TestAWebhookIsFoundOnALaterPage(t *testing.T) {
	for name, test := range map[string]struct {
		last    string
		created bool
	}{
		"nothing":                {last: "", created: true},
		"another folder's":       {last: `{"data": [{"scope": {"folder": "urn:other"}, "callbackUrl": "` + callback + `"}]}`, created: true},
		"the one there is to be": {last: `{"data": [{"scope": {"folder": "urn:folder"}, "callbackUrl": "` + callback + `"}]}`, created: false},
	} {
		t.Run(name, func(t *testing.T) {
			mux := http.NewServeMux()
			mux.HandleFunc("POST /authentication/v2/token", func(w http.ResponseWriter, r *http.Request) {
				fmt.Fprintf(w, `{"access_token": "t", "token_type": "Bearer", "expires_in": 60, "scope": %q}`, r.FormValue("scope"))
			})
			mux.HandleFunc("GET /webhooks/", func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.FormValue("pageState") == "":
					fmt.Fprint(w, `{"links": {"next": "2"}, "data": [{"hookId": "1"}]}`)
				case test.last == "":
					w.WriteHeader(http.StatusNoContent)
				default:
					fmt.Fprint(w, test.last)
				}
			})
			mux.HandleFunc("POST /webhooks/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusCreated) })
			server := httptest.NewServer(mux)
			defer server.Close()

			if created, err := watch(t, server.URL); err != nil || created != test.created {
				t.Errorf("created: %v, %v", created, err)
			}
		})
	}
}

func watch(t *testing.T, url string) (created bool, err error) {
	session, err := autodesk.Open(runtime.Server{URL: url}, runtime.Credentials{ClientID: "app", ClientSecret: runtime.NewSecret("secret")})
	if err != nil {
		t.Fatal(err)
	}
	return webhooks.Watch(t.Context(), runtime.Authorize[webhooks.Keeper](session), "urn:folder", callback)
}
