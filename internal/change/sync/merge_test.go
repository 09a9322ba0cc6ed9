package sync_test

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/internal/change/sync"
	"github.com/scopegen/scopegen/internal/generate/plan"
	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

// scribbleOperations writes operations that need scopes, in any style, with numbered
// comments everywhere.
func scribbleOperations(random *rand.Rand, scopes []string) string {
	var b strings.Builder
	comments := 0
	comment := func() string {
		if random.IntN(2) == 0 {
			return ""
		}
		comments++
		return fmt.Sprintf(" # comment <o%d>", comments)
	}
	some := func() []string { // at least two scopes
		shuffled := slices.Clone(scopes)
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		return shuffled[:2+random.IntN(len(scopes)-1)]
	}
	quote := func(name string) string {
		return fmt.Sprintf([]string{"%s", "'%s'", `"%s"`}[random.IntN(3)], name)
	}
	flow := func(names []string, indent string) string {
		out := "["
		for i, name := range names {
			if i > 0 {
				out += []string{", ", ",", " , "}[random.IntN(3)]
				if random.IntN(4) == 0 {
					out += comment() + "\n" + indent
				}
			}
			out += quote(name)
		}
		return out + []string{"", " ", ","}[random.IntN(3)] + "]"
	}
	b.WriteString("operations:\n")
	for i := range 12 {
		fmt.Fprintf(&b, "  - id: op%d%s\n    method: GET\n    path: /op%d\n    responses: {204: {}}\n", i, comment(), i)
		key := []string{"any_of", "all_of"}[random.IntN(2)]
		switch random.IntN(4) {
		case 0:
			fmt.Fprintf(&b, "    requires: {scope: %s}%s\n", quote(scopes[random.IntN(len(scopes))]), comment())
		case 1:
			fmt.Fprintf(&b, "    requires: {%s: %s}%s\n", key, flow(some(), "      "), comment())
		case 2:
			fmt.Fprintf(&b, "    requires:%s\n      %s:%s\n", comment(), key, comment())
			for _, name := range some() {
				fmt.Fprintf(&b, "      - %s%s\n", quote(name), comment())
			}
		case 3:
			fmt.Fprintf(&b, "    requires:\n      any_of_sets:%s\n", comment())
			seen := map[string]bool{}
			for range 1 + random.IntN(4) {
				names := some()
				key := strings.Join(slices.Sorted(slices.Values(names)), " ")
				if seen[key] {
					continue
				}
				seen[key] = true
				if random.IntN(2) == 0 {
					fmt.Fprintf(&b, "        - %s%s\n", flow(names, "            "), comment())
					continue
				}
				for j, name := range names {
					fmt.Fprintf(&b, "        %s - %s%s\n", map[bool]string{true: "-", false: " "}[j == 0], quote(name), comment())
				}
			}
		}
	}
	return b.String()
}

// merged returns what a requirement asks once scopes have other names, each set once.
func merged(r spec.Requirement, to map[string]string) []string {
	var sets []string
	for _, set := range r.Rename(to).Sets() {
		if key := spec.ScopeKey(set); !slices.Contains(sets, key) {
			sets = append(sets, key)
		}
	}
	return sets
}

