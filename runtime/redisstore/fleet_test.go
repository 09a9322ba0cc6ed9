//go:build unix

package redisstore_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/redisstore"
)

// TestMain lets a test run this program again as a process of a fleet. The process
// waits for a line on its standard input, does what it is for, and prints what a
// number tells of it.
func TestMain(m *testing.M) {
	api, socket := os.Getenv("REDISSTORE_TEST_API"), os.Getenv("REDISSTORE_TEST_SOCKET")
	if api == "" {
		os.Exit(m.Run())
	}
	_, _ = os.Stdin.Read(make([]byte, 1))
	start := time.Now()
	var err error
	if n, _ := strconv.Atoi(os.Getenv("REDISSTORE_TEST_REFRESHES")); n > 0 {
		err = refreshMember(api, socket, n)
	} else if call, failed := member(api, patient(socket), runtime.WithClock(slowClock{})); failed == nil {
		err = call(context.Background())
	} else {
		err = failed
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(time.Since(start).Milliseconds())
	os.Exit(0)
}

func client(socket string) *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: socket, DialTimeout: time.Second, ReadTimeout: time.Second, MaxRetries: -1})
}

// patient is a client of a process of a fleet, which is not to take a busy machine for
// a store that is away.
func patient(socket string) *redis.Client {
	return redis.NewClient(&redis.Options{Network: "unix", Addr: socket, DialTimeout: time.Minute, ReadTimeout: time.Minute, PoolTimeout: time.Minute})
}

// slowClock is a clock on which limits last twenty times as long, for the same reason.
type slowClock struct{}

func (slowClock) Now() time.Time { return time.Now() }

func (slowClock) AfterFunc(d time.Duration, f func()) runtime.Timer { return time.AfterFunc(20*d, f) }

// member returns what makes a call in a session of its own.
func member(api string, client *redis.Client, opts ...runtime.Option) (func(context.Context) error, error) {
	store, err := redisstore.New(client, newKey)
	if err != nil {
		return nil, err
	}
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	session, err := upvest.Open(runtime.Server{Name: "test", URL: api}, runtime.Credentials{ClientID: "5a4d8f0e-0000-4000-8000-000000000001", ClientSecret: runtime.NewSecret("secret-of-the-fleet")},
		append(opts, runtime.WithKey("5a4d8f0e-0000-4000-8000-000000000002", key), runtime.WithStore(store), runtime.WithHeader("User-Agent", strconv.Itoa(os.Getpid())))...)
	if err != nil {
		return nil, err
	}
	reader := users.NewReader(runtime.Authorize[scope.UsersRead](session))
	return func(ctx context.Context) error {
		_, err := reader.RetrieveUser(ctx, "00000000-0000-4000-8000-000000000001")
		return err
	}, nil
}

// authority grants tokens and serves the API.
type authority struct {
	*httptest.Server
	grants  atomic.Int64
	life    atomic.Int64 // of tokens, in seconds
	onGrant func(n int64, pid int)
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{}
	a.life.Store(3600)
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/auth/token" {
			_ = json.NewEncoder(w).Encode(map[string]any{"id": "00000000-0000-0000-0000-000000000001"})
			return
		}
		n := a.grants.Add(1)
		if a.onGrant != nil {
			pid, _ := strconv.Atoi(r.UserAgent())
			a.onGrant(n, pid)
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": fmt.Sprint("token-", n), "token_type": "bearer", "expires_in": a.life.Load(), "scope": "users:read"})
	}))
	t.Cleanup(a.Close)
	return a
}

