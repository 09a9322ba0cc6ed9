package audit_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/program/audit"
)

func TestALockThatCannotBeHeldAgainstAProgramIsRefusedWithItsPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "scopes.lock")
	for text, want := range map[string]string{
		"schema: 7\n":                 " has schema 7, and this scopegen reads 1",
		"schema: 1\nprogram: a\n":     ": unmarshal errors:\n  line 2: field program not found in type audit.Lock",
		"schema: 1\nprograms:\n  -\n": ":3: an entry is empty",
		"schema: 1\n---\nschema: 1\n": " has more than one document",
		"schema: 1\nprograms:\n  - {program: a, api: b, build: {goos: linux, goarch: arm64, tags: 'x,y'}}\n  - {program: a, api: b, test: true, build: {goos: linux, goarch: arm64, tags: 'x,y'}}\n  - {program: a, api: b, build: {goos: linux, goarch: arm64, tags: 'y,x'}}\n": ":5: this entry is for the same program, API and build as the one in line 3",
	} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		_, err := audit.ReadLock(file)
		require.EqualError(t, err, file+want+": correct it, or remove it and write it anew with scopegen audit --write-lock")
	}
}

// A lock is a file that people edit and tools merge.
func FuzzReadLock(f *testing.F) {
	for _, text := range []string{
		"", "schema: 1\n", "schema: 2\n", "schema: 1\nprograms: [null]\n", "[1]", "schema: 1\nprograms: &a [{program: a}]\nschema: *a\n",
		"schema: 1\nprograms:\n  - program: example.com/app\n    api: example.com/pay\n    build: {goos: linux, goarch: amd64, tags: 'b,a'}\n    scopes: [a, b]\n",
		"<<: {schema: 1, programs: [{program: a}, {program: b}]}\nprograms: [{program: c}]\n",
	} {
		f.Add([]byte(text))
	}
	file := filepath.Join(f.TempDir(), "scopes.lock")
	f.Fuzz(func(t *testing.T, text []byte) {
		require.NoError(t, os.WriteFile(file, text, 0o600))
		lock, err := audit.ReadLock(file)
		if err != nil {
			require.Nil(t, lock)
			require.True(t, strings.HasPrefix(err.Error(), file), "%v", err)
			require.ErrorContains(t, err, "--write-lock")
			return
		}
		written, err := lock.Encode()
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, written, 0o600))
		again, err := audit.ReadLock(file)
		require.NoError(t, err)
		rewritten, err := again.Encode()
		require.NoError(t, err)
		require.Equal(t, string(written), string(rewritten))
	})
}
