package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this program as the command "scopegen".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"scopegen": main,
	})
}

// Each file of testdata is a folder with a script: what a user types, and what
// must come of it.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			// The module under test, and what a build in a script needs.
			env.Setenv("SCOPEGEN", root)
			for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOFLAGS", "GOGC", "CGO_ENABLED", "GOPROXY", "HOME"} {
				env.Setenv(name, os.Getenv(name))
			}
			env.Setenv("FLAGS", os.Getenv("GOFLAGS")) // for a script to add to
			return nil
		},
		RequireUniqueNames: true,
	})
}
