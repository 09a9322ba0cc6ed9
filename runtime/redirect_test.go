package runtime_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

func TestARedirectIsAResultOnlyOfOperationsThatSayIt(t *testing.T) {
	location := "/elsewhere?sig=s3cret"
	s := newThings(t, thingsAPI(), func(w http.ResponseWriter, _ *http.Request) {
		if location != "" {
			w.Header().Set("Location", location)
		}
		w.WriteHeader(http.StatusFound)
	})
	operation := clientimpl.Operation{ID: "find", Method: http.MethodGet, Path: "/things/a", Redirects: []int{http.StatusFound}}
	redirect, err := runtime.DoRedirect(t.Context(), s.admin(), runtime.NewRequest(&operation))
	require.NoError(t, err)
	require.Equal(t, http.StatusFound, redirect.Status)
	require.Equal(t, "/elsewhere", redirect.Location.Path)
	require.NotEmpty(t, redirect.Location.Host)

	other := operation
	other.Redirects = []int{http.StatusSeeOther}
	_, err = runtime.DoRedirect(t.Context(), s.admin(), runtime.NewRequest(&other))
	require.ErrorAs(t, err, new(*runtime.Error))

	for _, location = range []string{"", "http://[s3cret"} {
		_, err = runtime.DoRedirect(t.Context(), s.admin(), runtime.NewRequest(&operation))
		require.ErrorIs(t, err, runtime.ErrUnreadable)
		require.NotContains(t, err.Error(), "s3cret")
	}
}
