package keyfile

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"hash"
)

var (
	oidPBES2    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt   = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
	oidRSAPSS   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
	oidHMACSHA1 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
)

// maxIterations bounds the time that a file can cost to a few seconds. OpenSSL writes
// 2,048; OWASP recommends 600,000.
const maxIterations = 4_000_000

// privateKeyInfo is the part of a PKCS#8 key (RFC 5958, section 2) that is needed here.
type privateKeyInfo struct {
	Version   int
	Algorithm pkix.AlgorithmIdentifier
	Key       []byte
	Rest      asn1.RawValue `asn1:"optional"`
}

// encryptedPrivateKeyInfo is an encrypted PKCS#8 key (RFC 5958, section 3). Its
// parameters, below, are those of RFC 8018, appendix A.
type encryptedPrivateKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct {
	Derivation pkix.AlgorithmIdentifier
	Encryption pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// parsePKCS8 parses a PKCS#8 key that is not encrypted.
func parsePKCS8(der []byte) (crypto.Signer, error) {
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err == nil {
		return signer(key)
	}
	var info privateKeyInfo
	if _, bad := asn1.Unmarshal(der, &info); bad != nil {
		return nil, fmt.Errorf("%w: PKCS#8: %w", ErrMalformed, err)
	}
	// The standard library does not parse RSA keys that are marked as keys for PSS.
	if info.Algorithm.Algorithm.Equal(oidRSAPSS) {
		key, err := x509.ParsePKCS1PrivateKey(info.Key)
		if err != nil {
			return nil, fmt.Errorf("%w: PKCS#8 for RSA-PSS: %w", ErrMalformed, err)
		}
		return key, nil
	}
	if knownAlgorithm(info.Algorithm) {
		return nil, fmt.Errorf("%w: PKCS#8: %w", ErrMalformed, err)
	}
	return nil, fmt.Errorf("%w: PKCS#8 of algorithm %s: %w", ErrType, info.Algorithm.Algorithm, err)
}

// knownAlgorithm reports whether the standard library can parse keys of the algorithm.
// Such a key that it cannot parse is malformed.
func knownAlgorithm(id pkix.AlgorithmIdentifier) bool {
	switch id.Algorithm.String() {
	case "1.2.840.113549.1.1.1", "1.3.101.112", "1.3.101.110": // RSA, Ed25519, X25519
		return true
	case "1.2.840.10045.2.1":
		var curve asn1.ObjectIdentifier
		if _, err := asn1.Unmarshal(id.Parameters.FullBytes, &curve); err != nil {
			return true
		}
		switch curve.String() {
		case "1.3.132.0.33", "1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35": // P-224 to P-521
			return true
		}
	}
	return false
}

// parseEncryptedPKCS8 decrypts and parses an encrypted PKCS#8 key.
func parseEncryptedPKCS8(der, passphrase []byte) (crypto.Signer, error) {
	var info encryptedPrivateKeyInfo
	if rest, err := asn1.Unmarshal(der, &info); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("%w: it is not encrypted PKCS#8", ErrMalformed)
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, fmt.Errorf("%w: the scheme %s; convert the key with openssl pkcs8 -topk8 -v2 aes256", ErrEncryption, info.Algorithm.Algorithm)
	}
	var params pbes2Params
	if rest, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &params); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("%w: the PBES2 parameters cannot be parsed", ErrMalformed)
	}
	newCipher, keyLength, err := cipherOf(params.Encryption.Algorithm)
	if err != nil {
		return nil, err
	}
	var iv []byte
	if rest, err := asn1.Unmarshal(params.Encryption.Parameters.FullBytes, &iv); err != nil || len(rest) > 0 {
		return nil, fmt.Errorf("%w: the initialization vector cannot be parsed", ErrMalformed)
	}
	derivation, prf, err := derivationOf(params.Derivation, keyLength)
	if err != nil {
		return nil, err
	}
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: it is encrypted PKCS#8", ErrNeedPassphrase)
	}
	secret, err := pbkdf2.Key(prf, string(passphrase), derivation.Salt, derivation.Iterations, keyLength)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncryption, err)
	}
	block, err := newCipher(secret)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrEncryption, err)
	}
	if len(iv) != block.BlockSize() || len(info.Data) == 0 || len(info.Data)%block.BlockSize() != 0 {
		return nil, fmt.Errorf("%w: the length of the encrypted part, or of the initialization vector, does not fit the cipher", ErrMalformed)
	}
	plain := make([]byte, len(info.Data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, info.Data)
	plain, ok := unpad(plain, block.BlockSize())
	if !ok {
		return nil, ErrWrongPassphrase
	}
	return decrypted(parsePKCS8(plain))
}

