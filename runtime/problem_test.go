package runtime

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// These two parsers are met in calls by the tests of package runtime_test; here
// they meet everything else.

func FuzzProblem(f *testing.F) {
	for _, seed := range []string{
		`{"type":"https://x/errors/unauthorised","status":401,"title":"Unauthorised","detail":"d","instance":"/a","request_id":"r1"}`,
		`{"status":401,"type":"unauthorized"}`, `{"details":[{"a":1}]}`, `{"error":"e","error_description":"d"}`, `{"status":"4e2"}`, `{"title":"\ud800"}`,
		`[1]`, `null`, `{"a":`, ``, `{"detail":{"a":{"b":[]}},"DETAIL":"x"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		p := parseProblem(body)
		if p.Status != 0 && (p.Status < 100 || p.Status > 599) {
			t.Fatalf("%q gives the status %d", body, p.Status)
		}
		if !json.Valid(body) && p.Members != nil {
			t.Fatalf("%q is not JSON and has members", body)
		}
		line := (&Error{Operation: "op", Status: 400, Problem: p}).Error()
		if strings.ContainsAny(line, "\n\r\x1b\x00") {
			t.Fatalf("%q makes an error of several lines: %q", body, line)
		}
	})
}

func FuzzRetryAfter(f *testing.F) {
	now := time.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)
	for _, seed := range []string{"7", "0", "-1", "99999999999999999999", "1.5", " 12 ", now.Add(time.Hour).Format(http.TimeFormat),
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Fri, 31 Dec 9999 23:59:59 GMT", "+5", "1e3"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		wait := parseRetryAfter(value, now)
		if wait < 0 || wait > 100*366*24*time.Hour {
			t.Fatalf("%q is a wait of %s", value, wait)
		}
	})
}

// However hostile the value, the path has the segments of its template, and
// what is sent is what is signed.
func FuzzPath(f *testing.F) {
	for _, seed := range []string{"a", "a/b", "..", "%2e%2e", "a\\..\\b", "ä", "\xff", "a;b", "{id}", "a?b#c", "\r\n"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "api.example", Path: "/v 1", RawPath: "/v%201"}
	op := &clientimpl.Operation{ID: "op", Path: "/things/{id}/parts"}
	f.Fuzz(func(t *testing.T, value string) {
		r := NewRequest(op)
		r.Path("id", value)
		u, err := r.url(base)
		if err != nil {
			return
		}
		if got := strings.Split(u.EscapedPath(), "/"); len(got) != 5 || got[1] != "v%201" || got[2] != "things" || got[4] != "parts" || got[3] == "" {
			t.Fatalf("%q makes the path %q", value, u.EscapedPath())
		}
		again, err := url.ParseRequestURI(u.RequestURI())
		if err != nil || again.EscapedPath() != u.EscapedPath() || again.Path != u.Path {
			t.Fatalf("%q is sent as %q and read as %q (%v)", value, u.RequestURI(), again, err)
		}
		if back := again.Path[len("/v 1/things/") : len(again.Path)-len("/parts")]; back != value {
			t.Fatalf("%q arrives as %q", value, back)
		}
	})
}

// FuzzPathPattern holds the same of values that keep their slashes.
func FuzzPathPattern(f *testing.F) {
	for _, seed := range []string{"people/a", "people/a/b", "people/", "people//a", "people/..", "people/%2e%2e", "people/a%2f..", "people/a\\..\\b", "people/a?b#c", "/people/a", "people/ä", "people/\xff", "people/a:go"} {
		f.Add(seed)
	}
	base := &url.URL{Scheme: "https", Host: "api.example", Path: "/v1"}
	one, many := &clientimpl.Operation{ID: "one", Path: "/{name=people/*}:go"}, &clientimpl.Operation{ID: "many", Path: "/files/{name=people/**}"}
	f.Fuzz(func(t *testing.T, value string) {
		for op, before := range map[*clientimpl.Operation]string{one: "/v1/people/", many: "/v1/files/people/"} {
			r := NewRequest(op)
			r.Path("name", value)
			u, err := r.url(base)
			if err != nil {
				continue
			}
			sent, ok := strings.CutPrefix(u.EscapedPath(), before)
			if !ok || sent == "" || op == one && strings.Contains(sent, "/") || slices.Contains(strings.Split(sent, "/"), "") {
				t.Fatalf("%q makes the path %q", value, u.EscapedPath())
			}
			again, err := url.ParseRequestURI(u.RequestURI())
			if err != nil || again.EscapedPath() != u.EscapedPath() || hasDotSegment(again.Path) {
				t.Fatalf("%q is sent as %q and read as %q (%v)", value, u.RequestURI(), again, err)
			}
			if back, _ := strings.CutSuffix(strings.TrimPrefix(again.Path, strings.TrimSuffix(before, "people/")), ":go"); op == one && back != value || op == many && !strings.HasSuffix(again.Path, value) {
				t.Fatalf("%q arrives as %q", value, again.Path)
			}
		}
	})
}
