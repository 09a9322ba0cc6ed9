package openapi_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen"
	exporter "github.com/scopegen/scopegen/internal/exporter/openapi"
	"github.com/scopegen/scopegen/internal/importer/openapi"
	"github.com/scopegen/scopegen/spec"
)

// The law: the import of an export is the same catalogue. The same means: every field of
// the model is equal, in the order of the catalogue, and the generated packages are, byte
// for byte. What is not compared is where things stand (places, the names of the files,
// and in which of them the types are), and what export names as left out: go.output and
// the names of the files that scopes were imported with.

// normal returns a catalogue without what the law does not compare.
func normal(c *spec.Catalogue) *spec.Catalogue {
	n := *c
	n.Files, n.Include, n.Go.Output, n.Import.File, n.Import.Table = nil, nil, "", "", ""
	out := withoutPlaces(reflect.ValueOf(&n)).Interface().(*spec.Catalogue)
	if len(n.Keys) == 0 {
		out.Keys = nil
	}
	if len(n.Operations) == 0 {
		out.Operations = nil
	}
	for _, op := range out.Operations {
		if len(op.Parameters) == 0 {
			op.Parameters = nil
		}
		if len(op.ResponseHeaders) == 0 {
			op.ResponseHeaders = nil
		}
	}
	return out
}

// withoutPlaces returns a copy of a value without the places in it.
func withoutPlaces(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(withoutPlaces(v.Elem()))
		}
	case reflect.Struct:
		for k := range v.NumField() {
			if v.Field(k).Type() != reflect.TypeFor[spec.Position]() {
				out.Field(k).Set(withoutPlaces(v.Field(k)))
			}
		}
	case reflect.Slice:
		if !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for k := range v.Len() {
				out.Index(k).Set(withoutPlaces(v.Index(k)))
			}
		}
	default:
		out.Set(v)
	}
	return out
}

// packages returns what is generated of a catalogue.
func packages(t *testing.T, c *spec.Catalogue) map[string]string {
	t.Helper()
	generated, findings := scopegen.Generate(c, scopegen.Options{ImportPath: "example.com/api"})
	require.NoError(t, findings.Err())
	files := map[string]string{}
	for _, p := range generated {
		for _, f := range p.Files {
			files[f.Path] = string(f.Content)
		}
	}
	return files
}

func load(t *testing.T, fsys fs.FS) *spec.Catalogue {
	t.Helper()
	c, findings := spec.Load(fsys, "scopes.yaml")
	require.NoError(t, findings.Err())
	return c
}

func imported(t *testing.T, document []byte, read func(fs.FS, string, openapi.Options) (*openapi.Result, error)) (*spec.Catalogue, *openapi.Result) {
	t.Helper()
	result, err := read(fstest.MapFS{"api.json": {Data: document}}, "api.json", openapi.Options{})
	require.NoError(t, err)
	require.NoError(t, result.Remaining.Err())
	files := fstest.MapFS{}
	for name, text := range result.Files {
		files[name] = &fstest.MapFile{Data: text}
	}
	return load(t, files), result
}

// holds checks the law for a catalogue, and that the catalogue which was read back gives
// the same document.
func holds(t *testing.T, c *spec.Catalogue) {
	t.Helper()
	document, back := readBack(t, c)
	again, _ := exporter.Export(back)
	require.Equal(t, string(document), string(again))
}

// readBack checks the law for a catalogue. It returns the document and what import makes
// of it.
func readBack(t *testing.T, c *spec.Catalogue) ([]byte, *spec.Catalogue) {
	t.Helper()
	document, _ := exporter.Export(c)
	back, result := imported(t, document, openapi.Import)
	require.Empty(t, result.Notes)
	require.Empty(t, result.Dropped)
	require.Empty(t, result.Counts.Names)
	equal(t, normal(c), normal(back))
	require.Equal(t, packages(t, c), packages(t, back))
	return document, back
}

// equal compares part by part, for a difference that can be read.
func equal(t *testing.T, want, got *spec.Catalogue) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	for k, op := range want.Operations {
		if k < len(got.Operations) {
			require.Equal(t, op, got.Operations[k])
		}
	}
	for k, typ := range want.Types {
		if k < len(got.Types) {
			require.Equal(t, typ, got.Types[k])
		}
	}
	require.Equal(t, want, got)
}

