package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// limit is a context that ends after some time by the session's clock.
type limit struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	clock  Clock
	timer  Timer // nil: no limit
}

func newLimit(parent context.Context, clock Clock, d time.Duration, what string) *limit {
	l := &limit{clock: clock}
	l.ctx, l.cancel = context.WithCancelCause(parent)
	if d > 0 {
		l.timer = clock.AfterFunc(d, func() { l.cancel(&timeoutError{what, d}) })
	}
	return l
}

// pause removes the limit. The context goes on until end is called.
func (l *limit) pause() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// within also ends the context if stop is not called within d. 0 is no limit.
func (l *limit) within(d time.Duration, what string) (stop func()) {
	if d <= 0 {
		return func() {}
	}
	timer := l.clock.AfterFunc(d, func() { l.cancel(&timeoutError{what, d}) })
	return func() { timer.Stop() }
}

// end ends the context and releases its timer.
func (l *limit) end() {
	l.pause()
	l.cancel(nil)
}

// timeoutError says that a limit has passed. errors.Is takes it for a
// context.DeadlineExceeded, and the net package for a timeout.
type timeoutError struct {
	what  string
	limit time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("%s took longer than its limit of %s", e.what, e.limit)
}

func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

func (e *timeoutError) Timeout() bool   { return true }
func (e *timeoutError) Temporary() bool { return true }

// ended returns why ctx has ended, or nil if it has not. If the user gave a cause,
// the error wraps both the cause and ctx.Err, so that errors.Is finds each.
func ended(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		return nil
	}
	cause := context.Cause(ctx)
	if _, limit := errors.AsType[*timeoutError](cause); limit || cause == err {
		return cause
	}
	return fmt.Errorf("%w: %w", err, cause)
}

// endedOr returns why ctx has ended, or err if it has not.
func endedOr(ctx context.Context, err error) error {
	if why := ended(ctx); why != nil {
		return why
	}
	return err
}
