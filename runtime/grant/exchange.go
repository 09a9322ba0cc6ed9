package grant

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/secretfile"
)

const exchangeType = "urn:ietf:params:oauth:grant-type:token-exchange"

// Token types of RFC 8693, section 3.
const (
	TypeAccessToken = "urn:ietf:params:oauth:token-type:access_token"
	TypeIDToken     = "urn:ietf:params:oauth:token-type:id_token"
	TypeJWT         = "urn:ietf:params:oauth:token-type:jwt"
)

// Token is a token that an [Exchange] gives for an access token.
type Token struct {
	Type string // TypeAccessToken and the like
	// Get returns the token. It is called for each exchange.
	Get func(context.Context) (runtime.Secret, error)
}

// FileToken is a token from a file that is read again for each exchange, because
// the platform replaces it.
func FileToken(kind, path string) Token {
	return Token{kind, func(context.Context) (runtime.Secret, error) {
		text, err := secretfile.Read(path)
		return runtime.NewSecret(text), err
	}}
}

// SessionToken is the access token of another session, for the scopes of token.
func SessionToken[S any](token runtime.Token[S]) Token {
	return Token{TypeAccessToken, token.AccessToken}
}

// Exchange gives a token for access tokens (RFC 8693): each client of the session
// gets an access token of its own, for its own scopes alone.
type Exchange struct {
	Client  runtime.Credentials // the zero value sends the tokens alone
	Subject Token               // of the party on whose behalf calls are made
	Actor   Token               // of the party that acts for it; the zero value for none
	// SubjectName tells whose token Subject is. Sessions with the same name share
	// access tokens in a [runtime.Store]; without a name they share none.
	SubjectName string
	// Requested is the type of token that is asked for, "" for TypeAccessToken.
	Requested string
	// Parameters are sent beside those of the grant, such as resource and audience.
	// They are not secret.
	Parameters url.Values
}

// Prepare implements [runtime.Grant].
func (g Exchange) Prepare(api *clientimpl.API, _ string) (runtime.Holder, error) {
	err := errors.Join(runtime.HasGrant(api, exchangeType), checkParameters(g.Parameters))
	if g.Client.ClientID != "" {
		err = errors.Join(err, g.Client.Check(api))
	}
	if g.Subject.Get == nil || g.Subject.Type == "" {
		err = errors.Join(err, errors.New("grant: Exchange.Subject lacks its Type or Get"))
	}
	if (g.Actor.Get == nil) != (g.Actor.Type == "") {
		err = errors.Join(err, errors.New("grant: Exchange.Actor has only one of Type and Get"))
	}
	return runtime.Holder{ClientID: g.Client.ClientID, Key: keyOf("exchange "+g.SubjectName, g.Parameters), Private: g.SubjectName == ""}, err
}

// Revoke implements [runtime.Revoker]. The tokens that were exchanged stay good.
func (g Exchange) Revoke(ctx context.Context, r *runtime.TokenRequest, access []runtime.Secret) error {
	return g.Client.Revoke(ctx, r, access)
}

// AccessToken implements [runtime.Grant].
func (g Exchange) AccessToken(ctx context.Context, r *runtime.TokenRequest) (runtime.AccessToken, error) {
	wants := g.Requested
	if wants == "" {
		wants = TypeAccessToken
	}
	pairs := []string{"grant_type", exchangeType, "scope", r.Scope(), "requested_token_type", wants}
	for _, one := range []struct {
		name string
		Token
	}{{"subject_token", g.Subject}, {"actor_token", g.Actor}} {
		if one.Get == nil {
			continue
		}
		secret, err := one.Get(ctx)
		if err == nil && secret.Reveal() == "" {
			err = errors.New("it is empty")
		}
		if err != nil {
			return runtime.AccessToken{}, fmt.Errorf("the %s: %w", one.name, err)
		}
		pairs = append(pairs, one.name, secret.Reveal(), one.name+"_type", one.Type)
	}
	token, err := r.Send(ctx, g.Client, with(g.Parameters, pairs...))
	if err == nil && token.Issued != wants {
		return runtime.AccessToken{}, fmt.Errorf("the endpoint exchanged for a token of the type %.100q, and %s was asked for", token.Issued, wants)
	}
	return token, err
}
