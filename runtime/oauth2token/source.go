package oauth2token

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/oauth2"

	"github.com/scopegen/scopegen/runtime"
)

// Source returns a source of access tokens for the scopes of token, for programs and
// packages that take an [oauth2.TokenSource], such as [oauth2.NewClient]. The session
// fetches and renews them, and shares them with its own calls. Each use of the source
// waits until ctx ends.
//
// An access token whose end is not known is handed out as one that expires at once,
// because x/oauth2 would keep it for ever. One that is bound to a key is an error,
// because x/oauth2 makes no proofs: see [runtime.WithDPoP].
func Source[S any](ctx context.Context, token runtime.Token[S]) oauth2.TokenSource {
	return source(func() (*oauth2.Token, error) {
		value, expires, err := token.AccessTokenExpiry(ctx)
		if err != nil {
			return nil, err
		}
		if kind := token.AccessTokenType(); kind != "Bearer" {
			return nil, fmt.Errorf("oauth2token: the session's access tokens are of the type %s, bound to its key, and golang.org/x/oauth2 sends no proof of that: open another session without runtime.WithDPoP", kind)
		}
		if expires.IsZero() {
			expires = time.Now()
		}
		return &oauth2.Token{AccessToken: value.Reveal(), TokenType: "Bearer", Expiry: expires}, nil
	})
}

type source func() (*oauth2.Token, error)

// Token implements [oauth2.TokenSource].
func (s source) Token() (*oauth2.Token, error) { return s() }
