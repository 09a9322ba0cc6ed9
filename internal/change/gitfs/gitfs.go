// Package gitfs is a file system of what a git revision holds. It reads through the git
// command.
package gitfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os/exec"
	"path"
	"strconv"
	"strings"
	"time"
)

// Split returns the two parts of "REV:path". ok is false if the name has no revision.
func Split(name string) (rev, file string, ok bool) {
	rev, file, ok = strings.Cut(name, ":")
	// One letter before a colon is a drive of Windows; two slashes behind it belong to
	// a URL.
	if !ok || len(rev) < 2 && rev != "@" || file == "" || strings.HasPrefix(file, "//") {
		return "", "", false
	}
	return rev, file, true
}

// FS holds the regular files below one folder of a revision; links and submodules are
// not in it. It implements [fs.FS] and [fs.StatFS].
type FS struct {
	dir   string // where git runs
	files map[string]blob
}

// blob is the content of a file as git stores it.
type blob struct {
	hash string
	size int64 // in bytes
}

// New returns the files of a revision below a folder. The repository is the one that
// holds dir. The folder is "." for all of it, or a path from the root of the repository;
// a path that starts with "./" or "../" is relative to dir. Errors say what to do.
func New(dir, rev, folder string) (*FS, error) {
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("cannot read revision %q: there is no git command", rev)
	}
	if strings.HasPrefix(rev, "-") {
		return nil, fmt.Errorf("%q is not a revision", rev)
	}
	f := &FS{dir: dir, files: map[string]blob{}}
	commit, err := f.run("rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		if _, inside := f.run("rev-parse", "--git-dir"); inside != nil {
			if dir == "." {
				dir = "this folder"
			}
			return nil, fmt.Errorf("cannot read revision %q: %s is in no git repository", rev, dir)
		}
		return nil, fmt.Errorf("there is no revision %q: see git branch --all and git tag, or fetch it first", rev)
	}
	tree := strings.TrimSpace(string(commit))
	if folder != "." && folder != "" {
		tree += ":" + folder
	} else {
		tree += ":"
	}
	list, err := f.run("ls-tree", "-r", "-z", "--long", "--full-tree", tree)
	if err != nil {
		return nil, fmt.Errorf("there is no folder %q in revision %q; paths are relative to the root of the repository", folder, rev)
	}
	for line := range strings.SplitSeq(string(list), "\x00") {
		// mode SP type SP object SP+ size TAB path
		head, name, ok := strings.Cut(line, "\t")
		fields := strings.Fields(head)
		if !ok || len(fields) != 4 || fields[1] != "blob" || !strings.HasPrefix(fields[0], "100") {
			continue
		}
		size, err := strconv.ParseInt(fields[3], 10, 64)
		if err != nil {
			continue
		}
		f.files[name] = blob{fields[2], size}
	}
	return f, nil
}

// run runs git, and returns what it prints.
func (f *FS) run(args ...string) ([]byte, error) {
	command := exec.Command("git", args...)
	command.Dir = f.dir
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		if text := strings.TrimSpace(stderr.String()); text != "" {
			return nil, errors.New("git: " + text)
		}
		return nil, fmt.Errorf("git: %w", err)
	}
	return out, nil
}

// Open implements [fs.FS].
func (f *FS) Open(name string) (fs.File, error) {
	info, err := f.Stat(name)
	if err != nil {
		return nil, err
	}
	content, err := f.run("cat-file", "blob", f.files[name].hash)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return &file{info: info, Reader: bytes.NewReader(content)}, nil
}

// Stat implements [fs.StatFS].
func (f *FS) Stat(name string) (fs.FileInfo, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrInvalid}
	}
	b, ok := f.files[name]
	if !ok {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: fs.ErrNotExist}
	}
	return stat{path.Base(name), b.size}, nil
}

type file struct {
	info fs.FileInfo
	io.Reader
}

func (f *file) Stat() (fs.FileInfo, error) { return f.info, nil }
func (f *file) Close() error               { return nil }

type stat struct {
	name string
	size int64
}

func (s stat) Name() string       { return s.name }
func (s stat) Size() int64        { return s.size }
func (s stat) Mode() fs.FileMode  { return 0o444 }
func (s stat) ModTime() time.Time { return time.Time{} }
func (s stat) IsDir() bool        { return false }
func (s stat) Sys() any           { return nil }
