// Package runtime is what generated clients stand on: sessions, tokens whose
// scopes are types, and calls that hold when the network does not. It needs the
// standard library alone.
//
// # From a session to a call
//
// A [Session] is a client's standing with one server. A [Token] is the right to
// call within a set of scopes, which is an interface type; [Authorize] makes it
// without any network. A generated client takes a token that holds its scope,
// or does not compile:
//
//	session, err := upvest.Open(upvest.Sandbox, runtime.Credentials{…}, runtime.WithKey(id, key))
//	token := runtime.Authorize[access](session)
//	for user, err := range users.NewReader(token).ListUsers(ctx, users.ListUsersParams{}) { … }
//
// Sessions, tokens and clients are safe for concurrent use. What has no right
// to call (the zero Token, a nil session, a set with a scope of another API)
// fails at the first call with [ErrFailClosed], before anything is sent;
// [Token.Err] tells at start-up.
//
// # Access tokens
//
// A session fetches access tokens with the client credentials grant (RFC 6749,
// section 4.4) when calls need them, and keeps them while they live:
//
//   - Each client's calls carry a token for the client's own scope, however wide
//     the set it was made from. [WithOneToken] makes one for the whole set.
//   - However many callers wait, there is one request. Each waits until its own
//     context ends; the request goes on for the others, for 30 seconds at most.
//   - In the last fifth of its life, or the last minute, a token is renewed
//     while calls go on with the old one. That happens when a call is made; a
//     session that is not used asks for nothing.
//   - An answer without expires_in, or with 0, serves those who waited for it
//     and is not kept.
//   - After a failure callers get its [*TokenError] at once, and the endpoint a
//     request after 0.1 to 1 second. A token that is still valid is used meanwhile.
//   - An answer that grants less than was asked (section 5.1) is an error that
//     names what is missing, and so is one that is not a bearer token.
//   - A token that the API refuses with 401 is dropped, once a second at most.
//
// [WithStore] shares tokens between processes. Secrets and tokens do not print:
// not through fmt, JSON or a log, nor in errors; see [Secret].
//
// # What a call does
//
// Every operation goes through [Do]: it fetches or reuses an access token for
// the client's own scope and nothing wider, adds an idempotency key where the
// operation takes one, signs, sends, and repeats what is safe to repeat. Do's
// documentation has the rules and the figures. Options such as [WithTimeout],
// [WithIdempotencyKey] and [WithoutRetry] change one call.
//
// Redirects are never followed: a secret, a token and a signature are for one
// server and one path. Requests are signed as the API's [httpsig.Profile] says,
// with the key that [WithKey] gives; package keyfile loads keys from files.
// Package webhook verifies what the API sends of its own accord.
//
// # Errors
//
// An answer other than success is an [*Error]; no whole answer is a
// [*SendError]; an answer that cannot be read is a [*DecodeError]; a token that
// cannot be had is a [*TokenError]. errors.Is with [ErrForbidden],
// [ErrRateLimited] and the others tells kinds apart. No error holds a secret.
//
// # Values
//
// Absent, null, empty and present are four things: [Optional] and [Nullable]
// keep them apart. A [Decimal] keeps its text, a [Date] has no time. Members and
// enum values that the generated code does not know break nothing.
//
// # Tests, tracing, proxies
//
// [WithTransport] takes any http.RoundTripper: an instrumented one, one with a
// proxy, one that answers itself in a test. [WithClock] takes a clock.
package runtime
