package runtime_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	goruntime "runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/runtime/internal/faults"
)

// bank is an API with one operation that must not happen twice. It believes
// only what a signature covers, takes no nonce twice, and keeps its responses by
// idempotency key: the three things that make "exactly once" possible where
// requests are damaged, lost and repeated on the way.
type bank struct {
	verifier *httpsig.Verifier
	keys     sync.Map // idempotency key → *transfer
	tokens   atomic.Int64
	refused  atomic.Int64
	repeated atomic.Int64
}

// transfer is the one effect of a key.
type transfer struct {
	lock     sync.Mutex
	effects  int
	amount   int64
	body     [32]byte
	response []byte
}

type transferRequest struct {
	Amount int64  `json:"amount"`
	Note   string `json:"note"`
}

type transferResponse struct {
	Amount int64  `json:"amount"`
	Number string `json:"number"`
}

func newBank(t *testing.T, public ed25519.PublicKey, clock runtime.Clock) *bank {
	key, err := httpsig.NewPublicKey("key-1", public)
	require.NoError(t, err)
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
		Keys: func(_ context.Context, id string) (httpsig.Key, error) {
			if id != "key-1" {
				return httpsig.Key{}, httpsig.ErrUnknownKey
			}
			return key, nil
		},
		RequirePresent: []string{"@query", "accept", "authorization", "content-length", "content-type", "content-digest", "idempotency-key"},
		Nonces:         httpsig.NewMemoryNonces(1 << 20),
		Now:            clock.Now,
		Skew:           time.Hour, // the clock runs fast, and the faults are not about clocks
	})
	require.NoError(t, err)
	return &bank{verifier: verifier}
}

func (b *bank) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	problem := func(status int, detail string) {
		b.refused.Add(1)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"status":%d,"detail":%q}`, status, detail)
	}
	if r.URL.Path == "/oauth/token" {
		// Signed by the caller's session only where the API says so; this one does not.
		n := b.tokens.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"secret-token-%d","token_type":"bearer","expires_in":86400,"scope":"things:admin"}`, n)
		return
	}
	if _, err := b.verifier.Verify(r); err != nil {
		problem(http.StatusUnauthorized, err.Error())
		return
	}
	body, err := io.ReadAll(r.Body)
	key := r.Header.Get("Idempotency-Key")
	var asked transferRequest
	if err != nil || r.Method != http.MethodPost || key == "" || json.Unmarshal(body, &asked) != nil {
		problem(http.StatusBadRequest, "not a transfer")
		return
	}
	value, _ := b.keys.LoadOrStore(key, &transfer{})
	one := value.(*transfer)
	one.lock.Lock()
	defer one.lock.Unlock()
	if one.effects > 0 {
		b.repeated.Add(1)
		if one.body != sha256.Sum256(body) {
			problem(http.StatusConflict, "the key was used for another body")
			return
		}
	} else {
		one.effects++
		one.amount = asked.Amount
		one.body = sha256.Sum256(body)
		one.response, _ = json.Marshal(transferResponse{asked.Amount, "number of " + key})
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(one.response)
}

// fastClock runs 50 times as fast as time does, so that the runtime's own limits
// of 30 s and its waits are what ends what a fault has stalled.
type fastClock struct{ start time.Time }

func (c fastClock) Now() time.Time { return c.start.Add(50 * time.Since(c.start)) }

func (c fastClock) AfterFunc(d time.Duration, f func()) runtime.Timer {
	return time.AfterFunc(d/50, f)
}

// underRace is set when the race detector is on, under which calls take ten times as
// long.
var underRace bool

// alone skips a test in which nothing runs beside it and for which the race detector
// takes seconds. "make test" runs it without.
func alone(t *testing.T) {
	t.Helper()
	if underRace {
		t.Skip("nothing runs beside it")
	}
}

