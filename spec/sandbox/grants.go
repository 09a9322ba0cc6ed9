package sandbox

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	grantJWT      = "urn:ietf:params:oauth:grant-type:jwt-bearer"
	grantExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
	grantDevice   = "urn:ietf:params:oauth:grant-type:device_code"
	typeAccess    = "urn:ietf:params:oauth:token-type:access_token"
	typeJWT       = "urn:ietf:params:oauth:token-type:jwt"

	maxRefreshTokens = 10_000
	maxPending       = 1_000
	codeLife         = time.Minute
	deviceLife       = 10 * time.Minute
	pollInterval     = 5 * time.Second
)

// refreshToken is a refresh token that was issued.
type refreshToken struct {
	client string
	scopes []string
	family string // the refresh tokens that came of one login
	used   bool   // another has replaced it
	bound  string // thumbprint of the key that it is bound to, "" for none
}

// pending is an authorization that a person is asked for.
type pending struct {
	client    string
	scopes    []string
	redirect  string // "" on a device
	challenge string // of PKCE
	bound     string // thumbprint of the key that the code is bound to, "" for none
	userCode  string
	expires   time.Time
	approved  bool
	denied    bool
	polled    time.Time
	interval  time.Duration
}

// authorizations holds what belongs to persons: refresh tokens, codes and device
// codes. When there are too many, the oldest is dropped.
type authorizations struct {
	refresh   newest[*refreshToken]
	pending   newest[*pending]
	decisions newest[*decision]
}

// newest holds values by key. When there are too many, the oldest is dropped.
type newest[T any] struct {
	values map[string]T
	order  []string // keys, the oldest first
}

// add adds a value, of which there are most at the most.
func (n *newest[T]) add(key string, value T, most int) {
	if n.values == nil {
		n.values = map[string]T{}
	}
	if len(n.order) == most {
		delete(n.values, n.order[0])
		n.order = n.order[1:]
	}
	n.values[key], n.order = value, append(n.order, key)
}

// granted is what a grant gives.
type granted struct {
	scopes  []string
	refresh string // "" for none
	family  string // of the refresh tokens that the access token came of, "" for none
	issued  string // the type of token that an exchange gives
}

// grants returns the grants that the catalogue lists.
func (s *Server) grants() []string {
	if s.catalogue.Token.Grants == nil {
		return []string{"client_credentials"}
	}
	return s.catalogue.Token.Grants
}

// perGrant returns what the grant of a token request gives, or a refusal. c is nil if
// the request names no client.
func (s *Server) perGrant(x *exchange, c *client, form url.Values) (granted, *problem) {
	kind := form.Get("grant_type")
	if grants := s.grants(); !slices.Contains(grants, kind) {
		return granted{}, refuse(http.StatusBadRequest, fmt.Sprintf("grant_type is %q; it must be %s", kind, strings.Join(grants, " or "))).with("error", "unsupported_grant_type")
	}
	switch kind {
	case grantJWT:
		return s.byAssertion(x, c, form)
	case grantExchange:
		return s.byExchange(x, c, form)
	}
	if c == nil {
		return granted{}, refuse(http.StatusBadRequest, "client_id is missing").titled("Missing client ID").with("error", "invalid_request")
	}
	switch kind {
	case "refresh_token":
		return s.byRefresh(x, c, form)
	case "authorization_code", grantDevice:
		return s.byCode(x, c, form)
	}
	scopes, p := s.grant(c, form.Get("scope"))
	return granted{scopes: scopes}, p
}

func invalidGrant(detail string) *problem {
	return refuse(http.StatusBadRequest, detail).with("error", "invalid_grant")
}

func (s *Server) byAssertion(x *exchange, c *client, form url.Values) (granted, *problem) {
	claims, signer, err := s.readAssertion(x, form.Get("assertion"))
	if err != nil {
		return granted{}, invalidGrant("the assertion: " + err.Error())
	}
	if c == nil {
		c = signer
	}
	scope := form.Get("scope")
	if scope == "" {
		scope = claims.Scope
	}
	x.call.Client = c.id
	scopes, p := s.grant(c, scope)
	return granted{scopes: scopes}, p
}

