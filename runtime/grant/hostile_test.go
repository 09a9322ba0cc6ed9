//go:build unix

package grant_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientauth"
	"github.com/scopegen/scopegen/runtime/grant"
	"github.com/scopegen/scopegen/spec/sandbox"
)

// endpoint asks one endpoint of the authorization server.
type endpoint struct {
	path string
	ask  func(t *testing.T, ctx context.Context, p *place) error
}

// everyEndpoint has one way to ask each endpoint that a session asks.
func everyEndpoint() map[string]endpoint {
	public, _ := publicClient()
	device := func(t *testing.T, ctx context.Context, p *place) error {
		g := grant.RefreshToken{Client: public, Store: grant.NewRefreshTokens(runtime.Secret{})}
		_, err := g.Login(ctx, p.open(t, g), grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}, "things:read")
		return err
	}
	return map[string]endpoint{
		"Token": {"/token", func(t *testing.T, ctx context.Context, p *place) error {
			return callRead(ctx, p.open(t, secretClient(), runtime.WithoutRetry()))
		}},
		"Exchange": {"/token", func(t *testing.T, ctx context.Context, p *place) error {
			return callRead(ctx, p.open(t, grant.Exchange{Subject: grant.Token{Type: grant.TypeJWT, Get: secretToken}}, runtime.WithoutRetry()))
		}},
		"Refresh": {"/token", func(t *testing.T, ctx context.Context, p *place) error {
			return callRead(ctx, p.open(t, grant.RefreshToken{Client: secretClient(), Store: grant.NewRefreshTokens(runtime.NewSecret("s3cret-refresh"))}, runtime.WithoutRetry()))
		}},
		"Device": {"/device", device},
		"Poll":   {"/token", device},
		"Code": {"/token", func(t *testing.T, ctx context.Context, p *place) error {
			g := grant.RefreshToken{Client: public, Store: grant.NewRefreshTokens(runtime.Secret{})}
			_, err := g.Login(ctx, p.open(t, g), grant.Browser{Open: redirectWith("code=s3cret-code")}, "things:read")
			return err
		}},
		"Metadata": {"/.well-known/oauth-authorization-server/tenant", func(t *testing.T, ctx context.Context, p *place) error {
			return callRead(ctx, p.discover(t, secretClient(), runtime.WithoutRetry()))
		}},
		"Revocation": {"/revoke", func(t *testing.T, ctx context.Context, p *place) error {
			session := p.open(t, secretClient(), runtime.WithoutRetry())
			if err := callRead(t.Context(), session); err != nil {
				return err
			}
			return session.Revoke(ctx)
		}},
	}
}

// redirectWith is a browser that is at once redirected, with a query beside the state.
func redirectWith(query string) func(context.Context, string) error {
	return func(_ context.Context, page string) error {
		u, err := url.Parse(page)
		if err != nil {
			return err
		}
		_, err = read1(http.Get(u.Query().Get("redirect_uri") + "?" + query + "&state=" + u.Query().Get("state")))
		return err
	}
}

// lurking answers one path with hostile, and the others as they should be.
func lurking(t testing.TB, path string, hostile http.HandlerFunc) *place {
	t.Helper()
	p := &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
	p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == path:
			hostile(w, r)
		case r.URL.Path == "/token":
			_, _ = io.WriteString(w, `{"access_token":"s3cret-access","token_type":"bearer","expires_in":60}`)
		case r.URL.Path == "/device":
			_, _ = io.WriteString(w, `{"device_code":"s3cret-device","user_code":"AB-CD","verification_uri":"https://x.example","expires_in":600}`)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(p.http.Close)
	return p
}

