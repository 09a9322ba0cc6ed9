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
		{"/v1/{name=people/*}", "/v1/people/{id}", "/v1/{resource=people/*}", "/{name=v1/people/*}"},
		{"/v1/{name=people/*/posts/*}:ban", "/v1/people/{a}/posts/{b}:ban", "/v1/{parent=people/*}/posts/{b}:ban"},
		{"/v1/{name=**}", "/v1/{path=**}"},
		{"/v1/{name=**}:ban"},
		{"/v1/{name=*}", "/v1/{id}"},
		{"/a/b"},
		{"/a/b?x=1&y", "/a/b?y=&x=%31"},
		{"/a/b?x=1"},
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

func TestPartsOfAPatternMakeTheValue(t *testing.T) {
	segments, err := spec.Segments("/v1/{parent=people/*/posts/*}/{rest=**}/{end}")
	require.NoError(t, err)
	var names []string
	for _, s := range segments {
		names = append(names, s.Names...)
	}
	require.Equal(t, []string{"people/*", "people/*/posts/*", "rest", "end"}, names)
	placeholders := spec.Placeholders("/{a=x/*}/{b=x/*}/{c}")
	require.Equal(t, []spec.Placeholder{
		{Name: "a", Pattern: "x/*", Parts: []string{"x/*"}},
		{Name: "b", Pattern: "x/*", Parts: []string{"b=x/*"}},
		{Name: "c", Parts: []string{"c"}},
	}, placeholders)
	parts := map[string]string{"x/*": "1", "b=x/*": "2", "c": "3"}
	for i, want := range []string{"x/1", "x/2", "3"} {
		require.Equal(t, want, placeholders[i].Value(parts))
	}
	_, err = spec.Segments("/v1/a{name=**}")
	require.ErrorContains(t, err, "** has a text before it")
}
