package sandbox_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec/sandbox"
)

func TestATokenHasTheScopesAskedForAndTheLifetimeConfigured(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{TokenLifetime: 90 * time.Second})
	response := a.askToken("people:read odd")
	require.Equal(t, 200, response.status)
	require.Equal(t, "application/json", response.header.Get("Content-Type"))
	require.Equal(t, "no-store", response.header.Get("Cache-Control"))
	require.NotEmpty(t, response.header.Get("x-request"))
	token := response.at("access_token").(string)
	require.Equal(t, map[string]any{"access_token": token, "expires_in": 90.0, "token_type": "bearer", "scope": "people:read odd"}, response.json)
	require.NotEqual(t, token, a.askToken("odd").at("access_token"))
}

func TestAServerThatGrantsEverythingSaysWhatItGrants(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{GrantAll: true})
	require.NoError(t, a.AddClient(sandbox.Client{ID: clientID, Secret: clientSecret, Scopes: []string{"odd", "people:read"}}))
	require.Equal(t, "odd people:read", a.askToken("odd").at("scope"))
	require.Equal(t, 400, a.askToken("people:write").status)
}

func TestTokenRequestsAreRefused(t *testing.T) {
	good := []string{"client_id", clientID, "client_secret", clientSecret, "grant_type", "client_credentials", "scope", "odd"}
	with := func(name, value string) string {
		pairs := append([]string{}, good...)
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				pairs[i+1] = value
			}
		}
		return form(pairs...)
	}
	formType := header("Content-Type", "application/x-www-form-urlencoded")
	for name, c := range map[string]struct {
		body   string
		edits  []edit
		status int
		code   string
		detail string
	}{
		"for a wrong secret":                     {with("client_secret", "guess"), nil, 401, "invalid_client", "client_id or client_secret is wrong"},
		"for an unknown client":                  {with("client_id", "22222222-1111-4111-8111-111111111111"), nil, 401, "invalid_client", "client_id or client_secret is wrong"},
		"without a client":                       {with("client_id", ""), nil, 400, "invalid_request", "client_id is missing"},
		"for a scope that the client lacks":      {with("scope", "people:write"), nil, 400, "invalid_scope", `the client is not configured for "people:write"`},
		"for a scope that does not exist":        {with("scope", "people:wride"), nil, 400, "invalid_scope", `the client is not configured for "people:wride"; the API has no scope "people:wride"; did you mean "people:write"?`},
		"for a scope parameter that is too long": {with("scope", strings.Repeat("odd ", 16)), nil, 400, "invalid_scope", "scope has 64 bytes; at most 60 are accepted"},
		"for another grant":                      {with("grant_type", "password"), nil, 400, "unsupported_grant_type", `grant_type is "password"; it must be client_credentials`},
		"with a parameter twice":                 {form(append(good, "scope", "odd")...), nil, 400, "invalid_request", `"scope" is there 2 times`},
		"with a form that cannot be read":        {"%zz", nil, 400, "invalid_request", "the form cannot be read"},
		"as JSON":                                {"{}", []edit{header("Content-Type", "application/json")}, 415, "invalid_request", "must be application/x-www-form-urlencoded"},
		"with an Authorization header":           {form(good...), []edit{header("Authorization", "Basic eDp5")}, 401, "invalid_client", "in the body"},
		"in the name of another client":          {form(good...), []edit{header("x-client", "someone")}, 401, "invalid_client", `header "x-client" does not name the client of the form`},
	} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, catalogue(t, shop), sandbox.Config{})
			require.NoError(t, a.AddClient(sandbox.Client{ID: clientID, Secret: clientSecret, Scopes: []string{"odd"}}))
			response := a.call("POST", "/oauth/token", c.body, append([]edit{formType}, c.edits...)...)
			// RFC 6749, section 5.2; an error_description has no quotes.
			require.Equal(t, c.status, response.status)
			require.Equal(t, "application/json", response.header.Get("Content-Type"))
			require.Equal(t, "no-store", response.header.Get("Cache-Control"))
			require.Equal(t, c.code, response.at("error"))
			require.Regexp(t, `^[ !#-\[\]-~]+$`, response.at("error_description"))
			require.Contains(t, response.at("error_description"), strings.ReplaceAll(c.detail, `"`, "'"))
			require.Len(t, response.object(), 2)
			if name == "with an Authorization header" {
				require.Equal(t, `Basic realm="token"`, response.header.Get("WWW-Authenticate"))
			}

			// Upvest's token endpoint answers with problem details, and 401 where the client
			// has not the scope.
			a = serve(t, catalogue(t, "signing: upvest-v15\n"+shop), sandbox.Config{})
			require.NoError(t, a.AddClient(sandbox.Client{ID: clientID, Secret: clientSecret, Scopes: []string{"odd"}, Keys: map[string]crypto.PublicKey{"key-1": testKey(1).Public()}}))
			response = a.call("POST", "/oauth/token", c.body, append([]edit{formType}, c.edits...)...)
			if strings.HasPrefix(name, "for a scope that") {
				c.status = 401
			}
			require.Equal(t, c.status, response.status)
			require.Equal(t, "application/problem+json", response.header.Get("Content-Type"))
			require.Contains(t, response.detail(), c.detail)
			require.Equal(t, response.header.Get("x-request"), response.at("request_id"))
			require.EqualValues(t, c.status, response.at("status"))
		})
	}
}

