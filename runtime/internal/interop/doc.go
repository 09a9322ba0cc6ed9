// Package interop tries the runtime's grants and client authentications against an
// authorization server that others wrote. It has tests alone.
//
// The server is package op of github.com/zitadel/oidc, on a port of this machine, with
// the store in memory that its example has. It was chosen because it alone has all the
// grants, and because it is small: its module brings 65 packages. The other that was
// looked at, github.com/ory/fosite 0.49, brings 250, has no device authorization and no
// token exchange, and at a refresh grants all scopes again, whatever was asked for.
//
// What is tried: client credentials with client_secret_basic and client_secret_post;
// authorization code with PKCE for a public client and for one with private_key_jwt;
// refresh with rotation; device authorization, approved and refused; token exchange;
// JWT bearer; private_key_jwt and JWT bearer with RS256, PS256 and ES256; the endpoints
// that the server's metadata names; revocation. The server has no access tokens that
// are bound to a key, so the proofs of DPoP are read with github.com/go-jose/go-jose.
//
// What the server does not have, so that only our own sandbox tries it: client
// credentials with private_key_jwt or without a secret; tls_client_auth; assertions
// signed with ES384, ES512 or EdDSA; assertions of an issuer for another subject;
// assertions that are refused the second time; tokens of type JWT in an exchange that
// it did not issue itself; iss in the redirect (RFC 9207); slow_down before its own
// store is slow; the revocation of all that came of a refresh token when it is sent
// twice, which it merely refuses.
//
// Of the example's server this is replaced: which clients there are and what they may
// have; that a refresh narrows the refresh token itself, against RFC 6749, section 6
// (at such a server a session needs runtime.WithOneToken); that a refresh token of a
// device belongs to no client; that its users alone can be subjects; and its login
// page, since nobody types here.
package interop