func (s *Server) byExchange(x *exchange, c *client, form url.Values) (granted, *problem) {
	var within []string
	for _, name := range []string{"subject_token", "actor_token"} {
		text := form.Get(name)
		if text == "" && name == "actor_token" {
			continue
		}
		var holder *client
		var scopes []string
		switch kind := form.Get(name + "_type"); kind {
		case typeAccess:
			s.mu.Lock()
			tok := s.tokens.live[text]
			if tok != nil {
				holder, scopes = s.clients[tok.client], tok.scopes
			}
			s.mu.Unlock()
			if tok == nil || holder == nil || !s.config.Now().Before(tok.expires) {
				return granted{}, invalidGrant("the " + name + " is not an access token that was issued here, or has expired")
			}
		case typeJWT:
			_, signer, err := s.readAssertion(x, text)
			if err != nil {
				return granted{}, invalidGrant("the " + name + ": " + err.Error())
			}
			holder, scopes = signer, signer.scopes
		default:
			return granted{}, refuse(http.StatusBadRequest, fmt.Sprintf("%s_type is %q; it must be %s or %s", name, kind, typeAccess, typeJWT)).with("error", "invalid_request")
		}
		if name == "subject_token" {
			within = scopes
			if c == nil {
				c = holder
			}
		}
	}
	if kind := form.Get("requested_token_type"); kind != "" && kind != typeAccess {
		return granted{}, refuse(http.StatusBadRequest, fmt.Sprintf("requested_token_type is %q; it must be %s", kind, typeAccess)).with("error", "invalid_request")
	}
	x.call.Client = c.id
	narrow := *c
	narrow.scopes = slices.DeleteFunc(slices.Clone(within), func(scope string) bool { return !slices.Contains(c.scopes, scope) })
	scopes, p := s.grant(&narrow, form.Get("scope"))
	return granted{scopes: scopes, issued: typeAccess}, p
}

// byRefresh uses a refresh token. One that comes a second time was stolen, or its
// response was lost: all of its family are revoked (RFC 9700, section 4.14.2).
func (s *Server) byRefresh(x *exchange, c *client, form url.Values) (granted, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := form.Get("refresh_token")
	t := s.people.refresh.values[text]
	switch {
	case t == nil || t.client != c.id:
		return granted{}, invalidGrant("the refresh token is not one that was issued to this client, or was revoked")
	case t.bound != "" && t.bound != x.thumbprint:
		return granted{}, invalidGrant("the refresh token is bound to another key than the DPoP proof's, or there is no proof")
	case t.used:
		s.people.endFamily(t.family)
		return granted{}, invalidGrant("the refresh token was used before, so all that came of the same login are revoked")
	}
	narrow := *c
	narrow.scopes = t.scopes
	scope := form.Get("scope")
	if scope == "" {
		scope = strings.Join(t.scopes, " ")
	}
	scopes, p := s.grant(&narrow, scope)
	if p != nil {
		return granted{}, p
	}
	if s.config.KeepRefreshTokens {
		return granted{scopes: scopes, family: t.family}, nil
	}
	t.used = true
	next := secretText("refresh_")
	s.people.refresh.add(next, &refreshToken{client: c.id, scopes: t.scopes, family: t.family, bound: t.bound}, maxRefreshTokens)
	return granted{scopes: scopes, refresh: next, family: t.family}, nil
}

// byCode gives what a person has authorized.
func (s *Server) byCode(x *exchange, c *client, form url.Values) (granted, *problem) {
	s.mu.Lock()
	defer s.mu.Unlock()
	device := form.Get("grant_type") == grantDevice
	code := form.Get("code")
	if device {
		code = form.Get("device_code")
	}
	now := s.config.Now()
	wait := s.people.pending.values[code]
	if wait == nil || wait.client != c.id || device != (wait.redirect == "") {
		return granted{}, invalidGrant("the code is not one that was given to this client, or was used")
	}
	refusal := func(code, detail string) *problem { return refuse(http.StatusBadRequest, detail).with("error", code) }
	if device {
		early := !wait.polled.IsZero() && now.Sub(wait.polled) < wait.interval
		wait.polled = now
		switch {
		case !now.Before(wait.expires):
			delete(s.people.pending.values, code)
			return granted{}, refusal("expired_token", "the device code has expired")
		case wait.denied:
			delete(s.people.pending.values, code)
			return granted{}, refusal("access_denied", "the person refused")
		case early:
			wait.interval += pollInterval
			return granted{}, refusal("slow_down", "the requests come too fast")
		case !wait.approved:
			return granted{}, refusal("authorization_pending", "the person has not authorized the client yet")
		}
	}
	delete(s.people.pending.values, code) // for one use, a wrong one too
	if !device {
		sum := sha256.Sum256([]byte(form.Get("code_verifier")))
		challenge := base64.RawURLEncoding.EncodeToString(sum[:])
		switch {
		case !now.Before(wait.expires):
			return granted{}, invalidGrant("the code has expired")
		case form.Get("redirect_uri") != wait.redirect:
			return granted{}, invalidGrant("redirect_uri is not the one that the code was sent to")
		case subtle.ConstantTimeCompare([]byte(challenge), []byte(wait.challenge)) != 1:
			return granted{}, invalidGrant("code_verifier does not fit the code_challenge")
		case wait.bound != "" && wait.bound != x.thumbprint:
			return granted{}, invalidGrant("the code is bound to another key than the DPoP proof's (dpop_jkt), or there is no proof")
		}
	}
	got := granted{scopes: wait.scopes}
	if slices.Contains(s.grants(), "refresh_token") {
		got.refresh = secretText("refresh_")
		got.family = got.refresh
		s.people.refresh.add(got.refresh, &refreshToken{client: c.id, scopes: wait.scopes, family: got.refresh, bound: c.boundTo(x.thumbprint)}, maxRefreshTokens)
	}
	return got, nil
}

