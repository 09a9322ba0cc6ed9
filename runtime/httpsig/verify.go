package httpsig

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig/internal/sfv"
)

// Policy says what a [Verifier] requires beyond a correct signature. Only Keys must be
// set. A Verifier keeps a copy, so a Policy may be changed and used again.
type Policy struct {
	// Keys returns the key with the id. For an unknown id it returns an error that
	// wraps [ErrUnknownKey]; other errors are taken for failures of the receiver. It
	// gets the context of the request, is called before any cryptography, and must
	// be safe for concurrent use.
	Keys func(ctx context.Context, keyID string) (Key, error)

	// Label is the label of the signature to verify. Empty: the message must have
	// exactly one signature.
	Label string
	// Require lists components that must be covered, written as in
	// [Settings].Cover. Nil: the Cover of the profile.
	Require []string
	// RequirePresent lists components that must be covered in messages that have
	// them, written as in [Settings].CoverPresent; a digest field must be covered if
	// there is a body. Nil: the CoverPresent of the profile, but content-length only
	// if no digest of the body is covered, because a proxy may add or remove it.
	RequirePresent []string
	// RequireParams lists parameters that the signature must have: created, expires,
	// alg, nonce, tag. Nil: created. It must always have keyid, and nonce if Nonces is
	// set.
	RequireParams []string
	// AllowEmpty accepts a signature that covers no component at all.
	AllowEmpty bool

	// Now returns the time. Nil: time.Now.
	Now func() time.Time
	// MaxAge is how long after its creation a signature is accepted, even if its
	// expires parameter says longer. 0: 5 minutes. Negative: for ever.
	MaxAge time.Duration
	// Skew is how far the signer's clock may differ from Now. 0: 5 seconds.
	// Negative: not at all.
	Skew time.Duration
	// Nonces remembers the nonces that were used. A message whose nonce was used
	// before is refused. Nil: nonces are ignored.
	Nonces NonceStore

	// MaxBody is the length in bytes of the longest body that is read to compare
	// its digest. 0: 10 MiB.
	MaxBody int64
	// Scheme is the scheme that the client used; set it to "https" behind a proxy
	// that ends TLS. Empty: "https" if the connection has TLS, else "http". Only
	// @scheme, @target-uri and the port in @authority depend on it.
	Scheme string
}

const (
	defaultMaxAge  = 5 * time.Minute
	defaultSkew    = 5 * time.Second
	defaultMaxBody = 10 << 20

	// maxComponents bounds the work for a message that nobody has signed.
	maxComponents = 128
)

// Verifier verifies the signatures of received messages. It never changes, and is safe
// for concurrent use.
type Verifier struct {
	profile  *Profile
	policy   Policy
	require  []component
	present  []component
	expected []component // both

	digestIsEnough bool // content-length need not be covered if a digest is
}

// NewVerifier returns a verifier of messages that are signed with the profile. It
// returns an error if the policy has no Keys, or requires what does not exist or
// contradicts itself. Errors wrap [ErrProfile], [ErrKey], [ErrComponent] or
// [ErrParameter].
func NewVerifier(profile *Profile, policy Policy) (*Verifier, error) {
	if err := profile.check(); err != nil {
		return nil, err
	}
	if policy.Keys == nil {
		return nil, refuse(ErrKey, "the policy has no Keys; set the function that returns them")
	}
	if policy.Now == nil {
		policy.Now = time.Now
	}
	if policy.MaxAge == 0 {
		policy.MaxAge = defaultMaxAge
	}
	policy.Skew = orDefault(policy.Skew, defaultSkew)
	if policy.MaxBody == 0 {
		policy.MaxBody = defaultMaxBody
	}
	policy.RequireParams = slices.Clone(policy.RequireParams) // the caller may change it
	if policy.RequireParams == nil {
		policy.RequireParams = []string{"created"}
	}
	required := func(name string) bool { return slices.Contains(policy.RequireParams, name) }
	if policy.Nonces != nil && !required("nonce") {
		policy.RequireParams = append(policy.RequireParams, "nonce")
	}
	for _, name := range policy.RequireParams {
		if !slices.Contains([]string{"created", "expires", "keyid", "alg", "nonce", "tag"}, name) {
			return nil, refuse(ErrParameter, "the policy requires the parameter %q, which does not exist", name)
		}
	}
	if policy.Nonces != nil && (policy.MaxAge < 0 || !required("created")) {
		return nil, refuse(ErrParameter, "the policy has Nonces, which cannot be remembered for ever; add created to RequireParams, and let MaxAge not be negative")
	}
	v := &Verifier{profile: profile, policy: policy, require: profile.cover, present: profile.present, digestIsEnough: policy.RequirePresent == nil}
	var err error
	if policy.Require != nil {
		if v.require, err = profile.parse(policy.Require); err != nil {
			return nil, err
		}
	}
	if policy.RequirePresent != nil {
		if v.present, err = profile.parse(policy.RequirePresent); err != nil {
			return nil, err
		}
	}
	v.expected = slices.Concat(v.require, v.present)
	return v, nil
}

