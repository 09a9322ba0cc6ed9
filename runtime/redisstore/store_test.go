//go:build unix

package redisstore_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/redisstore"
)

var (
	oldKey = bytes.Repeat([]byte("o"), 32)
	newKey = bytes.Repeat([]byte("n"), 32)
)

func open(t *testing.T, client redis.UniversalClient, keys ...[]byte) *redisstore.Store {
	t.Helper()
	store, err := redisstore.New(client, keys...)
	require.NoError(t, err)
	return store
}

func token(value string) runtime.StoredToken {
	return runtime.StoredToken{Value: runtime.NewSecret(value), Expires: time.Now().Add(time.Hour).Round(time.Millisecond), Scopes: []string{"users:read"}}
}

func TestWhatWasPutIsThereAndNobodyCanReadIt(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		client := s.client()
		defer client.Close()
		store := open(t, client, newKey)
		ctx := t.Context()

		_, ok, err := store.Get(ctx, "k")
		require.NoError(t, err)
		require.False(t, ok)
		for _, scopes := range [][]string{nil, {}, {"a", "b"}} {
			want := token("a-secret-token")
			want.Scopes = scopes
			require.NoError(t, store.Put(ctx, "k", want))
			got, ok, err := store.Get(ctx, "k")
			require.NoError(t, err)
			require.True(t, ok)
			require.Equal(t, want.Value.Reveal(), got.Value.Reveal())
			require.True(t, want.Expires.Equal(got.Expires))
			require.Equal(t, want.Scopes, got.Scopes)
		}
		life, err := client.PTTL(ctx, "{k}:token").Result()
		require.NoError(t, err)
		require.InDelta(t, time.Hour, life, float64(time.Minute))
		for _, name := range client.Keys(ctx, "*").Val() {
			require.NotContains(t, name, "secret")
			require.NotContains(t, client.Get(ctx, name).Val(), "secret-token")
			require.NotContains(t, client.Get(ctx, name).Val(), "users")
		}

		expired := token("old")
		expired.Expires = time.Now().Add(-time.Second)
		require.NoError(t, store.Put(ctx, "expired", expired))
		_, ok, err = store.Get(ctx, "expired")
		require.NoError(t, err)
		require.False(t, ok)
	})
}

func TestAnEncryptionKeyIsReplacedWithoutLosingATokenOrTakingAFalseOne(t *testing.T) {
	s := newServer(t)
	client := s.client()
	defer client.Close()
	ctx := t.Context()
	before, between, after := open(t, client, oldKey), open(t, client, newKey, oldKey), open(t, client, newKey)
	require.NoError(t, before.Put(ctx, "k", token("t")))
	got, ok, err := between.Get(ctx, "k")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, "t", got.Value.Reveal())
	_, _, err = after.Get(ctx, "k")
	require.ErrorContains(t, err, "cannot be decrypted")

	// Nobody who can write to the server can put one token in another's place,
	// or make one up.
	stored := client.Get(ctx, "{k}:token").Val()
	flipped := []byte(stored)
	flipped[len(flipped)-1] ^= 1
	for name, value := range map[string]string{
		"moved": stored, "flipped": string(flipped), "cut": stored[:20], "empty": "", "format": "\x02" + stored[1:], "nonsense": strings.Repeat("x", 100),
	} {
		require.NoError(t, client.Set(ctx, "{other}:token", value, time.Hour).Err())
		_, ok, err := between.Get(ctx, "other")
		require.Error(t, err, name)
		require.False(t, ok, name)
	}

	for _, keys := range [][][]byte{nil, {[]byte("short")}, {newKey, nil}} {
		_, err := redisstore.New(client, keys...)
		require.ErrorContains(t, err, "encryption key")
		require.NotContains(t, err.Error(), "short")
	}
}

func TestOnlyOneHoldsALeaseAndALateHolderStoresNothing(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		client := s.client()
		defer client.Close()
		ctx := t.Context()
		first, second := open(t, client, newKey), open(t, client, newKey)
		unlock, err := first.Lock(ctx, "k")
		require.NoError(t, err)
		limited, cancel := context.WithTimeout(ctx, 300*time.Millisecond)
		defer cancel()
		_, err = second.Lock(limited, "k")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		// Who has no lease stores nothing while another fetches.
		require.ErrorIs(t, second.Put(ctx, "k", token("second")), redisstore.ErrOvertaken)
		require.NoError(t, first.Put(ctx, "k", token("first")))
		unlock()
		unlock()

		// The first falls asleep with a lease, which ends, and the second takes it.
		unlock, err = first.Lock(ctx, "k")
		require.NoError(t, err)
		defer unlock()
		require.NoError(t, client.Del(ctx, "{k}:lease").Err())
		other, err := second.Lock(ctx, "k")
		require.NoError(t, err)
		require.NoError(t, second.Put(ctx, "k", token("newer")))
		require.ErrorIs(t, first.Put(ctx, "k", token("late")), redisstore.ErrOvertaken)
		unlock() // ends nobody else's lease
		require.EqualValues(t, 1, client.Exists(ctx, "{k}:lease").Val())
		other()
		require.EqualValues(t, 0, client.Exists(ctx, "{k}:lease").Val())
		require.ErrorIs(t, first.Put(ctx, "k", token("late")), nil, "nobody holds a lease, and a token without one is stored")
		got, _, err := second.Get(ctx, "k")
		require.NoError(t, err)
		require.Equal(t, "late", got.Value.Reveal())
	})
}

