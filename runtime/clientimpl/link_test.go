package clientimpl_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

func TestTheNextPageIsThatOfTheLinkField(t *testing.T) {
	for _, tt := range []struct {
		fields []string
		next   string
	}{
		{nil, ""},
		{[]string{""}, ""},
		{[]string{`<https://api.example/things?page=2>; rel="next", <https://api.example/things?page=9>; rel="last"`}, "https://api.example/things?page=2"},
		{[]string{`<https://api.example/things?page=1>; rel="prev"`, `</things?page=3>; rel=next`}, "/things?page=3"},
		{[]string{`<?a=1,2;3>;title="a \"b\", <c>; rel=next";REL="Last NEXT"`}, "?a=1,2;3"},
		{[]string{`<a>; rel="first"; rel="next"`}, ""},                 // the first relation holds
		{[]string{`<a>; rel=next; anchor="/other"`}, ""},               // from another page
		{[]string{`<a>; rel=next, <b>; rel=next`}, "a"},                // the first link
		{[]string{` , <a> ; rel = "next" ,, `}, "a"},                   // empty members, and spaces that old servers add
		{[]string{`<a>; crossorigin; rel=next; title*=UTF-8''x`}, "a"}, // a parameter without a value
	} {
		link := clientimpl.Link{Fields: tt.fields}
		next, err := link.Next()
		require.NoError(t, err, "%q", tt.fields)
		require.Equal(t, tt.next, next, "%q", tt.fields)
	}
}

func TestALinkFieldThatCannotBeReadDoesNotEndTheList(t *testing.T) {
	for _, field := range []string{`https://api.example/?page=2; rel=next`, `<https://api.example/?page=2; rel=next`, `<a> rel=next`, `<a>; rel="next`, `<a>; rel="\`} {
		_, err := (&clientimpl.Link{Fields: []string{field}}).Next()
		require.ErrorContains(t, err, "Link", field)
	}
}

func FuzzLinkField(f *testing.F) {
	f.Add(`<https://api.example/things?page=2>; rel="next", <b>; rel=last`)
	f.Add(`<a>; title="\"`)
	f.Fuzz(func(t *testing.T, field string) {
		next, err := (&clientimpl.Link{Fields: []string{field}}).Next()
		if err != nil {
			require.Empty(t, next)
			require.NotContains(t, err.Error(), "s3cret")
		}
		if next != "" {
			require.Contains(t, field, "<"+next+">")
		}
		// What is read is what a server that writes links means by it.
		if target := "/" + url.PathEscape(field); !strings.ContainsAny(target, "<>") {
			next, err = (&clientimpl.Link{Fields: []string{`<b>; rel=prev, <` + target + `>; title="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(field) + `"; rel="next"`}}).Next()
			require.NoError(t, err)
			require.Equal(t, target, next)
		}
	})
}
