package spec_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"
	"golang.org/x/tools/txtar"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/spec"
)

// The folders of testdata tell who refuses a catalogue:
//
//	good       nobody; it may have warnings
//	structure  the loader and the JSON Schema
//	meaning    the loader alone: the schema cannot say it
//	syntax     the loader alone: what is wrong is lost in JSON, or outside the file
var refusers = map[string]struct{ loader, schema bool }{
	"good":      {false, false},
	"structure": {true, true},
	"meaning":   {true, false},
	"syntax":    {true, false},
}

func TestFindingsReadAsExpected(t *testing.T) {
	for folder, refused := range refusers {
		for _, c := range archives(t, folder) {
			t.Run(folder+"/"+c.name, func(t *testing.T) {
				catalogue, findings := spec.Load(c.files, "scopes.yaml")
				var printed bytes.Buffer
				require.NoError(t, diag.Text(&printed, findings, false))
				if *update {
					c.write(t, printed.Bytes())
				} else {
					require.Equal(t, string(c.findings), printed.String())
				}
				require.Equal(t, refused.loader, findings.Err() != nil)
				require.Equal(t, refused.loader, catalogue == nil)
			})
		}
	}
}

func TestTheSchemaAgreesWithTheLoader(t *testing.T) {
	table, included, any := schemas(t)
	for folder, refused := range refusers {
		if folder == "syntax" {
			continue
		}
		for _, c := range archives(t, folder) {
			t.Run(folder+"/"+c.name, func(t *testing.T) {
				refusals := 0
				for name, file := range c.files {
					schema := included
					if name == "scopes.yaml" {
						schema = table
					}
					value := jsonOf(t, file.Data)
					err := schema.Validate(value)
					if err != nil {
						refusals++
					}
					if !refused.schema {
						require.NoError(t, err)
						require.NoError(t, any.Validate(value))
					}
				}
				require.Equal(t, refused.schema, refusals > 0)
			})
		}
	}
}

func schemas(t testing.TB) (table, included, either *jsonschema.Schema) {
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(spec.JSONSchema()))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource("urn:catalogue", document))
	compile := func(fragment string) *jsonschema.Schema {
		schema, err := compiler.Compile("urn:catalogue" + fragment)
		require.NoError(t, err)
		return schema
	}
	return compile("#/$defs/table"), compile("#/$defs/included"), compile("")
}

// jsonOf is a YAML file as the value that an editor checks.
func jsonOf(t testing.TB, text []byte) any {
	var document yaml.Node
	require.NoError(t, yaml.Unmarshal(text, &document))
	if len(document.Content) == 0 {
		return nil
	}
	var value func(n *yaml.Node) any
	value = func(n *yaml.Node) any {
		switch n.Kind {
		case yaml.MappingNode:
			m := map[string]any{}
			for i := 0; i < len(n.Content); i += 2 {
				m[n.Content[i].Value] = value(n.Content[i+1])
			}
			return m
		case yaml.SequenceNode:
			l := []any{}
			for _, item := range n.Content {
				l = append(l, value(item))
			}
			return l
		}
		switch n.Tag {
		case "!!null":
			return nil
		case "!!bool":
			return strings.EqualFold(n.Value, "true")
		case "!!int", "!!float":
			return json.Number(n.Value)
		default:
			return n.Value
		}
	}
	return value(document.Content[0])
}

type archive struct {
	name     string
	path     string
	files    fstest.MapFS
	findings []byte
	parsed   *txtar.Archive
}

func archives(t testing.TB, folder string) []archive {
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.txtar"))
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	var all []archive
	for _, path := range paths {
		parsed, err := txtar.ParseFile(path)
		require.NoError(t, err)
		a := archive{name: strings.TrimSuffix(filepath.Base(path), ".txtar"), path: path, files: fstest.MapFS{}, parsed: parsed}
		for _, file := range parsed.Files {
			if file.Name == "findings" {
				a.findings = file.Data
			} else {
				a.files[file.Name] = &fstest.MapFile{Data: file.Data}
			}
		}
		all = append(all, a)
	}
	return all
}

func (a archive) write(t *testing.T, findings []byte) {
	files := a.parsed.Files
	if n := len(files); files[n-1].Name == "findings" {
		files = files[:n-1]
	}
	if len(findings) > 0 {
		files = append(files, txtar.File{Name: "findings", Data: findings})
	}
	a.parsed.Files = files
	require.NoError(t, os.WriteFile(a.path, txtar.Format(a.parsed), 0o644))
}

