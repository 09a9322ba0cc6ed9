package runtime

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Problem is what an API says about an error, in the words of RFC 9457
// (application/problem+json, before it RFC 7807). It is read leniently: from
// any body that is a JSON object, with "details" for "detail", from the bare
// form {"status": 401, "type": "unauthorized"}, from the form of OAuth (RFC
// 6749, section 5.2) and from {"message": …}; a member of the wrong type is
// left in Members alone.
//
// Compare Type with care: the same API may send "bad_request" and a URL that
// ends in it.
type Problem struct {
	Type      string
	Title     string
	Status    int // as the body says, or 0; Error.Status is the answer's own
	Detail    string
	Instance  string
	RequestID string

	Members map[string]json.RawMessage // every member as received, nil where the body is not a JSON object
}

// parseProblem reads the body of an answer that is not success. It never
// fails: what it does not understand is not there.
func parseProblem(body []byte) Problem {
	var p Problem
	if jsonKind(body) != "object" || json.Unmarshal(body, &p.Members) != nil {
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

// text returns the first of the members that is a text. Details are sometimes a
// list or an object; then it is the JSON text of it.
func (p *Problem) text(names ...string) string {
	for _, name := range names {
		value := p.Members[name]
		switch jsonKind(value) {
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

// parseRetryAfter reads a Retry-After field (RFC 9110, section 10.2.3): seconds
// or a date. What it does not understand, and a date in the past, is 0.
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
