package grant

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// ErrAuthorizeAgain says that there is no refresh token that could be used: none was
// stored, the server refused it, or a response that replaced it was lost, or may have
// been. A person has to authorize the client again: see [RefreshToken.Login].
var ErrAuthorizeAgain = errors.New("a person must authorize the client again")

// RefreshState is what is kept of a refresh token.
type RefreshState struct {
	Token runtime.Secret // "" if there is none
	// Rotates reports whether the server was seen to give a new refresh token with
	// each access token: "yes", "no", or "" while that is not known.
	Rotates string
	// Spent says that a refresh with Token was begun. If the state is found so, the
	// response was lost, and with it what may have replaced Token.
	Spent bool
	// Key is the thumbprint of the key that the server has bound Token to (RFC 9449,
	// section 5), "" if it is not bound or that is not known.
	Key string
	// Err is why Token must not be sent now, nil if it may be. A store sets it that
	// cannot read what it holds, or does not trust it; it is not stored. It wraps
	// [ErrAuthorizeAgain] if waiting does not help.
	Err error
}

// RefreshTokens keeps one refresh token. [NewRefreshTokens] keeps it in memory,
// [RefreshTokenFile] in a file, and module
// github.com/scopegen/scopegen/runtime/redisstore in Redis or Valkey, for a fleet. An
// implementation must be safe for concurrent use.
type RefreshTokens interface {
	// Update calls use with what is stored. While use runs, no other Update of the
	// same refresh token does, in this process or another; Update waits for its turn
	// until ctx ends. When save returns nil, the state must be stored so that a crash
	// does not lose it. Update returns the error of use. What keeps Token from being
	// used, and not a new one from being stored, is the Err of state.
	Update(ctx context.Context, use func(state RefreshState, save func(RefreshState) error) error) error
}

// RefreshToken gets access tokens with a refresh token (RFC 6749, section 6): each
// client of the session gets one for its own scopes, and the refresh token keeps all
// of its own.
//
// A server that narrows the refresh token together with the access token, against RFC
// 6749, refuses the next client's scopes. There the session needs
// [runtime.WithOneToken].
//
// Servers may rotate refresh tokens: each access token comes with a new refresh
// token, and the old one is good no more. So there is one refresh at a time for one
// refresh token, however many clients and processes wait. The new refresh token is
// stored before the access token is used. If the response of a server that rotates
// gets lost, or the process dies before the new refresh token is stored, the old one
// is never sent again, and the error is [ErrAuthorizeAgain].
//
// A server whose last response kept the refresh token is taken for one that does not
// rotate: if a response of it gets lost, the same refresh token is sent again. Else
// each lost response would cost a login with the many servers that never rotate. A
// server that begins to rotate in just that response sees the refresh token twice, and
// may refuse it from then on: that costs the login which was saved before. A server
// that was seen to rotate once is never taken for another again.
type RefreshToken struct {
	Client runtime.Credentials
	Store  RefreshTokens
	// Name tells whose refresh token it is. Sessions with the same name share access
	// tokens in a [runtime.Store]; without a name they share none.
	Name string
	// Parameters are sent beside those of the grant, such as resource. They are not
	// secret.
	Parameters url.Values
}

const (
	rotates = "yes"
	stays   = "no"
)

// Prepare implements [runtime.Grant].
func (g RefreshToken) Prepare(api *clientimpl.API, _ string) (runtime.Holder, error) {
	err := errors.Join(runtime.HasGrant(api, "refresh_token"), g.Client.Check(api), checkParameters(g.Parameters))
	if g.Store == nil {
		err = errors.Join(err, errors.New("grant: RefreshToken.Store is nil: give it grant.NewRefreshTokens or grant.RefreshTokenFile"))
	}
	return runtime.Holder{ClientID: g.Client.ClientID, Key: keyOf("refresh "+g.Name, g.Parameters), Private: g.Name == "", Lasting: g.public() && !inMemory(g.Store)}, err
}

// public reports whether the client is one without authentication, whose refresh
// tokens are bound to the key of a proof.
func (g RefreshToken) public() bool {
	if g.Client.Authentication == nil {
		return false
	}
	method, _ := g.Client.Authentication.Method()
	return method == "none"
}

// boundTo returns the thumbprint of the key that a refresh token is bound to that r
// gets, "" for none.
func (g RefreshToken) boundTo(r *runtime.TokenRequest) string {
	if !g.public() {
		return ""
	}
	return r.KeyThumbprint()
}

