package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorizationPaths are the paths of the authorization server's endpoints, "" for
// those that it does not have.
type authorizationPaths struct {
	token, authorize, device, revoke string
	metadata                         []string
}

// pathsOf returns the paths of the catalogue. Those that it leaves to the metadata of
// its issuer begin with /.sandbox, which no API has.
func (s *Server) pathsOf() authorizationPaths {
	t := s.catalogue.Token
	at := authorizationPaths{token: pathOf(t.Path), authorize: pathOf(t.Authorize), device: pathOf(t.Device), revoke: pathOf(t.Revoke)}
	if t.Issuer != "" {
		for _, one := range []struct {
			path *string
			has  bool
			name string
		}{
			{&at.token, true, "token"}, {&at.authorize, slices.Contains(s.grants(), "authorization_code"), "authorize"},
			{&at.device, slices.Contains(s.grants(), grantDevice), "device"}, {&at.revoke, true, "revoke"},
		} {
			if *one.path == "" && one.has {
				*one.path = "/.sandbox/" + one.name
			}
		}
	}
	issuer := strings.TrimSuffix(pathOf(t.Issuer), "/")
	at.metadata = []string{"/.well-known/oauth-authorization-server" + issuer, issuer + "/.well-known/openid-configuration"}
	return at
}

// issuer returns what identifies the authorization server to the sender of a request.
// To sessions that find the token endpoint on the API's server, that is the issuer of
// the catalogue. Others know the sandbox by the address that they found it at.
func (s *Server) issuer(r *http.Request) string {
	t := s.catalogue.Token
	u, err := url.Parse(t.Issuer)
	if err != nil || t.Issuer == "" {
		return s.origin(r)
	}
	if strings.HasPrefix(t.Path, "/") || strings.EqualFold(u.Host, r.Host) {
		return t.Issuer
	}
	return s.origin(r) + u.EscapedPath()
}

// Issuer returns what a session is to be opened with, by [runtime.WithIssuer], to find
// a server that listens. It is "" if sessions find it without.
func (s *Server) Issuer() string {
	t, at := s.catalogue.Token, s.URL()
	if at == "" || t.Issuer+t.Path == "" || strings.HasPrefix(t.Path, "/") {
		return ""
	}
	u, err := url.Parse(t.Issuer)
	if err != nil {
		return ""
	}
	return at + u.EscapedPath()
}

// metadata answers with what the authorization server says of itself (RFC 8414,
// section 2).
func (s *Server) metadata(x *exchange) (*response, *problem) {
	if x.r.Method != http.MethodGet && x.r.Method != http.MethodHead {
		return nil, refuse(http.StatusMethodNotAllowed, "metadata is read with GET").field("Allow", "GET, HEAD")
	}
	t, origin := s.catalogue.Token, s.origin(x.r)
	methods := []string{"client_secret_post"}
	if t.Credentials == "basic" {
		methods[0] = "client_secret_basic"
	}
	methods = append(methods, t.Authentication...)
	scopes := []string{}
	for _, scope := range s.catalogue.Scopes() {
		scopes = append(scopes, scope.Wire(s.catalogue.Spelling))
	}
	members := map[string]any{
		"issuer":                                s.issuer(x.r),
		"token_endpoint":                        origin + s.at.token,
		"token_endpoint_auth_methods_supported": methods,
		"grant_types_supported":                 s.grants(),
		"response_types_supported":              []string{},
		"scopes_supported":                      scopes,
	}
	if s.at.authorize != "" {
		members["authorization_endpoint"] = origin + s.at.authorize
		members["response_types_supported"] = []string{"code"}
		members["code_challenge_methods_supported"] = []string{"S256"}
		members["authorization_response_iss_parameter_supported"] = true
	}
	if t.DPoP != "" {
		members["dpop_signing_alg_values_supported"] = jwsAlgorithms
	}
	if s.at.device != "" {
		members["device_authorization_endpoint"] = origin + s.at.device
	}
	if s.at.revoke != "" {
		members["revocation_endpoint"] = origin + s.at.revoke
		members["revocation_endpoint_auth_methods_supported"] = methods
	}
	if slices.Contains(methods, "private_key_jwt") {
		members["token_endpoint_auth_signing_alg_values_supported"] = jwsAlgorithms
		if s.at.revoke != "" {
			members["revocation_endpoint_auth_signing_alg_values_supported"] = jwsAlgorithms
		}
	}
	body, err := json.Marshal(members)
	if err != nil {
		return nil, refuse(http.StatusInternalServerError, err.Error())
	}
	return &response{status: http.StatusOK, body: body, header: http.Header{"Content-Type": {"application/json"}}}, nil
}
