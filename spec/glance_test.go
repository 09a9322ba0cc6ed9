package spec_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func TestAGlanceSeesWhereThePackagesGo(t *testing.T) {
	for text, want := range map[string][3]any{
		"api: {name: shop, title: Shop}\ngo: {output: ../shop}\n": {"shop", "../shop", true},
		"api: {name: shop}\n":          {"shop", "", true},
		"go: {output: [x]}\napi: 5\n":  {"", "", true},
		"":                             {"", "", true},
		"api: {name: shop\n":           {"", "", false},
		strings.Repeat("# x\n", 1<<19): {"", "", false},
	} {
		api, output, ok := spec.Glance([]byte(text))
		require.Equal(t, want, [3]any{api, output, ok}, "%.60q", text)
	}
}

// Were keys compared with each other, this would keep the test busy for minutes.
func TestAGlanceComparesNoKeysWithEachOther(t *testing.T) {
	var b strings.Builder
	for i := range 90_000 {
		fmt.Fprintf(&b, "k%d: 1\n", i)
	}
	b.WriteString("api: {name: x}\n")
	api, _, ok := spec.Glance([]byte(b.String()))
	require.True(t, ok)
	require.Equal(t, "x", api)
}
