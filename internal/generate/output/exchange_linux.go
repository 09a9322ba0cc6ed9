package output

import (
	"errors"
	"fmt"

	"golang.org/x/sys/unix"
)

// exchange swaps the workspace's tree and a folder in one step, which the file
// system makes atomic.
func exchange(work workspace, folder string) error {
	err := unix.Renameat2(unix.AT_FDCWD, work.tree(), unix.AT_FDCWD, folder, unix.RENAME_EXCHANGE)
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) {
		return exchangeInSteps(work, folder)
	}
	if err != nil {
		return fmt.Errorf("exchanging %s and %s: %w", work.tree(), folder, err)
	}
	return nil
}
