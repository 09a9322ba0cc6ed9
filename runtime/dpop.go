package runtime

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/internal/jwt"
)

// WithDPoP binds the session's access tokens to an ECDSA key on P-256 that is made
// for the session and never leaves it (DPoP, RFC 9449). Each token request and each
// call carries a fresh proof that the session has the key, so a stolen access token
// is of no use. The API's catalogue must say that it has DPoP.
//
// If the authorization server's metadata is fetched and does not list the algorithm of
// the key, that is a [*TokenError] too, and nothing is sent.
//
// An access token that is not bound is a [*TokenError]: the session never falls
// back to bearer tokens.
//
// Tokens that outlive the session need a key that does: use [WithDPoPKey] with a
// [Store], and for a refresh token of a public client.
func WithDPoP() Option {
	return option(func(o *options) {
		o.bind = func() (*binding, error) {
			key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
			if err != nil {
				return nil, err
			}
			b, err := newBinding(key, "")
			if err == nil {
				b.fresh = true
			}
			return b, err
		}
	})
}

// WithDPoPKey is [WithDPoP] with a key of your own. Any [crypto.Signer] will do,
// with an RSA key, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key; package
// keyfile reads key files. algorithm is a name of RFC 7518, section 3.1, or for an
// Ed25519 key EdDSA, which servers may know as Ed25519 (RFC 9864). "" means RS256 for
// an RSA key, which also has PS256, and EdDSA for an Ed25519 key; other keys have one
// algorithm each.
//
// Sessions with the same key share access tokens in a [Store], others do not.
func WithDPoPKey(key crypto.Signer, algorithm string) Option {
	return option(func(o *options) {
		o.bind = func() (*binding, error) { return newBinding(key, algorithm) }
	})
}

// binding is what binds the access tokens of a session to a key. It holds functions
// because a printer that follows fields would find the key and nonces, and so that
// the linker drops what they do from programs without DPoP.
type binding struct {
	thumbprint string // of the key
	algorithm  string // of the proofs
	fresh      bool   // the key was made for the session
	// prove returns a proof for one request. token is the access token that the
	// request carries, "" for a token request.
	prove func(method string, target *url.URL, token string, now time.Time) (proof, error)
	// learn takes the nonce for further proofs from a response, so that nothing else
	// finds it there, and reports whether there was one that can be sent.
	learn func(from *url.URL, header http.Header) bool
	// complaint returns the error of the DPoP challenge in a response, or "".
	complaint func(header http.Header) string
}

// proof is a proof of possession, and the nonce in it, "" for none.
type proof struct{ text, nonce string }

const (
	proofHeader = "Dpop" // in the canonical form of net/http
	nonceHeader = "Dpop-Nonce"

	// Errors of RFC 9449, sections 5, 8 and 9.
	wantsNonce   = "use_dpop_nonce"
	invalidProof = "invalid_dpop_proof"
)

func newBinding(key crypto.Signer, algorithm string) (*binding, error) {
	signer, err := jwt.NewSigner(key, algorithm)
	if err != nil {
		return nil, err
	}
	public, err := jwt.JWK(key.Public())
	if err != nil {
		return nil, err
	}
	thumbprint, err := jwt.Thumbprint(key.Public())
	if err != nil {
		return nil, err
	}
	header, err := signer.Header(map[string]any{"typ": "dpop+jwt", "jwk": public})
	if err != nil {
		return nil, err
	}
	nonces := nonces{of: map[string]string{}}
	return &binding{
		thumbprint: thumbprint,
		algorithm:  signer.Algorithm(),
		prove: func(method string, target *url.URL, token string, now time.Time) (proof, error) {
			nonce := nonces.get(target)
			claims := proofClaims{ID: jwt.ID(), Method: method, Target: proofTarget(target), Issued: now.Unix(), Nonce: nonce}
			if token != "" {
				sum := sha256.Sum256([]byte(token))
				claims.Token = base64.RawURLEncoding.EncodeToString(sum[:])
			}
			text, err := signer.SignUnder(header, &claims)
			if err != nil {
				return proof{}, fmt.Errorf("the DPoP proof cannot be signed: %w", err)
			}
			return proof{text, nonce}, nil
		},
		learn: func(from *url.URL, header http.Header) bool {
			given := header[nonceHeader]
			delete(header, nonceHeader)
			if len(given) != 1 || !validNonce(given[0]) {
				return false
			}
			nonces.set(from, given[0])
			return true
		},
		complaint: dpopComplaint,
	}, nil
}

// proofClaims are the claims of a proof (RFC 9449, section 4.2).
type proofClaims struct {
	ID     string `json:"jti"`
	Method string `json:"htm"`
	Target string `json:"htu"`
	Issued int64  `json:"iat"`
	Token  string `json:"ath,omitempty"`
	Nonce  string `json:"nonce,omitempty"`
}

