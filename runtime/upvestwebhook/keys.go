package upvestwebhook

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// ErrKeySet is wrapped by errors of fetching or reading the key set.
var ErrKeySet = errors.New("webhook key set")

// JWK is a public key of a key set (RFC 7517), with the members that are used here.
type JWK struct {
	KeyID string `json:"kid"`
	Type  string `json:"kty"` // "EC", or "OKP" for Ed25519
	Curve string `json:"crv"` // "P-521", "Ed25519"
	X     string `json:"x"`   // base64url without padding
	Y     string `json:"y"`
}

// ParseKeySet parses a JSON Web Key Set (RFC 7517, section 5): {"keys":[…]}. Errors wrap
// [ErrKeySet].
func ParseKeySet(data []byte) ([]JWK, error) {
	var set struct {
		Keys []JWK `json:"keys"`
	}
	if err := json.Unmarshal(data, &set); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrKeySet, err)
	}
	if set.Keys == nil {
		return nil, fmt.Errorf("%w: it has no array \"keys\"", ErrKeySet)
	}
	return set.Keys, nil
}

// public returns the public key. An ECDSA key must be a point of its curve.
func (k JWK) public() (crypto.PublicKey, error) {
	x, errX := base64.RawURLEncoding.Strict().DecodeString(k.X)
	y, errY := base64.RawURLEncoding.Strict().DecodeString(k.Y)
	if errX != nil || errY != nil {
		return nil, fmt.Errorf("%w: key %q: x or y is not base64url without padding", ErrKeySet, k.KeyID)
	}
	switch {
	case k.Type == "EC" && k.Curve == "P-521":
		const size = 66
		if len(x) != size || len(y) != size {
			return nil, fmt.Errorf("%w: key %q: x and y have %d and %d bytes, not %d", ErrKeySet, k.KeyID, len(x), len(y), size)
		}
		point := append(append([]byte{4}, x...), y...)
		public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P521(), point)
		if err != nil {
			return nil, fmt.Errorf("%w: key %q: %w", ErrKeySet, k.KeyID, err)
		}
		return public, nil
	case k.Type == "OKP" && k.Curve == "Ed25519":
		return ed25519.PublicKey(x), nil
	}
	return nil, fmt.Errorf("%w: key %q has kty %q and crv %q; supported are EC with P-521, and OKP with Ed25519", ErrKeySet, k.KeyID, k.Type, k.Curve)
}

// KeyPolicy says when [Keys] fetches the key set. The zero KeyPolicy is ready to use.
type KeyPolicy struct {
	// MaxAge is how long a key set is used before it is fetched again. 0: an hour.
	MaxAge time.Duration
	// MaxStale is how long a key set is used after it was fetched if fetching it again
	// fails. After that no key is trusted until a fetch succeeds, because the API may
	// have withdrawn them. 0: 24 hours.
	MaxStale time.Duration
	// MinInterval is the least time between two fetches, however many unknown keys
	// deliveries name. 0: 10 seconds.
	MinInterval time.Duration
	// Timeout is the longest time that one fetch may take. 0: 10 seconds.
	Timeout time.Duration
	// Now returns the time. Nil: time.Now.
	Now func() time.Time
}

// Keys is a key set that is fetched when it is needed, and cached. It is safe for
// concurrent use; all who wait for a fetch share one.
type Keys struct {
	fetch  func(context.Context) ([]JWK, error)
	policy KeyPolicy

	mu      sync.Mutex
	keys    map[string]httpsig.Key
	unfit   map[string]error // why a key of the set cannot be used
	fetched time.Time        // when the fetch of the keys began
	tried   time.Time        // when the last fetch began
	err     error            // of the last fetch
	flight  chan struct{}    // closed at the end of the fetch that is running; nil if none is
}

// NewKeys returns the key set that fetch returns, which may call GET /auth/verify_keys
// with the generated client. NewKeys does not fetch it yet.
func NewKeys(fetch func(context.Context) ([]JWK, error), policy KeyPolicy) *Keys {
	if policy.MaxAge == 0 {
		policy.MaxAge = time.Hour
	}
	if policy.MaxStale == 0 {
		policy.MaxStale = 24 * time.Hour
	}
	if policy.MinInterval == 0 {
		policy.MinInterval = 10 * time.Second
	}
	if policy.Timeout == 0 {
		policy.Timeout = 10 * time.Second
	}
	if policy.Now == nil {
		policy.Now = time.Now
	}
	return &Keys{fetch: fetch, policy: policy}
}

