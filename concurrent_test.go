package scopegen_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// "make test" gives the race detector the packages and modules that its Makefile lists.
// Whoever starts a goroutine in another one adds it there.
func TestTheRaceDetectorWatchesEveryPackageThatStartsAGoroutine(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	require.NoError(t, err)
	listed := func(name string) []string {
		list := regexp.MustCompile(`(?m)^` + name + ` := (.+)$`).FindSubmatch(makefile)
		require.NotNil(t, list, name)
		return strings.Fields(string(list[1]))
	}
	packages, modules := listed("CONCURRENT"), listed("CONCURRENT_MODULES")
	watched := func(module, folder string) bool {
		switch folder {
		case "cmd/scopegen": // it starts the server and the comparison, which are tried where they are
			return true
		case "internal/dev/wire": // it waits for a process
			return true
		case "runtime/internal/bench/tokens": // it measures, and has no test
			return true
		case "runtime/internal/interop": // a clock that hands on to package time
			return true
		}
		if module != "." {
			return slices.Contains(modules, "./"+module)
		}
		return slices.ContainsFunc(packages, func(pattern string) bool {
			pattern = strings.TrimPrefix(pattern, "./")
			prefix, all := strings.CutSuffix(pattern, "/...")
			return folder == pattern || all && (folder == prefix || strings.HasPrefix(folder, prefix+"/"))
		})
	}
	moduleOf := map[string]string{} // by folder
	starts := 0
	require.NoError(t, filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != "." && (d.Name() == "testdata" || d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".")) {
				return fs.SkipDir
			}
			moduleOf[name] = moduleOf[filepath.Dir(name)]
			if _, err := os.Stat(filepath.Join(name, "go.mod")); err == nil {
				moduleOf[name] = filepath.ToSlash(name)
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
				if !watched(moduleOf[filepath.Dir(name)], folder) {
					t.Errorf("%s: starts a goroutine in a package that the Makefile does not list", fset.Position(n.Pos()))
				}
			}
			return true
		})
		return nil
	}))
	require.Greater(t, starts, 50)
}