// fleet starts so many processes, lets them call at once, and returns the time
// that each took; those that were killed took none.
func fleet(t *testing.T, api string, s *server, size int, environment ...string) []time.Duration {
	t.Helper()
	var processes []*exec.Cmd
	var starts []io.WriteCloser
	outputs := make([]struct{ out, err safeBuffer }, size)
	for i := range size {
		c := exec.Command(os.Args[0])
		c.Env = append(append(os.Environ(), "REDISSTORE_TEST_API="+api, "REDISSTORE_TEST_SOCKET="+s.socket), environment...)
		c.Stdout, c.Stderr = &outputs[i].out, &outputs[i].err
		in, err := c.StdinPipe()
		require.NoError(t, err)
		require.NoError(t, c.Start())
		t.Cleanup(func() { _ = c.Process.Kill() }) // in case the test fails before it has ended
		processes, starts = append(processes, c), append(starts, in)
	}
	for _, in := range starts {
		_, _ = in.Write([]byte("\n"))
	}
	var took []time.Duration
	for i, c := range processes {
		if err := c.Wait(); err != nil {
			require.Contains(t, err.Error(), "killed", outputs[i].err.String())
			continue
		}
		ms, err := strconv.Atoi(outputs[i].out.String())
		require.NoError(t, err)
		took = append(took, time.Duration(ms)*time.Millisecond)
	}
	return took
}

func TestAFleetThatStartsColdFetchesOneToken(t *testing.T) {
	s, a := newServer(t), newAuthority(t)
	took := fleet(t, a.URL, s, *members)
	require.Len(t, took, *members)
	require.EqualValues(t, 1, a.grants.Load())
	t.Log("the longest call took", slices.Max(took))
}

// Nobody waits longer than the lease: when its holder is dead, the server ends it
// within LeaseLife by its own clock, and one of those who wait takes it and makes the
// second request. There are no more, so nobody waited for another lease or gave up.
func TestAProcessThatDiesWithTheLeaseIsReplaced(t *testing.T) {
	t.Parallel() // it waits for a lease to end
	require.LessOrEqual(t, redisstore.LeaseLife, 5*time.Second)
	s, a := newServer(t), newAuthority(t)
	client := s.client()
	defer client.Close()
	lease := func() (holder string, left time.Duration) {
		names := client.Keys(t.Context(), "*:lease").Val()
		assert.Len(t, names, 1)
		return client.Get(t.Context(), names[0]).Val(), client.PTTL(t.Context(), names[0]).Val()
	}
	var dead string
	a.onGrant = func(n int64, pid int) {
		if n == 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL) // a process that this test has started
			holder, left := lease()
			dead = holder
			assert.Positive(t, left)
			assert.LessOrEqual(t, left, redisstore.LeaseLife)
			return
		}
		holder, _ := lease()
		assert.NotEqual(t, dead, holder)
	}
	took := fleet(t, a.URL, s, *members)
	require.Len(t, took, *members-1)
	require.EqualValues(t, 2, a.grants.Load())
	t.Log("the longest call took", slices.Max(took))
}

// While the server is killed and started again, no call fails.
func TestNoCallFailsWhileTheServerIsRestarted(t *testing.T) {
	s, a := newServer(t), newAuthority(t)
	a.life.Store(2) // so that tokens are fetched all the time
	call, err := member(a.URL, client(s.socket))
	require.NoError(t, err)
	calls := int64(200 * *members)
	var left, failed atomic.Int64
	left.Store(calls)
	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			for left.Add(-1) >= 0 {
				if err := call(t.Context()); err != nil {
					failed.Add(1)
					t.Log(err)
				}
			}
		})
	}
	for _, at := range []int64{calls * 8 / 10, calls * 5 / 10, calls * 2 / 10} {
		require.Eventually(t, func() bool { return left.Load() < at }, time.Minute, time.Millisecond)
		s.kill()
		require.Eventually(t, func() bool { return left.Load() < at-calls/10 }, time.Minute, time.Millisecond)
		s.start()
	}
	workers.Wait()
	require.Zero(t, failed.Load())
}

type safeBuffer struct {
	mu   sync.Mutex
	text []byte
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.text = append(b.text, p...)
	return len(p), nil
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return string(b.text)
}
