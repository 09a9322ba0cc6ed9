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
	// fetchLimit bounds one fetch, however many callers wait for it.
	fetchLimit = 30 * time.Second
	// After a failed fetch there is a pause without requests. It doubles from
	// failure to failure up to a bound, so that an endpoint in trouble gets one
	// request a second at most, and its recovery is noticed soon.
	firstPause   = 100 * time.Millisecond
	longestPause = time.Second
	// An endpoint may ask for a longer pause with Retry-After. One that asks for
	// more than this gets a request a minute.
	longestRetryAfter = time.Minute
	// A token is renewed in the last fifth of its life, or its last minute.
	mostAhead = time.Minute
	// While an endpoint is in trouble, callers wait this long for the request
	// that finds out whether it still is.
	shortestWait = 25 * time.Millisecond
	// A session drops at most one refused token a second: an API that refuses
	// new tokens too is not helped by more of them.
	dropAgain = time.Second
	// A longer lifetime is a mistake of the endpoint.
	longestLife = 365 * 24 * time.Hour
)

// accessToken is what a token endpoint granted.
type accessToken struct {
	value    string
	scopes   []string      // as granted; nil if the endpoint did not say, which means as asked
	obtained time.Time     // when it was asked for
	life     time.Duration // from then on; 0: not known, so that it serves once
}

// left returns for how long the token is still valid. A clock that was set back
// does not lengthen its life.
func (t *accessToken) left(now time.Time) time.Duration {
	return t.life - max(now.Sub(t.obtained), 0)
}

// The states of a cached token. Time moves them forward only.
const (
	fresh   int32 = iota
	due           // still valid, to be renewed
	expired       // not to be used
)

// cachedToken is an access token in use. Timers move its state, so that a call
// with a fresh token does not read the clock.
type cachedToken struct {
	value   string
	state   atomic.Int32
	scopes  []string // as granted, nil if that is not known
	expires time.Time
	timers  [2]Timer
}

func (t *cachedToken) stop() {
	for _, timer := range t.timers {
		if timer != nil {
			timer.Stop()
		}
	}
}

// tokenSource supplies the access token for one scope set. It has one fetch
// under way at most, however many callers wait; renews the token in the
// background before it expires; and tells all callers of a failure.
type tokenSource struct {
	session   *Session
	scopes    []string
	parameter string // the scope parameter: scopes, space-separated

	current atomic.Pointer[cachedToken]

	mu      sync.Mutex
	fetch   *fetch    // under way, or nil
	dead    Secret    // the last token that the API refused
	dropped time.Time // when it did
	backoff time.Duration
	failure error         // of the last fetch, nil if it succeeded
	failed  time.Time     // when it did
	pause   time.Duration // no request until so long after it
}

// fetch is one attempt to get an access token, on behalf of all who wait.
type fetch struct {
	done  chan struct{}
	value Secret
	err   error
	after error // the failure that it follows closely, nil if there is none
}

// token returns a valid access token. In nearly all calls there is one; else
// token waits for the fetch that serves all callers, until ctx is done.
func (s *tokenSource) token(ctx context.Context) (string, error) {
	if t := s.current.Load(); t != nil && t.state.Load() == fresh {
		return t.value, nil
	}
	return s.wait(ctx)
}

// wait is token for the case that there is no fresh one.
func (s *tokenSource) wait(ctx context.Context) (string, error) {
	s.mu.Lock()
	t := s.current.Load()
	if t != nil && t.state.Load() == fresh {
		s.mu.Unlock()
		return t.value, nil
	}
	if s.fetch == nil {
		if pausing, troubled := s.trouble(); !pausing {
			s.fetch = &fetch{done: make(chan struct{})}
			if troubled {
				s.fetch.after = s.failure
			}
			go s.run(s.fetch)
		}
	}
	underWay, failure := s.fetch, s.failure
	s.mu.Unlock()
	switch {
	case t != nil && t.state.Load() == due:
		return t.value, nil
	case underWay == nil:
		return "", failure
	}
	return underWay.wait(ctx, s.session.clock)
}

