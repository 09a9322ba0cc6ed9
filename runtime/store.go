package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
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
// An error of a store is not the end: the session fetches for itself.
type Store interface {
	// Get returns what Put stored under key, and whether there is something.
	Get(ctx context.Context, key string) (StoredToken, bool, error)
	// Put stores a token under key until it expires, replacing what is there.
	Put(ctx context.Context, key string, token StoredToken) error
	// Lock keeps others out of key until unlock is called. A lock that is
	// never unlocked must end by itself, after a minute or so.
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

// storeKey is under what the tokens for a set of scopes stand in a store. It
// tells servers and clients apart and gives nothing away.
func (s *Session) storeKey(parameter string) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{s.endpoint, s.clientID, parameter}, "\n")))
	return fmt.Sprintf("scopegen:%s:%s", s.api.Name, hex.EncodeToString(sum[:]))
}
