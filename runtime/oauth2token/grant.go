// Package oauth2token takes access tokens from golang.org/x/oauth2 to a session, and
// from a session to what takes an [oauth2.TokenSource].
//
//	session, err := upvest.Open(upvest.Live, oauth2token.Grant(source, "users:read"), runtime.WithKey(keyID, key))
//	client := oauth2.NewClient(ctx, oauth2token.Source(ctx, runtime.Authorize[scope.UsersRead](session)))
package oauth2token

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/oauth2"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// Grant gets the access tokens of a session from source. State the scopes that they
// hold, as they are sent: source does not tell. It cannot narrow: every call carries
// an access token for all of these scopes, and the session says so when it is
// printed. A call that needs another scope is refused before anything is sent. Use
// [Narrow] where there can be a source for each scope set.
//
// The session asks source when it needs an access token, for all callers at once,
// and never in the middle of a call. If source keeps an access token that the API
// refused, the session gets it again.
func Grant(source oauth2.TokenSource, scopes ...string) runtime.Grant {
	g := &grant{stated: slices.Clone(scopes)}
	if source != nil {
		g.source = func(string, []string) oauth2.TokenSource { return source }
	}
	g.check = func(api *clientimpl.API) error {
		if len(scopes) == 0 {
			return errors.New("oauth2token: Grant: state the scopes that the access tokens of the source hold")
		}
		return runtime.HasScopes(api, g.stated...)
	}
	return g
}

// Narrow gets the access tokens of a session from a source for each scope set, so
// that a call carries an access token for its own client's scopes:
//
//	oauth2token.Narrow(func(scopes []string) oauth2.TokenSource {
//		config := clientcredentials.Config{ClientID: id, ClientSecret: secret, TokenURL: url, Scopes: scopes}
//		return config.TokenSource(context.Background())
//	})
//
// newSource is called once for each scope set. Do not let several sources share a
// refresh token: where the server rotates, the second of them sends one that is good
// no more. The grant for refresh tokens is RefreshToken in package grant.
func Narrow(newSource func(scopes []string) oauth2.TokenSource) runtime.Grant {
	g := &grant{check: func(*clientimpl.API) error { return nil }}
	if newSource == nil {
		return g
	}
	var mu sync.Mutex
	sources := map[string]oauth2.TokenSource{}
	g.source = func(scope string, scopes []string) oauth2.TokenSource {
		mu.Lock()
		defer mu.Unlock()
		if sources[scope] == nil {
			sources[scope] = newSource(scopes)
		}
		return sources[scope]
	}
	return g
}

// grant holds functions, because a printer that follows fields would find the
// secrets of a source.
type grant struct {
	source func(scope string, scopes []string) oauth2.TokenSource
	check  func(*clientimpl.API) error
	stated []string // nil if there is a source for each scope set
}

// Prepare implements [runtime.Grant].
func (g *grant) Prepare(api *clientimpl.API, _ string) (runtime.Holder, error) {
	holder := runtime.Holder{Private: true, Fixed: g.stated != nil}
	if g.source == nil {
		return holder, errors.New("oauth2token: there is no source: it is nil")
	}
	return holder, g.check(api)
}

// AccessToken implements [runtime.Grant].
func (g *grant) AccessToken(_ context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	source := g.source(r.Scope(), r.Scopes())
	if source == nil {
		return runtime.AccessToken{}, errors.New("oauth2token: Narrow: the function returned no source")
	}
	token, err := source.Token()
	if err != nil {
		return runtime.AccessToken{}, refusal(err)
	}
	if token == nil {
		return runtime.AccessToken{}, errors.New("oauth2token: the source returned no token")
	}
	if kind := token.Type(); kind != "Bearer" {
		return runtime.AccessToken{}, fmt.Errorf("oauth2token: the source returned a token of the type %.40q: only bearer tokens can be used", kind)
	}
	now := time.Now() // by which x/oauth2 reckons Expiry
	got := runtime.AccessToken{Value: runtime.NewSecret(token.AccessToken), Type: token.Type(), Scopes: slices.Clone(g.stated), Obtained: r.Clock().Now()}
	if !token.Expiry.IsZero() {
		if got.Life = token.Expiry.Sub(now); got.Life <= 0 {
			return runtime.AccessToken{}, errors.New("oauth2token: the source returned an access token that has expired")
		}
	}
	if scope, ok := token.Extra("scope").(string); ok && scope != "" {
		got.Scopes = strings.Fields(scope) // the server's word counts
	}
	return got, nil
}

// refusal returns the error of a source. What the server said that was no error of
// RFC 6749 is left out, since it may hold what was sent.
func refusal(err error) error {
	refused, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return err
	}
	failed := &runtime.TokenError{Code: refused.ErrorCode, Detail: refused.ErrorDescription}
	if refused.Response != nil {
		failed.Status = refused.Response.StatusCode
		if failed.Status == http.StatusOK { // with an error in it
			failed.Status = http.StatusBadRequest
		}
	}
	return failed
}
