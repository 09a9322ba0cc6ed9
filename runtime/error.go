package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Kinds of errors of calls, for errors.Is:
//
//	order, err := client.PlaceOrder(ctx, request)
//	switch {
//	case errors.Is(err, runtime.ErrForbidden):   // ask for another scope
//	case errors.Is(err, runtime.ErrRateLimited): // come back later
//	}
//
// ErrBadRequest to ErrUnavailable are kinds of responses. The error is then an
// [*Error], or a [*TokenError] if the token endpoint gave the response; errors.As
// finds it, and it says more.
var (
	// ErrFailClosed: nothing was sent, because the client has no valid Token or
	// Session. See [Token.Err].
	ErrFailClosed = errors.New("nothing was sent")

	// ErrInvalidCall: nothing was sent, because a parameter, an option or the body is wrong.
	ErrInvalidCall = errors.New("the call is not valid and was not sent")

	// ErrNoResponse: no complete response arrived. The error is a [*SendError].
	ErrNoResponse = errors.New("no response")

	// ErrUnreadable: the API answered with success, but the body cannot be decoded. The error is a [*DecodeError].
	ErrUnreadable = errors.New("the response cannot be read")

	// ErrTooLarge: the response is larger than the limit of [WithResponseLimit].
	ErrTooLarge = errors.New("the response is too large")

	// The kinds of an [*Error].
	ErrBadRequest   = errors.New("bad request")         // 400 or 422: the API found fault with what was sent
	ErrUnauthorized = errors.New("unauthorized")        // 401, even with a new access token
	ErrForbidden    = errors.New("forbidden")           // 403: the access token does not permit it
	ErrNotFound     = errors.New("not found")           // 404 or 410
	ErrConflict     = errors.New("conflict")            // 409 or 412
	ErrRateLimited  = errors.New("too many requests")   // 429
	ErrUnavailable  = errors.New("service unavailable") // 500 and above
)

// Error is a response of the API with a status other than 2xx. It holds no secret:
// where the API echoed the access token, that is removed.
type Error struct {
	Operation      string        // name of the operation in the catalogue
	Status         int           // HTTP status
	Problem        Problem       // the error in the API's own words; zero if the body is neither a JSON object nor text/plain
	ContentType    string        // of Body
	Body           []byte        // of the response; its first 64 KiB
	RequestID      string        // identifies the request for the API's support, or ""
	RetryAfter     time.Duration // how long the API asks to wait, or 0
	Location       string        // where a redirect (3xx) leads, without the query, or ""; nothing follows it
	Attempts       int           // how many times the request was sent
	IdempotencyKey string        // of all attempts, or ""; a later call with it repeats this one safely
	Requires       [][]string    // sets of scopes, any one of which permits the operation
	Scopes         []string      // those that the access token was asked for
	Keys           []string      // names of the keys that the call carried
	Granted        []string      // those that the access token held, as the server says; nil if they are the same as Scopes, or not known
	Skew           time.Duration // for 400, 401 and 403 to a request with a signature or a DPoP proof: how far the server's clock is ahead of this machine's; 0 if that is less than 5 s or not known

	proof string // what the API found wrong with the DPoP proof, or ""
}

// Error returns the operation, the status, what the API said, and for a 403 the
// scopes that the operation needs and that the access token had.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %d", e.Operation, e.Status)
	if name := http.StatusText(e.Status); name != "" {
		text += " " + name
	}
	for _, said := range [...]string{e.Problem.Title, e.Problem.Detail} {
		if said != "" && !strings.EqualFold(said, http.StatusText(e.Status)) {
			text += ": " + printable(said)
		}
	}
	if e.Problem.Type != "" && e.Problem.Title == "" {
		text += " (" + printable(e.Problem.Type) + ")"
	}
	switch {
	case e.Status == http.StatusForbidden:
		if len(e.Requires) > 0 {
			text += "; it needs the scope " + requirement(e.Requires) + ", and"
		} else {
			text += ";"
		}
		if len(e.Keys) > 0 {
			text += " the call carried the key " + quoteAll(e.Keys, " and ")
			if len(e.Scopes) == 0 {
				break
			}
			text += " and"
		}
		text += " the token was asked for " + heldScopes(e.Scopes)
		if len(e.Granted) > 0 {
			text += " and held " + heldScopes(e.Granted)
		}
	case e.Status == http.StatusSwitchingProtocols:
		text += "; the server changed to another protocol, which was not asked for: correct the server's URL"
	case e.Status >= 300 && e.Status < 400:
		if e.Location != "" {
			text += "; it leads to " + printable(e.Location)
		}
		text += "; redirects are not followed, because a token and a signature are for one server and one path: correct the server's URL, or what was called by a former name"
	}
	if e.proof != "" {
		text += "; the API " + e.proof
	}
	if e.Skew != 0 {
		text += "; " + skewText(e.Skew)
	}
	if e.RetryAfter > 0 {
		text += "; the API asks to wait " + e.RetryAfter.String()
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf("; sent %d times", e.Attempts)
	}
	if e.RequestID != "" {
		text += "; request id " + printable(e.RequestID)
	}
	return text
}