// AccessToken implements [runtime.Grant].
func (g RefreshToken) AccessToken(ctx context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	var token runtime.AccessToken
	err := g.Store.Update(ctx, func(state RefreshState, save func(RefreshState) error) error {
		switch {
		case state.Err != nil:
			return state.Err
		case state.Token.Reveal() == "":
			return fmt.Errorf("no refresh token is stored: %w", ErrAuthorizeAgain)
		case state.Spent:
			return fmt.Errorf("the response to the last refresh was lost, and the server may have replaced the refresh token in it: %w", ErrAuthorizeAgain)
		}
		if state.Key != "" && state.Key != r.KeyThumbprint() {
			// The server would refuse it, and the response would cost the refresh token.
			return fmt.Errorf("the refresh token is bound to the DPoP key with the thumbprint %.100q, and the session has %s: open the session with the key that the person logged in with, or else %w",
				state.Key, keyText(r.KeyThumbprint()), ErrAuthorizeAgain)
		}
		if state.Rotates != stays {
			begun := state
			begun.Spent = true
			if err := save(begun); err != nil {
				return fmt.Errorf("the refresh token's store: %w", err)
			}
		}
		got, err := r.Send(ctx, g.Client, with(g.Parameters, "grant_type", "refresh_token", "refresh_token", state.Token.Reveal(), "scope", r.Scope()))
		if err != nil {
			return g.failed(err, state, save)
		}
		next := RefreshState{Token: state.Token, Rotates: state.Rotates, Key: g.boundTo(r)}
		if new := got.Refresh.Reveal(); new != "" && new != state.Token.Reveal() {
			next.Token, next.Rotates = got.Refresh, rotates
		} else if state.Rotates == "" {
			next.Rotates = stays
		}
		if next.Token.Reveal() == state.Token.Reveal() && state.Rotates == stays {
			token = got
			return nil // nothing changed
		}
		if err := save(next); err != nil {
			return fmt.Errorf("the new refresh token cannot be stored, so the access token is not used (%w): %w", err, ErrAuthorizeAgain)
		}
		token = got
		return nil
	})
	if err != nil {
		return runtime.AccessToken{}, err
	}
	return token, nil
}

// Revoke implements [runtime.Revoker]. The refresh token is revoked and forgotten in
// the Store; a person has to authorize the client again.
func (g RefreshToken) Revoke(ctx context.Context, r *runtime.TokenRequest, access []runtime.Secret) error {
	err := g.Store.Update(ctx, func(state RefreshState, save func(RefreshState) error) error {
		var err error
		switch {
		case state.Token.Reveal() != "":
			err = r.Revoke(ctx, g.Client, "refresh_token", state.Token)
		case state.Err != nil:
			err = fmt.Errorf("grant: the refresh token was forgotten, but may not be revoked: %w", state.Err)
		default:
			return nil
		}
		if failed := save(RefreshState{}); failed != nil {
			err = errors.Join(err, fmt.Errorf("grant: the refresh token may still be stored: %w", failed))
		}
		return err
	})
	return errors.Join(err, g.Client.Revoke(ctx, r, access))
}

// failed stores what a failed refresh means for the refresh token, and returns the
// error that tells.
func (g RefreshToken) failed(err error, state RefreshState, save func(RefreshState) error) error {
	refused, ok := errors.AsType[*runtime.TokenError](err)
	if !ok {
		return err
	}
	if refused.Code == "invalid_grant" || refused.Code == "bad_refresh_token" { // GitHub's word
		said := ""
		if refused.Detail != "" {
			said = fmt.Sprintf(" (%.200q)", refused.Detail)
		}
		return errors.Join(fmt.Errorf("the server refused the refresh token%s: %w", said, ErrAuthorizeAgain), save(RefreshState{}))
	}
	// The endpoint never got the request, or answered that it did nothing.
	answered := refused.Status >= 300 && refused.Status < 500 || refused.Status == 503 || refused.Status == 200 && refused.Code != ""
	if state.Rotates == stays {
		return err
	}
	if refused.Unsent() || answered {
		if failed := save(state); failed != nil {
			return fmt.Errorf("the refresh token's store: %w", failed)
		}
		return err
	}
	// Not err itself, which says that the request may be repeated.
	return fmt.Errorf("the response to the refresh was lost (%w), and the server may have replaced the refresh token in it: %w", err, ErrAuthorizeAgain)
}

func keyText(thumbprint string) string {
	if thumbprint == "" {
		return "no DPoP key"
	}
	return "the key " + thumbprint
}

// NewRefreshTokens keeps a refresh token in the memory of the process.
func NewRefreshTokens(token runtime.Secret) RefreshTokens {
	state := RefreshState{Token: token}
	turn := make(chan struct{}, 1)
	var mu sync.Mutex
	return &refreshTokens{memory: true, update: func(ctx context.Context, use func(RefreshState, func(RefreshState) error) error) error {
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		mu.Lock()
		now := state
		mu.Unlock()
		return use(now, func(next RefreshState) error {
			mu.Lock()
			defer mu.Unlock()
			state = next
			return nil
		})
	}}
}

// refreshTokens holds a function, because a printer that follows fields would find
// the refresh token.
type refreshTokens struct {
	memory bool // it ends with the process
	update func(context.Context, func(RefreshState, func(RefreshState) error) error) error
}

func inMemory(store RefreshTokens) bool {
	own, ok := store.(*refreshTokens)
	return ok && own.memory
}

func (s *refreshTokens) Update(ctx context.Context, use func(RefreshState, func(RefreshState) error) error) error {
	return s.update(ctx, use)
}
