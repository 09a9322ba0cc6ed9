package plan

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What a manifest says of packages that were generated before stays right.
func TestTheDigestOfAPackageIsThatOfItsJSON(t *testing.T) {
	types := []*Type{{Name: `"Types":null`, Doc: "<&>"}, {Name: "B", Fields: []Field{{Name: "C", Wire: "c"}}}, {Name: "D"}}
	for n := range len(types) + 1 {
		p := &Package{
			Name: "p", Clients: []*Client{{Name: `"Types":null`}}, Operations: []*Operation{{ID: "a", Errors: []int{404}}}, Types: types[:n:n],
			Headers: []ResponseHeader{{Name: "H", Doc: `"Types":null`}}, Moved: []Moved{{Old: "x", New: "y"}},
		}
		require.Equal(t, digest(p), p.Digest(), n)
	}
}
