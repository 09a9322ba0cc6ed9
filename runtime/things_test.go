package runtime_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// Things is a small API that the tests of calls talk to: a token endpoint, and
// behind it whatever handler a test brings.

type thingsRead interface{ thingsRead() }
type thingsAdmin interface{ thingsAdmin() }

func thingsAPI() *clientimpl.API {
	return &clientimpl.API{
		Name: "things",
		Scopes: clientimpl.NewScopes(
			clientimpl.Scope{Name: "things:read", Pointer: (*thingsRead)(nil)},
			clientimpl.Scope{Name: "things:admin", Pointer: (*thingsAdmin)(nil)},
		),
		Token:       clientimpl.TokenEndpoint{Path: "/oauth/token"},
		Headers:     map[string]string{"things-client-id": "client {client_id}", "things-version": "1"},
		RequestID:   "Things-Request-Id",
		Idempotency: "idempotency-key",
	}
}

var (
	getThing    = clientimpl.Operation{ID: "get_thing", Method: http.MethodGet, Path: "/things/{id}", Requires: [][]string{{"things:read"}, {"things:admin"}}}
	createThing = clientimpl.Operation{ID: "create_thing", Method: http.MethodPost, Path: "/things", Requires: [][]string{{"things:admin"}}, IdempotencyKey: true}
	pokeThing   = clientimpl.Operation{ID: "poke_thing", Method: http.MethodPost, Path: "/things/poke"}
)

type thing struct {
	ID   string                   `json:"id"`
	Size runtime.Optional[int64]  `json:"size,omitzero"`
	Note runtime.Optional[string] `json:"note,omitzero"`
}

// things is a server with its token endpoint and a session for it.
type things struct {
	*httptest.Server
	session *runtime.Session
	clock   *quickClock
	tokens  atomic.Int64 // issued so far
}

func newThings(t testing.TB, api *clientimpl.API, handler http.HandlerFunc, opts ...runtime.Option) *things {
	t.Helper()
	s := &things{clock: newQuickClock()}
	// No ServeMux: it would answer unusual paths itself.
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.RequestURI != "/oauth/token" {
			handler(w, r)
			return
		}
		n := s.tokens.Add(1)
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"secret-token-%d","token_type":"bearer","expires_in":86400,"scope":%q}`, n, r.FormValue("scope"))
	}))
	t.Cleanup(s.Close)
	session, err := runtime.Open(api, runtime.Server{Name: "test", URL: s.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")},
		append([]runtime.Option{runtime.WithClock(s.clock)}, opts...)...)
	require.NoError(t, err)
	s.session = session
	return s
}

func (s *things) reader() runtime.Caller {
	return runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.session))
}

func (s *things) admin() runtime.Caller {
	return runtime.NewCaller[thingsAdmin](runtime.Authorize[thingsAdmin](s.session))
}

func (s *things) get(id string) *runtime.Request {
	r := runtime.NewRequest(&getThing)
	r.Path("id", id)
	r.Accept("application/json")
	return r
}

func (s *things) create(v any) *runtime.Request {
	r := runtime.NewRequest(&createThing)
	r.JSON(v)
	r.Accept("application/json")
	return r
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// quickClock is a clock on which short waits are over at once, so that tests
// need not wait for them; it remembers them. Long ones fire when the test says.
type quickClock struct {
	lock   sync.Mutex
	now    time.Time
	waits  []time.Duration
	timers []*quickTimer
	onLong func(d time.Duration) // told of each long timer, where a test wants to know
}

// shortWait is below every time limit of the runtime and above what backoff alone makes.
const shortWait = 29 * time.Second

func newQuickClock() *quickClock { return &quickClock{now: time.Now()} }

func (c *quickClock) Now() time.Time {
	c.lock.Lock()
	defer c.lock.Unlock()
	return c.now
}

// waited returns the short waits so far.
func (c *quickClock) waited() []time.Duration {
	c.lock.Lock()
	defer c.lock.Unlock()
	return append([]time.Duration(nil), c.waits...)
}

type quickTimer struct {
	clock *quickClock
	at    time.Time
	f     func()
	done  bool
}

func (c *quickClock) AfterFunc(d time.Duration, f func()) runtime.Timer {
	c.lock.Lock()
	defer c.lock.Unlock()
	timer := &quickTimer{clock: c, at: c.now.Add(d), f: f}
	if d < shortWait {
		c.now = timer.at
		c.waits = append(c.waits, d)
		timer.done = true
		go f()
		return timer
	}
	c.timers = append(c.timers, timer)
	if c.onLong != nil {
		go c.onLong(d)
	}
	return timer
}

func (t *quickTimer) Stop() bool {
	t.clock.lock.Lock()
	defer t.clock.lock.Unlock()
	stopped := !t.done
	t.done = true
	return stopped
}

// advance fires the long timers that are due by then.
func (c *quickClock) advance(d time.Duration) {
	c.lock.Lock()
	c.now = c.now.Add(d)
	var due []func()
	for _, timer := range c.timers {
		if !timer.done && !timer.at.After(c.now) {
			timer.done = true
			due = append(due, timer.f)
		}
	}
	c.lock.Unlock()
	for _, f := range due {
		f()
	}
}

// noSecret fails when a text holds what must never be printed.
func noSecret(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		for _, secret := range []string{"s3cret", "secret-token"} {
			require.False(t, strings.Contains(text, secret), "the text holds %q: %s", secret, text)
		}
	}
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }

// received is what a server saw of one request.
type received struct {
	method, uri, body string
	header            http.Header
	length            int64
}

// sightings are the requests that a server has received.
type sightings struct {
	lock sync.Mutex
	all  []received
}

// add keeps r and returns how many there are now.
func (s *sightings) add(r *http.Request) int {
	body, _ := io.ReadAll(r.Body)
	s.lock.Lock()
	defer s.lock.Unlock()
	s.all = append(s.all, received{r.Method, r.RequestURI, string(body), r.Header, r.ContentLength})
	return len(s.all)
}

func (s *sightings) list() []received {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]received(nil), s.all...)
}

func (s *sightings) count() int { return len(s.list()) }

func (s *sightings) reset() {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.all = nil
}

// doJSON is runtime.DoJSON into a new T.
func doJSON[T any](ctx context.Context, c runtime.Caller, r *runtime.Request, opts ...runtime.CallOption) (*T, error) {
	var v T
	if err := runtime.DoJSON(ctx, c, r, &v, opts...); err != nil {
		return nil, err
	}
	return &v, nil
}
