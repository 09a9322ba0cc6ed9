package closest_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/closest"
)

func TestToFindsMisspellingsAndNothingElse(t *testing.T) {
	known := []string{"version", "users:read", "users:admin", "summary", "GET", "a", "b"}
	for name, want := range map[string]string{
		"verison": "version", "users:reed": "users:read", "user:admin": "users:admin", "sumary": "summary",
		"get": "GET", "SUMMARY": "summary",
		"c": "", "orders:read": "", "": "", "something else entirely": "",
	} {
		require.Equal(t, want, closest.To(name, slices.Values(known)), name)
	}
}
