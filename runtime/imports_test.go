package runtime_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whoever imports a generated client gets the standard library and nothing
// else, and little of that beyond what net/http, encoding/json and log/slog bring.
func TestTheRuntimeNeedsLittleOfTheStandardLibraryAndNothingElse(t *testing.T) {
	deps := func(packages ...string) map[string]bool {
		out, err := exec.Command("go", append([]string{"list", "-deps"}, packages...)...).Output()
		require.NoError(t, err)
		set := make(map[string]bool)
		for _, name := range strings.Fields(string(out)) {
			set[name] = true
		}
		return set
	}
	bare := deps("net/http", "encoding/json", "log/slog")
	for name := range deps(".", "./httpsig") {
		own := strings.HasPrefix(name, "github.com/scopegen/scopegen/runtime")
		require.True(t, own || bare[name] || name == "container/heap", "the runtime imports %s", name)
	}
	require.NotContains(t, deps(".", "./clientimpl"), "github.com/scopegen/scopegen/runtime/httpsig", "programs that sign nothing are built without it")
	for name := range deps("./...") {
		first, _, _ := strings.Cut(name, "/")
		own := strings.HasPrefix(name, "github.com/scopegen/scopegen/runtime") || name == "github.com/scopegen/scopegen/internal/replace"
		require.True(t, own || !strings.Contains(first, "."), "the runtime imports %s", name)
	}
}
