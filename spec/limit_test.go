package spec_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func head() string { return "api: {name: shop, title: Shop}\n" }

// hostile are inputs made to cost more than they are worth. want is part of
// the message that refuses them.
var hostile = []struct {
	name, want string
	files      func() fstest.MapFS
}{
	{"an alias bomb", "anchors are not used", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  a0: &a0 {enum: [x, x, x, x, x, x, x, x, x, x]}\n")
		for i := range 30 {
			fmt.Fprintf(&b, "  a%d: &a%d {enum: [%s*a%d]}\n", i+1, i+1, strings.Repeat(fmt.Sprintf("*a%d, ", i), 9), i)
		}
		return one(b.String())
	}},
	{"merges of merges", "anchors are not used", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  a0: &a0 {type: string}\n")
		for i := range 1000 {
			fmt.Fprintf(&b, "  a%d: &a%d {<<: [*a%d, *a%d]}\n", i+1, i+1, i, i)
		}
		return one(b.String())
	}},
	{"a gigantic scalar", "at most 64 KiB", func() fstest.MapFS {
		return one(head() + "types: {a: {description: '" + strings.Repeat("x", 900<<10) + "'}}\n")
	}},
	{"a gigantic block scalar", "at most 1024 KiB", func() fstest.MapFS {
		return one(head() + "types:\n  a:\n    description: |\n" + strings.Repeat("      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 1<<20))
	}},
	{"a gigantic key", "at most 64 KiB", func() fstest.MapFS {
		return one(head() + "types:\n  ? " + strings.Repeat("x", 900<<10) + "\n  : {}\n")
	}},
	{"one line of 90 MiB", "at most 1024 KiB", func() fstest.MapFS {
		return one(head() + "types: {a: {description: '" + strings.Repeat("x", 90<<20) + "'}}\n")
	}},
	{"2 MiB in brackets", "on lines of their own", func() fstest.MapFS {
		return one("{api: {name: a, title: A}, types: {A: {enum: [" + strings.Repeat("1,", 1<<20) + "]}}}\n")
	}},
	{"a file of 100 MiB", "larger than 96 MiB", func() fstest.MapFS {
		return one(strings.Repeat("#", 100<<20))
	}},
	{"many files of 90 MiB", "larger than 256 MiB together", func() fstest.MapFS {
		comment := []byte(strings.Repeat("# nothing\n", 9<<20))
		return fstest.MapFS{
			"scopes.yaml": {Data: []byte(head() + "include: [a.yaml, b.yaml, c.yaml, d.yaml]\n")},
			"a.yaml":      {Data: comment}, "b.yaml": {Data: comment}, "c.yaml": {Data: comment}, "d.yaml": {Data: comment},
		}
	}},
	{"5,000 files", "more than 4096 files", func() fstest.MapFS {
		files := fstest.MapFS{}
		var b strings.Builder
		b.WriteString(head() + "include:\n")
		for i := range 5000 {
			fmt.Fprintf(&b, "  - f%d.yaml\n", i)
			files[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: []byte("types: {}\n")}
		}
		files["scopes.yaml"] = &fstest.MapFile{Data: []byte(b.String())}
		return files
	}},
	{"a chain of 5,000 files", "more than 4096 files", func() fstest.MapFS {
		files := fstest.MapFS{"scopes.yaml": {Data: []byte(head() + "include: [f0.yaml]\n")}}
		for i := range 5000 {
			files[fmt.Sprintf("f%d.yaml", i)] = &fstest.MapFile{Data: fmt.Appendf(nil, "include: [f%d.yaml]\n", i+1)}
		}
		return files
	}},
	{"lists in lists", "nested deeper", func() fstest.MapFS {
		return one(head() + "types: {a: {enum: [" + strings.Repeat("[", 400<<10) + strings.Repeat("]", 400<<10) + "]}}\n")
	}},
	{"9,000 lists in lists", "nested deeper", func() fstest.MapFS {
		return one(head() + "types: {a: {enum: [" + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + "]}}\n")
	}},
	{"mappings in mappings", "nested deeper", func() fstest.MapFS {
		return one(head() + "types:\n  a: " + strings.Repeat("{items: ", 9000) + "{}" + strings.Repeat("}", 9000) + "\n")
	}},
	{"indentation without end", "did not find expected", func() fstest.MapFS {
		return one(head() + "types: {a: {enum: [\n" + strings.Repeat("- ", 200<<10) + "\n")
	}},
	{"block lists in block lists", "nested deeper", func() fstest.MapFS {
		return one(head() + "types:\n  a:\n    enum:\n      " + strings.Repeat("- ", 5000) + "x\n")
	}},
	{"a million empty lists", "must be text", func() fstest.MapFS {
		return one(head() + "types: {a: {required: [" + strings.Repeat("[],", 300<<10) + "]}}\n")
	}},
	{"half a million nothings", "has no value", func() fstest.MapFS {
		return one(head() + "types:\n  a:\n    required: [" + strings.Repeat("~,", 500<<10) + "]\n")
	}},
	{"90 MiB of wrong types", "stopped after 100 errors", func() fstest.MapFS {
		return one(head() + "types:\n" + strings.Repeat("  a: {tpye: x}\n", 6<<20))
	}},
	{"unknown keys without end", "stopped after 100 errors", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  a:\n")
		for i := range 50_000 {
			fmt.Fprintf(&b, "    key%d: 1\n", i)
		}
		return one(b.String())
	}},
	{"100,000 references to nothing, 100,000 names that are close", "stopped after 100 errors", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n")
		for i := range 100_000 {
			fmt.Fprintf(&b, "  Thing%06d: {properties: {a: {$ref: '#/types/Think%06d'}}}\n", i, i)
		}
		return one(b.String())
	}},
	{"a ring of 100,000 types", "consists of itself", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n")
		for i := range 100_000 {
			fmt.Fprintf(&b, "  T%d: {$ref: '#/types/T%d'}\n", i, (i+1)%100_000)
		}
		return one(b.String())
	}},
	{"a ring of 20,000 scopes", "implies itself", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "groups:\n  - title: All\n    scopes:\n")
		for i := range 20_000 {
			fmt.Fprintf(&b, "      - {scope: s%d, implies: [s%d]}\n", i, (i+1)%20_000)
		}
		return one(b.String())
	}},
	{"an enum of 100,000 values, twice", "is listed twice", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  a:\n    enum: [")
		for range 2 {
			for i := range 60_000 {
				fmt.Fprintf(&b, "v%d,", i)
			}
		}
		return one(b.String() + "]\n")
	}},
	{"a list of 100,000 scopes, each twice", "is listed twice", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "operations:\n  - {id: a, method: GET, path: /a, responses: {204: {}}, requires: {any_of: [")
		for range 2 {
			for i := range 60_000 {
				fmt.Fprintf(&b, "s%d,", i)
			}
		}
		return one(b.String() + "]}}\n")
	}},
	{"20,000 sets that share a scope", "is not in the table", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "operations:\n  - {id: a, method: GET, path: /a, responses: {204: {}}, requires: {any_of_sets: [")
		for i := range 20_000 {
			fmt.Fprintf(&b, "[s, s%d, t%d],", i, i)
		}
		return one(b.String() + "]}}\n")
	}},
	{"190 sets that overlap", "is not in the table", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "operations:\n  - {id: a, method: GET, path: /a, responses: {204: {}}, requires: {any_of_sets: [")
		for i := range 190 {
			b.WriteString("[")
			for j := range 500 {
				fmt.Fprintf(&b, "s%d,", i+j)
			}
			b.WriteString("],")
		}
		return one(b.String() + "]}}\n")
	}},
	{"60,000 required properties", "is required", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  a:\n    required: [")
		for i := range 60_000 {
			fmt.Fprintf(&b, "s%d,", i)
		}
		b.WriteString("]\n    properties: {")
		for i := range 30_000 {
			fmt.Fprintf(&b, "s%d: {},", i+60_000)
		}
		return one(b.String() + "}\n")
	}},
	{"allOf of allOf of allOf", "consists of itself", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n")
		for i := range 4000 {
			fmt.Fprintf(&b, "  T%d: {required: [x], allOf: [{$ref: '#/types/T%d'}, {$ref: '#/types/T%d'}]}\n", i, (i+1)%4000, (i+2)%4000)
		}
		return one(b.String())
	}},
	{"allOf that adds up", "the members of all allOf together are more than 2000000", func() fstest.MapFS {
		var b strings.Builder
		b.WriteString(head() + "types:\n  T0: {type: object, properties: {a: {}}}\n")
		for i := range 3000 {
			fmt.Fprintf(&b, "  T%d: {allOf: [{$ref: '#/types/T%d'}, {properties: {a%d: {}}}]}\n", i+1, i, i)
		}
		return one(b.String())
	}},
	{"a pattern that repeats repeats", "is not in the table", func() fstest.MapFS {
		return one(head() + "operations: [{id: a, method: GET, path: /a, requires: {scope: s}, responses: {204: {}}}]\ntypes: {a: {pattern: '" + strings.Repeat("(", 900) + "a" + strings.Repeat("{1,900})", 900) + "'}}\n")
	}},
	{"a number with a gigantic exponent", "is not in the table", func() fstest.MapFS {
		return one(head() + "operations: [{id: a, method: GET, path: /a, requires: {scope: s}, responses: {204: {}}}]\ntypes: {a: {minimum: 0e999999999, maximum: 0." + strings.Repeat("0", 60_000) + "1}}\n")
	}},
	{"a path of 30,000 braces", "at most 4096 are read", func() fstest.MapFS {
		return one(head() + "operations: [{id: a, method: GET, path: '/" + strings.Repeat("{a", 30_000) + "', requires: public, responses: {204: {}}}]\n")
	}},
	{"NUL bytes", "U+0000", func() fstest.MapFS { return one(strings.Repeat("\x00", 60<<20)) }},
	{"letters of several bytes on one line", "must be text", func() fstest.MapFS {
		return one(head() + "types: {a: {description: ü, required: [" + strings.Repeat("ü, ", 200<<10) + "~]}}\n")
	}},
	{"comments without end", "needs the key \"api\"", func() fstest.MapFS {
		return one(strings.Repeat("# c\n", 250<<10) + "types: {}\n" + strings.Repeat(" # c\n", 40<<10))
	}},
}

