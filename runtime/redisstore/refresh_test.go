//go:build unix

package redisstore_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/runtime/redisstore"
)

var (
	members   = flag.Int("members", 20, "how many processes a fleet has")
	refreshes = flag.Int("refreshes", 4, "how often each of them refreshes")
)

type readThings interface{ readThings() }

var listThings = clientimpl.Operation{ID: "list_things", Method: "GET", Path: "/things", Requires: [][]string{{"things:read"}}}

const person = "person-7"

// personal returns what makes a call in a session of the person.
func personal(url string, store *redisstore.Store, opts ...runtime.Option) (func(context.Context) error, error) {
	session, err := openPersonal(url, store, opts...)
	if err != nil {
		return nil, err
	}
	caller := runtime.NewCaller[readThings](runtime.Authorize[readThings](session))
	return func(ctx context.Context) error { return runtime.DoEmpty(ctx, caller, runtime.NewRequest(&listThings)) }, nil
}

func openPersonal(url string, store *redisstore.Store, opts ...runtime.Option) (*runtime.Session, error) {
	g := grant.RefreshToken{
		Client: runtime.Credentials{ClientID: "app", Authentication: clientauth.None()},
		Store:  store.RefreshTokens(person), Name: person,
	}
	return runtime.Open(&clientimpl.API{
		Name:   "things",
		Scopes: clientimpl.NewScopes(clientimpl.Scope{Name: "things:read", Pointer: (*readThings)(nil)}),
		Token:  clientimpl.TokenEndpoint{Path: "/token", Revoke: "/revoke", Grants: []string{"refresh_token"}, Authentication: []string{"none"}},
	}, runtime.Server{URL: url}, g, append([]runtime.Option{runtime.WithHeader("User-Agent", strconv.Itoa(os.Getpid())), runtime.WithoutRetry()}, opts...)...)
}

// refreshMember is a process that makes n calls, each of which refreshes.
func refreshMember(url, socket string, n int) error {
	store, err := redisstore.New(client(socket), newKey)
	if err != nil {
		return err
	}
	var opts []runtime.Option
	if os.Getenv("REDISSTORE_TEST_DIES") != "" {
		opts = append(opts, runtime.WithTransport(dying{}))
	}
	call, err := personal(url, store, opts...)
	if err != nil {
		return err
	}
	for n > 0 {
		switch err := call(context.Background()); {
		case err == nil:
			n--
		case errors.Is(err, grant.ErrAuthorizeAgain):
			return err
		default: // the server is away
			<-time.After(20 * time.Millisecond)
		}
	}
	return nil
}

// dying is a transport of a process that is killed when it has got an access token.
type dying struct{}

func (dying) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(r)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	return resp, err
}

// rotating is an authorization server that gives a new refresh token with each
// access token, and takes a refresh token that comes again for stolen.
type rotating struct {
	*httptest.Server
	keep      bool // it does not rotate
	life      string
	onRefresh func(n int)

	mu      sync.Mutex
	current string // "" after a theft
	done    int
	reused  int
	now     int
	most    int // refreshes at once
	revoked []string
}

func newRotating(t *testing.T) *rotating {
	t.Helper()
	a := &rotating{current: "refresh-0"}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/token":
		case "/revoke":
			a.mu.Lock()
			defer a.mu.Unlock()
			a.revoked = append(a.revoked, r.PostFormValue("token"))
			return
		default:
			w.WriteHeader(http.StatusNoContent)
			return
		}
		sent := r.PostFormValue("refresh_token")
		a.mu.Lock()
		a.now++
		a.most = max(a.most, a.now)
		w.Header().Set("Content-Type", "application/json")
		if sent != a.current {
			a.reused++
			a.current = ""
			a.now--
			a.mu.Unlock()
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(`{"error":"invalid_grant"}`))
			return
		}
		a.done++
		n := a.done
		if !a.keep {
			a.current = fmt.Sprint("refresh-", n)
		}
		next := a.current
		a.mu.Unlock()
		if a.onRefresh != nil {
			a.onRefresh(n)
		}
		a.mu.Lock()
		a.now--
		a.mu.Unlock()
		_, _ = fmt.Fprintf(w, `{"access_token":"access-%d","token_type":"bearer","refresh_token":%q%s}`, n, next, a.life)
	}))
	t.Cleanup(a.Close)
	return a
}

