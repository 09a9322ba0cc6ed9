package interop_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/spec"
	"github.com/scopegen/scopegen/spec/sandbox"
)

const things = `
api: {name: things, title: Things}
token:
  path: /token
  dpop: optional
  grants: [client_credentials, refresh_token, authorization_code, 'urn:ietf:params:oauth:grant-type:token-exchange', 'urn:ietf:params:oauth:grant-type:device_code']
  client_authentication: [none, private_key_jwt]
  authorize: /authorize
  device: /device
  revoke: /revoke
groups:
  - title: All
    scopes:
      - {scope: 'things:read', permits: Reading.}
      - {scope: 'things:write', permits: Writing.}
operations:
  - {id: list_things, method: GET, path: /things, domain: things, requires: {any_of: ['things:read']}, responses: {'204': {}}}
  - {id: poke_things, method: PUT, path: /things/poke, domain: things, requires: {any_of: ['things:write']}, responses: {'204': {}}}
`

// The sandbox stands for authorization servers, so a client that others wrote must take
// it for one.
func TestAClientOfOthersUsesTheSandbox(t *testing.T) {
	needNode(t, "openid-client")
	catalogue, findings := spec.Load(fstest.MapFS{"scopes.yaml": {Data: []byte(things)}}, "scopes.yaml")
	require.NoError(t, findings.Err())
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	scopes := []string{"things:read", "things:write"}
	server, err := sandbox.New(catalogue, sandbox.Config{DPoPNonceLife: time.Minute, Clients: []sandbox.Client{
		{ID: "service", Secret: "s3cret", Scopes: scopes, AssertionKeys: map[string]crypto.PublicKey{"key-1": key.Public()}},
		{ID: "app", Public: true, Scopes: scopes},
	}})
	require.NoError(t, err)
	require.NoError(t, server.Start("127.0.0.1:0"))
	t.Cleanup(func() { require.NoError(t, server.Close()) })

	var came map[string]any
	runScript(t, "client.mjs", map[string]string{
		"url": server.URL(), "id": "service", "secret": "s3cret", "person": "app",
		"key": text("PRIVATE KEY", der), "keyID": "key-1",
	}, &came)
	require.Equal(t, map[string]any{
		"secret": "things:read", "noScope": "none", "wrongSecret": "invalid_client", "wrongScope": "invalid_scope",
		"assertion": "things:read", "call": 204.0, "callWithoutItsScope": "insufficient_scope", "proof": "dpop 204",
		"code": "things:read things:write", "refresh": "things:read", "revoked": "invalid_grant",
		"device": "things:read", "exchange": "things:read",
	}, came)
}
