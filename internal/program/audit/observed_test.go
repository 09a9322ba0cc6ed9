package audit_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/program/audit"
)

// The program "direct" calls get_order with orders:read, and nothing else.
func TestObservedCallsMustBeReachable(t *testing.T) {
	audited, err := audit.Audit(context.Background(), audit.Config{Dir: ".", Patterns: []string{"./testdata/cases/direct"}})
	require.NoError(t, err)
	for log, want := range map[string]string{
		`{"operation":"get_order","scopes":["orders:read"],"more":[1]}`:                      "",
		`{"method":"GET","path":"/orders/7?x=1"}`:                                            "",
		`{"method":"GET","path":"/base/path/orders/7"}`:                                      "",
		`{"operation":"token","scopes":["customers:admin"]}`:                                 "",
		"\n\n" + `{"method":"POST","path":"/orders"}` + "\n" + `{"operation":"place_order"}`: "log:3: called POST /orders (place_order) SG1010",
		`{"operation":"get_order","scopes":["orders:write"]}`:                                "log:1: carried orders:write SG1010",
		`{"method":"DELETE","path":"/orders/7/8/9"}`:                                         "log:1: no API has an operation for the call DELETE /orders/7/8/9 SG1006",
		`{"method":"GET","path":"/orders/%zz"}`:                                              "log:1: no API has an operation for the call GET /orders/%zz SG1006",
	} {
		result := *audited
		result.Findings = slices.Clone(result.Findings)
		calls, err := audit.ReadCalls(strings.NewReader(log), "log")
		require.NoError(t, err)
		root, err := result.Only()
		require.NoError(t, err)
		before := len(result.Findings)
		result.Observed(root, "log", calls)
		if want == "" {
			require.Len(t, result.Findings, before, log)
			continue
		}
		require.Len(t, result.Findings, before+1, log)
		for _, d := range result.Findings {
			if d.Pos.File != "log" {
				continue
			}
			got := d.Pos.String() + ": " + d.Message + " " + d.Code
			for word := range strings.FieldsSeq(want) {
				require.Contains(t, got, word)
			}
		}
	}
}

// A log without the names of operations does not tell which of two operations of one
// method and path was called: it is taken for the one that the program reaches.
func TestAnObservedCallIsOfTheReachedOneOfTwoOperations(t *testing.T) {
	result, err := audit.Audit(t.Context(), audit.Config{Dir: ".", Patterns: []string{"./testdata/cases/fragment"}})
	require.NoError(t, err)
	root, err := result.Only()
	require.NoError(t, err)
	for log, findings := range map[string]int{
		`{"method":"PUT","path":"/stock/a"}`: 0, `{"operation":"reserve_stock"}`: 0, `{"operation":"move_stock"}`: 1,
	} {
		calls, err := audit.ReadCalls(strings.NewReader(log), "log")
		require.NoError(t, err)
		before := len(result.Findings)
		result.Observed(root, "log", calls)
		require.Len(t, result.Findings, before+findings, log)
	}
}

func TestALogThatCannotBeReadIsRefusedWithItsLine(t *testing.T) {
	for log, want := range map[string]string{
		"\n{\"method\":\"GET\"}":                          `log:2: a call needs "operation", or "method" and "path"`,
		"{\"method\":\"GET\",\"path\":\"/\"}\nGET /users": "log:2: no call as JSON",
		strings.Repeat("x", 2<<20):                        "log:1: the line is longer than 1048576 bytes",
		`{"scopes":"orders:read","operation":"x"}`:        "log:1: no call as JSON",
	} {
		_, err := audit.ReadCalls(strings.NewReader(log), "log")
		require.ErrorContains(t, err, want)
	}
}

func FuzzReadCalls(f *testing.F) {
	f.Add(`{"method":"GET","path":"/users/17","operation":"retrieve_user","scopes":["users:read"]}`)
	f.Add("{\"operation\":\"a\"}\r\n\n{\"method\":\"\",\"path\":\"\"}")
	f.Fuzz(func(t *testing.T, log string) {
		calls, err := audit.ReadCalls(strings.NewReader(log), "log")
		if err != nil {
			require.True(t, strings.HasPrefix(err.Error(), "log"), "%v", err)
			require.Empty(t, calls)
		}
		for _, c := range calls {
			require.True(t, c.Operation != "" || c.Method != "" && c.Path != "" || strings.Contains(log, "?"))
		}
	})
}
