package plainyaml_test

import (
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"

	"github.com/scopegen/scopegen/internal/plainyaml"
	"github.com/scopegen/scopegen/spec"
)

func TestTheCatalogueInTheBoxIsReadAsYAMLReadsIt(t *testing.T) {
	read := 0
	err := fs.WalkDir(spec.Embedded(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(spec.Embedded(), name)
		require.NoError(t, err)
		want, err := full(string(text))
		require.NoError(t, err)
		if got, ok := parse(string(text)); ok {
			read++
			require.Equal(t, want, got, name)
		}
		return nil
	})
	require.NoError(t, err)
	assert.Positive(t, read)
}

var known = []string{
	"a: 1\n",
	"a: 1",
	"# comment\n\na: b # comment\nb: 'it''s' # x\nc: \"x \\\"y\\\" \\\\ \\n\\t\"\n  # comment\n",
	"a:\n  b: c d\n  e: f:g#h\n\nh: -i\n",
	"a:\n- b\n- c: d\n  e: [f, 'g', \"h\", 1, -1, .5, true, ~]\n-   {i: j, k: {l: m}, n: [], o: {}}\nq: 2001-01-01\n",
	"a:\n  - b: c\n    d:\n      - e\n    f: g\n  # comment\n  - h\ni: j\n",
	"  a: b\n  c: d\n",
	"- a\n- b: c\n",
	"'a b': c\n\"d\": e\nf g: h\n200: i\ntrue: j\n",
	"é: ü\nä: {ö: 'ß', a: \"→\", b: c}\nü: [é, x]\n",
	"a: |\n  b\n   c\n\n  d: e # f\ng: |-\n  h\n\n\n# comment\ni:\n  - j: |\n      k\n    l: m\n",
	"a: 0x1\nb: 1_000\nc: 1e3\nd: yes\ne: null\nf: Null\ng: NaN\nh: .nan\ni: +1\nj: 1.2.3\n",
	"$ref: '#/types/a'\na: {$ref: '#/types/b'}\n",
}

func TestPlainYAMLIsReadAsYAMLReadsIt(t *testing.T) {
	for _, text := range known {
		want, err := full(text)
		require.NoErrorf(t, err, "%q", text)
		got, ok := parse(text)
		if assert.Truef(t, ok, "%q", text) {
			assert.Equalf(t, want, got, "%q", text)
		}
	}
}

var unknown = []string{
	"", "# comment\n", "\n\n", "a", "a:\n", "a: \nb: c\n", "a:\n  b\n", "a: b\n  c\n", "a: 'b\n  c'\n", "a: \"b\n  c\"\n", "a: \"\\x41\"\n", "a: >\n  b\n",
	"a: |2\n  b\n", "a: |+\n  b\n", "a: |\n  b", "a: |\n\n  b\n", "a: |\n  b\n   \n", "a: &b c\n", "a: *b\n", "a: !b c\n", "? a\n: b\n", "<<: a\n", "a: {<<: b}\n",
	"---\na: b\n", "a: b\n---\nc: d\n", "a: b\n...\n", "%YAML 1.2\n---\na: b\n", "a:\tb\n", "a: b\r\n", "a: b: c\n", "a: [b\n", "a: [b,\n  c]\n", "a: [b: c]\n", "a: {b}\n",
	"a: {b: }\n", "a: {\"b\":c}\n", "a: [b, ]\n", "a: [, b]\n", "a: b]\n  c\n", "a:\n   b: c\n  d: e\n", "a: b\n c: d\n", "- a\nb: c\n", "a: b\n- c\n", "-\n  a\n", "- - a\n",
	"a: @b\n", "a: `b`\n", "a: %b\n", "a: [%b]\n", "a: 'b' c\n", "a: {b: c} d\n", "a: [b]c\n", "a: {b: c?d}\n", "a: [b:,c]\n",
	strings.Repeat("a", 2000) + ": b\n", strings.Repeat("- a: {b: c}\n", 2) + strings.Repeat(" ", 1) + "x\n", "a: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n",
}

func TestWhatIsNotPlainIsLeftToYAML(t *testing.T) {
	for _, text := range unknown {
		_, ok := parse(text)
		assert.Falsef(t, ok, "%q", text)
	}
}

func FuzzParse(f *testing.F) {
	for _, text := range known {
		f.Add(text)
	}
	for _, text := range unknown {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		// Other characters are refused before a catalogue is read.
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool {
			return r < ' ' && r != '\n' && r != '\t' && r != '\r' || 0x7f <= r && r < 0xa0 || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xfffe || r == 0xffff
		}) {
			return
		}
		got, ok := parse(text)
		if !ok {
			return
		}
		want, err := full(text)
		require.NoError(t, err)
		require.Equal(t, want, got)
	})
}

// parse reads text with a parser that has read before.
func parse(text string) (*yaml.Node, bool) {
	var p plainyaml.Parser
	p.Parse("- 'a'\n- {b: [c, |]}\n- d: \"e\"\n")
	return p.Parse(text)
}

// full reads text with yaml.v3, and leaves out what package plainyaml does.
func full(text string) (*yaml.Node, error) {
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, second yaml.Node
	if err := decoder.Decode(&document); err != nil {
		return nil, err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return nil, errors.New("there are two documents")
	}
	root := document.Content[0]
	withoutComments(root)
	return root, nil
}

func withoutComments(n *yaml.Node) {
	n.HeadComment, n.LineComment, n.FootComment = "", "", ""
	if len(n.Content) == 0 {
		n.Content = nil
	}
	for _, inner := range n.Content {
		withoutComments(inner)
	}
}
