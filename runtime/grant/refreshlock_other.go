//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd || windows)

package grant

import (
	"errors"
	"os"
)

// tryLock refuses: without a lock two processes would send one refresh token twice.
func tryLock(string) (unlock func(), err error) {
	return nil, errors.New("this system has no file locks that end with their process: give RefreshToken.Store a type of your own")
}

func openToOthers(mode os.FileMode) bool { return mode.Perm()&0o077 != 0 }
