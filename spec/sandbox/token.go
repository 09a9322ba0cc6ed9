package sandbox

import (
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// token is an access token that was issued.
type token struct {
	client  string
	scopes  []string // as sent, in the order asked for
	expires time.Time
	family  string // of the refresh tokens that it came of, "" for none
	revoked bool
	bound   string // thumbprint of the key that it is bound to, "" for a bearer token
}

// tokens holds the access tokens that were issued. When there are too many, the
// oldest is dropped.
type tokens struct {
	live  map[string]*token
	order []string // the oldest first
}

func (t *tokens) add(text string, tok *token, now time.Time) {
	if t.live == nil {
		t.live = map[string]*token{}
	}
	for len(t.order) > 0 {
		oldest := t.live[t.order[0]]
		if len(t.order) < maxTokens && now.Before(oldest.expires) {
			break
		}
		delete(t.live, t.order[0])
		t.order = t.order[1:]
	}
	t.live[text] = tok
	t.order = append(t.order, text)
}

// issue returns the response to a token request (RFC 6749, section 3.2).
func (s *Server) issue(x *exchange) (*response, *problem) {
	form, c, p := s.readTokenRequest(x)
	if p != nil {
		return nil, p
	}
	if p := s.takeProof(x); p != nil { // before a code is used up
		return nil, p
	}
	got, p := s.perGrant(x, c, form)
	if p != nil {
		return nil, p
	}
	now := s.config.Now()
	text := secretText("sandbox_")
	tok := &token{client: x.call.Client, scopes: got.scopes, expires: now.Add(s.config.TokenLifetime), family: got.family, bound: x.thumbprint}
	s.mu.Lock()
	s.tokens.add(text, tok, now)
	s.calls.issued(tok)
	s.mu.Unlock()
	x.call.Scopes = got.scopes
	members := map[string]any{
		"access_token": text,
		"expires_in":   int(s.config.TokenLifetime / time.Second),
		"token_type":   "bearer",
	}
	if len(got.scopes) > 0 { // none is no scope in the grammar of RFC 6749, section 3.3
		members["scope"] = strings.Join(got.scopes, " ")
	}
	if x.thumbprint != "" {
		members["token_type"] = "DPoP"
	}
	if got.refresh != "" {
		members["refresh_token"] = got.refresh
	}
	if got.issued != "" {
		members["issued_token_type"] = got.issued
	}
	return secretResponse(members)
}

// readTokenRequest returns the form of a request to the authorization server, and the client
// that sends it, nil if the request names none and its grant needs none.
func (s *Server) readTokenRequest(x *exchange) (url.Values, *client, *problem) {
	if x.r.Method != http.MethodPost {
		return nil, nil, refuse(http.StatusMethodNotAllowed, "an access token is requested with POST").field("Allow", http.MethodPost)
	}
	if mediaType(x.r.Header.Get("Content-Type")) != formType {
		return nil, nil, refuse(http.StatusUnsupportedMediaType, fmt.Sprintf("the token request's content type is %q; it must be %s", x.r.Header.Get("Content-Type"), formType)).with("error", "invalid_request")
	}
	form, err := url.ParseQuery(string(x.body))
	if err != nil {
		return nil, nil, refuse(http.StatusBadRequest, "the form cannot be read: "+err.Error()).with("error", "invalid_request")
	}
	for name, values := range form {
		if len(values) > 1 && name != "resource" && name != "audience" { // RFC 8707, section 2; RFC 8693, section 2.1
			return nil, nil, refuse(http.StatusBadRequest, fmt.Sprintf("%q is there %d times", name, len(values))).with("error", "invalid_request")
		}
	}
	if grant := form.Get("grant_type"); (grant == grantJWT || grant == grantExchange) && form.Get("client_id") == "" && x.r.Header.Get("Authorization") == "" {
		return form, nil, nil
	}
	c, p := s.authenticate(x, form)
	if p != nil {
		return nil, nil, p
	}
	x.call.Client = c.id
	if s.verifier != nil && s.catalogue.Token.Signed {
		if p := s.checkSignature(x, c); p != nil {
			return nil, nil, p
		}
	}
	return form, c, nil
}

// authenticateOtherwise returns the client that a request proves without a client
// secret, and whether it means to.
func (s *Server) authenticateOtherwise(x *exchange, form url.Values) (*client, *problem, bool) {
	denied := func(detail string) *problem {
		return refuse(http.StatusUnauthorized, detail).with("error", "invalid_client")
	}
	s.mu.Lock()
	c := s.clients[form.Get("client_id")]
	s.mu.Unlock()
	lists := func(method string) bool { return slices.Contains(s.catalogue.Token.Authentication, method) }
	var shown []*x509.Certificate // by the connection
	if x.r.TLS != nil {
		shown = x.r.TLS.PeerCertificates
	}
	switch {
	case form.Has("client_assertion"):
		if !lists("private_key_jwt") {
			return nil, denied("this API does not take private_key_jwt"), true
		}
		if kind := form.Get("client_assertion_type"); kind != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
			return nil, denied(fmt.Sprintf("client_assertion_type is %q", kind)), true
		}
		claims, signer, err := s.readAssertion(x, form.Get("client_assertion"))
		switch {
		case err != nil:
			return nil, denied("the client assertion: " + err.Error()), true
		case claims.Subject != signer.id || form.Has("client_id") && form.Get("client_id") != signer.id:
			return nil, denied("the client assertion's sub or the client_id is not its iss"), true
		}
		return signer, nil, true
	case form.Has("client_secret") || x.r.Header.Get("Authorization") != "" || c == nil:
		return nil, nil, false
	case c.public && lists("none") && len(shown) == 0:
		return c, nil, true // it may have a certificate, and needs none
	case c.certificate != nil && lists("tls_client_auth"):
		if len(shown) == 0 || !shown[0].Equal(c.certificate) {
			return nil, denied("the connection does not show the client's certificate"), true
		}
		return c, nil, true
	case c.public && lists("none"):
		return c, nil, true
	}
	return nil, nil, false
}

