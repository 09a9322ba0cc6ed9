package audit_test

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/scopegen/scopegen/internal/program/audit"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// Programs that mix idioms at random run against a sandbox. What it records must be
// among what the audit reports, with the linker's help too. A failure prints the
// seed and keeps the program's text in the log.
func TestProgramsOfRandomIdiomsCallWhatIsReported(t *testing.T) {
	if testing.Short() {
		t.Skip("links several programs")
	}
	const programs = 5
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -mod=mod")
	t.Setenv("GOWORK", "off")
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	module := t.TempDir()
	file := func(name, text string) {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(module, name)), 0o777))
		require.NoError(t, os.WriteFile(filepath.Join(module, name), []byte(text), 0o666))
	}
	file("go.mod", "module example.com/mixed\n\ngo 1.26.0\n\nrequire github.com/scopegen/scopegen v0.0.0\n\nreplace github.com/scopegen/scopegen => "+modfile.AutoQuote(root)+"\n")
	texts := map[string]string{}
	for i := range programs {
		name := fmt.Sprint("mixed", i)
		texts[name] = mixed(random)
		file(name+"/main.go", texts[name])
	}
	plain, err := audit.Audit(context.Background(), audit.Config{Dir: module, Patterns: []string{"./..."}})
	require.NoError(t, err, "seed %d", seed)
	precise, err := audit.Audit(context.Background(), audit.Config{Dir: module, Patterns: []string{"./..."}}.Linking(module))
	require.NoError(t, err, "seed %d", seed)
	require.Len(t, plain.Roots, programs)

	c, findings := spec.LoadFile("../../../spec/scopes.yaml")
	require.NoError(t, findings.Err())
	var scopes []string
	for _, s := range c.Scopes() {
		scopes = append(scopes, s.Name)
	}
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	key := filepath.Join(module, "key.pem")
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded}), 0o600))
	for i, reported := range plain.Roots {
		name := path.Base(reported.Package)
		t.Run(name, func(t *testing.T) {
			server, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{{ID: "c1", Secret: "s", Scopes: scopes, Keys: map[string]crypto.PublicKey{"k1": public}}}})
			require.NoError(t, err)
			require.NoError(t, server.Start("127.0.0.1:0"))
			defer func() { require.NoError(t, server.Close()) }()
			run := exec.CommandContext(t.Context(), filepath.Join(module, "0", name))
			run.Env = append(os.Environ(), "SCOPEGEN_URL="+server.URL(), "SCOPEGEN_KEY_FILE="+key)
			output, err := run.CombinedOutput()
			require.NoError(t, err, "seed %d\n%s\n%s", seed, output, texts[name])
			recorded := 0
			for _, call := range server.Calls() {
				if call.Operation == "token" {
					continue
				}
				recorded++
				for _, r := range []audit.Root{reported, precise.Roots[i]} {
					require.Contains(t, operations(r.APIs[0]), call.Operation, "seed %d\n%s", seed, texts[name])
					for _, s := range call.Scopes {
						require.Contains(t, r.APIs[0].Carried, s, "seed %d\n%s", seed, texts[name])
					}
				}
			}
			require.GreaterOrEqual(t, recorded, units, "seed %d\n%s\n%s", seed, output, texts[name])
		})
	}
}

// units is how many calls one program makes.
const units = 10

// target is a method that a random program calls.
type target struct{ pkg, client, method, results string }

var targets = []target{
	{"users", "Reader", "RetrieveUser", "(*users.User, error)"},
	{"users", "Admin", "RetrieveUser", "(*users.User, error)"},
	{"users", "Admin", "OffboardUser", "error"},
	{"orders", "Reader", "RetrieveOrder", "(*orders.Order, error)"},
	{"orders", "Admin", "RetrieveOrder", "(*orders.Order, error)"},
	{"orders", "Admin", "CancelOrder", "(*orders.OrderCancelResponse, error)"},
	{"mandates", "Reader", "RetrieveMandate", "(*mandates.DirectDebitMandate, error)"},
	{"mandates", "Admin", "DeleteMandate", "error"},
	{"payments", "Reader", "RetrieveDirectDebit", "(*payments.DirectDebit, error)"},
	{"payments", "Admin", "RetrieveCashWithdrawal", "(*payments.PaymentsWithdrawal, error)"},
}