// orDefault returns d, the fallback if d is 0, and 0 if d is negative.
func orDefault(d, fallback time.Duration) time.Duration {
	switch {
	case d == 0:
		return fallback
	case d < 0:
		return 0
	}
	return d
}

// Verified is what a verified signature says. It vouches for the parts of the message
// that it covers, and for nothing else: see [Verified.Covers].
type Verified struct {
	Label     string
	KeyID     string
	Algorithm Algorithm // of the key
	Created   time.Time // zero if the signature does not say
	Expires   time.Time // zero if the signature does not say
	Nonce     string
	Tag       string

	covered string // the list of components as received
}

// Covers reports whether the signature covers a component, written as in
// [Settings].Cover.
func (v Verified) Covers(text string) bool {
	want, err := parseComponent(text)
	if err != nil || v.covered == "" {
		return false
	}
	for items := sfv.Items(v.covered); items.Next(); {
		name, _ := items.Str()
		var c component
		if err := c.set(items.Text, name, items.Params()); err == nil && c.same(&want) {
			return true
		}
	}
	return false
}

// Verify verifies the signature of a request that a server received, and returns what
// the signature says. If a digest of the body is covered, Verify reads the body,
// compares it, and sets r.Body to one that can be read again. It changes nothing else
// in the request.
//
// Errors that are due to the message match [ErrRefused], and each reason has an error
// of its own among the variables of this package. Other errors are those of
// [Policy].Keys and of the [NonceStore].
func (v *Verifier) Verify(r *http.Request) (Verified, error) {
	var room target
	m := requestMessage(r, v.policy.Scheme, v.profile.dialect.special, &room)
	return v.verify(r.Context(), &m, &r.Body, knownSize(r.Body, r.ContentLength))
}

// VerifyResponse verifies the signature of a response that a client received, as
// [Verifier.Verify] does for a request. Components with ;req are those of
// response.Request. It refuses a response that net/http has decompressed, because the
// body is then not the one that was signed: set DisableCompression on the transport,
// or Accept-Encoding on the request.
func (v *Verifier) VerifyResponse(ctx context.Context, response *http.Response) (Verified, error) {
	if response.Uncompressed {
		return Verified{}, refuse(ErrBody, "net/http has decompressed it, so its digest cannot be compared; set DisableCompression on the transport")
	}
	if response.StatusCode < 100 {
		return Verified{}, refuse(ErrMalformed, "the status code is %d; the least is 100 (RFC 9110, section 15)", response.StatusCode)
	}
	m := message{request: response.Request, header: response.Header, status: response.StatusCode, scheme: v.policy.Scheme, special: v.profile.dialect.special}
	return v.verify(ctx, &m, &response.Body, knownSize(response.Body, response.ContentLength))
}

// knownSize returns the length of a body, or noLength if it is not known. In net/http a
// ContentLength of 0 beside a body means that the length is not known.
func knownSize(body io.ReadCloser, length int64) int64 {
	if length == 0 && body != nil && body != http.NoBody {
		return noLength
	}
	return length
}

func (v *Verifier) verify(ctx context.Context, m *message, body *io.ReadCloser, size int64) (Verified, error) {
	if err := v.profile.checkVersion(m); err != nil {
		return Verified{}, err
	}
	var s received
	var signatureRoom [ed25519.SignatureSize + 2]byte // base64 comes in threes
	signature, err := v.read(signatureRoom[:0], m, &s)
	if err != nil {
		return Verified{}, err
	}
	var room [16]component // apart from s, part of which Keys gets, so that it stays on the stack
	covered, err := v.readComponents(room[:0], s.covered)
	if err != nil {
		return Verified{}, err
	}
	bodyMustBeEmpty, err := v.checkCoverage(m, covered, size)
	if err != nil {
		return Verified{}, err
	}
	if err := v.checkTimes(&s, v.policy.Now()); err != nil {
		return Verified{}, err
	}
	key, err := v.key(ctx, &s)
	if err != nil {
		return Verified{}, err
	}

	var baseRoom [768]byte
	base := baseRoom[:0]
	for i := range covered {
		c := &covered[i]
		base = appendName(base, v.profile.dialect.bare, c)
		if base, err = m.appendValue(base, c); err != nil {
			return Verified{}, err
		}
		base = append(base, '\n')
	}
	base = appendParamsLine(base, v.profile.dialect.bare, s.params)
	if !key.verify(base, signature) {
		return Verified{}, refuse(ErrSignature, "label %q, key %q", s.Label, s.KeyID)
	}
	// From here on the signer is known. A body is read only for known signers, and a
	// nonce is used up only by a message that is right in every respect.
	if err := v.checkBody(m, covered, body, size, bodyMustBeEmpty); err != nil {
		return Verified{}, err
	}
	// Looking up the key and reading the body may have taken any time. The sender must
	// not gain by that, so check the times again.
	now := v.policy.Now()
	if err := v.checkTimes(&s, now); err != nil {
		return Verified{}, err
	}
	if v.policy.Nonces != nil {
		until := s.Created.Add(v.policy.MaxAge + v.policy.Skew)
		if err := v.policy.Nonces.Use(ctx, s.KeyID, s.Nonce, s.Created, until, now); err != nil {
			return Verified{}, err
		}
	}
	s.Algorithm = key.algorithm
	return s.Verified, nil
}

