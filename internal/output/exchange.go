package output

import (
	"errors"
	"io/fs"
	"os"
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
// exchangeInSteps has left.
func recoverSwap(folder string) error {
	old := stagingName(folder) + ".old"
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

// swapTrees is exchange, but for tests of the other way.
var swapTrees = exchange
