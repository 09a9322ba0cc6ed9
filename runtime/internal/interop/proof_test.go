package interop_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// readProof checks a DPoP proof with go-jose (RFC 9449, section 4.3), and returns the
// thumbprint of its key and its claims.
func readProof(r *http.Request, url string, seen map[string]bool) (thumbprint string, claims map[string]any, err error) {
	fields := r.Header.Values("DPoP")
	if len(fields) != 1 {
		return "", nil, fmt.Errorf("there are %d proofs", len(fields))
	}
	signed, err := jose.ParseSignedCompact(fields[0], []jose.SignatureAlgorithm{jose.RS256, jose.PS256, jose.ES256, jose.EdDSA})
	if err != nil {
		return "", nil, err
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != "dpop+jwt" || header.JSONWebKey == nil || !header.JSONWebKey.IsPublic() || !header.JSONWebKey.Valid() {
		return "", nil, fmt.Errorf("the header is %v", header)
	}
	text, err := signed.Verify(header.JSONWebKey)
	if err != nil {
		return "", nil, err
	}
	if err := json.Unmarshal(text, &claims); err != nil {
		return "", nil, err
	}
	issued, _ := claims["iat"].(float64)
	id, _ := claims["jti"].(string)
	switch age := time.Since(time.Unix(int64(issued), 0)); {
	case claims["htm"] != r.Method || claims["htu"] != url+r.URL.Path:
		return "", nil, fmt.Errorf("the proof is for %v %v", claims["htm"], claims["htu"])
	case age < -5*time.Second || age > time.Minute:
		return "", nil, fmt.Errorf("the proof is %s old", age)
	case id == "" || seen[id]:
		return "", nil, fmt.Errorf("the id %q is empty or was seen before", id)
	}
	seen[id] = true
	sum, err := header.JSONWebKey.Thumbprint(crypto.SHA256)
	return base64.RawURLEncoding.EncodeToString(sum), claims, err
}

func TestProofsThatAnotherLibraryReads(t *testing.T) {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	all := keys(t)
	all["EdDSA"] = edKey
	for algorithm, key := range all {
		t.Run(algorithm, func(t *testing.T) {
			seen := map[string]bool{}
			var bound, problem string
			calls := 0
			var s *httptest.Server
			s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				thumbprint, claims, err := readProof(r, s.URL, seen)
				if err != nil {
					problem = err.Error()
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.URL.Path == "/oauth/token" && claims["nonce"] != "n-1":
					w.Header().Set("DPoP-Nonce", "n-1")
					w.WriteHeader(http.StatusBadRequest)
					_, _ = w.Write([]byte(`{"error":"use_dpop_nonce"}`))
				case r.URL.Path == "/oauth/token":
					bound = thumbprint
					_, _ = w.Write([]byte(`{"access_token":"a-1","token_type":"DPoP","expires_in":300}`))
				default:
					sum := sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "DPoP ")))
					if claims["ath"] != base64.RawURLEncoding.EncodeToString(sum[:]) || thumbprint != bound {
						problem = "the proof is for another access token or by another key"
						w.WriteHeader(http.StatusUnauthorized)
						return
					}
					calls++
					w.WriteHeader(http.StatusNoContent)
				}
			}))
			defer s.Close()
			session, err := runtime.Open(&clientimpl.API{
				Name:   "things",
				Scopes: clientimpl.NewScopes(clientimpl.Scope{Name: "things:read", Pointer: (*read)(nil)}),
				Token:  clientimpl.TokenEndpoint{Path: "/oauth/token", DPoP: "required"},
			}, runtime.Server{URL: s.URL}, credentials("service"), runtime.WithDPoPKey(key, algorithm))
			require.NoError(t, err)
			caller := runtime.NewCaller[read](runtime.Authorize[read](session))
			for range 3 {
				require.NoError(t, runtime.DoEmpty(t.Context(), caller, runtime.NewRequest(&list)), problem)
			}
			require.Equal(t, 3, calls)
		})
	}
}
