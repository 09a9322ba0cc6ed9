package audit_test

import (
	"context"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/program/audit"
)

// cases is the audit of all programs of testdata/cases, loaded in one go.
var cases = sync.OnceValues(func() (*audit.Result, error) {
	return audit.Audit(context.Background(), audit.Config{Dir: ".", Patterns: []string{"./testdata/cases/..."}})
})

// truth reads what the comment at the top of a case says, which somebody wrote
// who read the program: key → words.
func truth(t *testing.T, folder string) map[string][]string {
	text, err := os.ReadFile(filepath.Join(folder, "main.go"))
	require.NoError(t, err)
	said := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "//\t"); ok {
			key, words, ok := strings.Cut(rest, ":")
			require.True(t, ok, line)
			said[key] = strings.Fields(words)
		}
	}
	return said
}

// Each folder is a program with one idiom. Nothing may be missed; what is reported
// beyond the truth stands in the case as "spurious".
func TestEachCaseReachesWhatItsCommentSays(t *testing.T) {
	result, err := cases()
	require.NoError(t, err)
	folders, err := filepath.Glob("testdata/cases/*")
	require.NoError(t, err)
	require.Len(t, result.Roots, len(folders))
	spurious := 0
	for _, root := range result.Roots {
		name := path.Base(root.Package)
		t.Run(name, func(t *testing.T) {
			said := truth(t, filepath.Join("testdata/cases", name))
			require.Len(t, root.APIs, 1)
			a := root.APIs[0]
			var scopes, operations, findings []string
			scopes = append(scopes, a.Reachable...)
			for _, s := range a.Scopes {
				for _, use := range s.Operations {
					if !slices.Contains(said["spurious"], s.Scope) {
						operations = append(operations, use.Operation)
					}
					require.NotEmpty(t, use.Sites)
					require.Greater(t, len(use.Witness), 1, "a witness begins at the start of the root")
				}
			}
			for _, use := range a.Unscoped {
				operations = append(operations, use.Operation)
			}
			for _, d := range result.Findings {
				if strings.Contains(d.Pos.File, "/cases/"+name+"/") && d.Code != "SG1001" {
					findings = append(findings, d.Code)
				}
			}
			slices.Sort(operations)
			spurious += len(said["spurious"])
			want := slices.Concat(said["scopes"], said["spurious"])
			assert.ElementsMatch(t, want, scopes, "scopes")
			assert.Equal(t, said["operations"], slices.Compact(operations), "operations")
			said["findings"] = slices.DeleteFunc(said["findings"], func(code string) bool { return code == "SG1001" })
			assert.ElementsMatch(t, said["findings"], findings, "findings")
			// What is requested is reachable, needed, or safe to drop, and nothing is two of these.
			assert.ElementsMatch(t, slices.Compact(slices.Sorted(slices.Values(slices.Concat(a.Unreachable, in(a.Requested, slices.Concat(a.Reachable, a.Least)))))), slices.Sorted(slices.Values(a.Requested)))
		})
	}
	t.Logf("%d programs, %d spurious scopes", len(folders), spurious)
	require.LessOrEqual(t, spurious*100, 2*len(folders))
}

func TestThereIsNothingToLinkInPackagesForOthers(t *testing.T) {
	_, err := audit.Audit(context.Background(), audit.Config{Dir: ".", Patterns: []string{"./testdata/open"}, Library: true, Precise: true})
	require.ErrorContains(t, err, "leave --lib out")
}

func in(list, of []string) (both []string) {
	for _, s := range list {
		if slices.Contains(of, s) {
			both = append(both, s)
		}
	}
	return both
}

func TestABuildIsWhatTheGoCommandMakesOfItsSettings(t *testing.T) {
	dir := t.TempDir()
	settings := filepath.Join(dir, "env")
	require.NoError(t, os.WriteFile(settings, []byte("GOOS=plan9\nGOARCH=386\nGOFLAGS=-tags=b,a,b\n"), 0o600)) // as go env -w does
	require.NoError(t, os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/m\n\ngo 1.26.0\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "main.go"), []byte("package main\n\nfunc main() {}\n"), 0o600))
	for _, name := range []string{"GOOS", "GOARCH", "GOFLAGS"} {
		t.Setenv(name, "")
	}
	t.Setenv("GOWORK", "off")
	t.Setenv("GOENV", settings)
	result, err := audit.Audit(t.Context(), audit.Config{Dir: dir, Patterns: []string{"."}})
	require.NoError(t, err)
	require.Equal(t, audit.Build{GOOS: "plan9", GOARCH: "386", Tags: "a,b"}, result.Build)
}

