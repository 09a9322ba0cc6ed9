package main

import (
	"os"
	"os/exec"
	"sync"
)

// invocation returns how the user calls this command: by its name where the
// shell finds it, or as a tool of the module.
var invocation = sync.OnceValue(func() string {
	found, err := exec.LookPath("scopegen")
	if err != nil {
		return "go tool scopegen"
	}
	own, err := os.Executable()
	if err != nil {
		return "scopegen"
	}
	here, err1 := os.Stat(own)
	there, err2 := os.Stat(found)
	if err1 == nil && err2 == nil && os.SameFile(here, there) {
		return "scopegen"
	}
	return "go tool scopegen"
})