func TestAnEndlessAnswerIsReadNoFurtherThanItsBound(t *testing.T) {
	var bomb bytes.Buffer
	compressed := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 64 {
		_, err := compressed.Write(zeros)
		require.NoError(t, err)
	}
	require.NoError(t, compressed.Close())
	for name, e := range everyEndpoint() {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			p := lurking(t, e.path, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusOK)
				for sent.Load() < 1<<30 {
					n, err := w.Write(zeros)
					sent.Add(int64(n))
					if err != nil {
						return
					}
				}
			})
			err := e.ask(t, t.Context(), p)
			require.ErrorIs(t, err, runtime.ErrTooLarge)
			p.http.Close() // waits for the handler
			require.Less(t, sent.Load(), int64(64<<20))
		})
		t.Run(name+"Compressed", func(t *testing.T) {
			p := lurking(t, e.path, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write(bomb.Bytes()) // the client hangs up
			})
			require.ErrorIs(t, e.ask(t, t.Context(), p), runtime.ErrTooLarge)
		})
	}
}

func TestAnEndpointThatNeverAnswersIsWaitedForNoLongerThanWanted(t *testing.T) {
	for name, e := range everyEndpoint() {
		t.Run(name, func(t *testing.T) {
			end, asked := make(chan struct{}), make(chan struct{}, 100)
			p := lurking(t, e.path, func(_ http.ResponseWriter, r *http.Request) {
				asked <- struct{}{}
				select {
				case <-end:
				case <-r.Context().Done():
				}
				panic(http.ErrAbortHandler)
			})
			defer close(end)
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				<-asked
				cancel(errors.New("the caller has gone"))
			}()
			require.ErrorContains(t, e.ask(t, ctx, p), "the caller has gone")

			// Whoever waits for ever is told by a limit.
			go func() {
				<-asked
				p.clock.expire()
			}()
			require.ErrorContains(t, e.ask(t, t.Context(), p), "took longer than its limit of 30s")
		})
	}
}

func TestTheErrorOfAnAssertionTellsHowFarTheClocksDiffer(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	for says, ahead := range map[string]time.Duration{
		"this machine's clock is 2m1s behind the server's":   2 * time.Minute,
		"this machine's clock is 1h0m0s ahead of the server": -time.Hour,
	} {
		p := &place{clock: &clock{now: time.Unix(1_800_000_000, 0)}}
		p.http = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", p.clock.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `{"error":"invalid_grant","error_description":"assertion expired"}`)
		}))
		defer p.http.Close()
		for _, g := range []runtime.Grant{
			grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key),
			runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key)},
			runtime.Credentials{ClientID: "c1", Authentication: clientauth.Assertion(secretToken)},
		} {
			require.ErrorContains(t, callRead(t.Context(), p.open(t, g)), says)
		}
		require.NotContains(t, callRead(t.Context(), p.open(t, secretClient())).Error(), "clock", "a secret does not age")
	}
}

// TestAFileThatChangesWhileItIsRead moves a link between a token, a directory, a pipe
// and nothing, as fast as it can.
func TestAFileThatChangesWhileItIsRead(t *testing.T) {
	folder := t.TempDir()
	targets := []string{filepath.Join(folder, "token"), filepath.Join(folder, "directory"), filepath.Join(folder, "pipe"), filepath.Join(folder, "absent")}
	require.NoError(t, os.WriteFile(targets[0], []byte("s3cret-assertion"), 0o600))
	require.NoError(t, os.Mkdir(targets[1], 0o700))
	require.NoError(t, syscall.Mkfifo(targets[2], 0o600))
	link := filepath.Join(folder, "link")
	require.NoError(t, os.Symlink(targets[0], link))
	stop, stopped := make(chan struct{}), make(chan error, 1)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				stopped <- nil
				return
			default:
			}
			err := os.Symlink(targets[i%len(targets)], link+".new")
			if err == nil {
				err = os.Rename(link+".new", link)
			}
			if err != nil {
				stopped <- err
				return
			}
		}
	}()
	method := clientauth.AssertionFile(link)
	for range 2000 {
		form := url.Values{}
		err := method.Authenticate(t.Context(), runtime.ClientRequest{ClientID: "c1"}, form)
		if err == nil {
			require.Equal(t, "s3cret-assertion", form.Get("client_assertion"))
		} else {
			require.NotContains(t, err.Error(), "s3cret")
		}
	}
	close(stop)
	require.NoError(t, <-stopped)
}

