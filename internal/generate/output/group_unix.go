//go:build unix

package output

import (
	"io/fs"
	"os"
	"syscall"
)

// copyGroup gives a folder the group of another.
func copyGroup(from fs.FileInfo, to string) {
	if stat, ok := from.Sys().(*syscall.Stat_t); ok {
		_ = os.Chown(to, -1, int(stat.Gid)) // the system may not allow it
	}
}
