package httpsig_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// shape is an ordinary request that signers often get wrong, because net/http sends it
// in another form than the request has.
type shape struct {
	name string
	make func(base string) *http.Request // base is scheme and host
}

const shapeBody = `{"side":"BUY"}`

func get(rawURL string) *http.Request {
	u, err := url.Parse(rawURL)
	if err != nil {
		panic(err)
	}
	return &http.Request{Method: http.MethodGet, URL: u, Header: http.Header{}}
}

func post(rawURL string) *http.Request {
	r := get(rawURL)
	r.Method = http.MethodPost
	r.Header.Set("Content-Type", "application/json")
	r.Body = io.NopCloser(strings.NewReader(shapeBody))
	r.ContentLength = int64(len(shapeBody))
	return r
}

func with(r *http.Request, change func(*http.Request)) *http.Request {
	change(r)
	return r
}

var shapes = []shape{
	{"an empty path", func(base string) *http.Request { return get(base) }},
	{"no query", func(base string) *http.Request { return get(base + "/users") }},
	{"an empty query", func(base string) *http.Request { return get(base + "/users?") }},
	{"an empty query behind an empty path", func(base string) *http.Request { return get(base + "?") }},
	{"an escaped slash and other escapes", func(base string) *http.Request { return get(base + "/files/a%2Fb%7Ec%2fd/%C3%BC?x=%2F%20") }},
	{"spaces", func(base string) *http.Request {
		return with(get(base), func(r *http.Request) { r.URL.Path = "/mifir reports/2024 01"; r.URL.RawQuery = "a=b+c" })
	}},
	{"dot segments", func(base string) *http.Request { return get(base + "/a/./b/../c") }},
	{"repeated fields", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) { r.Header["Trace-Part"] = []string{"one", "two, three", "one"} })
	}},
	{"spaces around a value", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) { r.Header["Trace-Part"] = []string{" \tone two\t ", " three"} })
	}},
	{"an empty field", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) { r.Header["Trace-Part"] = []string{""} })
	}},
	{"an upper-case host", func(base string) *http.Request {
		return get(strings.ReplaceAll(base, "api.example.com", "API.Example.COM") + "/users")
	}},
	{"the scheme's own port", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) {
			r.URL.Host += map[string]string{"http": ":80", "https": ":443"}[r.URL.Scheme]
		})
	}},
	{"no Host", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) { r.Host = "" })
	}},
	{"another Host", func(base string) *http.Request {
		return with(get(base+"/users"), func(r *http.Request) { r.Host = "Other.Example.com:8443" })
	}},
	{"a content length from ContentLength", func(base string) *http.Request {
		// net/http does not send what the header says.
		return with(post(base+"/orders"), func(r *http.Request) { r.Header["Content-Length"] = []string{"99"} })
	}},
	{"a chunked body", func(base string) *http.Request {
		return with(post(base+"/orders"), func(r *http.Request) { r.ContentLength = -1 })
	}},
	{"a body of unknown length", func(base string) *http.Request {
		return with(post(base+"/orders"), func(r *http.Request) { r.ContentLength = 0 })
	}},
	{"no body where one is usual", func(base string) *http.Request {
		return with(post(base+"/orders"), func(r *http.Request) { r.Body = nil; r.ContentLength = 0 })
	}},
	{"a query of a question mark", func(base string) *http.Request { return get(base + "/users??a=b?") }},
	{"a query with a repeated parameter", func(base string) *http.Request { return get(base + "/users?a=1&a=2&&b") }},
}

// shapeProfiles returns the profiles that sign the shapes.
func shapeProfiles(t testing.TB) map[string]*httpsig.Profile {
	rfc := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Cover = []string{"@method", "@target-uri", "@authority", "@scheme", "@request-target", "@path", "@query"}
		s.CoverPresent = append(s.CoverPresent, "trace-part", "accept", "trace-part;bs")
	})
	return map[string]*httpsig.Profile{"rfc9421": rfc, "v15": httpsig.UpvestV15(), "v6": httpsig.UpvestV6()}
}

