package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

const (
	smallestRSA = 2048 // bits (RFC 7518, section 3.3)
	largestRSA  = 8192 // so that a signature costs no more than some
)

// readJWK reads a public key (RFC 7517) and returns it with its thumbprint (RFC
// 7638).
func readJWK(text json.RawMessage) (crypto.PublicKey, string, error) {
	var members map[string]json.RawMessage
	if json.Unmarshal(text, &members) != nil || members == nil {
		return nil, "", errors.New("it is not an object")
	}
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if members[name] != nil {
			return nil, "", fmt.Errorf("it holds a private key (%q)", name)
		}
	}
	member := func(name string) (value string) {
		_ = json.Unmarshal(members[name], &value) // a value that is no string is not one that fits
		return value
	}
	number := func(name string) []byte {
		value, _ := base64.RawURLEncoding.Strict().DecodeString(member(name)) // nil does not fit
		return value
	}
	encode := base64.RawURLEncoding.EncodeToString
	var key crypto.PublicKey
	var canonical string // the required members in the order of their names, without spaces
	switch kind := member("kty"); kind {
	case "EC":
		curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[member("crv")]
		if curve == nil {
			return nil, "", fmt.Errorf("crv is %q", member("crv"))
		}
		x, y, size := number("x"), number("y"), (curve.Params().BitSize+7)/8
		if len(x) != size || len(y) != size {
			return nil, "", fmt.Errorf("x and y must have %d bytes", size)
		}
		point, err := ecdsa.ParseUncompressedPublicKey(curve, append(append([]byte{4}, x...), y...))
		if err != nil {
			return nil, "", errors.New("x and y are not a point of the curve")
		}
		key, canonical = point, fmt.Sprintf(`{"crv":"%s","kty":"EC","x":"%s","y":"%s"}`, member("crv"), encode(x), encode(y))
	case "OKP":
		x := number("x")
		if member("crv") != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return nil, "", errors.New("it is not an Ed25519 key")
		}
		key, canonical = ed25519.PublicKey(x), fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, encode(x))
	case "RSA":
		n, e := new(big.Int).SetBytes(number("n")), new(big.Int).SetBytes(number("e"))
		if bits := n.BitLen(); bits < smallestRSA || bits > largestRSA {
			return nil, "", fmt.Errorf("the RSA key has %d bits; it must have %d to %d", bits, smallestRSA, largestRSA)
		}
		if e.BitLen() > 31 || e.Int64() < 3 || e.Bit(0) == 0 {
			return nil, "", errors.New("e is not an exponent of an RSA key")
		}
		key, canonical = &rsa.PublicKey{N: n, E: int(e.Int64())}, fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, encode(e.Bytes()), encode(n.Bytes()))
	default:
		return nil, "", fmt.Errorf("kty is %q; it must be EC, OKP or RSA", kind)
	}
	sum := sha256.Sum256([]byte(canonical))
	return key, encode(sum[:]), nil
}
