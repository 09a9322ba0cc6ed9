package httpsig

import (
	"crypto/rand"
	"slices"
	"time"

	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

// Profile is one form of message signatures. It says which components are covered,
// how the signature base is written, and which algorithms and parameters exist. The
// same profile signs and tells a [Verifier] what to require.
//
// A Profile never changes, so it is safe for concurrent use. [RFC9421], [UpvestV15]
// and [UpvestV6] return the profiles that exist; [Profile.With] derives others from
// them. The zero Profile is refused everywhere.
type Profile struct {
	settings Settings
	dialect  dialect

	cover         []component // what settings.Cover says
	present       []component // what settings.CoverPresent says
	digestsNoBody bool        // Cover lists the digest field, so a message without a body has one too
}

// Settings is what can be chosen about a [Profile]; see [Profile.With].
type Settings struct {
	// Label names the signature among others on the message. It begins with a
	// lower-case letter.
	Label string
	// Cover lists the components that are covered, in this order. Each is written as
	// in a Signature-Input field, but without the quotes of the name: "@method",
	// "content-type", `@query-param;name="id"`, `signature;key="sig1"`,
	// "@path;req". A message that lacks one of them cannot be signed.
	Cover []string
	// CoverPresent lists the components that are covered, after those of Cover, in
	// messages that have them: @query if there is a query; content-length,
	// content-type and the digest if there is a body; other fields if they are sent.
	CoverPresent []string
	// Digest says which digest field is sent with a body. A message without a body
	// has one only if Cover lists the field.
	Digest Digest
	// Window is how long a signature is valid, in whole seconds: the expires
	// parameter says when that ends. 0: there is no such parameter.
	Window time.Duration
	// Nonce returns a new value for the nonce parameter, in printable ASCII. It must
	// be safe for concurrent use. Nil: there is no such parameter.
	Nonce func() string
	// Tag is the tag parameter, which says what the signature is for, in printable
	// ASCII. Empty: there is no such parameter.
	Tag string
	// NameAlgorithm adds the alg parameter. Verifiers do not need it: the key says
	// which algorithm it is for.
	NameAlgorithm bool
}

// Settings returns a copy of the settings that the profile was made with.
func (p *Profile) Settings() Settings {
	s := p.settings
	s.Cover, s.CoverPresent = slices.Clone(s.Cover), slices.Clone(s.CoverPresent)
	return s
}

// With returns a new profile with the settings as change leaves them; p stays as it
// is. Errors wrap [ErrProfile] and say which setting is wrong.
//
//	profile, err := httpsig.RFC9421().With(func(s *httpsig.Settings) {
//		s.Tag = "orders"
//		s.Window = 30 * time.Second
//	})
func (p *Profile) With(change func(*Settings)) (*Profile, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	s := p.Settings()
	change(&s)
	return newProfile(s, p.dialect)
}

// newProfile checks the settings and parses what they cover.
func newProfile(s Settings, d dialect) (*Profile, error) {
	p := &Profile{settings: s, dialect: d}
	p.settings = p.Settings() // the caller may hold on to the slices
	if err := p.compile(); err != nil {
		return nil, refuse(ErrProfile, "%w", err)
	}
	return p, nil
}

func (p *Profile) compile() error {
	s := &p.settings
	switch {
	case !isLabel(s.Label):
		return refuse(ErrLabel, "%q is not a label; begin with a lower-case letter and go on with lower-case letters, digits, _, -, . or *", s.Label)
	case s.Digest > DigestSHA256:
		return refuse(ErrDigestField, "there is no Digest %d; use one of the constants of this package", s.Digest)
	case s.Window < 0 || s.Window%time.Second != 0:
		return refuse(ErrParameter, "the Window is %v; use whole seconds, or 0 for no expiry", s.Window)
	case !ascii.Printable(s.Tag):
		return refuse(ErrParameter, "the Tag %q holds characters that are not printable ASCII", s.Tag)
	}
	cover, err := p.parse(s.Cover)
	if err != nil {
		return err
	}
	present, err := p.parse(s.CoverPresent)
	if err != nil {
		return err
	}
	all := slices.Concat(cover, present)
	for i := range all {
		if contains(all[:i], &all[i]) {
			return refuse(ErrDuplicate, "Cover and CoverPresent list %s twice", all[i].identifier)
		}
	}
	p.cover, p.present = all[:len(cover):len(cover)], all[len(cover):]
	p.digestsNoBody = s.Digest != NoDigest && contains(p.cover, &component{name: s.Digest.field()})
	return nil
}

// check refuses the zero Profile.
func (p *Profile) check() error {
	if p == nil || p.settings.Label == "" {
		return refuse(ErrProfile, "it is the zero Profile; call RFC9421, UpvestV15 or UpvestV6")
	}
	return nil
}

// parse parses components as Cover lists them.
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

// component parses one entry of Cover and refuses what no signature can cover.
func (p *Profile) component(text string) (component, error) {
	c, err := parseComponent(text)
	if err != nil {
		return c, err
	}
	if (c.name == "signature" || c.name == "signature-input") && c.flags&(flagKey|flagReq) == 0 {
		return c, refuse(ErrComponent, "the new signature itself becomes part of the field %q; cover one member of it with ;key", c.name)
	}
	return c, p.checkDialect(&c)
}

// checkDialect refuses components that the drafts behind Upvest's versions write
// in another way.
func (p *Profile) checkDialect(c *component) error {
	if p.dialect.upvest && c.flags != 0 {
		return refuse(ErrComponent, "%s: in Upvest's signatures components have no parameters", c.identifier)
	}
	return nil
}

// dialect is what no setting changes.
type dialect struct {
	upvest  bool   // keys are Ed25519 or P-521 in ASN.1 DER; every header is covered; Accept holds one media type
	bare    bool   // the signature base has no quotes around component names
	version string // the value of the version header; upvest only
	special func() special
}

const versionHeader = "Upvest-Signature-Version"

// RFC9421 returns the profile of RFC 9421. It covers the method, the authority, the
// path and the query, and, where the message has them, authorization, dpop,
// content-type, content-length and the SHA-512 digest of the body. The parameters are created and
// keyid; the algorithms are the six registered ones.
func RFC9421() *Profile {
	return builtIn(Settings{
		Label:        "sig1",
		Cover:        []string{"@method", "@authority", "@path", "@query"},
		CoverPresent: []string{"authorization", "dpop", "content-type", "content-length", "content-digest"},
		Digest:       ContentDigestSHA512,
	}, dialect{special: parametrised})
}

// UpvestV15 returns the profile of the Upvest Investment API, signature version 15,
// which is draft 15 of what became RFC 9421. It covers every header that is sent,
// except those that proxies change, and adds the version header. Keys are Ed25519 or
// ECDSA on P-521. Accept must hold one media type, because Upvest's own signers
// disagree about several.
//
// Paths are signed as they are sent. Upvest's own signers disagree about
// percent-encoded paths, so build paths from unreserved characters.
func UpvestV15() *Profile {
	return builtIn(upvestSettings(ContentDigestSHA512), dialect{upvest: true, version: "15"})
}

// UpvestV6 returns the profile of signature version 6, with which Upvest signs
// webhooks. It differs from version 15 in that the signature base has no quotes
// around names, the digest is the older Digest header with SHA-256, and there is no
// version header.
func UpvestV6() *Profile {
	return builtIn(upvestSettings(DigestSHA256), dialect{upvest: true, bare: true, version: "6"})
}

func upvestSettings(d Digest) Settings {
	return Settings{
		Label: "sig1",
		Cover: []string{"@method", "@path"},
		CoverPresent: []string{"@query", "accept", "authorization", "content-length", "content-type",
			d.field(), "idempotency-key", "upvest-client-id"},
		Digest: d,
		Window: upvestWindow,
		Nonce:  rand.Text,
	}
}

// upvestWindow is the longest that Upvest's own clients use. It bounds how far
// the clocks may differ.
const upvestWindow = time.Minute

// builtIn returns a profile of this package.
func builtIn(s Settings, d dialect) *Profile {
	p, err := newProfile(s, d)
	if err != nil {
		panic(err) // the settings above are wrong
	}
	return p
}

// Allows returns nil if the profile has an algorithm for the key, and otherwise an
// error that wraps [ErrAlgorithm] or [ErrKey]. Signing and verifying check this
// themselves; call Allows to find out early.
func (p *Profile) Allows(key Key) error {
	if err := p.check(); err != nil {
		return err
	}
	m := key.material()
	if m == nil {
		return errNoKey()
	}
	switch upvest := p.dialect.upvest; {
	case upvest && m.algorithm != Ed25519 && m.algorithm != ECDSAP521SHA512:
		return refuse(ErrAlgorithm, "the profile does not take the %v; Upvest takes Ed25519 and ECDSA on P-521", key)
	case !upvest && m.algorithm == ECDSAP521SHA512:
		return refuse(ErrAlgorithm, "the profile does not take the %v: RFC 9421 has no algorithm for P-521; use P-256 or P-384", key)
	}
	return nil
}
