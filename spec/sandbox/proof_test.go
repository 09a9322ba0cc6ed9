package sandbox_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const boundCatalogue = `
api: {name: vault, title: Vault}
token: {path: /token, dpop: %s}
groups:
  - title: All
    scopes:
      - {scope: 'vault:read', permits: Reading.}
operations:
  - {id: open, method: GET, path: /protectedresource, domain: vault, requires: {any_of: ['vault:read']}, responses: {'204': {}}}
`

func newVault(t testing.TB, dpop string, now func() time.Time, nonceLife time.Duration) *sandbox.Server {
	t.Helper()
	c, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: fmt.Appendf(nil, boundCatalogue, dpop)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	server, err := sandbox.New(c, sandbox.Config{Now: now, DPoPNonceLife: nonceLife, Clients: []sandbox.Client{{ID: "c1", Secret: "s1"}}})
	require.NoError(t, err)
	return server
}

func askToken(server http.Handler, target string, proofs ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader("grant_type=client_credentials&client_id=c1&client_secret=s1&scope=vault%3Aread"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header["Dpop"] = proofs
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func callOpen(server http.Handler, authorization string, proofs ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "https://resource.example.org/protectedresource", nil)
	r.Header.Set("Authorization", authorization)
	r.Header["Dpop"] = proofs
	w := httptest.NewRecorder()
	server.ServeHTTP(w, r)
	return w
}

func answered(t testing.TB, w *httptest.ResponseRecorder) (members map[string]any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &members))
	return members
}

// The proofs that RFC 9449 prints, in sections 4.1 and 7.1.
const (
	publishedForToken = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg"
	publishedForCall  = "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA"
)

func TestAPublishedProofHolds(t *testing.T) {
	server := newVault(t, "required", func() time.Time { return time.Unix(1562262620, 0) }, 0)
	w := askToken(server, "https://server.example.com/token", publishedForToken)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.Equal(t, "DPoP", answered(t, w)["token_type"])

	// The access token of the RFC is not one that was issued here, so the proof for
	// the call is found to be right in all but what it is for.
	token := answered(t, w)["access_token"].(string)
	w = callOpen(server, "DPoP "+token, publishedForCall)
	require.Equal(t, http.StatusUnauthorized, w.Code)
	require.Contains(t, w.Body.String(), "ath is not the hash of the access token")

	w = askToken(server, "https://server.example.com/token", publishedForToken)
	require.Equal(t, http.StatusBadRequest, w.Code)
	require.Contains(t, w.Body.String(), "its jti was used before")
}

// prover makes proofs, right and wrong ones.
type prover struct{ key *ecdsa.PrivateKey }

func newProver(t testing.TB) prover {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return prover{key}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p prover) jwk(t testing.TB) map[string]any {
	point, err := p.key.PublicKey.Bytes()
	require.NoError(t, err)
	return map[string]any{"kty": "EC", "crv": "P-256", "x": b64(point[1:33]), "y": b64(point[33:])}
}

func (p prover) sign(t testing.TB, header, claims map[string]any) string {
	t.Helper()
	first, err := json.Marshal(header)
	require.NoError(t, err)
	second, err := json.Marshal(claims)
	require.NoError(t, err)
	text := b64(first) + "." + b64(second)
	sum := sha256.Sum256([]byte(text))
	r, s, err := ecdsa.Sign(rand.Reader, p.key, sum[:])
	require.NoError(t, err)
	return text + "." + b64(append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...))
}

// proof returns a proof that is right but for the members that change replaces, nil
// for one that is left out.
func (p prover) proof(t testing.TB, now time.Time, method, url string, change map[string]any) string {
	t.Helper()
	header := map[string]any{"typ": "dpop+jwt", "alg": "ES256", "jwk": p.jwk(t)}
	claims := map[string]any{"jti": rand.Text(), "htm": method, "htu": url, "iat": now.Unix()}
	for name, value := range change {
		to := claims
		if name == "typ" || name == "alg" || name == "jwk" || name == "crit" {
			to = header
		}
		if to[name] = value; value == nil {
			delete(to, name)
		}
	}
	return p.sign(t, header, claims)
}

