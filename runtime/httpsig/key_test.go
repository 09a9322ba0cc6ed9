package httpsig_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

func TestKeysThatCannotBeUsedAreRefused(t *testing.T) {
	_, ed, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	t.Setenv("GODEBUG", "rsa1024min=0")
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	for name, make := range map[string]func() (httpsig.Key, error){
		"no signer":            func() (httpsig.Key, error) { return httpsig.NewKey("k", nil) },
		"no id":                func() (httpsig.Key, error) { return httpsig.NewKey("", ed) },
		"an id of two lines":   func() (httpsig.Key, error) { return httpsig.NewKey("a\nb", ed) },
		"an id outside ASCII":  func() (httpsig.Key, error) { return httpsig.NewPublicKey("ü", ed.Public()) },
		"P-224":                func() (httpsig.Key, error) { return httpsig.NewKey("k", p224) },
		"RSA of 1024 bits":     func() (httpsig.Key, error) { return httpsig.NewKey("k", short) },
		"a key of another use": func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", "text") },
		"half an Ed25519 key":  func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", ed25519.PublicKey("short")) },
		"no RSA signer":        func() (httpsig.Key, error) { return httpsig.NewKey("k", (*rsa.PrivateKey)(nil)) },
		"no ECDSA signer":      func() (httpsig.Key, error) { return httpsig.NewKey("k", (*ecdsa.PrivateKey)(nil)) },
		"half a private key":   func() (httpsig.Key, error) { return httpsig.NewKey("k", ed25519.PrivateKey("half")) },
		"no public RSA key":    func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", (*rsa.PublicKey)(nil)) },
		"an empty RSA key":     func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", &rsa.PublicKey{}) },
		"an even modulus": func() (httpsig.Key, error) {
			return httpsig.NewPublicKey("k", &rsa.PublicKey{N: new(big.Int).Lsh(big.NewInt(1), 2048), E: 3})
		},
		"an exponent of 1":   func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", &rsa.PublicKey{N: odd(2048), E: 1}) },
		"an endless modulus": func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", &rsa.PublicKey{N: odd(1 << 20), E: 3}) },
		"no ECDSA key":       func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", (*ecdsa.PublicKey)(nil)) },
		"an empty ECDSA key": func() (httpsig.Key, error) { return httpsig.NewPublicKey("k", &ecdsa.PublicKey{}) },
		"a curve and no point": func() (httpsig.Key, error) {
			return httpsig.NewPublicKey("k", &ecdsa.PublicKey{Curve: elliptic.P256()})
		},
		"a point off its curve": func() (httpsig.Key, error) {
			//lint:ignore SA1019 the functions that replace the fields make no invalid keys
			return httpsig.NewPublicKey("k", &ecdsa.PublicKey{Curve: elliptic.P256(), X: big.NewInt(1), Y: big.NewInt(1)})
		},
		"a curve of one's own": func() (httpsig.Key, error) {
			//lint:ignore SA1019 the functions that replace the fields make no invalid keys
			return httpsig.NewPublicKey("k", &ecdsa.PublicKey{Curve: oddCurve{elliptic.P256(), nil}, X: big.NewInt(1), Y: big.NewInt(1)})
		},
		"a short secret": func() (httpsig.Key, error) { return httpsig.NewSecretKey("k", []byte("short")) },
	} {
		_, err := make()
		require.ErrorIs(t, err, httpsig.ErrKey, name)
		require.NotContains(t, err.Error(), "short", "%s: the error shows a secret", name)
	}
	public, err := httpsig.NewPublicKey("k", ed.Public())
	require.NoError(t, err)
	r := request(t, "GET", "https://example.com/", "")
	_, err = httpsig.RFC9421().Sign(r, nil, public, now)
	require.ErrorIs(t, err, httpsig.ErrKey, "a public key signed")
	_, err = httpsig.RFC9421().Sign(r, nil, httpsig.Key{}, now)
	require.ErrorIs(t, err, httpsig.ErrKey, "no key signed")
	_, err = public.WithAlgorithm(httpsig.RSAPSSSHA512)
	require.ErrorIs(t, err, httpsig.ErrAlgorithm)
	_, err = httpsig.Key{}.WithAlgorithm(httpsig.Ed25519)
	require.ErrorIs(t, err, httpsig.ErrKey)
}

// odd returns an odd number with so many bits.
func odd(bits uint) *big.Int {
	n := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return n.SetBit(n, 0, 1)
}

// oddCurve is a curve that == cannot compare.
type oddCurve struct {
	elliptic.Curve
	_ []int
}

