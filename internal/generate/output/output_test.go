//go:build unix

package output

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestMain lets a test run this program again as one that replaces a tree and
// is killed, with the signal that no program can catch, at its nth step.
func TestMain(m *testing.M) {
	folder, at := os.Getenv("OUTPUT_TEST_FOLDER"), os.Getenv("OUTPUT_TEST_KILL_AT")
	if folder == "" {
		os.Exit(m.Run())
	}
	n, err := strconv.Atoi(at)
	if err != nil {
		panic(err)
	}
	step = func(string) {
		if n--; n < 0 {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	if os.Getenv("OUTPUT_TEST_IN_STEPS") != "" {
		swapTrees = exchangeInSteps
	}
	if err := replace(folder, second); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

var (
	first = []Package{
		{Folder: ".", Digest: "1", Files: map[string][]byte{"api.go": []byte("package api\n")}},
		{Folder: "users", Digest: "1", Files: map[string][]byte{"users/client.go": []byte("package users // 1\n"), "users/types.go": []byte("package users\n")}},
		{Folder: "gone", Digest: "1", Files: map[string][]byte{"gone/client.go": []byte("package gone\n")}},
	}
	second = []Package{
		{Folder: ".", Digest: "1", Files: map[string][]byte{"api.go": []byte("package api\n")}},
		{Folder: "users", Digest: "2", Files: map[string][]byte{"users/client.go": []byte("package users // 2\n"), "users/types.go": []byte("package users\n")}},
		{Folder: "orders", Digest: "1", Files: map[string][]byte{"orders/client.go": []byte("package orders\n")}},
	}
)

func replace(folder string, packages []Package) error {
	t, err := Open(folder)
	if err != nil {
		return err
	}
	return t.Compare(packages, Manifest{Generator: "g", ImportPath: "example.com/api", Catalogue: map[string]string{"scopes.yaml": "h"}}).Apply()
}

// read returns all files below folder but the manifest.
func read(t *testing.T, folder string) map[string]string {
	t.Helper()
	files := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ManifestName {
			return err
		}
		content, err := os.ReadFile(name)
		relative, _ := filepath.Rel(folder, name)
		files[filepath.ToSlash(relative)] = string(content)
		return err
	}))
	return files
}

func content(packages []Package, others map[string]string) map[string]string {
	files := map[string]string{}
	for _, p := range packages {
		for name, text := range p.Files {
			files[name] = string(text)
		}
	}
	for name, text := range others {
		files[name] = text
	}
	return files
}

func put(t *testing.T, folder, name, text string) {
	t.Helper()
	file := filepath.Join(folder, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
}

func TestAKillAtAnyMomentLeavesTheOldTreeOrTheNewOne(t *testing.T) {
	others := map[string]string{"users/extra.go": "package users\n", "gone/notes.txt": "mine\n", "README": "mine\n"}
	for _, way := range []struct{ name, env string }{{"Exchange", ""}, {"InSteps", "OUTPUT_TEST_IN_STEPS=1"}} {
		t.Run(way.name, func(t *testing.T) {
			for at := 0; ; at++ {
				folder := filepath.Join(t.TempDir(), "api")
				require.NoError(t, replace(folder, first))
				for name, text := range others {
					put(t, folder, name, text)
				}
				child := exec.CommandContext(t.Context(), os.Args[0])
				child.Env = append(os.Environ(), "OUTPUT_TEST_FOLDER="+folder, fmt.Sprint("OUTPUT_TEST_KILL_AT=", at), way.env)
				output, err := child.CombinedOutput()
				if err == nil {
					require.Equal(t, content(second, others), read(t, folder))
					require.Greater(t, at, 5, "the run has fewer steps than it must have")
					return
				}
				require.Contains(t, err.Error(), "killed", "%s", output)
				if _, err := os.Stat(folder); way.env != "" && err != nil {
					// Away for the one moment between two renames; the next run puts it back.
					_, err := Open(folder)
					require.NoError(t, err)
				}
				got := read(t, folder)
				if got["users/client.go"] == "package users // 1\n" {
					require.Equal(t, content(first, others), got, "killed at %d", at)
				} else {
					require.Equal(t, content(second, others), got, "killed at %d", at)
				}
				// And the next run completes it, and leaves nothing beside it.
				require.NoError(t, replace(folder, second))
				require.Equal(t, content(second, others), read(t, folder))
				entries, err := os.ReadDir(filepath.Dir(folder))
				require.NoError(t, err)
				require.Len(t, entries, 1)
			}
		})
	}
}

func TestARunWithNothingToDoWritesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	before := inodes(t, folder)
	step = func(what string) { t.Errorf("did something: %s", what) }
	defer func() { step = func(string) {} }()
	require.NoError(t, replace(folder, first))
	require.Equal(t, before, inodes(t, folder))
}