const mixedHead = `package main

import (
	"context"
	"fmt"
	"os"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/mandates"
	"github.com/scopegen/scopegen/generated/upvest/orders"
	"github.com/scopegen/scopegen/generated/upvest/payments"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

type access interface {
	scope.UsersRead
	scope.UsersAdmin
	scope.OrdersRead
	scope.OrdersAdmin
	scope.MandatesRead
	scope.MandatesAdmin
	scope.PaymentsRead
	scope.PaymentsAdmin
}

var session = sync.OnceValue(func() *runtime.Session {
	key, err := keyfile.Load(os.Getenv("SCOPEGEN_KEY_FILE"), nil)
	if err != nil {
		panic(err)
	}
	s, err := upvest.Open(runtime.Server{URL: os.Getenv("SCOPEGEN_URL")},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")}, runtime.WithKey("k1", key))
	if err != nil {
		panic(err)
	}
	return s
})

func token() runtime.Token[access] { return runtime.Authorize[access](session()) }

func same[T any](v T) T { return v }

func through[T any](v T) T {
	c := make(chan T, 1)
	c <- v
	return <-c
}

type box[T any] struct{ held T }

func (b box[T]) get() T { return b.held }

func as[T any](v any) T { return v.(T) }

type printed struct{ run func() }

func (p printed) String() string { p.run(); return "" }

var (
	_ = fmt.Sprint
	_ = slices.ContainsFunc[[]int]
	_ = reflect.ValueOf
	_ *users.Reader
	_ *orders.Reader
	_ *mandates.Reader
	_ *payments.Reader
	_ atomic.Value
)
`

// mixed writes a program that makes the calls of all units, and holds more that it
// never makes.
func mixed(random *rand.Rand) string {
	var b strings.Builder
	b.WriteString(mixedHead)
	var main []string
	for i := range units {
		u := unit{random: random, number: i, target: targets[random.IntN(len(targets))]}
		u.declare(&b)
		main = append(main, u.host(&b)...)
	}
	random.Shuffle(len(main), func(i, j int) { main[i], main[j] = main[j], main[i] })
	fmt.Fprintf(&b, "\nfunc main() {\n\t%s\n}\n", strings.Join(main, "\n\t"))
	return b.String()
}

// unit is one call: a client goes through carriers, is called in some way, by a
// function that something in the program runs.
type unit struct {
	random *rand.Rand
	number int
	target
}

func (u *unit) pick(n int) int { return u.random.IntN(n) }

func (u *unit) iface() string    { return fmt.Sprint("caller", u.number) }
func (u *unit) concrete() string { return "*" + u.pkg + "." + u.client }

func (u *unit) declare(b *strings.Builder) {
	expression := fmt.Sprintf("%s.New%s(token())", u.pkg, u.client)
	typ := u.concrete()
	for range u.pick(4) {
		expression, typ = u.carry(expression, typ)
	}
	if typ == "any" {
		expression, typ = u.asserted(expression), u.iface()
	}
	fmt.Fprintf(b, "\ntype %s interface {\n\t%s(context.Context, string, ...runtime.CallOption) %s\n}\n", u.iface(), u.method, u.results)
	fmt.Fprintf(b, "\nfunc do%d[G %s](g G) { g.%s(context.Background(), \"x\") }\n", u.number, u.iface(), u.method)
	fmt.Fprintf(b, "\nfunc apply%d[F ~func(%[2]s) %[2]s](f F, g interface{ %[2]s }) %[2]s { return f(g) }\n", u.number, u.iface())
	fmt.Fprintf(b, "\nvar hook%d func()\n", u.number)
	fmt.Fprintf(b, "\nfunc unit%d() {\n\te := %s\n\t%s\n}\n", u.number, expression, u.call(typ))
	fmt.Fprintf(b, "\nfunc dead%d() { _ = payments.NewReader(token()).RetrieveCashWithdrawal }\n", u.number)
}

func (u *unit) asserted(e string) string {
	i := u.iface()
	return []string{
		fmt.Sprintf("any(%s).(%s)", e, i),
		fmt.Sprintf("as[%s](%s)", i, e),
		fmt.Sprintf("func() %[2]s { switch v := any(%[1]s).(type) { case %[2]s: return v }; panic(0) }()", e, i),
		fmt.Sprintf("func() (g %[2]s) { reflect.ValueOf(&g).Elem().Set(reflect.ValueOf(%[1]s)); return g }()", e, i),
		fmt.Sprintf("reflect.ValueOf(func(g %[2]s) %[2]s { return g }).Call([]reflect.Value{reflect.ValueOf(%[1]s)})[0].Interface().(%[2]s)", e, i),
	}[u.pick(5)]
}

