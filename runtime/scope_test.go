package runtime_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

type thingsOwn interface{ thingsOwn() }

// impliedAPI is an API whose scope things:own includes things:admin and, through
// it, things:read.
func impliedAPI() *clientimpl.API {
	api := thingsAPI()
	api.Scopes = clientimpl.NewScopes(
		clientimpl.Scope{Name: "things:read", Pointer: (*thingsRead)(nil)},
		clientimpl.Scope{Name: "things:admin", Pointer: (*thingsAdmin)(nil), Implies: []string{"things:read"}},
		clientimpl.Scope{Name: "things:own", Pointer: (*thingsOwn)(nil), Implies: []string{"things:admin", "things:read"}},
	)
	return api
}

func TestAScopeStandsForThoseThatItIncludes(t *testing.T) {
	type readAndAdmin interface {
		thingsRead
		thingsAdmin
	}
	for _, test := range []struct {
		name, granted   string
		caller          func(*runtime.Session) runtime.Caller
		missing, excess []string
		reported        []string // what an error of the API says that the token held
	}{
		{name: "TheIncludedScopeIsGrantedToo", granted: "things:admin things:read", caller: callerFor[thingsAdmin], reported: []string{"things:admin", "things:read"}},
		{name: "ThroughAnother", granted: "things:own things:read things:admin", caller: callerFor[thingsOwn], reported: []string{"things:own", "things:read", "things:admin"}},
		{name: "TheIncludingScopeIsGrantedAlone", granted: "things:admin", caller: callerFor[readAndAdmin], reported: []string{"things:admin"}},
		{name: "AsAsked", granted: "things:read things:admin", caller: callerFor[readAndAdmin]},
		{name: "AnIncludingScopeIsWider", granted: "things:admin", caller: callerFor[thingsRead], excess: []string{"things:admin"}},
		{name: "AnIncludedScopeIsNarrower", granted: "things:read", caller: callerFor[thingsAdmin], missing: []string{"things:admin"}},
		{name: "OtherScopesAreStillWider", granted: "things:admin things:read more", caller: callerFor[thingsAdmin], excess: []string{"more"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/oauth/token" {
					grantFor(`,"expires_in":3600,"scope":"`+test.granted+`"`)(w, r, 1)
					return
				}
				w.WriteHeader(http.StatusForbidden)
			}))
			defer server.Close()
			store := &runtime.MemoryStore{}
			// The second session takes from the store what the first has put there.
			for range 2 {
				session, err := runtime.Open(impliedAPI(), runtime.Server{URL: server.URL},
					runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithStore(store))
				require.NoError(t, err)
				err = runtime.DoEmpty(t.Context(), test.caller(session), getThing1())
				if test.missing != nil || test.excess != nil {
					var refused *runtime.TokenError
					require.ErrorAs(t, err, &refused)
					require.Equal(t, test.missing, refused.Missing)
					require.Equal(t, test.excess, refused.Excess)
					continue
				}
				var forbidden *runtime.Error
				require.ErrorAs(t, err, &forbidden)
				require.Equal(t, test.reported, forbidden.Granted)
			}
		})
	}
}

func callerFor[S any](s *runtime.Session) runtime.Caller {
	return runtime.NewCaller[S](runtime.Authorize[S](s))
}

func TestWhatAScopeIncludesCannotBeChanged(t *testing.T) {
	implied := []string{"a"}
	scopes := clientimpl.NewScopes(clientimpl.Scope{Name: "b", Implies: implied})
	implied[0] = "x"
	for scope := range scopes.All() {
		scope.Implies[0] = "x"
	}
	require.Equal(t, map[string]bool{"a": true, "b": true}, scopes.Including([]string{"b"}))
}