// requireSound requires that so many refreshes came, one at a time, and none with a
// refresh token that was good no more.
func (a *rotating) requireSound(t *testing.T, refreshes int) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	require.Zero(t, a.reused, "refresh tokens that came twice")
	require.Equal(t, refreshes, a.done)
	require.LessOrEqual(t, a.most, 1, "refreshes at once")
}

// logIn stores a refresh token, as a login does.
func logIn(t *testing.T, store *redisstore.Store, token string) {
	t.Helper()
	require.NoError(t, store.RefreshTokens(person).Update(t.Context(), func(_ grant.RefreshState, save func(grant.RefreshState) error) error {
		return save(grant.RefreshState{Token: runtime.NewSecret(token)})
	}))
}

// stored returns what is stored.
func stored(t *testing.T, store *redisstore.Store) (state grant.RefreshState) {
	t.Helper()
	require.NoError(t, store.RefreshTokens(person).Update(t.Context(), func(found grant.RefreshState, _ func(grant.RefreshState) error) error {
		state = found
		return nil
	}))
	return state
}

func inProcess(t *testing.T, s *server, a *rotating) (*redisstore.Store, func(context.Context) error) {
	t.Helper()
	store := open(t, client(s.socket), newKey)
	call, err := personal(a.URL, store)
	require.NoError(t, err)
	return store, call
}

func TestAFleetSharesARefreshTokenThatRotates(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	logIn(t, open(t, client(s.socket), newKey), "refresh-0")
	start := time.Now()
	took := fleet(t, a.URL, s, *members, fmt.Sprint("REDISSTORE_TEST_REFRESHES=", *refreshes))
	require.Len(t, took, *members)
	a.requireSound(t, *members**refreshes)
	t.Logf("%d processes refreshed %d times in %s", *members, *members**refreshes, time.Since(start))
}

