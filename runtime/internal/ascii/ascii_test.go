package ascii_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

func TestASpaceIsPrintableAndNotVisible(t *testing.T) {
	for _, test := range []struct {
		text               string
		printable, visible bool
	}{
		{"", true, true}, {"!~aZ09", true, true}, {"a b", true, false}, {" ", true, false},
		{"a\tb", false, false}, {"a\n", false, false}, {"\x00", false, false}, {"\x7f", false, false}, {"é", false, false}, {"\xff", false, false},
	} {
		require.Equal(t, test.printable, ascii.Printable(test.text), "%q", test.text)
		require.Equal(t, test.visible, ascii.Visible(test.text), "%q", test.text)
	}
}