// remote stands for a key in an HSM, which does not show its private key.
type remote struct {
	public crypto.PublicKey
	sign   func(digest []byte, opts crypto.SignerOpts) ([]byte, error)
}

func (r remote) Public() crypto.PublicKey { return r.public }
func (r remote) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return r.sign(digest, opts)
}

func TestAnySignerSigns(t *testing.T) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	hsm := remote{private.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
		return private.Sign(rand.Reader, digest, opts)
	}}
	key, err := httpsig.NewKey("hsm", hsm)
	require.NoError(t, err)
	_, err = verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key)}).Verify(order(t, httpsig.RFC9421(), key))
	require.NoError(t, err)

	down := errors.New("HSM is down")
	for _, broken := range []remote{
		{private.Public(), func([]byte, crypto.SignerOpts) ([]byte, error) { return nil, down }},
		{private.Public(), func([]byte, crypto.SignerOpts) ([]byte, error) { return []byte("not ASN.1"), nil }},
		{private.Public(), func([]byte, crypto.SignerOpts) ([]byte, error) { return make([]byte, 64), nil }},
		{private.Public(), func([]byte, crypto.SignerOpts) ([]byte, error) {
			return append([]byte{0x30, 36, 2, 34}, make([]byte, 34)...), nil
		}},
	} {
		key, err := httpsig.NewKey("hsm", broken)
		require.NoError(t, err)
		_, err = httpsig.RFC9421().Sign(request(t, "GET", "https://example.com/", ""), nil, key, now)
		require.Error(t, err)
	}
}

// RFC 9421, section 3.3.1: the salt has 64 bytes, and no other length stands for rsa-pss-sha512.
func TestAnRSASignatureHasTheSaltOfItsAlgorithm(t *testing.T) {
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for salt, want := range map[int]error{64: nil, rsa.PSSSaltLengthAuto: httpsig.ErrSignature, 32: httpsig.ErrSignature} {
		key, err := httpsig.NewKey("k", remote{private.Public(), func(digest []byte, opts crypto.SignerOpts) ([]byte, error) {
			return rsa.SignPSS(rand.Reader, private, opts.HashFunc(), digest, &rsa.PSSOptions{SaltLength: salt})
		}})
		require.NoError(t, err)
		_, err = verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key)}).Verify(order(t, httpsig.RFC9421(), key))
		require.ErrorIs(t, err, want, "a salt of %d", salt)
	}
}

func TestNoSecretIsEverPrinted(t *testing.T) {
	secret := []byte("an HMAC secret that nobody may see")
	seed := bytes.Repeat([]byte{0xA5, 0x5A}, 16)
	hmac, err := httpsig.NewSecretKey("mac", secret)
	require.NoError(t, err)
	ed, err := httpsig.NewKey("ed", ed25519.NewKeyFromSeed(seed))
	require.NoError(t, err)

	var out strings.Builder
	holder := struct {
		Exported   httpsig.Key
		unexported httpsig.Key
		list       []httpsig.Key
		pointer    *httpsig.Key
	}{hmac, ed, []httpsig.Key{hmac, ed}, &hmac}
	for _, v := range []any{hmac, &hmac, ed, holder, &holder, map[string]httpsig.Key{"a": ed}, []any{hmac}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
		data, err := json.Marshal(v)
		require.NoError(t, err)
		out.Write(data)
		slog.New(slog.NewTextHandler(&out, nil)).Info("key", "v", v)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("key", "v", v)
	}
	_, err = hmac.WithAlgorithm(httpsig.Ed25519)
	fmt.Fprint(&out, err)
	func() {
		defer func() { fmt.Fprint(&out, recover()) }()
		panic(hmac)
	}()

	text := out.String()
	require.Contains(t, text, `hmac-sha256 key "mac"`)
	decimal := strings.Trim(fmt.Sprint(seed[:8]), "[]")
	for _, shown := range []string{string(secret), string(seed), hex.EncodeToString(secret), hex.EncodeToString(seed),
		base64.StdEncoding.EncodeToString(seed)[:20], base64.StdEncoding.EncodeToString(secret)[:20], decimal,
		strings.Trim(fmt.Sprint(secret[:8]), "[]"), "0xa5, 0x5a", fmt.Sprintf("%X", seed)} {
		require.NotContains(t, text, shown)
	}
}

func TestTheSecretIsTheCallersNoMore(t *testing.T) {
	secret := []byte("a secret of sixteen bytes or more")
	key, err := httpsig.NewSecretKey("k", secret)
	require.NoError(t, err)
	before := order(t, httpsig.RFC9421(), key)
	clear(secret)
	_, err = verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key)}).Verify(before)
	require.NoError(t, err)
}
