package sandbox_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const signed = "signing: rfc9421\n"

func TestSignaturesAreChecked(t *testing.T) {
	resign := func(a *api, keyID string, seed byte) edit {
		return func(*http.Request) { a.key = signingKey(a.t, keyID, testKey(seed)) }
	}
	for name, c := range map[string]struct {
		edits  func(*api) []edit
		change func(*http.Request)
		reason string
	}{
		"unsigned":                        {nil, func(r *http.Request) { r.Header.Del("Signature"); r.Header.Del("Signature-Input") }, "not signed"},
		"of another query":                {nil, func(r *http.Request) { r.URL.RawQuery = "size=2" }, "signature"},
		"with a token that was exchanged": {nil, func(r *http.Request) { r.Header.Set("Authorization", "Bearer other") }, "signature"},
		"by a key that nobody knows":      {func(a *api) []edit { return []edit{resign(a, "key-9", 1)} }, nil, `no client has a key "key-9"`},
		"by a key other than it says":     {func(a *api) []edit { return []edit{resign(a, "key-1", 2)} }, nil, "signature"},
		"by the key of another client":    {func(a *api) []edit { return []edit{resign(a, "key-2", 2)} }, nil, `key "key-2" is not a key of client "` + clientID + `", whose token this is`},
		"of long ago":                     {func(a *api) []edit { return []edit{func(*http.Request) { a.clock.add(-time.Hour) }} }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, catalogue(t, signed+strings.Replace(shop, "token: {", "token: {signed: true, ", 1)), sandbox.Config{})
			require.NoError(t, a.AddClient(sandbox.Client{ID: "other", Secret: "x", Keys: map[string]crypto.PublicKey{"key-2": testKey(2).Public()}}))
			a.with("goods:read")
			var edits []edit
			if c.edits != nil {
				edits = c.edits(a)
			}
			r := a.request("GET", "/v1/goods?size=1", "", edits...)
			if name == "of long ago" {
				a.clock.add(time.Hour)
			}
			if c.change != nil {
				c.change(r)
			}
			response := a.send(r)
			require.Equal(t, 401, response.status)
			require.Equal(t, "Signature is incorrect", response.detail())
			require.Contains(t, response.at("reason"), c.reason)
			require.Contains(t, a.Calls()[1].Detail, c.reason)
		})
	}
}

