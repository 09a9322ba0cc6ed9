package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/program/audit"
)

// hostile stands wherever a catalogue or a program has text. It must be seen as it
// is.
const hostile = "x|`</td></title></svg><script>document.title='owned'</script><img src=https://evil.example/i onerror=alert(1)>[l](https://evil.example) \"'@all\n| a | b |"

// hostileResult has hostile text wherever there is text.
func hostileResult() *audit.Result {
	pos := diag.Position{File: hostile, Line: 3, Column: 1}
	steps := []audit.Step{{Function: hostile}, {Function: hostile, Pos: pos, How: hostile}}
	use := audit.Use{Operation: hostile, Method: "GET", Path: hostile, Client: hostile, Carries: []string{hostile}, Sites: []audit.Site{{Function: hostile, Pos: pos}}, Witness: steps}
	unreachable := "unreachable " + hostile
	return &audit.Result{
		Schema: audit.Schema, Build: audit.Build{GOOS: hostile, GOARCH: hostile, Tags: hostile},
		Roots: []audit.Root{{Package: hostile, APIs: []audit.API{{
			Name: hostile, Title: hostile, Package: hostile,
			Requested: []string{hostile, unreachable}, Reachable: []string{hostile}, Unreachable: []string{unreachable}, Carried: []string{hostile}, Least: []string{hostile},
			Scopes:   []audit.Scope{{Scope: hostile, Permits: 2, Operations: []audit.Use{use}, Raw: []audit.Site{{Function: hostile, Pos: pos, How: hostile}}}},
			Unscoped: []audit.Use{use},
		}}}},
		Findings: diag.List{{Severity: diag.Warning, Code: "SG1001", Pos: pos, Message: hostile, Source: hostile, Hint: hostile, Related: []diag.Related{{Pos: pos, Message: hostile, Source: hostile}}}},
	}
}

func TestHostileTextStaysInItsCellOfMarkdown(t *testing.T) {
	links := audit.Links("/work/app", func(name string) string {
		return map[string]string{"GITHUB_REPOSITORY": "a/b", "GITHUB_SHA": "c0ffee", "GITHUB_SERVER_URL": "https://github.example", "GITHUB_WORKSPACE": "/work"}[name]
	})
	for name, link := range map[string]func(diag.Position) string{"linked": links, "plain": func(diag.Position) string { return "" }} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, hostileResult().Markdown(&b, link))
			rows := 0
			for line := range strings.Lines(b.String()) {
				if strings.HasPrefix(line, "|") {
					rows++
					require.Equal(t, 4, strings.Count(line, "|"), "a row has three cells: %s", line)
				}
			}
			require.Equal(t, 8, rows, b.String())
			text := strings.NewReplacer("<br>", "", `\]`, "", "<code>", "", "</code>", "", "](https://github.example/a/b/blob/c0ffee/app/", "").Replace(b.String())
			require.NotContains(t, text, "<")
			require.NotContains(t, text, "](")
			require.NotContains(t, strings.ReplaceAll(text, `\://`, ""), "://")
			require.NotContains(t, text, "@all")
		})
	}
}

func TestFilesAreURIsInSARIF(t *testing.T) {
	for file, want := range map[string]string{
		"cmd/main.go":     `[{"physicalLocation": {"artifactLocation": {"uri": "cmd/main.go"}, "region": {"startLine": 3}}}]`,
		"a b/100%.go":     `[{"physicalLocation": {"artifactLocation": {"uri": "a%20b/100%25.go"}, "region": {"startLine": 3}}}]`,
		"a:b.go":          `[{"physicalLocation": {"artifactLocation": {"uri": "./a:b.go"}, "region": {"startLine": 3}}}]`,
		"/src/a b/lib.go": `[{"physicalLocation": {"artifactLocation": {"uri": "file:///src/a%20b/lib.go"}, "region": {"startLine": 3}}}]`,
		"":                `[]`,
	} {
		var b bytes.Buffer
		result := &audit.Result{Findings: diag.List{{Code: "SG1001", Message: "m", Pos: diag.Position{File: file, Line: 3}}}}
		require.NoError(t, result.SARIF(&b, ""))
		var log struct {
			Runs []struct {
				Results []struct{ Locations json.RawMessage }
			}
		}
		require.NoError(t, json.Unmarshal(b.Bytes(), &log))
		require.JSONEq(t, want, string(log.Runs[0].Results[0].Locations))
	}
}

// GitHub refuses a comment that is too long.
func TestACommentIsNeverTooLong(t *testing.T) {
	result := &audit.Result{}
	for i := range 3000 {
		use := audit.Use{Method: "GET", Path: "/things", Witness: []audit.Step{{Function: "main.main"}}}
		result.Roots = append(result.Roots, audit.Root{Package: fmt.Sprintf("example.com/%d", i), APIs: []audit.API{{Scopes: []audit.Scope{{Scope: "things:read", Operations: []audit.Use{use}}}}}})
	}
	var b bytes.Buffer
	require.NoError(t, result.Markdown(&b, func(diag.Position) string { return "" }))
	require.Less(t, b.Len(), 65_536)
	require.Regexp(t, `\n\d+ rows are left out, because a comment holds no more: .--format html. has them all\.\n$`, b.String())
}

func TestLinksLeadIntoTheRepositoryAlone(t *testing.T) {
	job := map[string]string{"CI_PROJECT_URL": "https://gitlab.example/a/b", "CI_COMMIT_SHA": "c0ffee", "CI_PROJECT_DIR": "/builds/b"}
	link := audit.Links("/builds/b/app", func(name string) string { return job[name] })
	for file, want := range map[string]string{
		"main.go":                "https://gitlab.example/a/b/-/blob/c0ffee/app/main.go#L7",
		"a b/(x)#.go":            "https://gitlab.example/a/b/-/blob/c0ffee/app/a%20b/%28x%29%23.go#L7",
		"../go.mod":              "https://gitlab.example/a/b/-/blob/c0ffee/go.mod#L7",
		"../../../etc/passwd":    "",
		"/usr/lib/go/src/fmt.go": "",
		"":                       "",
	} {
		require.Equal(t, want, link(diag.Position{File: file, Line: 7}), file)
	}
	for name, value := range map[string]string{"CI_PROJECT_URL": "javascript:alert(1)", "CI_COMMIT_SHA": "", "CI_PROJECT_DIR": ""} {
		old := job[name]
		job[name] = value
		require.Empty(t, audit.Links("/builds/b/app", func(name string) string { return job[name] })(diag.Position{File: "main.go"}), name)
		job[name] = old
	}
}
