package program_test

import (
	"fmt"
	"go/token"
	"go/types"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program"
)

// declared loads the main package of a module, and returns those packages of the graph
// that the go command compiled.
func declared(t *testing.T, archive string) (p *program.Program, compiled []string) {
	t.Helper()
	p, graph := declaredIn(t, archive)
	for one := range packages.Postorder(graph.Packages) {
		if one.ExportFile != "" {
			compiled = append(compiled, one.PkgPath)
		}
	}
	return p, compiled
}

func declaredIn(t *testing.T, archive string) (*program.Program, *program.Graph) {
	t.Helper()
	t.Setenv("GOWORK", "off")
	graph, err := program.LoadGraph(t.Context(), program.Config{Dir: module(t, archive), Patterns: []string{"."}, WithoutTests: true})
	require.NoError(t, err)
	p, err := graph.LoadSources(t.Context(), func(p *packages.Package) bool { return p.Name == "main" }, nothing)
	require.NoError(t, err)
	return p, graph
}

const rt = `
-- rt/rt.go --
package rt

const Version = 1

type CallOption func()

type Token[S any] struct{ _ [0]func(S) }
`

// What does not compile in the generated packages shows what is not read of them.
func TestOfGeneratedPackagesOnlyWhatAProgramCanNameIsRead(t *testing.T) {
	p, compiled := declared(t, rt+`
-- api/scope/scope.go --
// Package scope is generated.
package scope

// Read lets read.
type Read interface{ read() }

type Write interface {
	write()
	Read
}
-- api/scope/table.go --
package scope

const Table = not read
`+"`"+`
type Read twice
`+"`"+`
-- api/model/model.go --
package model

import "time"

// User has a name.
type User struct {
	// It is embedded.
	Person
	Address Optional[Address]
	Status  Status
	At      time.Time
	Extra   map[string]Pet
}

type Person struct{ Name string }

type Optional[T any] struct {
	value T
}

func (o Optional[T]) Get() (T, bool) { return nothing }

type Address struct {
	City string
}

func (Address) String() string {
	return 1
}

// Old is what User was called.
type Old = User

type Status string

const (
	StatusActive Status = "active" // so far
	StatusGone   Status = "gone"
)

type Pet interface {
	isPet()
}

type Cat struct{ Lives int }

func (*Cat) isPet() {}

var Default, Other = Cat{
	Lives: len("nine"),
}, Cat{}

type Unread struct {
	Field Undefined
}

func unread() int {
retry:
	return "x"
}
-- api/users/client.go --
package users

import (
	"context"
	"iter"

	shared "example.com/m/api/model"
	"example.com/m/api/scope"
	"example.com/m/rt"
)

const _ = rt.Version

type Reader struct {
	options []rt.CallOption
}

func NewReader[S scope.Read](token rt.Token[S]) *Reader {
	return 1
}

func (c *Reader) Find(
	ctx context.Context, params FindParams, opts ...rt.CallOption,
) iter.Seq2[shared.User, error] {
	return 1
}

func (c *Reader) Unasked(ctx context.Context, params UnaskedParams, opts ...rt.CallOption) (*shared.Unread, error) {
	return 1
}

// FindParams are for Find.
type FindParams struct {
	Order func(a, b shared.User) int
}

type UnaskedParams struct {
	Field Undefined
}
-- main.go --
package main

import (
	"context"
	"fmt"

	"example.com/m/api/model"
	"example.com/m/api/scope"
	"example.com/m/api/users"
	"example.com/m/rt"
)

type access interface{ scope.Write }

var _ fmt.Stringer = model.Address{}

func main() {
	reader := users.NewReader(rt.Token[access]{})
	params := users.FindParams{Order: func(a, b model.Old) int { return len(a.Name) - len(b.Name) }}
	for user, err := range reader.Find(context.Background(), params) {
		address, ok := user.Address.Get()
		city := address.City
		if cat, isCat := user.Extra[city].(*model.Cat); isCat && ok && err == nil && user.Status == model.StatusActive {
			println(cat.Lives+model.Default.Lives, user.At.Year())
		}
	}
}
`)
	require.NoError(t, p.CompileError())
	require.Empty(t, compiled)
	types := map[string]string{}
	for id, object := range p.Packages[0].TypesInfo.Defs {
		if object != nil && object.Type() != nil {
			types[id.Name] = object.Type().String()
		}
	}
	require.Equal(t, "string", types["city"])
	require.Equal(t, "*example.com/m/api/model.Cat", types["cat"])
	require.Equal(t, "example.com/m/api/model.User", types["user"])
}

const api = rt + `
-- api/scope/scope.go --
package scope

type Read interface{ read() }
-- api/scope/table.go --
package scope

const Table = 7
`

