package runtime

import (
	"bytes"
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
// error members of OAuth (RFC 6749, section 5.2) and {"message": …}. A member of
// an unexpected type is found in Members only.
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
	p.Type = p.text("type", "error", "code")
	p.Title = p.text("title")
	p.Detail = p.text("detail", "details", "error_description", "message")
	p.Instance = p.text("instance")
	p.RequestID = p.text("request_id", "requestId")
	status := strings.Trim(string(p.Members["status"]), `"`)
	if n, err := strconv.Atoi(status); err == nil && n >= 100 && n <= 599 {
		p.Status = n
	}
	return p
}

// text returns the first of the named members that is a string and not empty. For
// details, which are sometimes a list or an object, it returns their JSON.
func (p *Problem) text(names ...string) string {
	for _, name := range names {
		value := p.Members[name]
		switch jsonvalue.Kind(value) {
		case "string":
			var s string
			if json.Unmarshal(value, &s) == nil && s != "" {
				return s
			}
		case "array", "object":
			var compact bytes.Buffer
			if strings.HasPrefix(name, "detail") && json.Compact(&compact, value) == nil {
				return compact.String()
			}
		}
	}
	return ""
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
