package interop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	mathrand "math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// task is what signatures.mjs does: it signs if there are fields, and verifies otherwise.
type task struct {
	Method    string              `json:"method"`
	URL       string              `json:"url"`
	Headers   map[string][]string `json:"headers"`
	Algorithm httpsig.Algorithm   `json:"algorithm"`
	Key       string              `json:"key"` // PEM
	Fields    []string            `json:"fields,omitempty"`
	Params    []string            `json:"params,omitempty"`
	Values    map[string]any      `json:"values,omitempty"`
}

type outcome struct {
	Verified bool              `json:"verified"`
	Headers  map[string]string `json:"headers"`
	Error    string            `json:"error"`
}

// signatureKeys returns a key for each algorithm that both sides have, and what holds
// its private and its public half.
func signatureKeys(t *testing.T) (keys []httpsig.Key, private, public map[httpsig.Algorithm]string) {
	private, public = map[httpsig.Algorithm]string{}, map[httpsig.Algorithm]string{}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	for algorithm, signer := range map[httpsig.Algorithm]crypto.Signer{
		httpsig.Ed25519: ed, httpsig.ECDSAP256SHA256: p256, httpsig.ECDSAP384SHA384: p384, httpsig.RSAPSSSHA512: rsaKey, httpsig.RSAv15SHA256: rsaKey,
	} {
		key, err := httpsig.NewKey("k", signer)
		require.NoError(t, err)
		key, err = key.WithAlgorithm(algorithm)
		require.NoError(t, err)
		keys = append(keys, key)
		der, err := x509.MarshalPKCS8PrivateKey(signer)
		require.NoError(t, err)
		private[algorithm] = text("PRIVATE KEY", der)
		der, err = x509.MarshalPKIXPublicKey(signer.Public())
		require.NoError(t, err)
		public[algorithm] = text("PUBLIC KEY", der)
	}
	return keys, private, public
}

// shape makes requests of all shapes that both sides can read.
type shape struct {
	*mathrand.Rand
}

func (s shape) pick(texts ...string) string { return texts[s.IntN(len(texts))] }

func (s shape) request(t *testing.T, server string) (r *http.Request, body string, cover []string) {
	t.Helper()
	method := s.pick("GET", "POST", "PUT", "PATCH", "DELETE")
	target := s.pick("/", "/a", "/a/b%20c", "/%C3%A4%2Fx", "/a//b", "/a;b=c", "/a:b@c", "/~x/", "/a+b") +
		s.pick("", "?q=1", "?q=a%20b&r=2", "?q=a+b", "?r=%C3%A4&q=%26", "?q=", "?a=b=c&q=x")
	if method != "GET" {
		body = s.pick("", "{}", "ä\r\n", strings.Repeat("x", 5000))
	}
	r, err := http.NewRequest(method, server+target, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Date", time.Now().UTC().Format(http.TimeFormat))
	cover = []string{"@method", "@authority", "@scheme", "@path", "@target-uri", "date"}
	if body != "" {
		r.Header.Set("Content-Type", s.pick("application/json", "text/plain; charset=utf-8", `multipart/form-data; boundary="a b"`))
	}
	if s.IntN(2) == 0 {
		cover = append(cover, "@query")
	}
	if strings.Contains(target, "q=") && s.IntN(2) == 0 {
		cover = append(cover, `@query-param;name="q"`)
	}
	if s.IntN(2) == 0 {
		for range 1 + s.IntN(3) {
			r.Header.Add("X-Many", s.pick("a", "c, d", "", `"q, r"`, "e  f"))
		}
		cover = append(cover, "x-many")
	}
	if s.IntN(2) == 0 {
		r.Header.Set("X-Dictionary", s.pick("a=1, b=2;x=1;y=2, c=(a   b   c)", "a=?1,b=:aGk=:", `k="v", a="w"`))
		cover = append(cover, s.pick("x-dictionary", `x-dictionary;key="a"`))
	}
	if s.IntN(3) == 0 {
		r.Header.Set("X-Bytes", s.pick("a", "a, b"))
		cover = append(cover, "x-bytes;bs")
	}
	return r, body, cover
}

func TestSignaturesThatAnotherLibraryVerifies(t *testing.T) {
	needNode(t, "http-message-signatures")
	keys, _, public := signatureKeys(t)
	var received *task
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		headers := map[string][]string{"host": {r.Host}}
		for name, values := range r.Header {
			headers[strings.ToLower(name)] = values
		}
		if r.ContentLength > 0 {
			headers["content-length"] = []string{strconv.FormatInt(r.ContentLength, 10)}
		}
		received = &task{Method: r.Method, URL: "http://" + r.Host + r.RequestURI, Headers: headers}
	}))
	defer server.Close()
	s := shape{mathrand.New(mathrand.NewPCG(9421, 1))}
	var tasks []task
	for n := range 200 {
		r, body, cover := s.request(t, server.URL)
		profile, err := httpsig.RFC9421().With(func(settings *httpsig.Settings) {
			settings.Cover, settings.NameAlgorithm = cover, s.IntN(2) == 0
			settings.Label = s.pick("sig", "sig1", "a-b.c*")
			if s.IntN(2) == 0 {
				settings.Window, settings.Tag = time.Minute, "app"
				settings.Nonce = func() string { return `no"n\ce` }
			}
		})
		require.NoError(t, err)
		key := keys[n%len(keys)]
		fields, err := profile.Sign(r, []byte(body), key, time.Now())
		require.NoError(t, err)
		for name, values := range fields {
			r.Header[name] = values
		}
		response, err := http.DefaultClient.Do(r)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		received.Algorithm, received.Key = key.Algorithm(), public[key.Algorithm()]
		tasks = append(tasks, *received)
	}
	for i, o := range signatures(t, tasks) {
		require.True(t, o.Verified, "%s: %+v", o.Error, tasks[i])
	}
}