// authenticate returns the client whose credentials a token request has. The
// catalogue says where a request has them.
func (s *Server) authenticate(x *exchange, form url.Values) (*client, *problem) {
	denied := func(detail string) *problem {
		return refuse(http.StatusUnauthorized, detail).with("error", "invalid_client")
	}
	if c, p, ok := s.authenticateOtherwise(x, form); ok {
		return c, p
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if s.catalogue.Token.Credentials == "basic" {
		if secret != "" {
			return nil, denied("this API takes the client's credentials with HTTP Basic, not in the body")
		}
		user, password, ok := x.r.BasicAuth()
		if !ok {
			return nil, denied("the request has no HTTP Basic credentials").field("WWW-Authenticate", basicChallenge)
		}
		// Both are form-encoded first (RFC 6749, section 2.3.1).
		var err1, err2 error
		id, err1 = url.QueryUnescape(user)
		secret, err2 = url.QueryUnescape(password)
		if err1 != nil || err2 != nil {
			return nil, denied("the HTTP Basic credentials are not form-encoded (RFC 6749, section 2.3.1)")
		}
	} else if x.r.Header.Get("Authorization") != "" {
		return nil, denied("this API takes the client's credentials in the body; the token request has no Authorization header")
	}
	if id == "" {
		return nil, refuse(http.StatusBadRequest, "client_id is missing").titled("Missing client ID").with("error", "invalid_request")
	}
	s.mu.Lock()
	c := s.clients[id]
	s.mu.Unlock()
	if c == nil || c.secret == "" || subtle.ConstantTimeCompare([]byte(c.secret), []byte(secret)) != 1 {
		return nil, denied("client_id or client_secret is wrong")
	}
	for _, h := range s.catalogue.Headers {
		if sent := x.r.Header.Get(h.Key); strings.Contains(h.Value, clientIDPlace) && sent != "" && sent != strings.ReplaceAll(h.Value, clientIDPlace, id) {
			return nil, denied(fmt.Sprintf("header %q does not name the client of the form", h.Key))
		}
	}
	return c, nil
}

// grant returns the scopes that a scope parameter asks for (RFC 6749, section 3.3),
// or a refusal.
func (s *Server) grant(c *client, parameter string) ([]string, *problem) {
	if most := s.catalogue.Token.MaxScope; most > 0 && len(parameter) > most {
		return nil, refuse(http.StatusBadRequest, fmt.Sprintf("scope has %d bytes; at most %d are accepted", len(parameter), most)).with("error", "invalid_scope")
	}
	var scopes, wrong []string
	for _, scope := range strings.Fields(parameter) {
		switch {
		case !slices.Contains(c.scopes, scope):
			wrong = append(wrong, scope)
		case !slices.Contains(scopes, scope):
			scopes = append(scopes, scope)
		}
	}
	if len(wrong) > 0 {
		var unknown []string
		for _, scope := range wrong {
			if _, ok := s.names[scope]; !ok {
				unknown = append(unknown, scope)
			}
		}
		detail := fmt.Sprintf("the client is not configured for %s", quoted(wrong))
		if len(unknown) > 0 {
			detail += fmt.Sprintf("; the API has no scope %s%s", quoted(unknown), s.meant(unknown[0]))
		}
		return nil, refuse(http.StatusUnauthorized, detail).with("error", "invalid_scope")
	}
	if s.config.GrantAll {
		return slices.Clone(c.scopes), nil
	}
	return scopes, nil
}

func quoted(texts []string) string {
	words := make([]string, len(texts))
	for i, text := range texts {
		words[i] = fmt.Sprintf("%q", text)
	}
	return strings.Join(words, ", ")
}

// bearer returns the access token of a request (RFC 6750, section 2.1), or one that
// is bound to the key of the request's proof (RFC 9449, section 7.1).
func (s *Server) bearer(x *exchange) (*token, *problem) {
	denied := func(code, detail string) *problem {
		return refuse(http.StatusUnauthorized, detail).field("WWW-Authenticate", `Bearer`+code)
	}
	header := x.r.Header.Values("Authorization")
	bound := s.catalogue.Token.DPoP != ""
	if len(header) == 0 && s.catalogue.Token.DPoP == "required" {
		return nil, s.challenged("", "the request has no Authorization header; it needs an access token that is bound to a key")
	}
	if len(header) == 0 {
		return nil, denied("", "the request has no Authorization header; it needs a bearer token")
	}
	scheme, text, _ := strings.Cut(header[0], " ")
	proves := bound && strings.EqualFold(scheme, "dpop")
	if len(header) > 1 || !strings.EqualFold(scheme, "bearer") && !proves || text == "" {
		return nil, denied("", `the Authorization header is not "Bearer" and a token`)
	}
	s.mu.Lock()
	tok := s.tokens.live[text]
	s.mu.Unlock()
	switch {
	case tok == nil:
		return nil, denied(` error="invalid_token"`, "the token is not one that was issued here, or was forgotten")
	case tok.revoked:
		return nil, denied(` error="invalid_token"`, "the token was revoked")
	case !s.config.Now().Before(tok.expires):
		return nil, denied(` error="invalid_token"`, fmt.Sprintf("the token expired at %s", tok.expires.UTC().Format(time.RFC3339)))
	case !proves && tok.bound != "":
		return nil, s.challenged(invalidToken, "the access token is bound to a key, and came as a bearer token")
	case !proves:
		return tok, nil
	case tok.bound == "":
		return nil, s.challenged(invalidToken, "the access token is not bound to a key, and came as one that is")
	}
	thumbprint, err := s.verifyProof(x, text)
	switch {
	case err != nil:
		return nil, s.challenged(codeOf(err), err.Error())
	case thumbprint != tok.bound:
		return nil, s.challenged(invalidToken, "the access token is bound to another key than the DPoP proof's")
	}
	return tok, nil
}

const (
	formType      = "application/x-www-form-urlencoded"
	clientIDPlace = "{client_id}"
)

func mediaType(header string) string {
	essence, _, _ := strings.Cut(header, ";")
	return strings.ToLower(strings.TrimSpace(essence))
}
