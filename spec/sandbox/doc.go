// Package sandbox serves the API that a catalogue describes from inside the process,
// without any other service. It is meant for the tests of a program that calls the
// API, and for trying the API by hand ("scopegen sandbox").
//
//	server, err := sandbox.New(catalogue, sandbox.Config{Clients: []sandbox.Client{{
//		ID: "me", Secret: "secret", Scopes: []string{"orders:read"},
//		Keys: map[string]crypto.PublicKey{"my-key": publicKey},
//	}}})
//	err = server.Start("127.0.0.1:0")
//	defer server.Close()
//	// … call server.URL() …
//
// A [Server] is an [http.Handler] too. It has one address, at which it serves also what
// the catalogue gives another server; a session with a server on this machine calls that
// there. A response that is a sequence of values has three. For the Upvest API there is
// [github.com/scopegen/scopegen/spec/sandbox/upvesttest], which needs one line.
//
// # What is checked
//
// The sandbox checks everything that the catalogue says, so that a program whose
// calls it accepts makes no mistake that can be seen in its requests. A refusal is
// an application/problem+json (RFC 9457) whose detail says what is wrong; one of the
// token endpoint and its like is what OAuth says (RFC 6749, section 5.2), but for APIs
// that sign as Upvest's does, whose token endpoint answers with problem details too.
//
//   - The token endpoint (RFC 6749, section 4.4) takes the client's credentials
//     where the catalogue says, in the body or with HTTP Basic. 401: wrong
//     credentials. 400: a scope that the client is not configured for (Upvest's answers
//     401), another grant type, a scope parameter that is too long, a parameter that is
//     there twice. Without a scope parameter the access token has no scope.
//   - The other grants and client authentications that the catalogue's token lists:
//     JWT bearer and private_key_jwt with [Client].AssertionKeys, token exchange of
//     access tokens that were issued here and of assertions, refresh tokens that
//     rotate, authorization codes with PKCE to loopback addresses, device codes,
//     certificates (with [Config].TLS), and public clients. The person whom a client asks grants all,
//     unless [Config].Approve says otherwise, or [Config].Ask has them decide on a page.
//   - The authorization server's metadata (RFC 8414), as it belongs to the catalogue's
//     issuer. Where the catalogue has the token endpoint on a server of its own, not as
//     a path on the API's, a session finds the sandbox with [runtime.WithIssuer] and
//     what [Server.Issuer] returns. Without it, the session would send the client's
//     credentials to that server. A redirect names the issuer (RFC 9207).
//   - Revocation (RFC 7009), where the catalogue has the endpoint or an issuer. With a
//     refresh token end all tokens that came of the same login.
//   - DPoP proofs (RFC 9449), where the catalogue's token has dpop: type, algorithm,
//     key, signature, method, URL, time (a minute), an id that is used once, the hash
//     of the access token, the key that the access token, the code, or the refresh
//     token of a public client is bound to, and a nonce if [Config].DPoPNonceLife is
//     set. 400 at the token endpoint, 401 with a challenge of the scheme DPoP at
//     operations.
//   - The signature of each call to an operation, in the catalogue's dialect, by a
//     key of the client that the access token belongs to. A nonce can be used once.
//     401 with the detail "Signature is incorrect"; the member "reason" says why.
//   - The requirement of the operation. 401: the access token is missing, unknown or
//     expired. 403: it lacks a scope; "required_scopes" and "token_scopes" say
//     which. Scopes that a held scope implies count as held. An operation whose
//     requirement is not stated takes any access token. The keys of the catalogue
//     are those of [Config].Keys; 401 if each way to call the operation lacks one.
//   - The headers that the catalogue says every call has. One that names the client
//     must be there (400) and be right (401). Another may be left out.
//   - Parameters and JSON, form and multipart bodies, against their types. 400
//     names the parameter, or the member by its JSON pointer, in the detail, and
//     all members that are wrong in "errors". Members that a type does not name
//     are refused only if it says additionalProperties: false; in an allOf that
//     is said of the members that no part names. Query parameters that the
//     operation does not have change nothing; [Call].Ignored names them, since
//     a misspelt filter is a bug that an API hides. A body where the operation
//     has none is refused. A body may match several variants of oneOf. Patterns
//     that Go's regular expressions cannot express are not checked.
//   - 404, 405, 406 (no accepted media type can be sent), 413, 415.
//   - Idempotency keys, where the operation requires one: 400 without, and for
//     one that is not a UUID. The same request under the same key gets the same
//     response again, without anything being done, and the header
//     Idempotency-Replayed; another operation, path, query or body under a key of
//     the same client is refused with 422. Responses that were errors are not kept.
//
// # What is remembered
//
// The paths and types of the catalogue say which operations concern the same
// objects. POST /orders makes an object that GET /orders/{order_id} reads, PATCH and PUT change, DELETE
// deletes, and that is listed by GET /orders and, if it has a member account_id,
// by GET /accounts/{account_id}/orders. It consists of what the request said, of
// an id, of the clock's time where the type has times, and of made-up values for
// other required members. The same requests make the same ids on each run. Where
// an object names another that was made here, it takes over the ids that this
// one knows: the order gets the user_id of its account.
//
// A path that is read and set as a whole, as GET and PUT /settings, holds one
// object. Every other operation answers with an example.
//
// An id that nobody made is 404 where objects can be added. Where they cannot,
// there is an example for any id, lists show [Config].Examples of them, and
// changing or deleting one is remembered. Examples have values for all members,
// but for optional ones whose type no value can have. They are true to their type, and the same
// on each run.
//
// An upload of media makes or changes such an object too: POST /upload/files one of
// /files, if it answers with their type. Its media is not remembered.
//
// Two operations whose paths differ in the names of placeholders alone are told
// apart by what they take: the first that takes all of a request is called.
//
// Lists are filtered by query parameters that name a member, sorted by the one
// whose values name members, and paged as the catalogue says.
//
// # Limits
//
// The memory of a server is bounded: 10,000 objects (see [Config].MaxObjects) of
// 64 MiB in all, 10,000 tokens, 10,000 idempotency keys for 24 hours with 64 MiB
// of responses, and the last 10,000 calls; beyond that the oldest is forgotten. It
// takes 200,000 signed requests within the time that a signature is good for,
// and refuses more, as it does JSON that is nested deeper than 64 and numbers of
// more than 400 digits. It does not look into binary bodies, send webhooks, limit
// rates or follow references from one object to another beyond what is said
// above.
package sandbox
