package runtime

import (
	"context"
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
	dead    string // the last value that the API refused
	pause   time.Duration
	resume  time.Time // no request before this
	failure error     // what callers get until then
}

// flight is one fetch under way.
type flight struct {
	done  chan struct{}
	value string
	err   error
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
	paused := s.failure != nil && s.session.clock.Now().Before(s.resume)
	if s.flight == nil && !paused {
		s.flight = &flight{done: make(chan struct{})}
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
	select {
	case <-under.done:
		return under.value, under.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// fetch serves a flight. It is bound to no caller, since others wait for it too.
func (s *source) fetch(f *flight) {
	limited := newLimit(context.Background(), s.session.clock, fetchLimit, "the token request")
	defer limited.end()
	s.mu.Lock()
	dead := s.dead
	s.mu.Unlock()
	answer, err := s.session.fetch(limited.ctx, s.scopes, s.parameter, dead)

	s.mu.Lock()
	defer s.mu.Unlock()
	s.flight = nil
	f.value, f.err = answer.value, err
	if err != nil {
		s.pause = min(max(2*s.pause, firstPause), longestPause)
		// Up to a fifth less, so that many processes do not come back at once.
		wait := s.pause - rand.N(s.pause/5)
		s.failure, s.resume = err, s.session.clock.Now().Add(wait)
	} else {
		s.pause, s.failure = 0, nil
		s.keep(answer)
	}
	close(f.done)
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
	s.dead = value
	if h := s.current.Load(); h != nil && h.value == value {
		h.stop()
		s.current.Store(nil)
	}
}