func TestAProofThatIsNotRightIsRefusedWithTheReason(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(t)
	ed, _, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	with := func(members map[string]any) map[string]any {
		key := p.jwk(t)
		maps.Copy(key, members)
		return map[string]any{"jwk": key}
	}
	for says, change := range map[string]map[string]any{
		`typ is 'JWT'`:                         {"typ": "JWT"},
		`typ is ''`:                            {"typ": nil},
		`alg is 'none'`:                        {"alg": "none"},
		`alg is 'HS256'`:                       {"alg": "HS256"},
		`alg is ''`:                            {"alg": nil},
		"its signature does not hold":          {"alg": "RS256"},
		"its header has crit":                  {"crit": []string{"b64"}},
		"jwk: it is not an object":             {"jwk": nil},
		"it holds a private key":               with(map[string]any{"d": "AQ"}),
		"x and y must have 32 bytes":           with(map[string]any{"x": "AQ"}),
		"are not a point of the curve":         with(map[string]any{"x": b64(make([]byte, 32))}),
		`crv is 'P-224'`:                       with(map[string]any{"crv": "P-224"}),
		`kty is 'oct'`:                         {"jwk": map[string]any{"kty": "oct", "x": "AQ"}},
		"the RSA key has 1024 bits":            {"jwk": map[string]any{"kty": "RSA", "e": "AQAB", "n": b64(new(big.Int).Lsh(big.NewInt(1), 1023).Bytes())}},
		"the RSA key has 16384 bits":           {"jwk": map[string]any{"kty": "RSA", "e": "AQAB", "n": b64(new(big.Int).Lsh(big.NewInt(1), 16383).Bytes())}},
		"e is not an exponent":                 {"jwk": map[string]any{"kty": "RSA", "e": "AQ", "n": b64(new(big.Int).Lsh(big.NewInt(1), 2047).Bytes())}},
		"it is not an Ed25519 key":             {"jwk": map[string]any{"kty": "OKP", "crv": "X25519", "x": b64(ed)}},
		"signature does not hold":              {"jwk": map[string]any{"kty": "OKP", "crv": "Ed25519", "x": b64(ed)}},
		"it lacks jti or iat":                  {"jti": nil},
		"lacks jti or iat":                     {"iat": nil},
		"are not the JSON that they must be":   {"iat": "now"},
		"htm is":                               {"htm": "GET"},
		"the request's method is POST":         {"htm": "post"},
		`htu is 'https://other.example/token`:  {"htu": "https://other.example/token"},
		`htu is 'http://vault.example/token`:   {"htu": "http://vault.example/token"},
		`htu is 'https://vault.example/tok'`:   {"htu": "https://vault.example/tok"},
		`htu is 'https://vault.example:444/`:   {"htu": "https://vault.example:444/token"},
		`htu is 'https://vault.example/token?`: {"htu": "https://vault.example/token?a=b"},
		`htu is '/token`:                       {"htu": "/token"},
		"it was made 1m1s ago by iat":          {"iat": now.Unix() - 61},
		"iat is 31s in the future":             {"iat": now.Unix() + 31},
		"it has ath":                           {"ath": "x"},
	} {
		server := newVault(t, "required", func() time.Time { return now }, 0)
		w := askToken(server, "https://vault.example/token", p.proof(t, now, "POST", "https://vault.example/token", change))
		require.Equal(t, http.StatusBadRequest, w.Code, says)
		require.Contains(t, w.Body.String(), says)
		require.Equal(t, "invalid_dpop_proof", answered(t, w)["error"], says)
	}
	right := p.proof(t, now, "POST", "https://VAULT.example:443/token", nil)
	for says, proofs := range map[string][]string{
		"has no DPoP header":                 nil,
		"the request has 2 DPoP headers":     {right, right},
		"not a JSON Web Token of three part": {"a.b"},
		"its parts are not base64url":        {right + "="},
		"its signature does not hold":        {right[:len(right)-4] + "AAAA"},
	} {
		server := newVault(t, "required", func() time.Time { return now }, 0)
		w := askToken(server, "https://vault.example/token", proofs...)
		require.Equal(t, http.StatusBadRequest, w.Code, says)
		require.Contains(t, w.Body.String(), says)
	}
	w := askToken(newVault(t, "required", func() time.Time { return now }, 0), "https://vault.example/token", right)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
}