func TestShapesSignToWhatAStrictVerifierReadsFromTheWire(t *testing.T) {
	signer := &catcher{Signer: ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))}
	key, err := httpsig.NewKey("k", signer)
	require.NoError(t, err)

	for _, transport := range []string{"tcp", "tls", "http2"} {
		for name, profile := range shapeProfiles(t) {
			t.Run(transport+"/"+name, func(t *testing.T) {
				server := newShapeServer(t, transport, verifier(t, profile, httpsig.Policy{Keys: knows(key)}))
				for _, shape := range shapes {
					r := shape.make(server.base)
					var body []byte
					if r.Body != nil {
						body = []byte(shapeBody)
					}
					before := fmt.Sprint(r.Header, *r.URL, r.Host, r.ContentLength)
					fields, err := profile.Sign(r, body, key, now)
					require.NoError(t, err, shape.name)
					require.Equal(t, before, fmt.Sprint(r.Header, *r.URL, r.Host, r.ContentLength), "the request was modified")
					setAll(r.Header, fields)

					wire, err := server.send(r)
					require.NoError(t, err, shape.name)
					if transport == "http2" {
						continue // compressed on the wire; the server's own view was enough
					}
					scheme, _, _ := strings.Cut(server.base, ":")
					require.Equal(t, strictBase(t, scheme, wire, name == "v6"), signer.base, shape.name)
				}
			})
		}
	}
}

// shapeServer is a net/http server that keeps the bytes that it received and the result
// of its verifier.
type shapeServer struct {
	base   string
	client *http.Client
	mu     sync.Mutex
	wire   bytes.Buffer
	err    error
	body   []byte
}

func newShapeServer(t *testing.T, transport string, v *httpsig.Verifier) *shapeServer {
	s := &shapeServer{base: "http://api.example.com"}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := v.Verify(r)
		if (r.ProtoMajor == 2) != (transport == "http2") {
			err = fmt.Errorf("it came by %s", r.Proto)
		}
		body, _ := io.ReadAll(r.Body)
		s.mu.Lock()
		defer s.mu.Unlock()
		s.err, s.body = err, body
	}))
	switch transport {
	case "tcp":
		server.Listener = &keeper{server.Listener, s, nil}
		server.Start()
	case "tls":
		// The handler sees the keeper instead of a TLS connection, so the scheme must be given.
		s.base = "https://api.example.com"
		server.Config.Handler = markTLS(server.Config.Handler)
		certificate := httptest.NewUnstartedServer(nil)
		certificate.StartTLS()
		certificate.Close()
		server.Listener = &keeper{server.Listener, s, &tls.Config{Certificates: certificate.TLS.Certificates}}
		server.Start()
	case "http2":
		s.base = "https://api.example.com"
		server.EnableHTTP2 = true
		server.StartTLS()
	}
	t.Cleanup(server.Close)
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, server.Listener.Addr().String())
	}
	s.client = &http.Client{
		Transport: &http.Transport{
			DialContext:       dial,
			TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
			ForceAttemptHTTP2: transport == "http2",
			DisableKeepAlives: transport != "http2",
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	t.Cleanup(s.client.CloseIdleConnections)
	return s
}

func markTLS(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.TLS = &tls.ConnectionState{}
		next.ServeHTTP(w, r)
	})
}

// send sends r and returns the bytes that the server received and its verifier's error.
func (s *shapeServer) send(r *http.Request) (wire string, err error) {
	s.mu.Lock()
	s.wire.Reset()
	s.err, s.body = fmt.Errorf("the request did not arrive"), nil
	s.mu.Unlock()
	response, err := s.client.Do(r)
	if err != nil {
		return "", err
	}
	response.Body.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Method == http.MethodPost && r.Body != nil && string(s.body) != shapeBody {
		return "", fmt.Errorf("the handler read the body %q", s.body)
	}
	return s.wire.String(), s.err
}

// keeper keeps the bytes that connections read.
type keeper struct {
	net.Listener
	server *shapeServer
	tls    *tls.Config
}

func (k *keeper) Accept() (net.Conn, error) {
	conn, err := k.Listener.Accept()
	if err != nil {
		return nil, err
	}
	if k.tls != nil {
		conn = tls.Server(conn, k.tls)
	}
	return &keptConn{conn, k.server}, nil
}

type keptConn struct {
	net.Conn
	server *shapeServer
}

func (c *keptConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.server.mu.Lock()
	c.server.wire.Write(p[:n])
	c.server.mu.Unlock()
	return n, err
}

