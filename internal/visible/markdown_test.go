package visible_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/visible"
)

func TestMarkdownShowsTextAsItIs(t *testing.T) {
	for text, want := range map[string]string{
		"plain text, with a comma": "plain text, with a comma",
		"a | b\nc":                 "a &#124; b c",
		`\| \`:                     `\\&#124; \\`,
		"<img src=x>":              "&lt;img src=x&gt;",
		"[a](https://b)":           `\[a\](https\://b)`,
		"![a](//b)":                `!\[a\](//b)`,
		"see WWW.example.com":      `see WWW\.example.com`,
		"@all, #1":                 "@\u200ball, \\#\u200b1",
		"`*_~$":                    "\\`\\*\\_\\~\\$",
		"&lt;":                     "&amp;lt;",
		"\x1b[31m":                 "�\\[31m",
	} {
		require.Equal(t, want, visible.Markdown(text))
	}
}

func TestMarkdownCodeShowsTextAsItIs(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "",
		"users:read":                "`users:read`",
		"GET /users/{user_id}":      "`GET /users/{user_id}`",
		"<b>@all https://b www.b.c": "`<b>@all https://b www.b.c`",
		"a|b":                       "<code>a&#124;b</code>",
		`a\|b`:                      "<code>a&#92;&#124;b</code>",
		"``<i>":                     "<code>&#96;&#96;&#60;i&#62;</code>",
		" a":                        "<code> a</code>",
		"a\nb":                      "`a b`",
	} {
		require.Equal(t, want, visible.MarkdownCode(text))
	}
}

// Whatever the text is, nothing in it ends a cell, opens a tag, ends the code or
// begins a link.
func FuzzMarkdown(f *testing.F) {
	for _, text := range []string{"a|b", `\\\|`, "``", "` |", "<a>", "http://a", "www.a", "[a][b]", "&#124;", "\xff\u2028"} {
		f.Add(text)
	}
	allowed := regexp.MustCompile(`^(?:[^|<>\[\]` + "`" + `\\\n]|\\[\\*_\[\]` + "`" + `~$#.:])*$`)
	inCode := regexp.MustCompile("^(?:`[^`|\\\\\n]+`|<code>[^`|\\\\<>\n]*</code>)?$")
	link := regexp.MustCompile(`(?i)(^|[^\\])://|www\.|@\w`)
	f.Fuzz(func(t *testing.T, text string) {
		shown := visible.Markdown(text)
		require.Regexp(t, allowed, shown)
		require.NotRegexp(t, link, shown)
		require.Regexp(t, inCode, visible.MarkdownCode(text))
	})
}
