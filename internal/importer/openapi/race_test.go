//go:build race

package openapi_test

func init() { underRace = true }
