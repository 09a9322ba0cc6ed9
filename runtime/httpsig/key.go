package httpsig

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"errors"
	"fmt"
	"hash"
	"sync"

	"github.com/scopegen/scopegen/runtime/internal/ascii"
)

// Algorithm is the name of a signature algorithm in the registry of RFC 9421, section
// 6.2.
type Algorithm string

// The algorithms. RSAPSSSHA512 has a salt of 64 bytes (RFC 9421, section 3.3.1): a
// signature with another one is refused as wrong, such as one of a signer that leaves the
// length to OpenSSL or Node.js, which take the longest. The last one is not in the
// registry: only Upvest's profiles have it, and they have no other but Ed25519.
const (
	Ed25519         Algorithm = "ed25519"
	ECDSAP256SHA256 Algorithm = "ecdsa-p256-sha256"
	ECDSAP384SHA384 Algorithm = "ecdsa-p384-sha384"
	RSAPSSSHA512    Algorithm = "rsa-pss-sha512"
	RSAv15SHA256    Algorithm = "rsa-v1_5-sha256"
	HMACSHA256      Algorithm = "hmac-sha256"
	ECDSAP521SHA512 Algorithm = "ecdsa-p521-sha512" // the signature in ASN.1 DER
)

// minRSABits is the length of the shortest RSA key that is accepted. RFC 9421 gives
// no limit; this one is that of NIST SP 800-131A.
const minRSABits = 2048

// maxRSABits bounds the work of verifying with a key that somebody else made.
const maxRSABits = 16384

// Key is a key with its id and its algorithm. However a Key is printed, its secret does
// not show. The zero Key is refused everywhere. A Key is safe for concurrent use if
// its crypto.Signer is, as those of the standard library are.
type Key struct {
	// A func because fmt does not call the methods of a Key in an unexported field of
	// another struct, and prints the inside of every type but a func.
	reveal func() *material
}

type material struct {
	id        string
	algorithm Algorithm
	signer    crypto.Signer
	public    crypto.PublicKey
	macs      *sync.Pool // holds *mac; hmac-sha256 only
}

// mac computes hmac-sha256. It is reused, because it holds the hash of the secret,
// which is a good part of the work.
type mac struct {
	hash hash.Hash
	base []byte // a copy, so that the caller's base can stay on the stack
	sum  [sha256.Size]byte
}

// NewKey returns a key that signs and verifies. The signer may hold the private key
// itself or stand for one in an HSM or a KMS. Its type determines the algorithm:
// Ed25519, ECDSA on P-256, P-384 or P-521, or RSA-PSS for RSA (see
// [Key.WithAlgorithm]). Signatures name the key by its id, which is printable ASCII.
// Errors wrap [ErrKey].
func NewKey(id string, signer crypto.Signer) (Key, error) {
	if signer == nil {
		return Key{}, refuse(ErrKey, "key %q has a nil crypto.Signer", id)
	}
	public, err := publicOf(signer)
	if err != nil {
		return Key{}, refuse(ErrKey, "key %q %w", id, err)
	}
	key, err := NewPublicKey(id, public)
	if err != nil {
		return Key{}, err
	}
	key.reveal().signer = signer
	return key, nil
}

// publicOf returns the public key of a signer. The method Public of some signers
// panics: of a nil pointer, and of an Ed25519 key that is too short.
func publicOf(signer crypto.Signer) (public crypto.PublicKey, err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("of type %T has no public key", signer)
		}
	}()
	return signer.Public(), nil
}

// NewPublicKey returns a key that only verifies. It accepts the public keys of the
// types that [NewKey] accepts. An ECDSA key that is not a point of its curve and an
// RSA key whose numbers are impossible are errors. Errors wrap [ErrKey].
func NewPublicKey(id string, public crypto.PublicKey) (Key, error) {
	if err := checkKeyID(id); err != nil {
		return Key{}, err
	}
	algorithm, err := algorithmOf(public)
	if err != nil {
		return Key{}, refuse(ErrKey, "key %q %w", id, err)
	}
	return keyOf(&material{id: id, algorithm: algorithm, public: public}), nil
}

// NewSecretKey returns a key for hmac-sha256, which signs and verifies: both sides hold
// the same secret, of at least 16 bytes. It keeps a copy. Errors wrap [ErrKey].
func NewSecretKey(id string, secret []byte) (Key, error) {
	if err := checkKeyID(id); err != nil {
		return Key{}, err
	}
	if len(secret) < 16 {
		return Key{}, refuse(ErrKey, "the secret of key %q has %d bytes; use at least 16, better 32", id, len(secret))
	}
	secret = bytes.Clone(secret)
	macs := &sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, secret)} }}
	return keyOf(&material{id: id, algorithm: HMACSHA256, macs: macs}), nil
}

