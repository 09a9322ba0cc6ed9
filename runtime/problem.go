package runtime

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/internal/jsonvalue"
)

// Problem describes an error in the API's own words, with the members of RFC 9457
// (application/problem+json; earlier RFC 7807). It is read from any JSON object,
// whatever its content type. "details" is read like "detail", and so are the
// error members of OAuth (RFC 6749, section 5.2) and {"message": …}. What is not there
// is looked for where other APIs say it: in {"error": {"message": …}}, as Google,
// Microsoft and Stripe write it, and in the first of {"errors": [{…}]}. Of lists of texts
// and of errors by the names of fields, as Jira's, the JSON is the Detail. The rest is
// found in Members only. A body of text/plain is the Detail.
//
// Compare Type with care: one API may send both "bad_request" and a URL that ends
// in it.
type Problem struct {
	Type      string
	Title     string
	Status    int // from the body, or 0; Error.Status is the status of the response
	Detail    string
	Instance  string
	RequestID string

	Members map[string]json.RawMessage // every member as received, nil where the body is not a JSON object
}

// parseProblem returns what it understands of the body of a response that is not
// success.
func parseProblem(body []byte) Problem {
	var p Problem
	if jsonvalue.Kind(body) != "object" || json.Unmarshal(body, &p.Members) != nil {
		return Problem{}
	}
	p.Type = textIn(p.Members, "type", "error", "code")
	p.Title = textIn(p.Members, "title")
	p.Detail = textIn(p.Members, "detail", "details", "error_description", "message", "errorMessages")
	p.Instance = textIn(p.Members, "instance")
	p.RequestID = textIn(p.Members, "request_id", "requestId")
	p.Status = statusIn(p.Members["status"])
	for _, inner := range [...]map[string]json.RawMessage{objectIn(p.Members["error"]), firstIn(p.Members["errors"])} {
		p.Type = cmp.Or(p.Type, textIn(inner, "type", "code"))
		if statusIn(inner["status"]) == 0 { // Google's is a name
			p.Type = cmp.Or(p.Type, textIn(inner, "status"))
		}
		p.Title = cmp.Or(p.Title, textIn(inner, "title"))
		p.Detail = cmp.Or(p.Detail, textIn(inner, "message", "detail", "details"))
		p.RequestID = cmp.Or(p.RequestID, textIn(inner, "request_id", "requestId"))
		p.Status = cmp.Or(p.Status, statusIn(inner["status"]), statusIn(inner["code"]))
	}
	if p.Detail == "" && p.Title == "" {
		p.Detail = compactList(p.Members["errors"])
	}
	return p
}

// textIn returns the first of the named members that is a string and not empty. For
// details and Jira's errorMessages, which may be a list or an object, it returns their
// JSON.
func textIn(members map[string]json.RawMessage, names ...string) string {
	for _, name := range names {
		value := members[name]
		if jsonvalue.Kind(value) == "string" {
			var s string
			if json.Unmarshal(value, &s) == nil && s != "" {
				return s
			}
		} else if strings.HasPrefix(name, "detail") || name == "errorMessages" {
			if s := compactList(value); s != "" {
				return s
			}
		}
	}
	return ""
}

// compactList returns the JSON of a list or an object that holds something, "" otherwise.
func compactList(value json.RawMessage) string {
	var compact bytes.Buffer
	switch jsonvalue.Kind(value) {
	case "array", "object":
		if json.Compact(&compact, value) == nil && compact.Len() > len("[]") {
			return compact.String()
		}
	}
	return ""
}

// objectIn returns the members of an object, nil for anything else.
func objectIn(value json.RawMessage) (members map[string]json.RawMessage) {
	if jsonvalue.Kind(value) != "object" || json.Unmarshal(value, &members) != nil {
		return nil
	}
	return members
}

// firstIn returns the members of the first object in a list. An object in its place has
// the names of fields as members, which are not those of an error.
func firstIn(value json.RawMessage) map[string]json.RawMessage {
	var elements []json.RawMessage
	if jsonvalue.Kind(value) != "array" || json.Unmarshal(value, &elements) != nil || len(elements) == 0 {
		return nil
	}
	return objectIn(elements[0])
}

// statusIn returns the HTTP status that a member holds as a number or a text, or 0.
func statusIn(value json.RawMessage) int {
	if n, err := strconv.Atoi(strings.Trim(string(value), `"`)); err == nil && n >= 100 && n <= 599 {
		return n
	}
	return 0
}

// parseRetryAfter returns how long a Retry-After field (RFC 9110, section 10.2.3),
// in seconds or as a date, asks to wait. It returns 0 if it cannot read the field
// or the date has passed.
func parseRetryAfter(value string, now time.Time) time.Duration {
	const most = 100 * 365 * 24 * time.Hour
	value = strings.TrimSpace(value)
	if value == "" {
		return 0
	}
	if allDigits(value) {
		seconds, err := strconv.ParseInt(value, 10, 64)
		if err != nil || seconds > int64(most/time.Second) {
			return most
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), most)
}