// Lookup returns the key with the id. If the set does not have it, Lookup fetches the
// set again, once, unless the last fetch was less than MinInterval ago. Errors wrap
// [httpsig.ErrUnknownKey], or [ErrKeySet] if the set cannot be fetched; waiting ends
// with the context. Use the method as the Keys of a [Policy].
func (k *Keys) Lookup(ctx context.Context, id string) (httpsig.Key, error) {
	for fetched := false; ; fetched = true {
		key, flight, err := k.cached(ctx, id, fetched)
		if flight == nil {
			return key, err
		}
		select {
		case <-flight:
		case <-ctx.Done():
			return httpsig.Key{}, fmt.Errorf("%w: the context ended while it was fetched: %w", ErrKeySet, ctx.Err())
		}
	}
}

// cached returns the key or why it is not known, or else a channel that is closed at the
// end of a fetch. fetched says that the caller has waited for one already.
func (k *Keys) cached(ctx context.Context, id string, fetched bool) (httpsig.Key, <-chan struct{}, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.policy.Now()
	// Times from before a clock was set back say no more than those of long ago.
	age, since := now.Sub(k.fetched).Abs(), now.Sub(k.tried).Abs()
	key, known := k.keys[id]
	if known && age < k.policy.MaxAge {
		return key, nil, nil
	}
	if !fetched && (k.flight != nil || k.tried.IsZero() || since >= k.policy.MinInterval) {
		if k.flight == nil {
			k.flight, k.tried = make(chan struct{}), now
			go k.refresh(context.WithoutCancel(ctx), k.flight)
		}
		return httpsig.Key{}, k.flight, nil
	}
	switch {
	case known && age < max(k.policy.MaxAge, k.policy.MaxStale):
		return key, nil, nil
	case k.err != nil:
		return httpsig.Key{}, nil, k.err
	case known:
		return httpsig.Key{}, nil, fmt.Errorf("%w: it is older than %v, and the next fetch is not due yet", ErrKeySet, k.policy.MaxStale)
	case k.unfit[id] != nil:
		return httpsig.Key{}, nil, fmt.Errorf("%w: %w", httpsig.ErrUnknownKey, k.unfit[id])
	}
	return httpsig.Key{}, nil, fmt.Errorf("%w: the key set has %d keys, but not this one", httpsig.ErrUnknownKey, len(k.keys))
}

// refresh fetches the set for all who wait, so its context does not end with one of
// theirs.
func (k *Keys) refresh(ctx context.Context, done chan struct{}) {
	ctx, cancel := context.WithTimeout(ctx, k.policy.Timeout)
	defer cancel()
	began := k.policy.Now()
	set, err := k.safeFetch(ctx)
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		// Also if the set is empty: then the API has withdrawn all keys.
		k.keys, k.unfit = keysOf(set)
		k.fetched = began
	}
	k.err, k.flight = err, nil
	close(done)
}

// safeFetch returns what fetch returns. It makes a panic of fetch an error, because
// nobody else can recover it in this goroutine.
func (k *Keys) safeFetch(ctx context.Context) (set []JWK, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: the function that fetches it panicked: %v", ErrKeySet, p)
		}
	}()
	set, err = k.fetch(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w: fetching it: %w", ErrKeySet, err)
	}
	return set, nil
}

// keysOf returns the keys of a set that can be used, and why the others cannot: the set
// may have types of keys that this package does not support. Two keys with the same id
// can both not be used.
func keysOf(set []JWK) (keys map[string]httpsig.Key, unfit map[string]error) {
	keys, unfit = map[string]httpsig.Key{}, map[string]error{}
	seen := map[string]bool{}
	for _, jwk := range set {
		if seen[jwk.KeyID] {
			delete(keys, jwk.KeyID)
			unfit[jwk.KeyID] = fmt.Errorf("%w: two keys have the id %q", ErrKeySet, jwk.KeyID)
			continue
		}
		seen[jwk.KeyID] = true
		public, err := jwk.public()
		if err != nil {
			unfit[jwk.KeyID] = err
			continue
		}
		key, err := httpsig.NewPublicKey(jwk.KeyID, public)
		if err != nil {
			unfit[jwk.KeyID] = err
			continue
		}
		keys[jwk.KeyID] = key
	}
	return keys, unfit
}
