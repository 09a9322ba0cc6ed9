package grant

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime"
)

// Browser has a person authorize the client in the browser of this machine: the
// authorization code grant with PKCE, and a redirect to a port that is open on the
// loopback interface while Login runs (RFC 6749, section 4.1, RFC 7636, RFC 8252).
// The redirect URI is http://127.0.0.1 with any port, and the path /callback.
type Browser struct {
	// Open shows a page to the person, for example by starting a browser or by
	// printing the URL. An error ends the login.
	Open func(ctx context.Context, url string) error
}

func (f Browser) authorize(ctx context.Context, r *runtime.TokenRequest, g RefreshToken) (runtime.AccessToken, error) {
	var none runtime.AccessToken
	if err := runtime.HasGrant(r.API(), "authorization_code"); err != nil {
		return none, err
	}
	if f.Open == nil {
		return none, errors.New("Browser.Open is nil: it shows a page to the person")
	}
	endpoint, err := r.EndpointURL(ctx, runtime.AuthorizationEndpoint)
	if err != nil {
		return none, err
	}
	promised, err := r.RedirectNamesIssuer(ctx)
	if err != nil {
		return none, err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return none, err
	}
	state, verifier := rand.Text(), rand.Text()+rand.Text() // 43 characters at least (RFC 7636, section 4.1)
	redirect := "http://" + listener.Addr().String() + "/callback"
	back := &callback{host: listener.Addr().String(), state: state, issuer: r.Issuer(), promised: promised, result: make(chan codeOrError, 1)}
	server := &http.Server{Handler: back, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second, WriteTimeout: 5 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: log.New(io.Discard, "", 0)}
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = server.Serve(listener) // ends with ErrServerClosed
	}()
	defer func() {
		// The person's browser gets its page first.
		finish, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if server.Shutdown(finish) != nil {
			_ = server.Close()
		}
		<-served
	}()
	challenge := sha256.Sum256([]byte(verifier))
	query := with(g.Parameters, "response_type", "code", "client_id", g.Client.ClientID, "redirect_uri", redirect, "scope", r.Scope(), "state", state,
		"code_challenge", base64.RawURLEncoding.EncodeToString(challenge[:]), "code_challenge_method", "S256",
		"dpop_jkt", r.KeyThumbprint()) // binds the code to the key too (RFC 9449, section 10)
	if strings.Contains(endpoint, "?") { // RFC 6749, section 3.1
		endpoint += "&"
	} else {
		endpoint += "?"
	}
	if err := f.Open(ctx, endpoint+query.Encode()); err != nil {
		return none, err
	}
	select {
	case <-ctx.Done():
		return none, context.Cause(ctx)
	case got := <-back.result:
		if got.err != nil {
			return none, got.err
		}
		return r.Send(ctx, g.Client, url.Values{"grant_type": {"authorization_code"}, "code": {got.code}, "redirect_uri": {redirect}, "code_verifier": {verifier}})
	}
}

type codeOrError struct {
	code string
	err  error
}

// callback takes the one redirect from the authorization server.
type callback struct {
	host, state, issuer string
	promised            bool // the redirect names the issuer
	result              chan codeOrError
}

// ServeHTTP ignores requests that do not have the state: any program of this
// machine, and any page in a browser, can send some, and they must neither bring a
// code of their own nor end the login.
func (c *callback) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Security-Policy", "default-src 'none'")
	header.Set("Referrer-Policy", "no-referrer")
	query := req.URL.Query()
	if req.Method != http.MethodGet || req.Host != c.host || req.URL.Path != "/callback" || len(query["state"]) != 1 ||
		subtle.ConstantTimeCompare([]byte(query.Get("state")), []byte(c.state)) != 1 {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<!doctype html><title>Not this login</title><p>This request does not belong to the login that is under way.")
		return
	}
	got := codeOrError{code: query.Get("code")}
	switch {
	case c.promised && !query.Has("iss"):
		got = codeOrError{err: fmt.Errorf("the redirect does not say that it is from %s, which promises to say so, and its code is not used", c.issuer)}
	case len(query["iss"]) > 1:
		got = codeOrError{err: errors.New("the redirect names several authorization servers, and its code is not used")}
	case c.issuer != "" && query.Has("iss") && query.Get("iss") != c.issuer:
		// RFC 9207: the code may be of another authorization server.
		got = codeOrError{err: fmt.Errorf("the redirect is from the authorization server %.200q, not from %s, so its code is not used", query.Get("iss"), c.issuer)}
	case query.Has("error"):
		got = codeOrError{err: fmt.Errorf("the authorization server answered %.200q: %.500q", query.Get("error"), query.Get("error_description"))}
	case len(query["code"]) != 1 || got.code == "":
		got = codeOrError{err: errors.New("the redirect has no code, or several")}
	}
	select {
	case c.result <- got:
	default: // there was a redirect before
	}
	if got.err != nil {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, "<!doctype html><title>Login failed</title><p>The login failed. The program says why. You can close this window.")
		return
	}
	_, _ = io.WriteString(w, "<!doctype html><title>Logged in</title><p>It worked. You can close this window and go back to the program, which does the rest.")
}
