// Package redisstore shares access tokens and refresh tokens between processes
// through Redis or Valkey: of a fleet that finds an access token due, one process
// fetches it and the others take it from the store.
//
//	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
//	store, err := redisstore.New(client, key) // 32 random bytes, the same in all processes
//	session, err := upvest.Open(upvest.Live, credentials, runtime.WithStore(store))
//
// What is stored is encrypted and authenticated with AES-256-GCM, bound to the key
// under which it stands. To change the encryption key, first give every process
// the new key behind the old one, then in front of it, then alone.
//
// A process that fetches a token holds a lease meanwhile. It renews the lease as
// long as it lives; when it dies, the lease ends within [LeaseLife] and the next
// process takes over. A process that was only asleep, and wakes up when another
// has the lease, can no longer store its token: each lease has a higher number
// than the one before, and the store takes nothing from a lower one.
//
// A session does not depend on its store: while the server is away, slow, full or
// answers nonsense, each process fetches for itself.
//
// [Store.RefreshTokens] keeps a refresh token that a fleet shares: one process at a
// time sends it, and no process sends one that is good no more.
//
// It is tried with Redis 7.0 and Valkey 8.0.
//
// Measured with 50 processes on two cores that did other work too, and a real server:
//
//   - Processes that start at once make one token request, and no call took longer
//     than 0.6 s.
//   - If the process that fetches is killed, there are 2 requests, and no call took
//     longer than 4.4 s, 4 s of which are the lease; on two cores with work for thirty,
//     5.0 s.
//   - While the server was killed and started three times, none of 10,000 calls
//     failed.
//   - Of 10,000 refreshes with refresh tokens that rotate, at 1 to 2 ms each, none sent a
//     refresh token twice and none was lost. The same held for 100 refreshes during
//     which the server was killed and started three times, just when a new refresh
//     token was about to be stored.
package redisstore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/scopegen/scopegen/runtime"
)

// LeaseLife is how long a lease outlives the process that holds it.
const LeaseLife = 4 * time.Second

// Store is a [runtime.Store] in Redis or Valkey. It is safe for concurrent use,
// and may serve any number of sessions.
type Store struct {
	client redis.UniversalClient
	box    box

	mu      sync.Mutex
	leases  map[string]lease   // by key, those that this store holds
	unsaved map[string]outcome // by key, what refreshes brought that could not be stored yet
}

// lease is a lease that this process took.
type lease struct {
	holder string // random, of this lease alone
	number int64  // higher than those of all leases before
}

// New returns a store that uses client and encrypts with the first of the keys,
// 32 bytes each. What was encrypted with the others is still read. The client
// stays the caller's to close; all kinds of it will do (single server, Sentinel,
// Cluster).
func New(client redis.UniversalClient, keys ...[]byte) (*Store, error) {
	b, err := newBox(keys)
	if err != nil {
		return nil, err
	}
	return &Store{client: client, box: b, leases: map[string]lease{}, unsaved: map[string]outcome{}}, nil
}

// Names of what stands in the server for one key of a session. The braces keep
// them in one slot of a cluster.
func tokenName(key string) string { return "{" + key + "}:token" }
func leaseName(key string) string { return "{" + key + "}:lease" }
func fenceName(key string) string { return "{" + key + "}:fence" }

// Get implements [runtime.Store].
func (s *Store) Get(ctx context.Context, key string) (runtime.StoredToken, bool, error) {
	sealed, err := s.client.Get(ctx, tokenName(key)).Bytes()
	if errors.Is(err, redis.Nil) {
		return runtime.StoredToken{}, false, nil
	}
	if err != nil {
		return runtime.StoredToken{}, false, fmt.Errorf("redisstore: %w", err)
	}
	token, err := s.box.openAccess(key, sealed)
	if err != nil {
		return runtime.StoredToken{}, false, err
	}
	return token, true, nil
}