// keyOf returns a Key that holds m.
func keyOf(m *material) Key { return Key{func() *material { return m }} }

// material returns what the key holds, nil for the zero Key.
func (k Key) material() *material {
	if k.reveal == nil {
		return nil
	}
	return k.reveal()
}

// WithAlgorithm returns the same key for another algorithm. Only RSA keys have a
// choice: [RSAPSSSHA512] or [RSAv15SHA256]. Errors wrap [ErrAlgorithm] or [ErrKey].
func (k Key) WithAlgorithm(a Algorithm) (Key, error) {
	m := k.material()
	if m == nil {
		return Key{}, errNoKey()
	}
	_, isRSA := m.public.(*rsa.PublicKey)
	if a != m.algorithm && !(isRSA && (a == RSAPSSSHA512 || a == RSAv15SHA256)) {
		return Key{}, refuse(ErrAlgorithm, "%q is not an algorithm for the %v", a, k)
	}
	other := *m
	other.algorithm = a
	return keyOf(&other), nil
}

// ID returns the key's id, "" for the zero Key.
func (k Key) ID() string {
	if m := k.material(); m != nil {
		return m.id
	}
	return ""
}

// Algorithm returns the key's algorithm, "" for the zero Key.
func (k Key) Algorithm() Algorithm {
	if m := k.material(); m != nil {
		return m.algorithm
	}
	return ""
}

// String returns the algorithm and the id of the key, without its secret.
func (k Key) String() string {
	m := k.material()
	if m == nil {
		return "no key"
	}
	return fmt.Sprintf("%s key %q", m.algorithm, m.id)
}

// GoString returns what String does.
func (k Key) GoString() string { return k.String() }

// Format prints what String returns, for every verb.
func (k Key) Format(f fmt.State, _ rune) { fmt.Fprint(f, k.String()) }

// MarshalText returns what String does, so that JSON and logs name the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

func errNoKey() error {
	return refuse(ErrKey, "it is the zero Key; call NewKey, NewPublicKey or NewSecretKey")
}

func checkKeyID(id string) error {
	if id == "" {
		return refuse(ErrKey, "its id is empty")
	}
	if !ascii.Printable(id) {
		return refuse(ErrKey, "its id %q holds characters that are not printable ASCII", id)
	}
	return nil
}

func algorithmOf(public crypto.PublicKey) (Algorithm, error) {
	switch public := public.(type) {
	case ed25519.PublicKey:
		if len(public) != ed25519.PublicKeySize {
			return "", fmt.Errorf("has %d bytes, not the %d of Ed25519", len(public), ed25519.PublicKeySize)
		}
		return Ed25519, nil
	case *ecdsa.PublicKey:
		return ecdsaAlgorithm(public)
	case *rsa.PublicKey:
		return RSAPSSSHA512, checkRSA(public)
	}
	return "", fmt.Errorf("is of type %T; use Ed25519, ECDSA or RSA", public)
}

func ecdsaAlgorithm(public *ecdsa.PublicKey) (Algorithm, error) {
	//lint:ignore SA1019 a key without its numbers makes the methods that replace them panic
	if public == nil || public.Curve == nil || public.X == nil || public.Y == nil {
		return "", errors.New("is an ECDSA key without a point")
	}
	var algorithm Algorithm
	switch public.Curve.Params() { // each curve of the standard library has its own pointer
	case elliptic.P256().Params():
		algorithm = ECDSAP256SHA256
	case elliptic.P384().Params():
		algorithm = ECDSAP384SHA384
	case elliptic.P521().Params():
		algorithm = ECDSAP521SHA512
	default:
		return "", errors.New("is on a curve that no signature algorithm uses; use P-256, P-384 or P-521")
	}
	if _, err := public.Bytes(); err != nil {
		return "", fmt.Errorf("is not a point of its curve: %w", err)
	}
	return algorithm, nil
}

