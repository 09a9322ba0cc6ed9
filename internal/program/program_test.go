package program_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen/internal/generate/output"
	"github.com/scopegen/scopegen/internal/program"
)

// module writes the files of an archive into a new folder, which is a module.
func module(t *testing.T, archive string) string {
	t.Helper()
	// The go command reports paths without links.
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	files := []txtar.File{{Name: "go.mod", Data: []byte("module example.com/m\n\ngo 1.26\n")}}
	files = append(files, txtar.Parse([]byte(archive)).Files...)
	for _, f := range files {
		name := filepath.Join(dir, filepath.FromSlash(f.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o777))
		require.NoError(t, os.WriteFile(name, f.Data, 0o666))
	}
	return dir
}

func load(t *testing.T, dir string, patterns ...string) *program.Program {
	t.Helper()
	t.Setenv("GOWORK", "off")
	p, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: patterns})
	require.NoError(t, err)
	return p
}

// names returns the paths of files, relative to the program.
func names(p *program.Program, files []program.File) []string {
	var out []string
	for _, f := range files {
		out = append(out, p.Name(f.Path))
	}
	return out
}

func TestWhatDoesNotCompileIsListedAndTheRestIsLoaded(t *testing.T) {
	dir := module(t, `
-- good/good.go --
package good

func F() int { return 1 }
-- types/types.go --
package types

var N int = "text"
-- syntax/syntax.go --
package syntax

func F( {
-- tested/tested.go --
package tested
-- tested/tested_test.go --
package tested

var wrong int = "test"
`)
	p := load(t, dir, "./...")
	require.Len(t, p.Broken, 3)
	require.Equal(t, "example.com/m/syntax", p.Broken[0].Package)
	require.Contains(t, p.Broken[0].Errors[0], "syntax/syntax.go:3:9: ")
	require.Contains(t, p.Broken[1].Package, "example.com/m/tested")
	require.Len(t, p.Broken[1].Errors, 1, "an error of a package that is loaded twice is listed once")
	require.Contains(t, p.Broken[1].Errors[0], "tested/tested_test.go:3:17: ")
	require.Equal(t, "example.com/m/types", p.Broken[2].Package)
	require.Contains(t, p.Broken[2].Errors[0], "types/types.go:3:13: ")
	require.Contains(t, names(p, p.Files()), "good/good.go")

	err := p.CompileError()
	require.ErrorContains(t, err, "these packages do not compile:")
	require.ErrorContains(t, err, "\n  example.com/m/types\n    types/types.go:3:13: ")
	require.NotContains(t, err.Error(), "example.com/m/good")
	require.NoError(t, load(t, dir, "./good").CompileError())
}

func TestOfManyErrorsOfAPackageTheFirstAreTold(t *testing.T) {
	p := load(t, module(t, "-- a.go --\npackage a\n\n"+strings.Repeat("var _ int = \"\"\n", 13)), ".")
	require.Len(t, p.Broken, 1)
	require.GreaterOrEqual(t, len(p.Broken[0].Errors), 11)
	require.Regexp(t, `\n    and \d+ errors more$`, p.CompileError().Error())
}

func TestAPatternWithoutPackagesIsAnError(t *testing.T) {
	dir := module(t, "-- a/a.go --\npackage a\n")
	for pattern, want := range map[string]string{
		"./b/...":             "no packages match ./b/...",
		"example.com/m/b/...": "no packages match example.com/m/b/...",
		"-tags=x":             `"-tags=x" is not a package`,
		"./b":                 "cannot load package",
	} {
		_, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"./a", pattern}})
		require.ErrorContains(t, err, want, pattern)
	}
}

func TestWhatTheGoCommandSaysOfAModuleIsTold(t *testing.T) {
	dir := module(t, `
-- in/go.mod --
module example.com/in

go 1.26

require example.com/n v0.0.0

replace example.com/n => ./n
-- in/a.go --
package in

import _ "example.com/n"
-- in/n/go.mod --
module example.com/n

go 1.26.0

-- in/n/n.go --
package n
`)
	_, err := program.Load(t.Context(), program.Config{Dir: filepath.Join(dir, "in"), Patterns: []string{"./..."}})
	require.ErrorContains(t, err, "updates to go.mod needed")
	require.NotContains(t, err.Error(), "no packages match")
}

func TestSourcesThatAnOverlayReplacesAreNotRead(t *testing.T) {
	dir := module(t, "-- a.go --\npackage a\n")
	t.Setenv("GOFLAGS", "-overlay=files.json")
	_, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"."}})
	require.ErrorContains(t, err, "GOFLAGS has -overlay")

	settings := filepath.Join(t.TempDir(), "env") // as go env -w writes it
	require.NoError(t, os.WriteFile(settings, []byte("GOFLAGS=-overlay=files.json\n"), 0o600))
	t.Setenv("GOENV", settings)
	t.Setenv("GOFLAGS", "")
	_, err = program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"."}})
	require.ErrorContains(t, err, "GOFLAGS has -overlay")
}

