// Package httpsig signs and verifies HTTP messages: RFC 9421 with the digests of
// RFC 9530, and the two drafts of it that the Upvest Investment API uses.
//
// # Signing
//
// A [Profile] says what is covered and how it is spelt: [RFC9421], [UpvestV15],
// [UpvestV6]. A [Key] holds any crypto.Signer, so the private key may be in an
// HSM or a KMS. [Profile.Sign] returns header fields and leaves the request as it
// is:
//
//	fields, err := profile.Sign(request, body, key, time.Now())
//	for name, values := range fields {
//		request.Header[name] = values
//	}
//
// A [Transport] is an http.RoundTripper that does this for each request of a client.
//
// What is signed is what net/http will send, not what the request says: the path
// as it is escaped, the host in lower case and without the scheme's own port,
// content-length from ContentLength, values without the spaces around them. What
// net/http decides on later (Host, User-Agent, Transfer-Encoding, Trailer) cannot
// be covered, and a request that it would send in another form is refused. Sign
// last: a field that is covered and then changed breaks the signature.
//
// # Verifying
//
// A [Verifier] verifies what a server received, by a [Policy]: which keys, what
// must be covered, how old, which nonces.
//
//	verifier, err := httpsig.NewVerifier(httpsig.RFC9421(), httpsig.Policy{Keys: lookup})
//	verified, err := verifier.Verify(request)
//
// It works on the bytes that were received: the request target of the request
// line, the parameters of the signature as they are written. It fails closed.
// Refused is what is not known (a component, a parameter, an algorithm, a key id),
// what is there twice, what has the wrong type, what covers nothing, an alg
// parameter that contradicts the key. Whenever a digest of the body is covered,
// the body is read and compared, up to a bound, and can be read again. A nonce is
// stored only when all else holds, so that nobody but the signer can use it up.
// Each refusal has an error of its own.
//
// Verify before anything rewrites the URL or reads the body.
//
// # What there is of RFC 9421
//
// All six registered algorithms. The derived components @method, @target-uri,
// @authority, @scheme, @request-target, @path, @query, @query-param and @status.
// The parameters sf (for registered structured fields), key, bs and req. Several
// signatures on a message, each with its label. Requests and answers. Not there:
// trailers (tr), which are refused, and Accept-Signature. Repr-Digest is a field
// like any other: only the digests of the content (Content-Digest, and Digest of
// RFC 3230) are compared with the body.
//
// # Upvest's dialects
//
// Version 15 is RFC 9421 but for one algorithm, ECDSA on P-521 with its
// signature in ASN.1, and for the header that names the version. Version 6 is
// used by webhooks (package upvestwebhook): component names without quotes in the
// signature base, and the Digest header of RFC 3230. Both cover every header
// that is sent, apart from those that proxies add or change, and neither has
// components with parameters.
//
// # Cost
//
// Signing and verifying with Ed25519 costs about 6 % more than the bare
// signature and SHA-512 of the body (see the benchmarks), with 4 and 3
// allocations.
package httpsig
