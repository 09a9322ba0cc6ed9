package scopegen_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// hostileHead is what a catalogue of testdata/hostile begins with if it has no
// api of its own.
const hostileHead = "api: {name: shop, title: Shop}\nservers: {test: https://shop.example}\ntoken: {path: /token}\n"

// Each file of testdata/hostile holds catalogues that are hostile, or merely
// unlucky. The archive's files are catalogues; "NAME.want" beside "NAME.yaml" lists
// the findings with which it is refused, as code and message. What has none is
// accepted, so its packages must build and pass "go vet" in a user's module: all
// of them in one run of the go command.
func TestWhatACatalogueSaysIsGeneratedWholeOrRefused(t *testing.T) {
	archives, err := filepath.Glob("testdata/hostile/*.txtar")
	require.NoError(t, err)
	require.NotEmpty(t, archives)
	accepted := map[string]string{}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		require.NoError(t, err)
		files := map[string]string{}
		for _, f := range archive.Files {
			files[f.Name] = string(f.Data)
		}
		base := strings.TrimSuffix(filepath.Base(name), ".txtar")
		for file, table := range files {
			short, isCatalogue := strings.CutSuffix(file, ".yaml")
			if !isCatalogue {
				continue
			}
			t.Run(base+"/"+short, func(t *testing.T) {
				folder := base + "_" + short
				packages, findings := hostileCatalogue(table, "example.com/consumer/"+folder)
				want, refused := files[short+".want"]
				if !refused {
					require.NoError(t, findings.Err())
					for _, p := range packages {
						for _, f := range p.Files {
							accepted[folder+"/"+f.Path] = string(f.Content)
						}
					}
					return
				}
				var got []string
				for _, f := range findings {
					if f.Severity == diag.Error {
						require.NotZero(t, f.Pos.Line, "%s has no place", f.Message)
						got = append(got, f.Code+": "+f.Message)
					}
				}
				require.Equal(t, strings.Split(strings.TrimSpace(want), "\n"), got)
			})
		}
	}
	require.NotEmpty(t, accepted)
	if !t.Failed() {
		module := consumer(t, accepted, ".")
		goCommand(t, module, "build", "./...")
	}
}

// hostileCatalogue loads and generates; what is found on the way comes as one list.
func hostileCatalogue(table, importPath string) ([]scopegen.Package, diag.List) {
	if !strings.HasPrefix(table, "api:") && !strings.Contains(table, "\napi:") {
		table = hostileHead + table
	}
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(table)}}, "scopes.yaml")
	if findings.Err() != nil {
		return nil, findings
	}
	packages, found := scopegen.Generate(c, scopegen.Options{ImportPath: importPath})
	return packages, append(findings, found...)
}

func TestAFindingIsReportedOnce(t *testing.T) {
	// Two clients hold the operation, so its types are planned for both.
	_, findings := hostileCatalogue(`
groups: [{title: A, scopes: [{scope: "a:read", permits: a}, {scope: "a:write", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {any_of: ["a:read", "a:write"]}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T: {type: object, properties: {a_b: {type: string}, aB: {type: string}}}
`, "example.com/x")
	seen := map[string]bool{}
	for _, f := range findings {
		require.NotEmpty(t, f.Message)
		key := fmt.Sprint(f.Pos, f.Message)
		require.False(t, seen[key], key)
		seen[key] = true
	}
	require.Len(t, seen, 1)
}

func TestADescriptionDeprecatesNoMethod(t *testing.T) {
	files, _ := generateWarned(t, load(t, hostileHead+`
groups: [{title: A, scopes: [{scope: "a:read", permits: "Reads.\n\nDeprecated: no"}]}]
operations:
  - {id: op, method: GET, path: /a, summary: "Reads a", description: "It reads.\n\nDeprecated: the old form of a.", requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T: {type: object, description: "Deprecated: the old T.", properties: {id: {type: string, description: "Deprecated: the old id."}}}
`), "example.com/x")
	for name, content := range files {
		require.NotContains(t, content, "// Deprecated:", name)
	}
	require.Contains(t, files["a/client.go"], "// deprecated: the old form of a.")
}

// No Go type tells the values of an enum of numbers, truth values, lists or objects,
// so the comment does.
func TestAnEnumThatIsNoGoTypeIsToldInTheComment(t *testing.T) {
	files, _ := generateWarned(t, load(t, hostileHead+`
groups: [{title: A, scopes: [{scope: "a:read", permits: Reads.}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T:
    type: object
    properties:
      number: {type: number, description: How much., enum: [1.5, 2.5]}
      truth: {type: [boolean, 'null'], enum: [true, null]}
      list: {type: array, items: {type: string}, enum: [[a], [b]]}
      map: {type: object, additionalProperties: {type: string}, enum: [{a: x}]}
      object: {$ref: '#/types/O'}
  O: {type: object, properties: {a: {type: string}}, enum: [{a: "x\ny"}, {a: z}]}
`), "example.com/x")
	for _, want := range []string{
		"// How much. One of 1.5, 2.5.", "// One of true, null.", `// One of ["a"], ["b"].`, `// Always {"a":"x"}.`, `// O is the API's type "O". One of {"a":"x\ny"}, {"a":"z"}.`,
	} {
		require.Contains(t, files["a/types.go"], want)
	}
}