// A server that was restarted knows no numbers of leases any more.
func TestALateHolderStoresNothingAfterARestartEither(t *testing.T) {
	s := newServer(t)
	client := s.client()
	defer client.Close()
	ctx := t.Context()
	first, second := open(t, client, newKey), open(t, client, newKey)
	late, err := first.Lock(ctx, "k")
	require.NoError(t, err)
	defer late()
	s.kill()
	s.start()
	unlock, err := second.Lock(ctx, "k")
	require.NoError(t, err)
	require.ErrorIs(t, first.Put(ctx, "k", token("late")), redisstore.ErrOvertaken)
	require.NoError(t, second.Put(ctx, "k", token("newer")))
	unlock()
	require.ErrorIs(t, first.Put(ctx, "k", token("late")), redisstore.ErrOvertaken)
	got, _, err := first.Get(ctx, "k")
	require.NoError(t, err)
	require.Equal(t, "newer", got.Value.Reveal())
}

// printed is what a test that fails prints of values, with all of their fields.
type printed struct{ strings.Builder }

func (p *printed) Errorf(format string, args ...any) { fmt.Fprintf(p, format, args...) }

func TestNothingPrintsAnEncryptionKey(t *testing.T) {
	client := redis.NewClient(&redis.Options{})
	defer client.Close()
	store := open(t, client, newKey)
	var out printed
	assert.Equal(&out, store, open(t, client, oldKey))
	fmt.Fprintf(&out, "%v %+v %#v", store, store, store)
	require.NotContains(t, out.String(), "nnnn")
	require.NotContains(t, out.String(), fmt.Sprint(binary.LittleEndian.Uint32(newKey)), "a word of the key")
	require.NotContains(t, out.String(), "6e6e6e6e")
}

func TestCallsGoOnWhateverTheServerDoes(t *testing.T) {
	a := newAuthority(t)
	for name, spoil := range map[string]func(*server){
		"Full": func(s *server) {
			require.NoError(t, s.client().ConfigSet(t.Context(), "maxmemory", "1").Err())
		},
		"NoReplies": func(s *server) {
			require.NoError(t, s.client().Do(t.Context(), "CLIENT", "PAUSE", "60000", "ALL").Err())
		},
		"Nonsense": func(s *server) {
			s.kill()
			listener, err := net.Listen("unix", s.socket)
			require.NoError(t, err)
			t.Cleanup(func() { _ = listener.Close() })
			go func() {
				for {
					c, err := listener.Accept()
					if err != nil {
						return
					}
					_, _ = c.Write(bytes.Repeat([]byte("nonsense\r\n"), 1000))
					_ = c.Close()
				}
			}()
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			spoil(s)
			before := a.grants.Load()
			call, err := member(a.URL, client(s.socket))
			require.NoError(t, err)
			for range 5 {
				require.NoError(t, call(t.Context()))
			}
			require.Equal(t, before+1, a.grants.Load(), "a fetch of its own, and no more")
		})
	}
}

// A server that is full, or that is none, costs a session its own fetch.
func TestAServerThatCannotServeIsAnError(t *testing.T) {
	s := newServer(t)
	client := s.client()
	defer client.Close()
	ctx := t.Context()
	store := open(t, client, newKey)
	require.NoError(t, client.ConfigSet(ctx, "maxmemory", "1").Err())
	require.Error(t, store.Put(ctx, "k", token("t")))
	_, err := store.Lock(ctx, "k")
	require.Error(t, err)

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = c.Write(bytes.Repeat([]byte("nonsense\r\n"), 1000))
			_ = c.Close()
		}
	}()
	strange := redis.NewClient(&redis.Options{Addr: listener.Addr().String(), MaxRetries: -1, ReadTimeout: time.Second})
	defer strange.Close()
	_, ok, err := open(t, strange, newKey).Get(ctx, "k")
	require.Error(t, err)
	require.False(t, ok)
}
