package runtime

import "time"

// Clock is where a session takes the time from. Tests give it their own with
// [WithClock]; implementations are safe for concurrent use.
type Clock interface {
	// Now returns the current time.
	Now() time.Time
	// AfterFunc calls f in a goroutine of its own after d.
	AfterFunc(d time.Duration, f func()) Timer
}

// Timer is a call that [Clock.AfterFunc] has put off.
type Timer interface {
	// Stop prevents the call and tells whether it did.
	Stop() bool
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }
