package runtime

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// What may have gone wrong with a call, for errors.Is:
//
//	order, err := client.PlaceOrder(ctx, request)
//	switch {
//	case errors.Is(err, runtime.ErrForbidden):   // ask for another scope
//	case errors.Is(err, runtime.ErrRateLimited): // come back later
//	}
//
// Those from ErrBadRequest to ErrUnavailable are answers of the API: the error
// is an [*Error], which errors.As finds and which says more.
var (
	// ErrFailClosed: the call was refused before anything was built or sent,
	// because there is no right to make it. See [Token.Err].
	ErrFailClosed = errors.New("nothing was sent")

	// ErrInvalidCall: the call itself is wrong (a parameter, an option, the body), and nothing was sent.
	ErrInvalidCall = errors.New("the call is not valid and was not sent")

	// ErrNoAnswer: no whole answer came. The error is a [*SendError].
	ErrNoAnswer = errors.New("no answer")

	// ErrUnreadable: the API answered with success, but the answer cannot be understood. The error is a [*DecodeError].
	ErrUnreadable = errors.New("the answer cannot be read")

	// ErrTooLarge: the answer is larger than the limit, see [WithResponseLimit].
	ErrTooLarge = errors.New("the answer is too large")

	// The kinds of an [*Error].
	ErrBadRequest   = errors.New("bad request")         // 400 or 422: the API found fault with what was sent
	ErrUnauthorized = errors.New("unauthorized")        // 401, with a token made anew too
	ErrForbidden    = errors.New("forbidden")           // 403: the token does not permit it
	ErrNotFound     = errors.New("not found")           // 404 or 410
	ErrConflict     = errors.New("conflict")            // 409 or 412
	ErrRateLimited  = errors.New("too many requests")   // 429
	ErrUnavailable  = errors.New("service unavailable") // 500 and above
)

// Error is an answer of the API other than success (2xx). It holds no secret:
// the access token is removed from what the API echoed.
type Error struct {
	Operation      string        // the operation's name in the catalogue
	Status         int           // HTTP status
	Problem        Problem       // what the API said, as far as it was understood; the zero Problem otherwise
	ContentType    string        // of Body
	Body           []byte        // the answer's body, the first 64 KiB of it
	RequestID      string        // names the request to the API's support, or ""
	RetryAfter     time.Duration // how long the API asks to wait, or 0
	Attempts       int           // how often the request was sent
	IdempotencyKey string        // that the attempts carried; a later call with it repeats this one safely
	Requires       [][]string    // sets of scopes, any one of which permits the operation
	Scopes         []string      // the scopes that the call's token was asked for
	Granted        []string      // the scopes that it held, if these are more ([WithWiderTokens])
	Skew           time.Duration // for 400, 401 and 403 to a signed request: how far the server's clock is ahead of this machine's; 0 if that is less than 5 s or not known
}

// Error tells the operation, the status, what the API said, and for a 403 the
// scopes that were needed and held.
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
			op := Operation{Requires: e.Requires}
			text += "; it needs the scope " + op.requirement() + ", and"
		} else {
			text += ";"
		}
		text += " the token was asked for " + heldScopes(e.Scopes)
		if len(e.Granted) > 0 {
			text += " and held " + heldScopes(e.Granted)
		}
	case e.Status == http.StatusSwitchingProtocols:
		text += "; the server changed to another protocol, which was not asked for: correct the server's URL"
	case e.Status >= 300 && e.Status < 400:
		text += "; redirects are not followed, because a token and a signature are for one server and one path: correct the server's URL"
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

// Is makes errors.Is find the kind of the status.
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

// SendError says that no whole answer came: the connection failed, broke off,
// or took too long. For an operation that changes something it is unknown
// whether it had its effect. To find out, call again with the same idempotency
// key, where there is one.
//
// Unwrap gives the cause, so that errors.Is finds context.Canceled,
// context.DeadlineExceeded and the errors of the net package.
type SendError struct {
	Operation      string
	Attempts       int    // how often the request was sent
	IdempotencyKey string // that the attempts carried, or ""
	Err            error
}

// Error tells the operation, the number of attempts and the cause.
func (e *SendError) Error() string {
	return fmt.Sprintf("%s: no answer (attempt %d): %v", e.Operation, e.Attempts, e.Err)
}

// Unwrap returns the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Is reports true for [ErrNoAnswer].
func (e *SendError) Is(target error) bool { return target == ErrNoAnswer }

// DecodeError says that the API answered with success, but with a body that
// cannot be read as what the operation promises. The operation has had its effect.
type DecodeError struct {
	Operation   string
	Status      int
	ContentType string
	RequestID   string
	Offset      int64 // bytes into the body, where the cause tells; else 0
	Err         error
}

// Error tells the operation, the status, the place and the cause.
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

// Is reports true for [ErrUnreadable].
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

// printable is foreign text as it can stand in a line of a log: quoted where it
// holds what does not print, and not longer than a line.
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