// askDevice answers a device authorization request (RFC 8628, section 3.1).
func (s *Server) askDevice(x *exchange) (*response, *problem) {
	form, c, p := s.readTokenRequest(x)
	if p != nil {
		return nil, p
	}
	if c == nil {
		return nil, refuse(http.StatusBadRequest, "client_id is missing").titled("Missing client ID").with("error", "invalid_request")
	}
	scopes, p := s.grant(c, form.Get("scope"))
	if p != nil {
		return nil, p
	}
	code, user := secretText("device_"), rand.Text()[:8]
	s.mu.Lock()
	s.people.pending.add(code, &pending{client: c.id, scopes: scopes, userCode: user, expires: s.config.Now().Add(deviceLife), interval: pollInterval}, maxPending)
	s.mu.Unlock()
	page := s.origin(x.r) + s.at.device + "/page"
	return secretResponse(map[string]any{
		"device_code": code, "user_code": user, "verification_uri": page, "verification_uri_complete": page + "?user_code=" + user,
		"expires_in": int(deviceLife / time.Second), "interval": int(pollInterval / time.Second),
	})
}

// approve returns what a person grants of scopes, and whether they grant anything.
func (s *Server) approve(client string, scopes []string) ([]string, bool) {
	if s.config.Approve == nil {
		return scopes, true
	}
	granted := s.config.Approve(client, slices.Clone(scopes))
	return granted, len(granted) > 0
}

// authorizePage answers an authorization request (RFC 6749, section 4.1.1). It
// redirects to loopback addresses alone, and wants PKCE.
func (s *Server) authorizePage(x *exchange) (*response, *problem) {
	if x.r.Method == http.MethodPost {
		return s.decided(x)
	}
	query := x.r.URL.Query()
	invalid := func(detail string) (*response, *problem) {
		return nil, refuse(http.StatusBadRequest, detail).with("error", "invalid_request")
	}
	redirect, err := url.Parse(query.Get("redirect_uri"))
	if err != nil || redirect.Scheme != "http" || redirect.Hostname() != "127.0.0.1" && redirect.Hostname() != "::1" {
		return invalid("redirect_uri is not http on a loopback address")
	}
	s.mu.Lock()
	c := s.clients[query.Get("client_id")]
	s.mu.Unlock()
	switch {
	case c == nil:
		return invalid("client_id is not one of a client")
	case query.Get("response_type") != "code":
		return invalid("response_type is not code")
	case query.Get("code_challenge_method") != "S256" || query.Get("code_challenge") == "":
		return invalid("there is no code_challenge with the method S256")
	}
	x.call.Client = c.id
	back := redirect.Query()
	if state := query.Get("state"); state != "" {
		back.Set("state", state)
	}
	back.Set("iss", s.issuer(x.r))
	send := func() (*response, *problem) {
		redirect.RawQuery = back.Encode()
		return &response{status: http.StatusSeeOther, header: http.Header{"Location": {redirect.String()}, "Cache-Control": {"no-store"}}}, nil
	}
	scopes, p := s.grant(c, query.Get("scope"))
	if p != nil {
		back.Set("error", "invalid_scope")
		back.Set("error_description", p.detail)
		return send()
	}
	return s.ask(c.id, scopes, func(scopes []string, granted bool) (*response, *problem) {
		if !granted {
			back.Set("error", "access_denied")
			return send()
		}
		bound := query.Get("dpop_jkt")
		if s.catalogue.Token.DPoP == "" {
			bound = "" // servers ignore parameters that they do not know
		}
		code := secretText("code_")
		s.mu.Lock()
		s.people.pending.add(code, &pending{client: c.id, scopes: scopes, redirect: query.Get("redirect_uri"), challenge: query.Get("code_challenge"), bound: bound, expires: s.config.Now().Add(codeLife), approved: true}, maxPending)
		s.mu.Unlock()
		back.Set("code", code)
		return send()
	})
}

// origin returns the scheme and the host that a request was sent to.
func (s *Server) origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func secretText(prefix string) string {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	return prefix + base64.RawURLEncoding.EncodeToString(secret)
}

// secretResponse returns a response that must not be kept (RFC 6749, section 5.1).
func secretResponse(members map[string]any) (*response, *problem) {
	body, err := json.Marshal(members)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, err.Error())
	}
	return &response{status: http.StatusOK, body: body, header: http.Header{
		"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}, "Pragma": {"no-cache"},
	}}, nil
}
