package diag_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/diag"
)

func TestClosestFindsMisspellingsAndNothingElse(t *testing.T) {
	known := []string{"version", "users:read", "users:admin", "summary", "GET", "a", "b"}
	for name, want := range map[string]string{
		"verison": "version", "users:reed": "users:read", "user:admin": "users:admin", "sumary": "summary",
		"get": "GET", "SUMMARY": "summary",
		"c": "", "orders:read": "", "": "", "something else entirely": "",
	} {
		require.Equal(t, want, diag.Closest(name, slices.Values(known)), name)
	}
}
