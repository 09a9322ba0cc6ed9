package scopegen_test

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"golang.org/x/mod/modfile"

	"github.com/scopegen/scopegen"
	"github.com/scopegen/scopegen/spec"
)

// load reads a catalogue from YAML.
func load(t testing.TB, table string) *spec.Catalogue {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(table)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	return c
}

func generate(t testing.TB, c *spec.Catalogue, importPath string) map[string]string {
	t.Helper()
	files, _ := generateWarned(t, c, importPath)
	return files
}

// generateWarned returns the warnings too.
func generateWarned(t testing.TB, c *spec.Catalogue, importPath string) (files map[string]string, warnings []string) {
	t.Helper()
	packages, findings := scopegen.Generate(c, scopegen.Options{ImportPath: importPath})
	require.NoError(t, findings.Err())
	for _, f := range findings {
		warnings = append(warnings, f.Message)
	}
	files = map[string]string{}
	for _, p := range packages {
		for _, f := range p.Files {
			files[f.Path] = string(f.Content)
		}
	}
	return files, warnings
}

// onDisk reads the generated files below a folder.
func onDisk(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, fs.WalkDir(os.DirFS(folder), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_test.go") || d.Name() == "scopegen.json" {
			return err
		}
		content, err := os.ReadFile(filepath.Join(folder, name))
		files[name] = string(content)
		return err
	}))
	return files
}

// The packages of the golden catalogue are real ones, which the compiler
// checks on each build and other tests call.
func TestTheGoldenCatalogueGivesTheGoldenPackages(t *testing.T) {
	c, findings := spec.LoadFile("internal/dev/golden/scopes.yaml")
	require.NoError(t, findings.Err())
	require.Equal(t, onDisk(t, "internal/dev/golden/shop"), generate(t, c, "github.com/scopegen/scopegen/internal/dev/golden/shop"))
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	first := map[string]string(nil)
	for range 5 {
		c, findings := spec.LoadFile("internal/dev/golden/scopes.yaml")
		require.NoError(t, findings.Err())
		files := generate(t, c, "example.com/shop")
		if first == nil {
			first = files
		}
		require.Equal(t, first, files)
	}
}

func TestAPackageThatIsUnchangedIsNotRendered(t *testing.T) {
	c, findings := spec.LoadFile("internal/dev/golden/scopes.yaml")
	require.NoError(t, findings.Err())
	all, _ := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/shop"})
	digests := map[string]string{}
	for _, p := range all {
		require.NotEmpty(t, p.Files, p.Path)
		digests[p.Path] = p.Digest
	}
	// One summary of one domain changes: that domain alone is rendered.
	for _, op := range c.Operations {
		if op.ID == "move_stock" {
			op.Summary = "Counts."
		}
	}
	again, _ := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/shop", Unchanged: func(path, digest string) bool {
		return digests[path] == digest
	}})
	var rendered []string
	for _, p := range again {
		if p.Files != nil {
			rendered = append(rendered, p.Path)
		}
	}
	require.Equal(t, []string{"stock"}, rendered)
}

// hostile is a catalogue in which every text tries to become code.
const hostile = `
api: {name: evil, title: "Evil\n*/ func init() { panic(1) } /*", docs: "https://x.example/\"+panic(1)+\""}
servers: {"a\"b": https://x.example}
token: {path: /token}
go: {output: evil}
groups:
  - title: "x\n//go:embed /etc/passwd"
    scopes:
      - scope: "type:func"
        permits: "a\n//go:linkname x y\n+build ignore panic(1)"
      - scope: "init:import"
        permits: "*/ /*"
      - scope: "string:error"
        permits: "` + "`" + `"
operations:
  - id: func
    method: POST
    path: "/a/{type}/{ctx}"
    summary: "\n\npanic(1)\n\n"
    description: "//go:build ignore\n\n\tpackage main"
    requires: {scope: "type:func"}
    parameters:
      - {name: type, in: path, required: true, schema: {type: string}}
      - {name: ctx, in: path, required: true, schema: {type: string}}
      - {name: "range", in: query, schema: {type: string, enum: ["a\"b", "` + "`c" + `", "\\n"]}}
    body: {application/json: {$ref: '#/types/error'}}
    responses: {200: {application/json: {$ref: '#/types/error'}}}
  - id: json
    method: GET
    path: /runtime
    requires: {scope: "init:import"}
    responses: {200: {application/json: {$ref: '#/types/error'}}}
  - id: model
    method: GET
    path: /context
    requires: {scope: "string:error"}
    responses: {200: {application/json: {type: array, items: {$ref: '#/types/error'}}}}
types:
  error:
    type: object
    description: "*/\nfunc init() {}\n/*"
    required: [func]
    properties:
      func: {type: string, description: "x\n}\nfunc init() { panic(1) }"}
      "-": {type: string, go_name: Dash}
      "a.b[c]": {type: integer}
      String: {type: string}
      MarshalJSON: {type: string}
`

