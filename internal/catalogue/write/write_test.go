package write_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
)

func FuzzAScalarIsReadBackAsItWas(f *testing.F) {
	for _, s := range []string{"", "users:read", "a: b", "a, b", "[x]", "{", "null", "~", "1.0", "yes", "it's", `"`, "# no", "a #b", " x ", "two\nlines", "\t", "é\u2028", "- a", ":0", "&a", "*a", "!t", "%", "@", "`", "?", "|", ">", "0x1F", "2020-01-01", "https://a.example/b.read"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, r := range s {
			if r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 || r == utf8.RuneError || r == 0xfeff || r == 0xfffe || r == 0xffff {
				t.Skip("YAML and the loader of catalogues take no such character")
			}
		}
		var block struct{ A string }
		require.NoError(t, yaml.Unmarshal([]byte("a: "+write.Scalar(s)+"\n"), &block), write.Scalar(s))
		require.NotContains(t, write.Scalar(s), "\n")
		require.Equal(t, s, block.A)
		var flow struct{ A []string }
		require.NoError(t, yaml.Unmarshal([]byte("a: "+write.FlowList([]string{s, s})+"\n"), &flow), write.FlowList([]string{s, s}))
		require.Equal(t, []string{s, s}, flow.A)
	})
}
