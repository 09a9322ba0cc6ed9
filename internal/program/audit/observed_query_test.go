package audit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/apitable"
)

// Where paths differ in their queries alone, the query of a call says which it is of. A
// log that leaves out queries names the operation without one.
func TestACallIsOfTheOperationWhoseQueryItHas(t *testing.T) {
	templates := []string{"/files/{id}", "/files/{id}?alt=media", "/files/{id}?alt=media&draft", "/other?acl"}
	for sent, want := range map[string]string{
		"/files/7":                  "/files/{id}",
		"/files/7?page=2":           "/files/{id}",
		"/files/7?page=2&alt=media": "/files/{id}?alt=media",
		"/files/7?draft&alt=media":  "/files/{id}?alt=media&draft",
		"/files/7?draft":            "/files/{id}",
		"/files/7?%zz":              "/files/{id}",
		"/other":                    "/other?acl",
		"/other?acl=":               "/other?acl",
		"/other?x":                  "",
	} {
		calls, err := ReadCalls(strings.NewReader(`{"method":"GET","path":"`+sent+`"}`), "log")
		require.NoError(t, err)
		found, best := "", 0
		for _, template := range templates {
			if score := callScore(template, calls[0]); score > best {
				found, best = template, score
			}
		}
		require.Equal(t, want, found, sent)
	}
}

// Of equally good operations that are reached and not, the reached one counts only where a
// log cannot tell them apart.
func TestACallThatALogCannotPlaceIsOfTheReachedOperation(t *testing.T) {
	reached := []Use{{Operation: "reached"}}
	for name, test := range map[string]struct {
		one, two string // the paths of an unreached operation and a reached one
		apart    bool   // in two APIs
		want     string
	}{
		"fragments":    {one: "/a/{id}#x", two: "/a/{key}#y", want: "reached"},
		"two APIs":     {one: "/a/{id}", two: "/a/{id}", apart: true, want: "reached"},
		"other shapes": {one: "/a/{id}", two: "/{id}/b", want: "unreached"},
	} {
		t.Run(name, func(t *testing.T) {
			unreached, other := apitable.Operation{ID: "unreached", Method: "GET", Path: test.one}, apitable.Operation{ID: "reached", Method: "GET", Path: test.two}
			o := observer{result: &Result{tables: map[string]*apitable.Table{}}, root: &Root{}}
			if test.apart {
				o.result.tables["one"], o.result.tables["two"] = &apitable.Table{Operations: []apitable.Operation{unreached}}, &apitable.Table{Operations: []apitable.Operation{other}}
				o.root.APIs = []API{{Package: "one"}, {Package: "two", Unscoped: reached}}
			} else {
				o.result.tables["one"] = &apitable.Table{Operations: []apitable.Operation{unreached, other}}
				o.root.APIs = []API{{Package: "one", Unscoped: reached}}
			}
			calls, err := ReadCalls(strings.NewReader(`{"method":"GET","path":"/a/b"}`), "log")
			require.NoError(t, err)
			_, found := o.operation(calls[0])
			require.Equal(t, test.want, found.ID)
		})
	}
}