// carry passes an expression on in some way, and returns the new expression with
// its type.
func (u *unit) carry(e, typ string) (string, string) {
	i := u.iface()
	forms := [][2]string{
		{fmt.Sprintf("func() %s { return %s }()", typ, e), typ},
		{fmt.Sprintf("same(%s)", e), typ},
		{fmt.Sprintf("through(%s)", e), typ},
		{fmt.Sprintf("box[%s]{%s}.get()", typ, e), typ},
		{fmt.Sprintf("map[string]any{\"x\": %s}[\"x\"]", e), "any"},
		{fmt.Sprintf("func() any { var v atomic.Value; v.Store(%s); return v.Load() }()", e), "any"},
		{fmt.Sprintf("func() any { var v sync.Map; v.Store(1, %s); r, _ := v.Load(1); return r }()", e), "any"},
		{fmt.Sprintf("func() any { var v any; for _, v = range []%s{%s} { }; return v }()", typ, e), "any"},
		{u.asserted(e), i},
	}
	if typ != "any" {
		forms = append(forms, [][2]string{
			{fmt.Sprintf("%s(%s)", i, e), i},
			{fmt.Sprintf("struct{ %[1]s }{%[2]s}", i, e), "struct{ " + i + " }"},
			{fmt.Sprintf("func() (g %s) { for _, g = range []%s{%s} { }; return g }()", i, typ, e), i},
			{fmt.Sprintf("apply%d(func(g %[2]s) %[2]s { return g }, %[3]s)", u.number, i, e), i},
			{fmt.Sprintf("[]%s{%s}[0]", i, e), i},
			{fmt.Sprintf("func() %[1]s { c := make(chan %[1]s, 1); c <- %[2]s; return <-c }()", i, e), i},
		}...)
	}
	form := forms[u.pick(len(forms))]
	return form[0], form[1]
}

// call returns statements that call the method of the variable e.
func (u *unit) call(typ string) string {
	call := fmt.Sprintf("e.%s(context.Background(), \"x\")", u.method)
	forms := []string{
		call,
		fmt.Sprintf("f := e.%s; f(context.Background(), \"x\")", u.method),
		fmt.Sprintf("%s.%s(e, context.Background(), \"x\")", u.iface(), u.method),
		fmt.Sprintf("func() { defer %s }()", call),
		fmt.Sprintf("var w sync.WaitGroup; w.Go(func() { %s }); w.Wait()", call),
		fmt.Sprintf("do%d(e)", u.number),
		fmt.Sprintf("reflect.ValueOf(e).MethodByName(%q).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(\"x\")})", u.method),
		fmt.Sprintf("hook%d = func() { %s }; hook%[1]d()", u.number, call),
		fmt.Sprintf("slices.ContainsFunc([]%s{e}, func(g %[1]s) bool { g.%s(context.Background(), \"x\"); return true })", u.iface(), u.method),
		fmt.Sprintf("new(sync.Once).Do(func() { %s })", call),
	}
	if typ == u.concrete() {
		forms = append(forms, fmt.Sprintf("(%s).%s(e, context.Background(), \"x\")", typ, u.method))
	}
	return forms[u.pick(len(forms))]
}

// host returns what main does to run the unit, if anything.
func (u *unit) host(b *strings.Builder) []string {
	n := u.number
	switch u.pick(6) {
	case 0:
		fmt.Fprintf(b, "\nfunc init() { unit%d() }\n", n)
		return nil
	case 1:
		fmt.Fprintf(b, "\nvar started%d = func() bool { unit%[1]d(); return true }()\n", n)
		return nil
	case 2:
		return []string{fmt.Sprintf("_ = fmt.Sprint(printed{unit%d})", n)}
	case 3:
		return []string{fmt.Sprintf("map[int]func(){%d: unit%[1]d}[%[1]d]()", n)}
	case 4:
		return []string{fmt.Sprintf("for f := range slices.Values([]func(){unit%d}) { f() }", n)}
	}
	return []string{fmt.Sprintf("unit%d()", n)}
}