func TestABoundAccessTokenIsOfUseWithItsKeyAlone(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	owner, thief := newProver(t), newProver(t)
	server := newVault(t, "optional", func() time.Time { return now }, 0)
	const target = "https://resource.example.org/protectedresource"
	token := func(proofs ...string) string {
		w := askToken(server, "https://resource.example.org/token", proofs...)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		return answered(t, w)["access_token"].(string)
	}
	bound := token(owner.proof(t, now, "POST", "https://resource.example.org/token", nil))
	free := token()
	for _, call := range []struct {
		says, authorization string
		by                  prover
		ath                 string
	}{
		{"came as a bearer token", "Bearer " + bound, owner, bound},
		{"bound to another key", "DPoP " + bound, thief, bound},
		{"ath is not the hash", "DPoP " + bound, owner, free},
		{"is not bound to a key", "DPoP " + free, owner, free},
	} {
		sum := sha256.Sum256([]byte(call.ath))
		w := callOpen(server, call.authorization, call.by.proof(t, now, "GET", target, map[string]any{"ath": b64(sum[:])}))
		require.Equal(t, http.StatusUnauthorized, w.Code)
		require.Contains(t, w.Body.String(), call.says)
		require.Contains(t, w.Header().Get("WWW-Authenticate"), "DPoP error=")
	}
	sum := sha256.Sum256([]byte(bound))
	w := callOpen(server, "dpop "+bound, owner.proof(t, now, "GET", target, map[string]any{"ath": b64(sum[:])}))
	require.Equal(t, http.StatusNoContent, w.Code, w.Body)
	require.Equal(t, http.StatusNoContent, callOpen(server, "Bearer "+free).Code)
	require.Equal(t, http.StatusUnauthorized, callOpen(server, "DPoP "+bound).Code)
}

func TestAProofNeedsTheNonceOfTheServer(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	p := newProver(t)
	server := newVault(t, "required", func() time.Time { return now }, time.Minute)
	const target = "https://vault.example/token"
	ask := func(nonce any) *httptest.ResponseRecorder {
		return askToken(server, target, p.proof(t, now, "POST", target, map[string]any{"nonce": nonce}))
	}
	w := ask(nil)
	require.Equal(t, "use_dpop_nonce", answered(t, w)["error"])
	first := w.Header().Get("DPoP-Nonce")
	require.NotEmpty(t, first)
	require.Equal(t, http.StatusOK, ask(first).Code)
	require.Equal(t, "use_dpop_nonce", answered(t, ask("other"))["error"])
	now = now.Add(time.Minute)
	w = ask(first) // the one before is good too
	require.Equal(t, http.StatusOK, w.Code)
	second := w.Header().Get("DPoP-Nonce")
	require.NotEqual(t, first, second)
	now = now.Add(time.Minute)
	require.NotEqual(t, second, ask(second).Header().Get("DPoP-Nonce"))
	require.Equal(t, "use_dpop_nonce", answered(t, ask(first))["error"])
}

func FuzzProof(f *testing.F) {
	server := newVault(f, "required", func() time.Time { return time.Unix(1562262620, 0) }, time.Minute)
	p := newProver(f)
	now := time.Unix(1562262620, 0)
	f.Add(publishedForToken)
	f.Add(publishedForCall)
	f.Add(p.proof(f, now, "POST", "https://server.example.com/token", nil))
	f.Add("..")
	f.Add("e30.e30.")
	f.Add(b64([]byte(`{"typ":"dpop+jwt","alg":"RS256","jwk":{"kty":"RSA","n":"AQ","e":"AQAB"}}`)) + ".e30.AA")
	f.Fuzz(func(t *testing.T, proof string) {
		w := askToken(server, "https://server.example.com/token", proof)
		if w.Code != http.StatusBadRequest { // nobody can know the nonce
			t.Fatalf("%d: %s", w.Code, w.Body)
		}
	})
}
