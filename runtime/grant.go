package runtime

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

// Grant is a way of getting access tokens (RFC 6749, section 1.3). [Credentials]
// are one, the client credentials grant. Package grant has others, and a program
// can have one of its own.
//
// The session does the rest for every Grant: it asks once for all callers, renews
// access tokens ahead of their end, repeats what failed in passing, pauses after
// failures, and refuses an access token that lacks a scope or holds one that was
// not asked for. A Grant must be safe for concurrent use, since the session asks
// for the access tokens of different scope sets at the same time.
type Grant interface {
	// Prepare returns whose access tokens the grant gets. [Open] calls it, before
	// there is any network. endpoint is the URL of the token endpoint, or "" if the
	// issuer's metadata is to name it. The error says what the grant lacks, or that
	// the API does not have the grant.
	Prepare(api *clientimpl.API, endpoint string) (Holder, error)
	// AccessToken gets an access token for the scopes of r. It has 30 seconds by
	// the session's clock; then ctx ends. An error that [TokenRequest.Send] returned
	// should be returned as it is: it tells whether the request may be repeated.
	AccessToken(ctx context.Context, r *TokenRequest) (AccessToken, error)
}

// Holder says whose access tokens a [Grant] gets.
type Holder struct {
	// ClientID identifies the client, for APIs whose requests name it. It may be
	// empty.
	ClientID string
	// Key tells access tokens apart that one client gets on behalf of different
	// subjects, for different resources, or by different grants. In a [Store],
	// sessions share access tokens only if their ClientID and Key are equal. Key
	// need not be secret: only a hash of it is stored.
	Key string
	// Private keeps the access tokens out of a [Store], because it is not known
	// whose they are.
	Private bool
	// Lasting says that the grant keeps tokens that outlive the session and that the
	// server binds to the key of [WithDPoP]: the refresh tokens of public clients
	// (RFC 9449, section 5). Such a session needs a key that outlives it too, which
	// [WithDPoPKey] gives.
	Lasting bool
	// Fixed says that the grant cannot narrow: every access token holds the same
	// scopes, whatever a call needs. The session accepts them, and says so when it
	// is printed.
	Fixed bool
}

// AccessToken is an access token as a [Grant] got it, with what it knows of it.
type AccessToken struct {
	Value Secret
	// Type is the token_type that the endpoint gave, "Bearer" or "DPoP" in any case
	// (RFC 6749, section 7.1). "" means the one that was asked for. The session
	// refuses a bearer token where it was opened with [WithDPoP], and a token of
	// another type otherwise.
	Type string
	// Scopes are the scopes that were granted. Nil means those that were asked for.
	Scopes []string
	// Obtained is when the request was sent, by the session's clock.
	Obtained time.Time
	// Life is how long the access token is valid from then on. 0 means that it is
	// not known: the access token serves those who waited for it, once.
	Life time.Duration
	// Refresh is the refresh token that came with it, if one did.
	Refresh Secret
	// Issued is the type of the token that an exchange gave (RFC 8693, section
	// 2.2.1), "" if the endpoint did not say.
	Issued string
}

// ClientAuthentication is how a client proves to the token endpoint who it is.
// Package clientauth has the methods of RFC 6749, RFC 7523 and RFC 8705. It must be
// safe for concurrent use.
type ClientAuthentication interface {
	// Method returns the name of the method in the registry of RFC 7591, such as
	// private_key_jwt, or an error that says why it cannot be used. [Open] calls it,
	// before there is any network.
	Method() (string, error)
	// Authenticate adds to the parameters of a request what proves who the client
	// is. It is called for every request, repeated ones too.
	Authenticate(ctx context.Context, client ClientRequest, parameters url.Values) error
}

// ClientRequest is what a [ClientAuthentication] knows of a request.
type ClientRequest struct {
	ClientID string
	Endpoint string    // URL of the token endpoint
	Issuer   string    // of the authorization server; "" if that is not known
	Time     time.Time // by the session's clock
}

// Credentials identify the client to the token endpoint, and are the client
// credentials grant (RFC 6749, section 4.4). They print no secret.
type Credentials struct {
	ClientID     string
	ClientSecret Secret // NewSecret(os.Getenv("…"))
	// Authentication proves who the client is without a ClientSecret, where the API
	// has another method. See package clientauth.
	Authentication ClientAuthentication
}

