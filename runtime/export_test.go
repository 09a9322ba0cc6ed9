package runtime

import (
	"context"
	"testing"
	"time"
)

// BearerOf gives the benchmark what a call does to get its token.
func BearerOf(c Caller) func(context.Context) (string, error) { return c.authorization.bearer }

func FuzzTokenAnswer(f *testing.F) {
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

// Redact replaces secret in text by a zero byte.
func Redact(text, secret string) string { return redactString(text, "\x00", secret) }
