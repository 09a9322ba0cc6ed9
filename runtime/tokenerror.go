package runtime

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// TokenError says why there is no access token: the token endpoint refused, did
// not answer, or granted other scopes than were asked for. All callers that
// waited for the token get it, and so do callers in the pause that follows, of
// one second or as long as RetryAfter says (a minute at most). It holds no
// secret.
//
// errors.Is finds [ErrRateLimited] if the status is 429, and [ErrUnavailable] if
// it is 500 or above.
type TokenError struct {
	Server     string        // host of the token endpoint or of the issuer, or of the API if neither is known
	Status     int           // HTTP status of the endpoint's response; 0 if there was none
	Code       string        // error of RFC 6749, section 5.2, or the type of a problem
	Detail     string        // what the endpoint said
	RequestID  string        // names the request to the API's support, or ""
	RetryAfter time.Duration // how long the endpoint asks to wait, or 0
	Attempts   int           // how often the endpoint was asked
	Scopes     []string      // asked for
	Missing    []string      // asked for and not granted
	Excess     []string      // granted and not asked for
	Skew       time.Duration // of a request with a signature or a DPoP proof: how far the server's clock is ahead of this one, 0 if that is less than 5 s or not known
	Err        error         // the cause, nil if the endpoint's own words are all there is

	transient bool   // the next request may succeed
	anew      bool   // the next request may succeed now, if the grant makes it anew
	unsent    bool   // the request did not reach the endpoint
	fixed     bool   // the grant gets no access token with other scopes
	doing     string // what failed, "" for getting an access token
}

// Error says where, what, and what to do now.
func (e *TokenError) Error() string {
	text := "runtime: " + cmp.Or(e.doing, "no access token from ") + e.Server
	if len(e.Scopes) > 0 || e.doing == "" {
		text += " for " + strings.Join(e.Scopes, " ")
	}
	switch {
	case len(e.Missing) > 0 || len(e.Excess) > 0:
		text += ": " + e.mismatch()
	case e.Err != nil:
		text += ": " + e.Err.Error()
	default:
		text += e.refusal()
	}
	if e.RetryAfter > 0 {
		text += "; the endpoint asks to wait " + e.RetryAfter.String()
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf("; asked %d times", e.Attempts)
	}
	if e.RequestID != "" {
		text += " (request " + e.RequestID + ")"
	}
	return text
}

// mismatch says how the granted scopes differ from those asked for.
func (e *TokenError) mismatch() string {
	var texts []string
	if len(e.Missing) > 0 && e.fixed {
		texts = append(texts, "the access token that the session was opened with does not hold "+printable(strings.Join(e.Missing, " "))+": use one that does")
	} else if len(e.Missing) > 0 {
		texts = append(texts, "the endpoint did not grant "+printable(strings.Join(e.Missing, " "))+": have the client configured for it")
	}
	if len(e.Excess) > 0 {
		texts = append(texts, "the endpoint granted more than was asked for, "+printable(strings.Join(e.Excess, " "))+
			", so the access token is not used: have the client configured for fewer scopes, or, if the server always grants more, open the session with runtime.WithWiderTokens")
	}
	return strings.Join(texts, "; ")
}

// refusal says what the endpoint answered.
func (e *TokenError) refusal() string {
	text := fmt.Sprintf(": status %d", e.Status)
	if e.Code != "" {
		text += fmt.Sprintf(" %.200q", e.Code)
	}
	if e.Detail != "" {
		text += fmt.Sprintf(": %.500q", e.Detail)
	}
	switch {
	case e.Status == http.StatusSwitchingProtocols:
		text += ": it switched to another protocol: check the server's URL, and proxies on the way"
	case e.Status >= 300 && e.Status <= 399:
		text += ": a token request follows no redirect: have the server's URL name where it is served"
	case e.Status == 200, e.Status == 400, e.Status == 401, e.Status == 403: // 200 with an error in it
		if e.Skew != 0 {
			text += ": " + skewText(e.Skew) + ". If that is not it,"
		} else {
			text += ":"
		}
		text += " check the client's credentials, its key, and that it is configured for these scopes"
	case e.Status == 404, e.Status == 405:
		text += ": check the server's URL"
	}
	return text
}

// skewText says that two clocks differ, and what follows.
func skewText(skew time.Duration) string {
	direction := "behind"
	if skew < 0 {
		skew, direction = -skew, "ahead of"
	}
	return fmt.Sprintf("this machine's clock is %s %s the server's, so the signature may be taken for expired: set the clock", skew, direction)
}

// Is reports whether target is the kind of the endpoint's status.
func (e *TokenError) Is(target error) bool {
	switch target {
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrUnavailable:
		return e.Status >= 500
	}
	return false
}

// Passing reports whether the same request may succeed later: there was no response,
// or one with the status 429, 502, 503 or 504.
func (e *TokenError) Passing() bool { return e.transient }

// Unsent reports whether the request certainly did not reach the endpoint.
func (e *TokenError) Unsent() bool { return e.unsent }

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }
