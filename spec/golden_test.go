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

	"github.com/scopegen/scopegen/internal/diag"
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
	require.NoError(t, compiler.AddResource("catalogue.json", document))
	compile := func(fragment string) *jsonschema.Schema {
		schema, err := compiler.Compile("catalogue.json" + fragment)
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
