package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
)

// JWK returns a public key as a JSON Web Key (RFC 7517) that has the members which
// its thumbprint is made of, and no others (RFC 7638, section 3.2).
func JWK(public crypto.PublicKey) (json.RawMessage, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return fmt.Appendf(nil, `{"e":%q,"kty":"RSA","n":%q}`, encode(big.NewInt(int64(key.E)).Bytes()), encode(key.N.Bytes())), nil
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // a byte that says that it is not compressed, x, y
		if err != nil {
			return nil, err
		}
		half := len(point) / 2
		return fmt.Appendf(nil, `{"crv":%q,"kty":"EC","x":%q,"y":%q}`, key.Curve.Params().Name, encode(point[1:1+half]), encode(point[1+half:])), nil
	case ed25519.PublicKey:
		return fmt.Appendf(nil, `{"crv":"Ed25519","kty":"OKP","x":%q}`, encode(key)), nil
	}
	return nil, fmt.Errorf("a key of type %T has no form as a JSON Web Key here", public)
}

// Thumbprint returns the SHA-256 thumbprint of a public key, in base64url (RFC
// 7638).
func Thumbprint(public crypto.PublicKey) (string, error) {
	key, err := JWK(public)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(key)
	return encode(sum[:]), nil
}