// strictBase builds the signature base of RFC 9421 from the bytes of a request, without
// net/http or the code under test.
func strictBase(t *testing.T, scheme, wire string, bare bool) string {
	head, _, ok := strings.Cut(wire, "\r\n\r\n")
	require.True(t, ok, "no end of the header")
	lines := strings.Split(head, "\r\n")
	requestLine := strings.Split(lines[0], " ")
	require.Len(t, requestLine, 3)
	method, target := requestLine[0], requestLine[1]
	path, query, hasQuery := strings.Cut(target, "?")
	fields := map[string][]string{}
	for _, line := range lines[1:] {
		name, value, ok := strings.Cut(line, ":")
		require.True(t, ok, line)
		name = strings.ToLower(name)
		fields[name] = append(fields[name], strings.Trim(value, " \t"))
	}
	authority := strings.ToLower(fields["host"][0])
	authority = strings.TrimSuffix(authority, map[string]string{"http": ":80", "https": ":443"}[scheme])
	uri := scheme + "://" + authority + path
	if hasQuery {
		uri += "?" + query
	}
	derived := map[string]string{"@method": method, "@path": path, "@query": "?" + query, "@authority": authority,
		"@scheme": scheme, "@request-target": target, "@target-uri": uri}

	require.Len(t, fields["signature-input"], 1)
	input := strings.TrimPrefix(fields["signature-input"][0], "sig1=")
	list := input[1:strings.Index(input, ")")]
	var base strings.Builder
	for identifier := range strings.FieldsSeq(list) {
		name, asBytes := strings.CutSuffix(identifier, ";bs")
		name = strings.Trim(name, `"`)
		value, isDerived := derived[name]
		if !isDerived {
			values := fields[name]
			require.NotEmpty(t, values, "%s is not on the wire", name)
			if asBytes {
				values = append([]string(nil), values...)
				for i, v := range values {
					values[i] = ":" + base64.StdEncoding.EncodeToString([]byte(v)) + ":"
				}
			}
			value = strings.Join(values, ", ")
		}
		if bare {
			identifier = name
		}
		base.WriteString(identifier + ": " + value + "\n")
	}
	if bare {
		return base.String() + "@signature-params: " + input
	}
	return base.String() + `"@signature-params": ` + input
}

// net/http asks for gzip by itself. What it would add is never left out of a signature
// that is to cover it.
func TestAnAcceptEncodingThatNetHTTPAddsIsNotLeftUncovered(t *testing.T) {
	key := edKey(t, "k")
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	for _, test := range []struct {
		name    string
		change  func(*http.Request)
		refused bool
	}{
		{"absent", func(*http.Request) {}, true},
		{"empty", header("Accept-Encoding", ""), true},
		{"an empty line before another", header("Accept-Encoding", "", "br"), true},
		{"set", header("Accept-Encoding", "identity"), false},
		{"several lines", header("Accept-Encoding", "br", "zstd"), false},
		{"absent of a HEAD request", func(r *http.Request) { r.Method = http.MethodHead }, false},
		{"absent of a request for a part", header("Range", "bytes=0-1"), false},
	} {
		for _, transport := range []string{"tcp", "http2"} {
			for _, present := range []bool{false, true} {
				t.Run(fmt.Sprint(test.name, " ", transport, " present ", present), func(t *testing.T) {
					profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
						if present {
							s.CoverPresent = append(s.CoverPresent, "accept-encoding")
						} else {
							s.Cover = append(s.Cover, "accept-encoding")
						}
					})
					server := newShapeServer(t, transport, verifier(t, profile, httpsig.Policy{Keys: knows(key)}))
					r := with(get(server.base+"/users"), test.change)
					fields, err := profile.Sign(r, nil, key, now)
					if test.refused {
						require.ErrorIs(t, err, httpsig.ErrComponent)
						require.ErrorContains(t, err, "net/http adds accept-encoding")
						return
					}
					if len(r.Header["Accept-Encoding"]) == 0 && !present {
						require.ErrorIs(t, err, httpsig.ErrComponent, "a field that must be covered is not there")
						return
					}
					require.NoError(t, err)
					setAll(r.Header, fields)
					_, err = server.send(r)
					require.NoError(t, err)
				})
			}
		}
	}
}
