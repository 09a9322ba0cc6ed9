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

// Policy is what a [Verifier] asks for beyond a signature that is right. Only
// Keys must be there.
type Policy struct {
	// Keys returns the key of an id, or an error that wraps [ErrUnknownKey]. It
	// is called with the request's context, before any cryptography.
	Keys func(ctx context.Context, keyID string) (Key, error)

	// Label names the signature that is verified. Empty: the message must have
	// exactly one.
	Label string
	// Require lists components that must be covered, as in [Settings.Cover].
	// Nil: those that the profile covers.
	Require []string
	// RequirePresent lists components that must be covered in messages that have
	// them, as in [Settings.CoverPresent]; a digest field if there is a body. Nil:
	// those that the profile covers, but content-length only where no digest of
	// the body is covered, because proxies may frame a body anew.
	RequirePresent []string
	// RequireParams lists parameters that must be there. Nil: created. The
	// parameter keyid always must, and nonce if there are Nonces.
	RequireParams []string
	// AllowEmpty lets a signature pass that covers no component at all.
	AllowEmpty bool

	// Now is the clock. Nil: time.Now.
	Now func() time.Time
	// MaxAge is how long after its creation a signature is taken, whatever it
	// says itself. 0: 5 minutes. Negative: for ever.
	MaxAge time.Duration
	// Skew is how far the signer's clock may be off. 0: 5 seconds. Negative: not
	// at all.
	Skew time.Duration
	// Nonces remembers nonces; a nonce that comes again is refused. Nil: nonces
	// are not looked at.
	Nonces NonceStore

	// MaxBody is the longest body that is read to check its digest, in bytes. 0:
	// 10 MiB.
	MaxBody int64
	// Scheme is "https" behind a proxy that ends TLS. Empty: what the connection
	// says. Only @scheme, @target-uri and the port in @authority depend on it.
	Scheme string
}

const (
	defaultMaxAge  = 5 * time.Minute
	defaultSkew    = 5 * time.Second
	defaultMaxBody = 10 << 20

	// maxComponents bounds the work that a message can ask for.
	maxComponents = 128
)

// Verifier verifies the signatures of received messages. It is safe for
// concurrent use, as far as the functions of its policy are.
type Verifier struct {
	profile  *Profile
	policy   Policy
	require  []component
	present  []component
	expected []component // both

	// The content-length of a covered digest need not be covered by default.
	digestIsEnough bool
}

// NewVerifier returns a verifier of messages that are signed with the profile.
// It is an error if the policy lacks keys or asks for what cannot be.
func NewVerifier(profile *Profile, policy Policy) (*Verifier, error) {
	if err := profile.check(); err != nil {
		return nil, err
	}
	if policy.Keys == nil {
		return nil, refuse(ErrKey, "the policy has no Keys to look them up")
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
			return nil, refuse(ErrParameter, "the policy requires %q, which does not exist", name)
		}
	}
	if policy.Nonces != nil && (policy.MaxAge < 0 || !required("created")) {
		return nil, refuse(ErrParameter, "the policy has Nonces, and a nonce cannot be remembered for ever; require created and let MaxAge be 0 or more")
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

func orDefault(d, fallback time.Duration) time.Duration {
	switch {
	case d == 0:
		return fallback
	case d < 0:
		return 0
	}
	return d
}

// Verified is what a signature that holds says. Nothing else in the message is
// vouched for than what it covers.
type Verified struct {
	Label     string
	KeyID     string
	Algorithm Algorithm
	Created   time.Time // zero: not said
	Expires   time.Time // zero: not said
	Nonce     string
	Tag       string

	covered string // the inner list as received
}

// Covers tells whether a component, spelt as in [Settings.Cover], is covered.
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

// Verify verifies the signature of a request that a server received. The
// request's own context is used. If the digest of the body is covered, the body
// is read, compared and put back, so that it can be read again; that is the one
// change to the request.
//
// Every way to fail has an error of its own, see the variables of this package.
func (v *Verifier) Verify(r *http.Request) (Verified, error) {
	var room target
	m := requestMessage(r, v.policy.Scheme, v.profile.dialect.special, &room)
	return v.verify(r.Context(), &m, &r.Body, knownSize(r.Body, r.ContentLength))
}

// VerifyResponse verifies the signature of an answer, as [Verifier.Verify] does
// that of a request. Components with ;req are taken from answer.Request. An answer
// that net/http decompressed unasked is not what was signed: set Accept-Encoding
// on the request, or DisableCompression.
func (v *Verifier) VerifyResponse(ctx context.Context, answer *http.Response) (Verified, error) {
	if answer.Uncompressed {
		return Verified{}, refuse(ErrBody, "net/http decompressed the answer; set DisableCompression on the transport")
	}
	if answer.StatusCode < 100 {
		return Verified{}, refuse(ErrMalformed, "%d is not a status code (RFC 9110, section 15)", answer.StatusCode)
	}
	m := message{request: answer.Request, header: answer.Header, status: answer.StatusCode, scheme: v.policy.Scheme, special: v.profile.dialect.special}
	return v.verify(ctx, &m, &answer.Body, knownSize(answer.Body, answer.ContentLength))
}

// knownSize returns the length of a body, or noLength if it is not known: in
// net/http, a length of 0 beside a body means that nobody has measured it.
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
	var room [16]component // of its own, lest it leave the stack with what Keys is given
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
		return Verified{}, refuse(ErrSignature, "%q by key %q", s.Label, s.KeyID)
	}
	// From here on the signer is known. A body is read for known signers alone,
	// and a nonce is used up by nothing but a message that holds in full.
	if err := v.checkBody(m, covered, body, size, bodyMustBeEmpty); err != nil {
		return Verified{}, err
	}
	// Looking up the key and reading the body took as long as their sources liked.
	// The sender must not gain time by that, so the times are judged again.
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

