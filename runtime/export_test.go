package runtime

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"
)

// BearerOf gives the benchmark what a call does to get its token.
func BearerOf(c Caller) func(context.Context) (string, error) { return authorizationOf(c).bearer }

func FuzzTokenResponse(f *testing.F) {
	for _, text := range []string{
		`{"access_token":"a","token_type":"bearer","expires_in":1800,"scope":"a b"}`,
		`{"access_token":"a","token_type":"Bearer","expires_in":"1e18"}`,
		`{"access_token":1,"token_type":[],"expires_in":{}}`,
		`{"error":"invalid_client"}`, `<html>`, ``, `null`, `{"expires_in":-1e999}`,
	} {
		f.Add(200, "application/json", []byte(text))
		f.Add(401, "text/html", []byte(text))
	}
	f.Fuzz(func(t *testing.T, status int, contentType string, text []byte) {
		a, err := parseToken(status, contentType, text)
		if err != nil {
			if a.Value.Reveal() != "" || err.Error() == "" {
				t.Fatal("an error with a token, or without words")
			}
			return
		}
		if !validToken(a.Value.Reveal()) || a.Life < 0 || a.Life > 365*24*time.Hour {
			t.Fatalf("%+v", a)
		}
	})
}

// FuzzValues reads sequences of values to their end: each text is within the limit, and
// reading goes on to the end of the body or ends with an error.
func FuzzValues(f *testing.F) {
	for contentType, bodies := range map[string][]string{
		"text/event-stream":    {"data: {}\n\n: c\r\rdata:1\r\ndata: 2\n\ndata: [DONE]\n\n", "\xef\xbb\xbfdata", "\r\n\r"},
		"application/x-ndjson": {"{}\n\n[1]\r\n", "x"},
		"application/json-seq": {"\x1e{\n\"a\":\"}\\\"\"}\n\x1e1", "\x1e\x1e]\n"},
		"application/json":     {"{}"}, ";": {""},
	} {
		for _, body := range bodies {
			f.Add(contentType, []byte(body))
		}
	}
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r, err := newValueReader(bytes.NewReader(body), contentType)
		if err != nil {
			return
		}
		for n := 0; ; n++ {
			text, err := r.next()
			if err != nil {
				return
			}
			if len(text) == 0 || len(text) > maxValue || n > len(body) {
				t.Fatalf("value %d: %q", n, text)
			}
		}
	})
}

func FuzzMetadata(f *testing.F) {
	const issuer = "https://login.example/tenant"
	for _, text := range []string{
		`{"issuer":"https://login.example/tenant","token_endpoint":"https://login.example/token"}`,
		`{"issuer":"https://login.example/tenant","token_endpoint":"https://LOGIN.example:443/token?a=b","grant_types_supported":["x"],"mtls_endpoint_aliases":{"token_endpoint":"https://tls.example/token"}}`,
		`{"issuer":"https://login.example/tenant","token_endpoint":"https://tokens.example","revocation_endpoint":"http://127.0.0.1/","device_authorization_endpoint":null}`,
		`{"issuer":"https://login.example/tenant/"}`, `{"issuer":"https://other.example","issuer":"https://login.example/tenant"}`, `[]`, `{`, ``, `null`,
	} {
		f.Add([]byte(text))
	}
	u, err := url.Parse(issuer)
	if err != nil {
		f.Fatal(err)
	}
	allowed := newHosts(u, []string{"tls.example", "[::1]:8443"})
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := parseMetadata(text, issuer, allowed)
		if err != nil {
			if m != nil || err.Error() == "" || strings.ContainsFunc(err.Error(), unicode.IsControl) {
				t.Fatalf("an error with metadata, without words, or with what a terminal obeys: %q", err)
			}
			return
		}
		for _, e := range endpoints {
			for _, method := range []string{"none", "tls_client_auth"} {
				u, err := m.endpoint(e, method)
				switch {
				case err != nil:
					if strings.ContainsFunc(err.Error(), unicode.IsControl) {
						t.Fatalf("%q", err)
					}
				case u.Scheme != "https", u.User != nil, u.Fragment != "":
					t.Fatal(u)
				case u.Host != "tls.example" && u.Host != "tls.example:443" && u.Host != "[::1]:8443" && strings.TrimSuffix(strings.ToLower(u.Host), ":443") != "login.example" && !strings.EqualFold(strings.TrimSuffix(u.Host, ":443"), "tls.example"):
					t.Fatal(u)
				}
			}
		}
	})
}

func FuzzChallenge(f *testing.F) {
	for _, text := range []string{
		`DPoP error="use_dpop_nonce", error_description="x"`, `Bearer realm="a, b", DPoP algs="ES256", error=use_dpop_nonce`,
		`Negotiate abc==, DPoP error="x"`, `DPoP error="a\"b\\"`, `DPoP error="`, `DPoP error=`, `,,, =`, `Basic`, `DPoP  error  =  x`,
	} {
		f.Add(text, "use_dpop_nonce")
	}
	f.Fuzz(func(t *testing.T, text, value string) {
		dpopComplaint(http.Header{"Www-Authenticate": {text}})
		quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)
		for _, before := range []string{"", `Basic realm="DPoP error=\"no\", "` + ", ", "Negotiate YQ==, ", "Negotiate YQ, "} {
			field := before + `dpop algs="ES256 RS256" , Error = "` + quoted + `"`
			if got := dpopComplaint(http.Header{"Www-Authenticate": {text[:0], field}}); got != value && len(field) <= longestChallenges {
				t.Fatalf("%q in %q, not %q", got, field, value)
			}
		}
		if validNonce(value) && (value == "" || len(value) > longestNonce || checkHeader("x", value) != nil) {
			t.Fatalf("%q is taken for a nonce", value)
		}
	})
}

// Prove returns what makes the proof of a call.
func Prove(s *Session) func(method string, target *url.URL, token string) (string, error) {
	return func(method string, target *url.URL, token string) (string, error) {
		p, err := s.binding.prove(method, target, token, s.clock.Now())
		return p.text, err
	}
}

// Redact replaces secret in text by a zero byte.
func Redact(text, secret string) string { return redactString(text, "\x00", secret) }
