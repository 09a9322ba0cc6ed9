package golden_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/account"
	"github.com/scopegen/scopegen/runtime"
)

func TestMembersOfResponsesAloneAreNotSent(t *testing.T) {
	var sent string
	_, session := serve(t, runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
		body, err := r.GetBody()
		require.NoError(t, err)
		text, err := io.ReadAll(body)
		require.NoError(t, err)
		sent = string(text)
		return http.DefaultTransport.RoundTrip(r)
	})))
	note, err := account.NewPublic(session).LeaveNote(t.Context(), account.Note{Text: "at the door"})
	require.NoError(t, err)
	require.Equal(t, `{"text":"at the door"}`, sent)
	require.NotEmpty(t, note.ID)
	require.False(t, note.LeftAt.IsZero())
}