func one(text string) fstest.MapFS { return fstest.MapFS{"scopes.yaml": {Data: []byte(text)}} }

// What a refusal may allocate in all. What lives at once is less.
const refusalAllocates = 800 << 20

// underRace is set when the race detector is on.
var underRace bool

func TestHostileInputIsRefusedAtABoundedCost(t *testing.T) {
	if underRace {
		t.Skip("measures what the race detector multiplies; nothing here runs concurrently")
	}
	for _, h := range hostile {
		t.Run(h.name, func(t *testing.T) {
			files := h.files()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			start := time.Now()
			catalogue, findings := spec.Load(files, "scopes.yaml")
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			require.Nil(t, catalogue)
			require.Error(t, findings.Err())
			require.Contains(t, findings.Error(), h.want)
			require.LessOrEqual(t, len(findings), 1000)
			allocated := after.TotalAlloc - before.TotalAlloc
			require.Less(t, allocated, uint64(refusalAllocates))
			t.Logf("%s, %d MiB allocated, sys +%d MiB, %d findings; %.100s", took.Round(time.Millisecond), allocated>>20, (int64(after.Sys)-int64(before.Sys))>>20, len(findings), findings[0].Message)
		})
	}
}

func TestAFileThatIsNoPlainFileIsNotOpened(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "scopes.yaml"), []byte(head()+"include: [pipe.yaml]\n"), 0o644))
	files := fstest.MapFS{
		"scopes.yaml": {Data: []byte(head() + "include: [pipe.yaml]\n")},
		"pipe.yaml":   {Mode: fs.ModeNamedPipe | 0o644},
	}
	_, findings := spec.Load(files, "scopes.yaml")
	require.ErrorContains(t, findings.Err(), "it is not a regular file")
}