func inodes(t *testing.T, folder string) map[string]string {
	t.Helper()
	out := map[string]string{}
	require.NoError(t, filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := os.Lstat(name)
		if err != nil {
			return err
		}
		out[name] = fmt.Sprint(info.Sys().(*syscall.Stat_t).Ino, info.ModTime())
		return nil
	}))
	return out
}

func TestFilesOfOthersStayTheSameFiles(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	put(t, folder, "users/extra.go", "package users\n")
	put(t, folder, "gone/notes.txt", "mine\n")
	require.NoError(t, os.Symlink("/etc/passwd", filepath.Join(folder, "link")))
	before := inodes(t, folder)
	require.NoError(t, replace(folder, second))
	after := inodes(t, folder)
	for _, name := range []string{"users/extra.go", "gone/notes.txt", "users/types.go", "api.go"} {
		require.Equal(t, before[filepath.Join(folder, name)], after[filepath.Join(folder, name)], name)
	}
	target, err := os.Readlink(filepath.Join(folder, "link"))
	require.NoError(t, err)
	require.Equal(t, "/etc/passwd", target)
}

func TestAFileLeftInAPackageThatIsGoneIsReported(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	put(t, folder, "gone/notes.txt", "mine\n")
	tree, err := Open(folder)
	require.NoError(t, err)
	require.Equal(t, []string{"gone/notes.txt"}, tree.Compare(second, Manifest{}).Stranded)
}

func TestAFileSomebodyEditedStopsTheRun(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	for _, name := range []string{"users/client.go", "gone/client.go"} {
		put(t, folder, name, "package mine\n")
		before := read(t, folder)
		err := replace(folder, second)
		require.ErrorContains(t, err, name+": changed by hand")
		require.Equal(t, before, read(t, folder))
		put(t, folder, name, string(content(first, nil)[name]))
	}
	require.NoError(t, replace(folder, second))
}

func TestAHandWrittenFileInTheWayStopsTheRun(t *testing.T) {
	for _, name := range []string{"orders/client.go", "orders", "orders/client.go/x"} {
		folder := filepath.Join(t.TempDir(), "api")
		require.NoError(t, replace(folder, first))
		put(t, folder, name, "mine\n")
		before := read(t, folder)
		require.ErrorContains(t, replace(folder, second), "not written by scopegen", name)
		require.Equal(t, before, read(t, folder))
	}
}

func TestAFolderWithoutAManifestIsTakenOverOnlyWhereItIsTheSame(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	put(t, folder, "api.go", "package api\n")
	require.NoError(t, replace(folder, first))
	require.Equal(t, content(first, nil), read(t, folder))
}

func TestAFolderThatCannotBeWrittenStaysAsItWas(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere")
	}
	parent := t.TempDir()
	folder := filepath.Join(parent, "api")
	require.NoError(t, replace(folder, first))
	require.NoError(t, os.Chmod(parent, 0o555))
	defer os.Chmod(parent, 0o755)
	require.Error(t, replace(folder, second))
	require.Equal(t, content(first, nil), read(t, folder))
}

