package httpsig

import (
	"container/heap"
	"context"
	"strings"
	"sync"
	"time"
)

// NonceStore remembers which nonces were used. Several verifiers, also on several
// machines, can share one. Its method is called concurrently.
type NonceStore interface {
	// Use stores the nonce of a key. It returns an error that wraps [ErrReplayed] if
	// the nonce is stored already, and another error if it cannot be stored; both
	// refuse the message. Of several concurrent calls with the same nonce, exactly
	// one succeeds.
	//
	// The signature was created at created, and the calling verifier accepts it until
	// the time until. A store must keep a nonce for as long as any verifier that
	// shares the store accepts the signature: verifiers whose [Policy] has another
	// MaxAge or Skew pass another until.
	Use(ctx context.Context, keyID, nonce string, created, until, now time.Time) error
}

// MemoryNonces is a [NonceStore] for one process. It is safe for concurrent use.
//
// It keeps each nonce for the longest time that any of its verifiers has asked for. It
// never accepts a nonce twice, whatever the clocks and the MaxAge of its verifiers:
// once it has forgotten the nonce of a signature, it refuses all signatures that were
// created at the same time or earlier, because it may have forgotten theirs too.
type MemoryNonces struct {
	limit int

	mu        sync.Mutex
	used      map[nonceKey]struct{}
	oldest    byCreation
	life      time.Duration // the longest time from created to until so far
	forgotten time.Time     // when the youngest signature was created whose nonce was forgotten
}

type nonceKey struct{ keyID, nonce string }

// NewMemoryNonces returns a store that holds at most max nonces, with about 200 bytes
// of memory for each. It forgets a nonce once its signature is older than
// [Policy].MaxAge. While it needs all that it holds, it refuses further ones with
// [ErrNoncesFull], because forgetting one early would allow a replay. Choose max as
// the number of messages that arrive within MaxAge.
func NewMemoryNonces(max int) *MemoryNonces {
	return &MemoryNonces{limit: max, used: map[nonceKey]struct{}{}}
}

// maxNonceLength bounds the memory that a signer can take up.
const maxNonceLength = 256

// Use implements [NonceStore].
func (s *MemoryNonces) Use(_ context.Context, keyID, nonce string, created, until, now time.Time) error {
	if len(keyID)+len(nonce) > maxNonceLength {
		return refuse(ErrParameter, "the key id and the nonce have more than %d bytes together", maxNonceLength)
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
		return refuse(ErrReplayed, "the signature with nonce %q of key %q was created at %s, and the nonces of signatures up to %s are forgotten", nonce, keyID, stamp(created), stamp(s.forgotten))
	}
	key := nonceKey{keyID, nonce}
	if _, used := s.used[key]; used {
		return refuse(ErrReplayed, "nonce %q of key %q", nonce, keyID)
	}
	if len(s.used) >= s.limit {
		return refuse(ErrNoncesFull, "it holds %d nonces, all of them of signatures that are still valid", s.limit)
	}
	// Copies, because the originals keep the whole header in memory.
	key = nonceKey{strings.Clone(keyID), strings.Clone(nonce)}
	s.used[key] = struct{}{}
	heap.Push(&s.oldest, usedNonce{key, created})
	return nil
}

// byCreation is a heap of used nonces. The one whose signature was created first is on
// top.
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
