package runtime

import (
	"context"
	"errors"
	"fmt"
	goruntime "runtime"
	"strings"
	"sync/atomic"
)

// bounded calls f in a goroutine of its own and returns what f returns, or why
// ctx ended if that comes first. It is for code of others that may ignore its
// context, panic, or end its goroutine: here these are errors.
//
// If f returns after ctx has ended, late is called with what f returned, unless
// late is nil.
func bounded[T any](ctx context.Context, f func() (T, error), late func(T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var settled atomic.Bool // f has returned in time, or bounded has returned without it
	returned := make(chan result, 1)
	go func() {
		r := result{err: errors.New("its goroutine was ended by runtime.Goexit")}
		defer func() {
			if p := recover(); p != nil {
				r.err = fmt.Errorf("panic: %v (at %s)", p, panicked())
			}
			switch {
			case settled.CompareAndSwap(false, true):
				returned <- r
			case late != nil:
				defer func() { _ = recover() }() // nobody is left to tell
				late(r.value, r.err)
			}
		}()
		r.value, r.err = f()
	}()
	select {
	case r := <-returned:
		return r.value, r.err
	case <-ctx.Done():
	}
	if settled.CompareAndSwap(false, true) {
		var none T
		return none, ended(ctx)
	}
	r := <-returned
	return r.value, r.err
}

// panicked returns the file and line that caused the panic being recovered.
func panicked() string {
	pcs := make([]uintptr, 32)
	frames := goruntime.CallersFrames(pcs[:goruntime.Callers(0, pcs)])
	for panicking := false; ; {
		frame, more := frames.Next()
		ofGo := strings.HasPrefix(frame.Function, "runtime.")
		if panicking && !ofGo {
			return fmt.Sprintf("%s:%d", frame.File, frame.Line)
		}
		panicking = panicking || frame.Function == "runtime.gopanic"
		if !more {
			return "an unknown place"
		}
	}
}
