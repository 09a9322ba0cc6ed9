package uses_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Eight forms of one published table, in the order in which they came: each is
// brought into the catalogue, the packages are generated, and a program that
// was written for the first form compiles with all of them.
func TestAConsumerFollowsATableThroughAllItsForms(t *testing.T) {
	c := newConsumer(t)
	tables := forms(t)
	c.write("scopes.yaml", `# The bank's scopes.
api: {name: bank, title: Bank}
servers: {live: https://bank.example}
token: {path: /token}
include: [operations.yaml]
groups:
  - title: Scopes
    scopes:
      # what everybody has
      - scope: users:read
      - scope: reference_accounts:read  # since 2022
`)
	c.write("operations.yaml", `operations:
  - {id: list_users, method: GET, path: /users, requires: {any_of: [users:read]}, responses: {204: {}}}
  - {id: list_accounts, method: GET, path: /reference_accounts, requires: {scope: reference_accounts:read}, responses: {204: {}}}
`)
	c.write("main.go", `package main

import (
	"context"

	"example.com/consumer/bank/referenceaccounts"
	"example.com/consumer/bank/scope"
	"example.com/consumer/bank/users"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.UsersRead
	scope.ReferenceAccountsRead
}

func main() {
	token := runtime.Authorize[access](nil)
	_ = users.NewReader(token).ListUsers(context.Background())
	_ = referenceaccounts.NewReader(token).ListAccounts(context.Background())
}
`)
	for _, step := range []struct {
		form    string
		count   int
		renames map[string]string
	}{
		{"reference_s1", 26, nil}, {"reference_s2", 30, nil}, {"reference_s3_openapi_1_9_0", 34, nil},
		{"reference_s4", 38, nil}, {"reference_s5", 40, nil}, {"reference_s6_sdk", 57, nil},
		{"guide_g1", 30, map[string]string{"reference_accounts:read": "reference:accounts:read"}},
		{"guide_g2_seed", 40, map[string]string{"reference:accounts:read": "reference_accounts:read"}},
	} {
		var b strings.Builder
		b.WriteString("Scope | Permissions |\n---|---|\n")
		for _, s := range tables[step.form] {
			fmt.Fprintf(&b, "%s | What it permits. |\n", s)
		}
		c.bring(b.String(), step.renames)
		require.Len(t, c.catalogue().Scopes(), step.count, step.form)
		if step.form == "guide_g1" {
			// A misprint with two colons makes another topic of it, for which
			// the generator asks where it belongs.
			c.edit("scopes.yaml", "      - scope: reference:accounts:read", "      - domain: referenceaccounts\n        scope: reference:accounts:read")
		}
		c.generate()
		c.builds()
		require.Contains(t, c.read("scopes.yaml"), "# what everybody has\n      - scope: users:read\n")
		require.Contains(t, c.read("scopes.yaml"), "# since 2022\n")
	}
}

func forms(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("../../change/sync/testdata/forms.txt")
	require.NoError(t, err)
	tables, form := map[string][]string{}, ""
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 1 && form != "":
			tables[form] = append(tables[form], words[0])
		case len(words) == 2 && words[0] == "form":
			form = words[1]
		case len(words) > 0 && words[0] == "change":
			return tables
		}
	}
	return tables
}
