package visible

import (
	"fmt"
	"regexp"
	"strings"
)

// Markdown returns text in the form in which GitHub Flavored Markdown shows it
// as it is: on one line, in a table too, and without links, mentions, references
// to issues or HTML.
func Markdown(text string) string {
	text = markdown.Replace(Line(text))
	return bareHost.ReplaceAllString(text, `$1\.`)
}

var (
	markdown = strings.NewReplacer(`\`, `\\`, "|", "&#124;", "<", "&lt;", ">", "&gt;", "&", "&amp;", "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "]", `\]`,
		"~", `\~`, "$", `\$`, "://", `\://`, "@", "@\u200b", "#", "\\#\u200b")
	bareHost = regexp.MustCompile(`(?i)(www)\.`) // becomes a link without any scheme
)

// MarkdownCode returns text as code in Markdown, in a table too. It is "" for
// text that is empty.
func MarkdownCode(text string) string {
	text = Line(text)
	if text == "" {
		return ""
	}
	if !strings.ContainsAny(text, "`|\\") && strings.TrimSpace(text) == text {
		return "`" + text + "`"
	}
	// Readers of Markdown differ in what a backslash means in code in a table.
	var b strings.Builder
	b.WriteString("<code>")
	for _, r := range text {
		if r > ' ' && r < 0x7f && !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9') {
			fmt.Fprintf(&b, "&#%d;", r)
		} else {
			b.WriteRune(r)
		}
	}
	b.WriteString("</code>")
	return b.String()
}
