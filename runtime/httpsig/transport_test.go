package httpsig_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// judge is a server that verifies and remembers each request, and accepts each nonce once.
type judge struct {
	*httptest.Server
	mu     sync.Mutex
	got    []string // method, path, body, and the error of verifying
	header []http.Header
}

func newJudge(t *testing.T, key httpsig.Key, profile *httpsig.Profile, next http.HandlerFunc) *judge {
	v, err := httpsig.NewVerifier(profile, httpsig.Policy{Keys: knows(key), Nonces: httpsig.NewMemoryNonces(1000), Now: clock})
	require.NoError(t, err)
	j := &judge{}
	j.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := v.Verify(r)
		body, _ := io.ReadAll(r.Body)
		j.mu.Lock()
		j.got = append(j.got, fmt.Sprint(r.Method, " ", r.URL.Path, " ", string(body), " ", err))
		j.header = append(j.header, r.Header)
		j.mu.Unlock()
		if next != nil {
			next(w, r)
		}
	}))
	t.Cleanup(j.Close)
	return j
}

func (j *judge) seen() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.got
}

// tracked is a body that counts how it is used.
type tracked struct {
	io.Reader
	closed atomic.Int32
}

func (b *tracked) Close() error { b.closed.Add(1); return nil }

func signing(key httpsig.Key, profile *httpsig.Profile, base http.RoundTripper) *httpsig.Transport {
	return &httpsig.Transport{Profile: profile, Key: key, Base: base, Now: clock}
}

func TestATransportSignsEachRequestAndChangesNone(t *testing.T) {
	key := edKey(t, "k")
	for _, http2 := range []bool{false, true} {
		server := newJudge(t, key, httpsig.UpvestV15(), func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.Proto) })
		server.EnableHTTP2 = http2
		server.StartTLS()
		base := server.Client().Transport
		client := &http.Client{Transport: signing(key, httpsig.UpvestV15(), base)}
		for _, method := range []string{"GET", "POST", "PUT", "DELETE"} {
			for _, length := range []int64{3, 0, -1} { // 0 and -1: net/http must find out
				body := &tracked{Reader: strings.NewReader("abc")}
				r := request(t, method, server.URL+"/orders?a=b", "", "Content-Type: text/plain")
				if method != "GET" {
					r.Body, r.ContentLength = body, length
				}
				before := fmt.Sprint(r.Header, *r.URL, r.Host, r.ContentLength, r.GetBody == nil, r.Body == nil)
				response, err := client.Do(r)
				require.NoError(t, err)
				text, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.NoError(t, response.Body.Close())
				require.Equal(t, map[bool]string{false: "HTTP/1.1", true: "HTTP/2.0"}[http2], string(text))
				require.Equal(t, fmt.Sprint(r.Header, *r.URL, r.Host, r.ContentLength, r.GetBody == nil, r.Body == nil), before, "the request was modified")
				if method != "GET" {
					require.EqualValues(t, 1, body.closed.Load())
				}
			}
		}
		for _, got := range server.seen() {
			require.True(t, strings.HasSuffix(got, "abc <nil>") || got == "GET /orders  <nil>", got)
		}
		require.Len(t, server.seen(), 12)
		signatures := map[string]bool{}
		for _, header := range server.header {
			signatures[header.Get("Signature")] = true
		}
		require.Len(t, signatures, 12, "a signature was used twice")
		client.CloseIdleConnections()
	}
}

