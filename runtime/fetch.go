package runtime

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// tokenAnswerLimit bounds what is read of a token endpoint's answer. Real ones
// have a few hundred bytes; some hold a JWT.
const tokenAnswerLimit = 1 << 20

// wanted says what access token a fetch is to get.
type wanted struct {
	scopes    []string
	parameter string   // the scope parameter: scopes, space-separated
	once      bool     // a request that fails is not repeated
	unwanted  []string // access tokens that are not to be taken from a store: refused by the API, or to be renewed
}

// obtain gets an access token, from the store if that has one, else from the
// token endpoint. Every access token of a session comes from here. It returns
// when ctx ends, whatever the transport, the store and the key do. The error is
// a *TokenError.
func (s *Session) obtain(ctx context.Context, want wanted) (accessToken, error) {
	if limit := s.api.Token.MaxScope; limit > 0 && len(want.parameter) > limit {
		return accessToken{}, s.noToken(want.scopes, fmt.Errorf("%d scopes make a scope parameter of %d bytes, and the endpoint takes %d: use several clients or tokens with fewer scopes each",
			len(want.scopes), len(want.parameter), limit))
	}
	token, err := bounded(ctx, func() (accessToken, error) {
		if s.share != nil {
			return s.share(ctx, s, want)
		}
		return s.issue(ctx, want)
	}, nil)
	if err != nil {
		return accessToken{}, s.noToken(want.scopes, err)
	}
	return token, nil
}

// noToken returns the error for scopes: err itself if it is a *TokenError, else
// one around it. Either way it holds no secret.
func (s *Session) noToken(scopes []string, err error) error {
	failed, ok := err.(*TokenError)
	if !ok {
		failed = &TokenError{Err: err}
	}
	failed.Server, failed.Scopes = s.base.Host, slices.Clone(scopes)
	// Some endpoints repeat what they were sent.
	secrets := s.secrets()
	for _, said := range [...]*string{&failed.Code, &failed.Detail, &failed.RequestID} {
		*said = redactString(*said, hidden, secrets...)
	}
	failed.Err = redactError(failed.Err, hidden, secrets...)
	return failed
}

// issue gets an access token from the token endpoint. A request that may succeed
// the next time is repeated as [Do] repeats a call's.
func (s *Session) issue(ctx context.Context, want wanted) (accessToken, error) {
	begun := s.clock.Now()
	for attempts := 1; ; attempts++ {
		token, failed := s.clientCredentials(ctx, want)
		if failed == nil {
			return token, nil
		}
		failed.Attempts = attempts
		if want.once || s.defaults.noRetry || !failed.transient || attempts == maxAttempts {
			return accessToken{}, failed
		}
		wait := backoff(attempts, failed.RetryAfter)
		if s.clock.Now().Sub(begun)+wait >= fetchLimit || sleep(ctx, s.clock, wait) != nil {
			return accessToken{}, failed
		}
	}
}

// clientCredentials asks for an access token with the client credentials grant
// (RFC 6749, section 4.4.2).
func (s *Session) clientCredentials(ctx context.Context, want wanted) (accessToken, *TokenError) {
	return s.ask(ctx, "grant_type=client_credentials&scope="+url.QueryEscape(want.parameter), want)
}

// ask sends the parameters of a grant to the token endpoint, with the client's
// credentials, and reads the answer.
func (s *Session) ask(ctx context.Context, parameters string, want wanted) (accessToken, *TokenError) {
	req, err := s.tokenRequest(ctx, parameters)
	if err != nil {
		return accessToken{}, &TokenError{Err: fmt.Errorf("the request cannot be signed: %w", err)}
	}
	sent := s.clock.Now()
	resp, err := s.send(req)
	if err != nil {
		return accessToken{}, unanswered(ctx, err)
	}
	received := s.clock.Now()
	defer context.AfterFunc(ctx, func() { // a transport need not end reading when ctx ends
		defer func() { _ = recover() }() // nor be sound
		_ = resp.Body.Close()
	})()
	defer resp.Body.Close() // read only: nothing can be lost
	text, err := readLimited(resp.Body, -1, tokenAnswerLimit)
	switch {
	case errors.Is(err, ErrTooLarge):
		return accessToken{}, &TokenError{Status: resp.StatusCode, Err: fmt.Errorf("%w: is this the token endpoint?", err)}
	case err != nil:
		return accessToken{}, unanswered(ctx, fmt.Errorf("the answer ends early: %w", err))
	}
	token, err := parseToken(resp.StatusCode, resp.Header.Get("Content-Type"), text, want.scopes, s.widerTokens)
	if err == nil {
		token.obtained = sent
		return token, nil
	}
	failed, ok := err.(*TokenError)
	if !ok {
		failed = &TokenError{Err: err}
	}
	failed.Status = resp.StatusCode
	failed.transient = passing(failed.Status)
	failed.RetryAfter = parseRetryAfter(resp.Header.Get("Retry-After"), received)
	if s.api.Token.Signed {
		failed.Skew = clockSkew(resp.Header.Get("Date"), sent, received)
	}
	if failed.RequestID == "" {
		failed.RequestID = printableID(resp.Header.Get(s.fields.requestID))
	}
	return accessToken{}, failed
}

// unanswered returns the error of a request without a whole answer.
func unanswered(ctx context.Context, err error) *TokenError {
	if why := ended(ctx); why != nil {
		return &TokenError{Err: why}
	}
	_, untrusted := errors.AsType[*tls.CertificateVerificationError](err)
	return &TokenError{Err: err, transient: !untrusted}
}

// tokenRequest makes a request to the token endpoint, signed where the API
// wants that.
func (s *Session) tokenRequest(ctx context.Context, parameters string) (*http.Request, error) {
	authorization := ""
	if s.api.Token.Basic {
		authorization = "Basic " + s.basic()
	} else {
		parameters += "&client_id=" + url.QueryEscape(s.clientID) + "&client_secret=" + url.QueryEscape(s.secret.Reveal())
	}
	content := &body{contentType: "application/x-www-form-urlencoded", content: []byte(parameters)}
	header := s.fields.header(field{"Content-Type", content.contentType}, field{"Accept", "application/json"}, field{"Authorization", authorization})
	for name, values := range s.defaults.header {
		header[name] = slices.Clone(values)
	}
	req := newHTTPRequest(ctx, http.MethodPost, s.endpoint, header)
	if err := content.attach(req); err != nil {
		return nil, err
	}
	if s.api.Token.Signed {
		return req, s.sign(req, content.content)
	}
	return req, nil
}

// basic is how the client's id and secret stand in an Authorization header: form-
// encoded first (RFC 6749, section 2.3.1).
func (s *Session) basic() string {
	pair := url.QueryEscape(s.clientID) + ":" + url.QueryEscape(s.secret.Reveal())
	return base64.StdEncoding.EncodeToString([]byte(pair))
}

// secrets returns the client secret in each form in which it is sent.
func (s *Session) secrets() []string {
	secret := s.secret.Reveal()
	return []string{s.basic(), url.QueryEscape(secret), secret}
}
