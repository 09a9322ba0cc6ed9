package apitable_test

import (
	"bytes"
	"fmt"
	"go/constant"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/apitable"
)

var trees = []string{"generated/upvest", "internal/dev/golden/shop"}

// The table is read from the constant, as an auditor without sources does, and
// compared with what the packages declare.
func TestTheTableSaysWhatThePackagesDeclare(t *testing.T) {
	for _, tree := range trees {
		t.Run(filepath.Base(tree), func(t *testing.T) {
			loaded, err := packages.Load(&packages.Config{
				Dir: "../../" + tree, Mode: packages.NeedName | packages.NeedSyntax | packages.NeedTypes | packages.NeedImports,
			}, "./...")
			require.NoError(t, err)
			declared := map[string]*types.Package{}
			for _, p := range loaded {
				require.Empty(t, p.Errors)
				declared[filepath.Base(p.PkgPath)] = p.Types
			}
			text := constant.StringVal(declared["scope"].Scope().Lookup(apitable.Constant).(*types.Const).Val())
			file, err := os.ReadFile(filepath.Join("../..", tree, "scope", apitable.FileName))
			require.NoError(t, err)
			require.Equal(t, string(file), text)
			table, err := apitable.Parse(file)
			require.NoError(t, err)
			require.Equal(t, string(file), string(table.Encode()))
			require.Equal(t, filepath.Base(tree), table.API)

			implies := map[string][]string{}
			for _, s := range table.Scopes {
				implies[s.Scope] = append(s.Implies, s.Scope)
				require.True(t, types.IsInterface(declared["scope"].Scope().Lookup(s.Go).Type()), s.Go)
			}
			clients := map[string]apitable.Client{}
			for _, c := range table.Clients {
				clients[c.Package+"."+c.Type] = c
				for _, constructor := range c.Constructors {
					pkg, name, _ := strings.Cut(constructor, ".")
					made := declared[pkg].Scope().Lookup(name).(*types.Func).Signature().Results().At(0).Type().(*types.Pointer)
					require.Equal(t, declared[c.Package].Path()+"."+c.Type, made.Elem().String())
				}
			}
			methods := map[string]bool{}
			for _, op := range table.Operations {
				for _, call := range op.Calls {
					client := clients[op.Package+"."+call.Client]
					require.NotEmpty(t, client.Type, "%s.%s", op.Package, call.Client)
					methods[op.Package+"."+call.Client+"."+call.Method] = true
					require.IsType(t, &types.Func{}, declared[op.Package].Scope().Lookup(call.Function))
					if op.Without == "" {
						// The scopes of the client permit the operation, which only implies explains for some.
						var held []string
						for _, s := range client.Scopes {
							held = append(held, implies[s]...)
						}
						require.True(t, slices.ContainsFunc(op.Requires, func(set []string) bool {
							return !slices.ContainsFunc(set, func(s string) bool { return !slices.Contains(held, s) })
						}), "%s: %s", op.ID, call.Client)
					}
				}
			}
			for name, client := range clients {
				set := types.NewMethodSet(types.NewPointer(declared[client.Package].Scope().Lookup(client.Type).Type()))
				require.Positive(t, set.Len(), name)
				for method := range set.Methods() {
					require.True(t, methods[name+"."+method.Obj().Name()], "%s.%s is not in the table", name, method.Obj().Name())
				}
			}
		})
	}
}

func TestAProgramThatDoesNotUseTheTableDoesNotContainIt(t *testing.T) {
	for program, contains := range map[string]bool{"without": false, "with": true} {
		folder := filepath.Join(t.TempDir(), program)
		build := exec.CommandContext(t.Context(), "go", "build", "-o", folder, "./testdata/"+program)
		output, err := build.CombinedOutput()
		require.NoError(t, err, "%s", output)
		binary, err := os.ReadFile(folder)
		require.NoError(t, err)
		require.Equal(t, contains, bytes.Contains(binary, []byte(`"constructors":["users.NewReader"]`)), program)
	}
}

func TestHostileTextStaysPlainASCII(t *testing.T) {
	table := &apitable.Table{Schema: apitable.Schema, API: "a`b\r\n", Title: "\u202e😀\x7f</script>\xff"}
	text := table.Encode()
	for _, b := range text {
		require.True(t, b == '\n' || b == '\t' || b >= ' ' && b < 0x7f && b != '`', "%q", text)
	}
	read, err := apitable.Parse(text)
	require.NoError(t, err)
	require.Equal(t, "a`b\r\n", read.API)
	require.Equal(t, "\u202e😀\x7f</script>\ufffd", read.Title)
}

func TestATableOfAnotherSchemaIsRefused(t *testing.T) {
	_, err := apitable.Parse([]byte(`{"schema": 2, "new": true}`))
	require.EqualError(t, err, "the table of the API has schema 2, and this scopegen reads 1: generate the packages again with the scopegen that you audit with")
}

func TestLongEntriesAreBrokenBetweenTheirMembers(t *testing.T) {
	text := strings.Repeat(`a,"\\`, 30)
	table := &apitable.Table{Schema: apitable.Schema, Scopes: []apitable.Scope{{Scope: "a", Go: "A", Group: text}}}
	for i := range 50 {
		table.Scopes[0].Implies = append(table.Scopes[0].Implies, fmt.Sprintf("scope:%d", i))
	}
	encoded := table.Encode()
	for line := range strings.Lines(string(encoded)) {
		require.True(t, len(line) < 110 || strings.Contains(line, `"group"`), "a line of %d columns: %s", len(line), line)
	}
	again, err := apitable.Parse(encoded)
	require.NoError(t, err)
	require.Equal(t, table.Scopes, again.Scopes)
}

// A table is a file that may come from anywhere (audit --table).
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"schema": 1, "api": "pay", "title": "Pay", "scopes": [{"scope": "a", "go": "A", "group": "G", "implies": ["b"]}],
		"clients": [{"package": "p", "type": "T", "constructors": ["p.NewT"], "carries": "scopes", "scopes": ["a"]}],
		"operations": [{"id": "x", "method": "GET", "path": "/x", "package": "p", "requires": [["a"], []], "calls": [{"client": "T", "method": "X", "function": "x"}]}]}`))
	for _, text := range []string{"", "null", "{}", `{"schema": 1, "scopes": null, "operations": [null, {"requires": [null]}]}`, `{"schema": 1} {"schema": 2}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		table, err := apitable.Parse(text)
		if err != nil {
			require.ErrorContains(t, err, "the table of the API")
			return
		}
		var scopes []string
		for _, s := range table.Scopes {
			scopes = append(scopes, s.Scope)
		}
		require.LessOrEqual(t, table.Permitted(scopes), len(table.Operations))
		written := table.Encode()
		again, err := apitable.Parse(written)
		require.NoError(t, err)
		require.Equal(t, string(written), string(again.Encode()))
	})
}
