//go:build !unix

package output

// lock does nothing where folders cannot be locked. Two runs are still kept apart
// by the check that nothing has changed since the folder was read.
func lock(string, bool) (unlock func(), err error) { return func() {}, nil }
