package runtime

import (
	"context"
	"net/http"
	"time"
)

// Clock is where a session gets the time from. Tests give a session a clock of their
// own with [WithClock]. Implementations must be safe for concurrent use.
//
// A session also waits, between attempts and for timeouts, so it needs more than
// the current time. Everything that only reads the time has a field Now of type
// func() time.Time instead: [MemoryStore], the policies of packages httpsig and
// upvestwebhook, the Transport of package httpsig, and the configuration of the
// sandbox. To let all of them see the time of a Clock, give them its method value:
//
//	store := &runtime.MemoryStore{Now: clock.Now}
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// AfterFunc calls f in a goroutine of its own after d.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that [Clock.AfterFunc] will make. A [*time.Timer] is one.
type Timer interface {
	// Stop prevents the call, and reports whether it did.
	Stop() bool
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

// sleep waits for d by clock. It returns early, with the cause, if ctx ends.
func sleep(ctx context.Context, clock Clock, d time.Duration) error {
	if d <= 0 {
		return ended(ctx)
	}
	passed := make(chan struct{})
	timer := clock.AfterFunc(d, func() { close(passed) })
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ended(ctx)
	case <-passed:
		return nil
	}
}

// tellingSkew is the least difference between two clocks that is worth telling:
// some APIs accept signatures for 5 seconds.
const tellingSkew = 5 * time.Second

// clockSkew returns how far a server's clock is ahead of this machine's,
// negative if it is behind. It goes by the Date field (RFC 9110, section 6.6.1)
// of a response and the times when the request was sent and the response received.
// It returns 0 if the field is missing or the difference is small.
func clockSkew(date string, sent, received time.Time) time.Duration {
	served, err := http.ParseTime(date)
	if err != nil {
		return 0
	}
	// The server wrote Date, which has whole seconds, between sent and received.
	least, most := served.Sub(received), served.Add(time.Second).Sub(sent)
	if least >= tellingSkew || most <= -tellingSkew {
		return ((least + most) / 2).Round(time.Second)
	}
	return 0
}
