//go:build race

package spec_test

func init() { underRace = true }
