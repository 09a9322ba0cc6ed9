package merge_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/diag"
	"github.com/scopegen/scopegen/internal/change/merge"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

const table = "scopes.yaml"

type files = map[string][]byte

// imported returns what import makes of a document.
func imported(t *testing.T, text []byte) files {
	t.Helper()
	result, err := openapi.Import(fstest.MapFS{"api.json": {Data: text}}, "api.json", openapi.Options{ScopeLists: openapi.Any, Reason: "docs"})
	require.NoError(t, err)
	require.NoError(t, result.Remaining.Err(), string(text))
	return result.Files
}

func recorded(t *testing.T, f files) string {
	t.Helper()
	trees := map[string]*yaml.Node{}
	for name, text := range f {
		var document yaml.Node
		require.NoError(t, yaml.Unmarshal(text, &document))
		trees[name] = document.Content[0]
	}
	return string(merge.Record(table, trees))
}

// merged brings what an import makes now into a catalogue.
func merged(t *testing.T, catalogue files, record string, now files, o merge.Options) (files, *merge.Result, diag.List) {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, text := range catalogue {
		fsys[name] = &fstest.MapFile{Data: text}
	}
	c, findings := spec.Load(fsys, table)
	require.NoError(t, findings.Err())
	result, problems := merge.Merge(fsys, table, c, []byte(record), merge.Import{Document: "api.json", Files: now}, o)
	if result == nil {
		require.Error(t, problems.Err())
		return nil, nil, problems
	}
	out := maps.Clone(catalogue)
	maps.Copy(out, result.Files)
	for _, name := range result.Removed {
		delete(out, name)
	}
	return out, result, nil
}

// document returns a random OpenAPI document over a small vocabulary, so that two
// of them have much in common.
func document(random *rand.Rand) []byte {
	type object = map[string]any
	pick := func(of ...any) any { return of[random.IntN(len(of))] }
	schemas := object{}
	for _, name := range []string{"Pet", "Toy", "Order", "Kind"} {
		if random.IntN(4) == 0 {
			schemas[name] = object{"type": "string", "enum": []any{"a", "b", "c", "d"}[:1+random.IntN(4)]}
			continue
		}
		properties := object{}
		for _, p := range []string{"id", "name", "born", "size"} {
			if random.IntN(3) > 0 {
				properties[p] = pick(object{"type": "string"}, object{"type": "integer", "description": "How many: or\nso."}, object{"type": "array", "items": object{"type": "string"}}, object{"type": "string", "enum": []string{"x", "y"}})
			}
		}
		schemas[name] = object{"type": "object", "properties": properties, "description": pick("", "A thing.", "A thing: # not \"that\".")}
	}
	scopes := object{}
	all := []string{"pets:read", "pets:admin", "toys:read", "toys:write", "orders:read"}
	for _, s := range all {
		scopes[s] = pick("See it.", "Do it: now.", "")
	}
	paths := object{}
	for n, tag := range []string{"pets", "toys", "orders", "pets", "toys", "pets"} {
		if random.IntN(4) == 0 {
			continue
		}
		var parameters []any
		for _, p := range []string{"limit", "page", "kinds"} {
			if random.IntN(2) == 0 {
				parameters = append(parameters, object{"name": p, "in": "query", "schema": pick(object{"type": "string"}, object{"type": "integer"})})
			}
		}
		op := object{
			"operationId": fmt.Sprintf("op%d", n), "tags": []string{tag}, "summary": pick("It does.", "It does not.", ""), "parameters": parameters,
			"security":  []any{object{"oauth": []any{pick("pets:read", "toys:read"), pick("pets:admin", "orders:read")}}},
			"responses": object{"200": object{"description": "", "content": object{"application/json": object{"schema": object{"$ref": "#/components/schemas/" + pick("Pet", "Toy", "Order", "Kind").(string)}}}}},
		}
		paths[fmt.Sprintf("/%s/%d", tag, n)] = object{pick("get", "post").(string): op}
	}
	for _, s := range all {
		used, _ := json.Marshal(paths)
		if random.IntN(3) == 0 && !bytes.Contains(used, []byte(s)) {
			delete(scopes, s)
		}
	}
	out, err := json.Marshal(object{
		"openapi": "3.1.0", "info": object{"title": "Shop", "version": pick("1", "2")}, "servers": []any{object{"url": "https://api.example.com"}}, "paths": paths,
		"components": object{"schemas": schemas, "securitySchemes": object{"oauth": object{"type": "oauth2", "flows": object{"clientCredentials": object{"tokenUrl": "https://auth.example.com/token", "scopes": scopes}}}}},
	})
	if err != nil {
		panic(err)
	}
	return out
}

func TestWithoutEditsTheCatalogueBecomesWhatTheNewDocumentSays(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 60 {
		a, b := imported(t, document(random)), imported(t, document(random))
		same, result, _ := merged(t, a, recorded(t, a), a, merge.Options{})
		require.Empty(t, result.Files)
		require.Equal(t, a, same)

		there, result, problems := merged(t, a, recorded(t, a), b, merge.Options{})
		require.NoError(t, problems.Err())
		require.Equal(t, recorded(t, b), recorded(t, there))
		require.Equal(t, recorded(t, b), string(result.Record))

		back, _, problems := merged(t, there, recorded(t, b), a, merge.Options{})
		require.NoError(t, problems.Err())
		require.Equal(t, recorded(t, a), recorded(t, back))
	}
}