func TestTextFromACatalogueNeverBecomesCode(t *testing.T) {
	files := generate(t, load(t, hostile), "example.com/consumer/evil")
	for name, content := range files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, content, parser.ParseComments)
		require.NoError(t, err, name)
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				require.NotEqual(t, "init", f.Name.Name, name)
			}
		}
		for _, group := range parsed.Comments {
			for _, c := range group.List {
				require.True(t, strings.HasPrefix(c.Text, "// ") || strings.HasPrefix(c.Text, "//\t") || c.Text == "//", "%s: %q", name, c.Text)
				require.False(t, strings.HasPrefix(c.Text, "// +build"), "%s: %q", name, c.Text)
			}
		}
		require.NotContains(t, content, "\npanic")
	}
	consumer(t, files, "evil")
}

// consumer writes files into a module of its own and builds it.
func consumer(t *testing.T, files map[string]string, folder string) string {
	t.Helper()
	root, err := filepath.Abs(".")
	require.NoError(t, err)
	module := t.TempDir()
	mod, err := os.ReadFile("go.mod")
	require.NoError(t, err)
	text := strings.Replace(string(mod), "module github.com/scopegen/scopegen\n", "module example.com/consumer\n", 1) +
		"\nrequire github.com/scopegen/scopegen v0.0.0\nreplace github.com/scopegen/scopegen => " + modfile.AutoQuote(root) + "\n"
	sum, err := os.ReadFile("go.sum")
	require.NoError(t, err)
	write(t, filepath.Join(module, "go.mod"), text)
	write(t, filepath.Join(module, "go.sum"), string(sum))
	for name, content := range files {
		write(t, filepath.Join(module, folder, name), content)
	}
	goCommand(t, module, "vet", "./...")
	return module
}

func goCommand(t *testing.T, folder string, args ...string) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", args...)
	command.Dir = folder
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

func write(t *testing.T, name, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
	require.NoError(t, os.WriteFile(name, []byte(content), 0o644))
}

func TestClashesNameBothSides(t *testing.T) {
	const head = "api: {name: x, title: X}\nservers: {a: https://x.example}\ntoken: {path: /token}\ngo: {output: x}\n"
	for _, test := range []struct{ name, table, code, message string }{
		{"TwoScopesWithOneGoName", `
groups:
  - title: A
    scopes:
      - {scope: "users:read", permits: a}
      - {scope: "users_read", permits: b}
`, "go-name-clash", `the scopes "users:read" and "users_read" both become the Go name UsersRead`},
		{"TwoTopicsInOnePackage", `
groups:
  - title: A
    scopes:
      - {scope: "savings_plan:read", permits: a}
      - {scope: "savingsplan:write", permits: b}
`, "package-clash", `the scopes "savings_plan:read" and "savingsplan:write" would share the Go package savingsplan though they are about different things`},
		{"TwoMembersWithOneGoName", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T: {type: object, properties: {user_id: {type: string}, userId: {type: string}}}
`, "go-name-clash", `the members "user_id" and "userId" of T both become the Go field UserID`},
		{"TwoEnumValuesWithOneGoName", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T: {type: string, enum: [asc, desc, ASC]}
`, "go-name-clash", `the enum values "asc" and "ASC" both become the Go name TAsc`},
		{"AnEnumValueTooLargeForItsFormat", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T: {type: integer, format: int32, enum: [1, 4294967296]}
`, "enum-value", `the enum value 4294967296 does not fit Go's int32`},
		{"AFormWithAnObjectInside", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: POST, path: /a, requires: {scope: "a:read"}, body: {application/x-www-form-urlencoded: {$ref: '#/types/T'}}, responses: {204: {}}}
types:
  T: {type: object, properties: {tags: {type: array, items: {type: string}}, inner: {$ref: '#/types/U'}}}
  U: {type: object, properties: {a: {type: string}}}
`, "form", `the form of the operation "op" cannot hold the member "inner" of T, which is more than a text or a list of texts`},
		{"AParameterThatIsAnObject", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [{name: filter, in: query, schema: {$ref: '#/types/U'}}], responses: {204: {}}}
types:
  U: {type: object, properties: {a: {type: string}}}
`, "parameter-type", `the parameter "filter" of the operation "op" is more than a text or a list of texts`},
		{"MembersThatAreKnown", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [{name: filter, in: query, style: form, schema: {$ref: '#/types/U'}}], responses: {204: {}}}
types:
  U: {type: object, properties: {a: {type: string}}}
`, "parameter-type", `the parameter "filter" of the operation "op" has the style form, and is no object of texts or lists of texts without known members`},
		{"MembersThatAreObjects", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [{name: filter, in: query, style: form, schema: {type: object, additionalProperties: {type: object}}}], responses: {204: {}}}
`, "parameter-type", `the parameter "filter" of the operation "op" has the style form, and is no object of texts or lists of texts without known members`},
		{"MembersOfNoObject", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [{name: filter, in: query, style: form, schema: {type: string}}], responses: {204: {}}}
`, "parameter-type", `the parameter "filter" of the operation "op" has the style form, and is no object of texts or lists of texts without known members`},
		{"AFormThatIsNoObject", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: POST, path: /a, requires: {scope: "a:read"}, body: {application/x-www-form-urlencoded: {type: string}}, responses: {204: {}}}
`, "form", `the form of the operation "op" is not an object, whose members would be its fields`},
		{"ATypeWithTheNameOfAClient", `
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/Reader'}}}}
types:
  Reader: {type: object, properties: {id: {type: string}}}
`, "go-name-clash", `the type Reader becomes the Go name Reader in package a, which the client of the scope "a:read" has already`},
		{"AHeaderThatTheRuntimeSets", `
headers: {x-version: '1'}
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [{name: X-Version, in: header, schema: {type: string}}], responses: {204: {}}}
`, "header-taken", `the operation "op" has the header parameter "X-Version", which the catalogue's headers set for every call`},
		{"AScopeWithoutLetters", `
groups: [{title: A, scopes: [{scope: "*", permits: a, domain: all, client: Client}]}]
`, "no-go-name", `no Go name can be made from the scope "*": it holds neither letter nor digit`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, findings := scopegen.Generate(load(t, head+test.table), scopegen.Options{ImportPath: "example.com/x"})
			require.Error(t, findings.Err())
			require.Equal(t, test.code, findings[0].Code)
			require.Equal(t, test.message, findings[0].Message)
			require.NotZero(t, findings[0].Pos.Line)
			require.NotEmpty(t, findings[0].Hint)
		})
	}
}

