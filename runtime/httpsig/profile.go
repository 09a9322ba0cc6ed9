package httpsig

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"
)

// Profile is one form of message signatures: what is covered, how the signature
// base is spelt, which algorithms and parameters there are. The same profile
// signs and says what a [Verifier] asks for.
//
// The fields may be changed on what a constructor returned, before it is used
// for the first time; after that a Profile is read-only and safe for concurrent
// use. It must not be copied.
type Profile struct {
	// Label names the signature among others on the message.
	Label string
	// Cover lists what is covered, in this order, each as in a Signature-Input
	// field but without the quotes of the name: "@method", "content-type",
	// `@query-param;name="id"`, `signature;key="sig1"`, "@path;req". A message
	// without one of them cannot be signed.
	Cover []string
	// CoverPresent lists what is covered, after Cover, in messages that have it:
	// @query where there is a query, content-length, content-type and the digest
	// where there is a body, other fields where they are sent.
	CoverPresent []string
	// Digest is the digest of the body that is sent. A body gets one; no body
	// gets one if Cover lists the field.
	Digest Digest
	// Window is how long a signature is valid: the expires parameter, in whole
	// seconds. 0: there is no such parameter.
	Window time.Duration
	// Nonce makes the nonce parameter, printable ASCII. nil: there is none.
	Nonce func() string
	// Tag is the tag parameter, for what the signature is meant. Empty: there is none.
	Tag string
	// NameAlgorithm says whether there is an alg parameter. The key id tells the
	// algorithm anyhow.
	NameAlgorithm bool

	dialect dialect

	prepare sync.Once
	plan    plan
}

// plan is what Cover and CoverPresent say, read once.
type plan struct {
	cover   []component
	present []component
	err     error
}

// components reads Cover and CoverPresent at the first use.
func (p *Profile) components() *plan {
	p.prepare.Do(func() { p.plan = p.newPlan() })
	return &p.plan
}

func (p *Profile) newPlan() plan {
	cover, err := p.parse(p.Cover)
	if err != nil {
		return plan{err: err}
	}
	present, err := p.parse(p.CoverPresent)
	all := slices.Concat(cover, present)
	for i := range all {
		if contains(all[:i], &all[i]) {
			err = refuse(ErrDuplicate, "the profile covers %s", all[i].identifier)
		}
	}
	return plan{all[:len(cover):len(cover)], all[len(cover):], err}
}

// parse reads components as they are spelt in Cover.
func (p *Profile) parse(texts []string) ([]component, error) {
	var list []component
	for _, text := range texts {
		c, err := p.component(text)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

// component reads one entry of Cover, and refuses what no signature can cover.
func (p *Profile) component(text string) (component, error) {
	c, err := parseComponent(text)
	if err != nil {
		return c, err
	}
	if (c.name == "signature" || c.name == "signature-input") && c.flags&(flagKey|flagReq) == 0 {
		return c, refuse(ErrComponent, "%q as a whole, of which the signature itself becomes part; cover one member with ;key", c.name)
	}
	return c, p.checkDialect(&c)
}

// dialect is what a profile cannot be asked to do otherwise.
type dialect struct {
	upvest  bool   // P-521 in ASN.1 DER and Ed25519 alone; every header is covered; one media type in Accept
	bare    bool   // names are not quoted in the signature base
	version string // of the version header; only upvest
	special func() special
}

const versionHeader = "Upvest-Signature-Version"

// RFC9421 returns the profile of RFC 9421: method, authority, path, query, and
// authorization, content type and length, and sha-512 digest where there are;
// parameters created and keyid. Algorithms are the six registered ones.
func RFC9421() *Profile {
	return &Profile{
		Label:        "sig1",
		Cover:        []string{"@method", "@authority", "@path", "@query"},
		CoverPresent: []string{"authorization", "content-type", "content-length", "content-digest"},
		Digest:       ContentDigestSHA512,
		dialect:      dialect{special: parametrised},
	}
}

// UpvestV15 returns the profile of the Upvest Investment API, signature version
// 15: draft 15 of what became RFC 9421. Every header that is sent is covered
// apart from those that proxies change; the version header is added; keys are
// Ed25519 or ECDSA P-521; Accept holds one media type, because Upvest's own
// signers disagree on several.
//
// Paths are signed as they are sent. Upvest's own signers disagree on
// percent-encoded paths, so build them from unreserved characters.
func UpvestV15() *Profile {
	return &Profile{
		Label: "sig1",
		Cover: []string{"@method", "@path"},
		CoverPresent: []string{"@query", "accept", "authorization", "content-length", "content-type",
			"content-digest", "idempotency-key", "upvest-client-id"},
		Digest:  ContentDigestSHA512,
		Window:  upvestWindow,
		Nonce:   rand.Text,
		dialect: dialect{upvest: true, version: "15"},
	}
}

// UpvestV6 returns the profile of signature version 6, which Upvest's webhooks
// are signed with: as version 15 but for names without quotes in the signature
// base, the older Digest header with SHA-256, and no version header.
func UpvestV6() *Profile {
	return &Profile{
		Label: "sig1",
		Cover: []string{"@method", "@path"},
		CoverPresent: []string{"@query", "accept", "authorization", "content-length", "content-type",
			"digest", "idempotency-key", "upvest-client-id"},
		Digest:  DigestSHA256,
		Window:  upvestWindow,
		Nonce:   rand.Text,
		dialect: dialect{upvest: true, bare: true, version: "6"},
	}
}

// upvestWindow is the longest that Upvest's own clients use. It bounds how far
// the clocks may differ.
const upvestWindow = time.Minute

// Allows tells whether the profile has an algorithm for the key: nil, or an error
// that wraps [ErrAlgorithm] or [ErrKey]. Signing and verifying ask it themselves;
// it is for finding out early.
func (p *Profile) Allows(key Key) error {
	m := key.material()
	if m == nil {
		return errNoKey()
	}
	switch upvest := p.dialect.upvest; {
	case upvest && m.algorithm != Ed25519 && m.algorithm != ECDSAP521SHA512:
		return refuse(ErrAlgorithm, "the %v; Upvest takes Ed25519 and ECDSA on P-521", key)
	case !upvest && m.algorithm == ECDSAP521SHA512:
		return refuse(ErrAlgorithm, "the %v; RFC 9421 has none for P-521, use P-256 or P-384", key)
	}
	return nil
}