// putToken stores a token unless another holds the lease, or a lease with a higher
// number has been given out since. A process without a lease has the number 0 and
// stores only while nobody holds one.
var putToken = redis.NewScript(`
local holder = redis.call('GET', KEYS[2])
if holder and holder ~= ARGV[4] then return 0 end
local mine = tonumber(ARGV[1])
if mine ~= 0 and mine < tonumber(redis.call('GET', KEYS[3]) or '0') then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
`)

// ErrOvertaken is returned by [Store.Put] when another process has taken the
// lease meanwhile. Its token counts, and nothing was stored.
var ErrOvertaken = errors.New("redisstore: another process fetches this token by now, and nothing was stored")

// Put implements [runtime.Store].
func (s *Store) Put(ctx context.Context, key string, token runtime.StoredToken) error {
	life := time.Until(token.Expires)
	if life < time.Millisecond {
		return nil // it has expired, and an expired token is not stored
	}
	sealed, err := s.box.sealAccess(key, token)
	if err != nil {
		return err
	}
	s.mu.Lock()
	held := s.leases[key]
	s.mu.Unlock()
	stored, err := putToken.Run(ctx, s.client, []string{tokenName(key), leaseName(key), fenceName(key)}, held.number, sealed, life.Milliseconds(), held.holder).Int()
	switch {
	case err != nil:
		return fmt.Errorf("redisstore: %w", err)
	case stored == 0:
		return ErrOvertaken
	}
	return nil
}

// takeLease takes the lease if nobody holds it, and returns its number or 0. The
// number is the server's time in microseconds, so that numbers grow even if the
// server lost the last one in a crash. They are kept for a day, after which no
// process is still asleep.
var takeLease = redis.NewScript(`
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 0 end
local now = redis.call('TIME')
local number = math.max(tonumber(redis.call('GET', KEYS[2]) or '0') + 1, now[1] * 1000000 + now[2])
redis.call('SET', KEYS[2], string.format('%.0f', number), 'EX', 86400)
return number
`)

// keepLease prolongs a lease, and endLease ends it, if it is still the caller's.
var (
	keepLease = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`)
	endLease  = redis.NewScript(`if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`)
)

// Lock implements [runtime.Store]. It asks for the lease at intervals of up to
// 100 ms until ctx ends.
func (s *Store) Lock(ctx context.Context, key string) (unlock func(), err error) {
	holder := rand.Text()
	for wait := firstWait; ; wait = longer(wait) {
		number, err := takeLease.Run(ctx, s.client, []string{leaseName(key), fenceName(key)}, holder, LeaseLife.Milliseconds()).Int64()
		if err != nil {
			return nil, fmt.Errorf("redisstore: %w", err)
		}
		if number > 0 {
			return s.hold(key, lease{holder, number}), nil
		}
		if err := pause(ctx, wait); err != nil {
			return nil, err
		}
	}
}

// The server is asked again after waits that double up to a bound.
const firstWait = 5 * time.Millisecond

func longer(wait time.Duration) time.Duration { return min(2*wait, 100*time.Millisecond) }

// pause waits for half of d to d, so that many processes do not come at once, or
// until ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d/2 + mathrand.N(d/2+1))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// hold keeps a lease alive until the function it returns is called.
func (s *Store) hold(key string, held lease) func() {
	s.mu.Lock()
	s.leases[key] = held
	s.mu.Unlock()
	// No session needs a lock for longer; one that hangs is not to keep the fleet.
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	done := make(chan struct{})
	go func() {
		defer close(done)
		every := time.NewTicker(LeaseLife / 4)
		defer every.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-every.C:
				_ = keepLease.Run(ctx, s.client, []string{leaseName(key)}, held.holder, LeaseLife.Milliseconds()).Err() // the next tick tries again
			}
		}
	}()
	return sync.OnceFunc(func() {
		cancel()
		<-done
		s.mu.Lock()
		if s.leases[key] == held {
			delete(s.leases, key)
		}
		s.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = endLease.Run(ctx, s.client, []string{leaseName(key)}, held.holder).Err() // it ends by itself too
	})
}