// Prepare implements [Grant].
func (c Credentials) Prepare(api *clientimpl.API, _ string) (Holder, error) {
	return Holder{ClientID: c.ClientID}, errors.Join(c.Check(api), HasGrant(api, "client_credentials"))
}

// AccessToken implements [Grant].
func (c Credentials) AccessToken(ctx context.Context, r *TokenRequest) (AccessToken, error) {
	return r.Send(ctx, c, url.Values{"grant_type": {"client_credentials"}, "scope": {r.Scope()}})
}

// Check returns an error if the credentials are incomplete, or if the API does not
// take them. A [Grant] that has Credentials calls it in Prepare.
func (c Credentials) Check(api *clientimpl.API) error {
	switch {
	case c.ClientID == "":
		return errors.New("runtime: Credentials.ClientID is empty: set it to the id that the API gave your client")
	case !ascii.Printable(c.ClientID):
		return errors.New("runtime: Credentials.ClientID has characters other than printable ASCII")
	case c.Authentication == nil && c.ClientSecret.Reveal() == "":
		return errors.New("runtime: Credentials.ClientSecret is empty: set it with runtime.NewSecret")
	case c.Authentication == nil:
		return nil
	case c.ClientSecret.Reveal() != "":
		return errors.New("runtime: Credentials has both a ClientSecret and an Authentication: leave one out")
	}
	method, err := c.Authentication.Method()
	if err != nil {
		return err
	}
	if !slices.Contains(api.Token.Authentication, method) {
		return fmt.Errorf("runtime: %s does not take the client authentication %s; its catalogue lists %s: choose another, or add it to token.client_authentication and generate again",
			api.Name, method, listed(append([]string{"a client secret"}, api.Token.Authentication...)))
	}
	return nil
}

// method returns the name of the way in which the client authenticates, "" for none.
func (c Credentials) method(api *clientimpl.API) (string, error) {
	switch {
	case c.Authentication != nil:
		return c.Authentication.Method()
	case c.ClientID == "":
		return "", nil
	case api.Token.Basic:
		return secretBasic, nil
	}
	return secretPost, nil
}

// HasGrant returns an error if the catalogue of api does not list the grant called
// name, which is its value of the parameter grant_type. A [Grant] calls it in
// Prepare.
func HasGrant(api *clientimpl.API, name string) error {
	grants := api.Token.Grants
	if grants == nil {
		grants = []string{"client_credentials"}
	}
	if slices.Contains(grants, name) {
		return nil
	}
	return fmt.Errorf("runtime: %s does not have the grant %s; its catalogue lists %s: choose another, or add it to token.grants and generate again", api.Name, name, listed(grants))
}

// HasScopes returns an error if api lacks one of scopes, which are written as they
// are sent. A [Grant] for access tokens whose scopes the program states calls it in
// Prepare.
func HasScopes(api *clientimpl.API, scopes ...string) error {
	for _, name := range scopes {
		known := false
		for scope := range api.Scopes.All() {
			known = known || scope.Name == name
		}
		if !known {
			return fmt.Errorf("runtime: %s has no scope %q", api.Name, name)
		}
	}
	return nil
}

func listed(names []string) string { return strings.Join(names, ", ") }

// TokenRequest is one fetch of an access token: what it is for, and the means to
// ask the token endpoint.
type TokenRequest struct {
	session *Session
	scopes  []string
	scope   string

	mu   sync.Mutex
	sent []string // secrets, in each form in which they were sent
}

// NewTokenRequest returns a request for an access token that belongs to no call. A
// program gives it to a grant that has a person log in; see package grant. It
// returns nil for the zero Session.
func (s *Session) NewTokenRequest(scopes ...string) *TokenRequest {
	if s == nil || s.api == nil {
		return nil
	}
	return &TokenRequest{session: s, scopes: slices.Clone(scopes), scope: strings.Join(scopes, " ")}
}

// Scopes returns the scopes that the access token is for, sorted.
func (r *TokenRequest) Scopes() []string { return slices.Clone(r.scopes) }

// Scope returns the scopes as the parameter scope has them, separated by spaces
// (RFC 6749, section 3.3).
func (r *TokenRequest) Scope() string { return r.scope }

