package runtime

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Store shares access tokens between sessions, so that a fleet of processes
// fetches each of them once. Implementations must be safe for concurrent use,
// and must protect the tokens as secrets.
//
// Module github.com/scopegen/scopegen/runtime/redisstore has one for Redis and
// Valkey.
//
// The first process that finds a token due renews it, and the others take the
// new one from the store. All use the old one meanwhile.
//
// A session does not depend on its store. If a method fails, panics, or has not
// returned when its time is up, the session fetches the token itself; while such
// a call has still not returned, the session makes no other. The time is measured
// by the session's clock, and the contexts end with it.
type Store interface {
	// Get returns what Put stored under key, and whether there is such a token.
	// It has 2 seconds.
	Get(ctx context.Context, key string) (StoredToken, bool, error)
	// Put stores a token under key until it expires, in place of what is there.
	// It has 2 seconds.
	Put(ctx context.Context, key string, token StoredToken) error
	// Lock keeps other sessions from locking key until unlock is called. It has 10
	// seconds to wait for its turn; unlock has 2 seconds. A lock must end by
	// itself in case its process dies: no session needs it for more than 30
	// seconds.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// StoredToken is an access token in a [Store]. A Store keeps all of it.
type StoredToken struct {
	Value   Secret    // the access token; write down what Reveal returns
	Expires time.Time // when it expires
	Scopes  []string  // that it holds, nil if the token endpoint did not say
}

// MemoryStore is a [Store] within one process, for sessions that share
// credentials. The zero MemoryStore is empty and ready to use.
type MemoryStore struct {
	// Now returns the time, by which tokens expire. For sessions with a [Clock] of
	// their own it is the Now of that clock. Nil: time.Now.
	Now func() time.Time

	mu     sync.Mutex
	tokens map[string]StoredToken
	locks  map[string]chan struct{}
}

// Get implements [Store].
func (m *MemoryStore) Get(_ context.Context, key string) (StoredToken, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.forgetExpired()
	token, ok := m.tokens[key]
	return token, ok, nil
}

// Put implements [Store].
func (m *MemoryStore) Put(_ context.Context, key string, token StoredToken) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.tokens == nil {
		m.tokens = map[string]StoredToken{}
	}
	m.tokens[key] = token
	m.forgetExpired()
	return nil
}

// forgetExpired deletes the tokens that have expired. The caller holds m.mu.
func (m *MemoryStore) forgetExpired() {
	now := time.Now()
	if m.Now != nil {
		now = m.Now()
	}
	for key, token := range m.tokens {
		if !now.Before(token.Expires) {
			delete(m.tokens, key)
		}
	}
}

