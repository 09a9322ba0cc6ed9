package diff_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/spec"
)

// revision reads one revision of an API's operations: lines of
// "op", "GET /path", "scheme[scope,scope] | scheme[scope]".
func revision(t *testing.T, file string, allOf bool) *spec.Catalogue {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var operations []*spec.Operation
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if fields[0] != "op" {
			continue
		}
		method, path, _ := strings.Cut(fields[1], " ")
		op := &spec.Operation{ID: fields[1], Method: method, Path: path, Requires: spec.Requirement{Alternatives: []spec.Alternative{}}}
		token := false
		for alternative := range strings.SplitSeq(fields[2], " | ") {
			scheme, list, ok := strings.Cut(alternative, "[")
			if !ok || strings.Contains(scheme, "apiToken") {
				continue
			}
			list = strings.TrimSuffix(list, "]")
			if list == "" {
				token = true
				continue
			}
			var set []spec.Text
			for s := range strings.SplitSeq(list, ",") {
				set = append(set, spec.Text{Value: s})
			}
			if allOf {
				op.Requires.Alternatives = append(op.Requires.Alternatives, spec.Alternative{Token: true, Scopes: set})
				continue
			}
			for _, s := range set {
				op.Requires.Alternatives = append(op.Requires.Alternatives, spec.Alternative{Token: true, Scopes: []spec.Text{s}})
			}
		}
		if len(op.Requires.Alternatives) == 0 {
			op.Requires.Alternatives = []spec.Alternative{{Token: token}}
		}
		operations = append(operations, op)
	}
	return catalogueOf(operations, nil)
}

// Real APIs over years: what is said about each operation's requirement is what
// trying every token says, whether a list of scopes means all or any of them.
func TestTheRequirementsOfRealAPIsChangeAsTheyAreReported(t *testing.T) {
	const history = "../../../../shared/corpus/spec-history"
	index, err := os.ReadFile(filepath.Join(history, "INDEX.tsv"))
	if err != nil {
		t.Skip("the history of real APIs is not beside this repository")
	}
	revisions := map[string][]string{}
	for line := range strings.Lines(string(index)) {
		file := strings.TrimPrefix(strings.Split(line, "\t")[0], "spec-history/")
		if api, _, ok := strings.Cut(file, "/"); ok && strings.HasSuffix(file, ".tsv") {
			revisions[api] = append(revisions[api], filepath.Join(history, file))
		}
	}
	require.NotEmpty(t, revisions)
	changes := 0
	for _, files := range revisions {
		slices.Sort(files)
		for i := 1; i < len(files); i++ {
			for _, allOf := range []bool{true, false} {
				old, now := revision(t, files[i-1], allOf), revision(t, files[i], allOf)
				report := diff.Compare(diff.Side{Name: "old", Catalogue: old}, diff.Side{Name: "new", Catalogue: now})
				said := requirementChanges(report)
				before := map[string]*spec.Operation{}
				for _, op := range old.Operations {
					before[op.ID] = op
				}
				added := 0
				for _, op := range now.Operations {
					if before[op.ID] == nil {
						added++
						continue
					}
					require.Equal(t, judged(before[op.ID].Requires, op.Requires, nil), said[op.ID], "%s: %s", files[i], op.ID)
					delete(before, op.ID)
				}
				require.Len(t, subjectsOf(report, diff.OperationAdded), added)
				require.Len(t, subjectsOf(report, diff.OperationRemoved), len(before))
				changes += len(said)
			}
		}
	}
	require.Greater(t, changes, 100)
	t.Logf("%d changes of requirements", changes)
}

// The queue of a music player asks for a second scope since December 2023.
func TestASecondScopeNarrowsOrWidensByWhatAListMeans(t *testing.T) {
	one := []spec.Text{{Value: "user-read-playback-state"}}
	two := []spec.Text{{Value: "user-read-currently-playing"}, {Value: "user-read-playback-state"}}
	compare := func(now [][]spec.Text) map[string]diff.Kind {
		operation := func(sets [][]spec.Text) []*spec.Operation {
			var alternatives []spec.Alternative
			for _, set := range sets {
				alternatives = append(alternatives, spec.Alternative{Token: true, Scopes: set})
			}
			return []*spec.Operation{{ID: "queue", Method: "GET", Path: "/me/player/queue", Requires: spec.Requirement{Alternatives: alternatives}}}
		}
		return requirementChanges(diff.Compare(
			diff.Side{Name: "old", Catalogue: catalogueOf(operation([][]spec.Text{one}), nil)},
			diff.Side{Name: "new", Catalogue: catalogueOf(operation(now), nil)}))
	}
	require.Equal(t, diff.RequirementNarrowed, compare([][]spec.Text{two})["queue"])
	require.Equal(t, diff.RequirementWidened, compare([][]spec.Text{{two[0]}, {two[1]}})["queue"])
}

func subjectsOf(r *diff.Report, kind diff.Kind) (out []string) {
	for _, c := range r.Changes {
		if c.Kind == kind {
			out = append(out, c.Subject)
		}
	}
	return out
}