// The server is killed in the middle of refreshes, at the worst moment: when the
// authorization server has rotated and the new refresh token is not stored yet.
func TestAFleetKeepsItsRefreshTokenWhileTheServerIsRestarted(t *testing.T) {
	s, a := newServer(t, durable...), newRotating(t)
	logIn(t, open(t, client(s.socket), newKey), "refresh-0")
	kill, killed := make(chan struct{}), make(chan struct{})
	a.onRefresh = func(n int) {
		if n == 20 || n == 50 || n == 80 {
			kill <- struct{}{}
			<-killed
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 3 {
			<-kill
			s.kill()
			killed <- struct{}{}
			s.start()
		}
	}()
	took := fleet(t, a.URL, s, *members, "REDISSTORE_TEST_REFRESHES=5")
	<-done
	require.Len(t, took, *members)
	// After a failure a caller does not wait for the refresh that comes next.
	require.GreaterOrEqual(t, a.done, 100)
	a.requireSound(t, a.done)
}

func TestAProcessThatIsKilledBeforeItStoredTheRefreshTokenCostsALogin(t *testing.T) {
	t.Parallel() // it waits for a lease to end
	s, a := newServer(t), newRotating(t)
	store, call := inProcess(t, s, a)
	logIn(t, store, "refresh-0")
	require.Empty(t, fleet(t, a.URL, s, 1, "REDISSTORE_TEST_REFRESHES=1", "REDISSTORE_TEST_DIES=1"))
	a.requireSound(t, 1)

	err := call(t.Context())
	require.ErrorContains(t, err, "has not stored what came of it: call again")
	require.NotErrorIs(t, err, grant.ErrAuthorizeAgain, "the process may be alive")
	later(t, s)
	_, call = inProcess(t, s, a) // without the pause after the failure
	err = call(t.Context())
	require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
	require.ErrorContains(t, err, "a person must authorize the client again")
	a.requireSound(t, 1)

	logIn(t, store, "refresh-1")
	_, call = inProcess(t, s, a)
	require.NoError(t, call(t.Context()))
}

// later makes half a minute pass for what is stored of the refresh token.
func later(t *testing.T, s *server) {
	t.Helper()
	c := s.client()
	defer c.Close()
	name := c.Keys(t.Context(), "*:state").Val()[0]
	number, err := c.HGet(t.Context(), name, "number").Int64()
	require.NoError(t, err)
	require.NoError(t, c.HSet(t.Context(), name, "number", number-(30*time.Second).Microseconds()).Err())
}

// loseLease makes a lease end, as if its holder had slept.
func loseLease(t *testing.T, s *server) {
	t.Helper()
	c := s.client()
	defer c.Close()
	for _, name := range c.Keys(t.Context(), "*:lease").Val() {
		require.NoError(t, c.Del(t.Context(), name).Err())
	}
}

func TestALateProcessNeitherSendsNorOverwritesARefreshToken(t *testing.T) {
	onEach(t, func(t *testing.T, s *server) {
		late, other := open(t, client(s.socket), newKey), open(t, client(s.socket), newKey)
		logIn(t, other, "r1")
		spend := func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			state.Spent = true
			return save(state)
		}
		replace := func(token string) func(grant.RefreshState, func(grant.RefreshState) error) error {
			return func(state grant.RefreshState, save func(grant.RefreshState) error) error {
				if err := spend(state, save); err != nil {
					return err
				}
				return save(grant.RefreshState{Token: runtime.NewSecret(token), Rotates: "yes"})
			}
		}
		// It falls asleep before it has begun: another refreshes, and it may not send.
		require.ErrorContains(t, late.RefreshTokens(person).Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			loseLease(t, s)
			require.NoError(t, other.RefreshTokens(person).Update(t.Context(), replace("r2")))
			return spend(state, save)
		}), "another refresh token was stored meanwhile")
		require.Equal(t, "r2", stored(t, other).Token.Reveal())

		// It falls asleep after it has begun: nobody else may begin, and what it got counts.
		require.NoError(t, late.RefreshTokens(person).Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			require.NoError(t, spend(state, save))
			loseLease(t, s)
			require.ErrorContains(t, stored(t, other).Err, "call again")
			return save(grant.RefreshState{Token: runtime.NewSecret("r3"), Rotates: "yes"})
		}))
		require.Equal(t, "r3", stored(t, other).Token.Reveal())

		// Meanwhile a person logged in: that counts.
		require.ErrorContains(t, late.RefreshTokens(person).Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
			require.NoError(t, spend(state, save))
			loseLease(t, s)
			logIn(t, other, "new-1")
			return save(grant.RefreshState{Token: runtime.NewSecret("r4"), Rotates: "yes"})
		}), "another refresh token was stored meanwhile")
		require.Equal(t, "new-1", stored(t, other).Token.Reveal())
		require.NoError(t, stored(t, late).Err)
	})
}

// lostReply is a connection that breaks before the reply to the nth command comes.
type lostReply struct {
	redis.Hook
	left int
}

func (h *lostReply) DialHook(next redis.DialHook) redis.DialHook { return next }
func (h *lostReply) ProcessPipelineHook(p redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return p
}
func (h *lostReply) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, command redis.Cmder) error {
		err := next(ctx, command)
		if err == nil && strings.HasPrefix(command.Name(), "eval") && strings.Contains(fmt.Sprint(command.Args()...), ":state") && len(command.Args()) > 5 {
			if h.left--; h.left == 0 {
				return errors.New("the connection broke")
			}
		}
		return err
	}
}

func TestARefreshThatMayHaveBegunAndWasNotSentCostsNothing(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	logIn(t, open(t, client(s.socket), newKey), "refresh-0")
	c := client(s.socket)
	defer c.Close()
	c.AddHook(&lostReply{left: 1})
	call, err := personal(a.URL, open(t, c, newKey))
	require.NoError(t, err)
	err = call(t.Context())
	require.ErrorContains(t, err, "the connection broke")
	require.NotErrorIs(t, err, grant.ErrAuthorizeAgain)
	a.requireSound(t, 0)
	_, other := inProcess(t, s, a)
	require.NoError(t, other(t.Context()))
	a.requireSound(t, 1)
}