func TestEnumsOfEveryKindCompile(t *testing.T) {
	files := generate(t, load(t, `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, responses: {200: {application/json: {$ref: '#/types/T'}}}}
types:
  T:
    type: object
    properties:
      exponents: {type: integer, enum: [1e3, 2.0, -7]}
      large: {type: integer, format: uint64, enum: [18446744073709551615, 0]}
      untyped: {enum: [null, 1, 2]}
      mixed: {enum: [a, 1]}
      fractions: {enum: [0.5, 1]}
      texts: {enum: [null, a]}
      flags: {enum: [true]}
`), "example.com/consumer/x")
	types := files["a/types.go"]
	for _, want := range []string{
		`TExponents1000\s+TExponents = 1000\n`, `TExponents2\s+TExponents = 2\n`, `TExponentsMinus7\s+TExponents = -7\n`,
		`TLarge18446744073709551615\s+TLarge = 18446744073709551615\n`, `type TUntyped int64\n`, `type TTexts string\n`,
		`Mixed\s+runtime.Optional\[json.RawMessage\]`, `Fractions\s+runtime.Optional\[json.RawMessage\]`, `Flags\s+runtime.Optional\[bool\]`,
	} {
		require.Regexp(t, want, types)
	}
	consumer(t, files, "x")
}

