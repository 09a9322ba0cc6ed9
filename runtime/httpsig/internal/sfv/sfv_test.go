package sfv_test

import (
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
	"github.com/stretchr/testify/require"
)

// items maps inputs to canonical forms, from the examples and rules of RFC 9651.
var items = map[string]string{
	`2`: `2`, `-42`: `-42`, `0`: `0`, `-0`: `0`, `00`: `0`, `042`: `42`, `999999999999999`: `999999999999999`, ` 1 `: `1`,
	`1.5`: `1.5`, `-00.50`: `-0.5`, `-0.0`: `0.0`, `1.00`: `1.0`, `123456789012.125`: `123456789012.125`,
	`"a b"`: `"a b"`, `"\"\\"`: `"\"\\"`, `""`: `""`,
	`foo123/456`: `foo123/456`, `*a:b`: `*a:b`, `Text`: `Text`,
	`:aGk=:`: `:aGk=:`, `::`: `::`,
	`?1`: `?1`, `?0`: `?0`, `@1659578233`: `@1659578233`, `@-1`: `@-1`, `%"a%c3%bc"`: `%"a%c3%bc"`,
	`a;b`: `a;b`, `a; b=1;  c="x"`: `a;b=1;c="x"`, `a;b=?1`: `a;b`, `a;b=?0`: `a;b=?0`, `a;b=1;c;b=2`: `a;b=2;c`,
}

