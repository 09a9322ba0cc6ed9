package httpsig_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// now is the time in the tests.
var now = time.Unix(1700000000, 0)

func clock() time.Time { return now }

// edKey returns an Ed25519 key that is the same in every run.
func edKey(t testing.TB, id string) httpsig.Key {
	t.Helper()
	seed := bytes.Repeat([]byte{7}, ed25519.SeedSize)
	key, err := httpsig.NewKey(id, ed25519.NewKeyFromSeed(seed))
	require.NoError(t, err)
	return key
}

func ecKey(t testing.TB, id string, curve elliptic.Curve) httpsig.Key {
	t.Helper()
	private, err := ecdsa.GenerateKey(curve, rand.Reader)
	require.NoError(t, err)
	key, err := httpsig.NewKey(id, private)
	require.NoError(t, err)
	return key
}

func rsaKey(t testing.TB, id string, algorithm httpsig.Algorithm) httpsig.Key {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	key, err := httpsig.NewKey(id, private)
	require.NoError(t, err)
	key, err = key.WithAlgorithm(algorithm)
	require.NoError(t, err)
	return key
}

func secretKey(t testing.TB, id string) httpsig.Key {
	t.Helper()
	key, err := httpsig.NewSecretKey(id, []byte("a secret of some thirty-two bytes"))
	require.NoError(t, err)
	return key
}

// knows returns the Keys of a policy that knows these keys.
func knows(keys ...httpsig.Key) func(context.Context, string) (httpsig.Key, error) {
	return func(_ context.Context, id string) (httpsig.Key, error) {
		for _, key := range keys {
			if key.ID() == id {
				return key, nil
			}
		}
		return httpsig.Key{}, fmt.Errorf("%w here", httpsig.ErrUnknownKey)
	}
}

func verifier(t testing.TB, profile *httpsig.Profile, policy httpsig.Policy) *httpsig.Verifier {
	t.Helper()
	if policy.Now == nil {
		policy.Now = clock
	}
	v, err := httpsig.NewVerifier(profile, policy)
	require.NoError(t, err)
	return v
}

// derive returns the profile with other settings.
func derive(t testing.TB, profile *httpsig.Profile, change func(*httpsig.Settings)) *httpsig.Profile {
	t.Helper()
	other, err := profile.With(change)
	require.NoError(t, err)
	return other
}

// request returns a request to send, with fields from lines of the form "Name: value".
func request(t testing.TB, method, url string, body string, lines ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, url, bodyOf(body))
	require.NoError(t, err)
	addLines(t, r.Header, lines)
	return r
}

func bodyOf(text string) io.Reader {
	if text == "" {
		return nil
	}
	return strings.NewReader(text)
}

func addLines(t testing.TB, header http.Header, lines []string) {
	t.Helper()
	for _, line := range lines {
		name, value, ok := strings.Cut(line, ": ")
		require.True(t, ok, line)
		header.Add(name, value)
	}
}

// received returns the request that a server receives if r is sent.
func received(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var wire bytes.Buffer
	sent := r.Clone(r.Context())
	if r.GetBody != nil {
		body, err := r.GetBody()
		require.NoError(t, err)
		sent.Body = body
	}
	require.NoError(t, sent.Write(&wire))
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	require.NoError(t, err)
	return got
}

// parseRequest returns the request that a server receives as these lines.
func parseRequest(t testing.TB, lines ...string) *http.Request {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n"))))
	require.NoError(t, err)
	return r
}

func setAll(header, fields http.Header) {
	for name, values := range fields {
		header[name] = values
	}
}

// signed returns r as a server receives it after it was signed.
func signed(t testing.TB, profile *httpsig.Profile, r *http.Request, body string, key httpsig.Key) *http.Request {
	t.Helper()
	fields, err := profile.Sign(r, []byte(body), key, now)
	require.NoError(t, err)
	setAll(r.Header, fields)
	return received(t, r)
}

// catcher is an Ed25519 signer that keeps the signature base.
type catcher struct {
	crypto.Signer
	base string
}

func (s *catcher) Sign(rand io.Reader, message []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.base = string(message)
	return s.Signer.Sign(rand, message, opts)
}

// baseOf returns the signature base for r and a key with the id.
func baseOf(t testing.TB, profile *httpsig.Profile, r *http.Request, body, keyID string) string {
	t.Helper()
	s := &catcher{Signer: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	key, err := httpsig.NewKey(keyID, s)
	require.NoError(t, err)
	_, err = profile.Sign(r, []byte(body), key, now)
	require.NoError(t, err)
	return s.base
}

var edSigner = ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))

func readCloser(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }
