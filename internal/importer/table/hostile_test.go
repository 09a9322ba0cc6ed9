package table_test

import (
	"strings"
	"testing"

	"github.com/scopegen/scopegen/internal/importer/table"
)

// The work grows with the size of a text, not with its square: a quadratic
// step would keep this test busy for hours.
func TestAHostileTextCostsNoMoreThanItsSize(t *testing.T) {
	const size = 128 << 10
	for name, piece := range map[string]string{
		"brackets": "[", "links": "[a](", "code": "`", "ticks": "` ``", "tags": "<a ", "quotes": `<a b="`, "autolinks": "<a:", "stars": "*a", "underscores": "_ a_", "entities": "&", "braces": "{%",
		"JSX": "{'", "pipes": "|", "rows": "|a:b|\n", "headers": "|a|b|\n|-|-|\n", "HTML tables": "<table><tr><td>a:b", "cells": "<td>", "code tags": "<code>", "scripts": "<script>", "scripts that end": "<style></style></x>", "comments": "<!--", "items": "- a:b\n", "nested items": "  - a:b\n   - c:d\n",
		"bullets": "-\na:b\n· c -\n", "tabs": "a:b\tc\n", "fences": "```\n", "front matter": "---\n", "headings": "# a\n", "indents": "&emsp;", "scopes": "|`a:b`,", "escapes": `\`, "lines": "\n", "HTML items": "<ul><li>a:b", "items of lines": "<li>\na", "terms": "<dl><dt>a:b<dd>c<dd>d", "HTML headings": "<h1>a:b</h1>\nx\n", "scope headings": "# a:b\nx\n", "words": "a:b ", "glued": "a:bC",
		"AsciiDoc tables": "|===\n|a\n", "AsciiDoc cells": "|a:b ", "AsciiDoc spans": "64.64+|", "AsciiDoc code": "`+a ", "AsciiDoc links": "link:a[", "AsciiDoc roles": "[a]#", "attributes": "[a]\n|===\n",
		"boxes": "+--+--+\n", "box rows": "+--+--+\n|a |b |\n", "borders": "== ==\n", "border rows": "== ==\na  b\n", "list tables": ".. list-table::\n  * - a\n", "roles": ":a:`", "notes": " [1]_", "underlines": "a:b\n---\n", "substitutions": "|a ",
	} {
		t.Run(name, func(*testing.T) {
			text := strings.Repeat(piece, size/len(piece))
			table.Parse("table.md", []byte(text))
			table.Parse("table.md", []byte("| Scope | Text |\n|---|---|\n| a:b | "+text))
			table.Parse("page.adoc", []byte("|===\n|Scope |Text\n\n|a:b |"+text+"\n|===\n"))
			table.Parse("page.rst", []byte(".. list-table::\n  :header-rows: 1\n\n  * - Scope\n    - Text\n  * - a:b\n    - "+text))
			cell := strings.ReplaceAll(text[:30_000], "\n", " ")
			table.Parse("table.md", []byte("| Scope | Text |\n|---|---|\n"+strings.Repeat("| a:b | "+cell+"|\n", size/len(cell))))
			table.Parse("page.adoc", []byte("|===\n|Scope |Text\n\n"+strings.Repeat("|a:b |"+strings.ReplaceAll(cell, "|", "")+"\n", size/len(cell))+"|===\n"))
			table.Parse("table.html", []byte("<table><tr><th>Scope<th>Text"+strings.Repeat("<tr><td>a:b<td>"+cell, size/len(cell))))
		})
	}
}