// What a schema says and generated code does not check stands in the comments.
func TestCommentsTellWhatIsNotChecked(t *testing.T) {
	c := load(t, `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
operations:
  - id: put
    method: PUT
    path: /put/{id}
    domain: d
    requires: public
    parameters:
      - {name: id, in: path, schema: {type: string, maxLength: 36}}
      - {name: page, in: query, description: The page, schema: {type: integer, minimum: 1, default: 1}}
    body: {application/json: {$ref: '#/types/Thing'}}
    responses: {204: {}}
    response_headers: {X-Left: {type: integer, maximum: 9}}
  - id: tag
    method: POST
    path: /tag
    domain: d
    requires: public
    body:
      application/json: {type: array, maxItems: 8, items: {type: string, minLength: 2}}
      text/plain: {type: string, maxLength: 80}
    responses: {200: {application/json: {type: integer, minimum: 0}, text/plain: {type: string, pattern: ^n}}, 202: {application/json: {type: integer, maximum: 7}}}
  - id: turn
    method: POST
    path: /turn
    domain: d
    requires: public
    body: {application/json: {$ref: '#/types/Code'}}
    responses: {200: {application/json: {type: array, uniqueItems: true, items: {type: object, properties: {a: {type: string}}}}}, 201: {application/json: {type: integer, maximum: 7}}}
types:
  Code: {type: string, pattern: ^a$, format: code}
  Thing:
    type: object
    anyOf: [{required: [kept]}, {required: [sum, code]}]
    properties:
      sum: {type: number, exclusiveMinimum: 0, exclusiveMaximum: 10, multipleOf: 0.5}
      kept: {description: It has a sentence, type: [string, 'null'], minLength: 3, maxLength: 3, readOnly: true}
      code: {$ref: '#/types/Code'}
      list: {type: array, minItems: 1, maxItems: 2, uniqueItems: true, items: {type: string, minLength: 1}}
      map: {type: object, additionalProperties: {type: integer, minimum: 0, maximum: 5, format: int8}}
      either: {type: string, oneOf: [{pattern: ^x}, {maxLength: 2}]}
      same: {oneOf: [{type: string, format: email}, {type: string, pattern: ^a$}]}
      kinds: {anyOf: [{type: string, maxLength: 9}, {type: integer, minimum: 7}]}
      all: {allOf: [{type: string, pattern: ^a}, {pattern: a$, minLength: 2}], writeOnly: true}
      number: {type: number, enum: [1.5, 2]}
      size: {type: integer, default: 4, enum: [4, 5]}
      long: {type: string, pattern: "`+strings.Repeat("abc", 40)+`"}
`)
	files := generate(t, c, "example.com/x")
	text := strings.Join(strings.Fields(strings.ReplaceAll(files["d/types.go"]+files["d/client.go"], "//", " ")), " ")
	for _, want := range []string{
		`id: At most 36 characters.`,
		`The page. At least 1. Default: 1. Page`,
		`is the response header "X-Left". At most 9.`,
		`body: At most 8 elements. Each element: at least 2 characters.`,
		`body: At most 80 characters.`,
		`The body of the response: With status 200: At least 0. With status 202: At most 7.`,
		`The body of the response: Matches the regular expression "^n".`,
		`The body of a response with status 200. No element is there twice. OK `,
		`The body of a response with status 201. At most 7. Created `,
		`Code is the API's type "Code". In the format code. Matches the regular expression "^a$".`,
		`Thing is the API's type "Thing". At least one of these holds: has "kept"; or has "sum" and "code".`,
		`Above 0. Below 10. A multiple of 0.5. Sum `,
		`It has a sentence. Exactly 3 characters. Only in responses. Kept `,
		`1 to 2 elements. No element is there twice. Each element: at least 1 character. List `,
		`Each further member: in the format int8, from 0 to 5. Map `,
		`Exactly one of these holds: matches the regular expression "^x"; or at most 2 characters. Either `,
		`Exactly one of these holds: in the format email; or matches the regular expression "^a$". Same `,
		`At most 9 characters. String *string`,
		`At least 7. Number *int64`,
		`Matches the regular expression "^a". Matches the regular expression "a$". At least 2 characters. Only in requests. All `,
		`One of 1.5, 2. Number `,
		`Default: 4. Size `,
		`Matches a regular expression of 120 characters, which the catalogue shows. Long `,
	} {
		require.Contains(t, text, want)
	}
	require.NotContains(t, text, `"^a$". Code runtime`, "it stands where the type is declared")
}

// Parts of an allOf that speak of one member are both heard: what both say is
// the member's type, and it is an error where no Go type can be both.
func TestPartsOfAllOfThatSpeakOfOneMemberAreBothHeard(t *testing.T) {
	const table = `
api: {name: pay, title: Pay}
servers: {live: https://pay.example}
operations:
  - {id: get_card, method: GET, path: /card, requires: public, responses: {200: {application/json: {$ref: '#/types/Card'}}}}
types:
  Method:
    type: object
    required: [kind]
    properties: {kind: {type: string}, limit: {type: integer, format: int64}, code: {type: string, minLength: 2}}
  Card:
    allOf:
      - {$ref: '#/types/Method'}
      - {type: object, properties: {kind: {const: card}, limit: {description: What may be spent.}, code: MEMBER}}
`
	card := generate(t, load(t, strings.Replace(table, "MEMBER", "{pattern: '^[0-9]+$'}", 1)), "example.com/pay")["card/types.go"]
	require.Regexp(t, `// Always "card"\.\n\s+Kind\s+string`, card)
	require.Regexp(t, `Limit\s+runtime\.Optional\[int64\]`, card)
	require.Regexp(t, `Code\s+runtime\.Optional\[string\]`, card)

	_, findings := scopegen.Generate(load(t, strings.Replace(table, "MEMBER", "{type: integer}", 1)), scopegen.Options{ImportPath: "example.com/pay"})
	require.ErrorContains(t, findings.Err(), "this is no object and stands beside other parts of the same type")
}

