package diag_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/diag"
)

var findings = diag.List{
	{
		Code: "duplicate-scope", Pos: diag.Position{File: "scopes.yaml", Line: 12, Column: 9},
		Message: `scope "users:read" is declared twice`, Source: "      - scope: users:read",
		Related: []diag.Related{{Pos: diag.Position{File: "scopes.yaml", Line: 3, Column: 9}, Message: "the first is here", Source: "      - scope: users:read"}},
		Hint:    "remove one of the two",
	},
	{Severity: diag.Warning, Code: "no-servers", Pos: diag.Position{File: "scopes.yaml"}, Message: "the table names no server"},
}

func text(t *testing.T, l diag.List, colour bool) string {
	var b bytes.Buffer
	require.NoError(t, diag.Text(&b, l, colour))
	return b.String()
}

func TestTextShowsTheSourceLineAndEveryPlace(t *testing.T) {
	require.Equal(t, `scopes.yaml:12:9: error: scope "users:read" is declared twice
   12 |       - scope: users:read
      |         ^
  scopes.yaml:3:9: the first is here
    3 |       - scope: users:read
      |         ^
  hint: remove one of the two

scopes.yaml: warning: the table names no server
`, text(t, findings, false))
}

func TestTextIsColouredOnlyWhenAsked(t *testing.T) {
	require.NotContains(t, text(t, findings, false), "\x1b")
	coloured := text(t, findings, true)
	require.Contains(t, coloured, "\x1b[1;31merror: \x1b[0m")
	require.Contains(t, coloured, "\x1b[1;33mwarning: \x1b[0m")
}

func TestTheMarkStandsBelowThePlaceBehindTabsAndWideLetters(t *testing.T) {
	l := diag.List{{Pos: diag.Position{File: "f", Line: 1, Column: len("\tgrün: ") + 1}, Message: "m", Source: "\tgrün: x"}}
	require.Equal(t, "f:1:9: error: m\n    1 | \tgrün: x\n      | \t      ^\n", text(t, l, false))
}

func TestALongLineIsCutAroundThePlace(t *testing.T) {
	line := strings.Repeat("a", 500) + "X" + strings.Repeat("b", 500)
	printed := text(t, diag.List{{Pos: diag.Position{File: "f", Line: 1, Column: 501}, Message: "m", Source: line}}, false)
	lines := strings.Split(printed, "\n")
	require.Less(t, len(lines[1]), 130)
	require.Equal(t, strings.Index(strings.ReplaceAll(lines[1], "…", "."), "X"), strings.Index(lines[2], "^"))
}

func TestAColumnBehindTheLineDoesNoHarm(t *testing.T) {
	printed := text(t, diag.List{{Pos: diag.Position{File: "f", Line: 1, Column: 99}, Message: "m", Source: "ab"}}, false)
	require.Contains(t, printed, "    1 | ab\n      |   ^\n")
}

func TestInputCannotControlTheTerminal(t *testing.T) {
	evil := "\x1b]0;title\a\u202e\r\n\u0085"
	l := diag.List{{
		Pos: diag.Position{File: "f" + evil, Line: 1, Column: 1}, Message: evil, Source: evil, Hint: evil,
		Related: []diag.Related{{Pos: diag.Position{File: "f"}, Message: evil}},
	}}
	printed := text(t, l, false)
	for _, bad := range []string{"\x1b", "\a", "\u202e", "\r", "\u0085"} {
		require.NotContains(t, printed, bad)
	}
}

func TestJSONHoldsEverythingAndReadsBack(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, diag.JSON(&b, findings))
	var document struct{ Diagnostics diag.List }
	require.NoError(t, json.Unmarshal(b.Bytes(), &document))
	require.Equal(t, findings, document.Diagnostics)
	require.Contains(t, b.String(), `"severity": "warning"`)
}

func TestJSONOfNoFindingsIsAnEmptyList(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, diag.JSON(&b, nil))
	require.JSONEq(t, `{"diagnostics": []}`, b.String())
}

func TestGitHubAnnotationsAreOneLineEachAndEscaped(t *testing.T) {
	l := append(slices.Clone(findings), diag.Diagnostic{Code: "x", Pos: diag.Position{File: "a,b:c.yaml", Line: 1}, Message: "50%\n::error::forged"})
	var b bytes.Buffer
	require.NoError(t, diag.GitHub(&b, l))
	require.Equal(t, `::error file=scopes.yaml,line=12,col=9,title=duplicate-scope::scope "users:read" is declared twice%0Ascopes.yaml:3:9: the first is here%0Ahint: remove one of the two
::warning file=scopes.yaml,title=no-servers::the table names no server
::error file=a%2Cb%3Ac.yaml,line=1,title=x::50%25%0A::error::forged
`, b.String())
}

func TestAFailingWriterIsReported(t *testing.T) {
	broken := errors.New("broken pipe")
	require.ErrorIs(t, diag.Text(failing{broken}, findings, false), broken)
	require.ErrorIs(t, diag.GitHub(failing{broken}, findings), broken)
	require.ErrorIs(t, diag.JSON(failing{broken}, findings), broken)
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
