package sync_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// scribble writes a catalogue as a person might: in any style, with comments
// everywhere. Each comment has a number.
func scribble(random *rand.Rand, groups [][]string, text func(string) string) string {
	var b strings.Builder
	comments := 0
	comment := func() string {
		if random.IntN(2) == 0 {
			return ""
		}
		comments++
		return fmt.Sprintf(" # comment <%d>", comments)
	}
	own := func(indent string) {
		if c := comment(); c != "" {
			b.WriteString(indent + strings.TrimSpace(c) + "\n")
		}
	}
	blank := func() {
		if random.IntN(3) == 0 {
			b.WriteByte('\n')
		}
	}
	dash := strings.Repeat(" ", random.IntN(2)*2)
	inner := dash + "  " + strings.Repeat(" ", random.IntN(2)*2)
	own("")
	b.WriteString("api: {name: bank, title: Bank}" + comment() + "\n")
	blank()
	b.WriteString("groups:" + comment() + "\n")
	for i, g := range groups {
		blank()
		own(dash)
		fmt.Fprintf(&b, "%s- title: Group %d%s\n%s  scopes:%s\n", dash, i, comment(), dash, comment())
		for _, name := range g {
			blank()
			own(inner)
			permits := text(name)
			switch random.IntN(6) {
			case 0:
				fmt.Fprintf(&b, "%s- {scope: %s, permits: '%s'}%s\n", inner, name, permits, comment())
			case 1:
				fmt.Fprintf(&b, "%s- {\"scope\": \"%s\" , permits: \"%s\",%s\n%s   deprecated: old}%s\n", inner, name, permits, comment(), inner, comment())
			case 2:
				fmt.Fprintf(&b, "%s- permits: >-%s\n%s    %s\n%s  scope: '%s'%s\n", inner, comment(), inner, strings.ReplaceAll(permits, " ", "\n"+inner+"    "), inner, name, comment())
			case 3:
				fmt.Fprintf(&b, "%s- scope: %s%s\n", inner, name, comment())
				own(inner + "  ")
				fmt.Fprintf(&b, "%s  permits: %s\n", inner, strings.ReplaceAll(permits, " ", "\n"+inner+"    "))
			case 4:
				fmt.Fprintf(&b, "%s-   scope: \"%s\"%s\n%s    deprecated: soon%s\n%s    permits: |%s\n%s      %s\n", inner, name, comment(), inner, comment(), inner, comment(), inner, permits)
			default:
				fmt.Fprintf(&b, "%s- scope: %s%s\n%s  permits: %s%s\n", inner, name, comment(), inner, permits, comment())
			}
		}
	}
	own("")
	return b.String()
}

// edition draws a table: groups of scopes, from the same few names.
func edition(random *rand.Rand) [][]string {
	topics := []string{"apples", "bears", "caves", "ducks", "eels", "foxes", "geese", "hens", "ibexes"}
	var groups [][]string
	seen := map[string]bool{}
	for range 2 + random.IntN(3) {
		var g []string
		for range 1 + random.IntN(4) {
			name := topics[random.IntN(len(topics))] + []string{":read", ":admin"}[random.IntN(2)]
			if !seen[name] {
				seen[name] = true
				g = append(g, name)
			}
		}
		if len(g) > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

func tableOf(groups [][]string, text func(string) string) string {
	var b strings.Builder
	b.WriteString("| Scope | Permissions |\n|---|---|\n")
	for i, g := range groups {
		fmt.Fprintf(&b, "| Group %d | |\n", i)
		for _, name := range g {
			fmt.Fprintf(&b, "| %s | %s |\n", name, text(name))
		}
	}
	return b.String()
}

func TestAnyTableIsBroughtIntoAnyCatalogueOnceAndForAll(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	first := func(name string) string { return "May use all the " + strings.ReplaceAll(name, ":", " and ") }
	other := func(name string) string {
		if strings.HasPrefix(name, "b") {
			return "May: use, it's \"now\" {all} [of] #it"
		}
		return first(name)
	}
	for round := range 400 {
		had := edition(random)
		text := scribble(random, had, first)
		fsys := fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}
		c, findings := spec.Load(fsys, "scopes.yaml")
		require.NoError(t, findings.Err(), text)

		// A table that says the same changes nothing.
		result, findings := bring(t, fsys, tableOf(had, first), sync.Options{})
		require.NoError(t, findings.Err(), text)
		require.Empty(t, result.Files, text)

		// Another does what it says, and keeps every comment.
		published := tableOf(edition(random), other)
		parsed, _ := table.Parse("table.md", []byte(published))
		options := sync.Options{Renames: map[string]string{}}
		for _, s := range sync.Suggest(c, parsed, options) {
			options.Renames[s.From] = ""
		}
		result, findings = bring(t, fsys, published, options)
		require.NoError(t, findings.Err(), "round %d\n%s\n%s", round, text, published)
		report := diff.Compare(diff.Side{Catalogue: result.Catalogue}, diff.Side{Catalogue: parsed, Table: true})
		require.Empty(t, report.Changes, "round %d\n%s\n%s", round, text, published)
		if changed, ok := result.Files["scopes.yaml"]; ok {
			require.Equal(t, comments(text), comments(string(changed)), "round %d\n%s\n%s\n%s", round, text, published, changed)
		}
		again := maps.Clone(fsys)
		for name, text := range result.Files {
			again[name] = &fstest.MapFile{Data: text}
		}
		result, findings = bring(t, again, published, sync.Options{})
		require.NoError(t, findings.Err())
		require.Empty(t, result.Files, "round %d\n%s\n%s", round, text, published)
	}
}
