package runtime

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenResponseLimit bounds what is read of a token endpoint's response. Real ones
// have a few hundred bytes; some hold a JWT.
const tokenResponseLimit = 1 << 20

// wanted says what access token a fetch is to get.
type wanted struct {
	scopes    []string
	parameter string   // the scope parameter: scopes, space-separated
	once      bool     // a request that fails is not repeated
	unwanted  []string // access tokens that are not to be taken from a store: refused by the API, or to be renewed
}

// obtain gets an access token, from the store if that has one, else by the
// session's grant. Every access token of a session comes from here. It returns
// when ctx ends, whatever the transport, the store, the grant and the key do. The
// error is a *TokenError.
func (s *Session) obtain(ctx context.Context, want wanted) (accessToken, error) {
	r := &TokenRequest{session: s, scopes: want.scopes, scope: want.parameter}
	token, err := bounded(ctx, func() (accessToken, error) {
		if s.share != nil {
			return s.share.obtain(ctx, s, r, want)
		}
		return s.issue(ctx, r, want)
	}, nil)
	if err != nil {
		return accessToken{}, s.noToken(r, err)
	}
	return token, nil
}

// tokenHost returns the host of what gives access tokens, or of the API if it is not known.
func (s *Session) tokenHost() string {
	if u := s.endpoints[TokenEndpoint]; u != nil {
		return u.Host
	}
	if u, err := url.Parse(s.issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return s.base.Host
}

// noToken returns the error of a request: err itself if it is a *TokenError, else
// one around it. Either way it holds no secret that was sent.
func (s *Session) noToken(r *TokenRequest, err error) *TokenError {
	failed, ok := err.(*TokenError)
	if !ok {
		failed = &TokenError{Err: err}
	}
	failed.Server, failed.Scopes = s.tokenHost(), slices.Clone(r.scopes)
	// Some endpoints repeat what they were sent.
	secrets := r.hidden()
	for _, said := range [...]*string{&failed.Code, &failed.Detail, &failed.RequestID} {
		*said = redactString(*said, hidden, secrets...)
	}
	failed.Err = redactError(failed.Err, hidden, secrets...)
	return failed
}

// issue gets an access token by the session's grant. What may succeed the next
// time is repeated as [Do] repeats a call.
func (s *Session) issue(ctx context.Context, r *TokenRequest, want wanted) (accessToken, error) {
	begun, anew := s.clock.Now(), false
	for attempts := 1; ; attempts++ {
		granted, err := s.grant(ctx, r)
		if err == nil {
			return s.accept(granted, want, begun)
		}
		failed := s.noToken(r, err)
		failed.Attempts = attempts
		if failed.anew && !anew {
			anew = true
			continue
		}
		if want.once || s.defaults.noRetry || !failed.transient || attempts == maxAttempts {
			return accessToken{}, failed
		}
		wait := backoff(attempts, failed.RetryAfter)
		if s.clock.Now().Sub(begun)+wait >= fetchLimit || sleep(ctx, s.clock, wait) != nil {
			return accessToken{}, failed
		}
	}
}

// accept returns the access token that a grant got, if calls may carry it.
func (s *Session) accept(granted AccessToken, want wanted, begun time.Time) (accessToken, error) {
	token := accessToken{value: granted.Value.Reveal(), scopes: slices.Clone(granted.Scopes), obtained: granted.Obtained, life: max(granted.Life, 0)}
	if token.obtained.IsZero() {
		token.obtained = begun
	}
	if err := s.takes(granted.Type); err != nil {
		return accessToken{}, err
	}
	if !validToken(token.value) {
		return accessToken{}, errors.New("the grant returned no access token, or one with characters that no header can carry (RFC 6750, section 2.1)")
	}
	refused := &TokenError{fixed: s.holder.Fixed}
	refused.Missing, refused.Excess = compareScopes(s.api.Scopes, want.scopes, token.scopes)
	if s.takesWider() {
		refused.Excess = nil
	}
	if refused.Missing != nil || refused.Excess != nil {
		return accessToken{}, refused
	}
	return token, nil
}

// takesWider reports whether calls may carry an access token that holds more than
// was asked for.
func (s *Session) takesWider() bool { return s.widerTokens || s.holder.Fixed }

// endpointResponse is a whole response of an endpoint of the authorization server.
type endpointResponse struct {
	status         int
	header         http.Header
	contentType    string
	text           []byte
	sent, received time.Time
	dated          bool // the request held the time of this machine's clock
	nonce          bool // it had a nonce for the next proof
}

// onceParameter holds what may be good for one request alone (RFC 7523, section 3). The
// server may have taken note of it before it asked for a nonce.
const onceParameter = "assertion"

// exchange sends parameters to an endpoint, with the authentication of the client
// and a proof of b unless that is nil, and returns the response. A request that lacked
// a nonce is repeated once, unless it holds the assertion of a grant. The error is a
// *TokenError.
func (r *TokenRequest) exchange(ctx context.Context, endpoint *url.URL, client Credentials, parameters url.Values, b *binding) (*endpointResponse, error) {
	a, err := r.exchangeOnce(ctx, endpoint, client, parameters, b)
	if b == nil || err != nil || !a.nonce || a.status == http.StatusOK || parameters.Has(onceParameter) {
		return a, err
	}
	if refused(a.text).Code != wantsNonce {
		return a, nil
	}
	return r.exchangeOnce(ctx, endpoint, client, parameters, b)
}

func (r *TokenRequest) exchangeOnce(ctx context.Context, endpoint *url.URL, client Credentials, parameters url.Values, b *binding) (_ *endpointResponse, err error) {
	s := r.session
	unsent := true
	defer func() {
		if err != nil {
			failed := s.noToken(r, err)
			failed.unsent, err = unsent, failed
		}
	}()
	if parameters.Get("scope") == "" && parameters.Has("scope") { // an API without scopes
		parameters = maps.Clone(parameters)
		parameters.Del("scope")
	}
	if scope, limit := parameters.Get("scope"), s.api.Token.MaxScope; limit > 0 && len(scope) > limit {
		return nil, fmt.Errorf("%d scopes make a scope parameter of %d bytes, and the endpoint takes %d: use several clients or tokens with fewer scopes each",
			len(r.scopes), len(scope), limit)
	}
	req, dated, err := r.build(ctx, endpoint, client, parameters, b)
	if err != nil {
		return nil, err
	}
	a := &endpointResponse{sent: s.clock.Now(), dated: dated}
	resp, err := s.send(req)
	if err != nil {
		dial, ok := errors.AsType[*net.OpError](err)
		unsent = ok && dial.Op == "dial"
		return nil, unanswered(ctx, err)
	}
	unsent = false
	a.nonce = b != nil && b.learn(endpoint, resp.Header)
	a.status, a.header, a.contentType, a.received = resp.StatusCode, resp.Header, resp.Header.Get("Content-Type"), s.clock.Now()
	defer resp.Body.Close() // read only: nothing can be lost
	a.text, err = readResponse(ctx, resp, tokenResponseLimit)
	switch {
	case errors.Is(err, ErrTooLarge):
		return nil, &TokenError{Status: resp.StatusCode, Err: fmt.Errorf("%w: is this the token endpoint?", err)}
	case err != nil:
		return nil, unanswered(ctx, fmt.Errorf("the response ends early: %w", err))
	}
	return a, nil
}

// readResponse reads the body of a response until ctx ends.
func readResponse(ctx context.Context, resp *http.Response, limit int64) ([]byte, error) {
	defer context.AfterFunc(ctx, func() { // a transport need not end reading when ctx ends
		defer func() { _ = recover() }() // nor be sound
		_ = resp.Body.Close()
	})()
	return readLimited(resp.Body, -1, limit)
}

// failed returns the error of a response that problem tells of.
func (a *endpointResponse) failed(s *Session, problem error) *TokenError {
	failed, ok := problem.(*TokenError)
	if !ok {
		failed = &TokenError{Err: problem}
	}
	failed.Status = a.status
	failed.transient = passing(a.status)
	failed.RetryAfter = parseRetryAfter(a.header.Get("Retry-After"), a.received)
	if a.dated {
		failed.Skew = clockSkew(a.header.Get("Date"), a.sent, a.received)
	}
	if s.binding == nil && (failed.Code == wantsNonce || failed.Code == invalidProof) {
		failed.Err = fmt.Errorf("status %d %q: the server binds access tokens to a key: open the session with runtime.WithDPoP", a.status, failed.Code)
	} else if failed.Code == wantsNonce {
		failed.Err = errors.New("the endpoint " + proofRefused(failed.Code, a.nonce))
	}
	if failed.RequestID == "" {
		failed.RequestID = printableID(a.header.Get(s.fields.requestID))
	}
	return failed
}

// unanswered returns the error of a request without a whole response.
func unanswered(ctx context.Context, err error) *TokenError {
	if why := ended(ctx); why != nil {
		return &TokenError{Err: why}
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return &TokenError{Err: err, transient: !untrusted}
}

// telltale reports whether a parameter of a token request may hold a secret. The
// others may stand in errors, since they say what was asked for.
func telltale(parameter string) bool {
	switch parameter {
	case "grant_type", "scope", "client_id", "client_assertion_type", "resource", "audience", "redirect_uri", "requested_token_use", "token_type_hint":
		return false
	}
	return !strings.HasSuffix(parameter, "_token_type")
}

// build makes a request to an endpoint, signed where the API wants that, and reports
// whether it holds the time of this machine's clock.
func (r *TokenRequest) build(ctx context.Context, endpoint *url.URL, client Credentials, parameters url.Values, b *binding) (_ *http.Request, dated bool, _ error) {
	s := r.session
	form := url.Values{}
	for name, values := range parameters {
		form[name] = slices.Clone(values)
	}
	authorization := ""
	secret := client.ClientSecret.Reveal()
	switch {
	case client.Authentication != nil:
		form.Set("client_id", client.ClientID)
		token, err := r.resolve(ctx, TokenEndpoint, "", client)
		if err != nil {
			return nil, false, err
		}
		request := ClientRequest{ClientID: client.ClientID, Endpoint: token.String(), Issuer: s.issuer, Time: s.clock.Now()}
		if err := client.Authentication.Authenticate(ctx, request, form); err != nil {
			return nil, false, fmt.Errorf("the client's authentication: %w", err)
		}
	case client.ClientID == "": // the grant itself says who asks
	case s.api.Token.Basic:
		// Form-encoded first (RFC 6749, section 2.3.1).
		pair := base64.StdEncoding.EncodeToString([]byte(url.QueryEscape(client.ClientID) + ":" + url.QueryEscape(secret)))
		r.hide(pair, url.QueryEscape(secret), secret)
		authorization = "Basic " + pair
	default:
		form.Set("client_id", client.ClientID)
		form.Set("client_secret", secret)
	}
	for name, values := range form {
		if telltale(name) {
			for _, value := range values {
				r.hide(url.QueryEscape(value), value)
			}
		}
	}
	content := &body{contentType: "application/x-www-form-urlencoded", content: []byte(form.Encode())}
	header := s.fields.header(field{"Content-Type", content.contentType}, field{"Accept", "application/json"}, field{"Authorization", authorization})
	for name, values := range s.defaults.header {
		header[name] = slices.Clone(values)
	}
	req := newHTTPRequest(ctx, http.MethodPost, endpoint, header)
	if err := content.attach(req); err != nil {
		return nil, false, err
	}
	if b != nil {
		proof, err := b.prove(http.MethodPost, endpoint, "", s.clock.Now())
		if err != nil {
			return nil, true, err
		}
		r.hide(proof.text, proof.nonce)
		header[proofHeader] = []string{proof.text}
	}
	dated = b != nil || s.api.Token.Signed || form.Has("client_assertion") || form.Has("assertion")
	if s.api.Token.Signed {
		if err := s.sign(req, content.content); err != nil {
			return nil, dated, fmt.Errorf("the request cannot be signed: %w", err)
		}
	}
	return req, dated, nil
}
