package sandbox

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// How far from this server's time a proof may have been made, where it holds no
// nonce that bounds its age better.
const (
	oldestProof = time.Minute
	proofSkew   = 30 * time.Second
)

const (
	proofAlgorithms = "ES256 ES384 ES512 PS256 RS256 EdDSA Ed25519"

	wantsNonce   = "use_dpop_nonce"
	invalidProof = "invalid_dpop_proof"
	invalidToken = "invalid_token"
)

// proofNonces are the nonces that proofs have to hold (RFC 9449, section 8): the
// newest and the one before, so that requests under way are not refused.
type proofNonces struct {
	newest, before string
	made           time.Time
}

// proofNonce returns the newest nonce, "" if proofs need none, and the one before.
func (s *Server) proofNonce() (newest, before string) {
	if s.config.DPoPNonceLife <= 0 || s.catalogue.Token.DPoP == "" {
		return "", ""
	}
	now := s.config.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &s.proofNonces
	if n.newest == "" || now.Sub(n.made) >= s.config.DPoPNonceLife {
		n.newest, n.before, n.made = secretText(""), n.newest, now
	}
	return n.newest, n.before
}

// complaint is what is wrong with a proof.
type complaint struct{ code, detail string }

func (c *complaint) Error() string { return c.detail }

func wrongProof(format string, args ...any) error {
	return &complaint{invalidProof, "the DPoP proof: " + fmt.Sprintf(format, args...)}
}

// takeProof checks the proof of a token request, if the catalogue has DPoP, and
// keeps the thumbprint of its key.
func (s *Server) takeProof(x *exchange) *problem {
	sent := len(x.r.Header.Values("DPoP")) > 0
	switch {
	case s.catalogue.Token.DPoP == "", s.catalogue.Token.DPoP == "optional" && !sent:
		return nil
	case !sent:
		return refuse(http.StatusBadRequest, "the token request has no DPoP header, and this API gives only access tokens that are bound to a key").with("error", invalidProof)
	}
	var err error
	if x.thumbprint, err = s.verifyProof(x, ""); err != nil {
		return refuse(http.StatusBadRequest, err.Error()).with("error", codeOf(err))
	}
	return nil
}

func codeOf(err error) string {
	var c *complaint
	if errors.As(err, &c) {
		return c.code
	}
	return invalidProof
}

// verifyProof checks a proof as RFC 9449, section 4.3, has it, and returns the
// thumbprint of its key. token is the access token of a call, "" for a token request.
func (s *Server) verifyProof(x *exchange, token string) (thumbprint string, err error) {
	sent := x.r.Header.Values("DPoP")
	if len(sent) != 1 {
		return "", wrongProof("the request has %d DPoP headers; it needs one", len(sent))
	}
	parts := strings.Split(sent[0], ".")
	if len(parts) != 3 {
		return "", wrongProof("it is not a JSON Web Token of three parts")
	}
	var decoded [3][]byte
	for i, part := range parts {
		if decoded[i], err = base64.RawURLEncoding.Strict().DecodeString(part); err != nil {
			return "", wrongProof("its parts are not base64url")
		}
	}
	var header struct {
		Type      string          `json:"typ"`
		Algorithm string          `json:"alg"`
		Key       json.RawMessage `json:"jwk"`
		Critical  json.RawMessage `json:"crit"`
	}
	var claims struct {
		ID     string   `json:"jti"`
		Method string   `json:"htm"`
		Target string   `json:"htu"`
		Issued *float64 `json:"iat"`
		Token  string   `json:"ath"`
		Nonce  string   `json:"nonce"`
	}
	if json.Unmarshal(decoded[0], &header) != nil || json.Unmarshal(decoded[1], &claims) != nil {
		return "", wrongProof("its header or its claims are not the JSON that they must be")
	}
	switch {
	case header.Type != "dpop+jwt":
		return "", wrongProof("typ is %q; it must be dpop+jwt", header.Type)
	case !strings.Contains(" "+proofAlgorithms+" ", " "+header.Algorithm+" ") || header.Algorithm == "":
		return "", wrongProof("alg is %q; it must be one of %s", header.Algorithm, proofAlgorithms)
	case header.Critical != nil:
		return "", wrongProof("its header has crit, and nothing that it could name is known here")
	}
	key, thumbprint, err := readJWK(header.Key)
	if err != nil {
		return "", wrongProof("jwk: %v", err)
	}
	if err := verifyJWS(header.Algorithm, key, []byte(parts[0]+"."+parts[1]), decoded[2]); err != nil {
		return "", wrongProof("%v", err)
	}
	now := s.config.Now()
	newest, before := s.proofNonce()
	switch {
	case claims.ID == "" || claims.Issued == nil || math.Abs(*claims.Issued) > 1<<40:
		return "", wrongProof("it lacks jti or iat")
	case claims.Method != x.r.Method:
		return "", wrongProof("htm is %q; the request's method is %s", claims.Method, x.r.Method)
	case !s.isTarget(x.r, claims.Target):
		return "", wrongProof("htu is %q; the request went to %s", claims.Target, s.origin(x.r)+x.r.URL.EscapedPath())
	case newest != "" && claims.Nonce == "":
		return "", &complaint{wantsNonce, "the DPoP proof has no nonce"}
	case newest != "" && claims.Nonce != newest && (before == "" || claims.Nonce != before):
		return "", &complaint{wantsNonce, "the nonce of the DPoP proof is too old, or is not one of this server"}
	}
	issued := time.Unix(int64(*claims.Issued), 0)
	switch age := now.Sub(issued); {
	case age > oldestProof:
		return "", wrongProof("it was made %s ago by iat; it is good for %s", age.Round(time.Second), oldestProof)
	case age < -proofSkew:
		return "", wrongProof("iat is %s in the future", -age.Round(time.Second))
	}
	if token != "" {
		sum := sha256.Sum256([]byte(token))
		if want := base64.RawURLEncoding.EncodeToString(sum[:]); subtle.ConstantTimeCompare([]byte(want), []byte(claims.Token)) != 1 {
			return "", wrongProof("ath is not the hash of the access token")
		}
	} else if claims.Token != "" {
		return "", wrongProof("it has ath, and a token request carries no access token")
	}
	if err := s.proofIDs.Use(x.r.Context(), thumbprint, claims.ID, issued, issued.Add(oldestProof), now); err != nil {
		return "", wrongProof("its jti was used before")
	}
	return thumbprint, nil
}

// isTarget reports whether htu is the URL of a request without query and fragment.
func (s *Server) isTarget(r *http.Request, htu string) bool {
	u, err := url.Parse(htu)
	if err != nil || u.User != nil || strings.ContainsAny(htu, "?#") {
		return false
	}
	sent, err := url.Parse(s.origin(r))
	if err != nil {
		return false
	}
	path := u.EscapedPath()
	if path == "" {
		path = "/"
	}
	return strings.EqualFold(u.Scheme, sent.Scheme) && strings.EqualFold(u.Hostname(), sent.Hostname()) && portOf(u) == portOf(sent) && path == r.URL.EscapedPath()
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case strings.EqualFold(u.Scheme, "https"):
		return "443"
	}
	return "80"
}

// challenged refuses a call whose access token must be, or is, bound to a key (RFC
// 9449, section 7.1).
func (s *Server) challenged(code, detail string) *problem {
	field := "DPoP"
	if code != "" {
		field += fmt.Sprintf(` error="%s",`, code)
	}
	return refuse(http.StatusUnauthorized, detail).field("WWW-Authenticate", fmt.Sprintf(`%s algs="%s"`, field, proofAlgorithms))
}