// A member that an allOf inherits from the very type it stands in is met again
// inside itself, and has one type all the same.
func TestAMemberThatInheritsFromItsOwnTypeHasOneType(t *testing.T) {
	types := generate(t, load(t, `
api: {name: shop, title: Shop}
servers: {live: https://shop.example}
operations:
  - {id: get_part, method: GET, path: /part, requires: public, responses: {200: {application/json: {$ref: '#/types/Part'}}}}
types:
  Part: {type: object, properties: {inner: {allOf: [{$ref: '#/types/Part'}, {type: object, properties: {count: {type: integer}}}]}, name: {type: string}}}
`), "example.com/shop")["part/types.go"]
	require.Regexp(t, `type Part struct {[^}]*Inner \*PartInner`, types)
	require.Regexp(t, `type PartInner struct {[^}]*Inner \*PartInner[^}]*Count runtime\.Optional\[int64\]`, types)
}

// An allOf can make a list, or a map, its own element, of which Go has no type.
func TestAListOfItselfIsRefused(t *testing.T) {
	for _, self := range []string{
		`{type: array, items: {allOf: [{$ref: '#/types/Parts'}, {type: array, maxItems: 3}]}}`,
		`{type: object, additionalProperties: {allOf: [{$ref: '#/types/Parts'}, {type: object, additionalProperties: {maxItems: 3}}]}}`,
		"{type: array, items: {allOf: [{$ref: '#/types/Parts'}, {$ref: '#/types/Others'}]}}\n  Others: {type: array, items: {allOf: [{$ref: '#/types/Others'}, {$ref: '#/types/Parts'}]}}",
	} {
		_, findings := scopegen.Generate(load(t, `
api: {name: shop, title: Shop}
servers: {live: https://shop.example}
operations:
  - {id: get_parts, method: GET, path: /parts, requires: public, responses: {200: {application/json: {$ref: '#/types/Parts'}}}}
types:
  Parts: `+self+`
`), scopegen.Options{ImportPath: "example.com/shop"})
		require.ErrorContains(t, findings.Err(), "this is a list or a map of itself, through allOf")
	}
}

func TestFormsMayHoldWhatIsKnownOnlyWhenTheyAreSent(t *testing.T) {
	for _, schema := range []string{
		`{}`, `{type: object, additionalProperties: {type: string}}`, `{oneOf: [{$ref: '#/types/T'}, {$ref: '#/types/U'}]}`, `{type: object, go_type: example.com/own.Form}`,
		`{allOf: [{$ref: '#/types/T'}, {$ref: '#/types/U'}]}`,
	} {
		_, findings := scopegen.Generate(load(t, `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: POST, path: /a, requires: {scope: "a:read"}, body: {application/x-www-form-urlencoded: `+schema+`}, responses: {204: {}}}
types:
  T: {type: object, properties: {a: {type: string, format: byte}, list: {type: array, items: {type: string, format: byte}}, day: {type: [string, "null"], format: date}}}
  U: {type: object, properties: {any: {}, one: {type: string, enum: [x, y]}}}
`), scopegen.Options{ImportPath: "example.com/x"})
		require.NoError(t, findings.Err(), schema)
	}
}

// A program that makes calls need not compile what webhooks deliver.
func TestTypesThatNoOperationUsesHaveAPackageOfTheirOwn(t *testing.T) {
	files := generate(t, load(t, `api: {name: shop, title: Shop}
servers: {a: https://x.example}
groups: [{title: A, scopes: [{scope: "orders:read", permits: a}, {scope: "refunds:read", permits: a}]}]
operations:
  - {id: a, method: GET, path: /a, requires: {scope: "orders:read"}, responses: {200: {application/json: {$ref: '#/types/Order'}}}}
  - {id: b, method: GET, path: /b, requires: {scope: "refunds:read"}, responses: {200: {application/json: {$ref: '#/types/Refund'}}}}
types:
  Order: {type: object, properties: {price: {$ref: '#/types/Price'}}}
  Refund: {type: object, properties: {price: {$ref: '#/types/Price'}}}
  Price: {type: object, properties: {amount: {type: string}}}
  Event: {type: object, properties: {order: {$ref: '#/types/Order'}, refund: {$ref: '#/types/Refund'}}}
`), "example.com/shop")
	for file, declares := range map[string]string{"orders/types.go": "Order", "refunds/types.go": "Refund", "model/types.go": "Price", "payload/types.go": "Event"} {
		require.Contains(t, files[file], "type "+declares+" struct", file)
	}
	require.Contains(t, files["payload/types.go"], "// Package payload holds the types that no operation of the Shop uses")
}