// proofTarget returns the URL of a request without query and fragment, and
// normalized, because servers compare it with a URL that they put together
// themselves (RFC 9449, section 4.3).
func proofTarget(u *url.URL) string {
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return originOf(u) + path
}

// originOf returns the scheme, the host and the port of a URL, the port only if it
// is not the scheme's own.
func originOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if port := u.Port(); port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		host = strings.TrimSuffix(host, ":"+port)
	}
	return u.Scheme + "://" + host
}

// nonces are the newest nonces of servers, by origin. A session sends to the few
// origins that its catalogue names and no others.
type nonces struct {
	mu sync.Mutex
	of map[string]string
}

func (n *nonces) get(server *url.URL) string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.of[originOf(server)]
}

func (n *nonces) set(server *url.URL, nonce string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.of[originOf(server)] = nonce
}

// binding returns what the options bind access tokens to, nil for nothing, or why
// that does not go together with the API, the grant or another option.
func (o *options) binding(api *clientimpl.API, holder Holder) (*binding, error) {
	switch {
	case o.bind == nil && api.Token.DPoP == "required":
		return nil, fmt.Errorf("runtime: %s takes only access tokens that are bound to a key: open the session with runtime.WithDPoP, which makes one, or with runtime.WithDPoPKey", api.Name)
	case o.bind == nil:
		return nil, nil
	case api.Token.DPoP == "":
		return nil, fmt.Errorf("runtime: %s does not bind access tokens to a key, by its catalogue: leave runtime.WithDPoP out, or add dpop to token in the catalogue and generate again", api.Name)
	}
	b, err := o.bind()
	switch {
	case err != nil:
		return nil, fmt.Errorf("runtime: WithDPoPKey: %w", err)
	case !b.fresh:
		return b, nil
	case holder.Fixed:
		return nil, errors.New("runtime: WithDPoP makes a key, and a fixed access token is bound to the key that it was made with: give that with runtime.WithDPoPKey")
	case holder.Lasting:
		return nil, errors.New("runtime: WithDPoP makes a key for this session, and the refresh token of a public client, which outlives the session, would be bound to it: give a key that is kept as well with runtime.WithDPoPKey")
	case o.share != nil:
		return nil, errors.New("runtime: WithDPoP makes a key for this session, and access tokens bound to it are of no use to the others that share the store: give all of them one key with runtime.WithDPoPKey")
	}
	return b, nil
}

const notBound = "so the server has not bound the access token to the key of the DPoP proof, and it is not used: have the client configured for DPoP, or open the session without runtime.WithDPoP"

// takes returns an error if calls cannot carry an access token of a token_type. ""
// is the type that was asked for.
func (s *Session) takes(kind string) error {
	switch bound := s.binding != nil; {
	case kind == "", bound && strings.EqualFold(kind, "dpop"), !bound && isBearer(kind):
		return nil
	case bound && isBearer(kind):
		return fmt.Errorf("the token_type is %q, %s", kind, notBound)
	case bound:
		return fmt.Errorf("the token_type is %.40q: only access tokens of the type DPoP can be used in this session", kind)
	case strings.EqualFold(kind, "dpop"):
		return fmt.Errorf("the token_type is %q, so the access token is bound to a key: open the session with runtime.WithDPoP", kind)
	}
	return fmt.Errorf("the token_type is %.40q: only bearer tokens can be used", kind)
}

// isBearer reports whether a token_type is that of bearer tokens (RFC 6750), or one of
// the names that eBay and Slack have for theirs, by whom they speak for
// (https://developer.ebay.com/api-docs/static/oauth-client-credentials-grant.html,
// https://docs.slack.dev/reference/methods/oauth.v2.access).
func isBearer(kind string) bool {
	switch strings.ToLower(kind) {
	case "bearer", "application access token", "user access token", "bot", "user":
		return true
	}
	return false
}

// scheme returns the scheme of the Authorization field of calls (RFC 6750, section
// 2.1, and RFC 9449, section 7.1).
func (s *Session) scheme() string {
	if s.binding != nil {
		return "DPoP"
	}
	return "Bearer"
}

// dates reports whether requests tell the time of this machine's clock.
func (s *Session) dates() bool { return s.api.Signing != nil || s.binding != nil }

// proofRefused says what a server found wrong with a proof, "" if that is nothing.
// nonce says whether it gave a nonce that can be sent.
func proofRefused(complaint string, nonce bool) string {
	switch {
	case complaint == wantsNonce && nonce:
		return "asks for another nonce in the DPoP proof, again and again"
	case complaint == wantsNonce:
		return "asks for a nonce in the DPoP proof, and gives none that can be sent (RFC 9449, section 8.1)"
	case complaint == invalidProof:
		return "refused the DPoP proof"
	}
	return ""
}