func TestAnArrayIsAsLongAsAConstantOfAnotherPackage(t *testing.T) {
	p, compiled := declared(t, api+`
-- main.go --
package main

import "example.com/m/api/scope"

var room [scope.Table]int

func main() {}
`)
	require.NoError(t, p.CompileError())
	require.Empty(t, compiled)
	require.Equal(t, "[7]int", p.Packages[0].Types.Scope().Lookup("room").Type().String())
}

func TestWhatAProgramMisnamesOfAGeneratedPackageIsTold(t *testing.T) {
	p, _ := declared(t, api+`
-- main.go --
package main

import "example.com/m/api/scope"

type access interface{ scope.Reed }

func main() {}
`)
	require.ErrorContains(t, p.CompileError(), "main.go:5:30: undefined: scope.Reed")
}

func TestARuntimeOfAnotherVersionIsTold(t *testing.T) {
	p, _ := declared(t, api+`
-- api/users/users.go --
package users

import "example.com/m/rt"

const _ = rt.Version2

type Reader struct{ _ rt.CallOption }
-- main.go --
package main

import "example.com/m/api/users"

func main() { _ = users.Reader{} }
`)
	require.ErrorContains(t, p.CompileError(), "undefined: rt.Version2")
}

// The tests of these packages use all that the generator writes.
func TestWhatTheGeneratorWritesIsReadFromItsSources(t *testing.T) {
	const golden = "github.com/scopegen/scopegen/internal/dev/golden"
	config := program.Config{Dir: "../dev/golden", Patterns: []string{"."}}
	graph, err := program.LoadGraph(t.Context(), config)
	require.NoError(t, err)
	generated := func(p *packages.Package) bool { return strings.HasPrefix(p.PkgPath, golden+"/shop") }
	p, err := graph.LoadSources(t.Context(), func(p *packages.Package) bool {
		return strings.HasPrefix(p.PkgPath, golden) && !generated(p)
	}, nothing)
	require.NoError(t, err)
	require.NoError(t, p.CompileError())
	read := 0
	for one := range packages.Postorder(graph.Packages) {
		if generated(one) {
			require.Empty(t, one.ExportFile, "%s was compiled", one.PkgPath)
			read++
		}
	}
	require.Greater(t, read, 8)
}

// What the sources do not tell, the compiler does.
func TestWhatDeclarationsDoNotTellIsCompiled(t *testing.T) {
	t.Setenv("CGO_ENABLED", "1")
	const below = `
-- below/below.go --
package below

type T int
`
	for name, dep := range map[string]string{ // by a member of its type T
		"C": `
// typedef int number;
import "C"

type T struct{ below.T; C C.number }
`,
		"M": `
type (
	T = t
	t int
)

func (T) M(below.T) {}
`,
	} {
		if _, err := exec.LookPath("gcc"); err != nil && strings.Contains(dep, `"C"`) {
			continue
		}
		t.Run(name, func(t *testing.T) {
			p, compiled := declared(t, below+`
-- dep/dep.go --
package dep

import "example.com/m/below"
`+dep+`
-- main.go --
package main

import (
	"strings"

	"example.com/m/dep"
)

var _ = new(dep.T).`+name+`

var _ strings.Builder

func main() {}
`)
			require.NoError(t, p.CompileError())
			require.Equal(t, []string{"example.com/m/dep"}, compiled, "strings has no part in it")
		})
	}
}

func TestNamesThatAFileHasOfAnotherPackageAreFound(t *testing.T) {
	p, compiled := declared(t, `
-- below/below.go --
package below

type T struct{ Field int }
-- dep/dep.go --
package dep

import . "example.com/m/below"

type D struct{ T }
-- main.go --
package main

import "example.com/m/dep"

var _ = dep.D{}.Field

func main() {}
`)
	require.NoError(t, p.CompileError())
	require.Empty(t, compiled)
}

// A module may be of an older Go than one of its files.
func TestTheVersionOfGoInAFileCounts(t *testing.T) {
	p, compiled := declared(t, `
-- go.mod --
module example.com/m

go 1.26

require example.com/dep v0.0.0

replace example.com/dep => ./dep
-- dep/go.mod --
module example.com/dep

go 1.17
-- dep/dep.go --
// Licence of dep.

//go:build go1.18

package dep

type List[T any] []T
-- main.go --
package main

import "example.com/dep"

var _ dep.List[int]

func main() {}
`)
	require.NoError(t, p.CompileError())
	require.Empty(t, compiled)
}

