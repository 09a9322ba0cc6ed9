//go:build unix

package output

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// lock keeps other runs out of a folder until unlock. It locks the folder
// itself, which leaves no file behind, and ends with the process.
func lock(folder string) (unlock func(), err error) {
	f, err := os.Open(folder)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("locking %s: %w", folder, err)
	}
	return func() { _ = f.Close() }, nil
}
