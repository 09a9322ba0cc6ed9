//go:build unix

package output

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps other runs from changing the contents of a folder until unlock is
// called, and also from reading them unless the lock is shared. It locks the
// folder itself, so it leaves no file behind and ends with the process.
func lock(folder string, shared bool) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	how := unix.LOCK_EX
	if shared {
		how = unix.LOCK_SH
	}
	err = unix.Flock(int(f.Fd()), how)
	if errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.ENOSYS) {
		err = nil // a file system without locks
	}
	if err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking %s: %w", folder, err)
	}
	return func() { _ = f.Close() }, nil
}