func TestATransportClosesTheBodyOfWhatItDoesNotSend(t *testing.T) {
	key := edKey(t, "k")
	failing := errors.New("no network")
	base := roundTripper(func(r *http.Request) (*http.Response, error) { return nil, failing })
	p256 := httpsig.Key{}
	for name, c := range map[string]struct {
		transport *httpsig.Transport
		change    func(*http.Request)
		body      io.Reader
		want      error
	}{
		"the network fails":      {signing(key, httpsig.RFC9421(), base), nil, strings.NewReader("x"), failing},
		"no key":                 {signing(p256, httpsig.RFC9421(), base), nil, strings.NewReader("x"), httpsig.ErrKey},
		"a body that breaks off": {signing(key, httpsig.RFC9421(), base), nil, broken{}, nil},
		"another length":         {signing(key, httpsig.RFC9421(), base), func(r *http.Request) { r.ContentLength = 7 }, strings.NewReader("x"), httpsig.ErrBody},
		"trailers":               {signing(key, httpsig.RFC9421(), base), func(r *http.Request) { r.Trailer = http.Header{"A": nil} }, strings.NewReader("x"), httpsig.ErrBody},
		"a user in the URL":      {signing(key, httpsig.RFC9421(), base), func(r *http.Request) { r.URL.User = url.User("u") }, strings.NewReader("x"), httpsig.ErrComponent},
		"a redirect elsewhere": {signing(key, httpsig.RFC9421(), base), func(r *http.Request) {
			r.Response = &http.Response{Request: request(t, "POST", "https://other.example/", "")}
		}, strings.NewReader("x"), httpsig.ErrRedirect},
		"a redirect from nowhere": {signing(key, httpsig.RFC9421(), base), func(r *http.Request) { r.Response = &http.Response{} }, strings.NewReader("x"), httpsig.ErrRedirect},
		"no profile":              {signing(key, nil, base), nil, strings.NewReader("x"), nil},
	} {
		body := &tracked{Reader: c.body}
		r := request(t, "POST", "https://api.example/", "")
		r.Body, r.ContentLength = body, -1
		if c.change != nil {
			r.Host = ""
			c.change(r)
		}
		response, err := c.transport.RoundTrip(r)
		require.Error(t, err, name)
		require.Nil(t, response, name)
		if c.want != nil {
			require.ErrorIs(t, err, c.want, name)
		}
		require.EqualValues(t, 1, body.closed.Load(), name)
	}

	// A length without a body is the caller's mistake.
	short := request(t, "POST", "https://api.example/", "")
	short.Body, short.ContentLength = nil, 3
	_, err := signing(key, httpsig.RFC9421(), base).RoundTrip(short)
	require.ErrorIs(t, err, httpsig.ErrBody)

	// Reading a body that blocks ends with the context of the request.
	reader, writer := io.Pipe()
	ctx, cancel := context.WithCancelCause(t.Context())
	gone := errors.New("the caller went away")
	go cancel(gone)
	r := request(t, "POST", "https://api.example/", "").WithContext(ctx)
	r.Body, r.ContentLength = reader, -1
	_, err = signing(key, httpsig.RFC9421(), base).RoundTrip(r)
	require.ErrorIs(t, err, gone)
	_, err = writer.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestARedirectIsSignedAnewAndGoesToNoOtherHost(t *testing.T) {
	key := edKey(t, "k")
	for _, status := range []int{http.StatusFound, http.StatusTemporaryRedirect} {
		var elsewhere atomic.Int32
		other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) }))
		defer other.Close()
		var server *judge
		server = newJudge(t, key, httpsig.UpvestV15(), func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/near":
				http.Redirect(w, r, "/there", status)
			case "/absolute":
				http.Redirect(w, r, server.URL+"/there", status)
			case "/far", "/hop2":
				http.Redirect(w, r, other.URL+"/there", status)
			case "/hop1":
				http.Redirect(w, r, "/hop2", status)
			}
		})
		server.Start()
		client := &http.Client{Transport: signing(key, httpsig.UpvestV15(), server.Client().Transport)}
		for path, want := range map[string]error{"/near": nil, "/absolute": nil, "/far": httpsig.ErrRedirect, "/hop1": httpsig.ErrRedirect} {
			response, err := client.Post(server.URL+path, "text/plain", strings.NewReader("abc"))
			require.ErrorIs(t, err, want, path)
			if err == nil {
				require.Equal(t, 200, response.StatusCode)
				response.Body.Close()
			}
		}
		require.Zero(t, elsewhere.Load(), "another host was asked")
		for _, got := range server.seen() {
			require.True(t, strings.HasSuffix(got, " <nil>"), got)
		}
		require.Len(t, server.seen(), 2+2+1+2)
	}
}

// net/http sends a request again if a reused connection breaks. The server here answers
// only the first request of each connection.
func TestARequestThatIsSentAgainHasANewSignature(t *testing.T) {
	key := edKey(t, "k")
	plain := &http.Transport{}
	for _, test := range []struct {
		name, method, body string
		base               http.RoundTripper
	}{
		{"GET", http.MethodGet, "", plain},
		{"POST with a key and a body", http.MethodPost, "{}", plain},
		// The body alone keeps net/http from repeating it.
		{"the same through a RoundTripper that drops the context", http.MethodPost, "{}", roundTripper(func(r *http.Request) (*http.Response, error) {
			return plain.RoundTrip(r.WithContext(context.Background()))
		})},
	} {
		t.Run(test.name, func(t *testing.T) {
			v, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key), Nonces: httpsig.NewMemoryNonces(100), Now: clock})
			require.NoError(t, err)
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			defer listener.Close()
			results := make(chan error, 10)
			go func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					go func() {
						defer conn.Close()
						reader := bufio.NewReader(conn)
						for first := true; ; first = false {
							r, err := http.ReadRequest(reader)
							if err != nil {
								return
							}
							_, err = v.Verify(r)
							results <- err
							if !first {
								return // without a response
							}
							io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
						}
					}()
				}
			}()
			defer plain.CloseIdleConnections()
			client := &http.Client{Transport: signing(key, httpsig.UpvestV15(), test.base)}
			for range 2 {
				r, err := http.NewRequest(test.method, "http://"+listener.Addr().String()+"/", strings.NewReader(test.body))
				require.NoError(t, err)
				r.Header.Set("Idempotency-Key", "k")
				response, err := client.Do(r)
				require.NoError(t, err)
				text, err := io.ReadAll(response.Body)
				require.NoError(t, err)
				require.Equal(t, "ok", string(text))
				response.Body.Close()
			}
			for range 3 { // two requests, one of them sent twice
				require.NoError(t, <-results)
			}
		})
	}
}

func TestATransportPassesUpgradesAndKeepsItsRequestForTheResponse(t *testing.T) {
	key := edKey(t, "k")
	server := newJudge(t, key, httpsig.UpvestV15(), func(w http.ResponseWriter, r *http.Request) {
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
		line, _ := buffer.ReadString('\n')
		io.WriteString(conn, line)
	})
	server.TLS = &tls.Config{}
	server.StartTLS()
	r := request(t, "GET", server.URL+"/", "", "Connection: Upgrade", "Upgrade: echo")
	response, err := signing(key, httpsig.UpvestV15(), server.Client().Transport).RoundTrip(r)
	require.NoError(t, err)
	defer response.Body.Close()
	require.NotEmpty(t, response.Request.Header.Get("Signature"), "components with ;req are of what was sent")
	_, err = io.WriteString(response.Body.(io.Writer), "hello\n")
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(text))
}
