// Package clientauth has the ways in which a client proves to a token endpoint who
// it is, other than with a client secret. Give one to [runtime.Credentials]:
//
//	credentials := runtime.Credentials{ClientID: id, Authentication: clientauth.PrivateKeyJWT(keyID, key)}
//
// What is wrong with one is an error of the Open function, before there is any
// network. None prints a secret.
package clientauth

import (
	"context"
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/internal/jwt"
	"github.com/scopegen/scopegen/runtime/internal/secretfile"
)

// method is a way to authenticate. It holds functions, because a printer that
// follows fields would find keys.
type method struct {
	name         func() (string, error)
	authenticate func(context.Context, runtime.ClientRequest, url.Values) error
}

func (m *method) Method() (string, error) { return m.name() }

func (m *method) Authenticate(ctx context.Context, r runtime.ClientRequest, parameters url.Values) error {
	return m.authenticate(ctx, r, parameters)
}

func named(name string, err error) func() (string, error) {
	return func() (string, error) { return name, err }
}

// None is for a public client: the request holds the client's id and no proof (RFC
// 6749, section 3.2.1).
func None() runtime.ClientAuthentication {
	return &method{named("none", nil), func(context.Context, runtime.ClientRequest, url.Values) error { return nil }}
}

// TLSClientAuth is for a client that the connection authenticates, by the
// certificate in it (RFC 8705, section 2): the request holds the client's id alone.
// Open the session with [runtime.WithTransport] and a transport whose TLS
// configuration has the certificate.
func TLSClientAuth() runtime.ClientAuthentication {
	return &method{named("tls_client_auth", nil), func(context.Context, runtime.ClientRequest, url.Values) error { return nil }}
}

// Option changes an assertion of [PrivateKeyJWT].
type Option struct{ apply func(*assertion) }

type assertion struct {
	algorithm, audience string
	certificate         *x509.Certificate
}

// Algorithm signs with an algorithm of RFC 7518, section 3.1, or for an Ed25519 key
// with EdDSA, which servers may know as Ed25519 (RFC 9864). The default is RS256 for
// RSA keys, which also have PS256, and EdDSA for Ed25519 keys; other keys have one
// algorithm each.
func Algorithm(name string) Option {
	return Option{func(a *assertion) { a.algorithm = name }}
}

// Audience addresses the assertion to another than the default, which is the issuer
// where the catalogue says it, else the URL of the token endpoint.
func Audience(audience string) Option {
	return Option{func(a *assertion) { a.audience = audience }}
}

// Certificate names the certificate of the key by its thumbprint, in the header
// x5t#S256 (RFC 7515, section 4.1.8).
func Certificate(c *x509.Certificate) Option {
	return Option{func(a *assertion) { a.certificate = c }}
}

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	// An assertion is for the request that it is made for.
	assertionLife = time.Minute
	// A server whose clock is a little behind would take an assertion for one from
	// the future.
	assertionPast = 5 * time.Second
)

// PrivateKeyJWT signs an assertion for each request (private_key_jwt: RFC 7523,
// section 2.2, and OpenID Connect Core, section 9). keyID is the id under which the
// server knows the public key, "" for none. Any [crypto.Signer] will do, with an RSA
// key, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key; package keyfile
// reads key files. Each assertion is valid for a minute and has an id of its own.
func PrivateKeyJWT(keyID string, key crypto.Signer, opts ...Option) runtime.ClientAuthentication {
	var a assertion
	for _, opt := range opts {
		if opt.apply != nil { // of the zero Option
			opt.apply(&a)
		}
	}
	signer, err := jwt.NewSigner(key, a.algorithm)
	if err == nil && a.certificate != nil {
		if public, ok := a.certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool }); !ok || !public.Equal(key.Public()) {
			err = errors.New("the certificate is not the key's")
		}
	}
	if err != nil {
		err = fmt.Errorf("clientauth: PrivateKeyJWT: %w", err)
	}
	header := map[string]any{"typ": "JWT"}
	if keyID != "" {
		header["kid"] = keyID
	}
	if a.certificate != nil {
		sum := sha256.Sum256(a.certificate.Raw)
		header["x5t#S256"] = base64.RawURLEncoding.EncodeToString(sum[:])
	}
	return &method{named("private_key_jwt", err), func(_ context.Context, r runtime.ClientRequest, parameters url.Values) error {
		if err != nil {
			return err
		}
		audience := r.Endpoint
		if r.Issuer != "" {
			audience = r.Issuer
		}
		if a.audience != "" {
			audience = a.audience
		}
		text, err := signer.Sign(header, map[string]any{
			"iss": r.ClientID, "sub": r.ClientID, "aud": audience, "jti": jwt.ID(),
			"iat": r.Time.Add(-assertionPast).Unix(), "exp": r.Time.Add(assertionLife).Unix(),
		})
		if err != nil {
			return fmt.Errorf("the assertion cannot be signed: %w", err)
		}
		parameters.Set("client_assertion_type", assertionType)
		parameters.Set("client_assertion", text)
		return nil
	}}
}

// Assertion sends an assertion that another made, such as the token of a workload
// (RFC 7523, section 2.2). get is called for each request.
func Assertion(get func(context.Context) (runtime.Secret, error)) runtime.ClientAuthentication {
	var missing error
	if get == nil {
		missing = errors.New("clientauth: Assertion: the function is nil")
	}
	return &method{named("private_key_jwt", missing), func(ctx context.Context, _ runtime.ClientRequest, parameters url.Values) error {
		if missing != nil {
			return missing
		}
		secret, err := get(ctx)
		if err != nil {
			return fmt.Errorf("no assertion: %w", err)
		}
		if secret.Reveal() == "" {
			return errors.New("the assertion is empty")
		}
		parameters.Set("client_assertion_type", assertionType)
		parameters.Set("client_assertion", secret.Reveal())
		return nil
	}}
}

// AssertionFile is [Assertion] with an assertion from a file that is read again for
// each request, because the platform replaces it: a projected service account token
// of Kubernetes, a JWT-SVID of SPIFFE, what a sidecar writes.
func AssertionFile(path string) runtime.ClientAuthentication {
	return Assertion(func(context.Context) (runtime.Secret, error) {
		text, err := secretfile.Read(path)
		return runtime.NewSecret(text), err
	})
}
