// Package httpsig signs and verifies HTTP messages. It implements RFC 9421 with the
// digests of RFC 9530, and the two drafts of RFC 9421 that the Upvest Investment API
// uses.
//
// # Signing
//
// A [Profile] says which components of a message are covered and how they are
// written: [RFC9421], [UpvestV15] or [UpvestV6], or one that [Profile.With] derives
// from these. A [Key] holds any crypto.Signer, so the private key may be in an HSM or
// a KMS. [Profile.Sign] returns header fields and does not change the request:
//
//	fields, err := profile.Sign(request, body, key, time.Now())
//	for name, values := range fields {
//		request.Header[name] = values
//	}
//
// A [Transport] is an http.RoundTripper that does this for each request of a client.
//
// The signature covers what net/http will send, which is not always what the request
// says: the path in its escaped form, the host in lower case and without the default
// port of the scheme, the content-length that follows from ContentLength and Body,
// field values without the spaces around them. Sign last: if a covered field changes
// after that, the signature is wrong.
//
// # What cannot be signed
//
// Some fields do not arrive as they stand in the header of a request. Covering one of
// them is an error, [ErrComponent]:
//
//   - host, user-agent, transfer-encoding and trailer, which net/http decides on when
//     it sends the request. Cover @authority in place of host.
//   - connection, keep-alive, proxy-authorization, proxy-connection, te and upgrade,
//     which are for the next hop alone and do not exist in HTTP/2;
//   - cookie and expect, which HTTP/2 changes or leaves out;
//   - accept-encoding where the request does not set it, because net/http then adds
//     one. It adds none to a HEAD request, nor to one with the field range.
//
// [UpvestV15] and [UpvestV6] cover every other field that is sent. They leave out the
// fields above, accept-encoding, and fields that proxies add, such as x-forwarded-for.
// Only a request with expect is an error.
//
// A request that net/http would send in another form than it has is an error too,
// whatever is covered:
//
//   - names in the header map that are not canonical, as http.Header.Set makes them;
//   - user information in the URL and no authorization field: net/http would add one;
//   - a URL.Opaque that names another host than the request;
//   - TransferEncoding set by hand, which HTTP/2 ignores, and a ContentLength that
//     contradicts the body (both [ErrBody]).
//
// If @authority is covered, the host must not need Punycode nor have a zone. If
// @path, @query or another part of the target is covered, the path must begin with a
// slash, and the query must not hold a space or "#".
//
// # Verifying
//
// A [Verifier] verifies the messages that a server or a client received. Its [Policy]
// says which keys are known, what must be covered, how old a signature may be, and
// where nonces are remembered.
//
//	verifier, err := httpsig.NewVerifier(httpsig.RFC9421(), httpsig.Policy{Keys: lookup})
//	verified, err := verifier.Verify(request)
//
// Verify before anything rewrites the URL or reads the body: a Verifier uses the
// request target and the parameters of the signature byte for byte as they were
// received.
//
// Whatever a Verifier does not understand it refuses: an unknown component,
// parameter, algorithm or key id; a label, component or parameter that is there
// twice; a value of the wrong type; a signature that covers nothing; an alg parameter
// that contradicts the key. If a digest of the body is covered, it reads the body, up
// to a limit, compares it, and leaves one that can be read again. It stores a nonce
// only when everything else is right, so that only the signer can use a nonce up.
// Each reason to refuse has an error of its own, and all of them match [ErrRefused].
//
// # What is implemented of RFC 9421
//
//   - the six registered algorithms;
//   - the derived components @method, @target-uri, @authority, @scheme,
//     @request-target, @path, @query, @query-param and @status;
//   - the parameters sf (for registered structured fields), key, bs and req;
//   - several signatures on a message, each with its label;
//   - requests and responses.
//
// Trailers (the parameter tr) are refused, and there is no Accept-Signature.
// Content-Digest, and Digest of RFC 3230, are compared with the body. Repr-Digest is
// a field like any other.
//
// # Upvest's dialects
//
// Version 15 is RFC 9421 with one more algorithm, ECDSA on P-521 with signatures in
// ASN.1, and with a header that names the version. Version 6 signs webhooks (package
// upvestwebhook): the signature base has no quotes around component names, and the
// digest is the Digest header of RFC 3230. Neither has parameters of components.
//
// # Cost
//
// Signing a request of 1 KiB with Ed25519 costs about 7 % more than the signature and
// the SHA-512 of the body alone, verifying about 5 %. Signing takes 4 allocations (5
// with [UpvestV15]: its nonce), verifying 2. The benchmarks of this package measure
// this.
package httpsig