func TestEachFileIsThereOnceThoughItsPackageHasTests(t *testing.T) {
	dir := module(t, `
-- a/a.go --
package a
-- a/in_test.go --
package a
-- a/out_test.go --
package a_test
-- a/only_elsewhere.go --
//go:build never

package a
`)
	p := load(t, dir, "./...")
	require.Equal(t, []string{"a/a.go", "a/in_test.go", "a/out_test.go"}, names(p, p.Files()))
	for _, f := range p.Files() {
		require.False(t, f.Derived, f.Path)
		require.NotNil(t, f.Package.TypesInfo, f.Path)
	}
	without, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"./..."}, WithoutTests: true})
	require.NoError(t, err)
	require.Equal(t, []string{"a/a.go"}, names(without, without.Files()))
	tagged, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"./..."}, Tags: "never", WithoutTests: true})
	require.NoError(t, err)
	require.Equal(t, []string{"a/a.go", "a/only_elsewhere.go"}, names(tagged, tagged.Files()))
}

func TestAnOverlayCountsInPlaceOfTheFile(t *testing.T) {
	dir := module(t, "-- a.go --\npackage a\n\nvar A int\n")
	p, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"."}, Overlay: map[string][]byte{filepath.Join(dir, "a.go"): []byte("package a\n\nvar B int = \"\"\n")}})
	require.NoError(t, err)
	require.Len(t, p.Broken, 1)
	require.Nil(t, p.Packages[0].Types.Scope().Lookup("A"))
	require.NotNil(t, p.Packages[0].Types.Scope().Lookup("B"))
}

func TestFilesThatAreNotBuiltAreFoundWhereTheyImportWhatIsAskedFor(t *testing.T) {
	const imports = "\n\nimport _ \"example.com/m/api\"\n"
	dir := module(t, `
-- api/api.go --
package api
-- app/app.go --
package app`+imports+`
-- app/tagged.go --
//go:build never

package app`+imports+`
-- app/app_plan9.go --
package app`+imports+`
-- app/other.go --
//go:build never

package app

import _ "fmt"
-- app/broken.go --
//go:build never

package app`+imports+`
func {
-- app/_hidden.go --
package app`+imports+`
-- app/.dotted.go --
package app`+imports+`
-- app/note.txt --
package app`+imports+`
-- deep/down/all_never.go --
//go:build never

package down`+imports+`
-- app/testdata/t.go --
package t`+imports+`
-- _skipped/s.go --
package s`+imports+`
-- vendor/v/v.go --
package v`+imports+`
-- nested/go.mod --
module example.com/nested
-- nested/n.go --
package n`+imports+`
`)
	imported := func(path string) bool { return path == "example.com/m/api" }
	t.Setenv("GOFLAGS", "-mod=mod")
	p, err := program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"./..."}})
	require.NoError(t, err)
	found := p.Unbuilt(imported)
	require.Equal(t, []string{"app/app_plan9.go", "app/tagged.go", "deep/down/all_never.go"}, names(p, found))
	for _, f := range found {
		require.Nil(t, f.Package)
		require.NotNil(t, f.File)
	}
	require.Empty(t, p.Unbuilt(func(string) bool { return false }))

	// A pattern that is one package is not searched below.
	p, err = program.Load(t.Context(), program.Config{Dir: dir, Patterns: []string{"./app"}})
	require.NoError(t, err)
	require.Equal(t, []string{"app/app_plan9.go", "app/tagged.go"}, names(p, p.Unbuilt(imported)))
}

func TestGeneratedFilesAreKnownByTheirHeaderOrTheirManifest(t *testing.T) {
	manifest := func(files ...string) string {
		m := output.Manifest{Format: 1, API: "x", Files: map[string]string{}}
		for _, f := range files {
			m.Files[f] = output.Hash(nil)
		}
		text, err := json.Marshal(m)
		require.NoError(t, err)
		return string(text)
	}
	dir := module(t, `
-- api/scopegen.json --
`+manifest("api.go", "scope/scope.go", "scope/deep/deep.go")+`
-- api/api.go --
package api
-- api/own.go --
package api
-- api/scope/scope.go --
package scope
-- api/scope/deep/deep.go --
package deep
-- lost/lost.go --
// Code generated by scopegen. DO NOT EDIT.

package lost
-- other/other.go --
// Code generated by another. DO NOT EDIT.

package other
-- broken/scopegen.json --
{"scopegen": 1, "files": {"../api/own.go": ""}}
-- broken/broken.go --
package broken
`)
	p := load(t, dir, "./...")
	for name, want := range map[string]struct {
		generated bool
		folder    string
	}{
		"api/api.go":         {true, "api"},
		"api/scope/scope.go": {true, "api"},
		"api/own.go":         {},
		// Packages are not generated deeper than one folder.
		"api/scope/deep/deep.go": {},
		"lost/lost.go":           {true, ""},
		"other/other.go":         {},
		"broken/broken.go":       {},
		"missing.go":             {},
	} {
		for range 2 { // the second time from memory
			out, generated := p.Generated(filepath.Join(dir, filepath.FromSlash(name)))
			require.Equal(t, want.generated, generated, name)
			if want.folder == "" {
				require.Nil(t, out, name)
				continue
			}
			require.Equal(t, filepath.Join(dir, want.folder), out.Folder, name)
			require.Equal(t, "x", out.Manifest.API, name)
		}
	}
}