// Each of these is wrong in one way, so that each rule of the schema is seen to
// be the loader's.
func TestEachStructuralRuleIsInTheSchemaToo(t *testing.T) {
	table, _, _ := schemas(t)
	const head, operation = "api: {name: a, title: A}\n", "operations: [{id: a, method: GET, path: /a, requires: public, responses: {204: {}}, %s}]\n"
	in := func(format, what string) string { return head + strings.ReplaceAll(format, "%s", what) }
	const (
		schema    = "types: {A: {%s}}\n"
		scope     = "groups: [{title: G, scopes: [{scope: a, %s}]}]\n"
		parameter = "operations: [{id: a, method: GET, path: /a, requires: public, responses: {204: {}}, parameters: [{name: a, in: query, schema: {}, %s}]}]\n"
		paging    = "paging: {p: {kind: offset, offset: o, %s}}\n"
		required  = "groups: [{title: G, scopes: [{scope: a}, {scope: b}]}]\noperations: [{id: a, method: GET, path: /a, responses: {204: {}}, requires: %s}]\n"
	)
	good := []string{
		head,
		in(schema, "type: string, minLength: 0, maxLength: 9007199254740992, default: x"),
		in(schema, "type: [string, 'null'], enum: [a, null]"),
		in(schema, "minimum: -1.5e3"), in(schema, "additionalProperties: false"), in(schema, "additionalProperties: {}"),
		in(scope, "renamed_from: [b], spellings: {x: y}"),
		in(required, "public"), in(required, "token"), in(required, "{scope: a}"), in(required, "{any_of: [a, b]}"), in(required, "{any_of_sets: [[a], [b]]}"),
	}
	bad := []string{
		"[]\n", "api: {name: a}\n", "api: {title: A}\n", "api: []\n", "{}\n",
		head + "x: 1\n", head + "include: a.yaml\n", head + "include: [1]\n", head + "servers: {a: 1}\n", head + "servers: {'': 'https://a.example'}\n",
		head + "signing: ''\n", head + "token: {max_scope_length: -1}\n", head + "token: {signed: 'true'}\n", head + "go: {initialisms: ISIN}\n", head + "go: {formats: {a: [b]}}\n",
		head + "groups: [{title: G}]\n", head + "groups: [{scopes: []}]\n", head + "groups: [1]\n", head + "clients: [{name: A}]\n",
		in(scope, "x: 1"), in(scope, "permits: 1"), in(scope, "implies: a"), in(scope, "spellings: [a]"),
		in(paging, "kinds: x"), in(paging, "total: 1"), head + "paging: {p: {offset: o}}\n", head + "paging: {p: {kind: pages}}\n", in(paging, "first: one"), in(paging, "items: [a]"),
		in(operation, "x: 1"), in(operation, "summary: [a]"), in(operation, "errors: ['400']"), in(operation, "errors: 400"), in(operation, "body_optional: 1"),
		in(operation, "idempotency_key: never"), in(operation, "body: {text/plain: text}"), in(operation, "deprecated: true"),
		in(parameter, "x: 1"), in(parameter, "required: yes"), head + "operations: [{id: a, method: PUSH, path: /a, responses: {204: {}}}]\n",
		head + "operations: [{id: a, method: GET, path: /a}]\n", head + "operations: [{id: a, method: GET, path: /a, responses: {204: null}}]\n",
		in(schema, "x: 1"), in(schema, "type: text"), in(schema, "type: [text]"), in(schema, "type: {}"), in(schema, "minLength: 9007199254740993"), in(schema, "minItems: 0.5"),
		in(schema, "minimum: '1'"), in(schema, "multipleOf: true"), in(schema, "required: {a: b}"), in(schema, "required: [1]"), in(schema, "items: []"), in(schema, "properties: {a: string}"),
		in(schema, "additionalProperties: 1"), in(schema, "oneOf: {}"), in(schema, "oneOf: [string]"), in(schema, "enum: {a: b}"), in(schema, "deprecated: why"),
		in(schema, "oneOf: [{}], discriminator: {}"), in(schema, "oneOf: [{}], discriminator: {propertyName: a, mapping: [b]}"), in(schema, "$ref: 1"), in(schema, "go_type: [a]"), in(schema, "pattern: 1"),
		in(required, "none"), in(required, "[a]"), in(required, "{}"), in(required, "{scope: [a]}"), in(required, "{any_of: a}"), in(required, "{any_of: []}"), in(required, "{all_of: []}"),
		in(required, "{any_of_sets: []}"), in(required, "{any_of_sets: [[]]}"), in(required, "{any_of_sets: [a]}"), in(required, "{scope: a, any_of: [b]}"), in(required, "{one_of: [a]}"), in(required, "null"),
	}
	for _, text := range good {
		_, findings := spec.Load(one(text), "scopes.yaml")
		require.NoError(t, findings.Err(), text)
		require.NoError(t, table.Validate(jsonOf(t, []byte(text))), text)
	}
	for _, text := range bad {
		_, findings := spec.Load(one(text), "scopes.yaml")
		require.Error(t, findings.Err(), text)
		require.Error(t, table.Validate(jsonOf(t, []byte(text))), text)
	}
}
