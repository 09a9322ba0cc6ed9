package gitfs

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Checkout writes all files of a revision of the repository that holds dir into the
// folder into. It returns the folder in there that stands for dir. The repository
// and its index stay as they are.
func Checkout(dir, rev, into string) (string, error) {
	f, err := New(dir, rev, ".")
	if err != nil {
		return "", err
	}
	below, err := f.run("rev-parse", "--show-prefix")
	if err != nil {
		return "", err
	}
	index, err := os.CreateTemp("", "scopegen-index-")
	if err != nil {
		return "", err
	}
	defer os.Remove(index.Name()) // it is temporary; what stays is the system's to clear
	if err := errors.Join(index.Close(), os.Remove(index.Name())); err != nil {
		return "", err // git wants to make the file itself
	}
	root, err := f.run("rev-parse", "--show-toplevel")
	if err != nil {
		return "", err
	}
	for _, args := range [][]string{
		{"read-tree", rev + "^{tree}"},
		{"checkout-index", "--all", "--prefix=" + filepath.ToSlash(into) + "/"},
	} {
		command := exec.Command("git", args...)
		command.Dir = strings.TrimSuffix(string(root), "\n")
		command.Env = append(os.Environ(), "GIT_INDEX_FILE="+index.Name())
		if output, err := command.CombinedOutput(); err != nil {
			return "", fmt.Errorf("git %s: %w: %s", args[0], err, bytes.TrimSpace(output))
		}
	}
	folder := filepath.Join(into, filepath.FromSlash(strings.TrimSuffix(string(below), "\n")))
	if _, err := os.Stat(folder); err != nil {
		return "", fmt.Errorf("revision %q has no folder %s", rev, bytes.TrimSpace(below))
	}
	return folder, nil
}

// Commit is who changed a line, and when it was for the last time.
type Commit struct {
	Hash    string `json:"hash"` // "" if the change is not committed
	Author  string `json:"author,omitempty"`
	Summary string `json:"summary,omitempty"`
}

// ChangedSince returns the commit that changed a line of a file in the working tree
// after a revision, and whether there is one. The file's path is relative to dir.
func ChangedSince(dir, rev, file string, line int) (Commit, bool) {
	f := &FS{dir: dir}
	if strings.HasPrefix(rev, "-") {
		return Commit{}, false
	}
	out, err := f.run("blame", "--porcelain", fmt.Sprintf("-L%d,%[1]d", line), "^"+rev, "--", file)
	if err != nil {
		// A file that git does not know is as new as a line can be.
		_, known := f.run("ls-files", "--error-unmatch", "--", file)
		_, here := os.Stat(filepath.Join(dir, file))
		return Commit{}, known != nil && here == nil
	}
	var c Commit
	for i, text := range strings.Split(string(out), "\n") {
		key, value, _ := strings.Cut(text, " ")
		switch {
		case strings.HasPrefix(text, "\t"):
			continue
		case i == 0 && strings.Trim(key, "0") != "":
			c.Hash = key
		case key == "author":
			c.Author = value
		case key == "summary":
			c.Summary = value
		case key == "boundary":
			return Commit{}, false
		}
	}
	if c.Hash == "" {
		return Commit{}, true
	}
	return c, true
}
