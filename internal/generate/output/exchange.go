package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// exchangeInSteps swaps the workspace's tree and a folder where the system
// cannot do it at once: the folder is away for a moment. A run that is killed in
// that moment leaves the old tree in the workspace; the next run puts it back.
func exchangeInSteps(work workspace, folder string) error {
	step("move the old tree away")
	if err := os.Rename(folder, work.old()); err != nil {
		return err
	}
	step("put the new tree in place")
	if err := os.Rename(work.tree(), folder); err != nil {
		return errors.Join(err, os.Rename(work.old(), folder))
	}
	return os.Rename(work.old(), work.tree())
}

// recoverSwap puts the old tree back that a run killed in the middle of
// exchangeInSteps has left. The caller must hold the lock, or it
// might disturb a run that is between the two renames.
func recoverSwap(folder string) error {
	old := workspaceOf(folder).old()
	if _, err := os.Lstat(old); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(old, folder)
	}
	return nil // it was replaced; the workspace is removed as a whole
}

// recoverIfNeeded calls recoverSwap under the lock, if there is anything to recover.
func recoverIfNeeded(folder string) error {
	if _, err := os.Lstat(workspaceOf(folder).old()); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(filepath.Dir(folder), false)
	if err != nil {
		return err
	}
	defer unlock()
	return recoverSwap(folder)
}

// swapTrees is exchange; tests replace it by exchangeInSteps.
var swapTrees = exchange