func TestAnErrorOnTheWayLeavesTheTreeAsItWas(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	// A file where the staged tree wants a folder, as from a full disk, makes a write fail.
	step = func(what string) {
		if strings.HasSuffix(what, "orders/client.go") {
			put(t, workspaceOf(folder).tree(), "orders", "in the way")
		}
	}
	defer func() { step = func(string) {} }()
	require.Error(t, replace(folder, second))
	require.Equal(t, content(first, nil), read(t, folder))
	require.NoDirExists(t, string(workspaceOf(folder)))
}

func TestAFileSavedWhileTheTreeIsReplacedIsNotLost(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	put(t, folder, "users/extra.go", "package users\n")
	step = func(what string) {
		if what == "exchange the trees" {
			// As editors save: a new file is renamed over the old one.
			put(t, folder, "users/extra.go.tmp", "package users // saved\n")
			require.NoError(t, os.Rename(filepath.Join(folder, "users/extra.go.tmp"), filepath.Join(folder, "users/extra.go")))
			put(t, folder, "users/new.go", "package users // new\n")
		}
	}
	defer func() { step = func(string) {} }()
	require.NoError(t, replace(folder, second))
	require.Equal(t, content(second, map[string]string{"users/extra.go": "package users // saved\n", "users/new.go": "package users // new\n"}), read(t, folder))
}

func TestHostileManifestsAreRefused(t *testing.T) {
	hash := strings.Repeat("0", 64)
	for _, text := range []string{
		`{"scopegen":1,"files":{"../x":"` + hash + `"}}`,
		`{"scopegen":1,"files":{"/etc/passwd":"` + hash + `"}}`,
		`{"scopegen":1,"files":{"a\\b":"` + hash + `"}}`,
		`{"scopegen":1,"files":{"C:x":"` + hash + `"}}`,
		`{"scopegen":1,"files":{".":"` + hash + `"}}`,
		`{"scopegen":1,"files":{"a":"1"}}`,
		`{"scopegen":2}`,
		`{"scopegen":1,"more":true}`,
		`{"scopegen":1}{}`,
		`[]`,
		``,
	} {
		_, err := ParseManifest([]byte(text))
		require.Error(t, err, text)
		require.Contains(t, err.Error(), "restore it from version control", text)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"scopegen":1,"generator":"g","import_path":"p","catalogue":{},"packages":{"users":"1"},"files":{"users/client.go":"` + strings.Repeat("0", 64) + `"}}`))
	f.Add([]byte(`{"scopegen":1,"files":{"../x":""}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := ParseManifest(text)
		if err != nil {
			return
		}
		for name := range m.Files {
			require.True(t, filepath.IsLocal(name), name)
		}
		again, err := ParseManifest(m.encode())
		require.NoError(t, err)
		require.Equal(t, m.encode(), again.encode())
	})
}

func TestAGeneratedFileEditedWhileTheTreeIsReplacedIsNotLost(t *testing.T) {
	for _, name := range []string{"users/client.go", "users/types.go", "gone/client.go"} { // replaced, kept, deleted
		folder := filepath.Join(t.TempDir(), "api")
		require.NoError(t, replace(folder, first))
		step = func(what string) {
			if what == "exchange the trees" {
				put(t, folder, name+".tmp", "package mine\n")
				require.NoError(t, os.Rename(filepath.Join(folder, name+".tmp"), filepath.Join(folder, name)))
			}
		}
		err := replace(folder, second)
		step = func(string) {}
		require.ErrorContains(t, err, "changed while this run was under way: run it again")
		want := content(first, nil)
		want[name] = "package mine\n"
		require.Equal(t, want, read(t, folder))
		require.NoDirExists(t, string(workspaceOf(folder)))
	}
}