func TestReflectionIsSeenInTheTextOfAPackage(t *testing.T) {
	for text, want := range map[string]bool{
		"v.MethodByName(name).Call(in)":                true,
		"reflect.ValueOf(x).\n\t\tMethodByName(name).": true,
		"get := v.MethodByName":                        true,
		"t.Method (i)":                                 true,
		"for m := range t.Methods() {":                 true,
		"get := reflect.Value.Method":                  true,
		"get := (reflect.Type).Method":                 true,
		"request.Method == http.MethodGet":             false,
		"func (s *server) Method(name string) {}":      false,
		"info.Methods[0].MethodName":                   false,
	} {
		require.Equal(t, want, audit.GetsMethods([]byte(text)), text)
	}
}

// A method of package reflect that is taken as a value may be called later, under any
// name. Fields are called Method too.
func TestMethodsThatAreTakenAsValuesAreSeenInTheTextOfAPackage(t *testing.T) {
	const head = "package p\n\nimport (\n\t\"net/http\"\n\t\"reflect\"\n\n\t\"example.com/other\"\n)\n\n"
	const elsewhere = head + `type plan struct {
	kind    reflect.Type
	request *http.Request
}

type wrapped struct{ reflect.Value }

type Kind = reflect.Type

var global = reflect.TypeOf(0)

func kindOf(x any) reflect.Type { return reflect.TypeOf(x) }

func (p plan) of() Kind { return p.kind }
`
	for _, body := range []string{
		"func f(t reflect.Type) { m := t.Method; m(0) }",
		"func f(t reflect.Type) {\n\tm := t.Method\n\t{\n\t\tm(0)\n\t}\n}",
		"func f(t reflect.Type) { (t.Method)(0) }",
		"func f(v reflect.Value) func(int) reflect.Value { return v.Method }",
		"func f(x any) { call(reflect.ValueOf(x).\n\tMethod) }",
		"func f(x any) { v := reflect.ValueOf(x).Elem(); call(v.Method) }",
		"func f(x any) { var s struct{ get any }; s.get = kindOf(x).Methods }",
		"func f(x any) { k := kindOf(x); call(k.Method) }",
		"func f(p plan) { call(p.kind.Method) }",
		"func f(p plan) { k := p.of(); call(k.Method) }",
		"func f(w wrapped) { call(w.Method) }",
		"func f(w *Kind) { call((*w).Method) }",
		"func f() { call(global.Method) }",
		"func f(all []reflect.Type) { call(all[0].Method) }",
		"func f(field reflect.StructField) { call(field.Type.Method) }",
		"func f(x any) { switch t := x.(type) { case reflect.Type: call(t.Method) } }",
		"func f(x any) { call(x.(reflect.Type).Method) }",
		"func f[T reflect.Type](t T) { call(t.Method) }",
		"func f(t other.Type) { call(t.Method) }",
		"func f(x any) { t := other.TypeOf(x); call(t.Method) }",
		"type i interface{ Method(int) reflect.Method }\n\nfunc f(t i) { call(t.Method) }",
	} {
		require.True(t, audit.TakesMethod(head+body+"\n", elsewhere), body)
	}
	for _, body := range []string{
		"func f(r *http.Request) { call(r.Method) }",
		"func f(r *http.Request) { r.Method = http.MethodGet; m := r.Method; call(m) }",
		"func f(p plan) { call(p.request.Method) }",
		"func f(p plan) string { return p.request.Method }",
		"func f(r other.Request) any { return map[string]string{\"method\": r.Method} }",
		"func f() { r, _ := http.NewRequest(\"\", \"\", nil); call(r.Method) }",
		"func f() { r := other.Request(); call(r.Method) }",
		"func f(t reflect.Type) { call(reflect.Method{}) }",
		"func f(x any) { switch r := x.(type) { case *http.Request: call(r.Method) } }",
		"var options = &other.Method",
	} {
		require.False(t, audit.TakesMethod(head+body+"\n", elsewhere), body)
	}

	// A package may have values of package reflect from another one.
	const without = "package p\n\nimport \"example.com/other\"\n\n"
	for _, body := range []string{
		"func f(x any, name string) { other.Wrap(x).MethodByName(name).Call(nil) }",
		"func f(x any) { other.ValueOf(x).Method(0).Call(nil) }",
		"func f(x any) { other.Of[int](x).Type().Method(0).Func.Call(nil) }",
		"func f(v other.Value) {\n\tfor range v.Methods() {\n\t}\n}",
	} {
		require.True(t, audit.TakesMethod(without+body+"\n"), body)
	}
	for _, body := range []string{
		"func f(r other.Router) { r.Method(\"GET\", \"/\", nil) }",
		"func f(d other.ValueDescriptor) { d.Methods().ByName(\"x\") }",
		"func f() { r := other.Of[int](); r.Method(1) }",
		"// f is like t.MethodByName(name).\nfunc f() {}",
	} {
		require.False(t, audit.TakesMethod(without+body+"\n"), body)
	}
}
