// Package jwt writes signed JSON Web Tokens (RFC 7519, RFC 7515). It reads none.
package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	_ "crypto/sha256" // ES256, RS256, PS256
	_ "crypto/sha512" // ES384, ES512
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// Signer signs with one key and one algorithm.
type Signer struct {
	algorithm string
	key       crypto.Signer
	hash      crypto.Hash
	size      int // of r and of s in an ECDSA signature, in bytes
}

// smallestRSA is the least length of an RSA key in bits (RFC 7518, section 3.3).
const smallestRSA = 2048

// NewSigner returns a signer for key. algorithm is a name of RFC 7518, section 3.1,
// EdDSA (RFC 8037), or Ed25519, which is its name in RFC 9864. "" means RS256 for an
// RSA key, EdDSA for an Ed25519 key, and for other keys the one algorithm that they
// have.
func NewSigner(key crypto.Signer, algorithm string) (*Signer, error) {
	if key == nil {
		return nil, errors.New("the key is nil")
	}
	s := &Signer{key: key}
	var fits []string
	switch public := key.Public().(type) {
	case *rsa.PublicKey:
		if bits := public.N.BitLen(); bits < smallestRSA {
			return nil, fmt.Errorf("the RSA key has %d bits; it needs at least %d", bits, smallestRSA)
		}
		s.hash, fits = crypto.SHA256, []string{"RS256", "PS256"}
	case *ecdsa.PublicKey:
		s.size = (public.Curve.Params().BitSize + 7) / 8
		switch public.Curve.Params().Name {
		case "P-256":
			s.hash, fits = crypto.SHA256, []string{"ES256"}
		case "P-384":
			s.hash, fits = crypto.SHA384, []string{"ES384"}
		case "P-521":
			s.hash, fits = crypto.SHA512, []string{"ES512"}
		}
	case ed25519.PublicKey:
		fits = []string{"EdDSA", "Ed25519"}
	}
	if fits == nil {
		return nil, fmt.Errorf("a key of type %T cannot sign JSON Web Tokens: use an RSA key, an ECDSA key on P-256, P-384 or P-521, or an Ed25519 key", key.Public())
	}
	if algorithm == "" {
		algorithm = fits[0]
	}
	for _, name := range fits {
		if name == algorithm {
			s.algorithm = name
			return s, nil
		}
	}
	return nil, fmt.Errorf("the algorithm %q is not one of the key's, %q", algorithm, fits)
}

// Algorithm returns the name of the algorithm.
func (s *Signer) Algorithm() string { return s.algorithm }

// Sign returns the compact form of a token. The header alg is added to header.
func (s *Signer) Sign(header, claims map[string]any) (string, error) {
	first, err := s.Header(header)
	if err != nil {
		return "", err
	}
	return s.SignUnder(first, claims)
}

// Header returns the first part of tokens with a header, which is the same for all
// of them. The header alg is added.
func (s *Signer) Header(header map[string]any) (string, error) {
	full := map[string]any{"alg": s.algorithm}
	for name, value := range header {
		full[name] = value
	}
	text, err := json.Marshal(full)
	if err != nil {
		return "", err
	}
	return encode(text), nil
}

// SignUnder returns the compact form of a token whose first part is what Header
// returned.
func (s *Signer) SignUnder(header string, claims any) (string, error) {
	second, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := header + "." + encode(second)
	signature, err := s.sign([]byte(text))
	if err != nil {
		return "", err
	}
	return text + "." + encode(signature), nil
}

func (s *Signer) sign(text []byte) ([]byte, error) {
	digest, options := text, crypto.SignerOpts(crypto.Hash(0))
	if s.hash != 0 {
		h := s.hash.New()
		h.Write(text)
		digest, options = h.Sum(nil), s.hash
	}
	if s.algorithm == "PS256" {
		options = &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: s.hash}
	}
	signature, err := s.key.Sign(rand.Reader, digest, options)
	if err != nil || s.size == 0 {
		return signature, err
	}
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(signature, &pair)
	if err != nil || len(rest) > 0 || pair.R.Sign() < 0 || pair.S.Sign() < 0 || pair.R.BitLen() > 8*s.size || pair.S.BitLen() > 8*s.size {
		return nil, errors.New("the key's signature is not an ECDSA signature in ASN.1")
	}
	flat := make([]byte, 2*s.size)
	pair.R.FillBytes(flat[:s.size])
	pair.S.FillBytes(flat[s.size:])
	return flat, nil
}

// ID returns a random value for the claim jti.
func ID() string { return rand.Text() }

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
