package output

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// exchangeInSteps swaps two folders where the system cannot do it at once: b
// is away for a moment. A run that is killed in that moment leaves it under
// the name of old; the next run puts it back.
func exchangeInSteps(a, b string) error {
	old := a + ".old"
	step("move the old tree away")
	if err := os.Rename(b, old); err != nil {
		return err
	}
	step("put the new tree in place")
	if err := os.Rename(a, b); err != nil {
		return errors.Join(err, os.Rename(old, b))
	}
	return os.Rename(old, a)
}

// recoverSwap puts the old tree back that a run killed in the middle of
// exchangeInSteps has left. The caller holds the lock: a run that is in that
// very moment is not to be disturbed.
func recoverSwap(folder string) error {
	old := oldName(folder)
	if _, err := os.Lstat(old); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	}
	if _, err := os.Lstat(folder); errors.Is(err, fs.ErrNotExist) {
		return os.Rename(old, folder)
	}
	return os.RemoveAll(old)
}

// recoverIfNeeded is recoverSwap for those who do not hold the lock.
func recoverIfNeeded(folder string) error {
	if _, err := os.Lstat(oldName(folder)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(filepath.Dir(folder), false)
	if err != nil {
		return err
	}
	defer unlock()
	return recoverSwap(folder)
}

// oldName is where the old tree is for the moment between two renames.
func oldName(folder string) string { return stagingName(folder) + ".old" }

// swapTrees is exchange, but for tests of the other way.
var swapTrees = exchange