func TestTheTokenEndpointTakesPostAlone(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{})
	response := a.must(405, "GET", "/oauth/token", "")
	require.Equal(t, "POST", response.header.Get("Allow"))
}

func TestCredentialsGoWhereTheCatalogueSays(t *testing.T) {
	a := serve(t, catalogue(t, strings.Replace(shop, "path: /oauth/token,", "path: /oauth/token, credentials: basic,", 1)), sandbox.Config{})
	require.NoError(t, a.AddClient(sandbox.Client{ID: "a:b", Secret: "c%d"}))
	body := form("grant_type", "client_credentials", "scope", "odd")
	formType := header("Content-Type", "application/x-www-form-urlencoded")
	basic := func(id, secret string) edit { return func(r *http.Request) { r.SetBasicAuth(id, secret) } }
	noClient := header("x-client", "")

	require.Equal(t, 200, a.call("POST", "/oauth/token", body, formType, noClient, basic("a%3Ab", "c%25d")).status)
	require.Equal(t, 401, a.call("POST", "/oauth/token", body, formType, noClient, basic("a%3Ab", "c%d")).status)
	response := a.call("POST", "/oauth/token", body, formType, noClient)
	require.Equal(t, 401, response.status)
	require.Contains(t, response.header.Get("WWW-Authenticate"), "Basic")
	require.Contains(t, a.askToken("odd").at("error_description"), "with HTTP Basic, not in the body")
}

func TestATokenIsGoodUntilItExpires(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{TokenLifetime: time.Minute}).with("goods:read")
	a.clock.add(59 * time.Second)
	a.must(200, "GET", "/v1/goods", "")
	a.clock.add(time.Second)
	response := a.must(401, "GET", "/v1/goods", "")
	require.Contains(t, response.detail(), "the token expired at 2030-05-06T07:09:09Z")
	require.Contains(t, response.header.Get("WWW-Authenticate"), `error="invalid_token"`)
}

func TestACallNeedsATokenThatWasIssued(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("goods:read")
	for _, authorization := range []string{"", "Bearer", "Bearer nonsense", "Basic " + a.token, a.token} {
		response := a.must(401, "GET", "/v1/goods", "", header("Authorization", authorization))
		require.Contains(t, response.header.Get("WWW-Authenticate"), "Bearer")
	}
	a.must(401, "GET", "/v1/goods", "", func(r *http.Request) { r.Header.Add("Authorization", "Bearer other") })
}

