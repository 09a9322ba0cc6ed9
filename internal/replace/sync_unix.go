//go:build unix

package replace

import "os"

// syncFolder returns when the names in a folder are on disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close() // read only: nothing can be lost
	return folder.Sync()
}
