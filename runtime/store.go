package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Store shares access tokens between sessions, so that a fleet of processes
// fetches each once. Implementations are safe for concurrent use and treat
// tokens as the secrets they are.
//
// Over Redis or Valkey, Get and Put are GET and SET with EX, and Lock is SET
// with NX and an expiry, polled until ctx is done, with a random value that is
// compared before it is deleted.
//
// A token is renewed by the first process that finds it due, and the others
// take what it has stored; each goes on with the old one meanwhile.
//
// A store is no single point of failure: after an error, or when it does not
// answer within the limits below, the session fetches for itself. Their
// contexts end by the session's clock.
type Store interface {
	// Get returns what Put stored under key, and whether there is something. It
	// has 2 seconds.
	Get(ctx context.Context, key string) (StoredToken, bool, error)
	// Put stores a token under key until it expires, replacing what is there. It
	// has 2 seconds.
	Put(ctx context.Context, key string, token StoredToken) error
	// Lock keeps others out of key until unlock is called; it waits up to 10
	// seconds for its turn. A lock that is never unlocked, since its process
	// died, must end by itself; after half a minute its holder has given up.
	Lock(ctx context.Context, key string) (unlock func(), err error)
}

// StoredToken is an access token in a [Store].
type StoredToken struct {
	Value   Secret // what to send: Reveal it to write it down
	Expires time.Time
}

// MemoryStore is a [Store] within one process, for sessions that share
// credentials. The zero MemoryStore is empty and ready.
type MemoryStore struct {
	mu     sync.Mutex
	tokens map[string]StoredToken
	locks  map[string]chan struct{}
}

// Get implements [Store].
func (m *MemoryStore) Get(_ context.Context, key string) (StoredToken, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
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
	return nil
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

// What a session waits for its store.
const (
	storeLimit = 2 * time.Second
	lockLimit  = 10 * time.Second
)

// shared is a session's part in a store: one set of scopes.
type shared struct {
	store   Store
	session *Session
	key     string
}

// token gets a token from the store, or fetches it and stores it there while
// others are kept from doing the same.
func (s *shared) token(ctx context.Context, unwanted []string, fetch func() (answer, error)) (answer, error) {
	if a, ok := s.get(ctx, unwanted); ok {
		return a, nil
	}
	waiting := newLimit(ctx, s.session.clock, lockLimit, "the store's lock")
	defer waiting.end()
	unlock, err := s.store.Lock(waiting.ctx, s.key)
	if err != nil {
		return fetch()
	}
	if unlock != nil {
		defer unlock()
	}
	// Who held the lock before has stored what it fetched.
	if a, ok := s.get(ctx, unwanted); ok {
		return a, nil
	}
	a, err := fetch()
	if err == nil && a.life > 0 {
		limited := newLimit(ctx, s.session.clock, storeLimit, "the store")
		defer limited.end()
		// A store that does not take it costs others a request, no more.
		_ = s.store.Put(limited.ctx, s.key, StoredToken{NewSecret(a.value), s.session.clock.Now().Add(min(a.life, longestLife))})
	}
	return a, err
}

// get returns the token that the store holds, if it is of use.
func (s *shared) get(ctx context.Context, unwanted []string) (answer, bool) {
	limited := newLimit(ctx, s.session.clock, storeLimit, "the store")
	defer limited.end()
	token, ok, err := s.store.Get(limited.ctx, s.key)
	if err != nil || !ok {
		return answer{}, false
	}
	a := answer{token.Value.Reveal(), token.Expires.Sub(s.session.clock.Now())}
	// One that is about to expire is renewed now, by whoever comes first.
	if slices.Contains(unwanted, a.value) || !validToken(a.value) || a.life < time.Second {
		return answer{}, false
	}
	return a, true
}

// storeKey is under what the tokens for a set of scopes stand in a store. It
// tells servers and clients apart and gives nothing away.
func (s *Session) storeKey(parameter string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.endpoint.String(), s.clientID, parameter}, "\n")))
	return fmt.Sprintf("scopegen:%s:%s", s.api.Name, hex.EncodeToString(sum[:]))
}
