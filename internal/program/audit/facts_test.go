package audit_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen/internal/program/audit"
)

// factsOf returns the facts that a vet tool makes of one file, as if it were the
// package testdata/made, and its import path.
func factsOf(t testing.TB, text string) (audit.Facts, string) {
	t.Helper()
	// The folder of another package, which the overlay turns into this one.
	name, err := filepath.Abs("testdata/cases/direct/main.go")
	require.NoError(t, err)
	config := packages.Config{Overlay: map[string][]byte{name: []byte(text)}, Mode: packages.NeedName | packages.NeedFiles | packages.NeedImports | packages.NeedDeps | packages.NeedModule}
	graph, err := packages.Load(&config, "./testdata/cases/direct")
	require.NoError(t, err)
	config.Fset = token.NewFileSet()
	config.Mode = packages.LoadSyntax
	loaded, err := packages.Load(&config, "./testdata/cases/direct")
	require.NoError(t, err)
	require.Empty(t, loaded[0].Errors)
	facts := audit.Facts{}
	for p := range packages.Postorder(graph) {
		u := audit.Unit{Path: p.PkgPath, Name: p.Name, Standard: p.Module == nil, GoFiles: p.GoFiles, Imports: slices.Sorted(maps.Keys(p.Imports))}
		require.NoError(t, u.Summarize(facts, func() (*packages.Package, *token.FileSet, error) { return loaded[0], config.Fset, nil }))
	}
	return facts, loaded[0].PkgPath
}

// few are the facts of a program with two services, which are made once.
var few struct {
	once  sync.Once
	facts audit.Facts
	path  string
}

func fewFacts(t testing.TB) (audit.Facts, string) {
	few.once.Do(func() { few.facts, few.path = factsOf(t, services(2)) })
	require.NotNil(t, few.facts)
	return maps.Clone(few.facts), few.path
}

// head begins a program.
const head = `package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.CustomersAdmin
	scope.OrdersRead
}

type runner interface{ run(context.Context, string) error }

var runners []runner

func second[T any](_ T, err error) error { return err }

func main() {
	for _, r := range runners {
		_ = r.run(context.Background(), "x")
	}
	start(nil)
}
`

// service is what a package of many lines consists of: a type that keeps a client,
// and functions of which some lead to its calls.
const service = `
// service%[1]d does a part of the work, and keeps a client for it.
type service%[1]d struct {
	client *%[2]s
	names  map[string]int
	last   error
}

func newService%[1]d(session *runtime.Session) *service%[1]d {
	s := &service%[1]d{client: %[3]s(runtime.Authorize[access](session)), names: map[string]int{}}
	runners = append(runners, s)
	return s
}

func (s *service%[1]d) run(ctx context.Context, id string) error {
	if err := s.check(id); err != nil {
		return fmt.Errorf("service %[1]d: %%w", err)
	}
	err := second(s.client.%[4]s)
	if err != nil {
		s.last = err
		return s.explain(err)
	}
	s.names[id]++
	return each%[1]d(ctx, s, id)
}

func (s *service%[1]d) check(id string) error {
	if strings.TrimSpace(id) == "" {
		return errors.New("no id")
	}
	return nil
}

func (s *service%[1]d) explain(err error) error {
	if s.names == nil {
		return err
	}
	return fmt.Errorf("after %%d: %%w", len(s.names), err)
}

func each%[1]d(ctx context.Context, s *service%[1]d, id string) error {
	for name := range s.names {
		if strings.HasPrefix(name, id) {
			return again%[1]d(ctx, s, name)
		}
	}
	return nil
}

func again%[1]d(ctx context.Context, r runner, id string) error {
	fmt.Println(r, id)
	return r.run(ctx, id)
}
`

// services returns a program with as many services.
func services(count int) string {
	clients := [][]any{
		{"orders.Reader", "orders.NewReader", "GetOrder(ctx, 7)"},
		{"customers.Admin", "customers.NewAdmin", "GetCustomer(ctx, id)"},
		{"orders.Reader", "orders.NewReader", "GetOrder(ctx, int64(len(id)))"},
	}
	var b, start strings.Builder
	b.WriteString(head)
	for i := range count {
		fmt.Fprintf(&b, service, append([]any{i}, clients[i%len(clients)]...)...)
		fmt.Fprintf(&start, "\tnewService%d(session)\n", i)
	}
	fmt.Fprintf(&b, "\nfunc start(session *runtime.Session) {\n%s}\n", &start)
	return b.String()
}

// The go command keeps the facts of each package and hands them on to all that
// import it, directly or not. A package of 30,000 lines takes less than 50 kB.
func TestFactsOfALargePackageAreSmall(t *testing.T) {
	text := services(120)
	facts, path := factsOf(t, text)
	lines := strings.Count(text, "\n")
	require.Less(t, facts.Size(path), 50_000*lines/30_000, "%d lines", lines)
}