func TestWhatAnOperationRequiresIsEnforced(t *testing.T) {
	const person, note = "/v1/people/7", "/v1/notes/00000000-0000-4000-8000-000000000000"
	for _, c := range []struct {
		scopes, method, path string
		status               int
		used                 []string
		detail               string
	}{
		{"people:read", "GET", "/v1/people", 200, []string{"people:read"}, ""},
		{"people:write", "GET", "/v1/people", 200, []string{"people:write"}, ""},
		{"goods:read people:write people:read", "GET", "/v1/people", 200, []string{"people:read"}, ""},
		{"goods:read", "GET", "/v1/people", 403, nil, `list_people needs "people:read" or "people:write"; the token holds "goods:read"`},
		{"", "GET", "/v1/people", 403, nil, `the token holds no scope`},
		{"people:read", "DELETE", person, 403, nil, `remove_person needs "people:write"; the token holds "people:read"`},
		{"goods:write", "GET", "/v1/goods", 200, []string{"goods:write"}, ""},
		{"people:read", "GET", person + "/notes", 403, nil, `list_notes needs "people:read" and "goods:read"; the token holds "people:read"`},
		{"people:read goods:write", "GET", person + "/notes", 200, []string{"people:read", "goods:write"}, ""},
		{"odd", "GET", note, 404, []string{"odd"}, ""},
		{"goods:write people:read", "GET", note, 404, []string{"people:read", "goods:write"}, ""},
		{"goods:read people:read", "GET", note, 403, nil, `get_note needs "odd" or "people:read" and "goods:write"`},
		{"", "GET", person + "/settings", 200, nil, ""},
	} {
		t.Run(c.method+" "+c.path+" with "+c.scopes, func(t *testing.T) {
			a := serve(t, catalogue(t, shop), sandbox.Config{}).with(c.scopes)
			response := a.must(c.status, c.method, c.path, "")
			require.Contains(t, response.detail(), c.detail)
			calls := a.Calls()
			require.Equal(t, c.used, calls[len(calls)-1].Permitted)
			if c.status == 403 {
				require.Equal(t, "https://shop.example/docs/errors/forbidden", response.at("type"))
				require.Contains(t, response.header.Get("WWW-Authenticate"), `error="insufficient_scope"`)
				require.NotEmpty(t, response.at("required_scopes"))
			}
		})
	}
}

func TestAPublicOperationNeedsNoToken(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{})
	a.must(202, "POST", "/v1/pay", `{"kind": "transfer", "iban": "DE1"}`)
	a.must(401, "GET", "/v1/people/7/settings", "")
}

func TestScopesAreSentInTheSpellingThatTheCatalogueChooses(t *testing.T) {
	a := serve(t, catalogue(t, "spelling: other\n"+shop), sandbox.Config{})
	require.Equal(t, 400, a.askToken("odd").status)
	a.with("https://shop.example/odd")
	a.must(404, "GET", "/v1/notes/00000000-0000-4000-8000-000000000000", "")
	require.Equal(t, []string{"https://shop.example/odd"}, a.Calls()[2].Permitted)
	require.Contains(t, a.with("people:read").must(403, "GET", "/v1/notes/00000000-0000-4000-8000-000000000000", "").detail(), `needs "https://shop.example/odd" or`)
}

func TestHeadersOfTheCatalogueAreChecked(t *testing.T) {
	a := serve(t, catalogue(t, shop), sandbox.Config{}).with("goods:read")
	response := a.must(400, "GET", "/v1/goods", "", header("x-client", ""))
	require.Equal(t, "https://shop.example/docs/errors/missing_client_id", response.at("type"))
	a.must(401, "GET", "/v1/goods", "", header("x-client", "someone else"))
	a.must(400, "GET", "/v1/goods", "", header("x-version", "3"))
	a.must(200, "GET", "/v1/goods", "", header("x-version", "2"))
}

func TestAClientThatCannotBeIsRefused(t *testing.T) {
	c := catalogue(t, shop)
	_, err := sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{{ID: "a", Secret: "b", Scopes: []string{"goods:raed"}}}})
	require.ErrorContains(t, err, `client "a": the API has no scope "goods:raed"; did you mean "goods:read"?`)
	_, err = sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{{ID: "a"}}})
	require.ErrorContains(t, err, "needs an ID and a Secret")
	c.Signing = "rfc9421"
	_, err = sandbox.New(c, sandbox.Config{Clients: []sandbox.Client{{ID: "a", Secret: "b"}}})
	require.ErrorContains(t, err, `client "a" has no key`)
}

