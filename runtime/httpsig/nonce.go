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
	// Use remembers the nonce of a key. It returns an error that wraps
	// [ErrReplayed] if the nonce is remembered already, another error if it could
	// not be stored; the message is refused in both cases. If several calls use
	// one nonce at the same time, one of them succeeds.
	//
	// The signature was created at created, and the verifier that asks accepts it
	// until the time until. A store must not forget a nonce earlier than any
	// verifier that shares the store accepts its signature: verifiers whose
	// [Policy] has another MaxAge or Skew give another until.
	Use(ctx context.Context, keyID, nonce string, created, until, now time.Time) error
}

// MemoryNonces is a [NonceStore] for one process. It is safe for concurrent use.
//
// It keeps each nonce for the longest life of a signature that any verifier has
// asked for. Whatever the clocks and the ages of its verifiers, it never accepts
// a nonce twice: it refuses a signature that was created no later than one whose
// nonce it has forgotten, because it cannot know whether it has seen that one too.
type MemoryNonces struct {
	limit int

	mu        sync.Mutex
	used      map[nonceKey]struct{}
	oldest    byCreation
	life      time.Duration // the longest from created to until so far
	forgotten time.Time     // created of the youngest signature whose nonce was forgotten
}

type nonceKey struct{ keyID, nonce string }

// NewMemoryNonces returns a store that holds at most max nonces, of some 200 bytes
// each. A nonce is forgotten once its signature is older than [Policy.MaxAge]. When
// all of max are still needed, further ones are refused with [ErrNoncesFull]:
// forgetting one early would let it be replayed. Choose max as the number of
// messages that arrive within MaxAge.
func NewMemoryNonces(max int) *MemoryNonces {
	return &MemoryNonces{limit: max, used: map[nonceKey]struct{}{}}
}

// maxNonceLength bounds what a signer can have stored.
const maxNonceLength = 256

// Use implements [NonceStore].
func (s *MemoryNonces) Use(_ context.Context, keyID, nonce string, created, until, now time.Time) error {
	if len(keyID)+len(nonce) > maxNonceLength {
		return refuse(ErrParameter, "key id and nonce are longer than %d bytes together", maxNonceLength)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = max(s.life, until.Sub(created))
	for len(s.oldest) > 0 && s.oldest[0].created.Add(s.life).Before(now) {
		gone := heap.Pop(&s.oldest).(usedNonce)
		delete(s.used, gone.key)
		if gone.created.After(s.forgotten) {
			s.forgotten = gone.created
		}
	}
	if !created.After(s.forgotten) {
		return refuse(ErrReplayed, "%q of key %q was created at %s, and nonces of signatures up to %s are forgotten", nonce, keyID, stamp(created), stamp(s.forgotten))
	}
	key := nonceKey{keyID, nonce}
	if _, used := s.used[key]; used {
		return refuse(ErrReplayed, "%q of key %q", nonce, keyID)
	}
	if len(s.used) >= s.limit {
		return refuse(ErrNoncesFull, "it holds %d", s.limit)
	}
	// Of their own, lest they hold on to the header that they are part of.
	key = nonceKey{strings.Clone(keyID), strings.Clone(nonce)}
	s.used[key] = struct{}{}
	heap.Push(&s.oldest, usedNonce{key, created})
	return nil
}

// byCreation is a heap with the signature on top that was created first.
type byCreation []usedNonce

type usedNonce struct {
	key     nonceKey
	created time.Time
}

func (h byCreation) Len() int           { return len(h) }
func (h byCreation) Less(i, j int) bool { return h[i].created.Before(h[j].created) }
func (h byCreation) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *byCreation) Push(x any)        { *h = append(*h, x.(usedNonce)) }
func (h *byCreation) Pop() any {
	last := (*h)[len(*h)-1]
	*h = (*h)[:len(*h)-1]
	return last
}
