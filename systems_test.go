package scopegen_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// The runtime has code for Windows alone, where the tests do not run. Reading the sources
// of all that it imports takes a tenth of the time of building the standard library for it.
func TestThePackagesCompileForWindows(t *testing.T) {
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax | packages.NeedModule,
		Env:  append(os.Environ(), "GOOS=windows", "CGO_ENABLED=0"),
	}, "./cmd/scopegen", "./runtime/...")
	require.NoError(t, err)
	files := 0
	packages.Visit(loaded, nil, func(p *packages.Package) {
		require.Empty(t, p.Errors, p.PkgPath)
		if p.Module != nil && p.Module.Main {
			for _, name := range p.CompiledGoFiles {
				if strings.HasSuffix(name, "_windows.go") {
					files++
				}
			}
		}
	})
	require.NotZero(t, files)
}
