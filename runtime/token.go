package runtime

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// Token is the right to call within the scopes of S, where S is a scope
// interface or an interface that embeds several, as io.ReadWriter embeds
// io.Reader and io.Writer. It holds no secret itself: the session behind it
// fetches and renews the access tokens.
//
// Tokens come from [Authorize] alone. The zero Token is safe: every call with
// it fails before anything is sent. A Token is safe for concurrent use.
type Token[S any] struct {
	// Two Tokens of different S have different layouts, so that neither
	// converts into the other.
	_     [0]func(S)
	grant *grant
}

// Authorize returns a token for the scopes that S names. It needs no network:
// access tokens are fetched when a call is made.
//
// What is wrong with S or the session is told by [Token.Err] and by every call
// with the token, before anything is sent: no session, an S that is not an
// interface, names no scope, or names a scope of another API.
func Authorize[S any](session *Session) Token[S] {
	return Token[S]{grant: session.authorize(reflect.TypeFor[S]())}
}

// Err tells why calls with the token are refused before anything is sent, or
// nil. The error is an [ErrFailClosed].
func (t Token[S]) Err() error {
	if err := t.grant.check(); err != nil {
		return fmt.Errorf("runtime: %w: %w", ErrFailClosed, err)
	}
	return nil
}

// Scopes returns the scope strings of S as they are sent, sorted; none if Err
// is not nil.
func (t Token[S]) Scopes() []string {
	if t.grant.check() != nil {
		return nil
	}
	return slices.Clone(t.grant.scopes)
}

// Caller is what a generated client holds: a session, and the one set of
// scopes that the client's calls carry. The zero Caller refuses every call. A
// Caller is safe for concurrent use.
type Caller struct{ grant *grant }

// NewCaller narrows a token to the scopes of R. Generated constructors call it
// with what their client needs. Anyone may, since R is never wider than S: if
// S does not implement R, every call of the Caller is refused before anything
// is sent.
//
// Calls carry an access token for R alone, unless the session was opened with
// [WithOneToken].
func NewCaller[R, S any](token Token[S]) Caller {
	g := token.grant
	if g.check() != nil {
		return Caller{g}
	}
	r, s := reflect.TypeFor[R](), reflect.TypeFor[S]()
	if r.Kind() == reflect.Interface && !s.Implements(r) {
		return Caller{&grant{err: fmt.Errorf("the token's set %s does not hold what the client needs, %s: embed it in the set", s, r)}}
	}
	narrow := g.session.authorize(r)
	if narrow.err == nil && g.session.oneToken {
		narrow = g
	}
	return Caller{narrow}
}

// NewPublicCaller returns a Caller for operations that need no token.
func NewPublicCaller(session *Session) Caller {
	if session == nil || session.api == nil {
		return Caller{noSession()}
	}
	return Caller{&grant{session: session, public: true}}
}

// grant is one session's right to ask for one set of scopes.
type grant struct {
	session *Session
	scopes  []string // as sent, sorted
	source  *tokenSource
	public  bool  // calls carry no token
	err     error // calls are refused with this
}

func noSession() *grant {
	return &grant{err: errors.New("there is no session: open one with the Open function of the API's package and check its error")}
}

// check tells whether there is a right to call at all. It works for a nil
// grant, which zero Tokens and Callers have.
func (g *grant) check() error {
	switch {
	case g == nil:
		return errors.New("the token is the zero Token, or the client the zero client: make the token with runtime.Authorize, and the client with its New function")
	case g.err != nil:
		return g.err
	}
	return nil
}

// bearer returns the access token that a call is to carry, "" for a public
// one. It waits for a fetch that is under way until ctx is done.
func (g *grant) bearer(ctx context.Context) (string, error) {
	if g.public {
		return "", nil
	}
	return g.source.token(ctx)
}

// drop forgets one access token that the API has refused.
func (g *grant) drop(value string) {
	if !g.public {
		g.source.drop(value)
	}
}

// granted returns the scopes that an access token of a call holds, nil if they
// are those it was asked for, or not known.
func (g *grant) granted(value string) []string {
	if g.public {
		return nil
	}
	if scopes := g.source.granted(value); len(scopes) > len(g.scopes) {
		return slices.Clone(scopes)
	}
	return nil
}

// callOptions returns the options that a call begins with. Headers are not among
// them: those of a call come on top of the session's.
func (g *grant) callOptions() callOptions {
	if g.check() != nil {
		return newCallOptions()
	}
	o := g.session.defaults
	o.header = nil
	return o
}