func TestNamesAreRelativeOnlyBelowTheProgram(t *testing.T) {
	dir := module(t, "-- a/a.go --\npackage a\n-- b/b.go --\npackage b\n")
	p := load(t, filepath.Join(dir, "a"), ".")
	require.Equal(t, "a.go", p.Name(filepath.Join(dir, "a", "a.go")))
	require.Equal(t, filepath.ToSlash(filepath.Join(dir, "b", "b.go")), p.Name(filepath.Join(dir, "b", "b.go")))
}

func TestOnlyAPatternForAllPackagesCoversTheModule(t *testing.T) {
	dir := module(t, "-- a/a.go --\npackage a\n-- b/b.go --\npackage b\n")
	for pattern, covers := range map[string]bool{"./...": true, "example.com/m/...": true, "all": true, "./a/...": false, "./a": false, dir + "/...": true} {
		p := load(t, dir, pattern)
		require.Equal(t, covers, p.CoversModule(p.Packages[0]), pattern)
	}
}

func TestConversionsAreWhereTheCompilerChecksAnInterface(t *testing.T) {
	dir := module(t, `
-- a.go --
package a

import "fmt"

type T struct{}

func (T) String() string { return "" }

type S interface{ String() string }

func take(S, ...S)     {}
func two() (T, T)      { return T{}, T{} }
func give() S          { return T{} }
func of[X S](x X) X    { return x }

var declared S = T{}

func f(m map[string]S, c chan S, e any) {
	var s S
	s = T{}
	take(T{}, T{}, T{})
	take(two())
	m["a"] = T{}
	c <- T{}
	_ = []S{T{}}
	_ = map[S]S{T{}: T{}}
	_ = S(T{})
	_ = s == T{}
	_, _ = s.(T)
	switch s.(type) {
	case T:
	}
	of(T{})
	var plain T = T{} // no interface
	_, _ = plain, e
	fmt.Print()
}
`)
	p := load(t, dir, ".")
	require.NoError(t, p.CompileError())
	var lines []int
	for c := range p.Files()[0].Conversions() {
		require.Contains(t, c.From.String(), "T", c.To.String())
		lines = append(lines, p.Fset.Position(c.At.Pos()).Line)
	}
	require.Equal(t, []int{13, 16, 20, 21, 21, 21, 22, 22, 23, 24, 25, 26, 26, 27, 28, 29, 31, 33}, lines)
	for range p.Files()[0].Conversions() {
		break // a loop may end early
	}
}

func nothing(*packages.Package) bool { return false }

// sources loads the packages of a module, and reads those that are chosen.
func sources(t *testing.T, archive string, config program.Config, chosen func(*packages.Package) bool) *program.Program {
	t.Helper()
	t.Setenv("GOWORK", "off")
	config.Dir = module(t, archive)
	graph, err := program.LoadGraph(t.Context(), config)
	require.NoError(t, err)
	p, err := graph.LoadSources(t.Context(), chosen, nothing)
	require.NoError(t, err)
	return p
}

func TestOfCgoTheFilesThatAreMadeAreRead(t *testing.T) {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("there is no gcc")
	}
	t.Setenv("CGO_ENABLED", "1")
	p := sources(t, `
-- main.go --
package main

// int one(void) { return 1; }
import "C"

func main() { println(C.one()) }
`, program.Config{Patterns: []string{"./..."}, WithoutTests: true}, func(p *packages.Package) bool { return p.PkgPath == "example.com/m" })
	require.NoError(t, p.CompileError())
	require.NotNil(t, p.Packages[0].Types.Scope().Lookup("_Cfunc_one"))
}

func TestTheDeclarationsOfWhatIsCompiledAnewForATestHaveToCompile(t *testing.T) {
	p := sources(t, `
-- a/a.go --
package a

type T int
-- a/in_test.go --
package a

var V T
-- a/out_test.go --
package a_test

import (
	"example.com/m/a"
	"example.com/m/h"
)

var _ = h.H(a.V)
-- h/h.go --
package h

import "example.com/m/a"

func H(t a.T) Unknown { return t + "" }
`, program.Config{Patterns: []string{"./a"}}, func(p *packages.Package) bool {
		return p.PkgPath == "example.com/m/a_test" || p.PkgPath == "example.com/m/a.test"
	})
	require.ErrorContains(t, p.CompileError(), "h/h.go:5:15: undefined: Unknown")
	require.Len(t, p.Broken, 1)
}
