//go:build !unix

package replace

// syncFolder does nothing: Windows writes names down with the files, and other systems
// have no call for it.
func syncFolder(string) error { return nil }
