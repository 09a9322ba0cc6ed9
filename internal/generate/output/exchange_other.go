//go:build !linux

package output

// exchange swaps the workspace's tree and a folder.
func exchange(work workspace, folder string) error { return exchangeInSteps(work, folder) }
