package scopegen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// "make test" gives the race detector the packages that its Makefile lists. Whoever
// starts a goroutine in another one adds it there.
func TestTheRaceDetectorWatchesEveryPackageThatStartsAGoroutine(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	list := regexp.MustCompile(`(?m)^CONCURRENT := (.+)$`).FindSubmatch(makefile)
	require.NotNil(t, list)
	watched := func(folder string) bool {
		switch folder {
		case "cmd/scopegen": // it starts the server and the comparison, which are tried where they are
			return true
		case "internal/dev/wire": // it waits for a process
			return true
		}
		for _, pattern := range strings.Fields(string(list[1])) {
			pattern = strings.TrimPrefix(pattern, "./")
			if prefix, all := strings.CutSuffix(pattern, "/..."); folder == pattern || all && (folder == prefix || strings.HasPrefix(folder, prefix+"/")) {
				return true
			}
		}
		return false
	}
	starts := 0
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, nested := os.Stat(filepath.Join(name, "go.mod"))
			if name != "." && (nested == nil || d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		fset := token.NewFileSet()
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := filepath.ToSlash(filepath.Dir(name))
		ast.Inspect(file, func(n ast.Node) bool {
			var started bool
			switch n := n.(type) {
			case *ast.GoStmt:
				started = true
			case *ast.CallExpr:
				called, ok := n.Fun.(*ast.SelectorExpr)
				started = ok && (called.Sel.Name == "Go" || called.Sel.Name == "AfterFunc")
			}
			if started {
				starts++
				if !watched(folder) {
					t.Errorf("%s: starts a goroutine in a package that CONCURRENT in the Makefile does not list", fset.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	}))
	require.Greater(t, starts, 50)
}