func TestOtherProgramsOfTheMachineCannotHoldUpALogin(t *testing.T) {
	credentials, client := publicClient()
	p := serve(t, sandbox.Config{}, nil, client)
	g := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	var redirect string
	granted, err := g.Login(t.Context(), p.open(t, g), grant.Browser{Open: func(_ context.Context, page string) error {
		u, err := url.Parse(page)
		if err != nil {
			return err
		}
		redirect = u.Query().Get("redirect_uri")
		host := strings.TrimSuffix(strings.TrimPrefix(redirect, "http://"), "/callback")
		require.True(t, strings.HasPrefix(host, "127.0.0.1:"), "no other machine reaches it")
		for range 50 { // connections that say nothing, or half a request
			conn, err := net.Dial("tcp", host)
			if err != nil {
				return err
			}
			defer conn.Close()
			if _, err := io.WriteString(conn, "GET /callback?code=injected HTTP/1.1\r\nHost: "+host+"\r\nX: "); err != nil {
				return err
			}
		}
		for _, method := range []string{"POST", "HEAD", "OPTIONS"} {
			r, err := http.NewRequest(method, redirect+"?code=injected&state="+u.Query().Get("state"), nil)
			if err != nil {
				return err
			}
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			resp.Body.Close()
			require.Equal(t, http.StatusBadRequest, resp.StatusCode)
			require.Empty(t, resp.Header.Get("Access-Control-Allow-Origin"))
		}
		_, err = read1(http.Get(page))
		if err != nil {
			return err
		}
		// The first redirect with the state counts: a second changes nothing.
		_, err = read1(http.Get(redirect + "?code=injected&state=" + u.Query().Get("state")))
		return err
	}}, "things:read")
	require.NoError(t, err)
	require.Equal(t, []string{"things:read"}, granted)
	_, err = http.Get(redirect)
	require.ErrorIs(t, err, syscall.ECONNREFUSED, "the port is open during the login alone")
}

// telltales is a transport that puts all that it is to send into its error.
type telltales struct{ sent *strings.Builder }

func (b telltales) RoundTrip(r *http.Request) (*http.Response, error) {
	var text strings.Builder
	_ = r.Write(&text)
	b.sent.WriteString(text.String())
	// Such an error ends a login, which waits for a connection otherwise.
	return nil, &url.Error{Op: "Post", URL: r.URL.String(), Err: &tls.CertificateVerificationError{Err: errors.New(text.String())}}
}