// edited returns a catalogue with names and comments that a person has added to
// operations, with those operations.
func edited(random *rand.Rand, catalogue files) (files, []string) {
	out := files{}
	var ids []string
	for _, name := range slices.Sorted(maps.Keys(catalogue)) {
		var b strings.Builder
		for line := range strings.Lines(string(catalogue[name])) {
			id, isOperation := strings.CutPrefix(line, "  - id: ")
			if !isOperation || random.IntN(2) == 0 {
				b.WriteString(line)
				continue
			}
			id = strings.TrimSpace(id)
			ids = append(ids, id)
			fmt.Fprintf(&b, "\n  # Above %s.\n  - id: %s # beside %s\n    go_name: Hand%s\n    # within %s\n", id, id, id, strings.ToUpper(id), id)
		}
		out[name] = []byte(b.String())
	}
	return out, ids
}

func TestEditsStayThroughEveryDocument(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 60 {
		a, b := imported(t, document(random)), imported(t, document(random))
		ours, ids := edited(random, a)
		unchanged, result, problems := merged(t, ours, recorded(t, a), a, merge.Options{})
		require.NoError(t, problems.Err())
		require.Empty(t, result.Files)
		require.Equal(t, ours, unchanged)

		var o merge.Options
		there, _, problems := merged(t, ours, recorded(t, a), b, o)
		text := string(bytes.Join(slices.Collect(maps.Values(b)), nil))
		var gone []string
		for _, id := range ids {
			if !strings.Contains(text, "- id: "+id+"\n") {
				gone = append(gone, "operations/"+id)
			}
		}
		if len(gone) > 0 { // edited here, gone there
			require.Error(t, problems.Err())
			require.Len(t, problems, len(gone))
			o.Take = gone
			there, _, problems = merged(t, ours, recorded(t, a), b, o)
		}
		require.NoError(t, problems.Err())
		now := string(bytes.Join(slices.Collect(maps.Values(there)), nil))
		for _, id := range ids {
			for _, comment := range []string{"# Above " + id + ".", "# beside " + id, "# within " + id} {
				require.Equal(t, 1, strings.Count(now, comment), comment)
			}
			require.Equal(t, !slices.Contains(gone, "operations/"+id), strings.Contains(now, "go_name: Hand"+strings.ToUpper(id)))
		}
		// Without the edits, all else is as the new document says.
		for name, text := range there {
			var b strings.Builder
			for line := range strings.Lines(string(text)) {
				if !strings.Contains(line, "go_name: Hand") {
					b.WriteString(line)
				}
			}
			there[name] = []byte(b.String())
		}
		require.Equal(t, recorded(t, b), recorded(t, there))
	}
}

func TestRealDocumentsAreImportedAgain(t *testing.T) {
	for name, versions := range map[string][2]string{
		"spotify":         {"058085378_official-spotify-open-api.yml", "1dc76f783_official-spotify-open-api.yml"},
		"xero-accounting": {"65ceec1ad_xero_accounting.yaml", "786abe3a7_xero_accounting.yaml"},
	} {
		t.Run(name, func(t *testing.T) {
			var both [2]files
			for n, version := range versions {
				text, err := os.ReadFile(filepath.Join("../../../../shared/corpus/spec-history", name, "full", version))
				if err != nil {
					t.Skip("the corpus of documents is not beside this repository")
				}
				both[n] = imported(t, text)
			}
			there, _, problems := merged(t, both[0], recorded(t, both[0]), both[1], merge.Options{})
			require.NoError(t, problems.Err())
			require.Equal(t, recorded(t, both[1]), recorded(t, there))
			back, _, problems := merged(t, there, recorded(t, both[1]), both[0], merge.Options{})
			require.NoError(t, problems.Err())
			require.Equal(t, recorded(t, both[0]), recorded(t, back))
		})
	}
}

// A catalogue that loads is merged or refused, whatever it looks like, and a record
// is read or refused.
func FuzzMerge(f *testing.F) {
	const one = "operations:\n  - id: a\n    method: GET\n    path: /a\n    requires: public\n    responses: {204: {}}\n    domain: pets\n"
	f.Add(one, `{"version":1}`+"\n"+`{"entry":"operations/a","value":{"id":"a"}}`)
	f.Add("# x\noperations: # y\n- id: 'a' # z\n\n  # in\n  method: GET\n  path: /a\n  requires: public\n  responses:\n    204: {}\n  domain: pets\ntypes: {}\n", "")
	f.Add("types:\n  A: {type: [string, \"null\"], enum: [x, y], enum_names: {x: Z}}\n"+one, `{"version":1}`)
	f.Add("operations: []\n", `{"version":1}`+"\n"+`{"entry":"types/A","value":{"=":"0x1"}}`)
	now := files{
		table:       []byte("api: {name: shop, title: Shop}\nservers: {live: 'https://a.example.com'}\ntoken: {path: /t}\ngroups:\n  - title: Pets\n    scopes:\n      - {scope: 'pets:read'}\ninclude: [pets.yaml]\n"),
		"pets.yaml": []byte("operations:\n  - id: a\n    method: PUT\n    path: /a\n    requires: public\n    responses:\n      204: {}\n    domain: pets\n  - id: b\n    method: GET\n    path: /b\n    requires: {scope: 'pets:read'}\n    responses:\n      204: {}\ntypes:\n  A: {type: string}\n"),
	}
	f.Fuzz(func(t *testing.T, text, record string) {
		fsys := fstest.MapFS{table: {Data: now[table]}, "pets.yaml": {Data: []byte(text)}}
		c, findings := spec.Load(fsys, table)
		if findings.Err() != nil {
			return
		}
		for _, record := range []string{record, `{"version":1}`} {
			result, problems := merge.Merge(fsys, table, c, []byte(record), merge.Import{Document: "api", Files: now}, merge.Options{})
			require.Equal(t, result == nil, problems.Err() != nil)
		}
	})
}