func TestNothingOutsideTheFolderIsRead(t *testing.T) {
	outside := t.TempDir()
	secret := filepath.Join(outside, "secret.yaml")
	require.NoError(t, os.WriteFile(secret, []byte("types: {Secret: {type: string}}\n"), 0o600))
	folder := t.TempDir()
	require.NoError(t, os.Symlink(secret, filepath.Join(folder, "absolute.yaml")))
	require.NoError(t, os.Symlink("../"+filepath.Base(outside)+"/secret.yaml", filepath.Join(folder, "relative.yaml")))
	require.NoError(t, os.Symlink(outside, filepath.Join(folder, "sub")))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "inside.yaml"), []byte("types: {Inside: {type: string}}\n"), 0o600))
	require.NoError(t, os.Symlink("inside.yaml", filepath.Join(folder, "link.yaml")))
	for include, refused := range map[string]bool{
		"absolute.yaml": true, "relative.yaml": true, "sub/secret.yaml": true, "../" + filepath.Base(outside) + "/secret.yaml": true, secret: true,
		"link.yaml": false,
	} {
		table := filepath.Join(folder, "scopes.yaml")
		require.NoError(t, os.WriteFile(table, []byte(head()+"include: ['"+include+"']\n"), 0o600))
		catalogue, findings := spec.LoadFile(table)
		if !refused {
			require.NoError(t, findings.Err(), include)
			require.NotNil(t, catalogue.Type("Inside"))
			continue
		}
		require.Error(t, findings.Err(), include)
		require.Nil(t, catalogue)
	}
}

