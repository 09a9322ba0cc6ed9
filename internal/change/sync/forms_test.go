package sync_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/catalogue/write"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// formChange is what changed between two forms of the published table.
type formChange struct {
	from, to       string
	added, removed []string
	renamed        map[string]string
}

// forms reads the historical forms of one published table.
func forms(t testing.TB) (map[string][]string, []formChange) {
	t.Helper()
	text, err := os.ReadFile("testdata/forms.txt")
	require.NoError(t, err)
	tables, changes := map[string][]string{}, []formChange(nil)
	form := ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#":
		case words[0] == "form":
			form = words[1]
		case words[0] == "change":
			changes = append(changes, formChange{from: words[1], to: words[2], renamed: map[string]string{}})
		case words[0] == "+":
			changes[len(changes)-1].added = append(changes[len(changes)-1].added, words[1])
		case words[0] == "-":
			changes[len(changes)-1].removed = append(changes[len(changes)-1].removed, words[1])
		case words[0] == ">":
			changes[len(changes)-1].renamed[words[1]] = words[2]
		default:
			tables[form] = append(tables[form], words[0])
		}
	}
	return tables, changes
}

func published(scopes []string) string {
	var b strings.Builder
	b.WriteString("| Scope | Permissions |\n|---|---|\n")
	for _, s := range scopes {
		fmt.Fprintf(&b, "| `%s` | What %s permits. |\n", s, strings.ReplaceAll(s, "_", " "))
	}
	return b.String()
}

// commented imports a table and writes comments at every place of it.
func commented(t testing.TB, scopes []string) string {
	t.Helper()
	c, notes := table.Parse("table.md", []byte(published(scopes)))
	require.NoError(t, notes.Err())
	c.API = spec.API{Name: "bank", Title: "Bank"}
	var b strings.Builder
	n := 0
	comment := func(format string) {
		n++
		fmt.Fprintf(&b, format, n)
	}
	comment("# comment <%d>\n")
	for line := range strings.Lines(string(write.Table(c))) {
		indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
		if strings.HasPrefix(strings.TrimSpace(line), "- scope") {
			b.WriteString(indent)
			comment("# comment <%d>\n")
		}
		b.WriteString(strings.TrimSuffix(line, "\n"))
		if strings.TrimSpace(line) != "" {
			comment("  # comment <%d>\n")
		} else {
			b.WriteByte('\n')
		}
	}
	comment("# comment <%d>\n")
	return b.String()
}

func comments(text string) []string {
	var out []string
	for line := range strings.Lines(text) {
		if i := strings.Index(line, "# comment <"); i >= 0 {
			out = append(out, strings.TrimSpace(line[i:]))
		}
	}
	slices.Sort(out)
	return out
}

func TestTheFormsOfAPublishedTableFollowEachOtherAsTheirHistorySays(t *testing.T) {
	tables, changes := forms(t)
	require.Len(t, tables, 8)
	for _, change := range changes {
		t.Run(change.from+" to "+change.to, func(t *testing.T) {
			text := commented(t, tables[change.from])
			fsys := fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}
			old, findings := spec.Load(fsys, "scopes.yaml")
			require.NoError(t, findings.Err())
			parsed, _ := table.Parse("table.md", []byte(published(tables[change.to])))

			// Without a word from a person the renames are suggested, nothing else is.
			suggested := map[string]string{}
			for _, s := range sync.Suggest(old, parsed, sync.Options{}) {
				suggested[s.From] = s.To
				require.GreaterOrEqual(t, s.Confidence, 0.9)
			}
			require.Equal(t, change.renamed, suggested)

			result, findings := bring(t, fsys, published(tables[change.to]), sync.Options{Renames: change.renamed})
			require.NoError(t, findings.Err())
			report := diff.Compare(diff.Side{Name: "old", Catalogue: old}, diff.Side{Name: "new", Catalogue: result.Catalogue})
			require.Equal(t, sorted(change.added), subjects(report, diff.ScopeAdded))
			require.Equal(t, sorted(change.removed), subjects(report, diff.ScopeRemoved))
			renamed := map[string]string{}
			for _, c := range report.Changes {
				if c.Kind == diff.ScopeRenamed {
					renamed[c.From] = c.To
				}
			}
			require.Equal(t, change.renamed, renamed)
			require.Empty(t, report.Suggestions)

			var names []string
			for _, s := range result.Catalogue.Scopes() {
				names = append(names, s.Name)
			}
			require.Equal(t, sorted(tables[change.to]), sorted(names))
			require.Equal(t, comments(text), comments(string(result.Files["scopes.yaml"])), "a comment was lost")
			twice(t, fsys, published(tables[change.to]), sync.Options{}, result)
		})
	}
}

// All forms in order, on one catalogue that a person has written comments into.
func TestOneCatalogueGoesThroughAllFormsAndKeepsItsComments(t *testing.T) {
	tables, _ := forms(t)
	order := []struct {
		form    string
		count   int
		renames map[string]string
	}{
		{"reference_s1", 26, nil}, {"reference_s2", 30, nil}, {"reference_s3_openapi_1_9_0", 34, nil},
		{"reference_s4", 38, nil}, {"reference_s5", 40, nil}, {"reference_s6_sdk", 57, nil},
		{"guide_g1", 30, map[string]string{"reference_accounts:read": "reference:accounts:read"}},
		{"guide_g2_seed", 40, map[string]string{"reference:accounts:read": "reference_accounts:read"}},
	}
	text := commented(t, tables[order[0].form])
	want := comments(text)
	for _, step := range order {
		fsys := fstest.MapFS{"scopes.yaml": {Data: []byte(text)}}
		result, findings := bring(t, fsys, published(tables[step.form]), sync.Options{Renames: step.renames})
		require.NoError(t, findings.Err(), step.form)
		require.Len(t, result.Catalogue.Scopes(), step.count)
		if changed := result.Files["scopes.yaml"]; changed != nil {
			text = string(changed)
		}
		require.Equal(t, want, comments(text), step.form)
	}
}

func subjects(r *diff.Report, kind diff.Kind) []string {
	out := []string{}
	for _, c := range r.Changes {
		if c.Kind == kind {
			out = append(out, c.Subject)
		}
	}
	return sorted(out)
}

func sorted(list []string) []string {
	return slices.Sorted(slices.Values(append([]string{}, list...)))
}

func TestTheFormsAreThoseOfTheHistory(t *testing.T) {
	text, err := os.ReadFile("../../../../shared/upvest/scope_tables.yaml")
	if err != nil {
		t.Skip("the history of the published table is not beside this repository")
	}
	var history struct {
		Tables []struct {
			ID     string
			Count  int
			Scopes []string
		}
		Changes []struct {
			From, To       string
			Added, Removed []string
			Renamed        []struct{ From, To string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &history))
	tables, changes := forms(t)
	require.Len(t, tables, len(history.Tables))
	for _, h := range history.Tables {
		require.Equal(t, h.Scopes, tables[h.ID])
		require.Len(t, h.Scopes, h.Count)
	}
	require.Len(t, changes, len(history.Changes))
	for i, h := range history.Changes {
		require.Equal(t, []string{h.From, h.To}, []string{changes[i].from, changes[i].to})
		require.ElementsMatch(t, h.Added, changes[i].added)
		require.ElementsMatch(t, h.Removed, changes[i].removed)
		require.Len(t, changes[i].renamed, len(h.Renamed))
		for _, r := range h.Renamed {
			require.Equal(t, r.To, changes[i].renamed[r.From])
		}
	}
}