// Many types are written in parts. Together these are one file: what the last type alone
// uses is imported, and each type follows the one before.
func TestManyTypesAreOneFile(t *testing.T) {
	const types = 250
	var table strings.Builder
	table.WriteString("api: {name: many, title: Many API}\nservers: {live: https://api.example.com}\ntoken: {path: /token}\ngroups: [{title: A, scopes: [{scope: 'a:read', permits: Read.}]}]\ntypes:\n")
	for n := range types - 1 {
		fmt.Fprintf(&table, "  T%03d: {type: object, properties: {next: {$ref: '#/types/T%03d'}}}\n", n, n+1)
	}
	fmt.Fprintf(&table, "  T%03d: {type: object, required: [at], properties: {at: {type: string, format: date-time}}}\n", types-1)
	source := generate(t, load(t, table.String()), "example.com/many")["payload/types.go"]
	formatted, err := format.Source([]byte(source))
	require.NoError(t, err)
	require.Equal(t, string(formatted), source)
	file, err := parser.ParseFile(token.NewFileSet(), "types.go", source, 0)
	require.NoError(t, err)
	require.Len(t, file.Decls, 1+types)
	require.Equal(t, 1, strings.Count(source, "import"))
	require.Contains(t, source, "import \"time\"\n")
	at := 0
	for n := range types {
		next := strings.Index(source[at:], fmt.Sprintf("\n\n// T%03d ", n))
		require.GreaterOrEqual(t, next, 0, n)
		at += next
	}
}

func TestEveryGeneratedMethodNamesATypeOfOurs(t *testing.T) {
	for name, content := range onDisk(t, "internal/dev/golden/shop") {
		if !strings.HasSuffix(name, "client.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), name, content, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			last := f.Type.Params.List[len(f.Type.Params.List)-1]
			variadic, ok := last.Type.(*ast.Ellipsis)
			require.True(t, ok, f.Name.Name)
			named, ok := variadic.Elt.(*ast.SelectorExpr)
			require.True(t, ok && named.Sel.Name == "CallOption", f.Name.Name)
		}
	}
}

func TestARenamedScopeLeavesAliasesBehind(t *testing.T) {
	const table = `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups:
  - title: Plans
    scopes:
      - {scope: "savings_plans:read", permits: Read plans., renamed_from: ["savings_plan:read"]}
      - {scope: "users:read", permits: Read users., renamed_from: ["users:view"]}
operations:
  - {id: list_plans, method: GET, path: /plans, requires: {scope: "savings_plans:read"}, responses: {200: {application/json: {$ref: '#/types/Plan'}}}}
  - {id: list_users, method: GET, path: /users, requires: {scope: "users:read"}, responses: {204: {}}}
types:
  Plan: {type: object, properties: {period: {type: string, enum: [WEEK, MONTH]}}}
`
	files := generate(t, load(t, table), "example.com/consumer/x")
	require.Contains(t, files["scope/scope.go"], "//go:fix inline\ntype SavingsPlanRead = SavingsPlansRead\n")
	require.Contains(t, files["scope/scope.go"], "//go:fix inline\ntype UsersView = UsersRead\n")
	for _, want := range []string{
		"//go:fix inline\ntype Reader = savingsplans.Reader\n",
		"// Deprecated: use savingsplans.NewReader.\nfunc NewReader[S scope.SavingsPlansRead](token runtime.Token[S]) *savingsplans.Reader {",
		"//go:fix inline\ntype Plan = savingsplans.Plan\n",
		"//go:fix inline\nconst PlanPeriodWeek = savingsplans.PlanPeriodWeek\n",
	} {
		require.Contains(t, files["savingsplan/moved.go"], want)
	}
	require.Contains(t, files["users/moved.go"], "//go:fix inline\ntype Viewer = Reader\n")
	consumer(t, files, "x")
}