func checkRSA(public *rsa.PublicKey) error {
	switch {
	case public == nil || public.N == nil || public.N.Sign() < 0 || public.N.BitLen() < minRSABits:
		return fmt.Errorf("is RSA of fewer than %d bits", minRSABits)
	case public.N.BitLen() > maxRSABits:
		return fmt.Errorf("is RSA of more than %d bits", maxRSABits)
	case public.N.Bit(0) == 0 || public.E < 3 || public.E&1 == 0:
		return errors.New("is not RSA: its modulus or exponent is even, or its exponent is below 3")
	}
	return nil
}

func pssOptions() *rsa.PSSOptions {
	return &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA512}
}

// appendSignature appends a signature of base. It does not retain base.
func (m *material) appendSignature(dst, base []byte) ([]byte, error) {
	switch m.algorithm {
	case HMACSHA256:
		sum := m.mac(base)
		return append(dst, sum[:]...), nil
	case Ed25519:
		// The usual signer, which lets base stay on the caller's stack.
		if private, ok := m.signer.(ed25519.PrivateKey); ok {
			return append(dst, ed25519.Sign(private, base)...), nil
		}
	}
	if m.signer == nil {
		return nil, refuse(ErrKey, "key %q cannot sign: it is a public key", m.id)
	}
	signature, err := m.askSigner(base)
	if err != nil {
		return nil, fmt.Errorf("sign with key %q: %w", m.id, err)
	}
	return append(dst, signature...), nil
}

func (m *material) askSigner(base []byte) ([]byte, error) {
	switch m.algorithm {
	case Ed25519:
		return m.signer.Sign(rand.Reader, bytes.Clone(base), crypto.Hash(0))
	case ECDSAP256SHA256:
		sum := sha256.Sum256(base)
		der, err := m.signer.Sign(rand.Reader, sum[:], crypto.SHA256)
		if err != nil {
			return nil, err
		}
		return rawFromDER(der, 32)
	case ECDSAP384SHA384:
		sum := sha512.Sum384(base)
		der, err := m.signer.Sign(rand.Reader, sum[:], crypto.SHA384)
		if err != nil {
			return nil, err
		}
		return rawFromDER(der, 48)
	case ECDSAP521SHA512:
		sum := sha512.Sum512(base)
		return m.signer.Sign(rand.Reader, sum[:], crypto.SHA512)
	case RSAPSSSHA512:
		sum := sha512.Sum512(base)
		return m.signer.Sign(rand.Reader, sum[:], pssOptions())
	default: // RSAv15SHA256
		sum := sha256.Sum256(base)
		return m.signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
}

// verify reports whether the signature of base is right.
func (m *material) verify(base, signature []byte) bool {
	switch m.algorithm {
	case HMACSHA256:
		sum := m.mac(base)
		return subtle.ConstantTimeCompare(sum[:], signature) == 1
	case Ed25519:
		return ed25519.Verify(m.public.(ed25519.PublicKey), base, signature)
	}
	return m.verifyHashed(base, bytes.Clone(signature)) // a copy, so that the caller's signature can stay on the stack
}

func (m *material) verifyHashed(base, signature []byte) bool {
	switch m.algorithm {
	case ECDSAP256SHA256:
		sum := sha256.Sum256(base)
		return m.verifyRaw(sum[:], signature, 32)
	case ECDSAP384SHA384:
		sum := sha512.Sum384(base)
		return m.verifyRaw(sum[:], signature, 48)
	case ECDSAP521SHA512:
		sum := sha512.Sum512(base)
		return ecdsa.VerifyASN1(m.public.(*ecdsa.PublicKey), sum[:], signature)
	case RSAPSSSHA512:
		sum := sha512.Sum512(base)
		return rsa.VerifyPSS(m.public.(*rsa.PublicKey), crypto.SHA512, sum[:], signature, pssOptions()) == nil
	case RSAv15SHA256:
		sum := sha256.Sum256(base)
		return rsa.VerifyPKCS1v15(m.public.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
	}
	return false
}

// verifyRaw verifies an ECDSA signature in the form of RFC 9421, in which each number
// has size bytes.
func (m *material) verifyRaw(sum, signature []byte, size int) bool {
	return len(signature) == 2*size &&
		ecdsa.VerifyASN1(m.public.(*ecdsa.PublicKey), sum, derFromRaw(signature))
}

func (m *material) mac(base []byte) [sha256.Size]byte {
	mac := m.macs.Get().(*mac)
	defer m.macs.Put(mac)
	mac.base = append(mac.base[:0], base...)
	mac.hash.Reset()
	mac.hash.Write(mac.base)
	mac.hash.Sum(mac.sum[:0])
	return mac.sum
}
