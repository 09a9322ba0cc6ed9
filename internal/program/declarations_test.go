package program_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program"
)

// declared loads the main package of a module whose packages in api count as generated,
// and returns those of them that the go command compiled.
func declared(t *testing.T, archive string) (p *program.Program, compiled []string) {
	t.Helper()
	t.Setenv("GOWORK", "off")
	config := program.Config{Dir: module(t, archive), Patterns: []string{"."}, WithoutTests: true}
	graph, err := program.LoadGraph(t.Context(), config)
	require.NoError(t, err)
	generated := func(p *packages.Package) bool { return strings.HasPrefix(p.PkgPath, "example.com/m/api/") }
	p, err = program.LoadSources(t.Context(), config, graph, func(p *packages.Package) bool { return p.Name == "main" }, generated)
	require.NoError(t, err)
	for one := range packages.Postorder(graph) {
		if generated(one) && one.ExportFile != "" {
			compiled = append(compiled, one.PkgPath)
		}
	}
	return p, compiled
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

func TestWhatWasLeftOutOfAGeneratedPackageIsThereWhenAProgramNamesIt(t *testing.T) {
	p, compiled := declared(t, api+`
-- main.go --
package main

import "example.com/m/api/scope"

var room [scope.Table]int

func main() {}
`)
	require.NoError(t, p.CompileError())
	require.Equal(t, []string{"example.com/m/api/scope"}, compiled)
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
	p, err := program.LoadSources(t.Context(), config, graph, func(p *packages.Package) bool {
		return strings.HasPrefix(p.PkgPath, golden) && !generated(p)
	}, generated)
	require.NoError(t, err)
	require.NoError(t, p.CompileError())
	read := 0
	for one := range packages.Postorder(graph) {
		if generated(one) {
			require.Empty(t, one.ExportFile, "%s was compiled", one.PkgPath)
			read++
		}
	}
	require.Greater(t, read, 8)
}