// key looks the key up and refuses one that cannot have made the signature.
func (v *Verifier) key(ctx context.Context, s *received) (*material, error) {
	key, err := v.policy.Keys(ctx, s.KeyID)
	if err != nil {
		return nil, fmt.Errorf("key %q: %w", s.KeyID, err)
	}
	by := key.material()
	if by == nil {
		return nil, refuse(ErrUnknownKey, "%q", s.KeyID)
	}
	if err := v.profile.Allows(key); err != nil {
		return nil, err
	}
	if s.given.has(paramAlg) && s.alg != string(by.algorithm) {
		return nil, refuse(ErrAlgorithm, "alg is %q, key %q is of %s", s.alg, s.KeyID, by.algorithm)
	}
	return by, nil
}

// checkVersion refuses a signed message whose version header names another
// dialect.
func (p *Profile) checkVersion(m *message) error {
	if p.dialect.version == "" || len(m.header["Signature"])+len(m.header["Signature-Input"]) == 0 {
		return nil // one that is not signed is refused as that
	}
	values := m.header[versionHeader]
	if len(values) == 0 && p.dialect.bare {
		return nil // version 6 is what goes without saying
	}
	if len(values) != 1 || values[0] != p.dialect.version {
		return refuse(ErrVersion, "%s is %q, want %q", strings.ToLower(versionHeader), values, p.dialect.version)
	}
	return nil
}

// checkCoverage refuses a signature that covers less than the policy asks for.
// Where the size of the body is not known, whether its digest had to be covered
// shows only when the body is read: bodyMustBeEmpty says that it was not.
func (v *Verifier) checkCoverage(m *message, covered []component, size int64) (bodyMustBeEmpty bool, err error) {
	if len(covered) == 0 && !v.policy.AllowEmpty {
		return false, ErrEmptyCoverage
	}
	for i := range v.require {
		inPlace := i < len(covered) && covered[i].same(&v.require[i]) // as a rule
		if c := &v.require[i]; !inPlace && !contains(covered, c) {
			return false, refuse(ErrNotCovered, "%s", c.identifier)
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
			continue // net/http says 0 without being asked
		case c.name == "content-length" && v.digestIsEnough && coversDigest(covered):
			continue // a proxy may have added it to a chunked body, and the digest says more
		case !m.has(c):
			continue
		}
		return false, refuse(ErrNotCovered, "%s, which the message has", c.identifier)
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

// checkTimes checks created and expires against the clock.
func (v *Verifier) checkTimes(s *received, now time.Time) error {
	p := &v.policy
	if s.given.has(paramCreated) {
		if s.Created.After(now.Add(p.Skew)) {
			return refuse(ErrNotYetValid, "at %s, now it is %s", stamp(s.Created), stamp(now))
		}
		if p.MaxAge >= 0 && now.After(s.Created.Add(p.MaxAge+p.Skew)) {
			return refuse(ErrTooOld, "of %s, now it is %s", stamp(s.Created), stamp(now))
		}
	}
	if s.given.has(paramExpires) && !now.Before(s.Expires.Add(p.Skew)) {
		return refuse(ErrExpired, "at %s, now it is %s", stamp(s.Expires), stamp(now))
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