func TestATransportThatRepeatsWhatItSendsLeaksNothing(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	p := lurking(t, "", nil)
	for name, g := range map[string]runtime.Grant{
		"client_secret":    secretClient(),
		"client_assertion": runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key)},
		"assertion":        grant.JWTBearer(grant.Assertion{Issuer: "c1"}, key),
		"subject_token":    grant.Exchange{Subject: grant.Token{Type: grant.TypeJWT, Get: secretToken}, Actor: grant.Token{Type: grant.TypeJWT, Get: secretToken}},
		"refresh_token":    grant.RefreshToken{Client: secretClient(), Store: grant.NewRefreshTokens(runtime.NewSecret("s3cret-refresh"))},
	} {
		var sent strings.Builder
		err := callRead(t.Context(), p.open(t, g, runtime.WithTransport(telltales{&sent}), runtime.WithoutRetry()))
		requireNoSecret(t, err, sent.String(), name)
	}
	public, _ := publicClient()
	for name, flow := range map[string]grant.Flow{"code": grant.Browser{Open: redirectWith("code=s3cret-code")}, "device_code": grant.Device{Show: func(context.Context, grant.DeviceCode) error { return nil }}} {
		var sent strings.Builder
		g := grant.RefreshToken{Client: public, Store: grant.NewRefreshTokens(runtime.Secret{})}
		session := p.open(t, g, runtime.WithTransport(transportFunc(func(r *http.Request) (*http.Response, error) {
			if r.URL.Path == "/device" {
				return http.DefaultTransport.RoundTrip(r)
			}
			return telltales{&sent}.RoundTrip(r)
		})))
		_, err := g.Login(t.Context(), session, flow, "things:read")
		requireNoSecret(t, err, sent.String(), name)
	}
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// requireNoSecret requires that an error prints none of what was sent as name.
func requireNoSecret(t testing.TB, err error, sent, name string) {
	t.Helper()
	require.Error(t, err)
	_, body, _ := strings.Cut(sent, "\r\n\r\n")
	form, parseErr := url.ParseQuery(body)
	require.NoError(t, parseErr)
	require.NotEmpty(t, form.Get(name), sent)
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		fmt.Fprintf(&out, verb, err)
	}
	slog.New(slog.NewTextHandler(&out, nil)).Info("x", "err", err)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "err", err)
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&out, "%+v %#v", e, e)
	}
	for _, secret := range []string{name, "code_verifier", "client_secret"} {
		if value := form.Get(secret); value != "" {
			require.NotContains(t, out.String(), value, secret)
			require.NotContains(t, out.String(), url.QueryEscape(value), secret)
		}
	}
	require.NotContains(t, out.String(), "s3cret")
}

// capture serves a token endpoint, and returns the last request's form and headers.
func capture(t testing.TB) (*place, func() (url.Values, http.Header)) {
	var mu sync.Mutex
	var form url.Values
	var header http.Header
	p := lurking(t, "/token", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		mu.Lock()
		form, header = r.PostForm, r.Header
		mu.Unlock()
		_, _ = io.WriteString(w, `{"access_token":"a1","token_type":"bearer","expires_in":60,"issued_token_type":"`+grant.TypeAccessToken+`"}`)
	})
	return p, func() (url.Values, http.Header) {
		mu.Lock()
		defer mu.Unlock()
		return form, header
	}
}

// claimsOf reads the header and the claims of a token without any check.
func claimsOf(t testing.TB, token string) (header, claims map[string]any) {
	t.Helper()
	parts := strings.Split(token, ".")
	require.Len(t, parts, 3)
	for i, to := range []*map[string]any{&header, &claims} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		require.NoError(t, err)
		require.NoError(t, json.Unmarshal(text, to))
	}
	return header, claims
}

func TestAnAssertionNamesItsCertificateAndItsAudience(t *testing.T) {
	key, certificate := certified(t)
	p, sent := capture(t)
	open := func(opts ...clientauth.Option) (header, claims map[string]any) {
		credentials := runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", key, opts...)}
		require.NoError(t, callRead(t.Context(), p.open(t, credentials)))
		form, _ := sent()
		return claimsOf(t, form.Get("client_assertion"))
	}
	header, claims := open()
	require.NotContains(t, header, "x5t#S256")
	require.Equal(t, p.http.URL+"/token", claims["aud"])
	header, claims = open(clientauth.Certificate(certificate), clientauth.Audience("https://aud.example"))
	require.Equal(t, thumbprint(certificate), header["x5t#S256"])
	require.Equal(t, "k1", header["kid"])
	require.Equal(t, "https://aud.example", claims["aud"])

	other, _ := certified(t)
	_, err := runtime.Open(api(), runtime.Server{URL: p.http.URL}, runtime.Credentials{ClientID: "c1", Authentication: clientauth.PrivateKeyJWT("k1", other, clientauth.Certificate(certificate))})
	require.ErrorContains(t, err, "the certificate is not the key's")

	assertion := grant.Assertion{Issuer: "c1", Subject: "user-7", Audience: "https://aud.example"}
	require.NoError(t, callRead(t.Context(), p.open(t, grant.JWTBearer(assertion, key))))
	form, _ := sent()
	_, claims = claimsOf(t, form.Get("assertion"))
	require.Equal(t, "https://aud.example", claims["aud"])
	require.Equal(t, "user-7", claims["sub"])
}

