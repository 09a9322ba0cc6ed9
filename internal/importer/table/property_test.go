package table_test

import (
	"fmt"
	"html"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// The ways in which a catalogue may be printed as a table.
var printers = map[string]func(c *spec.Catalogue) string{
	"Markdown": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString("| Scope | Permissions |\n|---|---|\n")
		each(c, func(g string) { fmt.Fprintf(&b, "| %s | |\n", g) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", s.Name, markdown(s.Permits))
		})
		return b.String()
	},
	"Markdown without leading pipes": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString("Scope | Permissions |\n---|---|\n")
		each(c, func(g string) { fmt.Fprintf(&b, "| %s | |\n", g) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "%s | %s |\n", markdown(s.Name), markdown(s.Permits))
		})
		return b.String()
	},
	"HTML": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString("<table>\n<tr><th>Scope</th><th>Permissions</th></tr>\n")
		each(c, func(g string) { fmt.Fprintf(&b, "<tr><td colspan=2>%s</td></tr>\n", html.EscapeString(g)) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "<tr><td><code>%s</code></td>\n<td>%s</td></tr>\n", html.EscapeString(s.Name), html.EscapeString(s.Permits))
		})
		return b.String() + "</table>\n"
	},
	"tabs": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString("Scope\tPermissions\n")
		each(c, func(g string) { b.WriteString(g + "\n") }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "%s\t%s\n", markdown(s.Name), markdown(s.Permits))
		})
		return b.String()
	},
	"a list": func(c *spec.Catalogue) string {
		var b strings.Builder
		each(c, func(g string) { fmt.Fprintf(&b, "\n## %s\n\n", g) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "- `%s`: %s\n", s.Name, markdown(s.Permits))
		})
		return b.String()
	},
	"AsciiDoc": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString("[cols=\"1,3\"]\n|===\n|Scope |Permissions\n\n")
		each(c, func(g string) { fmt.Fprintf(&b, "2+|%s\n", g) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "|`+%s+`\n|%s\n\n", s.Name, asciidoc(s.Permits))
		})
		return b.String() + "|===\n"
	},
	"a grid of reStructuredText": func(c *spec.Catalogue) string {
		var b strings.Builder
		border := "+" + strings.Repeat("-", 60) + "+" + strings.Repeat("-", 200) + "+\n"
		fmt.Fprintf(&b, "%s| %-58s | %-198s |\n%s", border, "Scope", "Permissions", strings.ReplaceAll(border, "-", "="))
		each(c, func(g string) { fmt.Fprintf(&b, "| %-259s |\n%s", g, border) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "| %-58s | %-198s |\n%s", "``"+s.Name+"``", rst(s.Permits), border)
		})
		return b.String()
	},
	"a simple table of reStructuredText": func(c *spec.Catalogue) string {
		var b strings.Builder
		border := strings.Repeat("=", 60) + "  " + strings.Repeat("=", 30) + "\n"
		each(c, func(g string) { fmt.Fprintf(&b, "\n%s\n%s\n\n", g, strings.Repeat("-", 80)) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "%s%-60s  Permissions\n%s%-60s  %s\n%s\n", border, "Scope", border, "``"+s.Name+"``", rst(s.Permits), border)
		})
		return b.String()
	},
	"a list table of reStructuredText": func(c *spec.Catalogue) string {
		var b strings.Builder
		b.WriteString(".. list-table::\n   :header-rows: 1\n\n   * - Scope\n     - Permissions\n")
		each(c, func(g string) { fmt.Fprintf(&b, "   * - %s\n     -\n", g) }, func(s *spec.Scope) {
			fmt.Fprintf(&b, "   * - %s\n     - %s\n", rst(s.Name), rst(s.Permits))
		})
		return b.String()
	},
}

func asciidoc(s string) string {
	return strings.NewReplacer("|", `\|`, "*", `\*`, "_", `\_`, "<", `\<`, "&", "{amp}", "`", "\\`", "[", `\[`, "{", `\{`).Replace(s)
}

