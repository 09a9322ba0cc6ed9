package runtime

import (
	"fmt"
	"strings"
)

// TokenError tells why there is no access token: the endpoint refused, did not
// answer, or granted less than was asked. All callers that waited share it,
// and those that come within the next second at most. It holds no secret.
type TokenError struct {
	Server    string   // host of the API
	Status    int      // of the endpoint's answer; 0 if there was none
	Code      string   // error of RFC 6749, section 5.2, or the type of a problem
	Detail    string   // what the endpoint said
	RequestID string   // "" if unknown
	Scopes    []string // asked for
	Missing   []string // asked for and not granted
	Err       error    // what happened, nil if the endpoint's own words tell
}

// Error says where, what, and what to do now.
func (e *TokenError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "runtime: no token from %s for %s", e.Server, strings.Join(e.Scopes, " "))
	switch {
	case len(e.Missing) > 0:
		fmt.Fprintf(&b, ": the endpoint granted all but %s: have the client configured for it", strings.Join(e.Missing, " "))
	case e.Err != nil:
		fmt.Fprintf(&b, ": %v", e.Err)
	default:
		fmt.Fprintf(&b, ": status %d", e.Status)
		if e.Code != "" {
			fmt.Fprintf(&b, " %.200q", e.Code)
		}
		if e.Detail != "" {
			fmt.Fprintf(&b, ": %.500q", e.Detail)
		}
		switch {
		case e.Status >= 300 && e.Status <= 399:
			b.WriteString(": a token request follows no redirect: have the server's URL name where it is served")
		case e.Status == 400, e.Status == 401, e.Status == 403:
			b.WriteString(": check the client's credentials, its key, and that it is configured for these scopes")
		case e.Status == 404, e.Status == 405:
			b.WriteString(": check the server's URL")
		}
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }
