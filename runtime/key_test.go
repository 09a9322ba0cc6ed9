package runtime_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// An API without access tokens and without a token endpoint is called with keys.
func TestASessionWithoutAGrantCallsWithKeysAlone(t *testing.T) {
	var got []*http.Request
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r)
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	defer server.Close()
	api := &clientimpl.API{Name: "plain"}
	session, err := runtime.Open(api, runtime.Server{URL: server.URL}, runtime.NoGrant{})
	require.NoError(t, err)

	token := runtime.Authorize[any](session)
	require.ErrorIs(t, token.Err(), runtime.ErrFailClosed)
	require.ErrorContains(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[any](token), getThing1()), "NoGrant")
	require.Empty(t, got)

	caller := runtime.NewPublicCaller(session).WithKeys(runtime.NewBasicKey("login", "me", runtime.NewSecret("pass word")), runtime.NewQueryKey("site", "site_key", runtime.NewSecret("a&b")))
	var failed *runtime.Error
	require.ErrorAs(t, runtime.DoEmpty(t.Context(), caller, getThing1()), &failed)
	require.Equal(t, http.StatusFound, failed.Status)
	require.Len(t, got, 1)
	user, password, ok := got[0].BasicAuth()
	require.True(t, ok && user == "me" && password == "pass word")
	require.Equal(t, "a&b", got[0].URL.Query().Get("site_key"))

	request := getThing1()
	request.Query("site_key", "mine")
	require.ErrorIs(t, runtime.DoEmpty(t.Context(), caller, request), runtime.ErrInvalidCall)
	require.Error(t, runtime.DoEmpty(t.Context(), runtime.NewPublicCaller(session).WithKeys(runtime.NewBasicKey("login", "m:e", runtime.NewSecret("p"))), getThing1()))
}

func TestAKeyCannotBePrinted(t *testing.T) {
	const secret = "s3cret-value"
	type holder struct {
		runtime.Key
		kept runtime.Key
	}
	for _, key := range []runtime.Key{
		runtime.NewHeaderKey("k", "X-Key", runtime.NewSecret(secret)), runtime.NewQueryKey("k", "key", runtime.NewSecret(secret)),
		runtime.NewBasicKey("k", "u", runtime.NewSecret(secret)), {},
	} {
		text, err := json.Marshal(map[string]any{"key": key})
		require.NoError(t, err)
		for _, printed := range []string{
			fmt.Sprintf("%v %+v %#v %s %q", key, key, key, key, key), fmt.Sprintf("%+v %#v", holder{key, key}, &holder{key, key}), string(text),
		} {
			require.NotContains(t, printed, secret)
			require.NotContains(t, printed, "dTpzM2NyZXQ") // u:s3cret in base 64
		}
	}
	require.Equal(t, "Key(k)", fmt.Sprint(runtime.NewQueryKey("k", "key", runtime.NewSecret(secret))))
}