func TestSignaturesThatAnotherLibraryMakes(t *testing.T) {
	needNode(t, "http-message-signatures")
	keys, private, _ := signatureKeys(t)
	byAlgorithm := map[httpsig.Algorithm]httpsig.Key{}
	var key httpsig.Key
	var verified error
	verifier, err := httpsig.NewVerifier(httpsig.RFC9421(), httpsig.Policy{
		Keys:    func(context.Context, string) (httpsig.Key, error) { return key, nil },
		Require: []string{"@method"}, RequirePresent: []string{},
	})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, verified = verifier.Verify(r)
	}))
	defer server.Close()
	s := shape{mathrand.New(mathrand.NewPCG(9421, 2))}
	var tasks []task
	var requests []*http.Request
	for n := range 200 {
		r, body, cover := s.request(t, server.URL)
		algorithm := keys[n%len(keys)].Algorithm()
		byAlgorithm[algorithm] = keys[n%len(keys)]
		one := task{Method: r.Method, URL: r.URL.String(), Headers: map[string][]string{"host": {r.URL.Host}}, Algorithm: algorithm, Key: private[algorithm], Fields: cover}
		for name, values := range r.Header {
			one.Headers[strings.ToLower(name)] = values
		}
		if body != "" {
			one.Headers["content-length"] = []string{fmt.Sprint(len(body))}
			one.Fields = append(one.Fields, "content-length", "content-type")
		}
		one.Params = []string{"created", "keyid"}
		if s.IntN(2) == 0 {
			one.Params = append(one.Params, "expires", "nonce", "tag", "alg")
			one.Values = map[string]any{"expires": time.Now().Add(time.Minute).Unix(), "nonce": `no"n`, "tag": "app"}
		}
		tasks, requests = append(tasks, one), append(requests, r)
	}
	for i, o := range signatures(t, tasks) {
		require.Empty(t, o.Error, "%+v", tasks[i])
		for name, value := range o.Headers {
			requests[i].Header.Set(name, value)
		}
		key = byAlgorithm[tasks[i].Algorithm]
		response, err := http.DefaultClient.Do(requests[i])
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		if tasks[i].Algorithm == httpsig.RSAPSSSHA512 {
			require.ErrorIs(t, verified, httpsig.ErrSignature, "its salt is the longest, not that of RFC 9421, section 3.3.1")
			continue
		}
		require.NoError(t, verified, "%+v", tasks[i])
	}
}

// signatures has signatures.mjs do tasks.
func signatures(t *testing.T, tasks []task) (outcomes []outcome) {
	t.Helper()
	runScript(t, "signatures.mjs", tasks, &outcomes)
	require.Len(t, outcomes, len(tasks))
	return outcomes
}