// Lock implements [Store].
func (m *MemoryStore) Lock(ctx context.Context, key string) (func(), error) {
	m.mu.Lock()
	if m.locks == nil {
		m.locks = map[string]chan struct{}{}
	}
	lock := m.locks[key]
	if lock == nil {
		lock = make(chan struct{}, 1)
		m.locks[key] = lock
	}
	m.mu.Unlock()
	select {
	case lock <- struct{}{}:
		return func() { <-lock }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// How long a session waits for its store.
const (
	storeLimit = 2 * time.Second
	lockLimit  = 10 * time.Second
)

// guardedStore is a store together with what is known of its health.
type guardedStore struct {
	store   Store
	overdue atomic.Int32 // calls that did not return in time and still have not
}

var errStoreOverdue = errors.New("the store has not returned from an earlier call")

// usable returns an error while a call of the store is overdue, so that a store
// that hangs costs one wait and one goroutine, not more with each fetch.
func (g *guardedStore) usable() error {
	if g.overdue.Load() > 0 {
		return errStoreOverdue
	}
	return nil
}

// storeCall calls a method of the store and waits for it no longer than d. If
// the method returns a value later, storeCall passes it to late unless that is
// nil.
func storeCall[T any](ctx context.Context, g *guardedStore, clock Clock, d time.Duration, method func(context.Context) (T, error), late func(T)) (T, error) {
	limited := newLimit(ctx, clock, d, "the store")
	defer limited.end()
	const returned, abandoned = 1, 2
	var state atomic.Int32
	value, err := bounded(limited.ctx, func() (T, error) {
		defer func() {
			if !state.CompareAndSwap(0, returned) {
				g.overdue.Add(-1)
			}
		}()
		return method(limited.ctx)
	}, func(value T, err error) {
		if late != nil && err == nil {
			late(value)
		}
	})
	if state.CompareAndSwap(0, abandoned) {
		g.overdue.Add(1)
	}
	return value, err
}

// storePart is a session's part in a store: one scope set.
type storePart struct {
	*guardedStore
	session *Session
	key     string
}

// token returns the access token that the store holds, or fetches one and stores
// it while others are kept from doing the same.
func (s *storePart) token(ctx context.Context, want wanted, fetch func() (accessToken, error)) (accessToken, error) {
	if s.usable() != nil {
		return fetch()
	}
	token, ok, err := s.get(ctx, want)
	switch {
	case ok:
		return token, nil
	case err != nil:
		return fetch()
	}
	if unlock, err := s.lock(ctx); err == nil {
		defer unlock()
		// Whoever held the lock before has stored what it fetched.
		if token, ok, _ := s.get(ctx, want); ok {
			return token, nil
		}
	}
	token, err = fetch()
	if err == nil && token.life > 0 && s.usable() == nil {
		s.put(ctx, token)
	}
	return token, err
}

// get returns the token that the store holds, and whether the session can use it.
func (s *storePart) get(ctx context.Context, want wanted) (accessToken, bool, error) {
	type got struct {
		StoredToken
		ok bool
	}
	stored, err := storeCall(ctx, s.guardedStore, s.session.clock, storeLimit, func(ctx context.Context) (got, error) {
		token, ok, err := s.store.Get(ctx, s.key)
		return got{token, ok}, err
	}, nil)
	if err != nil || !stored.ok {
		return accessToken{}, false, err
	}
	now := s.session.clock.Now()
	token := accessToken{value: stored.Value.Reveal(), scopes: stored.Scopes, obtained: now, life: stored.Expires.Sub(now)}
	missing, excess := compareScopes(s.session.api.Scopes, want.scopes, token.scopes)
	switch {
	case missing != nil, excess != nil && !s.session.takesWider():
		return accessToken{}, false, nil // stored by a session that takes other tokens
	case slices.Contains(want.unwanted, token.value), !validToken(token.value):
		return accessToken{}, false, nil
	case token.life < time.Second:
		return accessToken{}, false, nil // about to expire: the first to come renews it
	}
	return token, true, nil
}

// put stores a token. A store that does not take it costs other sessions a
// request, no more.
func (s *storePart) put(ctx context.Context, token accessToken) {
	stored := StoredToken{NewSecret(token.value), token.obtained.Add(min(token.life, longestLife)), slices.Clone(token.scopes)}
	_, _ = storeCall(ctx, s.guardedStore, s.session.clock, storeLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.store.Put(ctx, s.key, stored)
	}, nil)
}

// lock locks the key of s in the store.
func (s *storePart) lock(ctx context.Context) (unlock func(), err error) {
	open, err := storeCall(ctx, s.guardedStore, s.session.clock, lockLimit, func(ctx context.Context) (func(), error) {
		return s.store.Lock(ctx, s.key)
	}, func(open func()) {
		if open != nil {
			open() // nobody waits for the lock any more
		}
	})
	if err != nil {
		return nil, err
	}
	return func() {
		if open == nil {
			return
		}
		// Not ctx, which may have ended: the lock is to be given back all the same.
		_, _ = storeCall(context.Background(), s.guardedStore, s.session.clock, storeLimit, func(context.Context) (struct{}, error) {
			open()
			return struct{}{}, nil
		}, nil)
	}, nil
}
