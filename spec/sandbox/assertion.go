package sandbox

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"
)

// claims are the claims of an assertion (RFC 7523, section 3).
type claims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience audience `json:"aud"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	ID       string   `json:"jti"`
	Scope    string   `json:"scope"`
}

// audience is a text, or a list of them (RFC 7519, section 4.1.3).
type audience []string

func (a *audience) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(text, (*[]string)(a))
}

const (
	longestAssertion = 5 * time.Minute // between now and exp
	assertionSkew    = 30 * time.Second
)

// readAssertion checks an assertion, and returns what it says and the client whose
// key signed it.
func (s *Server) readAssertion(x *exchange, text string) (*claims, *client, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, nil, errors.New("it is not a JSON Web Token of three parts")
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, nil, errors.New("its parts are not base64url")
		}
	}
	var header struct {
		Algorithm string `json:"alg"`
		KeyID     string `json:"kid"`
	}
	var c claims
	if json.Unmarshal(decoded[0], &header) != nil || json.Unmarshal(decoded[1], &c) != nil {
		return nil, nil, errors.New("its header or its claims are not JSON")
	}
	s.mu.Lock()
	signer := s.clients[c.Issuer]
	s.mu.Unlock()
	if signer == nil {
		return nil, nil, fmt.Errorf("iss %q is no client", c.Issuer)
	}
	key, ok := signer.assertionKeys[header.KeyID]
	if !ok {
		return nil, nil, fmt.Errorf("client %q has no assertion key %q", signer.id, header.KeyID)
	}
	if err := verifyJWS(header.Algorithm, key, []byte(parts[0]+"."+parts[1]), decoded[2]); err != nil {
		return nil, nil, err
	}
	now := s.config.Now()
	audiences := []string{s.origin(x.r) + s.at.token, s.catalogue.Token.Path, s.catalogue.Token.Issuer, s.issuer(x.r)}
	switch {
	case !slices.ContainsFunc(c.Audience, func(one string) bool { return one != "" && slices.Contains(audiences, one) }):
		return nil, nil, errors.New("aud is neither the token endpoint nor the issuer")
	case c.Expires == 0 || !now.Before(time.Unix(c.Expires, 0)):
		return nil, nil, errors.New("it has expired, or has no exp")
	case time.Unix(c.Expires, 0).Sub(now) > longestAssertion:
		return nil, nil, fmt.Errorf("it is valid for longer than %s", longestAssertion)
	case time.Unix(c.Issued, 0).After(now.Add(assertionSkew)):
		return nil, nil, errors.New("iat is in the future")
	case c.ID == "" || c.Subject == "":
		return nil, nil, errors.New("it lacks jti or sub")
	}
	if err := s.assertionIDs.Use(x.r.Context(), signer.id, c.ID, time.Unix(c.Issued, 0), time.Unix(c.Expires, 0), now); err != nil {
		return nil, nil, errors.New("its jti was used before")
	}
	return &c, signer, nil
}

// jwsAlgorithms are those of verifyJWS.
var jwsAlgorithms = []string{"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}

// verifyJWS checks a signature of RFC 7518, section 3.
func verifyJWS(algorithm string, public crypto.PublicKey, text, signature []byte) error {
	wrong := errors.New("its signature does not hold")
	hash := map[string]crypto.Hash{"RS256": crypto.SHA256, "PS256": crypto.SHA256, "ES256": crypto.SHA256, "ES384": crypto.SHA384, "ES512": crypto.SHA512}[algorithm]
	var digest []byte
	if hash != 0 {
		h := hash.New()
		h.Write(text)
		digest = h.Sum(nil)
	}
	switch key := public.(type) {
	case ed25519.PublicKey:
		if (algorithm == "EdDSA" || algorithm == "Ed25519") && ed25519.Verify(key, text, signature) {
			return nil
		}
	case *rsa.PublicKey:
		if algorithm == "RS256" && rsa.VerifyPKCS1v15(key, hash, digest, signature) == nil ||
			algorithm == "PS256" && rsa.VerifyPSS(key, hash, digest, signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}) == nil {
			return nil
		}
	case *ecdsa.PublicKey:
		size := (key.Curve.Params().BitSize + 7) / 8
		fits := map[string]string{"P-256": "ES256", "P-384": "ES384", "P-521": "ES512"}[key.Curve.Params().Name]
		if algorithm == fits && len(signature) == 2*size &&
			ecdsa.Verify(key, digest, new(big.Int).SetBytes(signature[:size]), new(big.Int).SetBytes(signature[size:])) {
			return nil
		}
	}
	return wrong
}
