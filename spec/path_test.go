package spec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
)

func TestPathsThatAServerCannotTellApartHaveOneShape(t *testing.T) {
	classes := [][]string{
		{"/"},
		{"/users"},
		{"/users/"},
		{"/Users"},
		{"/users/{id}", "/users/{user_id}", "/%75sers/{x}"},
		{"/users/{id}/{kind}", "/users/{a}/{b}"},
		{"/users/{id}{kind}", "/users/{a}{b}"},
		{"/users/{id}.json", "/users/{name}.json", "/users/{name}%2Ejson", "/users/{name}%2ejson"},
		{"/users/%7B%7D", "/users/%7b%7d"},
		{"/a%2Fb", "/a%2fb"},
		{"/a/b"},
		{"users/{id}"},
		{"/users/{id"}, // cannot be read, like the next
		{"/users/%zz"},
	}
	for i, class := range classes {
		for _, path := range class {
			for k, other := range classes {
				for _, b := range other {
					require.Equal(t, i == k, spec.PathShape(path) == spec.PathShape(b), "%s and %s", path, b)
				}
			}
		}
	}
}
