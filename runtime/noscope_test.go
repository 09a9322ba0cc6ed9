package runtime_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// An API may want a token and have no scopes at all.
func TestAnAPIWithoutScopesIsCalledWithATokenForNone(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/token" {
			if r.Header.Get("Authorization") != "Bearer t1" {
				w.WriteHeader(http.StatusUnauthorized)
			}
			return
		}
		if r.FormValue("grant_type") != "client_credentials" || r.Form.Has("scope") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"access_token":"t1","token_type":"Bearer","expires_in":60,"scope":"whatever"}`))
	}))
	defer server.Close()
	api := &clientimpl.API{Name: "plain", Token: clientimpl.TokenEndpoint{Path: "/token"}}
	session, err := runtime.Open(api, runtime.Server{URL: server.URL}, runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s")})
	require.NoError(t, err)
	token := runtime.Authorize[any](session)
	require.NoError(t, token.Err())
	require.Empty(t, token.Scopes())
	require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[any](token), getThing1()))

	type more interface{ other() }
	require.Error(t, runtime.Authorize[more](session).Err(), "a set of another API")
}