// Whether a branch is dropped may depend on it.
func TestATypeIsAsLargeAsItIs(t *testing.T) {
	for size, import_ := range map[string]string{"dep.Size": "", "len(dep.Array)": "", "unsafe.Sizeof(dep.T{})": `import "unsafe"`} {
		p, compiled := declared(t, `
-- below/below.go --
package below

type Field struct{ inner inner }

type inner struct{ a [64]byte }
-- dep/dep.go --
package dep

import (
	"unsafe"

	"example.com/m/below"
)

type T struct {
	field below.Field
	n     int64
}

const Size = unsafe.Sizeof(T{})

var Array [unsafe.Sizeof(T{})]byte
-- main.go --
package main

import "example.com/m/dep"
`+import_+`

const size = `+size+`

var _ dep.T

func main() {}
`)
		require.NoError(t, p.CompileError())
		require.Empty(t, compiled)
		require.Equal(t, "72", p.Packages[0].Types.Scope().Lookup("size").(*types.Const).Val().String())
	}
}

func TestWhatIsVerifiedHasToCompileThoughItIsNotRead(t *testing.T) {
	config := program.Config{Dir: module(t, `
-- mine/mine.go --
package mine

func F() int { return "" }
-- other/other.go --
package other

func F() int { return "" }
-- main.go --
package main

import (
	"example.com/m/mine"
	"example.com/m/other"
)

var _ = mine.F() + other.F()

func main() {}
`), Patterns: []string{"."}, WithoutTests: true}
	t.Setenv("GOWORK", "off")
	graph, err := program.LoadGraph(t.Context(), config)
	require.NoError(t, err)
	main := func(p *packages.Package) bool { return p.Name == "main" }
	p, err := graph.LoadSources(t.Context(), main, nothing)
	require.NoError(t, err)
	require.NoError(t, p.CompileError())
	p, err = graph.LoadSources(t.Context(), main, func(p *packages.Package) bool { return p.Name == "mine" })
	require.NoError(t, err)
	require.ErrorContains(t, p.CompileError(), "mine/mine.go:3:23: ")
}

// The standard library is what every program imports, and others wrote it.
func TestTypesFromDeclarationsAreThoseThatTheCompilerExports(t *testing.T) {
	exported, err := packages.Load(&packages.Config{
		Context: t.Context(), Dir: "../..",
		Mode: packages.NeedName | packages.NeedImports | packages.NeedDeps | packages.NeedModule | packages.NeedExportFile | packages.NeedTypes | packages.NeedTypesSizes,
	}, "./cmd/scopegen")
	require.NoError(t, err)
	wanted, names := map[string]*types.Package{}, map[string]bool{}
	var imports strings.Builder
	for p := range packages.Postorder(exported) {
		path := "/" + p.PkgPath + "/"
		if p.Module != nil || strings.Contains(path, "/internal/") || strings.Contains(path, "/vendor/") || p.PkgPath == "unsafe" {
			continue
		}
		wanted[p.PkgPath] = p.Types
		fmt.Fprintf(&imports, "import _ %q\n", p.PkgPath)
		for _, name := range p.Types.Scope().Names() {
			names[name] = names[name] || token.IsExported(name)
		}
	}
	maps.DeleteFunc(names, func(_ string, exported bool) bool { return !exported })
	// A name counts wherever it stands.
	p, graph := declaredIn(t, "-- main.go --\npackage main\n\n"+imports.String()+"\ntype names struct{ "+strings.Join(slices.Sorted(maps.Keys(names)), ", ")+" int }\n\nfunc main() {}\n")
	require.NoError(t, p.CompileError())
	objects := 0
	for one := range packages.Postorder(graph.Packages) {
		require.Empty(t, one.ExportFile, "%s was compiled", one.PkgPath)
		if wanted[one.PkgPath] == nil {
			continue
		}
		for _, name := range wanted[one.PkgPath].Scope().Names() {
			if token.IsExported(name) {
				objects++
				require.NotNil(t, one.Types.Scope().Lookup(name), "%s.%s", one.PkgPath, name)
				require.Equal(t, describe(wanted[one.PkgPath].Scope().Lookup(name)), describe(one.Types.Scope().Lookup(name)))
			}
		}
	}
	require.Greater(t, len(wanted), 100)
	require.Greater(t, objects, 5000)
}

// describe tells what an object is, and the methods of its type.
func describe(object types.Object) string {
	text := types.ObjectString(object, nil)
	switch o := object.(type) {
	case *types.Const:
		text += " = " + o.Val().ExactString()
	case *types.TypeName:
		for method := range types.NewMethodSet(types.NewPointer(o.Type())).Methods() {
			text += "\n\t" + method.String()
		}
	}
	return unnamed.ReplaceAllString(alone.ReplaceAllString(text, "$1"), "")
}

// The compiler gives some results without names names of its own.
var alone, unnamed = regexp.MustCompile(`\(#rv1 ([^,()]*)\)`), regexp.MustCompile(`#rv\d+ `)