func TestTheReplyToTheStoringOfARefreshTokenIsLost(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	logIn(t, open(t, client(s.socket), newKey), "refresh-0")
	c := client(s.socket)
	defer c.Close()
	c.AddHook(&lostReply{left: 2})
	call, err := personal(a.URL, open(t, c, newKey))
	require.NoError(t, err)
	for range 3 {
		require.NoError(t, call(t.Context()))
	}
	a.requireSound(t, 3)
}

func TestAServerThatForgetsARefreshUnderWayGetsItsOutcome(t *testing.T) {
	s := newServer(t)
	store := open(t, client(s.socket), newKey)
	logIn(t, store, "r1")
	require.NoError(t, store.RefreshTokens(person).Update(t.Context(), func(state grant.RefreshState, save func(grant.RefreshState) error) error {
		state.Spent = true
		require.NoError(t, save(state))
		s.kill()
		s.start() // empty
		return save(grant.RefreshState{Token: runtime.NewSecret("r2"), Rotates: "yes"})
	}))
	require.Equal(t, "r2", stored(t, open(t, client(s.socket), newKey)).Token.Reveal())
}

// A server goes back to what it had saved a while ago.
func TestARefreshTokenThatMayHaveBeenUsedIsNotSent(t *testing.T) {
	for name, test := range map[string]struct {
		options []string
		keep    bool
		again   bool
	}{
		"ASnapshot":              {again: true},
		"ASnapshotAndNoRotation": {keep: true},
		"EachWriteIsKept":        {options: durable},
	} {
		t.Run(name, func(t *testing.T) {
			s, a := newServer(t, test.options...), newRotating(t)
			a.keep = test.keep
			store, call := inProcess(t, s, a)
			logIn(t, store, "refresh-0")
			require.NoError(t, call(t.Context()))
			c := s.client()
			defer c.Close()
			require.NoError(t, c.Save(t.Context()).Err())
			require.NoError(t, call(t.Context()))
			s.kill()
			s.start()
			_, call = inProcess(t, s, a)
			err := call(t.Context())
			if !test.again {
				require.NoError(t, err)
				a.requireSound(t, 3)
				return
			}
			require.ErrorIs(t, err, grant.ErrAuthorizeAgain)
			require.ErrorContains(t, err, "the server was restarted")
			a.requireSound(t, 2)
			logIn(t, store, "refresh-2")
			_, call = inProcess(t, s, a)
			require.NoError(t, call(t.Context()))
		})
	}
}

func TestCallsGoOnWithTheAccessTokenWhileTheServerIsAway(t *testing.T) {
	s, a := newServer(t, durable...), newRotating(t)
	a.life = `,"expires_in":3600`
	store, call := inProcess(t, s, a)
	logIn(t, store, "refresh-0")
	require.NoError(t, call(t.Context()))
	_, cold := inProcess(t, s, a)
	s.kill()
	for range 10 {
		require.NoError(t, call(t.Context()))
	}
	err := cold(t.Context())
	require.Error(t, err)
	require.NotErrorIs(t, err, grant.ErrAuthorizeAgain)
	s.start()
	_, cold = inProcess(t, s, a) // without the pause after the failure
	require.NoError(t, cold(t.Context()))
	a.requireSound(t, 2)
}

func TestARefreshTokenIsEncryptedAndItsKeyReplaced(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	c := s.client()
	defer c.Close()
	with := func(keys ...[]byte) (*redisstore.Store, func(context.Context) error) {
		store := open(t, c, keys...)
		call, err := personal(a.URL, store)
		require.NoError(t, err)
		return store, call
	}
	before, _ := with(oldKey)
	logIn(t, before, "refresh-0")
	names := c.Keys(t.Context(), "*").Val()
	require.NotEmpty(t, names)
	for _, name := range names {
		require.NotContains(t, name, person)
		if strings.HasSuffix(name, ":state") {
			for _, value := range c.HGetAll(t.Context(), name).Val() {
				require.NotContains(t, value, "refresh-0")
			}
		}
	}
	after, call := with(newKey)
	err := call(t.Context())
	require.ErrorContains(t, err, "with a key that this process does not have; give it that key")
	_, call = with(newKey, oldKey)
	require.NoError(t, call(t.Context()))
	_, call = with(newKey) // the refresh wrote it with the new key
	require.NoError(t, call(t.Context()))
	a.requireSound(t, 2)

	// A login replaces what cannot be read, and nobody can put one person's in
	// another's place.
	logIn(t, before, "refresh-2")
	require.ErrorContains(t, stored(t, after).Err, "cannot be decrypted")
	logIn(t, after, "refresh-2")
	require.NoError(t, stored(t, after).Err)
	name := c.Keys(t.Context(), "*:state").Val()[0]
	require.NoError(t, after.RefreshTokens("other").Update(t.Context(), func(_ grant.RefreshState, save func(grant.RefreshState) error) error {
		return save(grant.RefreshState{Token: runtime.NewSecret("o")})
	}))
	for _, other := range c.Keys(t.Context(), "*:state").Val() {
		if other != name {
			require.NoError(t, c.HSet(t.Context(), name, "state", c.HGet(t.Context(), other, "state").Val()).Err())
		}
	}
	require.ErrorContains(t, stored(t, after).Err, "it was changed")
	require.ErrorContains(t, after.RefreshTokens("").Update(t.Context(), nil), "the name is empty")
}

func TestAllThatIsKnownOfARefreshTokenIsStored(t *testing.T) {
	s := newServer(t)
	store := open(t, client(s.socket), newKey)
	want := grant.RefreshState{Token: runtime.NewSecret("r"), Rotates: "no", Spent: true, Key: "thumbprint"}
	fields := reflect.ValueOf(want)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		require.Equal(t, name == "Err", fields.Field(i).IsZero(), name) // which is not stored
	}
	require.NoError(t, store.RefreshTokens(person).Update(t.Context(), func(_ grant.RefreshState, save func(grant.RefreshState) error) error {
		return save(want)
	}))
	got := stored(t, store)
	require.Equal(t, want.Token.Reveal(), got.Token.Reveal())
	got.Token, want.Token = runtime.Secret{}, runtime.Secret{}
	require.Equal(t, want, got)
}

func TestWhatOneProcessRevokesIsGoneForTheFleet(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	a.life = `,"expires_in":3600`
	store := open(t, client(s.socket), newKey)
	logIn(t, store, "refresh-0")
	session, err := openPersonal(a.URL, store, runtime.WithStore(store))
	require.NoError(t, err)
	inFleet := func() func(context.Context) error {
		other := open(t, client(s.socket), newKey)
		call, err := personal(a.URL, other, runtime.WithStore(other))
		require.NoError(t, err)
		return call
	}
	require.NoError(t, inFleet()(t.Context()))
	caller := runtime.NewCaller[readThings](runtime.Authorize[readThings](session))
	require.NoError(t, runtime.DoEmpty(t.Context(), caller, runtime.NewRequest(&listThings)))
	a.requireSound(t, 1) // they share the access token
	require.NoError(t, session.Revoke(t.Context()))
	require.ElementsMatch(t, []string{"refresh-1", "access-1"}, a.revoked)
	require.ErrorIs(t, inFleet()(t.Context()), grant.ErrAuthorizeAgain)
	a.requireSound(t, 1)
}

func TestARefusedRefreshTokenIsForgotten(t *testing.T) {
	s, a := newServer(t), newRotating(t)
	store, call := inProcess(t, s, a)
	logIn(t, store, "stolen")
	require.ErrorIs(t, call(t.Context()), grant.ErrAuthorizeAgain)
	require.Equal(t, 1, a.reused)
	_, call = inProcess(t, s, a)
	require.ErrorContains(t, call(t.Context()), "no refresh token is stored")
	require.Equal(t, 1, a.reused)
	c := s.client()
	defer c.Close()
	life, err := c.PTTL(t.Context(), c.Keys(t.Context(), "*:state").Val()[0]).Result()
	require.NoError(t, err)
	require.InDelta(t, 24*time.Hour, life, float64(time.Minute))
}
