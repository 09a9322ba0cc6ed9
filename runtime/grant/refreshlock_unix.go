//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package grant

import (
	"errors"
	"os"
	"syscall"
)

// tryLock locks a file. It returns nil and no error while another has locked it.
func tryLock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
	if err != nil {
		return nil, err
	}
	switch err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
	case err == nil:
		return func() { _ = file.Close() }, nil // which unlocks it
	case errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR):
		_ = file.Close()
		return nil, nil
	default:
		_ = file.Close()
		return nil, err
	}
}

func openToOthers(mode os.FileMode) bool { return mode.Perm()&0o077 != 0 }
