// Package keyfile reads private keys from PEM files in the shapes that people
// have them in:
//
//   - PKCS#8 ("PRIVATE KEY"), plain, and encrypted with PBES2 ("ENCRYPTED
//     PRIVATE KEY"; RFC 8018: PBKDF2 with AES or Triple DES in CBC mode), which
//     openssl genpkey and openssl pkcs8 write;
//   - SEC 1 ("EC PRIVATE KEY"), plain, after an "EC PARAMETERS" block, or with
//     the old encryption of PEM ("Proc-Type: 4,ENCRYPTED"), which openssl ecparam
//     and openssl ec write;
//   - PKCS#1 ("RSA PRIVATE KEY"), plain or with that old encryption.
//
// The keys are Ed25519, ECDSA or RSA, and come as a crypto.Signer. A key in an
// HSM or KMS needs no file: anything that is a crypto.Signer can be used in its
// place.
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

// Why a key could not be read. Ask with errors.Is; the errors say more, but
// never what is in the file.
var (
	ErrNoKey           = errors.New("no private key")                 // nothing in PEM, or only other things
	ErrSeveralKeys     = errors.New("several private keys")           // and no telling which is meant
	ErrNeedPassphrase  = errors.New("private key needs a passphrase") // it is encrypted, none was given
	ErrWrongPassphrase = errors.New("passphrase does not open the private key")
	ErrType            = errors.New("key is of another type") // a public key, a certificate, a curve or kind that cannot sign
	ErrEncryption      = errors.New("encryption of the key is not supported")
	ErrMalformed       = errors.New("private key is malformed")
	ErrTooLarge        = errors.New("key file is too large")
)

// maxSize is far more than any key has.
const maxSize = 1 << 20

// Load reads the private key in a file; see [Parse]. Other errors are those of
// opening and reading it.
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

// Parse returns the one private key in PEM text. It skips other blocks beside it,
// such as parameters and certificates. A key that is not encrypted needs no
// passphrase; one that is given is not used.
//
// The text may begin with a byte order mark (UTF-8 or UTF-16, as editors on Windows
// write it), and may be one line with \n for each line break, in quotes or not, as
// environment variables and JSON hold it.
func Parse(data, passphrase []byte) (crypto.Signer, error) {
	if len(data) > maxSize {
		return nil, fmt.Errorf("%w: more than %d bytes", ErrTooLarge, maxSize)
	}
	block, err := privateBlock(plainText(data))
	if err != nil {
		return nil, err
	}
	der := block.Bytes
	if block.Type == "ENCRYPTED PRIVATE KEY" {
		return parseEncryptedPKCS8(der, passphrase)
	}
	//lint:ignore SA1019 the old encryption is weak, but what people were told to use
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
	case err != nil: // the header or the length of what it is about
		return nil, fmt.Errorf("%w: %w", ErrEncryption, err)
	}
	return decrypted(parseDER(block.Type, der))
}

// decrypted takes what does not parse for the work of a wrong passphrase: the
// padding of a cipher lets one in 256 of those pass.
func decrypted(key crypto.Signer, err error) (crypto.Signer, error) {
	if errors.Is(err, ErrMalformed) {
		return nil, ErrWrongPassphrase
	}
	return key, err
}

// privateBlock finds the one block that holds a private key.
func privateBlock(data []byte) (*pem.Block, error) {
	var found *pem.Block
	var others []string
	for rest := data; ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			break
		}
		if !bytes.HasSuffix([]byte(block.Type), []byte("PRIVATE KEY")) {
			others = append(others, block.Type)
			continue
		}
		if found != nil {
			return nil, fmt.Errorf("%w: %q and %q; keep one in the file", ErrSeveralKeys, found.Type, block.Type)
		}
		found = block
	}
	switch {
	case found != nil:
		return found, nil
	case len(others) > 0:
		return nil, fmt.Errorf("%w: %w: the file holds %.200q only", ErrNoKey, ErrType, others)
	}
	return nil, fmt.Errorf("%w: nothing in the data is PEM; expected -----BEGIN … PRIVATE KEY-----", ErrNoKey)
}

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
		return nil, fmt.Errorf("%w: %q; write it as PKCS#8", ErrType, blockType)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %q: %w", ErrMalformed, blockType, err)
	}
	return signer(key)
}

// isSEC1 tells whether it has the form of an EC key, if maybe on a curve that is
// not known (RFC 5915, section 3).
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

func signer(key any) (crypto.Signer, error) {
	switch key := key.(type) {
	case *ecdsa.PrivateKey:
		return key, nil
	case ed25519.PrivateKey:
		return key, nil
	case *rsa.PrivateKey:
		return key, nil
	}
	return nil, fmt.Errorf("%w: %T does not sign; use Ed25519, ECDSA or RSA", ErrType, key)
}
