package table_test

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/table"
	"github.com/scopegen/scopegen/spec"
)

const corpus = "../../../../shared/corpus/scope-tables"

// What a table's own count has beyond its distinct scopes.
var beyond = map[string]int{
	"github-scopes-for-oauth-apps.md":       1, // "(no scope)" is a row
	"upvest/v3a_account-groups_bullets.txt": 2, // two scopes of one operation stand above the list of all
}

func TestPublishedTablesHaveTheRowsThatTheirIndexCounts(t *testing.T) {
	index, err := os.ReadFile(filepath.Join(corpus, "INDEX.tsv"))
	if err != nil {
		t.Skip("the corpus of published tables is not beside this repository")
	}
	lines := bufio.NewScanner(bytes.NewReader(index))
	lines.Scan()
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		name := fields[0]
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join(corpus, name))
			require.NoError(t, err)
			c, notes := table.Parse(name, text)
			if strings.Contains(name, "flattened") {
				require.Nil(t, c)
				require.Equal(t, "flattened-table", notes[0].Code)
				return
			}
			want, err := strconv.Atoi(fields[1])
			require.NoError(t, err)
			require.Len(t, names(c), want-beyond[name])
			require.NoError(t, notes.Err())
		})
	}
}

func names(c *spec.Catalogue) []string {
	var out []string
	if c == nil {
		return nil
	}
	for _, g := range c.Groups {
		for _, s := range g.Scopes {
			out = append(out, s.Name)
		}
	}
	return out
}
