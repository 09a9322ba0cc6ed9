package httpsig_test

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

func fuzzVerifiers(f *testing.F) []*httpsig.Verifier {
	var verifiers []*httpsig.Verifier
	for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()} {
		policy := lenient(rfcKeys(f), rfcClock)
		policy.MaxAge, policy.MaxBody = -1, 1<<16
		verifiers = append(verifiers, verifier(f, profile, policy))
	}
	return verifiers
}

// Whatever the fields of a signature hold, nothing panics, and only the signatures that
// RFC 9421 prints are accepted.
func FuzzSignatureFields(f *testing.F) {
	for _, name := range []string{"b.2.1", "b.2.2", "b.2.3", "b.2.5", "b.2.6"} {
		r, _ := readMessage(f, filepath.Join(rfcFolder, name+".http"))
		f.Add(r.Header.Get("Signature-Input"), r.Header.Get("Signature"))
	}
	f.Add(`a=("@query-param";name="x";req "b";sf;key="c" "d";bs);created=1;expires=2;nonce="\"";alg="";tag=""`, `a=::`)
	verifiers := fuzzVerifiers(f)
	data, err := os.ReadFile(filepath.Join(rfcFolder, "b.2.6.http"))
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, input, signature string) {
		r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
		require.NoError(t, err)
		r.Header["Signature-Input"] = []string{input}
		r.Header["Signature"] = []string{signature}
		for _, v := range verifiers {
			verified, err := v.Verify(r)
			if err != nil {
				continue
			}
			// Only who has a key can make a signature, so the fuzzer can only repeat those of the RFC.
			if verified.Created.Unix() != 1618884473 {
				t.Fatalf("taken for right: %q %q", input, signature)
			}
		}
	})
}

// No request from the wire makes anything panic.
func FuzzRequest(f *testing.F) {
	paths, err := filepath.Glob(filepath.Join(rfcFolder, "*.http"))
	require.NoError(f, err)
	for _, path := range paths {
		data, err := os.ReadFile(path)
		require.NoError(f, err)
		f.Add(data)
	}
	verifiers := fuzzVerifiers(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, v := range verifiers {
			r, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(data)))
			if err != nil {
				return
			}
			verified, err := v.Verify(r)
			if err == nil && verified.KeyID == "" {
				t.Fatal("taken for right without a key")
			}
			if _, err := io.Copy(io.Discard, io.LimitReader(r.Body, 1<<20)); err != nil && verified.Covers("content-digest") {
				t.Fatalf("a body that was checked cannot be read again: %v", err)
			}
		}
	})
}

// Law: a request that can be signed verifies after it was sent.
func FuzzSignThenVerify(f *testing.F) {
	f.Add("POST", "/foo?a=b", "Accept", " a/b ", []byte("body"))
	f.Add("GET", "", "trace-part", "", []byte{})
	f.Add("DELETE", "/%2F%20/..//x??", "Te", "\tx", []byte{0})
	key := edKey(f, "k")
	f.Fuzz(func(t *testing.T, method, target, name, value string, body []byte) {
		if strings.ContainsAny(target, "@") { // would make it another host
			return
		}
		r, err := http.NewRequest(method, "https://example.com"+target, bytes.NewReader(body))
		if err != nil || r.Host != "example.com" || method == http.MethodConnect {
			return
		}
		r.Header[name] = []string{value}
		for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()} {
			fields, err := profile.Sign(r, body, key, now)
			if err != nil {
				continue
			}
			sent := r.Clone(t.Context())
			sent.Body = io.NopCloser(bytes.NewReader(body))
			setAll(sent.Header, fields)
			var wire bytes.Buffer
			if err := sent.Write(&wire); err != nil {
				continue
			}
			got, err := http.ReadRequest(bufio.NewReader(&wire))
			if err != nil {
				continue // net/http wrote what it does not read
			}
			v := verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: "https"})
			if _, err := v.Verify(got); err != nil {
				t.Fatalf("%s %q %q: %q: %v", method, target, name, value, err)
			}
		}
	})
}