// Of an API with few scopes, a program compiles the domain that it calls.
func TestADomainOfOperationsHasItsOwnClientsOfScopes(t *testing.T) {
	const table = `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups:
  - title: All
    scopes:
      - {scope: "https://x.example/auth/cloud", permits: a}
      - {scope: "https://x.example/auth/machines.readonly", permits: b, renamed_from: ["https://x.example/auth/hosts.readonly"]}
      - {scope: "disks:admin", permits: c, client: DisksOwner, renamed_from: ["zones:look"]}
      - {scope: "ad:admin", permits: d}
operations:
  - {id: list_disks, method: GET, path: /a, domain: disks, requires: {any_of: ["https://x.example/auth/cloud", "https://x.example/auth/machines.readonly"]}, responses: {200: {application/json: {$ref: '#/types/Disk'}}}}
  - {id: list_zones, method: GET, path: /b, domain: zones, requires: {any_of: ["disks:admin", "https://x.example/auth/cloud", "https://x.example/auth/machines.readonly"]}, responses: {204: {}}}
  - {id: move_disk, method: POST, path: /c, domain: zones, requires: {all_of: ["disks:admin", "https://x.example/auth/machines.readonly"]}, responses: {204: {}}}
  - {id: fill_disk, method: POST, path: /d, domain: disks, requires: {scope: "disks:admin"}, responses: {204: {}}}
  - {id: swap_disk, method: POST, path: /f, requires: {all_of: ["disks:admin", "https://x.example/auth/machines.readonly"]}, responses: {204: {}}}
  - {id: turn_disk, method: POST, path: /g, domain: disks, requires: {all_of: ["disks:admin", "https://x.example/auth/machines.readonly"]}, responses: {204: {}}}
  - {id: show_ad, method: POST, path: /h, domain: disks, requires: {scope: "ad:admin"}, responses: {204: {}}}
  - {id: list_machines, method: GET, path: /e, requires: {scope: "https://x.example/auth/machines.readonly"}, responses: {204: {}}}
types:
  Disk: {type: object, properties: {id: {type: string}}}
`
	files := generate(t, load(t, table), "example.com/consumer/x")
	clients := func(folder string) (names []string) {
		for _, m := range regexp.MustCompile(`func New(\w+)\[S `).FindAllStringSubmatch(files[folder+"/client.go"], -1) {
			names = append(names, m[1])
		}
		return names
	}
	require.Equal(t, []string{"AdAdmin", "Cloud", "DisksAdminMachinesReadonly", "DisksOwner", "MachinesReader"}, clients("disks"), "a package of a scope's own has its client under the short name")
	require.Equal(t, []string{"Cloud", "DisksAdminMachinesReadonly", "DisksOwner", "MachinesReader"}, clients("zones"))
	require.Equal(t, []string{"Reader"}, clients("machines"))
	require.Contains(t, files["disks/types.go"], "type Disk struct")
	require.NotContains(t, files, "cloud/client.go")
	require.Contains(t, files["scope/scope.go"], "// Its clients are disks.MachinesReader, machines.Reader and\n// zones.MachinesReader.\n")

	require.Contains(t, files["disks/moved.go"], "type HostsReader = MachinesReader\n")
	require.Contains(t, files["hosts/moved.go"], "type Reader = machines.Reader\n")
	require.Contains(t, files["zones/moved.go"], "type HostsReader = MachinesReader\n")
	require.Contains(t, files["disks/moved.go"], "type DisksAdminHostsReadonly = DisksAdminMachinesReadonly\n")
	require.Contains(t, files["zones/moved.go"], "type ZonesLookMachinesReadonly = DisksAdminMachinesReadonly\n")
	consumer(t, files, "x")
}

func TestARenamedScopeLeavesAliasesOfClientsOfSeveralScopes(t *testing.T) {
	const table = `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups:
  - title: Items
    scopes:
      - {scope: "items:read", permits: a, renamed_from: ["things:look", "things:read"]}
      - {scope: "items:write", permits: a, renamed_from: ["things:write"]}
      - {scope: "orders:write", permits: b, renamed_from: ["order:write"]}
      - {scope: "users:read", permits: c}
operations:
  - {id: buy, method: POST, path: /a, requires: {all_of: ["items:read", "orders:write"]}, responses: {200: {application/json: {$ref: '#/types/Bill'}}}}
  - {id: show, method: GET, path: /b, requires: {all_of: ["users:read", "items:read"]}, responses: {204: {}}}
  - {id: give, method: POST, path: /c, requires: {all_of: ["users:read", "orders:write"]}, responses: {204: {}}}
  - {id: open, method: POST, path: /d, requires: {scope: "items:read", key: app}, responses: {204: {}}}
  - {id: swap, method: POST, path: /e, requires: {all_of: ["items:read", "items:write"]}, responses: {204: {}}}
  - {id: trade, method: POST, path: /f, domain: trades, requires: {all_of: ["items:read", "items:write"]}, responses: {204: {}}}
keys:
  app: {in: header, name: X-App}
clients:
  - {all_of: ["users:read", "orders:write"], name: Giver, domain: gifts, renamed_from: [gifts.Donor]}
  - {all_of: ["items:read"], renamed_from: [things.Both, items.Both]} # several scopes became this one
  - {all_of: ["users:read"], renamed_from: [things.Nobody]}
types:
  Bill: {type: object, properties: {id: {type: string}}}
`
	files, warnings := generateWarned(t, load(t, table), "example.com/consumer/x")
	require.Equal(t, []string{"no client needs exactly the scopes of this entry, so no alias for things.Nobody is generated"}, warnings)
	moved := files["things/moved.go"]
	for _, alias := range []string{
		"type ThingsLookOrdersWrite = items.ItemsReadOrdersWrite\n", "type ThingsReadOrdersWrite = items.ItemsReadOrdersWrite\n", // one was renamed first
		"type ThingsReadOrderWrite = items.ItemsReadOrdersWrite\n", // both at once
		"type ThingsLookItemsWrite = items.ReadWriter\n", "type ReadWriter = items.ReadWriter\n",
		"type Bill = items.Bill\n",
		"// Deprecated: use items.NewItemsReadOrdersWrite.\nfunc NewThingsReadOrdersWrite[S interface {\n\tscope.ItemsRead\n\tscope.OrdersWrite\n}](token runtime.Token[S]) *items.ItemsReadOrdersWrite {",
	} {
		require.Contains(t, moved, alias)
	}
	require.Contains(t, files["items/moved.go"], "type ItemsReadOrderWrite = ItemsReadOrdersWrite\n")
	require.Contains(t, files["users/moved.go"], "type UsersReadThingsRead = UsersReadItemsRead\n")
	require.Contains(t, files["trades/client.go"], "func NewItemsReadWriter[S ")
	require.Contains(t, files["trades/moved.go"], "type ThingsReadWriter = ItemsReadWriter\n")
	require.Contains(t, moved, "// BothWithApp is a former name of the client [items.ReaderWithApp].\n//\n// Deprecated: use items.ReaderWithApp.\n//\n//go:fix inline\ntype BothWithApp = items.ReaderWithApp\n")
	require.Contains(t, moved, "func NewBothWithApp[S scope.ItemsRead](token runtime.Token[S], app key.App) *items.ReaderWithApp {")
	require.Contains(t, files["items/moved.go"], "type BothWithApp = ReaderWithApp\n")
	require.Contains(t, files["gifts/moved.go"], "type Donor = Giver\n")
	require.Equal(t, 1, strings.Count(files["gifts/moved.go"], "\ntype "), "a name of the catalogue's own stays")
	consumer(t, files, "x")
}

func TestScopesThatSwapPlacesLeaveNoImportCycle(t *testing.T) {
	const table = `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups:
  - title: A
    scopes:
      - {scope: "a:read", permits: a, renamed_from: ["c:view"]}
      - {scope: "b:read", permits: b, renamed_from: ["a:view"]}
      - {scope: "c:read", permits: c, renamed_from: ["b:view"]}
operations:
  - {id: op1, method: GET, path: /a, requires: {scope: "a:read"}, responses: {204: {}}}
  - {id: op2, method: GET, path: /b, requires: {scope: "b:read"}, responses: {204: {}}}
  - {id: op3, method: GET, path: /c, requires: {scope: "c:read"}, responses: {204: {}}}
`
	files, warnings := generateWarned(t, load(t, table), "example.com/consumer/x")
	require.Equal(t, []string{
		"package c imports package b for aliases, itself or by way of others, so no alias for what the scope that was called b:view had in package b is generated",
	}, warnings)
	require.Contains(t, files["c/moved.go"], "type Viewer = a.Reader\n")
	require.Contains(t, files["a/moved.go"], "type Viewer = b.Reader\n")
	consumer(t, files, "x")
}

func TestTwoOldNamesThatAreOneInGoLeaveOneAlias(t *testing.T) {
	const table = `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
go: {output: x}
groups:
  - title: Plans
    scopes:
      - {scope: "plans:read", permits: Read plans., renamed_from: ["plan:view"]}
      - {scope: "plans:admin", permits: Change plans., renamed_from: ["plan_view", "all"]}
operations:
  - {id: list_plans, method: GET, path: /plans, requires: {any_of: ["plans:read", "plans:admin"]}, responses: {204: {}}}
`
	files, warnings := generateWarned(t, load(t, table), "example.com/consumer/x")
	require.Equal(t, []string{
		`an alias for the old name "plan:view" has the Go name PlanView now, so no alias for the old name "plan_view" is generated`,
		`plan.Viewer is an alias now, so no alias for what the scope that was called plan_view had there is generated`,
		`the function All has the Go name All now, so no alias for the old name "all" is generated`,
	}, warnings)
	consumer(t, files, "x")
}

func TestTheParametersOfAnOperationSayWhichAreRequired(t *testing.T) {
	parameters := func(list string) string {
		return generate(t, load(t, `
api: {name: x, title: X}
servers: {a: https://x.example}
token: {path: /token}
groups: [{title: A, scopes: [{scope: "a:read", permits: a}]}]
operations:
  - {id: op, method: GET, path: /a, requires: {scope: "a:read"}, parameters: [`+list+`], responses: {204: {}}}
`), "example.com/x")["a/types.go"]
	}
	const size, colour = `{name: size, in: query, required: true, schema: {type: string}}`, `{name: colour, in: query, schema: {type: string}}`
	require.Contains(t, parameters(colour), "the zero value asks")
	require.Contains(t, parameters(size+", "+colour), "// OpParams holds the parameters of the operation op. Size is required.\n")
}