// A table may be larger than all else that is known of a program, so the facts say where
// it is. With -trimpath they may come from another folder.
func TestTheTableIsReadWhereItsPackageIs(t *testing.T) {
	facts, path := fewFacts(t)
	const scope = "github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	require.Less(t, facts.Size(scope), 400)
	main := audit.Unit{Path: path, Name: "main"}
	want, err := main.Audit(facts)
	require.NoError(t, err)
	require.Equal(t, []string{"customers:admin", "orders:read"}, want.Roots[0].APIs[0].Reachable)

	moved := filepath.Join(t.TempDir(), "table.go")
	facts.MoveTable(scope, moved)
	got, err := main.Audit(facts)
	require.NoError(t, err)
	require.Equal(t, want.Roots, got.Roots)

	require.NoError(t, os.WriteFile(moved, []byte("package scope\n\nconst Table = `{\"schema\": 1}`\n"), 0o600))
	got, err = main.Audit(facts)
	require.NoError(t, err)
	require.Equal(t, want.Roots, got.Roots, "another table is not taken")

	t.Chdir(t.TempDir())
	_, err = main.Audit(facts)
	require.ErrorContains(t, err, "run go clean -cache")
}

// Facts have hashes of signatures in their place.
func TestIdenticalSignaturesHaveOneHash(t *testing.T) {
	const text = `package p

type N int
type A = N
type G[T any] struct{}

func _(x int, y ...string) error
func _(a int, b ...string) error
func _(int, []string) error
func _(int, ...string)
func _(int, string) error
func _(string, int) error
func _(N)
func _(A)
func _(int)
func _(*N)
func _(**N)
func _([]N)
func _([2]N)
func _([3]N)
func _(byte, rune)
func _(uint8, int32)
func _(any)
func _(interface{})
func _(interface{ M(x int) })
func _(interface{ M(int) })
func _(interface{ M() })
func _(interface{ O() })
func _(func(a, b N) (c N))
func _(func(N, A) N)
func _(func(N), N)
func _(G[N])
func _(G[A])
func _(G[*N])
func _(G[G[N]])
func _(map[string]N)
func _(map[N]string)
func _(chan N)
func _(<-chan N)
func _(struct{ F N })
func _(struct{ N })
func _(struct{ F, H N })
func _() (N, error)
func _() N
`
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "p.go", text, 0)
	require.NoError(t, err)
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}}
	_, err = (&types.Config{IgnoreFuncBodies: true}).Check("p", fset, []*ast.File{file}, info)
	require.NoError(t, err)
	var all []*types.Signature
	for _, object := range info.Defs {
		if fn, ok := object.(*types.Func); ok && fn.Signature().Recv() == nil {
			all = append(all, fn.Signature())
		}
	}
	require.Len(t, all, strings.Count(text, "func _"))
	for _, a := range all {
		for _, b := range all {
			require.Equal(t, types.Identical(a, b), audit.SignatureHash(a) == audit.SignatureHash(b), "%s and %s", a, b)
		}
	}
}

// Facts are files that anything may have happened to.
func FuzzFacts(f *testing.F) {
	facts, path := fewFacts(f)
	f.Add(facts.Encode(), facts.Unpacked(path))
	f.Add([]byte("scopegen facts 3\n"), []byte{})
	f.Fuzz(func(t *testing.T, encoded, summary []byte) {
		_ = audit.Facts{}.Decode(encoded)
		damaged := maps.Clone(facts)
		damaged.Pack(path, summary)
		_ = damaged.Restore()
	})
}

func TestDamagedFactsAreRefused(t *testing.T) {
	facts, path := fewFacts(t)
	require.NoError(t, facts.Restore())
	good := facts.Encode()
	again := audit.Facts{}
	require.NoError(t, again.Decode(good))
	require.Equal(t, facts, again)
	for i := range good {
		require.Error(t, audit.Facts{}.Decode(good[:i]), "cut off after %d bytes", i)
	}
	require.ErrorContains(t, audit.Facts{}.Decode(append(good, 0)), "run go clean -cache")
	summary := facts.Unpacked(path)
	for i := 0; i < len(summary); i += 1 + len(summary)/150 {
		damaged := maps.Clone(facts)
		damaged.Pack(path, summary[:i])
		require.ErrorContains(t, damaged.Restore(), "run go clean -cache")
		changed := slices.Clone(summary)
		changed[i] ^= 0x55
		damaged.Pack(path, changed)
		_ = damaged.Restore() // it may mean something else; it must not be the end of the process
	}
	facts.Pack(path, make([]byte, 1<<25+1))
	require.ErrorContains(t, facts.Restore(), "too long")
}
