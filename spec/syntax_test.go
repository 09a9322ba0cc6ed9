package spec_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

// A caret in the text says where the finding is wanted.
func TestASyntaxErrorHasItsColumn(t *testing.T) {
	for _, marked := range []string{
		"a: b^: c\n",
		"x: 1\ntitle: Foo^: bar\n",
		"é: 1\né: è^: bar\n",
		"a: x\n  b^: y\n",
		"a: ^'x\nb: 1\n",
		"a: 'it''s'\nb: ^\"x \\\" y\nc: 'd'\n",
		"# don't\na: don't # or 'so\nb:\n  - ^'x\n",
		"a: ^@x\n",
		"a:\n  - x: ^`x`\n",
		"a: [1, ^%x]\n",
		"a: [1, 2\n^b: 1\n",
		"a:\n  b: 1\n ^c: 2\n",
		"a: 1\n^foo\nb: 2\n",
		"a: 1\n^foo\n",
		"- a\n^b: 1\n",
		"a: \"x\" y^: z\n",
		"^]\n",
		"a:\n^\tb: 1\n",
		"a: ^*x\n",
		"a: 1\n^}\n",
	} {
		before, after, ok := strings.Cut(marked, "^")
		require.True(t, ok)
		line := strings.Count(before, "\n")
		want := fmt.Sprintf("scopes.yaml:%d:%d", line+1, len(before)-strings.LastIndexByte(before, '\n'))
		_, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(before + after)}}, "scopes.yaml")
		require.NotEmpty(t, findings, marked)
		require.Equal(t, want, findings[0].Pos.String(), "%q: %s", marked, findings[0].Message)
	}
}
