package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// cost is what a process cost, its children included.
type cost struct {
	cpu, wall time.Duration
	peak      int64 // bytes
	output    string
}

// run runs a command to its end.
//
// The peak is not below that of this process, whose memory the child shares
// for a moment: do nothing large here.
func (b *bench) run(folder, name string, args ...string) (cost, error) {
	command := exec.CommandContext(b.ctx, name, args...)
	command.Dir = folder
	var output bytes.Buffer
	command.Stdout, command.Stderr = &output, &output
	start := time.Now()
	err := command.Run()
	if err != nil {
		return cost{}, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, output.Bytes())
	}
	c := cost{wall: time.Since(start), output: output.String()}
	state := command.ProcessState
	c.cpu = state.UserTime() + state.SystemTime()
	if usage, ok := state.SysUsage().(*syscall.Rusage); ok {
		c.peak = usage.Maxrss
		if runtime.GOOS != "darwin" {
			c.peak *= 1024 // others count in kilobytes
		}
	}
	return c, nil
}
