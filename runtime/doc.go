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
// fails at the first call with [ErrFailClosed], before anything is sent.
//
// # What a call does
//
// Every operation goes through [Do]: it fetches or reuses an access token for
// the client's own scope and nothing wider, adds an idempotency key where the
// operation takes one, signs, sends, and repeats what is safe to repeat. Do's
// documentation has the rules and the figures. Options such as [WithTimeout],
// [WithIdempotencyKey] and [WithoutRetry] change one call.
//
// Redirects are never followed: a token and a signature are for one server and
// one path.
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