// Is reports whether target is the kind of the status.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBadRequest:
		return e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
	case ErrUnauthorized:
		return e.Status == http.StatusUnauthorized
	case ErrForbidden:
		return e.Status == http.StatusForbidden
	case ErrNotFound:
		return e.Status == http.StatusNotFound || e.Status == http.StatusGone
	case ErrConflict:
		return e.Status == http.StatusConflict || e.Status == http.StatusPreconditionFailed
	case ErrRateLimited:
		return e.Status == http.StatusTooManyRequests
	case ErrUnavailable:
		return e.Status >= 500
	}
	return false
}

// SendError says that no complete response arrived: the connection failed or took
// too long. It is not known whether the operation had its effect. To be sure, call
// it again with the same idempotency key, if it takes one.
//
// It wraps the cause, so that errors.Is finds context.Canceled,
// context.DeadlineExceeded and the errors of package net.
type SendError struct {
	Operation      string
	Attempts       int    // how many times the request was sent
	IdempotencyKey string // of all attempts, or ""
	Err            error
}

// Error returns the operation, the number of attempts and the cause.
func (e *SendError) Error() string {
	return fmt.Sprintf("%s: no response (attempt %d): %v", e.Operation, e.Attempts, e.Err)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrNoResponse].
func (e *SendError) Is(target error) bool { return target == ErrNoResponse }

// DecodeError says that the API answered with success, but that the body is not
// what the operation is to return. The operation has had its effect.
type DecodeError struct {
	Operation   string
	Status      int
	ContentType string
	RequestID   string
	Offset      int64 // place of the error in the body, in bytes; 0 if it is not known
	Err         error
}

// Error returns the operation, the status, the place and the cause.
func (e *DecodeError) Error() string {
	text := fmt.Sprintf("%s: the API answered %d, but its body (%s) cannot be read", e.Operation, e.Status, contentTypeText(e.ContentType))
	if e.Offset > 0 {
		text += " at byte " + strconv.FormatInt(e.Offset, 10)
	}
	text += ": " + e.Err.Error()
	if e.RequestID != "" {
		text += "; request id " + printable(e.RequestID)
	}
	return text
}

// Unwrap returns the cause.
func (e *DecodeError) Unwrap() error { return e.Err }

// Is reports whether target is [ErrUnreadable].
func (e *DecodeError) Is(target error) bool { return target == ErrUnreadable }

func contentTypeText(s string) string {
	if s == "" {
		return "no content type"
	}
	return printable(s)
}

func heldScopes(scopes []string) string {
	if len(scopes) == 0 {
		return "none"
	}
	return quoteAll(scopes, " and ")
}

func quoteAll(texts []string, separator string) string {
	quoted := make([]string, len(texts))
	for i, text := range texts {
		quoted[i] = strconv.Quote(text)
	}
	return strings.Join(quoted, separator)
}

// printable returns text of a server in a form that is safe in a line of a log:
// cut to 300 bytes, and quoted if it has characters that do not print.
func printable(s string) string {
	const most = 300
	cut := ""
	if len(s) > most {
		s, cut = s[:most], "…"
	}
	for _, r := range s {
		if r == '\uFFFD' || !strconv.IsPrint(r) {
			return strconv.Quote(s) + cut
		}
	}
	return s + cut
}

// requirement returns a disjunction of scope sets in words: `"a:read" or "a:admin"`, or
// `("a" and "b") or "c"`.
func requirement(sets [][]string) string {
	alternatives := make([]string, 0, len(sets))
	for _, set := range sets {
		text := quoteAll(set, " and ")
		if len(set) > 1 && len(sets) > 1 {
			text = "(" + text + ")"
		}
		alternatives = append(alternatives, text)
	}
	return strings.Join(alternatives, " or ")
}
