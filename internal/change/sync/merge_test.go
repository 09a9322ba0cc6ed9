package sync_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// scribbleOperations writes operations that need scopes, in any style, with numbered
// comments everywhere.
func scribbleOperations(random *rand.Rand, scopes []string) string {
	var b strings.Builder
	comments := 0
	comment := func() string {
		if random.IntN(2) == 0 {
			return ""
		}
		comments++
		return fmt.Sprintf(" # comment <o%d>", comments)
	}
	some := func() []string { // at least two scopes
		shuffled := slices.Clone(scopes)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		return shuffled[:2+random.IntN(len(scopes)-1)]
	}
	quote := func(name string) string {
		return fmt.Sprintf([]string{"%s", "'%s'", `"%s"`}[random.IntN(3)], name)
	}
	flow := func(names []string, indent string) string {
		out := "["
		for i, name := range names {
			if i > 0 {
				out += []string{", ", ",", " , "}[random.IntN(3)]
				if random.IntN(4) == 0 {
					out += comment() + "\n" + indent
				}
			}
			out += quote(name)
		}
		return out + []string{"", " ", ","}[random.IntN(3)] + "]"
	}
	b.WriteString("operations:\n")
	for i := range 12 {
		fmt.Fprintf(&b, "  - id: op%d%s\n    method: GET\n    path: /op%d\n    responses: {204: {}}\n", i, comment(), i)
		key := []string{"any_of", "all_of"}[random.IntN(2)]
		switch random.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "    requires: {scope: %s}%s\n", quote(scopes[random.IntN(len(scopes))]), comment())
		case 1:
			fmt.Fprintf(&b, "    requires: {%s: %s}%s\n", key, flow(some(), "      "), comment())
		case 2:
			fmt.Fprintf(&b, "    requires:%s\n      %s:%s\n", comment(), key, comment())
			for _, name := range some() {
				fmt.Fprintf(&b, "      - %s%s\n", quote(name), comment())
			}
		case 3:
			fmt.Fprintf(&b, "    requires:\n      any_of_sets:%s\n", comment())
			seen := map[string]bool{}
			for range 1 + random.IntN(4) {
				names := some()
				key := strings.Join(slices.Sorted(slices.Values(names)), " ")
				if seen[key] {
					continue
				}
				seen[key] = true
				if random.IntN(2) == 0 {
					fmt.Fprintf(&b, "        - %s%s\n", flow(names, "            "), comment())
					continue
				}
				for j, name := range names {
					fmt.Fprintf(&b, "        %s - %s%s\n", map[bool]string{true: "-", false: " "}[j == 0], quote(name), comment())
				}
			}
		}
	}
	return b.String()
}

// merged returns what a requirement asks once scopes have other names, each set once.
func merged(r spec.Requirement, to map[string]string) []string {
	var sets []string
	for _, set := range r.Rename(to).Sets() {
		if key := spec.ScopeKey(set); !slices.Contains(sets, key) {
			sets = append(sets, key)
		}
	}
	return sets
}

func TestAnyScopesOfAnyCatalogueAreMerged(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	text := func(name string) string { return "May use all the " + strings.ReplaceAll(name, ":", " and ") }
	for round := range 100 {
		var groups [][]string
		var scopes []string
		for len(scopes) < 3 {
			groups = edition(random)
			scopes = slices.Concat(groups...)
		}
		catalogue := "include: [operations.yaml]\n" + scribble(random, groups, text)
		operations := scribbleOperations(random, scopes)
		fsys := fstest.MapFS{"scopes.yaml": {Data: []byte(catalogue)}, "operations.yaml": {Data: []byte(operations)}}
		show := fmt.Sprintf("round %d\n%s\n%s", round, catalogue, operations)
		before, findings := spec.Load(fsys, "scopes.yaml")
		require.NoError(t, findings.Err(), show)

		// Some scopes become one, of a new name or of another scope's.
		into := "everything:see"
		if random.IntN(2) == 0 {
			into = scopes[random.IntN(len(scopes))]
		}
		renames := map[string]string{}
		for _, name := range scopes {
			if name != into && (len(renames) < 1 || random.IntN(3) == 0) {
				renames[name] = into
			}
		}
		var left [][]string
		for _, g := range groups {
			if g = slices.DeleteFunc(slices.Clone(g), func(name string) bool { return renames[name] != "" }); len(g) > 0 {
				left = append(left, g)
			}
		}
		if !slices.Contains(scopes, into) {
			left = append(left, []string{into})
		}
		published := tableOf(left, text)
		show += fmt.Sprintf("\n%v\n%s", renames, published)

		parsed, _ := table.Parse("table.md", []byte(published))
		options := sync.Options{Renames: renames}
		for _, s := range sync.Suggest(before, parsed, options) {
			options.Renames[s.From] = ""
		}
		result, findings := bring(t, fsys, published, options)
		require.NoError(t, findings.Err(), show)
		require.NotEmpty(t, result.Files, show)
		for name, written := range result.Files {
			require.Equal(t, comments(string(fsys[name].Data)), comments(string(written)), "%s\n%s", show, written)
		}
		require.Len(t, result.Catalogue.Operations, len(before.Operations))
		for i, op := range result.Catalogue.Operations {
			require.Equal(t, merged(before.Operations[i].Requires, renames), merged(op.Requires, nil), "%s: %s", op.ID, show)
			require.Len(t, op.Requires.Sets(), len(merged(op.Requires, nil)), show)
		}
		var former []string
		for _, name := range result.Catalogue.Scope(into).RenamedFrom {
			former = append(former, name.Value)
		}
		var want []string
		for _, name := range scopes {
			if renames[name] != "" {
				want = append(want, name)
			}
		}
		require.Equal(t, want, former, show)
		twice(t, fsys, published, options, result)
	}
}