func TestCallsAndUnusedScopesAreRecorded(t *testing.T) {
	told := make(chan sandbox.Call, 10)
	a := serve(t, catalogue(t, shop), sandbox.Config{OnCall: func(c sandbox.Call) { told <- c }}).with("goods:write people:read")
	a.must(200, "GET", "/v1/goods?size=1", "")
	a.must(404, "GET", "/v1/nothing", "")
	calls := a.Calls()
	require.Len(t, calls, 3)
	now := a.clock.Now()
	scopes := []string{"goods:write", "people:read"}
	require.Equal(t, sandbox.Call{Time: now, Method: "POST", Path: "/oauth/token", Operation: "token", Client: clientID, Scopes: scopes, Status: 200}, calls[0])
	require.Equal(t, sandbox.Call{Time: now, Method: "GET", Path: "/v1/goods", Operation: "list_goods", Client: clientID, Scopes: scopes, Permitted: []string{"goods:write"}, Status: 200}, calls[1])
	require.Equal(t, sandbox.Call{Time: now, Method: "GET", Path: "/v1/nothing", Status: 404, Detail: `the API has no path "/v1/nothing"`}, calls[2])
	require.Equal(t, []sandbox.Usage{{Client: clientID, Scopes: scopes, Used: []string{"goods:write"}, Unused: []string{"people:read"}, Tokens: 1, Calls: 1}}, a.Usage())
	for _, call := range calls {
		require.Equal(t, call, <-told)
	}
}

// Without the issuer, a session would send the credentials of a trial to the API's own
// token endpoint.
func TestASessionFindsTheTokenEndpointThatTheCatalogueHasElsewhere(t *testing.T) {
	c := catalogue(t, shop)
	require.Empty(t, serve(t, c, sandbox.Config{}).Issuer(), "a path on the API's server")
	path := c.Token.Path
	c.Token.Path = "https://login.example.com" + path
	a := serve(t, c, sandbox.Config{})
	require.Equal(t, a.URL(), a.Issuer())
	metadata := a.call("GET", "/.well-known/oauth-authorization-server", "")
	require.Equal(t, a.URL(), metadata.at("issuer"))
	require.Equal(t, a.URL()+path, metadata.at("token_endpoint"))
}

// RFC 8414, section 2: who takes private_key_jwt says with which algorithms. RFC 7523,
// section 3, with RFC 7519, section 4.1.3: aud may be a list.
func TestASignedAssertionIsForThisServerAmongOthers(t *testing.T) {
	a := serve(t, catalogue(t, strings.Replace(shop, "token: {", "token: {client_authentication: [private_key_jwt], revoke: /oauth/revoke, ", 1)), sandbox.Config{})
	public, private, err := ed25519.GenerateKey(rand.Reader)
	require.NoError(t, err)
	require.NoError(t, a.AddClient(sandbox.Client{ID: clientID, Scopes: []string{"odd"}, AssertionKeys: map[string]crypto.PublicKey{"k": public}}))
	metadata := a.call("GET", "/.well-known/oauth-authorization-server", "")
	for _, endpoint := range []string{"token", "revocation"} {
		require.Contains(t, metadata.at(endpoint+"_endpoint_auth_signing_alg_values_supported"), "EdDSA")
	}
	endpoint := metadata.at("token_endpoint").(string)
	for _, c := range []struct {
		audience any
		status   int
	}{
		{endpoint, 200}, {[]string{"https://other.example", endpoint}, 200}, {[]string{metadata.at("issuer").(string)}, 200},
		{"https://other.example", 401}, {[]string{"https://other.example"}, 401}, {[]string{}, 401}, {[]any{1, endpoint}, 401}, {map[string]string{"a": endpoint}, 401}, {"", 401}, {nil, 401},
	} {
		now := a.clock.Now()
		claims, err := json.Marshal(map[string]any{"iss": clientID, "sub": clientID, "aud": c.audience, "jti": rand.Text(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
		require.NoError(t, err)
		text := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + base64.RawURLEncoding.EncodeToString(claims)
		text += "." + base64.RawURLEncoding.EncodeToString(ed25519.Sign(private, []byte(text)))
		response := a.call("POST", "/oauth/token", form("grant_type", "client_credentials", "scope", "odd", "client_assertion", text,
			"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"), header("Content-Type", "application/x-www-form-urlencoded"))
		require.Equal(t, c.status, response.status, "%v: %v", c.audience, response.json)
		if c.status == 401 {
			require.Equal(t, "invalid_client", response.at("error"))
		}
	}
}
