package runtime

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strings"
	"time"
)

// Revoker is a [Grant] that can give back what it got. [Credentials] are one, and so
// are the grants of package grant other than Fixed. A Grant that has another in it
// passes the call on.
type Revoker interface {
	// Revoke revokes access tokens, and what else the grant holds, such as a refresh
	// token, which it also forgets, whatever the server says. [TokenRequest.Revoke]
	// asks the server. The error tells of everything that was not revoked.
	Revoke(ctx context.Context, r *TokenRequest, access []Secret) error
}

// Revoke revokes what the session holds (RFC 7009): its access tokens, also those
// that a [Store] holds for the same scopes, and the refresh token of its grant. It is
// for a person who logs out, and for secrets that may have leaked.
//
// The session and the Store forget these tokens whatever the server says, and also if
// it does not answer. The error tells of each token that may still be good, and is
// nil if none is. It may hold several [*TokenError]. Revoke returns when ctx ends, or
// after 30 seconds for each request.
//
// The session can be used further: the next call gets a new access token if the grant
// still can. Calls that are under way fail if the API gets to know soon enough.
// Access tokens that were renewed before are not held any more, and end by themselves.
func (s *Session) Revoke(ctx context.Context) error {
	if s == nil || s.api == nil {
		return fmt.Errorf("runtime: %w: %w", ErrFailClosed, noSession().err)
	}
	s.mu.Lock()
	sources := make([]*tokenSource, 0, len(s.sources))
	for _, source := range s.sources {
		sources = append(sources, source)
	}
	s.mu.Unlock()
	sort.Slice(sources, func(i, j int) bool { return sources[i].parameter < sources[j].parameter })
	var errs []error
	var access []Secret
	var scopes []string
	for _, source := range sources {
		held := source.forget(ctx)
		if s.share != nil {
			stored, err := s.share.forget(ctx, s, source.parameter)
			if err != nil {
				errs = append(errs, fmt.Errorf("runtime: the store may still hold the access token for %s: %w", source.parameter, err))
			}
			held = append(held, stored)
		}
		for _, value := range held {
			if value != "" && !slices.ContainsFunc(access, func(other Secret) bool { return other.Reveal() == value }) {
				access = append(access, NewSecret(value))
				scopes = append(scopes, source.scopes...)
			}
		}
	}
	sort.Strings(scopes)
	r := s.NewTokenRequest(slices.Compact(scopes)...)
	if s.revoke == nil {
		return errors.Join(append(errs, fmt.Errorf("runtime: the grant of the session with %s revokes nothing: revoke the access token where it was made", s.api.Name))...)
	}
	return errors.Join(append(errs, s.revoke(ctx, r, access))...)
}

// Revoke implements [Revoker].
func (c Credentials) Revoke(ctx context.Context, r *TokenRequest, access []Secret) error {
	return r.Revoke(ctx, c, "access_token", access...)
}

// Revoke asks the authorization server to revoke tokens (RFC 7009, section 2.1), one
// after the other. kind is access_token or refresh_token. The error is nil if all
// were revoked, and holds a [*TokenError] for each of the others.
func (r *TokenRequest) Revoke(ctx context.Context, client Credentials, kind string, tokens ...Secret) error {
	var errs []error
	for _, token := range tokens {
		if err := r.revoke(ctx, client, kind, token.Reveal()); err != nil {
			failed := *r.session.noToken(r, err)
			failed.doing = "the " + strings.ReplaceAll(kind, "_", " ") + " was forgotten, but may not be revoked at "
			errs = append(errs, &failed)
		}
	}
	return errors.Join(errs...)
}

// revoke asks for one token. What may succeed the next time is repeated, because
// nobody has the token afterwards.
func (r *TokenRequest) revoke(ctx context.Context, client Credentials, kind, token string) error {
	s := r.session
	limited := newLimit(ctx, s.clock, fetchLimit, "the revocation")
	defer limited.end()
	_, err := bounded(limited.ctx, func() (struct{}, error) {
		for attempts := 1; ; attempts++ {
			err := r.revokeOnce(limited.ctx, client, kind, token)
			failed, ok := errors.AsType[*TokenError](err)
			if !ok || !failed.transient || s.defaults.noRetry || attempts == maxAttempts || sleep(limited.ctx, s.clock, backoff(attempts, failed.RetryAfter)) != nil {
				return struct{}{}, err
			}
		}
	}, nil)
	return err
}

func (r *TokenRequest) revokeOnce(ctx context.Context, client Credentials, kind, token string) error {
	endpoint, err := r.resolve(ctx, RevocationEndpoint, "", client)
	if err != nil {
		return err
	}
	a, err := r.exchange(ctx, endpoint, client, url.Values{"token": {token}, "token_type_hint": {kind}}, nil)
	if err != nil || a.status == http.StatusOK {
		return err
	}
	return r.session.noToken(r, a.failed(r.session, refused(a.text)))
}

// forget drops the access tokens of a source and returns them: the one in use, and
// the one that a fetch under way brings, for which it waits until ctx ends.
func (s *tokenSource) forget(ctx context.Context) (held []string) {
	held = append(held, s.drain())
	s.mu.Lock()
	underWay := s.fetch
	s.mu.Unlock()
	if underWay == nil {
		return held
	}
	select {
	case <-underWay.done:
	case <-ctx.Done():
	}
	return append(held, s.drain())
}

// drain drops the access token that is in use, and returns it or "".
func (s *tokenSource) drain() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.current.Load()
	if t == nil {
		return ""
	}
	t.stop()
	s.current.Store(nil)
	s.dead = NewSecret(t.value) // a store that still has it does not bring it back
	return t.value
}

// forget replaces the token that the store holds by one that no session takes and
// that soon expires, since a Store has no other way to delete, and returns it.
func (s *storePart) forget(ctx context.Context) (string, error) {
	if err := s.usable(); err != nil {
		return "", err
	}
	unlock, lockErr := s.lock(ctx)
	if lockErr == nil {
		defer unlock()
	}
	token, _, getErr := s.get(ctx, wanted{})
	none := StoredToken{Value: NewSecret("revoked token"), Expires: s.session.clock.Now().Add(time.Second)}
	_, putErr := storeCall(ctx, s.guardedStore, s.session.clock, storeLimit, func(ctx context.Context) (struct{}, error) {
		return struct{}{}, s.store.Put(ctx, s.key, none)
	}, nil)
	return token.value, errors.Join(getErr, putErr)
}