func rst(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`").Replace(s)
}

func markdown(s string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "_", `\_`, "<", `\<`, "&", "&amp;", "`", "\\`", "[", `\[`, "{", `\{`).Replace(s)
}

func each(c *spec.Catalogue, group func(string), scope func(*spec.Scope)) {
	for _, g := range c.Groups {
		group(g.Title)
		for _, s := range g.Scopes {
			scope(s)
		}
	}
}

func TestImportingAPrintedCatalogueGivesTheSameGroupsScopesAndTexts(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for shape, printed := range printers {
		t.Run(shape, func(t *testing.T) {
			for range 300 {
				want := catalogue(random)
				got, notes := table.Parse("table.md", []byte(printed(want)))
				require.NotNil(t, got, "%v\n%s", notes, printed(want))
				require.Equal(t, shown(want), shown(got), printed(want))
			}
		})
	}
}

func shown(c *spec.Catalogue) []string {
	var out []string
	each(c, func(g string) { out = append(out, "# "+g) }, func(s *spec.Scope) { out = append(out, s.Name+" "+s.Permits) })
	return out
}

func catalogue(random *rand.Rand) *spec.Catalogue {
	topics := []string{"users", "reference_accounts", "a.b.c", "https://x.example/auth/some", "under.score", "__init__", "x*y"}
	actions := []string{"read", "admin", "write-all", "*", "read_only", "~"}
	words := []string{"Read", "users", "and", "a|b", "*all*", "of_them_all", "_these_", "<b>", "&amp;", "R&D", `C:\x`, "[link](x)", "{% if %}", "`code`", "50%", "–", "…", "it's", `"so"`}
	c := &spec.Catalogue{}
	for g := range 1 + random.IntN(4) {
		group := spec.Group{Title: fmt.Sprintf("Group %d and more", g)}
		for s := range 1 + random.IntN(5) {
			var text []string
			for range 1 + random.IntN(6) {
				text = append(text, words[random.IntN(len(words))])
			}
			group.Scopes = append(group.Scopes, &spec.Scope{
				Name:    fmt.Sprintf("%s%d%d:%s", topics[random.IntN(len(topics))], g, s, actions[random.IntN(len(actions))]),
				Permits: "x " + strings.Join(text, " "),
			})
		}
		c.Groups = append(c.Groups, group)
	}
	return c
}

func TestAnImportedTableIsACatalogueThatLoads(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		want := catalogue(random)
		want.API = spec.API{Name: "api", Title: "An API: the first"}
		loaded := load(t, write.Table(want))
		require.Equal(t, shown(want), shown(loaded))
	}
}

func FuzzParse(f *testing.F) {
	random := rand.New(rand.NewPCG(5, 6))
	for _, printed := range printers {
		f.Add([]byte(printed(catalogue(random))))
	}
	f.Add([]byte("-\nusers:read\n· Read -\nusers:write\n· Write\n- x"))
	f.Add([]byte("&emsp;`a:b`| x {% y %}\n---|---\n **[`c:d`](e)** | [^1] ![x](y) <https://z>"))
	f.Add([]byte("<table><tr><td rowspan=3>a:b<td colspan=2>x<tr><td>y<tr><td rowspan=0>c:d</table>"))
	f.Add([]byte("<h2>A</h2>\n<ul><li><code>a:b</code>: x<ol><li>c:d – y</ul>\n<dl><dt>e:f<dd>z<dd>z</dl>"))
	f.Add([]byte("# A\n\n## `a:b`\n\nx\ny\n\n<h2>c:d</h2>\nz"))
	f.Add([]byte("[cols=2*]\n|===\n|Scope 2.1+m|`+a:b+`\n\n|+c:d+ |link:x[y] [.z]#a# {amp} \\|\n|===\n\n== A\n"))
	f.Add([]byte("A\n===\n\n+---+---+\n|a:b|x  |\n+===+===+\n| x     |\n+---+---+\n\n===  ===\na:b  |x| [1]_ `y <z>`_\n===  ===\n"))
	f.Add([]byte(".. list-table::\n   :header-rows: 1\n\n   * - Scope\n   * - ``a:b``\n     - x\n"))
	f.Add([]byte("Scope,Text\na:b,\"x, y\"\n"))
	f.Add([]byte(`{"scopes_supported": ["a:b", "c"]}`))
	f.Add([]byte("openapi: 3.1.0\ncomponents:\n  securitySchemes:\n    o: {type: oauth2, flows: {implicit: {scopes: {a:b: x}}}}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, name := range []string{"table.md", "table.csv", "table.yaml"} {
			parsed(t, name, text)
		}
	})
}

// parsed holds a text to what Parse promises: an error, or a catalogue that loads.
func parsed(t *testing.T, name string, text []byte) {
	t.Helper()
	c, notes := table.Parse(name, text)
	if c == nil {
		require.Error(t, notes.Err())
		return
	}
	require.NoError(t, notes.Err())
	require.NotEmpty(t, names(c))
	c.API = spec.API{Name: "api", Title: "API"}
	load(t, write.Table(c))
}