func TestAnExchangeSendsWhoActs(t *testing.T) {
	p, sent := capture(t)
	acts := func(context.Context) (runtime.Secret, error) { return runtime.NewSecret("s3cret-actor"), nil }
	g := grant.Exchange{Client: secretClient(), Subject: grant.Token{Type: grant.TypeIDToken, Get: secretToken}, Actor: grant.Token{Type: grant.TypeJWT, Get: acts}}
	require.NoError(t, callRead(t.Context(), p.open(t, g)))
	form, _ := sent()
	require.Equal(t, url.Values{"grant_type": {exchange}, "scope": {"things:read"}, "client_id": {"c1"}, "client_secret": {"s3cret-of-c1"},
		"subject_token": {"s3cret-subject-token"}, "subject_token_type": {grant.TypeIDToken}, "actor_token": {"s3cret-actor"}, "actor_token_type": {grant.TypeJWT},
		"requested_token_type": {grant.TypeAccessToken}}, form)

	g.Actor.Get = func(context.Context) (runtime.Secret, error) {
		return runtime.Secret{}, errors.New("the sidecar is away")
	}
	require.ErrorContains(t, callRead(t.Context(), p.open(t, g)), "the actor_token: the sidecar is away")
}

func certified(t testing.TB) (crypto.Signer, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(2_000_000_000, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	certificate, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	return key, certificate
}

func thumbprint(c *x509.Certificate) string {
	sum := sha256.Sum256(c.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func TestEachGrantSendsTheSecretAsTheCatalogueSays(t *testing.T) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	basic := strings.Replace(catalogue, "  path: /token\n", "  path: /token\n  credentials: basic\n", 1)
	confidential := sandbox.Client{ID: "c:1", Secret: "s3cret +%:", AssertionKeys: map[string]crypto.PublicKey{"k1": key.Public()}}
	credentials := runtime.Credentials{ClientID: "c:1", ClientSecret: runtime.NewSecret("s3cret +%:")}
	p := serveCatalogue(t, basic, sandbox.Config{}, nil, confidential)
	open := func(g runtime.Grant) *runtime.Session {
		a := api()
		a.Token.Basic = true
		session, err := runtime.Open(a, runtime.Server{URL: p.http.URL}, g, runtime.WithClock(p.clock))
		require.NoError(t, err)
		return session
	}
	subject := runtime.Authorize[both](open(credentials))
	people := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	devices := grant.RefreshToken{Client: credentials, Store: grant.NewRefreshTokens(runtime.Secret{})}
	login(t, p, people, open(people))
	_, err = devices.Login(t.Context(), open(devices), grant.Device{Show: func(_ context.Context, code grant.DeviceCode) error {
		_, err := read1(http.Get(code.Complete))
		return err
	}}, "things:read", "things:write")
	require.NoError(t, err)
	for name, g := range map[string]runtime.Grant{
		"ClientCredentials": grant.ClientCredentials{Client: credentials},
		"JWTBearer":         grant.JWTBearer(grant.Assertion{Issuer: "c:1", KeyID: "k1", Client: credentials}, key),
		"Exchange":          grant.Exchange{Client: credentials, Subject: grant.SessionToken(subject)},
		"Browser":           people,
		"Device":            devices,
	} {
		session := open(g)
		require.NoError(t, callBoth(t.Context(), session), name)
		require.NoError(t, session.Revoke(t.Context()), name)
	}
	p.requireNarrow(t)
}
