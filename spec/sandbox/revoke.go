package sandbox

import "net/http"

// revoke answers a revocation request (RFC 7009, section 2). With a refresh token end
// all that came of the same login. A token that is not known is as good as revoked.
func (s *Server) revoke(x *exchange) (*response, *problem) {
	form, c, p := s.readTokenRequest(x)
	if p != nil {
		return nil, p
	}
	text := form.Get("token")
	if c == nil || text == "" {
		return nil, refuse(http.StatusBadRequest, "client_id or token is missing").with("error", "invalid_request")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.config.Now()
	end := func(tok *token) { tok.revoked, tok.expires = true, now }
	access, refresh := s.tokens.live[text], s.people.refresh.values[text]
	if access != nil && access.client != c.id || refresh != nil && refresh.client != c.id {
		return nil, refuse(http.StatusBadRequest, "the token was issued to another client").with("error", "invalid_client")
	}
	if access != nil {
		end(access)
	}
	if refresh != nil {
		s.people.endFamily(refresh.family)
		for _, tok := range s.tokens.live {
			if tok.family == refresh.family {
				end(tok)
			}
		}
	}
	return &response{status: http.StatusOK, header: http.Header{"Cache-Control": {"no-store"}}}, nil
}

// endFamily revokes the refresh tokens that came of one login.
func (a *authorizations) endFamily(family string) {
	for text, one := range a.refresh.values {
		if one.family == family {
			delete(a.refresh.values, text)
		}
	}
}
