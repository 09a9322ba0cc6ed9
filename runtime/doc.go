// Package runtime is the library that generated clients use: sessions, tokens
// whose scopes are types, and calls that survive a bad network. It needs the
// standard library alone.
//
// # From a session to a call
//
// A [Session] is a client's relation with one server. A [Token] is the right to
// make calls within a scope set, which is an interface type. [Authorize] makes a
// Token without any network. A generated client takes a Token that holds the
// client's scope; with any other Token the program does not compile:
//
//	session, err := upvest.Open(upvest.Sandbox, runtime.Credentials{…}, runtime.WithKey(id, key))
//	token := runtime.Authorize[access](session)
//	for user, err := range users.NewReader(token).ListUsers(ctx, users.ListUsersParams{}) { … }
//
// Sessions, Tokens and clients are safe for concurrent use. If there is no right
// to call (the zero Token, a nil session, a set with a scope of another API), the
// first call fails with [ErrFailClosed], before anything is sent. [Token.Err]
// tells at start-up.
//
// # Access tokens
//
// A Token holds no secret. What the server grants and a call carries is an access
// token. A session fetches access tokens by its [Grant] when calls need them, and
// keeps them while they are valid. [Credentials] are the client credentials grant
// (RFC 6749, section 4.4); package grant has others, and package clientauth the ways
// of a client to say who it is without a client secret. For every grant:
//
//   - The calls of a client carry an access token for the client's own scopes,
//     however wide the set that it was made from. [WithOneToken] makes one access
//     token for the whole set.
//   - However many callers wait, there is one fetch. Each caller waits until its
//     own context ends. The fetch goes on for the others, for 30 seconds at most.
//   - In the last fifth of its life, or the last minute, an access token is
//     renewed while calls go on with the old one. Only calls cause renewals: a
//     session that is not used asks for nothing.
//   - If the response has no expires_in, or 0, the access token serves the callers
//     that waited for it and is not kept.
//   - A request that the endpoint answered with 429, 502, 503 or 504, or that got
//     no response, is repeated like a call, after the time that Retry-After asks for.
//     [WithoutRetry] given to Open prevents that.
//   - After a failed fetch callers get its [*TokenError] at once, and the endpoint
//     gets the next request after 0.1 to 1 second, or after Retry-After. An access
//     token that is still valid is used meanwhile.
//   - An access token that lacks a scope that was asked for, or holds one that was
//     not, is an error that names it. [WithWiderTokens] accepts more scopes. An
//     access token must be a bearer token or, if the session was opened with
//     [WithDPoP], one that is bound to the session's key.
//   - An access token that the API refuses with 401 is dropped, once a second at
//     most.
//
// [WithStore] shares access tokens between processes. [Session.Revoke] revokes them.
// [WithDPoP] makes them useless to whoever does not have the session's key.
//
// Where the catalogue gives the issuer in place of an endpoint, the session gets the
// issuer's metadata with the first access token, and again an hour later. Its
// endpoints must be on the issuer's host or on one that the catalogue lists.
// [WithIssuer] names another issuer.
//
// A [Key] is a credential that calls carry as it is, beside or in place of an access
// token. The constructors of generated clients want the keys that their operations
// require. Where no call needs an access token, [NoGrant] is the grant.
//
// A [Secret] and the access tokens of a session cannot be printed by accident: not
// with fmt, as JSON, in a log, or in an error that repeats what a server said.
//
// A secret that a call sends or receives, such as a password, is a member or a
// parameter with the format "password". Every generated type that holds one, at any
// depth, hides it from fmt and log/slog, and so does an [Optional] or [Nullable] of
// such a type. Three things show it: the string itself, once a program takes it out;
// JSON, which is what the API takes, and with it slog's JSON handler for a value
// inside a slice, map or struct of the program's own, unless that has a LogValue; and
// fmt for a verb that go vet refuses, such as %w for what is no error.
//
// # What a call does
//
// Every operation goes through [Do]. It gets the access token, adds an idempotency
// key if the operation takes one, signs the request, sends it, and repeats it
// where that is safe; its documentation has the rules and the figures. Options
// such as [WithTimeout], [WithIdempotencyKey] and [WithoutRetry] change one call.
//
// Redirects are not followed, because a secret, an access token and a signature
// are for one server and one path. Requests are signed as the API's profile of
// package httpsig says, with the key that [WithKey] gives; package keyfile reads
// key files. Package upvestwebhook verifies the requests that Upvest sends.
//
// # Errors
//
// If the API answers with another status than success, the error is an [*Error];
// if no whole response comes, a [*SendError]; if the response cannot be read, a
// [*DecodeError]; if there is no access token, a [*TokenError]. Use errors.Is with
// [ErrForbidden], [ErrRateLimited] and the others to tell kinds of errors apart.
// Where the API states the type of an error's body, the error is an [*ErrorWith] that
// type, and wraps the [*Error].
// No error holds a secret.
//
// # Values
//
// A member of a JSON object may be absent, null, empty or present. [Optional] and
// [Nullable] tell these apart where the zero value of a Go type cannot: an optional
// object is a pointer, an optional list or map is absent if it is nil, and nil is null
// for a required object that may be null. A [Decimal]
// keeps its text as received. A [Date] has no time of day. Members and enum values that
// the generated code does not know do not break decoding. Generated types are plain ones
// for encoding/json, which refuses an integer that is written 1.0 or 1e3, and a time
// that is nearly one of RFC 3339: [UnmarshalJSON] reads both, as calls do.
//
// # Defaults, tests, tracing, proxies
//
// Options such as [WithTimeout] and [WithHeader], given to Open, are the defaults
// of every call of the session: see [DefaultOption]. A user agent is the header
// "User-Agent".
//
// [WithTransport] takes any http.RoundTripper: an instrumented one, one with a
// proxy, one that answers itself in a test. [WithClock] takes a [Clock], which
// says how to let stores, verifiers and the sandbox see the same time.
package runtime
