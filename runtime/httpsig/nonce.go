package httpsig

import (
	"container/heap"
	"context"
	"strings"
	"sync"
	"time"
)

// NonceStore remembers which nonces were used. Several verifiers, on several
// machines, can share one.
type NonceStore interface {
	// Use remembers the nonce of a key until the time that its signature cannot
	// be valid any more. It returns an error that wraps [ErrReplayed] if it is
	// remembered already, another if it could not be stored; the message is
	// refused then. Of several calls at once with one nonce, one succeeds.
	Use(ctx context.Context, keyID, nonce string, until, now time.Time) error
}

// MemoryNonces is a NonceStore for one process. It is safe for concurrent use.
type MemoryNonces struct {
	max int

	mu     sync.Mutex
	used   map[nonceKey]struct{}
	expiry expiries
}

type nonceKey struct{ keyID, nonce string }

// NewMemoryNonces returns a store that holds at most max nonces, some 200 bytes
// each. Nonces go as their signatures expire. When all of max are still valid,
// further ones are refused with [ErrNoncesFull]: forgetting one early would let
// it be replayed. Take what comes in within the longest validity.
func NewMemoryNonces(max int) *MemoryNonces {
	return &MemoryNonces{max: max, used: map[nonceKey]struct{}{}}
}

// maxNonceLength bounds what a signer can have stored.
const maxNonceLength = 256

// Use implements NonceStore.
func (s *MemoryNonces) Use(_ context.Context, keyID, nonce string, until, now time.Time) error {
	if len(keyID)+len(nonce) > maxNonceLength {
		return refuse(ErrParameter, "key id and nonce are longer than %d bytes together", maxNonceLength)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.expiry) > 0 && s.expiry[0].until.Before(now) {
		delete(s.used, heap.Pop(&s.expiry).(expiry).key)
	}
	key := nonceKey{keyID, nonce}
	if _, used := s.used[key]; used {
		return refuse(ErrReplayed, "%q of key %q", nonce, keyID)
	}
	if len(s.used) >= s.max {
		return refuse(ErrNoncesFull, "it holds %d", s.max)
	}
	// Of their own, lest they hold on to the header that they are part of.
	key = nonceKey{strings.Clone(keyID), strings.Clone(nonce)}
	s.used[key] = struct{}{}
	heap.Push(&s.expiry, expiry{key, until})
	return nil
}

// expiries is a heap, the one that expires first on top.
type expiries []expiry

type expiry struct {
	key   nonceKey
	until time.Time
}

func (e expiries) Len() int           { return len(e) }
func (e expiries) Less(i, j int) bool { return e[i].until.Before(e[j].until) }
func (e expiries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *expiries) Push(x any)        { *e = append(*e, x.(expiry)) }
func (e *expiries) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