// API returns the API that the access token is for.
func (r *TokenRequest) API() *clientimpl.API { return r.session.api }

// KeyThumbprint returns the thumbprint (RFC 7638) of the key that the access token is
// to be bound to, "" if the session was opened without [WithDPoP].
func (r *TokenRequest) KeyThumbprint() string {
	if r.session.binding == nil {
		return ""
	}
	return r.session.binding.thumbprint
}

// Clock returns the session's clock.
func (r *TokenRequest) Clock() Clock { return r.session.clock }

// Send sends the parameters of a grant to the token endpoint, with the
// authentication of the client, and returns the access token of the response. It
// sends one request and repeats nothing, but for a nonce that the endpoint wants in
// a DPoP proof (RFC 9449, section 8): then it sends a second one. If the parameters hold
// an assertion, which may be good once, the session asks the grant again instead. The
// error is a [*TokenError].
//
// Granted scopes other than those asked for are no error yet: the session sees to
// that when the grant has returned. A response without a token_type holds a bearer token.
func (r *TokenRequest) Send(ctx context.Context, client Credentials, parameters url.Values) (AccessToken, error) {
	endpoint, err := r.resolve(ctx, TokenEndpoint, parameters.Get("grant_type"), client)
	if err != nil {
		return AccessToken{}, err
	}
	limited := newLimit(ctx, r.session.clock, fetchLimit, "the token request") // a login has no other
	defer limited.end()
	a, err := r.exchange(limited.ctx, endpoint, client, parameters, r.session.binding)
	if err != nil {
		return AccessToken{}, err
	}
	token, problem := parseToken(a.status, a.contentType, a.text)
	switch {
	case problem != nil:
	case token.Type != "":
		problem = r.session.takes(token.Type)
	case r.session.binding != nil: // LinkedIn and Shopify say none, though RFC 6749, section 5.1, demands it
		problem = errors.New("the response has no token_type, " + notBound)
	}
	if problem != nil {
		failed := a.failed(r.session, problem)
		failed.anew = a.nonce && failed.Code == wantsNonce && parameters.Has(onceParameter)
		return AccessToken{}, r.session.noToken(r, failed)
	}
	token.Obtained = a.sent
	token.Scopes = separated(r.session.api.Scopes, token.Scopes)
	return token, nil
}

// SendTo sends parameters to another endpoint of the authorization server and
// returns the JSON of its response. The error is a [*TokenError], also where a response
// with the status 200 says one.
func (r *TokenRequest) SendTo(ctx context.Context, e Endpoint, client Credentials, parameters url.Values) ([]byte, error) {
	endpoint, err := r.resolve(ctx, e, "", client)
	if err != nil {
		return nil, err
	}
	limited := newLimit(ctx, r.session.clock, fetchLimit, "the request to the "+string(e))
	defer limited.end()
	a, err := r.exchange(limited.ctx, endpoint, client, parameters, nil) // proofs are for token requests
	if err != nil {
		return nil, err
	}
	problem := refusedWithOK(a.text)
	if a.status != http.StatusOK {
		problem = refused(a.text)
	}
	if problem != nil {
		return nil, r.session.noToken(r, a.failed(r.session, problem))
	}
	return a.text, nil
}

// hide remembers what must not stand in errors.
func (r *TokenRequest) hide(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sent = append(r.sent, secrets...)
}

func (r *TokenRequest) hidden() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

// Format prints the scopes and nothing that was sent.
func (r *TokenRequest) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprintf(state, "TokenRequest(%s)", r.scope)
}

// storeKey returns the key of the tokens for a scope set. Keys of other servers,
// token endpoints, clients, subjects and sets differ, and a key tells nothing secret.
func (s *Session) storeKey(parameter string) string {
	server := "issuer " + s.issuer
	if u := s.endpoints[TokenEndpoint]; u != nil {
		server = u.String()
	}
	parts := []string{server, s.holder.ClientID, parameter}
	if s.holder.Key != "" {
		parts = append(parts, s.holder.Key)
	}
	if s.binding != nil {
		parts = append(parts, "bound to "+s.binding.thumbprint)
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\n")))
	return fmt.Sprintf("scopegen:%s:%s", s.api.Name, hex.EncodeToString(sum[:]))
}
