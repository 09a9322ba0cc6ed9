package redisstore

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/scopegen/scopegen/runtime/grant"
)

const (
	// How long a process tries to store what a refresh brought, before its callers
	// get an error. It goes on trying at each later call.
	saveLimit = 20 * time.Second
	// How long after its begin the outcome of a refresh may still be stored: the
	// session gives a refresh 30 seconds.
	refreshLimit = 30 * time.Second
	// How long what is left of a refresh token that is good no more is kept.
	emptyLife = 24 * time.Hour
)

// RefreshTokens keeps one refresh token for all processes of a fleet. name tells
// whose it is, such as a user's id; only a hash of it is stored.
//
//	g := grant.RefreshToken{Client: client, Store: store.RefreshTokens(user), Name: user}
//	session, err := shop.Open(server, g, runtime.WithStore(store))
//
// One process refreshes at a time. It writes down that it begins before it sends the
// refresh token, in exchange for exactly what it read, so that no other process sends
// the same one, even if the first has lost its lease. What the refresh brought is
// stored in exchange for that note alone: a late process overwrites nothing. If the
// server is away just then, the process keeps the new refresh token in memory and
// stores it when the server is back; meanwhile nobody can refresh, and calls go on
// with the access tokens that there are.
//
// If a process dies between the two writes, what it got is lost: half a minute later
// the error is [grant.ErrAuthorizeAgain].
//
// A server that was restarted, or another that took its place, may have lost the last
// writes, and its refresh token may have been used already. So it is not sent, and the
// error is [grant.ErrAuthorizeAgain], unless the authorization server was seen not to
// rotate, or the last write was to a server without replicas whose append-only file is
// written each time (appendonly yes, appendfsync always), which loses nothing. Have the
// server evict nothing either (maxmemory-policy noeviction).
//
// If the authorization server binds the refresh token to a key, all processes need
// that key: see runtime.WithDPoPKey.
//
// After a change of the encryption key, keep the old one until every refresh token has
// been used once: that writes it with the new key.
func (s *Store) RefreshTokens(name string) grant.RefreshTokens {
	sum := sha256.Sum256([]byte(name))
	key := "scopegen:refresh:" + hex.EncodeToString(sum[:])
	return &refreshTokens{func(ctx context.Context, use func(grant.RefreshState, func(grant.RefreshState) error) error) error {
		if name == "" {
			return errors.New("redisstore: RefreshTokens: the name is empty: it tells whose the refresh token is")
		}
		unlock, err := s.Lock(ctx, key)
		if err != nil {
			return err
		}
		defer unlock()
		if err := s.settle(ctx, key); err != nil && !errors.Is(err, errReplaced) {
			return err
		}
		r, err := s.readRefresh(ctx, key)
		if err != nil {
			return err
		}
		return use(r.state, func(next grant.RefreshState) error {
			if next.Spent {
				return r.begin(ctx, next)
			}
			return r.end(ctx, next)
		})
	}}
}

// refreshTokens holds a function, because a printer that follows fields would find
// the connections to the server.
type refreshTokens struct {
	update func(context.Context, func(grant.RefreshState, func(grant.RefreshState) error) error) error
}

// Update implements [grant.RefreshTokens].
func (t *refreshTokens) Update(ctx context.Context, use func(grant.RefreshState, func(grant.RefreshState) error) error) error {
	return t.update(ctx, use)
}

func refreshName(key string) string { return "{" + key + "}:state" }

// readState returns the run of the server, and of what is stored the state, the id
// of the write, its number, the run it was made in, whether a crash cannot have lost
// a later one, and its age in microseconds. A run is one process of a server.
var readState = redis.NewScript(`
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
local is = redis.call('HMGET', KEYS[1], 'state', 'write', 'number', 'run', 'kept')
local now = redis.call('TIME')
local age = now[1] * 1000000 + now[2] - tonumber(is[3] or '0')
return {run, is[1] or '', is[2] or '', is[3] or '0', is[4] or '', is[5] or '', string.format('%.0f', age)}
`)

// refresh is an update of a refresh token: what was read, then what was written.
type refresh struct {
	store  *Store
	key    string
	state  grant.RefreshState
	run    string
	write  string // id of the write, "" if nothing is stored
	number int64  // of the write
}

func (s *Store) readRefresh(ctx context.Context, key string) (*refresh, error) {
	is, err := readState.Run(ctx, s.client, []string{refreshName(key)}).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("redisstore: %w", err)
	}
	if len(is) != 7 || is[0] == "" {
		return nil, errors.New("redisstore: the server does not tell its run_id (INFO server), without which nobody knows whether it lost a refresh token")
	}
	number, err := strconv.ParseInt(is[3], 10, 64)
	if err != nil {
		return nil, errors.New("redisstore: the number of a refresh token's last write cannot be read")
	}
	r := &refresh{store: s, key: key, run: is[0], write: is[2], number: number}
	if r.write == "" {
		return r, nil
	}
	state, err := s.box.openRefresh(key, []byte(is[1]))
	if err != nil {
		state.Err = fmt.Errorf("%w; give it that key, or have a person authorize the client again", err)
	}
	age, _ := strconv.ParseFloat(is[6], 64) // of a number of our own script
	switch since := time.Duration(age) * time.Microsecond; {
	case state.Err != nil, state.Rotates == "no":
	case state.Spent && since < refreshLimit:
		state.Err = fmt.Errorf("redisstore: a process sent the refresh token %s ago and has not stored what came of it: call again", since.Round(time.Second))
	case !state.Spent && is[4] != r.run && is[5] != "1":
		state.Err = fmt.Errorf("redisstore: the server was restarted, or another took its place, since the refresh token was stored, and a newer one may have been lost: %w", grant.ErrAuthorizeAgain)
	}
	r.state = state
	return r, nil
}

// writeState stores a state in exchange for what was read: the write whose id is the
// second argument, or, if the third is not -1, one that is not newer than that number,
// which a server in a crash may have gone back to. If the first argument is not empty,
// the server must still be in that run. Doing it twice is doing it once.
var writeState = redis.NewScript(`
local info = redis.call('INFO')
local run = string.match(info, 'run_id:(%w+)') or ''
local is = redis.call('HMGET', KEYS[1], 'write', 'number')
local number = tonumber(is[2] or '0')
if is[1] == ARGV[4] then return number end
if (is[1] or '') ~= ARGV[2] and number > tonumber(ARGV[3]) then return 0 end
if ARGV[1] ~= '' and ARGV[1] ~= run then return 0 end
local now = redis.call('TIME')
number = math.max(number + 1, now[1] * 1000000 + now[2])
local kept = '0'
if ARGV[6] == '1' and string.find(info, 'aof_enabled:1', 1, true) and string.find(info, 'connected_slaves:0', 1, true) then kept = '1' end
redis.call('HSET', KEYS[1], 'state', ARGV[5], 'write', ARGV[4], 'number', string.format('%.0f', number), 'run', run, 'kept', kept)
if ARGV[7] == '0' then redis.call('PERSIST', KEYS[1]) else redis.call('PEXPIRE', KEYS[1], ARGV[7]) end
return number
`)

// outcome is a state that is to be stored.
type outcome struct {
	state    grant.RefreshState
	write    string // id of the write that stores it
	run      string // of the server, "" for any
	replaces string // id of the write in exchange for which it is stored
	number   int64  // a write that is not newer than this may be replaced too; -1: none
}

// errReplaced says that something else was stored meanwhile, which counts.
var errReplaced = errors.New("redisstore: another refresh token was stored meanwhile, or the server was restarted")

// store stores an outcome and returns the number of the write.
func (s *Store) store(ctx context.Context, key string, o outcome) (int64, error) {
	sealed, err := s.box.sealRefresh(key, o.state)
	if err != nil {
		return 0, err
	}
	var life time.Duration
	if o.state.Token.Reveal() == "" {
		life = emptyLife
	}
	always := "0"
	if set, err := s.client.ConfigGet(ctx, "appendfsync").Result(); err == nil && set["appendfsync"] == "always" { // some servers do not tell
		always = "1"
	}
	number, err := writeState.Run(ctx, s.client, []string{refreshName(key)}, o.run, o.replaces, o.number, o.write, sealed, always, life.Milliseconds()).Int64()
	switch {
	case err != nil:
		return 0, fmt.Errorf("redisstore: %w", err)
	case number == 0:
		return 0, errReplaced
	}
	return number, nil
}

// begin stores that the refresh token is about to be sent.
func (r *refresh) begin(ctx context.Context, next grant.RefreshState) error {
	o := outcome{state: next, write: rand.Text(), run: r.run, replaces: r.write, number: -1}
	number, err := r.store.store(ctx, r.key, o)
	if err != nil {
		if !errors.Is(err, errReplaced) {
			// It may have been stored all the same, and the refresh token is not sent:
			// take it back, now or later.
			r.store.remember(r.key, outcome{state: r.state, write: rand.Text(), replaces: o.write, number: -1})
			short, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			_ = r.store.settle(short, r.key)
		}
		return err
	}
	r.write, r.number = o.write, number
	return nil
}

// end stores what a refresh or a login brought. It goes on after ctx has ended, since
// nobody else has what it stores.
func (r *refresh) end(ctx context.Context, next grant.RefreshState) error {
	r.store.remember(r.key, outcome{state: next, write: rand.Text(), replaces: r.write, number: r.number})
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveLimit)
	defer cancel()
	for wait := firstWait; ; wait = longer(wait) {
		err := r.store.settle(ctx, r.key)
		if err == nil || errors.Is(err, errReplaced) {
			return err
		}
		if pause(ctx, wait) != nil {
			return err
		}
	}
}

func (s *Store) remember(key string, o outcome) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unsaved[key] = o
}

// settle stores what this process could not store before.
func (s *Store) settle(ctx context.Context, key string) error {
	s.mu.Lock()
	o, ok := s.unsaved[key]
	s.mu.Unlock()
	if !ok {
		return nil
	}
	_, err := s.store(ctx, key, o)
	if err == nil || errors.Is(err, errReplaced) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.unsaved[key].write == o.write {
			delete(s.unsaved, key)
		}
	}
	return err
}
