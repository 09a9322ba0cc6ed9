package upvestwebhook

import (
	"context"
	"sync"
)

// Seen remembers the ids of events that were handled. Several receivers can share one.
// Its methods are called concurrently.
type Seen interface {
	// Has reports whether the id was added.
	Has(ctx context.Context, id string) (bool, error)
	// Add remembers the id. Adding it again is not an error.
	Add(ctx context.Context, id string) error
}

// MemorySeen is a [Seen] for one process, which forgets the oldest ids. It is safe for
// concurrent use.
type MemorySeen struct {
	mu   sync.Mutex
	ids  map[string]struct{}
	ring []string // the ids in the order of adding; once it is full, the oldest is at next
	next int
}

// NewMemorySeen returns a MemorySeen that remembers the last max ids, with about 100
// bytes of memory for each.
func NewMemorySeen(max int) *MemorySeen {
	return &MemorySeen{ids: map[string]struct{}{}, ring: make([]string, 0, max)}
}

// Has implements [Seen].
func (s *MemorySeen) Has(_ context.Context, id string) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, has := s.ids[id]
	return has, nil
}

// Add implements [Seen].
func (s *MemorySeen) Add(_ context.Context, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, has := s.ids[id]; has || cap(s.ring) == 0 {
		return nil
	}
	s.ids[id] = struct{}{}
	if len(s.ring) < cap(s.ring) {
		s.ring = append(s.ring, id)
		return nil
	}
	delete(s.ids, s.ring[s.next])
	s.ring[s.next] = id
	s.next = (s.next + 1) % len(s.ring)
	return nil
}
