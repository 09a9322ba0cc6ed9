// Package interop tries the runtime's grants, client authentications and signatures
// against what others wrote: authorization servers, and a library for signatures. And it
// tries the sandbox with a client that others wrote. It has tests alone.
//
// # zitadel/oidc
//
// The first server is package op of github.com/zitadel/oidc, on a port of this machine,
// with the store in memory that its example has. It was chosen because of those that are
// Go modules it alone has all the grants, and because it is small: its module brings 65
// packages. The other that was looked at, github.com/ory/fosite 0.49, brings 250, has no
// device authorization and no token exchange, and at a refresh grants all scopes again,
// whatever was asked for.
//
// What is tried: client credentials with client_secret_basic and client_secret_post;
// authorization code with PKCE for a public client and for one with private_key_jwt;
// refresh with rotation; device authorization of a public client, approved and refused;
// token exchange, of access tokens and of tokens of type JWT from another issuer; JWT
// bearer; private_key_jwt and JWT bearer with RS256, PS256 and ES256; the endpoints that
// the server's metadata names; revocation.
//
// It does not have: access tokens that are bound to a key or a certificate, so the proofs
// of DPoP are read with github.com/go-jose/go-jose; tls_client_auth; assertions with
// other algorithms than those three; iss in the redirect.
//
// Of the example's server this is replaced: which clients there are and what they may
// have; that a refresh narrows the refresh token itself, against RFC 6749, section 6
// (at such a server a session needs runtime.WithOneToken); that a refresh token of a
// device belongs to no client; that its users alone can be subjects; that it takes no
// tokens of other issuers; and its login page, since nobody types here.
//
// # oidc-provider
//
// The second has what no Go module that could be had has: access tokens that are bound
// to a key or a certificate. It is oidc-provider for Node.js (MIT, certified by the
// OpenID Foundation, 40 small packages and nothing to compile), in a process of its own,
// over TLS. Its tests are skipped where there is no Node.js or where the packages are not
// installed, which is done by
//
//	npm ci --prefix node
//
// and so are the tests of the two packages below.
//
// What is tried: client credentials with client_secret_basic, client_secret_post,
// tls_client_auth, and private_key_jwt with RS256, PS256, ES256, ES384, ES512 and EdDSA;
// an assertion that is sent twice; access tokens bound to the client's certificate (RFC
// 8705, section 3); DPoP with the same six algorithms, with nonces of the token endpoint
// and of the server's own API; authorization code with PKCE and iss in the redirect (RFC
// 9207), for a public client, one with DPoP and one with private_key_jwt; device
// authorization of a public client, with DPoP and without, approved and refused; refresh
// with rotation, and the revocation of all that came of a refresh token when it is sent
// twice; metadata; revocation.
//
// It does not have: token exchange; JWT bearer; a ready assertion of another issuer than
// the client; slow_down.
//
// # http-message-signatures
//
// A library for HTTP message signatures (ISC, one dependency). It verifies random
// requests that package httpsig signs, as they come out of a socket, with each algorithm
// that it has but HMAC; and package httpsig verifies those that it signs. For
// rsa-pss-sha512 it does not: the library leaves the length of the salt to Node.js, and
// RFC 9421, section 3.3.1, does not. It cannot read a dictionary of one member, so there
// is none.
//
// # openid-client
//
// A client (MIT, certified by the OpenID Foundation, two dependencies) gets access tokens
// from the sandbox: with a secret, private_key_jwt, DPoP with nonces, authorization code
// and PKCE, refresh, device authorization, token exchange; it reads metadata and errors,
// revokes, and calls the API.
//
// # What neither server has
//
// Only our own sandbox and servers of tests try these: client credentials of a public
// client, which RFC 6749, section 4.4, does not allow; a token exchange without a client;
// assertions of an issuer for another subject; actor tokens; slow_down, but when the
// first server's own store is slow; token exchange and JWT bearer with DPoP; x5t#S256;
// refresh tokens that do not rotate.
package interop
