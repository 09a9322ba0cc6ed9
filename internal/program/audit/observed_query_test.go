package audit

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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