func TestTheCatalogueInTheBoxIsReadBack(t *testing.T) {
	holds(t, load(t, spec.Embedded()))
}

// folders hold the catalogues of the repository.
var folders = []string{"../../dev/golden", "../../../examples/bookshop", "../../../examples/webhooks/catalogue"}

func TestCataloguesOfTheRepositoryAreReadBack(t *testing.T) {
	for _, folder := range folders {
		t.Run(filepath.Base(folder), func(t *testing.T) { holds(t, load(t, os.DirFS(folder))) })
	}
}

// Who knows nothing of the extensions reads the same requirements, bodies and statuses.
func TestTheWordsOfOpenAPIAloneKeepWhatIsRequired(t *testing.T) {
	catalogues := []*spec.Catalogue{load(t, spec.Embedded())}
	for _, folder := range folders {
		catalogues = append(catalogues, load(t, os.DirFS(folder)))
	}
	for _, c := range catalogues {
		t.Run(c.API.Name, func(t *testing.T) {
			document, _ := exporter.Export(c)
			var read any
			require.NoError(t, json.Unmarshal(document, &read))
			plain, err := json.Marshal(withoutExtensions(read))
			require.NoError(t, err)
			back, _ := imported(t, plain, openapi.Import)
			require.Len(t, back.Operations, len(c.Operations))
			require.Len(t, back.Scopes(), len(c.Scopes()))
			found := map[string]*spec.Operation{}
			for _, op := range back.Operations {
				found[op.ID] = op
			}
			none := (&spec.Catalogue{}).Implications()
			for _, want := range c.Operations {
				got := found[want.ID]
				require.NotNil(t, got, want.ID)
				require.True(t, want.Requires.Satisfies(got.Requires, none) && got.Requires.Satisfies(want.Requires, none), "%s: %v %v", want.ID, want.Requires, got.Requires)
				require.Equal(t, want.Method, got.Method)
				require.Equal(t, want.Deprecated != "", got.Deprecated != "", want.ID)
				require.ElementsMatch(t, keys(want.Body), keys(got.Body), want.ID)
				require.ElementsMatch(t, keys(want.Responses), keys(got.Responses), want.ID)
			}
		})
	}
}

func keys[V any](m spec.Map[V]) []string {
	var out []string
	for _, entry := range m {
		out = append(out, entry.Key)
	}
	return out
}

// withoutExtensions returns a value of JSON without the members x-scopegen.
func withoutExtensions(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, exporter.Extension)
		for key, inner := range v {
			v[key] = withoutExtensions(inner)
		}
	case []any:
		for k, inner := range v {
			v[k] = withoutExtensions(inner)
		}
	}
	return v
}

const (
	corpus  = "../../../../shared/corpus"
	largest = 200 << 10 // of a document: those that are larger take most of the time
)

func TestRealDocumentsAreReadBack(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(corpus, "INDEX.tsv"))
	if err != nil {
		t.Skip("the collected documents are not beside the repository")
	}
	if testing.Short() {
		t.Skip("the collected documents take seconds")
	}
	for line := range strings.Lines(string(index)) {
		cells := strings.Split(line, "\t")
		read := openapi.Import
		switch {
		case cells[2] == "discovery":
			read = openapi.ImportDiscovery
		case !strings.HasPrefix(cells[2], "openapi") && cells[2] != "swagger2":
			continue
		}
		t.Run(strings.ReplaceAll(cells[1], "/", "_"), func(t *testing.T) {
			file := filepath.Join(corpus, cells[1])
			if info, err := os.Stat(file); err == nil && info.Size() > largest {
				t.Skip("a large document")
			}
			result, err := read(os.DirFS(filepath.Dir(file)), filepath.Base(file), openapi.Options{})
			require.NoError(t, err)
			files := fstest.MapFS{}
			for name, text := range result.Files {
				files[name] = &fstest.MapFile{Data: text}
			}
			holds(t, load(t, files))
		})
	}
}