func TestTenThousandCallsThroughABrokenNetworkHaveOneEffectEach(t *testing.T) {
	const (
		workers = 32
		seed    = 7
	)
	calls := int64(10_000)
	if underRace {
		calls = 1_500
	}
	if testing.Short() {
		t.Skip("takes some seconds of CPU")
	}
	before := goruntime.NumGoroutine()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	clock := fastClock{time.Now()}
	api := thingsAPI()
	api.Signing = httpsig.UpvestV15().Signer
	bank := newBank(t, public, clock)
	server := httptest.NewUnstartedServer(bank)
	var connections atomic.Int64
	server.Config.ErrorLog = discardLog()
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			connections.Add(1)
		case http.StateClosed, http.StateHijacked:
			connections.Add(-1)
		}
	}
	server.Start()
	proxy, err := faults.New(server.Listener.Addr().String(), seed, 4<<10)
	require.NoError(t, err)
	transport := &http.Transport{MaxIdleConnsPerHost: workers}
	session, err := runtime.Open(api, runtime.Server{URL: "http://" + proxy.Addr()},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")},
		runtime.WithTransport(transport), runtime.WithKey("key-1", private), runtime.WithClock(clock))
	require.NoError(t, err)
	caller := runtime.NewCaller[thingsAdmin](runtime.Authorize[thingsAdmin](session))

	var (
		next    atomic.Int64
		again   atomic.Int64 // calls repeated by the application
		strange sync.Map
		wait    sync.WaitGroup
	)
	amount := func(n int64) int64 { return n*7919 + 1 }
	key := func(n int64) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }
	for range workers {
		wait.Go(func() {
			for n := next.Add(1) - 1; n < calls; n = next.Add(1) - 1 {
				for {
					r := runtime.NewRequest(&createThing)
					r.JSON(transferRequest{Amount: amount(n), Note: strings.Repeat("n", 200)})
					r.Accept("application/json")
					got, err := doJSON[transferResponse](t.Context(), caller, r,
						runtime.WithIdempotencyKey(key(n)))
					if err == nil && got.Amount == amount(n) {
						break
					}
					// What a careful application does: the same call, under the same key. A
					// damaged response is only told from a good one by what it says.
					again.Add(1)
					if err != nil {
						strange.Store(kindOf(err), err)
					}
				}
			}
		})
	}
	wait.Wait()

	for n := range calls {
		value, ok := bank.keys.Load(key(n))
		require.True(t, ok, "call %d had no effect", n)
		one := value.(*transfer)
		require.Equal(t, 1, one.effects)
		require.Equal(t, amount(n), one.amount)
		bank.keys.Delete(key(n))
	}
	bank.keys.Range(func(key, _ any) bool {
		t.Errorf("an effect under the key %q, which nobody sent", key)
		return true
	})
	struck := 0
	for f := range faults.Faults {
		require.Positive(t, proxy.Struck(faults.Fault(f)), "fault %d never struck", f)
		struck += proxy.Struck(faults.Fault(f))
	}
	kinds := ""
	strange.Range(func(kind, err any) bool {
		kinds += fmt.Sprintf("\n  %v, such as: %v", kind, err)
		noSecret(t, err.(error).Error())
		return true
	})
	t.Logf("%d faults; %d requests repeated under their key, %d refused, %d tokens; %d calls repeated by the application:%s",
		struck, bank.repeated.Load(), bank.refused.Load(), bank.tokens.Load(), again.Load(), kinds)
	require.Greater(t, struck, int(calls/10))
	require.Greater(t, bank.repeated.Load(), calls/100, "the faults must have hit after the effect too")

	// Nothing is left: of the connections, only idle ones were.
	transport.CloseIdleConnections()
	require.NoError(t, proxy.Close())
	server.Close()
	require.Zero(t, proxy.Open())
	require.Zero(t, connections.Load())
	for deadline := time.Now().Add(5 * time.Second); goruntime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond) // goroutines of closed connections are still on their way out
	}
	require.LessOrEqual(t, goruntime.NumGoroutine(), before)
}

func kindOf(err error) string {
	var api *runtime.Error
	switch {
	case errors.As(err, &api):
		return fmt.Sprint("status ", api.Status)
	case errors.Is(err, runtime.ErrNoResponse):
		return "no response"
	case errors.Is(err, runtime.ErrUnreadable):
		return "unreadable response"
	}
	return "token"
}
