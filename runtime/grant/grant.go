// Package grant has the ways of getting access tokens, other than with the client
// credentials grant as [runtime.Credentials] are it. Give one to the Open function
// of a generated package:
//
//	session, err := things.Open(things.Live, grant.GoogleKeyFile("key.json", ""))
//
// With every grant of this package a call carries an access token for its own client's
// scopes, except [Fixed], and [ClientCredentials] with a Scope, which cannot narrow.
// What is wrong with a grant, or not listed by the API's catalogue, is an error of
// Open, before there is any network; the documentation of Open says what the API has.
// The compiler does not refuse it: a parameter of fewer types would shut out a
// program's own grants and those that it chooses when it runs, and the compiler would
// speak of missing methods and type assertions. Open of an API without access tokens
// takes no grant. None prints a secret. All are safe for concurrent use.
//
// The documentation of [runtime.Grant] has an example for each of them.
package grant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// ClientCredentials is the client credentials grant (RFC 6749, section 4.4) with
// further parameters, or for a server that takes no scopes of the API. Otherwise
// runtime.Credentials alone will do.
type ClientCredentials struct {
	Client runtime.Credentials
	// Parameters are sent beside those of the grant, such as resource (RFC 8707) or
	// audience. They are not secret.
	Parameters url.Values
	// Scope is sent in place of the scopes of the client that calls, to a server that
	// gives an application all that it was granted, under one name: Microsoft Entra ID
	// with "https://graph.microsoft.com/.default". Such a grant cannot narrow: every call
	// carries all of it, and with runtime.WithOneToken all clients of a token share it.
	Scope string
}

// Prepare implements [runtime.Grant].
func (g ClientCredentials) Prepare(api *clientimpl.API, endpoint string) (runtime.Holder, error) {
	holder, err := g.Client.Prepare(api, endpoint)
	holder.Key = keyOf("", g.Parameters)
	if g.Scope != "" {
		holder.Key, holder.Fixed = keyOf("scope "+g.Scope, g.Parameters), true
	}
	return holder, errors.Join(err, checkParameters(g.Parameters))
}

// AccessToken implements [runtime.Grant].
func (g ClientCredentials) AccessToken(ctx context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	token, err := r.Send(ctx, g.Client, with(g.Parameters, "grant_type", "client_credentials", "scope", cmp.Or(g.Scope, r.Scope())))
	if g.Scope != "" && slices.Equal(token.Scopes, strings.Fields(g.Scope)) {
		token.Scopes = nil // it says what it was asked for, and not what that is
	}
	return token, err
}

// Revoke implements [runtime.Revoker].
func (g ClientCredentials) Revoke(ctx context.Context, r *runtime.TokenRequest, access []runtime.Secret) error {
	return g.Client.Revoke(ctx, r, access)
}

// Fixed uses one access token that was made elsewhere, such as a personal access
// token. It cannot narrow: every call carries the whole of it. State the scopes that
// it holds; a call that needs another is refused before anything is sent.
func Fixed(token runtime.Secret, scopes ...string) runtime.Grant {
	return fixed{func() string { return token.Reveal() }, slices.Clone(scopes)}
}

type fixed struct {
	token  func() string
	scopes []string
}

func (g fixed) Prepare(api *clientimpl.API, _ string) (runtime.Holder, error) {
	holder := runtime.Holder{Private: true, Fixed: true}
	if g.token() == "" {
		return holder, errors.New("grant: Fixed: the access token is empty")
	}
	if len(g.scopes) == 0 && !api.Scopes.None() {
		return holder, errors.New("grant: Fixed: state the scopes that the access token holds")
	}
	return holder, runtime.HasScopes(api, g.scopes...)
}

func (g fixed) AccessToken(_ context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	return runtime.AccessToken{Value: runtime.NewSecret(g.token()), Scopes: slices.Clone(g.scopes), Obtained: r.Clock().Now(), Life: 365 * 24 * time.Hour}, nil
}

// with returns parameters and the pairs.
func with(parameters url.Values, pairs ...string) url.Values {
	all := url.Values{}
	for name, values := range parameters {
		all[name] = slices.Clone(values)
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			all.Set(pairs[i], pairs[i+1])
		}
	}
	return all
}

// reserved are the parameters that a grant sets itself.
var reserved = []string{"grant_type", "scope", "client_id", "client_secret", "client_assertion", "client_assertion_type", "assertion", "refresh_token",
	"code", "code_verifier", "device_code", "redirect_uri", "subject_token", "subject_token_type", "actor_token", "actor_token_type", "requested_token_type", "dpop_jkt"}

func checkParameters(parameters url.Values) error {
	for name := range parameters {
		if slices.Contains(reserved, name) {
			return fmt.Errorf("grant: Parameters: %q is set by the grant itself and cannot be given", name)
		}
	}
	return nil
}

// keyOf tells access tokens apart by subject and parameters.
func keyOf(subject string, parameters url.Values) string {
	if subject == "" && len(parameters) == 0 {
		return ""
	}
	return strings.Join([]string{subject, parameters.Encode()}, "\n")
}
