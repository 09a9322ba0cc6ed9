package runtime

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// fetchLimit bounds one fetch, whoever waits for it.
	fetchLimit = 30 * time.Second
	// After a failure no request is made for a while, which doubles up to a
	// bound: an endpoint in trouble gets a request a second at most, and is
	// found well again within little more than a second.
	firstPause   = 100 * time.Millisecond
	longestPause = time.Second
	// A token is renewed in the last fifth of its life, or its last minute.
	mostAhead = time.Minute
	// While an endpoint is in trouble, callers wait this long for the request
	// that finds out whether it still is.
	shortestWait = 25 * time.Millisecond
	// An API that refuses new tokens too is not helped by more of them.
	dropAgain = time.Second
	// Longer lifetimes are a mistake, or the number 1e18.
	longestLife = 365 * 24 * time.Hour
)

// The states of a token; time only moves it forward.
const (
	fresh int32 = iota
	due         // still valid, to be renewed
	expired
)

// held is an access token in use. Its state is moved by timers, so that a call
// with a fresh token reads no clock.
type held struct {
	value  string
	state  atomic.Int32
	timers [2]Timer
}

func (h *held) stop() {
	for _, timer := range h.timers {
		if timer != nil {
			timer.Stop()
		}
	}
}

// source keeps the access token for one set of scopes: one fetch however many
// callers wait, renewal ahead of expiry behind the callers' backs, failures
// shared by all.
type source struct {
	session   *Session
	scopes    []string
	parameter string // the scope parameter: scopes, space-separated

	current atomic.Pointer[held]

	mu      sync.Mutex
	flight  *flight
	dead    Secret    // the last value that the API refused
	dropped time.Time // when it did
	pause   time.Duration
	resume  time.Time // no request before this
	failure error     // what callers get until then
}

// flight is one fetch under way.
type flight struct {
	done  chan struct{}
	value Secret
	err   error
	after error // the failure that it follows closely, nil if there is none
}

// token returns a valid access token. It is at once there in nearly all calls;
// else it waits for the one fetch that serves all callers, until ctx is done.
func (s *source) token(ctx context.Context) (string, error) {
	if h := s.current.Load(); h != nil && h.state.Load() == fresh {
		return h.value, nil
	}
	return s.wait(ctx)
}

func (s *source) wait(ctx context.Context) (string, error) {
	s.mu.Lock()
	h := s.current.Load()
	if h != nil && h.state.Load() == fresh {
		s.mu.Unlock()
		return h.value, nil
	}
	var since time.Duration // the end of the pause after the last failure
	if s.failure != nil {
		since = s.session.clock.Now().Sub(s.resume)
	}
	if s.flight == nil && since >= 0 {
		s.flight = &flight{done: make(chan struct{})}
		if since < longestPause {
			s.flight.after = s.failure
		}
		go s.fetch(s.flight)
	}
	under, failure := s.flight, s.failure
	s.mu.Unlock()
	switch {
	case h != nil && h.state.Load() == due:
		return h.value, nil
	case under == nil:
		return "", failure
	}
	return under.wait(ctx, s.session.clock)
}

// wait returns what the fetch brings. If that is likely to be one more failure,
// callers are told of the last one rather than held up.
func (f *flight) wait(ctx context.Context, clock Clock) (string, error) {
	var enough chan struct{}
	if f.after != nil {
		enough = make(chan struct{})
		timer := clock.AfterFunc(shortestWait, func() { close(enough) })
		defer timer.Stop()
	}
	select {
	case <-f.done:
		return f.value.Reveal(), f.err
	case <-enough:
		return "", f.after
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// fetch serves a flight. It is bound to no caller, since others wait for it too.
func (s *source) fetch(f *flight) {
	var a answer
	err := s.session.noToken(s.scopes, errors.New("the transport, the store or the key ended the goroutine they were called in"))
	defer func() { s.land(f, a, err) }()

	limited := newLimit(context.Background(), s.session.clock, fetchLimit, "the token request")
	defer limited.end()
	s.mu.Lock()
	// What a store still holds is of no use if the API has refused it, nor if
	// it is what is to be renewed.
	unwanted := []string{s.dead.Reveal()}
	if h := s.current.Load(); h != nil {
		unwanted = append(unwanted, h.value)
	}
	s.mu.Unlock()
	a, err = s.session.fetch(limited.ctx, s.scopes, s.parameter, unwanted)
}

// land ends a flight.
func (s *source) land(f *flight, a answer, err error) {
	defer close(f.done) // last: who waited finds everything in its place
	f.value, f.err = NewSecret(a.value), err
	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	if err != nil {
		s.pause = min(max(2*s.pause, firstPause), longestPause)
		// Up to a fifth less, so that many processes do not come back at once.
		wait := s.pause - rand.N(s.pause/5)
		s.failure, s.resume = err, s.session.clock.Now().Add(wait)
	} else {
		s.pause, s.failure = 0, nil
		s.keep(a)
	}
}

// keep makes an answer the token in use. One that does not say how long it
// lives serves those who waited for it, and is forgotten.
func (s *source) keep(a answer) {
	if old := s.current.Load(); old != nil {
		old.stop()
	}
	if a.life <= 0 {
		s.current.Store(nil)
		return
	}
	life := min(a.life, longestLife)
	ahead := min(life/5, mostAhead)
	h := &held{value: a.value}
	// The last sliver is not used: the token would expire on its way.
	h.timers[1] = s.session.clock.AfterFunc(life-min(life/20, 5*time.Second), func() { h.state.Store(expired) })
	h.timers[0] = s.session.clock.AfterFunc(life-ahead-rand.N(ahead/4+1), func() { h.state.CompareAndSwap(fresh, due) })
	s.current.Store(h)
}

// drop forgets value, if it is still the token in use. Of several callers that
// were refused with one token, the first causes the one fetch.
func (s *source) drop(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h, now := s.current.Load(), s.session.clock.Now()
	if h == nil || h.value != value || now.Sub(s.dropped) < dropAgain {
		return
	}
	s.dead, s.dropped = NewSecret(value), now
	h.stop()
	s.current.Store(nil)
}
