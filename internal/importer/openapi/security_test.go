package openapi_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/internal/importer/openapi"
)

// secured is an OpenAPI document of the schemes, with an operation for each of these
// lists of requirements; "" for one that states none.
func secured(schemes, ofDocument string, lists ...string) string {
	paths := ""
	for n, list := range lists {
		if n > 0 {
			paths += ","
		}
		if list != "" {
			list = `"security": ` + list + `,`
		}
		paths += fmt.Sprintf(`"/p%d": {"get": {"operationId": "op%d", %s "responses": {"204": {"description": ""}}}}`, n, n, list)
	}
	if ofDocument != "" {
		ofDocument = `"security": ` + ofDocument + `,`
	}
	return `{"openapi": "3.1.0", "info": {"title": "Shop", "version": "1"}, "servers": [{"url": "https://api.example.com"}], ` + ofDocument + `
"paths": {` + paths + `}, "components": {"securitySchemes": {` + schemes + `}}}`
}

const everyScheme = `
"oauth": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {"a": "", "b": "", "c": ""}}}},
"other": {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example.com/token", "scopes": {"x": ""}}}},
"bearer": {"type": "http", "scheme": "Bearer"},
"basic": {"type": "http", "scheme": "basic"},
"app_id": {"type": "apiKey", "in": "header", "name": "X-App-Id", "description": "Of the app."},
"app_key": {"type": "apiKey", "in": "query", "name": "app_key"},
"raw": {"type": "apiKey", "in": "header", "name": "authorization"},
"session": {"type": "apiKey", "in": "cookie", "name": "sid"},
"digest": {"type": "http", "scheme": "digest"},
"mtls": {"type": "mutualTLS"}`

func TestARequirementKeepsEachOfItsWays(t *testing.T) {
	for list, want := range map[string]string{
		`[]`:                              "requires: public",
		`[{}]`:                            "requires: public",
		`[{"oauth": []}]`:                 "requires: token",
		`[{"oauth": ["a"]}]`:              "requires: {scope: a}",
		`[{"bearer": ["a"]}]`:             "requires: {scope: a}",
		`[{"oauth": ["a"]}, {}]`:          "requires: [public, {scope: a}]",
		`[{"basic": []}]`:                 "requires: {key: basic}",
		`[{"basic": []}, {"bearer": []}]`: "requires: [{key: basic}, token]",
		`[{"app_id": []}, {"oauth": ["a"]}, {"oauth": ["b"]}]`: "requires: [{key: app_id}, {any_of: [a, b]}]",
		`[{"app_id": [], "app_key": []}]`:                      "requires: {keys: [app_id, app_key]}",
		`[{"app_id": [], "oauth": ["a"]}]`:                     "requires: {scope: a, key: app_id}",
		`[{"app_id": [], "oauth": []}]`:                        "requires: {token: true, key: app_id}",
		`[{"oauth": ["a"], "other": ["x"]}]`:                   "requires: {all_of: [a, x]}",
		`[{"session": []}, {"app_id": []}]`:                    "requires: {key: app_id}",
		`[{"mtls": [], "oauth": ["a"]}]`:                       "requires: {scope: a}",
		`[{"raw": [], "oauth": ["a"]}, {"raw": []}]`:           "requires: {key: raw}",
		`[{"oauth": []}, {"oauth": ["a"]}]`:                    "requires: [token, {scope: a}]",
	} {
		result := importText(t, secured(everyScheme, "", list), nil)
		require.Contains(t, string(result.Files["p0.yaml"]), want+"\n", list)
		require.Empty(t, said(result.Notes, openapi.Bent), list)
	}
}

// A session with another server, such as the sandbox, must not send its credentials to the
// API's own where the token endpoint is a part of the API.
func TestATokenEndpointOfTheAPIsOneServerIsAPath(t *testing.T) {
	for _, test := range []struct{ servers, endpoint, want string }{
		{`{"url": "https://api.example.com"}`, "https://api.example.com/oauth/token", "token: {path: /oauth/token}\n"},
		{`{"url": "https://api.example.com/v1"}`, "https://api.example.com/v1/token", "token: {path: /token}\n"},
		{`{"url": "https://api.example.com/v1"}`, "https://api.example.com/token", "token: {path: 'https://api.example.com/token'}\n"},
		{`{"url": "https://api.example.com"}`, "https://api.example.com.example.net/token", "token: {path: 'https://api.example.com.example.net/token'}\n"},
		{`{"url": "https://api.example.com"}, {"url": "https://test.example.com"}`, "https://api.example.com/token", "token: {path: 'https://api.example.com/token'}\n"},
	} {
		text := strings.Replace(secured(everyScheme, "", `[{"oauth": ["a"]}]`), `{"url": "https://api.example.com"}`, test.servers, 1)
		result := importText(t, strings.ReplaceAll(text, "https://login.example.com/token", test.endpoint), nil)
		require.Contains(t, string(result.Files["scopes.yaml"]), test.want)
	}
}

func TestAnOperationWhoseSchemesListTheSameScopesIsDecidedOnce(t *testing.T) {
	text := secured(strings.ReplaceAll(everyScheme, `"x": ""`, `"things:read": "", "things:write": ""`), "", `[{"oauth": ["things:read", "things:write"], "other": ["things:read", "things:write"]}]`)
	require.Len(t, importText(t, text, nil).Ladders, 1)
}

func TestNothingStatedAnEmptyListAndAnEmptyRequirementDiffer(t *testing.T) {
	result := importText(t, secured(everyScheme, `[{"app_id": []}]`, "", `[]`, `[{}, {"basic": []}]`), nil)
	require.Contains(t, string(result.Files["p0.yaml"]), "requires: {key: app_id}\n", "the document's own")
	require.Contains(t, string(result.Files["p1.yaml"]), "requires: public\n")
	require.Contains(t, string(result.Files["p2.yaml"]), "requires: [public, {key: basic}]\n")
	require.Empty(t, said(result.Notes, openapi.Assumed))

	result = importText(t, secured(everyScheme, "", ""), nil)
	require.Contains(t, said(result.Notes, openapi.Assumed), "op0 does not say what it requires: taken as public")
}

func TestKeysStandInTheTableAndNotAmongParameters(t *testing.T) {
	text := secured(everyScheme, "", `[{"app_id": [], "app_key": []}]`)
	text = strings.Replace(text, `"operationId": "op0",`, `"operationId": "op0", "parameters": [
{"name": "x-app-id", "in": "header", "schema": {"type": "string"}}, {"name": "app_key", "in": "query", "schema": {"type": "string"}}, {"name": "q", "in": "query", "schema": {"type": "string"}}],`, 1)
	result := importText(t, text, nil)
	require.Contains(t, string(result.Files["scopes.yaml"]), `keys:
  basic: {in: basic}
  app_id: {in: header, name: X-App-Id, description: Of the app.}
  app_key: {in: query, name: app_key}
  raw: {in: header, name: authorization}
`)
	require.NotContains(t, string(result.Files["p0.yaml"]), "app_key, in")
	require.Contains(t, string(result.Files["p0.yaml"]), "name: q")
	require.Contains(t, said(result.Notes, openapi.LeftOut), `the security scheme "session", a key in cookie "sid", is left out: clients send no cookies`)
	require.Contains(t, said(result.Notes, openapi.LeftOut), `the security scheme "digest", HTTP digest, is left out`)
}

func TestAWayThatNoCatalogueCanStateIsNamed(t *testing.T) {
	result := importText(t, secured(everyScheme, "", `[{"session": []}]`, `[{"nowhere": []}]`), nil)
	require.Contains(t, string(result.Files["p0.yaml"]), "requires: public\n")
	require.Contains(t, said(result.Notes, openapi.LeftOut), `the way to call op0 with a key in cookie "sid" is left out: clients send no cookies`)
	require.Contains(t, said(result.Notes, openapi.Bent), "no way to call op0 is one that a catalogue can state")
	require.Contains(t, said(result.Notes, openapi.Bent), `op1 requires the security scheme "nowhere", which is not declared: taken for a token`)
}

func TestAScopeWithASpaceInItIsTwo(t *testing.T) {
	result := importText(t, secured(strings.Replace(everyScheme, `"c": ""`, `"c": "", "d e": "Both."`, 1), "", `[{"oauth": ["a b"]}]`, `[{"oauth": ["d"]}]`), nil)
	require.Contains(t, string(result.Files["scopes.yaml"]), "{scope: d, permits: Both.}")
	require.Contains(t, string(result.Files["p0.yaml"]), "requires: {all_of: [a, b]}\n")
	require.Contains(t, said(result.Notes, openapi.Bent), `the scope "a b" is 2 scopes with spaces between them`)
	require.Contains(t, said(result.Notes, openapi.Bent), `the scope "d e" is 2 scopes with spaces between them`)
	require.NotContains(t, said(result.Notes, openapi.Assumed), `"d"`)
}

// A call carries one value in one place.
func TestKeysThatStandInOnePlace(t *testing.T) {
	schemes := everyScheme + `, "again": {"type": "apiKey", "in": "query", "name": "app_key"}`
	result := importText(t, secured(schemes, "", `[{"app_key": [], "again": [], "app_id": []}]`, `[{"raw": [], "basic": []}, {"app_id": []}]`), nil)
	require.NoError(t, result.Remaining.Err())
	require.Contains(t, string(result.Files["p0.yaml"]), "requires: {keys: [app_id, app_key]}\n")
	require.Contains(t, said(result.Notes, openapi.Bent), `op0 requires the keys "app_key" and "again", which are one parameter: its clients carry the first`)
	require.Contains(t, string(result.Files["p1.yaml"]), "requires: {key: app_id}\n")
	require.Contains(t, said(result.Notes, openapi.LeftOut), `a way to call op1 is left out: a call cannot carry the keys "raw" and "basic" in the one field Authorization`)
}

func TestOpenIDConnectAndDPoPSayWhereTokensComeFrom(t *testing.T) {
	oidc := `"oidc": {"type": "openIdConnect", "openIdConnectUrl": "https://login.example.com/shop/.well-known/openid-configuration"}`
	for schemes, want := range map[string]string{
		oidc: "token: {issuer: 'https://login.example.com/shop'}\n",
		oidc + `, "bound": {"type": "http", "scheme": "DPoP"}`: "token: {issuer: 'https://login.example.com/shop', dpop: optional}\n",
		`"oidc": {"type": "http", "scheme": "dpop"}`:           "token: {dpop: required}\n",
	} {
		result := importText(t, secured(schemes, "", `[{"oidc": ["a"]}]`), nil)
		require.Contains(t, string(result.Files["scopes.yaml"]), want)
		require.Contains(t, string(result.Files["p0.yaml"]), "requires: {scope: a}\n")
	}
	result := importText(t, secured(`"oidc": {"type": "openIdConnect", "openIdConnectUrl": "/login"}`, "", `[{"oidc": []}]`), nil)
	require.Contains(t, said(result.Notes, openapi.LeftOut), `the openIdConnectUrl "/login" is left out`)
}