func TestRunsAtTheSameTimeDoNotMix(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	done := make(chan error)
	for i := range 8 {
		go func() {
			var failed error
			for range 10 {
				packages := [][]Package{first, second}[i%2]
				if err := replace(folder, packages); err != nil && !strings.Contains(err.Error(), "changed while this run was under way") {
					failed = err
				}
			}
			done <- failed
		}()
	}
	for range 8 {
		require.NoError(t, <-done)
	}
	got := read(t, folder)
	require.Contains(t, []map[string]string{content(first, nil), content(second, nil)}, got)
	tree, err := Open(folder)
	require.NoError(t, err)
	require.True(t, tree.Intact())
	entries, err := os.ReadDir(filepath.Dir(folder))
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestAReadOnlyFolderStaysAsItIs(t *testing.T) {
	for _, name := range []string{".", "users", "gone"} {
		folder := filepath.Join(t.TempDir(), "api")
		require.NoError(t, replace(folder, first))
		protected := filepath.Join(folder, name)
		require.NoError(t, os.Chmod(protected, 0o555))
		err := replace(folder, second)
		require.NoError(t, os.Chmod(protected, 0o755))
		require.ErrorContains(t, err, protected+" is read-only: make it writable")
		require.Equal(t, content(first, nil), read(t, folder))
	}
}

func TestFoldersKeepTheirPermissions(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, replace(folder, first))
	put(t, folder, "mine/notes.txt", "mine\n")
	modes := map[string]fs.FileMode{".": 0o750, "users": 0o710, "mine": 0o500}
	for name, mode := range modes {
		require.NoError(t, os.Chmod(filepath.Join(folder, name), mode))
	}
	require.NoError(t, replace(folder, second))
	for name, mode := range modes {
		info, err := os.Stat(filepath.Join(folder, name))
		require.NoError(t, err)
		require.Equal(t, mode, info.Mode().Perm(), name)
	}
	require.NoDirExists(t, string(workspaceOf(folder)))
	require.NoError(t, os.Chmod(filepath.Join(folder, "mine"), 0o755)) // for the clean-up
}

func TestAFolderKeepsWhatItInheritsAndItsEmptyFolders(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	require.NoError(t, os.MkdirAll(filepath.Join(folder, "empty", "inner"), 0o755)) // before there is anything of scopegen
	mode := 0o755 | fs.ModeSetgid
	require.NoError(t, os.Chmod(folder, mode))
	for _, packages := range [][]Package{first, second, first} {
		require.NoError(t, replace(folder, packages))
		require.DirExists(t, filepath.Join(folder, "empty", "inner"))
		for _, name := range []string{".", "users"} { // the system hands setgid down to new folders
			info, err := os.Stat(filepath.Join(folder, name))
			require.NoError(t, err)
			require.Equal(t, mode, info.Mode()&(fs.ModePerm|fs.ModeSetgid), name)
		}
	}
}

func TestAHiddenFolderOfSomebodyElseIsLeftAlone(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "api")
	hidden := filepath.Join(filepath.Dir(folder), ".api.scopegen")
	put(t, hidden, "tree/diary.txt", "mine\n")
	require.ErrorContains(t, replace(folder, first), hidden+" is in the way, and scopegen did not make it: move it")
	require.FileExists(t, filepath.Join(hidden, "tree", "diary.txt"))
	require.NoDirExists(t, folder)
}

func TestALinkStaysALink(t *testing.T) {
	base, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	link, real := filepath.Join(base, "api"), filepath.Join(base, "elsewhere", "api")
	require.NoError(t, os.Symlink(real, link))
	require.ErrorContains(t, replace(link, first), link+" is a link to a folder that does not exist: make that folder")
	target, err := os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, real, target)

	require.NoError(t, os.MkdirAll(real, 0o755))
	require.NoError(t, replace(link, first))
	target, err = os.Readlink(link)
	require.NoError(t, err)
	require.Equal(t, real, target)
	require.Equal(t, content(first, nil), read(t, real))
}
