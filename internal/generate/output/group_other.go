//go:build !unix

package output

import "io/fs"

// copyGroup does nothing where folders have no group.
func copyGroup(fs.FileInfo, string) {}
