package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

// progress shows on a terminal what a command is doing once that has taken a
// second. It writes nothing to a file or a pipe.
type progress struct {
	to    *os.File
	timer *time.Timer

	mu    sync.Mutex
	what  string
	shown bool
}

func newProgress(to *os.File) *progress {
	p := &progress{to: to}
	if takesEscapes(to) {
		p.timer = time.AfterFunc(time.Second, func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.shown = true
			p.draw()
		})
	}
	return p
}

func (p *progress) stage(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.what = what
	if p.shown {
		p.draw()
	}
}

func (p *progress) draw() { fmt.Fprintf(p.to, "\r\x1b[K%s …", p.what) }

// done clears the line on the screen. It may be called more than once.
func (p *progress) done() {
	if p.timer != nil {
		p.timer.Stop()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shown {
		fmt.Fprint(p.to, "\r\x1b[K")
		p.shown = false
	}
}
