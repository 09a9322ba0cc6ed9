package output

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// workspace is a hidden folder beside the output folder. A run builds the new tree
// in it, and after the exchange it holds the old one. The run removes it at its
// end; if the run is killed, the next one does.
type workspace string

func workspaceOf(folder string) workspace {
	return workspace(filepath.Join(filepath.Dir(folder), "."+filepath.Base(folder)+".scopegen"))
}

// tree is the new tree, and the old one after the exchange.
func (w workspace) tree() string { return filepath.Join(string(w), "tree") }

// old is the old tree in the moment between two renames, where the system
// cannot exchange folders at once.
func (w workspace) old() string { return filepath.Join(string(w), "old") }

// mark is a file that only scopegen writes. A folder of somebody else that has
// the workspace's name lacks it, and is left alone.
func (w workspace) mark() string { return filepath.Join(string(w), "workspace of scopegen") }

// exists reports whether something has the workspace's name.
func (w workspace) exists() bool {
	_, err := os.Lstat(string(w))
	return !errors.Is(err, fs.ErrNotExist)
}

func (w workspace) create() error {
	step("create the workspace")
	if err := os.Mkdir(string(w), 0o777); err != nil {
		return err
	}
	return create(w.mark(), nil)
}

// remove removes the workspace, the mark last. It refuses a folder that is not
// a workspace.
func (w workspace) remove() error {
	if !w.exists() {
		return nil
	}
	if _, err := os.Lstat(w.mark()); err != nil {
		// A run that was killed before it could write the mark left nothing else.
		if os.Remove(string(w)) == nil {
			return nil
		}
		return fmt.Errorf("%s is in the way, and scopegen did not make it: move it, scopegen needs the name while it replaces the folder beside it", string(w))
	}
	for _, tree := range []string{w.tree(), w.old()} {
		if err := removeTree(tree); err != nil {
			return err
		}
	}
	return errors.Join(os.Remove(w.mark()), os.Remove(string(w)))
}

// removeTree removes a tree, folders included in which nobody may write.
func removeTree(name string) error {
	if os.RemoveAll(name) == nil {
		return nil
	}
	_ = filepath.WalkDir(name, func(name string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			_ = os.Chmod(name, 0o700) // RemoveAll reports what fails
		}
		return nil
	})
	return os.RemoveAll(name)
}