// key returns the key of the signature. It refuses a key that cannot have made the
// signature.
func (v *Verifier) key(ctx context.Context, s *received) (*material, error) {
	key, err := v.policy.Keys(ctx, s.KeyID)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", s.KeyID, err)
	}
	by := key.material()
	if by == nil {
		return nil, refuse(ErrUnknownKey, "Policy.Keys returned the zero Key for the id %q", s.KeyID)
	}
	if err := v.profile.Allows(key); err != nil {
		return nil, err
	}
	if s.given.has(paramAlg) && s.alg != string(by.algorithm) {
		return nil, refuse(ErrAlgorithm, "the parameter alg is %q, but key %q is for %s", s.alg, s.KeyID, by.algorithm)
	}
	return by, nil
}

// checkVersion refuses a signed message whose version header names another version.
func (p *Profile) checkVersion(m *message) error {
	if p.dialect.version == "" || len(m.header["Signature"])+len(m.header["Signature-Input"]) == 0 {
		return nil // refused later, for not being signed
	}
	values := m.header[versionHeader]
	if len(values) == 0 && p.dialect.bare {
		return nil // without the header, the version is 6
	}
	if len(values) != 1 || values[0] != p.dialect.version {
		return refuse(ErrVersion, "the field %s is %q; it must be %q", strings.ToLower(versionHeader), values, p.dialect.version)
	}
	return nil
}

// checkCoverage refuses a signature that covers less than the policy requires. A digest
// is required if there is a body, and if the size is not known, only reading shows
// whether there is one: bodyMustBeEmpty then says that no digest is covered.
func (v *Verifier) checkCoverage(m *message, covered []component, size int64) (bodyMustBeEmpty bool, err error) {
	if len(covered) == 0 && !v.policy.AllowEmpty {
		return false, ErrEmptyCoverage
	}
	for i := range v.require {
		inPlace := i < len(covered) && covered[i].same(&v.require[i]) // the usual case, which is fast
		if c := &v.require[i]; !inPlace && !contains(covered, c) {
			return false, refuse(ErrNotCovered, "the policy requires %s", c.identifier)
		}
	}
	for i := range v.present {
		c := &v.present[i]
		switch {
		case contains(covered, c):
			continue
		case isDigestField(c.name) && c.flags == 0 && size <= 0 && !m.has(c):
			bodyMustBeEmpty = bodyMustBeEmpty || size < 0
			continue
		case isDigestField(c.name) && c.flags == 0:
		case c.name == "content-length" && m.emptyBody():
			continue // net/http adds a content-length of 0 by itself
		case c.name == "content-length" && v.digestIsEnough && coversDigest(covered):
			continue // a proxy may have added it to a chunked body; the digest says more
		case !m.has(c):
			continue
		}
		return false, refuse(ErrNotCovered, "the policy requires %s, which the message has", c.identifier)
	}
	return bodyMustBeEmpty, nil
}

// coversDigest reports whether a digest of the message's own content is covered.
func coversDigest(covered []component) bool {
	for i := range covered {
		if isDigestField(covered[i].name) && covered[i].flags&flagReq == 0 {
			return true
		}
	}
	return false
}

// emptyBody reports whether content-length is 0.
func (m *message) emptyBody() bool {
	values := m.header["Content-Length"]
	return len(values) == 1 && values[0] == "0"
}

// checkTimes compares the parameters created and expires with the time.
func (v *Verifier) checkTimes(s *received, now time.Time) error {
	p := &v.policy
	if s.given.has(paramCreated) {
		if s.Created.After(now.Add(p.Skew)) {
			return refuse(ErrNotYetValid, "it was created at %s, and it is %s", stamp(s.Created), stamp(now))
		}
		if p.MaxAge >= 0 && now.After(s.Created.Add(p.MaxAge+p.Skew)) {
			return refuse(ErrTooOld, "it was created at %s, and it is %s", stamp(s.Created), stamp(now))
		}
	}
	if s.given.has(paramExpires) && !now.Before(s.Expires.Add(p.Skew)) {
		return refuse(ErrExpired, "it expired at %s, and it is %s", stamp(s.Expires), stamp(now))
	}
	return nil
}

// stamp returns a time as error messages show it.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
