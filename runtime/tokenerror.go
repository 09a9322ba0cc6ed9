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
	text := "runtime: no token from " + e.Server + " for " + strings.Join(e.Scopes, " ")
	switch {
	case len(e.Missing) > 0:
		text += ": the endpoint granted all but " + strings.Join(e.Missing, " ") + ": have the client configured for it"
	case e.Err != nil:
		text += ": " + e.Err.Error()
	default:
		text += fmt.Sprintf(": status %d", e.Status)
		if e.Code != "" {
			text += fmt.Sprintf(" %.200q", e.Code)
		}
		if e.Detail != "" {
			text += fmt.Sprintf(": %.500q", e.Detail)
		}
		switch {
		case e.Status >= 300 && e.Status <= 399:
			text += ": a token request follows no redirect: have the server's URL name where it is served"
		case e.Status == 400, e.Status == 401, e.Status == 403:
			text += ": check the client's credentials, its key, and that it is configured for these scopes"
		case e.Status == 404, e.Status == 405:
			text += ": check the server's URL"
		}
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }
