package runtime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// Token is the right to make calls within a set of scopes. S is the interface
// type of a scope, or an interface that embeds several of them, as io.ReadWriter
// embeds io.Reader and io.Writer.
//
// A Token is not an access token and holds no secret: the session behind it
// fetches and renews the access tokens that calls carry.
//
// Only [Authorize] makes Tokens. Every call with the zero Token fails before
// anything is sent. A Token is safe for concurrent use.
type Token[S any] struct {
	// Without a field that mentions S, the compiler would convert a Token of one
	// set into a Token of any other.
	_             [0]func(S)
	authorization *authorization
}

// Authorize returns a Token for the scopes that S names. It needs no network:
// access tokens are fetched when calls are made.
//
// If the session is nil, or if S is not an interface, names no scope, or names a
// scope of another API, then [Token.Err] and every call with the Token return an
// error that says so, before anything is sent.
func Authorize[S any](session *Session) Token[S] {
	return Token[S]{authorization: session.authorize((*S)(nil))}
}

// Err returns why calls with the Token are refused before anything is sent, or nil
// if they are not. errors.Is finds [ErrFailClosed] in it.
func (t Token[S]) Err() error {
	if err := t.authorization.check(); err != nil {
		return fmt.Errorf("runtime: %w: %w", ErrFailClosed, err)
	}
	return nil
}

// Scopes returns the scopes of S as they are sent, sorted. It returns nil if Err
// returns an error.
func (t Token[S]) Scopes() []string {
	if t.authorization.check() != nil {
		return nil
	}
	return slices.Clone(t.authorization.scopes)
}

// AccessToken returns a valid access token for the scopes of S, and fetches one if
// need be. It is for programs that give the access token to another than this
// package, such as a token exchange. From then on it is for the caller to keep it
// secret. Where the session was opened with [WithDPoP], it is of no use without a
// proof of its key: see [Token.AccessTokenType].
func (t Token[S]) AccessToken(ctx context.Context) (Secret, error) {
	value, _, err := t.AccessTokenExpiry(ctx)
	return value, err
}

// AccessTokenExpiry is AccessToken for programs that keep the access token: it
// also returns when it expires, by the session's clock. The zero Time means that the
// end is not known, so that the access token is good for one use. The session renews
// an access token before it expires, so programs had better ask again each time.
func (t Token[S]) AccessTokenExpiry(ctx context.Context) (Secret, time.Time, error) {
	if err := t.Err(); err != nil {
		return Secret{}, time.Time{}, err
	}
	value, err := t.authorization.bearer(ctx)
	if err != nil {
		return Secret{}, time.Time{}, err
	}
	return NewSecret(value), t.authorization.source.expires(value), nil
}

// AccessTokenType returns the token_type of the access tokens: "DPoP" if they are
// bound to a key, else "Bearer". An access token of the type DPoP must never be sent
// as a bearer token. It returns "" if Err does not return nil.
func (t Token[S]) AccessTokenType() string {
	if t.authorization.check() != nil {
		return ""
	}
	return t.authorization.session.scheme()
}

// Caller is what generated clients hold: a session, and the scope set that the
// access tokens of the client's calls are for. The zero Caller refuses every
// call. A Caller is safe for concurrent use.
type Caller struct {
	// held is an *authorization, or nil. Every generated client has a Caller: if the
	// compiler saw the type, it would write the methods of all that a session refers to
	// (those of reflect.Type, sync.Pool and others) anew in each generated package.
	held any
}

// authorizationOf is no method, because a method would let the compiler see the type, too.
func authorizationOf(c Caller) *authorization {
	a, _ := c.held.(*authorization)
	return a
}

// NewCaller returns a Caller for the scopes of R, which S must hold. Generated
// constructors call it with the scopes that their client needs.
//
// Calls carry an access token for R alone, unless the session was opened with
// [WithOneToken]. If S does not implement R, every call is refused before anything
// is sent.
func NewCaller[R, S any](token Token[S]) Caller {
	return token.authorization.narrow((*R)(nil), (*S)(nil))
}

// narrow returns a Caller for the scopes of one interface type, which another must hold:
// that of the authorization. Of each, it takes a nil pointer to it. (Where generic
// functions named reflect.Type, the compiler would write some 60 functions of package
// reflect again in each package that calls them.)
func (a *authorization) narrow(needed, held any) Caller {
	if a.check() != nil {
		return Caller{a}
	}
	r, s := reflect.TypeOf(needed).Elem(), reflect.TypeOf(held).Elem()
	if r.Kind() == reflect.Interface && !s.Implements(r) {
		return Caller{&authorization{err: fmt.Errorf("the token's set %s does not hold what the client needs, %s: embed it in the set", s, r)}}
	}
	narrow := a.session.authorize(needed)
	if narrow.err == nil && a.session.oneToken {
		narrow = a
	}
	return Caller{narrow}
}

// NewPublicCaller returns a Caller for operations that need no access token.
func NewPublicCaller(session *Session) Caller {
	if session == nil || session.api == nil {
		return Caller{noSession()}
	}
	return Caller{&authorization{session: session, public: true}}
}

// authorization is the right to call with one scope set of one session, or with
// no access token at all.
type authorization struct {
	session *Session
	scopes  []string // as sent, sorted
	source  *tokenSource
	public  bool  // calls carry no access token
	keys    []Key // that calls carry, too
	err     error // why calls are refused, or nil
}

func noSession() *authorization {
	return &authorization{err: errors.New("there is no session: open one with the Open function of the API's package and check its error")}
}

// check returns why calls are refused, or nil. The receiver is nil in zero Tokens
// and Callers.
func (a *authorization) check() error {
	switch {
	case a == nil:
		return errors.New("the token is the zero Token, or the client the zero client: make the token with runtime.Authorize, and the client with its New function")
	case a.err != nil:
		return a.err
	}
	return nil
}

// bearer returns the access token that a call is to carry, "" if the call carries
// none. It waits for a fetch, if need be, until ctx is done.
func (a *authorization) bearer(ctx context.Context) (string, error) {
	if a.public {
		return "", nil
	}
	return a.source.token(ctx)
}

// drop forgets an access token that the API has refused.
func (a *authorization) drop(value string) {
	if !a.public {
		a.source.drop(value)
	}
}

// granted returns the scopes that an access token of a call holds, in the server's
// words. It returns nil if they are those it was asked for, or not known.
func (a *authorization) granted(value string) []string {
	if a.public {
		return nil
	}
	scopes := a.source.granted(value)
	asked := strings.Fields(strings.Join(a.scopes, " "))
	if slices.Equal(sortedSet(scopes), sortedSet(asked)) {
		return nil
	}
	return slices.Clone(scopes)
}

func sortedSet(names []string) []string {
	sorted := slices.Clone(names)
	sort.Strings(sorted)
	return slices.Compact(sorted)
}

// callOptions returns the options that a call begins with. Headers are not among
// them: those of a call come on top of the session's.
func (a *authorization) callOptions() callOptions {
	if a.check() != nil {
		return newCallOptions()
	}
	o := a.session.defaults
	o.header = nil
	return o
}
