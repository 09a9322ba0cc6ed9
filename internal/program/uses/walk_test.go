package uses_test

import (
	"bytes"
	"context"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"
	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/inline"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/change/diff"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/internal/program"
	"github.com/scopegen/scopegen/internal/program/fix"
	"github.com/scopegen/scopegen/internal/program/uses"
	"github.com/scopegen/scopegen/spec"
)

// consumer is a module of its own, as a user has it: a catalogue, the packages
// generated for it, and a program.
type consumer struct {
	t   *testing.T
	dir string
}

const before = `api: {name: bank, title: Bank}
servers: {live: https://bank.example}
token: {path: /token}
groups:
  - title: Users
    scopes:
      - scope: users:read
        permits: See users.
      - scope: users:admin
        permits: Change users; reading included.
  - title: Plans
    scopes:
      - scope: savings_plan:read
        permits: See savings plans.
      - scope: reports:read
        permits: See reports.
operations:
  - id: list_users
    method: GET
    path: /users
    requires: {any_of: [users:read, users:admin]}
    responses: {200: {application/json: {$ref: '#/types/Users'}}}
  - id: list_plans
    method: GET
    path: /plans
    requires: {scope: savings_plan:read}
    responses: {200: {application/json: {$ref: '#/types/Plan'}}}
  - id: list_reports
    method: GET
    path: /reports
    requires: {scope: reports:read}
    responses: {204: {}}
types:
  Users: {type: object, properties: {names: {type: array, items: {type: string}}}}
  Plan: {type: object, properties: {state: {$ref: '#/types/PlanState'}}}
  PlanState: {type: string, enum: [ACTIVE, ENDED]}
`

const userProgram = `package main

import (
	"context"
	"fmt"

	"example.com/consumer/bank/reports"
	"example.com/consumer/bank/savingsplan"
	"example.com/consumer/bank/scope"
	"example.com/consumer/bank/users"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.UsersRead
	scope.SavingsPlanRead
	scope.ReportsRead
}

type service struct {
	users *users.Reader
	plans *savingsplan.Reader
}

func main() {
	token := runtime.Authorize[access](nil)
	s := service{users.NewReader(token), savingsplan.NewReader(token)}
	list, err := s.users.ListUsers(context.Background())
	fmt.Println(list, err)
	plan, err := s.plans.ListPlans(context.Background())
	fmt.Println(active(plan), err)
	fmt.Println(reports.NewReader(token).ListReports(context.Background()))
	_ = savingsplan.NewReader[scope.SavingsPlanRead](runtime.Authorize[scope.SavingsPlanRead](nil))
}

func active(p *savingsplan.Plan) bool {
	return p.State == savingsplan.PlanStateActive
}
`

func newConsumer(t *testing.T) *consumer {
	t.Helper()
	root, err := filepath.Abs("../../..")
	require.NoError(t, err)
	c := &consumer{t, t.TempDir()}
	c.write("go.mod", "module example.com/consumer\n\ngo 1.26\n\nrequire github.com/scopegen/scopegen v0.0.0\n\nreplace github.com/scopegen/scopegen => "+modfile.AutoQuote(root)+"\n")
	c.write("scopes.yaml", before)
	c.write("main.go", userProgram)
	c.generate()
	c.builds()
	return c
}

func (c *consumer) write(name, text string) {
	c.t.Helper()
	require.NoError(c.t, os.MkdirAll(filepath.Dir(filepath.Join(c.dir, name)), 0o755))
	require.NoError(c.t, os.WriteFile(filepath.Join(c.dir, name), []byte(text), 0o644))
}

func (c *consumer) read(name string) string {
	c.t.Helper()
	text, err := os.ReadFile(filepath.Join(c.dir, name))
	require.NoError(c.t, err)
	return string(text)
}

