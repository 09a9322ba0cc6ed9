// Package keyfile reads private keys from PEM files. It reads these forms:
//
//   - PKCS#8 ("PRIVATE KEY"), plain, and encrypted with PBES2 ("ENCRYPTED
//     PRIVATE KEY"; RFC 8018: PBKDF2 with AES or Triple DES in CBC mode), which
//     openssl genpkey and openssl pkcs8 write;
//   - SEC 1 ("EC PRIVATE KEY"), plain, after an "EC PARAMETERS" block, or with
//     the old encryption of PEM ("Proc-Type: 4,ENCRYPTED"), which openssl ecparam
//     and openssl ec write;
//   - PKCS#1 ("RSA PRIVATE KEY"), plain or with that old encryption.
//
// The keys are Ed25519, ECDSA on P-224 to P-521, or RSA, and are returned as a
// crypto.Signer. A key in an HSM or a KMS needs no file: use its crypto.Signer
// instead.
//
//	key, err := keyfile.Load("signing.pem", []byte(os.Getenv("KEY_PASSPHRASE")))
package keyfile

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
)

// Why a key cannot be read. The errors that are returned wrap one of these and say
// more, but never what is in the file; use errors.Is to find out which.
var (
	ErrNoKey           = errors.New("no private key")                 // the text has no PEM block, or only blocks of other types
	ErrSeveralKeys     = errors.New("several private keys")           // the text must have one
	ErrNeedPassphrase  = errors.New("private key needs a passphrase") // the key is encrypted, and no passphrase was given
	ErrWrongPassphrase = errors.New("passphrase does not open the private key")
	ErrType            = errors.New("key is of another type") // a public key or a certificate, or a key of a curve or type that is not supported
	ErrEncryption      = errors.New("encryption of the key is not supported")
	ErrMalformed       = errors.New("private key is malformed")
	ErrTooLarge        = errors.New("key file is too large")
)

// maxSize is the length of the longest key file in bytes, far longer than any key.
const maxSize = 1 << 20

// Load returns the private key in a file, which it reads with [Parse]. Errors are those
// of Parse, and of opening and reading the file.
func Load(path string, passphrase []byte) (crypto.Signer, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err != nil {
		return nil, err
	}
	key, err := Parse(data, passphrase)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return key, nil
}

// Parse returns the private key in PEM text, which must have exactly one. It skips
// blocks of other types, such as parameters and certificates. The passphrase is used
// only if the key is encrypted.
//
// The text may begin with a byte order mark (of UTF-8, or of UTF-16, which editors on
// Windows write). Its line breaks may be written as \n, and it may be in quotes, as in
// environment variables and JSON.
func Parse(data, passphrase []byte) (crypto.Signer, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%w: it has more than %d bytes", ErrTooLarge, maxSize)
	}
	block, err := privateBlock(plainText(data))
	if err != nil {
		return nil, err
	}
	der := block.Bytes
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		return parseEncryptedPKCS8(der, passphrase)
	}
	//lint:ignore SA1019 the old encryption is weak, but such files exist
	if !x509.IsEncryptedPEMBlock(block) {
		return parseDER(block.Type, der)
	}
	if len(passphrase) == 0 {
		return nil, fmt.Errorf("%w: %s", ErrNeedPassphrase, block.Type)
	}
	//lint:ignore SA1019 see above
	der, err = x509.DecryptPEMBlock(block, passphrase)
	switch {
	case errors.Is(err, x509.IncorrectPasswordError):
		return nil, ErrWrongPassphrase
	case err != nil: // the header or the length is wrong
		return nil, fmt.Errorf("%w: %w", ErrEncryption, err)
	}
	return decrypted(parseDER(block.Type, der))
}

// decrypted returns the result of parsing a decrypted key. If it is malformed, the
// passphrase was wrong: about one wrong passphrase in 256 leaves valid padding.
func decrypted(key crypto.Signer, err error) (crypto.Signer, error) {
	if errors.Is(err, ErrMalformed) {
		return nil, ErrWrongPassphrase
	}
	return key, err
}

// privateBlock returns the one block that holds a private key.
func privateBlock(data []byte) (*pem.Block, error) {
	var found *pem.Block
	var others []string
	unread := beginnings(data)
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if !bytes.HasSuffix([]byte(block.Type), []byte("PRIVATE KEY")) {
			others = append(others, block.Type)
			continue
		}
		unread--
		if found != nil {
			return nil, fmt.Errorf("%w: %q and %q; keep one in the file", ErrSeveralKeys, found.Type, block.Type)
		}
		found = block
	}
	switch {
	case unread > 0: // encoding/pem passes such a block over, and the next one may be another key
		return nil, fmt.Errorf("%w: a PEM block begins, but has no end, is not base64, or has lost its line breaks", ErrMalformed)
	case found != nil:
		return found, nil
	case len(others) > 0:
		return nil, fmt.Errorf("%w: %w: the PEM blocks are %.200q", ErrNoKey, ErrType, others)
	}
	return nil, fmt.Errorf("%w: there is no PEM block; expected -----BEGIN … PRIVATE KEY-----", ErrNoKey)
}

// beginnings returns how many blocks with private keys begin in PEM text.
func beginnings(data []byte) int {
	n := 0
	for part := range bytes.SplitSeq(data, []byte("-----BEGIN ")) {
		name, _, _ := bytes.Cut(part, []byte("-----"))
		if len(name) < len(part) && bytes.HasSuffix(name, []byte("PRIVATE KEY")) {
			n++
		}
	}
	return n
}

// parseDER parses the content of an unencrypted or decrypted block.
func parseDER(blockType string, der []byte) (crypto.Signer, error) {
	var key any
	var err error
	switch blockType {
	case "PRIVATE KEY":
		return parsePKCS8(der)
	case "EC PRIVATE KEY":
		if key, err = x509.ParseECPrivateKey(der); err != nil && isSEC1(der) {
			return nil, fmt.Errorf("%w: %w; use P-256, P-384 or P-521", ErrType, err)
		}
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(der)
	default:
		return nil, fmt.Errorf("%w: the PEM block is %q; convert the key with openssl pkcs8 -topk8", ErrType, blockType)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrMalformed, blockType, err)
	}
	return signer(key)
}

// isSEC1 reports whether der has the form of an EC key (RFC 5915, section 3), on
// whatever curve.
func isSEC1(der []byte) bool {
	var key struct {
		Version int
		Key     []byte
		Curve   asn1.ObjectIdentifier `asn1:"optional,explicit,tag:0"`
		Public  asn1.BitString        `asn1:"optional,explicit,tag:1"`
	}
	rest, err := asn1.Unmarshal(der, &key)
	return err == nil && len(rest) == 0 && key.Version == 1
}

// signer returns the key if it can sign.
func signer(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("%w: a key of type %T cannot sign; use Ed25519, ECDSA or RSA", ErrType, key)
}