func TestAnyScopesOfAnyCatalogueAreMerged(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	text := func(name string) string { return "May use all the " + strings.ReplaceAll(name, ":", " and ") }
	loaded, err := packages.Load(&packages.Config{Mode: packages.NeedName | packages.NeedTypes | packages.NeedImports},
		runtimePath, runtimePath+"/clientimpl", "context", "iter", "net/http", "reflect", "runtime")
	require.NoError(t, err)
	known := map[string]*types.Package{}
	for _, pkg := range loaded {
		require.Empty(t, pkg.Errors)
		known[pkg.PkgPath] = pkg.Types
	}
	made, lost := 0, 0
	for round := range 100 {
		var groups [][]string
		var scopes []string
		for len(scopes) < 3 {
			groups = edition(random)
			scopes = slices.Concat(groups...)
		}
		catalogue := "include: [operations.yaml]\n" + scribble(random, groups, text)
		operations := scribbleOperations(random, scopes)
		fsys := fstest.MapFS{"scopes.yaml": {Data: []byte(catalogue)}, "operations.yaml": {Data: []byte(operations)}}
		show := fmt.Sprintf("round %d\n%s\n%s", round, catalogue, operations)
		before, findings := spec.Load(fsys, "scopes.yaml")
		require.NoError(t, findings.Err(), show)

		// Some scopes become one, of a new name or of another scope's.
		into := "everything:see"
		if random.IntN(2) == 0 {
			into = scopes[random.IntN(len(scopes))]
		}
		renames := map[string]string{}
		for _, name := range scopes {
			if name != into && (len(renames) < 1 || random.IntN(3) == 0) {
				renames[name] = into
			}
		}
		var left [][]string
		for _, g := range groups {
			if g = slices.DeleteFunc(slices.Clone(g), func(name string) bool { return renames[name] != "" }); len(g) > 0 {
				left = append(left, g)
			}
		}
		if !slices.Contains(scopes, into) {
			left = append(left, []string{into})
		}
		published := tableOf(left, text)
		show += fmt.Sprintf("\n%v\n%s", renames, published)

		parsed, _ := table.Parse("table.md", []byte(published))
		options := sync.Options{Renames: renames}
		for _, s := range sync.Suggest(before, parsed, options) {
			options.Renames[s.From] = ""
		}
		result, findings := bring(t, fsys, published, options)
		require.NoError(t, findings.Err(), show)
		require.NotEmpty(t, result.Files, show)
		for name, written := range result.Files {
			require.Equal(t, comments(string(fsys[name].Data)), comments(string(written)), "%s\n%s", show, written)
		}
		require.Len(t, result.Catalogue.Operations, len(before.Operations))
		for i, op := range result.Catalogue.Operations {
			require.Equal(t, merged(before.Operations[i].Requires, renames), merged(op.Requires, nil), "%s: %s", op.ID, show)
			require.Len(t, op.Requires.Sets(), len(merged(op.Requires, nil)), show)
		}
		var former []string
		for _, name := range result.Catalogue.Scope(into).RenamedFrom {
			former = append(former, name.Value)
		}
		var want []string
		for _, name := range scopes {
			if renames[name] != "" {
				want = append(want, name)
			}
		}
		require.Equal(t, want, former, show)
		twice(t, fsys, published, options, result)
		if round%3 > 0 {
			continue // a check by the compiler takes longer than all others
		}
		noted := strings.Join(result.Notes, "\n")
		program, constructors := everyClient(before, func(name string) bool { return strings.Contains(noted, name+" gets no alias") })
		made, lost = made+constructors, lost+strings.Count(noted, " gets no alias")
		require.NoError(t, compiles(known, result.Catalogue, program), show)
	}
	require.Greater(t, made, 300)
	require.Less(t, lost, made/10)
}

// everyClient writes a program that makes each client of several scopes or of one that
// a catalogue gives, and calls it. It leaves out some clients.
func everyClient(c *spec.Catalogue, leaveOut func(name string) bool) (program string, constructors int) {
	p, _ := plan.Build(c, "bank")
	if p == nil {
		return "package main\n", 0
	}
	imports, calls := []string{"bank/scope", runtimePath}, ""
	for _, pkg := range p.Packages {
		used := false
		for _, cl := range pkg.Clients {
			if len(cl.Scopes) == 0 || leaveOut(pkg.Name+"."+cl.Name) {
				continue
			}
			set := ""
			for _, sc := range cl.Scopes {
				set += "scope." + sc.GoName + ";"
			}
			calls += fmt.Sprintf("func _(token runtime.Token[interface{%s}]) error {\n\tvar client *%s.%s = %[2]s.New%[3]s(token)\n", set, pkg.Name, cl.Name)
			for _, method := range cl.Methods {
				calls += fmt.Sprintf("\tif err := client.%s(nil); err != nil { return err }\n", method)
			}
			calls += "\treturn nil\n}\n"
			used = true
			constructors++
		}
		if used {
			imports = append(imports, pkg.ImportPath)
		}
	}
	program = "package main\n"
	for _, path := range imports {
		program += fmt.Sprintf("import %q\n", path)
	}
	return program + "var _ scope." + p.Scopes[0].GoName + "\n" + calls, constructors
}

const runtimePath = "github.com/scopegen/scopegen/runtime"

// compiles type-checks a program together with the packages of a catalogue. known holds
// the packages that are not generated.
func compiles(known map[string]*types.Package, c *spec.Catalogue, program string) error {
	generated, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "bank"})
	if findings.Err() != nil {
		return findings.Err()
	}
	files := map[string][]scopegen.File{}
	for _, pkg := range generated {
		files[path.Join("bank", pkg.Path)] = pkg.Files
	}
	fset, done := token.NewFileSet(), map[string]*types.Package{}
	var check func(at string, sources ...scopegen.File) (*types.Package, error)
	from := importer(func(at string) (*types.Package, error) {
		if pkg := cmp.Or(known[at], done[at]); pkg != nil {
			return pkg, nil
		}
		if files[at] == nil {
			return nil, fmt.Errorf("there is no package %s", at)
		}
		return check(at, files[at]...)
	})
	check = func(at string, sources ...scopegen.File) (*types.Package, error) {
		var parsed []*ast.File
		for _, source := range sources {
			if !strings.HasSuffix(source.Path, ".go") {
				continue
			}
			file, err := parser.ParseFile(fset, source.Path, source.Content, parser.SkipObjectResolution)
			if err != nil {
				return nil, err
			}
			parsed = append(parsed, file)
		}
		pkg, err := (&types.Config{Importer: from}).Check(at, fset, parsed, nil)
		done[at] = pkg
		return pkg, err
	}
	_, err := check("main", scopegen.File{Path: "main.go", Content: []byte(program)})
	return err
}

type importer func(at string) (*types.Package, error)

func (i importer) Import(at string) (*types.Package, error) { return i(at) }