func TestItems(t *testing.T) {
	for in, want := range items {
		got, err := sfv.FormatItem(in)
		require.NoError(t, err, in)
		require.Equal(t, want, string(got), in)
		again, err := sfv.FormatItem(want)
		require.NoError(t, err)
		require.Equal(t, want, string(again), "the canonical form is not its own")
	}
	for _, bad := range []string{``, ` `, `-`, `--1`, `1.`, `.5`, `1.1234`, `1234567890123456`, `1234567890123.1`, `1e5`, `+1`,
		`"a`, `"\a"`, `"\`, "\"\x7f\"", "\"\u00fc\"", `'a'`, `:a`, `:a b:`, `:a-b:`, `:aGk:`, `:aGl=:`, `?`, `?2`, `?true`, `@`, `@1.5`, `@a`,
		`%a`, `%"a`, `%"%C3%BC"`, `%"%g0"`, `%"%`, `(a b)`, `a b`, `a, b`, `a;`, `a;B`, `a;b=`, `a;b=(1)`, `a ;b`, "a\n", "\x00", `=a`, `{}`} {
		_, err := sfv.FormatItem(bad)
		require.ErrorIs(t, err, sfv.ErrSyntax, bad)
	}
}

func TestLists(t *testing.T) {
	for in, want := range map[string]string{
		``: ``, `  `: ``, `a`: `a`, `sugar,tea ,	rum`: `sugar, tea, rum`, `("foo"  "bar" ), ( )`: `("foo" "bar"), ()`,
		`(a;x=1 b);y, (1)`: `(a;x=1 b);y, (1)`, `a, a`: `a, a`,
	} {
		got, err := sfv.FormatList(in)
		require.NoError(t, err, in)
		require.Equal(t, want, string(got), in)
	}
	for _, bad := range []string{`a,`, `,a`, `a,,b`, `a b`, `(a`, `(a,b)`, `((a))`, `(a)b`, `("a""b")`, `(a;)`, `a, `} {
		_, err := sfv.FormatList(bad)
		require.ErrorIs(t, err, sfv.ErrSyntax, bad)
	}
}

func TestDictionaries(t *testing.T) {
	for in, want := range map[string]string{
		``: ``, `a=1,b`: `a=1, b`, `a=?0, b, c; foo=bar`: `a=?0, b, c;foo=bar`, `a=?1`: `a`, `a=1, b=2, a=3`: `a=3, b=2`,
		`rating=1.5, feelings=(joy sadness)`: `rating=1.5, feelings=(joy sadness)`, `*=1, a_b-c.*=2`: `*=1, a_b-c.*=2`,
	} {
		got, err := sfv.FormatDictionary(in)
		require.NoError(t, err, in)
		require.Equal(t, want, string(got), in)
	}
	for _, bad := range []string{`A=1`, `1=1`, `=1`, `a=`, `a =1`, `a= 1`, `a=1,`, `a=1;`, `a=1 b=2`, `-a=1`} {
		_, err := sfv.FormatDictionary(bad)
		require.ErrorIs(t, err, sfv.ErrSyntax, bad)
	}
}

func TestAWalkHandsOutTheTextAsItCame(t *testing.T) {
	walk := sfv.Dictionary(`sig1=("@method"  "a";key="b" );created=1; keyid="x\"y", b`)
	require.True(t, walk.Next())
	require.Equal(t, "sig1", walk.Key)
	require.Equal(t, sfv.InnerList, walk.Kind)
	require.Equal(t, `("@method"  "a";key="b" )`, walk.Value())
	require.Equal(t, `;created=1; keyid="x\"y"`, walk.Params())

	items := sfv.Items(walk.Value())
	require.True(t, items.Next())
	name, ok := items.Str()
	require.True(t, ok)
	require.Equal(t, "@method", name)
	require.True(t, items.Next())
	require.Equal(t, `"a";key="b"`, items.Text)
	require.False(t, items.Next())
	require.NoError(t, items.Err())

	params := sfv.Parameters(walk.Params())
	require.True(t, params.Next())
	created, ok := params.Int()
	require.True(t, ok)
	require.EqualValues(t, 1, created)
	require.True(t, params.Next())
	keyID, ok := params.Str()
	require.True(t, ok)
	require.Equal(t, `x"y`, keyID)
	require.False(t, params.Next())

	require.True(t, walk.Next())
	require.Equal(t, "b", walk.Key)
	require.Equal(t, sfv.Boolean, walk.Kind)
	require.Empty(t, walk.Value())
	require.False(t, walk.Next())
	require.NoError(t, walk.Err())
}

func TestAnItemIsSkippedIfItIsSpeltSo(t *testing.T) {
	items := sfv.Items(`("a" "a";x  "ab" b)`)
	require.False(t, items.Skip(`"a";x`))
	require.True(t, items.Skip(`"a"`))
	require.False(t, items.Skip(`"a"`), "it has a parameter")
	require.True(t, items.Skip(`"a";x`))
	require.False(t, items.Skip(`"a`), "it goes on")
	require.True(t, items.Next())
	require.Equal(t, `"ab"`, items.Text)
	require.True(t, items.Skip(`b`))
	require.False(t, items.Next())
	require.NoError(t, items.Err())
}

func TestReadingAllocatesNothing(t *testing.T) {
	text := `sig1=("@method" "@path" "content-digest";key="sha-512");created=1;keyid="k", sig2=:AAAA:`
	allocs := testing.AllocsPerRun(100, func() {
		for walk := sfv.Dictionary(text); walk.Next(); {
			if walk.Kind == sfv.InnerList {
				for items := sfv.Items(walk.Value()); items.Next(); {
				}
			}
		}
	})
	require.Zero(t, allocs)
}

func TestDeepNestingIsNoDeepRecursion(t *testing.T) {
	_, err := sfv.FormatList(strings.Repeat("(", 1<<20))
	require.ErrorIs(t, err, sfv.ErrSyntax)
}

// Law: the canonical form of a canonical form is the same.
func FuzzFormat(f *testing.F) {
	for in := range items {
		f.Add(in)
	}
	f.Add(`a=1,b;c, d=(e f;g);h`)
	f.Add(`("a" "b");c=1, d`)
	f.Fuzz(func(t *testing.T, text string) {
		for _, format := range []func(string) ([]byte, error){sfv.FormatItem, sfv.FormatList, sfv.FormatDictionary} {
			once, err := format(text)
			if err != nil {
				continue
			}
			twice, err := format(string(once))
			if err != nil || string(once) != string(twice) {
				t.Fatalf("%q became %q and then %q, %v", text, once, twice, err)
			}
		}
	})
}