// cipherOf returns a cipher of RFC 8018, appendix B.2, and the length of its key in bytes.
func cipherOf(id asn1.ObjectIdentifier) (newCipher func([]byte) (cipher.Block, error), keyLength int, err error) {
	switch id.String() {
	case "2.16.840.1.101.3.4.1.2":
		return aes.NewCipher, 16, nil
	case "2.16.840.1.101.3.4.1.22":
		return aes.NewCipher, 24, nil
	case "2.16.840.1.101.3.4.1.42":
		return aes.NewCipher, 32, nil
	case "1.2.840.113549.3.7":
		return des.NewTripleDESCipher, 24, nil
	}
	return nil, 0, fmt.Errorf("%w: the cipher %s; supported are AES and Triple DES in CBC mode; convert the key with openssl pkcs8 -topk8 -v2 aes256", ErrEncryption, id)
}

// derivationOf returns how the key of the cipher is derived from the passphrase.
func derivationOf(id pkix.AlgorithmIdentifier, keyLength int) (params pbkdf2Params, prf func() hash.Hash, err error) {
	if id.Algorithm.Equal(oidScrypt) {
		return params, nil, fmt.Errorf("%w: the key derivation scrypt; convert the key with openssl pkcs8 -topk8 -v2 aes256", ErrEncryption)
	}
	if !id.Algorithm.Equal(oidPBKDF2) {
		return params, nil, fmt.Errorf("%w: the key derivation %s; convert the key with openssl pkcs8 -topk8 -v2 aes256, which uses PBKDF2", ErrEncryption, id.Algorithm)
	}
	if rest, err := asn1.Unmarshal(id.Parameters.FullBytes, &params); err != nil || len(rest) > 0 {
		return params, nil, fmt.Errorf("%w: the PBKDF2 parameters cannot be parsed", ErrMalformed)
	}
	if params.Iterations < 1 || params.Iterations > maxIterations {
		return params, nil, fmt.Errorf("%w: PBKDF2 with %d iterations; supported are 1 to %d", ErrEncryption, params.Iterations, maxIterations)
	}
	if params.KeyLength != 0 && params.KeyLength != keyLength {
		return params, nil, fmt.Errorf("%w: PBKDF2 derives a key of %d bytes, but the cipher needs %d", ErrMalformed, params.KeyLength, keyLength)
	}
	switch {
	case len(params.PRF.Algorithm) == 0, params.PRF.Algorithm.Equal(oidHMACSHA1):
		return params, sha1.New, nil
	}
	switch params.PRF.Algorithm.String() {
	case "1.2.840.113549.2.8":
		return params, sha256.New224, nil
	case "1.2.840.113549.2.9":
		return params, sha256.New, nil
	case "1.2.840.113549.2.10":
		return params, sha512.New384, nil
	case "1.2.840.113549.2.11":
		return params, sha512.New, nil
	}
	return params, nil, fmt.Errorf("%w: the pseudo-random function %s of PBKDF2; convert the key with openssl pkcs8 -topk8 -v2 aes256", ErrEncryption, params.PRF.Algorithm)
}

// unpad returns plain without its padding (RFC 8018, section 6.1.1). ok is false if the
// padding is wrong, which it usually is after a wrong passphrase. The time that unpad
// takes depends on the padding, which is harmless: only the owner of a file sees it.
func unpad(plain []byte, blockSize int) ([]byte, bool) {
	n := int(plain[len(plain)-1])
	if n < 1 || n > blockSize || n > len(plain) {
		return nil, false
	}
	for _, c := range plain[len(plain)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return plain[:len(plain)-n], true
}