// trouble reports whether the last fetch failed so recently that no request is
// to be made yet, and whether a request made now follows a failure closely. The
// caller holds s.mu.
func (s *tokenSource) trouble() (pausing, troubled bool) {
	if s.failure == nil {
		return false, false
	}
	since := s.session.clock.Now().Sub(s.failed)
	if since < 0 { // the clock was set back, and tells nothing
		return false, true
	}
	return since < s.pause, since < s.pause+longestPause
}

// wait returns what the fetch brings. If that is likely to be one more failure,
// callers soon get the last one instead.
func (f *fetch) wait(ctx context.Context, clock Clock) (string, error) {
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

// run does a fetch. It has a limit of its own and ends with no caller's
// context, since other callers wait for it too.
func (s *tokenSource) run(f *fetch) {
	limited := newLimit(context.Background(), s.session.clock, fetchLimit, "the token request")
	defer limited.end()
	s.mu.Lock()
	want := wanted{scopes: s.scopes, parameter: s.parameter, once: f.after != nil, unwanted: []string{s.dead.Reveal()}}
	if t := s.current.Load(); t != nil {
		want.unwanted = append(want.unwanted, t.value)
	}
	s.mu.Unlock()
	token, err := s.session.obtain(limited.ctx, want)
	s.finish(f, token, err)
}

// finish ends a fetch.
func (s *tokenSource) finish(f *fetch, token accessToken, err error) {
	defer close(f.done) // last, so that those who wait find everything in its place
	f.value, f.err = NewSecret(token.value), err
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetch = nil
	if err == nil {
		s.backoff, s.failure = 0, nil
		s.keep(token)
		return
	}
	s.backoff = min(max(2*s.backoff, firstPause), longestPause)
	// Up to a fifth less, so that many processes do not come back at once.
	s.failure, s.failed, s.pause = err, s.session.clock.Now(), s.backoff-rand.N(s.backoff/5)
	if refused, ok := errors.AsType[*TokenError](err); ok {
		s.pause = max(s.pause, min(refused.RetryAfter, longestRetryAfter))
	}
}

// keep makes a token the one in use. A token of unknown life serves those who
// waited for it and is forgotten.
func (s *tokenSource) keep(token accessToken) {
	if old := s.current.Load(); old != nil {
		old.stop()
	}
	now := s.session.clock.Now()
	life := min(token.left(now), longestLife)
	if life <= 0 {
		s.current.Store(nil)
		return
	}
	ahead := min(life/5, mostAhead)
	t := &cachedToken{value: token.value, scopes: token.scopes, expires: now.Add(life)}
	// A token in its last moments would expire on its way to the API.
	t.timers[1] = s.session.clock.AfterFunc(life-min(life/20, 5*time.Second), func() { t.state.Store(expired) })
	t.timers[0] = s.session.clock.AfterFunc(life-ahead-rand.N(ahead/4+1), func() { t.state.CompareAndSwap(fresh, due) })
	s.current.Store(t)
}

// drop forgets the access token value if it is still in use. Of several callers
// that were refused with it, the first causes the one fetch.
func (s *tokenSource) drop(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, now := s.current.Load(), s.session.clock.Now()
	if t == nil || t.value != value {
		return
	}
	if since := now.Sub(s.dropped); 0 <= since && since < dropAgain {
		return
	}
	s.dead, s.dropped = NewSecret(value), now
	t.stop()
	s.current.Store(nil)
}

// granted returns the scopes that the access token value holds, nil if the
// endpoint did not say or the token is no longer in use.
func (s *tokenSource) granted(value string) []string {
	if t := s.current.Load(); t != nil && t.value == value {
		return t.scopes
	}
	return nil
}

// expires returns when the access token value expires, the zero Time if that is
// not known or the token is no longer in use.
func (s *tokenSource) expires(value string) time.Time {
	if t := s.current.Load(); t != nil && t.value == value {
		return t.expires
	}
	return time.Time{}
}