func TestPositionsCarryThePathAsGivenAndFilesTheOneInTheFolder(t *testing.T) {
	folder := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(folder, "sub"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "scopes.yaml"), []byte(head()+"include: [sub/a.yaml]\n"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "sub", "a.yaml"), []byte("types:\n  A: {type: string, maximum: 1}\n"), 0o644))
	t.Chdir(filepath.Dir(folder))
	given := filepath.Base(folder) + "/scopes.yaml"
	catalogue, findings := spec.LoadFile(given)
	require.NoError(t, findings.Err())
	require.Equal(t, []string{"scopes.yaml", "sub/a.yaml"}, catalogue.Files)
	require.Equal(t, filepath.Base(folder)+"/sub/a.yaml:2:3", catalogue.Types[0].Pos.String())
	require.Len(t, findings, 1)
	require.Equal(t, "  A: {type: string, maximum: 1}", findings[0].Source, "the line is found in the included file")

	t.Chdir(folder)
	catalogue, _ = spec.LoadFile("scopes.yaml")
	require.Equal(t, "sub/a.yaml:2:3", catalogue.Types[0].Pos.String())
	catalogue, findings = spec.Load(os.DirFS(filepath.Dir(folder)), given)
	require.NoError(t, findings.Err())
	require.Equal(t, []string{"scopes.yaml", "sub/a.yaml"}, catalogue.Files)
}

func TestAMissingTableIsAClearError(t *testing.T) {
	_, findings := spec.LoadFile(filepath.Join(t.TempDir(), "scopes.yaml"))
	require.ErrorContains(t, findings.Err(), "there is no such file")
	_, findings = spec.LoadFile(filepath.Join(t.TempDir(), "gone", "scopes.yaml"))
	require.ErrorContains(t, findings.Err(), "there is no such file")
	_, findings = spec.LoadFile(t.TempDir() + "/")
	require.Error(t, findings.Err())
	for _, name := range []string{"", "/scopes.yaml", "../scopes.yaml", "a//b"} {
		_, findings = spec.Load(fstest.MapFS{}, name)
		require.Error(t, findings.Err(), name)
	}
}

func TestEncodingsOtherThanUTF8AreNamed(t *testing.T) {
	good := head() + "types: {A: {type: string}}\n"
	for want, text := range map[string]string{
		"1:1: the file is UTF-16":                          "\xff\xfea\x00p\x00i\x00",
		"2:24: byte 0xfc is not UTF-8":                     head() + "types: {A: {description\xfc: x}}\n",
		"2:9: control character U+0007":                    head() + "types: {\a}\n",
		"1:31: control character U+000D":                   "api: {name: shop, title: Shop}\rtypes: {}\n",
		"2:3: control character U+2028":                    "#\n# \u2028\n" + good,
		"2:3: control character U+0085":                    "#\n# \u0085\n" + good,
		"2:1: control character U+0000":                    "#\n\x00",
		"2:1: control character U+FEFF":                    good[:len(head())] + "\ufefftypes: {}\n",
		"3:5: \"A\" must be a mapping, not the text \"b\"": "\xef\xbb\xbf" + strings.ReplaceAll(head()+"types:\n A: b\n", "\n", "\r\n"),
	} {
		_, findings := spec.Load(one(text), "scopes.yaml")
		require.ErrorContains(t, findings.Err(), "scopes.yaml:"+want[:strings.Index(want, ": ")], want)
		require.ErrorContains(t, findings.Err(), want[strings.Index(want, ": ")+2:])
	}
	for _, text := range []string{good, "\xef\xbb\xbf" + good, strings.ReplaceAll(good, "\n", "\r\n"), "---\n" + good, "%YAML 1.1\n---\n" + good, good + "...\n"} {
		_, findings := spec.Load(one(text), "scopes.yaml")
		require.Empty(t, findings, "%q", text)
	}
}

func TestTheSameInputGivesTheSameFindings(t *testing.T) {
	for _, h := range hostile[:4] {
		files := h.files()
		_, first := spec.Load(files, "scopes.yaml")
		_, second := spec.Load(files, "scopes.yaml")
		require.Equal(t, first, second)
	}
}

func TestTypesAreCounted(t *testing.T) {
	files := one(head() + "types: {A: {type: object, properties: {a: {}, b: {type: array, items: {}}}}}\n")
	_, findings := spec.LoadBounded(files, "scopes.yaml", 4, 10)
	require.NoError(t, findings.Err())
	_, findings = spec.LoadBounded(files, "scopes.yaml", 3, 10)
	require.ErrorContains(t, findings.Err(), "more than 3 types, properties and items")
}

func TestWarningsBeyondTheBoundAreNotKept(t *testing.T) {
	files := one(head() + "types: {A: {type: string, minimum: 1, maximum: 2, multipleOf: 3, items: {}}}\n")
	catalogue, findings := spec.LoadBounded(files, "scopes.yaml", 10, 2)
	require.NotNil(t, catalogue)
	require.Len(t, findings, 3)
	require.Contains(t, findings.Error(), "more than 2 warnings")
}
