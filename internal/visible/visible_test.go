package visible_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/visible"
)

func TestALineCannotMoveTheCursorNorTurnItsDirection(t *testing.T) {
	for r := rune(0); r <= unicode.MaxRune; r++ {
		line := visible.Line("a" + string(r) + "b")
		require.False(t, strings.ContainsFunc(line, func(r rune) bool { return r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r)) }), "%U", r)
		require.Equal(t, line, visible.Line(line))
	}
	require.Equal(t, "a b\tc �� é 日本 👩‍🚀", visible.Line("a\nb\tc \x1b\xff é 日本 👩‍🚀"))
}
