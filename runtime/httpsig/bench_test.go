package httpsig_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// The figures here are ratios: the cost of signing or verifying a request, divided by
// that of the bare cryptography, which is the signature over the same base and the
// SHA-512 of the same body. The request is a POST of 1 KiB that covers @method @path
// @query content-digest content-length content-type authorization.

var benchTime = time.Unix(1700000000, 0)

type bench struct {
	profile *httpsig.Profile
	key     httpsig.Key
	body    []byte
	request *http.Request // signed
	base    []byte
}

// baseCatcher is a signer that keeps the signature base that it signed.
type baseCatcher struct {
	crypto.Signer
	base []byte
}

func (s *baseCatcher) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.base = bytes.Clone(message)
	return s.Signer.Sign(rand, message, opts)
}

func newBench(b *testing.B, profile *httpsig.Profile, key httpsig.Key) *bench {
	_, ed, err := ed25519.GenerateKey(nil)
	require.NoError(b, err)
	catcher := &baseCatcher{Signer: ed}
	catching, err := httpsig.NewKey(key.ID(), catcher)
	require.NoError(b, err)

	body := bytes.Repeat([]byte(`{"a":1},`), 128)
	r := httptest.NewRequest(http.MethodPost, "https://api.example.com/orders/5f1c0e66?expand=true", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer ory_at_0123456789abcdefghijklmnopqrstuvwxyz")
	_, err = profile.Sign(r, body, catching, benchTime)
	require.NoError(b, err)
	fields, err := profile.Sign(r, body, key, benchTime)
	require.NoError(b, err)
	signed := r.Clone(context.Background())
	for name, values := range fields {
		signed.Header[name] = values
	}
	signed.Header.Set("Content-Length", "1024")
	return &bench{profile, key, body, signed, catcher.base}
}

func (bn *bench) unsigned() *http.Request {
	r := bn.request.Clone(context.Background())
	for _, name := range []string{"Content-Digest", "Signature", "Signature-Input", "Content-Length", "Upvest-Signature-Version"} {
		r.Header.Del(name)
	}
	return r
}

func benchmarkSign(b *testing.B, bn *bench, floor func()) {
	r := bn.unsigned()
	compare(b, func() {
		if _, err := bn.profile.Sign(r, bn.body, bn.key, benchTime); err != nil {
			b.Fatal(err)
		}
	}, floor)
}

// again is a body that can be read any number of times.
type again struct {
	data []byte
	at   int
}

func (a *again) Read(p []byte) (int, error) {
	if a.at == len(a.data) {
		a.at = 0
		return 0, io.EOF
	}
	n := copy(p, a.data[a.at:])
	a.at += n
	return n, nil
}

func (a *again) Close() error { return nil }

func benchmarkVerify(b *testing.B, bn *bench, floor func()) {
	verifier, err := httpsig.NewVerifier(bn.profile, httpsig.Policy{
		Keys: func(context.Context, string) (httpsig.Key, error) { return bn.key, nil },
		Now:  func() time.Time { return benchTime },
	})
	require.NoError(b, err)
	body := &again{data: bn.body}
	compare(b, func() {
		bn.request.Body = body
		if _, err := verifier.Verify(bn.request); err != nil {
			b.Fatal(err)
		}
	}, floor)
}

// compare reports the median times of work and floor. It runs them in turns, so that
// other load of the machine affects both.
func compare(b *testing.B, work, floor func()) {
	b.Helper()
	const batch = 20
	var works, floors []time.Duration
	for b.Loop() {
		start := time.Now()
		for range batch {
			work()
		}
		middle := time.Now()
		for range batch {
			floor()
		}
		works = append(works, middle.Sub(start))
		floors = append(floors, time.Since(middle))
	}
	slices.Sort(works)
	slices.Sort(floors)
	w, f := works[len(works)/2], floors[len(floors)/2]
	b.ReportMetric(float64(w)/batch, "ns/op")
	b.ReportMetric(float64(f)/batch, "floor-ns/op")
	b.ReportMetric(float64(w)/float64(f), "x-floor")
	b.ReportMetric(testing.AllocsPerRun(100, work), "allocs")
}

func benchProfile(b *testing.B) *httpsig.Profile {
	return derive(b, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Cover = []string{"@method", "@path", "@query", "content-digest", "content-length", "content-type", "authorization"}
		s.CoverPresent = nil
	})
}

func BenchmarkEd25519(b *testing.B) {
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(b, err)
	key, err := httpsig.NewKey("b2a53e9f-8e1b-426c-89f3-fe78818359b8", private)
	require.NoError(b, err)
	for name, profile := range map[string]*httpsig.Profile{"rfc9421": benchProfile(b), "v15": httpsig.UpvestV15()} {
		bn := newBench(b, profile, key)
		signature := ed25519.Sign(private, bn.base)
		b.Run("sign/"+name, func(b *testing.B) {
			benchmarkSign(b, bn, func() {
				sha512.Sum512(bn.body)
				ed25519.Sign(private, bn.base)
			})
		})
		b.Run("verify/"+name, func(b *testing.B) {
			benchmarkVerify(b, bn, func() {
				sha512.Sum512(bn.body)
				ed25519.Verify(public, bn.base, signature)
			})
		})
	}
}

func BenchmarkECDSAP521(b *testing.B) {
	private, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(b, err)
	key, err := httpsig.NewKey("b2a53e9f-8e1b-426c-89f3-fe78818359b8", private)
	require.NoError(b, err)
	bn := newBench(b, httpsig.UpvestV15(), key)
	sum := sha512.Sum512(bn.base)
	signature, err := private.Sign(rand.Reader, sum[:], crypto.SHA512)
	require.NoError(b, err)
	b.Run("sign/v15", func(b *testing.B) {
		benchmarkSign(b, bn, func() {
			sha512.Sum512(bn.body)
			sum := sha512.Sum512(bn.base)
			if _, err := private.Sign(rand.Reader, sum[:], crypto.SHA512); err != nil {
				b.Fatal(err)
			}
		})
	})
	b.Run("verify/v15", func(b *testing.B) {
		benchmarkVerify(b, bn, func() {
			sha512.Sum512(bn.body)
			sum := sha512.Sum512(bn.base)
			ecdsa.VerifyASN1(&private.PublicKey, sum[:], signature)
		})
	})
}

func BenchmarkHMAC(b *testing.B) {
	secret := bytes.Repeat([]byte("secret!!"), 8)
	key, err := httpsig.NewSecretKey("b2a53e9f-8e1b-426c-89f3-fe78818359b8", secret)
	require.NoError(b, err)
	bn := newBench(b, benchProfile(b), key)
	floor := func() {
		sha512.Sum512(bn.body)
		h := hmac.New(sha256.New, secret)
		h.Write(bn.base)
		h.Sum(nil)
	}
	b.Run("sign/rfc9421", func(b *testing.B) { benchmarkSign(b, bn, floor) })
	b.Run("verify/rfc9421", func(b *testing.B) { benchmarkVerify(b, bn, floor) })
}
