package replace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func folder(t *testing.T, files map[string]string) (string, []File) {
	t.Helper()
	dir := t.TempDir()
	var list []File
	for _, name := range []string{"a.go", "b.go", "c.go"} {
		if text, ok := files[name]; ok {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o640))
			list = append(list, File{path, []byte(text), []byte("new " + text)})
		}
	}
	return dir, list
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	out := map[string]string{}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		require.NoError(t, err)
		out[e.Name()] = string(text)
	}
	return out
}

func TestAllFilesAreReplacedAndKeepTheirPermissions(t *testing.T) {
	dir, files := folder(t, map[string]string{"a.go": "a", "b.go": "b"})
	require.NoError(t, Files(files))
	require.Equal(t, map[string]string{"a.go": "new a", "b.go": "new b"}, contents(t, dir))
	info, err := os.Stat(files[0].Path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), info.Mode().Perm())
}

func TestALinkIsFollowed(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights there")
	}
	dir, files := folder(t, map[string]string{"a.go": "a"})
	link := filepath.Join(t.TempDir(), "link.go")
	require.NoError(t, os.Symlink(files[0].Path, link))
	files[0].Path = link
	require.NoError(t, Files(files))
	require.Equal(t, map[string]string{"a.go": "new a"}, contents(t, dir))
}

func TestNoFileIsReplacedIfOneCannotBe(t *testing.T) {
	before := map[string]string{"a.go": "a", "b.go": "b", "c.go": "c"}
	for name, spoil := range map[string]func(t *testing.T, files []File){
		"is gone": func(t *testing.T, files []File) { files[2].Path += ".gone" },
		"was changed meanwhile": func(t *testing.T, files []File) {
			files[2].Old = []byte("what it held before")
		},
		"is read-only": func(t *testing.T, files []File) {
			if os.Getuid() == 0 {
				t.Skip("root may write everything")
			}
			require.NoError(t, os.Chmod(files[2].Path, 0o400))
		},
		"the disk fails on the way": func(t *testing.T, files []File) {
			rename = func(from, to string) error {
				if to == files[2].Path {
					return errors.New("the disk is full")
				}
				return os.Rename(from, to)
			}
			t.Cleanup(func() { rename = os.Rename })
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, files := folder(t, before)
			spoil(t, files)
			require.ErrorContains(t, Files(files), "no file was changed")
			require.Equal(t, before, contents(t, dir))
		})
	}
}

func TestNewFilesAppearAllOrNone(t *testing.T) {
	folder := t.TempDir()
	first, second := filepath.Join(folder, "a.yaml"), filepath.Join(folder, "b.yaml")
	require.NoError(t, os.WriteFile(second, []byte("mine"), 0o666))
	err := Create([]File{{Path: first, New: []byte("a")}, {Path: second, New: []byte("b")}})
	require.ErrorIs(t, err, fs.ErrExist)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1)

	require.NoError(t, os.Remove(second))
	require.NoError(t, Create([]File{{Path: first, New: []byte("a")}, {Path: second, New: []byte("b")}}))
	text, err := os.ReadFile(second)
	require.NoError(t, err)
	require.Equal(t, "b", string(text))
}
