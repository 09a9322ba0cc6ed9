package grant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/scopegen/scopegen/runtime"
)

// Flow is how a person authorizes a client: [Device] or [Browser].
type Flow interface {
	authorize(ctx context.Context, r *runtime.TokenRequest, g RefreshToken) (runtime.AccessToken, error)
}

// Login has a person authorize the client for scopes, stores the refresh token that
// comes of it in place of what was stored, and returns the scopes that the person
// granted, which may be fewer. It waits for the person until ctx ends. The session
// is one that was opened with g; it works from then on.
//
// Pass all scopes that the session is to have: [runtime.Token.Scopes] lists those of
// a Token. Some servers give a refresh token only if the scope offline_access is
// among them.
func (g RefreshToken) Login(ctx context.Context, session *runtime.Session, flow Flow, scopes ...string) (granted []string, err error) {
	if session == nil || flow == nil || g.Store == nil {
		return nil, errors.New("grant: Login needs a session that was opened with the grant, its Store, and a flow: Device or Browser")
	}
	r := session.NewTokenRequest(scopes...)
	if r == nil {
		return nil, errors.New("grant: Login: the session is the zero Session: open one with the Open function of the API's package")
	}
	token, err := flow.authorize(ctx, r, g)
	if err != nil {
		return nil, fmt.Errorf("grant: Login: %w", err)
	}
	if token.Refresh.Reveal() == "" {
		return nil, errors.New("grant: Login: the server gave no refresh token: have the client configured for one, and see whether the scope offline_access is to be asked for")
	}
	err = g.Store.Update(ctx, func(_ RefreshState, save func(RefreshState) error) error {
		return save(RefreshState{Token: token.Refresh, Key: g.boundTo(r)})
	})
	if err != nil {
		return nil, fmt.Errorf("grant: Login: the refresh token cannot be stored: %w", err)
	}
	if token.Scopes == nil {
		return slices.Clone(scopes), nil
	}
	return token.Scopes, nil
}