// edit replaces text in a file; all of it must be there.
func (c *consumer) edit(name string, pairs ...string) {
	c.t.Helper()
	text := c.read(name)
	for i := 0; i < len(pairs); i += 2 {
		require.Contains(c.t, text, pairs[i])
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	c.write(name, text)
}

func (c *consumer) catalogue() *spec.Catalogue {
	c.t.Helper()
	loaded, findings := spec.Load(os.DirFS(c.dir), "scopes.yaml")
	require.NoError(c.t, findings.Err())
	return loaded
}

func (c *consumer) generate() {
	c.t.Helper()
	packages, findings := scopegen.Generate(c.catalogue(), scopegen.Options{ImportPath: "example.com/consumer/bank"})
	require.NoError(c.t, findings.Err())
	require.NoError(c.t, os.RemoveAll(filepath.Join(c.dir, "bank")))
	for _, p := range packages {
		for _, f := range p.Files {
			c.write(filepath.Join("bank", f.Path), string(f.Content))
		}
	}
}

func (c *consumer) run(args ...string) (string, error) {
	command := exec.Command("go", args...)
	command.Dir = c.dir
	command.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOWORK=off", "GOPROXY=off")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return out.String(), err
}

// inlines does what "go fix" does to what the directive "go:fix inline" marks, with the
// same analyzer. The go command would start it once for each of 200 imported packages.
func (c *consumer) inlines() {
	c.t.Helper()
	loaded, err := packages.Load(&packages.Config{
		Mode: packages.LoadAllSyntax | packages.NeedModule, Dir: c.dir,
		Env: append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -mod=mod", "GOWORK=off", "GOPROXY=off"),
	}, "./...")
	require.NoError(c.t, err)
	graph, err := checker.Analyze([]*analysis.Analyzer{inline.Analyzer}, loaded, nil)
	require.NoError(c.t, err)
	edits := map[string][]analysis.TextEdit{}
	for _, action := range graph.Roots {
		require.NoError(c.t, action.Err)
		for _, d := range action.Diagnostics {
			for _, e := range d.SuggestedFixes[0].TextEdits {
				name := action.Package.Fset.Position(e.Pos).Filename
				again := func(o analysis.TextEdit) bool {
					return o.Pos == e.Pos && o.End == e.End && string(o.NewText) == string(e.NewText)
				}
				if !slices.ContainsFunc(edits[name], again) { // several add the same import
					edits[name] = append(edits[name], e)
				}
			}
		}
		for name, list := range edits {
			slices.SortStableFunc(list, func(a, b analysis.TextEdit) int { return int(b.Pos - a.Pos) })
			text, err := os.ReadFile(name)
			require.NoError(c.t, err)
			for _, e := range list {
				text = slices.Replace(text, action.Package.Fset.Position(e.Pos).Offset, action.Package.Fset.Position(e.End).Offset, e.NewText...)
			}
			require.NoError(c.t, os.WriteFile(name, text, 0o644))
		}
		clear(edits)
	}
}

func (c *consumer) builds() {
	c.t.Helper()
	out, err := c.run("list", "-export", "./...") // compiles, and links nothing
	require.NoError(c.t, err, out)
}

// refuses builds, and returns what the compiler says.
func (c *consumer) refuses() string {
	c.t.Helper()
	out, err := c.run("build", "-o", os.DevNull, "./...")
	require.Error(c.t, err, "it compiles")
	return out
}

// uses changes the catalogue, and lists the uses of what is affected before
// anything is generated: the line of the source, the name, and what becomes of it.
func (c *consumer) uses(change func()) []string {
	c.t.Helper()
	old := c.catalogue()
	change()
	report := diff.Compare(diff.Side{Name: "old", Catalogue: old}, diff.Side{Name: "new", Catalogue: c.catalogue()})
	affected, err := report.Affected()
	require.NoError(c.t, err)
	names := uses.Names{Output: report.Output(), Affected: map[string]bool{}, Moved: map[string]string{}}
	for name, a := range affected {
		names.Affected[name] = a.Gone || a.Changed
		if a.Use != "" {
			names.Moved[name] = a.Use
		}
	}
	c.t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -mod=mod")
	c.t.Setenv("GOWORK", "off")
	loaded, err := program.Load(context.Background(), program.Config{Dir: c.dir, Patterns: []string{"./..."}})
	require.NoError(c.t, err)
	require.NoError(c.t, loaded.CompileError())
	found := uses.Find(loaded, names)
	var out []string
	lines := strings.Split(c.read("main.go"), "\n")
	for _, u := range found.Uses {
		require.Equal(c.t, "main.go", u.File)
		local := u.Name[strings.LastIndexByte(u.Name, '.')+1:]
		require.True(c.t, strings.HasPrefix(lines[u.Line-1][u.Column-1:], local), "%v is not at %d:%d", u.Name, u.Line, u.Column)
		out = append(out, fmt.Sprintf("%d %s gone=%v: %s", u.Line, u.Name, affected[u.Name].Gone, affected[u.Name].Action))
	}
	return out
}

func (c *consumer) bring(published string, renames map[string]string) {
	c.t.Helper()
	parsed, notes := table.Parse("table.md", []byte(published))
	require.NoError(c.t, notes.Err())
	result, findings := sync.Sync(os.DirFS(c.dir), "scopes.yaml", c.catalogue(), parsed, sync.Options{Renames: renames})
	require.NoError(c.t, findings.Err())
	for name, text := range result.Files {
		c.write(name, string(text))
	}
}

func TestAConsumerFollowsAScopeThatIsAdded(t *testing.T) {
	c := newConsumer(t)
	require.Empty(t, c.uses(func() {
		c.edit("scopes.yaml", "      - scope: reports:read\n", "      - scope: reports:admin\n      - scope: reports:read\n",
			"{scope: reports:read}", "{any_of: [reports:read, reports:admin]}")
	}))
	c.generate()
	c.builds()
	require.Contains(t, c.read("bank/scope/scope.go"), "type ReportsAdmin interface")
}

func TestAConsumerFollowsARename(t *testing.T) {
	c := newConsumer(t)
	listed := c.uses(func() {
		c.bring("| Scope | Permissions |\n|---|---|\n| Users | |\n| users:read | See users. |\n| users:admin | Change users; reading included. |\n| Plans | |\n| savings_plans:read | See savings plans. |\n| reports:read | See reports. |\n",
			map[string]string{"savings_plan:read": "savings_plans:read"})
	})
	require.Equal(t, []string{
		"16 scope.SavingsPlanRead gone=false: scopegen fix writes scope.SavingsPlansRead",
		"22 savingsplan.Reader gone=false: scopegen fix writes savingsplans.Reader",
		"27 savingsplan.NewReader gone=false: scopegen fix writes savingsplans.NewReader",
		"33 savingsplan.NewReader gone=false: scopegen fix writes savingsplans.NewReader",
		"33 scope.SavingsPlanRead gone=false: scopegen fix writes scope.SavingsPlansRead",
		"33 scope.SavingsPlanRead gone=false: scopegen fix writes scope.SavingsPlansRead",
		"36 savingsplan.Plan gone=false: scopegen fix writes savingsplans.Plan",
		"37 savingsplan.PlanStateActive gone=false: scopegen fix writes savingsplans.PlanStateActive",
	}, listed)

	// What was written before compiles with what is generated now.
	c.generate()
	c.builds()
	require.Contains(t, c.read("bank/savingsplan/moved.go"), "Deprecated: use savingsplans.NewReader.")

	// go fix rewrites types and constants. It cannot infer the type argument of
	// a constructor, whose calls stay, and compile.
	c.inlines()
	fixed := c.read("main.go")
	for _, name := range []string{"scope.SavingsPlansRead", "*savingsplans.Reader", "*savingsplans.Plan", "savingsplans.PlanStateActive", "savingsplan.NewReader(token)", "savingsplan.NewReader[scope.SavingsPlansRead](runtime.Authorize[scope.SavingsPlansRead](nil))"} {
		require.Contains(t, fixed, name)
	}
	c.builds()

	// scopegen fix does; then the aliases can go.
	c.t.Setenv("GOFLAGS", os.Getenv("GOFLAGS")+" -mod=mod")
	c.t.Setenv("GOWORK", "off")
	result, err := fix.Rewrite(context.Background(), program.Config{Dir: c.dir, Patterns: []string{"./..."}})
	require.NoError(t, err)
	require.Empty(t, result.Left)
	for _, file := range result.Files {
		require.NoError(t, os.WriteFile(file.Path, file.New, 0o644))
	}
	require.NotContains(t, c.read("main.go"), "savingsplan.")
	c.edit("scopes.yaml", "        renamed_from: [savings_plan:read]\n", "")
	c.generate()
	c.builds()
	require.NoDirExists(t, filepath.Join(c.dir, "bank/savingsplan"))
}

func TestAConsumerFollowsADeprecation(t *testing.T) {
	c := newConsumer(t)
	require.Equal(t, []string{
		"17 scope.ReportsRead gone=false: plan to do without it",
		"32 reports.NewReader gone=false: plan to do without it",
	}, c.uses(func() {
		c.edit("scopes.yaml", "        permits: See reports.\n", "        permits: See reports.\n        deprecated: files:read replaces it.\n")
	}))
	c.generate()
	c.builds()
	require.Contains(t, c.documentation("bank/scope", "ReportsRead"), "Deprecated: files:read replaces it.")
	require.Contains(t, c.documentation("bank/reports", "Reader"), "Deprecated: files:read replaces it.")
}

// documentation returns the documentation of a type, as a linter reads it.
// "go doc" would list every module of the build for that, which fails where
// the module cache is empty and no proxy may be asked.
func (c *consumer) documentation(folder, name string) string {
	c.t.Helper()
	fset := token.NewFileSet()
	sources, err := filepath.Glob(filepath.Join(c.dir, folder, "*.go"))
	require.NoError(c.t, err)
	var files []*ast.File
	for _, source := range sources {
		file, err := parser.ParseFile(fset, source, nil, parser.ParseComments)
		require.NoError(c.t, err)
		files = append(files, file)
	}
	documented, err := doc.NewFromFiles(fset, files, "example.com/consumer/"+folder)
	require.NoError(c.t, err)
	for _, t := range documented.Types {
		if t.Name == name {
			return t.Doc
		}
	}
	require.Fail(c.t, "there is no type "+name+" in "+folder)
	return ""
}

func TestAConsumerFollowsARequirementThatIsNarrowed(t *testing.T) {
	c := newConsumer(t)
	require.Equal(t, []string{
		"28 users.Reader.ListUsers gone=true: use users.NewAdmin with scope.UsersAdmin; have the scope granted and add it to your set",
	}, c.uses(func() {
		c.edit("scopes.yaml", "{any_of: [users:read, users:admin]}", "{scope: users:admin}",
			"operations:\n", "operations:\n  - {id: count_users, method: GET, path: /users/count, requires: {scope: users:read}, responses: {204: {}}}\n")
	}))
	c.generate()
	require.Contains(t, c.refuses(), "./main.go:28:23: s.users.ListUsers undefined (type *users.Reader has no field or method ListUsers)")
	c.edit("main.go", "users *users.Reader", "users *users.Admin", "users.NewReader", "users.NewAdmin")
	require.Contains(t, c.refuses(), "S (type access) does not satisfy scope.UsersAdmin (missing method usersAdmin)")
	c.edit("main.go", "\tscope.UsersRead\n", "\tscope.UsersAdmin\n")
	c.builds()
}

func TestAConsumerFollowsAScopeThatIsRemoved(t *testing.T) {
	c := newConsumer(t)
	require.Equal(t, []string{
		"17 scope.ReportsRead gone=true: remove it: the scope is gone",
		"32 reports.NewReader gone=true: remove it: the scope is gone",
		"32 reports.Reader.ListReports gone=true: remove it: the scope is gone",
	}, c.uses(func() {
		c.edit("scopes.yaml", "      - scope: reports:read\n        permits: See reports.\n", "",
			"  - id: list_reports\n    method: GET\n    path: /reports\n    requires: {scope: reports:read}\n    responses: {204: {}}\n", "")
	}))
	c.generate()
	said := c.refuses()
	require.Contains(t, said, "bank/reports")
	c.edit("main.go", "\t\"example.com/consumer/bank/reports\"\n", "", "\tfmt.Println(reports.NewReader(token).ListReports(context.Background()))\n", "")
	require.Contains(t, c.refuses(), "./main.go:16:8: undefined: scope.ReportsRead")
	c.edit("main.go", "\tscope.ReportsRead\n", "")
	c.builds()
}
