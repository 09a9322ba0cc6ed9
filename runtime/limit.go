package runtime

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// limit is a context that ends after a while by the session's clock.
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

// pause keeps the context from ending by the limit; end still ends it.
func (l *limit) pause() {
	if l.timer != nil {
		l.timer.Stop()
	}
}

// within ends the context too if stop is not called within d; 0 is no limit.
func (l *limit) within(d time.Duration, what string) (stop func()) {
	if d <= 0 {
		return func() {}
	}
	timer := l.clock.AfterFunc(d, func() { l.cancel(&timeoutError{what, d}) })
	return func() { timer.Stop() }
}

// end gives back what the limit holds.
func (l *limit) end() {
	l.pause()
	l.cancel(nil)
}

// timeoutError is the end of a limit. It is a context.DeadlineExceeded to
// errors.Is and a timeout to the net package.
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

// ended tells why ctx has ended, or nil. A cause that the user gave is wrapped
// together with ctx.Err, which errors.Is must find.
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

// endedOr is why ctx has ended, or else err.
func endedOr(ctx context.Context, err error) error {
	if why := ended(ctx); why != nil {
		return why
	}
	return err
}