func TestASignedRequestIsGoodOnce(t *testing.T) {
	a := serve(t, catalogue(t, signed+shop), sandbox.Config{}).with("people:write")
	var err error
	a.profile, err = a.profile.With(func(s *httpsig.Settings) { s.Nonce = rand.Text })
	require.NoError(t, err)
	r := a.request("POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	again := r.Clone(r.Context())
	again.Body, _ = r.GetBody()
	require.Equal(t, 201, a.send(r).status)
	response := a.send(again)
	require.Equal(t, 401, response.status)
	require.Contains(t, response.at("reason"), "nonce")
}

func TestABodyOtherThanTheSignedOneIsRefused(t *testing.T) {
	a := serve(t, catalogue(t, signed+shop), sandbox.Config{}).with("people:write")
	r := a.request("POST", "/v1/people", `{"name": "Ada"}`, key("1"))
	other, err := http.NewRequest("POST", r.URL.String(), strings.NewReader(`{"name": "Eve"}`))
	require.NoError(t, err)
	other.Header = r.Header
	require.Equal(t, 401, a.send(other).status)
}

func TestTheTokenRequestIsSignedIfTheCatalogueSaysSo(t *testing.T) {
	for _, wanted := range []bool{false, true} {
		text := signed + shop
		if wanted {
			text = strings.Replace(text, "token: {", "token: {signed: true, ", 1)
		}
		a := serve(t, catalogue(t, text), sandbox.Config{})
		profile := a.profile
		a.profile = nil // does not sign
		response := a.askToken("odd")
		a.profile = profile
		require.Equal(t, 200, a.askToken("odd").status)
		if !wanted {
			require.Equal(t, 200, response.status)
			continue
		}
		require.Equal(t, 401, response.status)
		require.Contains(t, response.at("error_description"), "Signature is incorrect: ")

		require.NoError(t, a.AddClient(sandbox.Client{ID: "other", Secret: "x", Keys: map[string]crypto.PublicKey{"key-2": testKey(2).Public()}}))
		a.key = signingKey(t, "key-2", testKey(2))
		response = a.askToken("odd")
		require.Equal(t, 401, response.status)
		require.Contains(t, response.at("error_description"), "key 'key-2' is not a key of client")
	}
}

func TestUpvestsDialectsAreChecked(t *testing.T) {
	ec, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	for _, dialect := range []string{"upvest-v15", "upvest-v6"} {
		for name, private := range map[string]crypto.Signer{"Ed25519": testKey(1), "P-521": ec} {
			t.Run(dialect+" with "+name, func(t *testing.T) {
				c, err := spec.Default()
				require.NoError(t, err)
				c.Signing = dialect
				a := serve(t, c, sandbox.Config{})
				a.key = signingKey(t, "key-1", private)
				require.NoError(t, a.AddClient(sandbox.Client{ID: clientID, Secret: clientSecret, Keys: map[string]crypto.PublicKey{"key-1": private.Public()}}))
				a.with("webhooks:admin")
				created := a.must(201, "POST", "/webhooks", `{"title": "t", "url": "https://example.com/x", "type": ["ALL"], "config": {}}`)
				a.must(200, "GET", "/webhooks/"+created.at("id").(string)+"", "")
				a.must(200, "GET", "/webhooks?limit=1&offset=0", "")

				a.profile = nil
				response := a.call("GET", "/webhooks", "")
				require.Equal(t, 401, response.status)
				require.Equal(t, "https://docs.upvest.co/errors/unauthorised", response.at("type"))
				require.Equal(t, response.header.Get("upvest-request-id"), response.at("request_id"))
			})
		}
	}
}

func TestAKeyThatTheDialectCannotUseIsRefusedAtOnce(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	require.NoError(t, err)
	for _, c := range []struct {
		dialect  string
		good, no crypto.PublicKey
	}{
		{"upvest-v15", p521.Public(), p256.Public()},
		{"upvest-v6", p521.Public(), p256.Public()},
		{"rfc9421", p256.Public(), p521.Public()},
	} {
		a := serve(t, catalogue(t, "signing: "+c.dialect+"\n"+shop), sandbox.Config{})
		client := sandbox.Client{ID: "other", Secret: "x", Keys: map[string]crypto.PublicKey{"k": c.good}}
		require.NoError(t, a.AddClient(client), c.dialect)
		client.Keys = map[string]crypto.PublicKey{"k": c.no}
		require.ErrorContains(t, a.AddClient(client), `client "other": key "k" cannot sign requests of this API: `, c.dialect)
	}
}

func TestARequestThatIsNotSignedIsToldSo(t *testing.T) {
	for _, dialect := range []string{"rfc9421", "upvest-v15", "upvest-v6"} {
		a := serve(t, catalogue(t, "signing: "+dialect+"\n"+shop), sandbox.Config{}).with("goods:read")
		a.profile = nil
		response := a.send(a.request("GET", "/v1/goods", ""))
		require.Equal(t, 401, response.status)
		require.Contains(t, response.at("reason"), "not signed", dialect)
	}
}

func TestAKeyIDIsOfOneKey(t *testing.T) {
	a := serve(t, catalogue(t, signed+shop), sandbox.Config{}).with("goods:read") // its key is key-1
	add := func(id, keyID string, seed byte) error {
		return a.AddClient(sandbox.Client{ID: id, Secret: "x", Keys: map[string]crypto.PublicKey{keyID: testKey(seed).Public()}})
	}
	require.NoError(t, add("other", "key-1", 1))
	require.ErrorContains(t, add("other", "key-1", 2), `has another key with the id "key-1"`)
	a.must(200, "GET", "/v1/goods", "")

	// Who is registered anew leaves the keys that no other client has.
	require.NoError(t, add("other", "key-2", 2))
	a.must(200, "GET", "/v1/goods", "")
	require.NoError(t, add("other", "key-3", 3))
	a.key = signingKey(t, "key-2", testKey(2))
	require.Contains(t, a.must(401, "GET", "/v1/goods", "").at("reason"), `no client has a key "key-2"`)
}
