package gitfs_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/change/gitfs"
)

func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("there is no git command")
	}
	dir := t.TempDir()
	git(t, dir, "init", "-q", ".")
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "api/more"), 0o755))
	write(t, filepath.Join(dir, "api/scopes.yaml"), "first\n")
	write(t, filepath.Join(dir, "api/more/users.yaml"), "users\n")
	require.NoError(t, os.Symlink("/etc/hostname", filepath.Join(dir, "api/link.yaml")))
	commit(t, dir, "first")
	write(t, filepath.Join(dir, "api/scopes.yaml"), "second\n")
	commit(t, dir, "second")
	return dir
}

func git(t *testing.T, dir string, args ...string) {
	t.Helper()
	command := exec.Command("git", args...)
	command.Dir = dir
	out, err := command.CombinedOutput()
	require.NoError(t, err, string(out))
}

func commit(t *testing.T, dir, message string) {
	git(t, dir, "add", "-A")
	git(t, dir, "-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-q", "-m", message)
}

func write(t *testing.T, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(name, []byte(text), 0o644))
}

func TestTheFilesOfARevisionAreReadAsTheyWere(t *testing.T) {
	dir := repository(t)
	for _, folder := range []string{"api", "./api"} {
		old, err := gitfs.New(dir, "HEAD~1", folder)
		require.NoError(t, err)
		text, err := fs.ReadFile(old, "scopes.yaml")
		require.NoError(t, err)
		require.Equal(t, "first\n", string(text))
		text, err = fs.ReadFile(old, "more/users.yaml")
		require.NoError(t, err)
		require.Equal(t, "users\n", string(text))
	}
	below, err := gitfs.New(filepath.Join(dir, "api"), "HEAD", "./")
	require.NoError(t, err)
	text, err := fs.ReadFile(below, "scopes.yaml")
	require.NoError(t, err)
	require.Equal(t, "second\n", string(text))
}

func TestLinksAndWhatIsNotThereAreNotRead(t *testing.T) {
	files, err := gitfs.New(repository(t), "HEAD", "api")
	require.NoError(t, err)
	for _, name := range []string{"link.yaml", "none.yaml", "more"} {
		_, err := fs.Stat(files, name)
		require.ErrorIs(t, err, fs.ErrNotExist, name)
	}
	_, err = files.Open("../outside")
	require.ErrorIs(t, err, fs.ErrInvalid)
}

func TestWhatIsWrongIsSaid(t *testing.T) {
	dir := repository(t)
	_, err := gitfs.New(dir, "nowhere", "api")
	require.EqualError(t, err, `there is no revision "nowhere": see git branch --all and git tag, or fetch it first`)
	_, err = gitfs.New(dir, "HEAD", "none")
	require.EqualError(t, err, `there is no folder "none" in revision "HEAD"; paths are relative to the root of the repository`)
	_, err = gitfs.New(dir, "--output=x", "api")
	require.EqualError(t, err, `"--output=x" is not a revision`)
	outside := t.TempDir()
	_, err = gitfs.New(outside, "HEAD", "api")
	require.ErrorContains(t, err, "is in no git repository")
}

func TestARevisionAndAPathAreToldFromOtherNames(t *testing.T) {
	rev, file, ok := gitfs.Split("v1.2.0:spec/scopes.yaml")
	require.True(t, ok)
	require.Equal(t, "v1.2.0", rev)
	require.Equal(t, "spec/scopes.yaml", file)
	for _, name := range []string{"scopes.yaml", `C:\scopes.yaml`, "https://example.com/scopes.md", "HEAD:"} {
		_, _, ok := gitfs.Split(name)
		require.False(t, ok, name)
	}
}

func TestARevisionIsCheckedOutBesideTheRepository(t *testing.T) {
	dir := repository(t)
	into := t.TempDir()
	folder, err := gitfs.Checkout(filepath.Join(dir, "api"), "HEAD~1", into)
	require.NoError(t, err)
	require.Equal(t, filepath.Join(into, "api"), folder)
	text, err := os.ReadFile(filepath.Join(folder, "scopes.yaml"))
	require.NoError(t, err)
	require.Equal(t, "first\n", string(text))
	status := exec.Command("git", "status", "--porcelain")
	status.Dir = dir
	out, err := status.Output()
	require.NoError(t, err)
	require.Empty(t, out)

	_, err = gitfs.Checkout(dir, "--output=x", t.TempDir())
	require.ErrorContains(t, err, "is not a revision")
}

func TestALineIsOfTheCommitThatChangedIt(t *testing.T) {
	dir := repository(t)
	file := "api/scopes.yaml"
	write(t, filepath.Join(dir, file), "second\nthird\n")
	write(t, filepath.Join(dir, "new.go"), "new\n")
	by, changed := gitfs.ChangedSince(dir, "HEAD~1", file, 1)
	require.True(t, changed)
	require.Equal(t, "second", by.Summary)
	require.Equal(t, "t", by.Author)
	require.Len(t, by.Hash, 40)
	_, changed = gitfs.ChangedSince(dir, "HEAD", file, 1)
	require.False(t, changed)
	for file, line := range map[string]int{file: 2, "new.go": 1} {
		by, changed = gitfs.ChangedSince(dir, "HEAD", file, line)
		require.True(t, changed)
		require.Equal(t, gitfs.Commit{}, by)
	}
	_, changed = gitfs.ChangedSince(dir, "HEAD", "gone.go", 1)
	require.False(t, changed)
}
