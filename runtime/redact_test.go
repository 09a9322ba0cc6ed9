package runtime_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
)

// spellings are the ways in which servers were seen, or may be expected, to
// repeat what they were sent.
var spellings = map[string]func(string) string{
	"AsItIs":        func(s string) string { return s },
	"UpperCase":     strings.ToUpper,
	"LowerCase":     strings.ToLower,
	"InAURL":        url.QueryEscape,
	"InAPath":       url.PathEscape,
	"InHTML":        html.EscapeString,
	"Quoted":        func(s string) string { return fmt.Sprintf("%q", s) },
	"JSONInJSON":    func(s string) string { text, _ := json.Marshal(s); return string(text) },
	"UnicodeEscape": unicodeEscapes,
	"Twice":         func(s string) string { return strings.ReplaceAll(unicodeEscapes(s), `\`, `\\`) },
	"HexEscapes": func(s string) string {
		var out strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&out, `\x%02X`, s[i])
		}
		return out.String()
	},
	"PercentOfEverything": func(s string) string {
		var out strings.Builder
		for i := range len(s) {
			fmt.Fprintf(&out, "%%%02x", s[i])
		}
		return out.String()
	},
	"CharacterReferences": func(s string) string {
		var out strings.Builder
		for i, c := range s {
			fmt.Fprintf(&out, []string{"&#%d;", "&#x%X;"}[i%2], c)
		}
		return out.String()
	},
	"CutShort": func(s string) string { return s[:20] + "…" },
}

func unicodeEscapes(s string) string {
	var out strings.Builder
	for _, c := range s {
		fmt.Fprintf(&out, `\u%04x`, c)
	}
	return out.String()
}

const (
	oddSecret = `s3cret/Kq+7<&">'\Zz-0123456789`
	oddToken  = `t0ken/AbCdEf+GhIjKl==.0123456789~_-<&">'`
)

// gone fails if text holds a telling part of secret after all escapes.
func gone(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		require.NotContains(t, strings.ToLower(text), strings.ToLower(part))
		require.NotContains(t, strings.ToLower(text), strings.ToLower(unicodeEscapes(part)))
		require.NotContains(t, strings.ToLower(text), strings.ToLower(url.QueryEscape(part)))
	}
}

func TestASecretThatTheTokenEndpointEchoesIsInNoError(t *testing.T) {
	for name, spell := range spellings {
		t.Run(name, func(t *testing.T) {
			s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
				secret := r.FormValue("client_secret")
				w.Header().Set("Content-Type", "application/json")
				w.Header().Set("Things-Request-Id", url.QueryEscape(secret))
				w.WriteHeader(http.StatusBadRequest)
				_ = json.NewEncoder(w).Encode(map[string]string{"error": "wrong " + spell(secret), "error_description": "you sent " + spell(secret) + " here"})
			})
			session, err := runtime.Open(thingsAPI(), runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret(oddSecret)})
			require.NoError(t, err)
			err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1())
			var refused *runtime.TokenError
			require.ErrorAs(t, err, &refused)
			require.Contains(t, refused.Code, "wrong ")
			require.Contains(t, refused.Detail, "[secret]")
			for _, text := range []string{err.Error(), fmt.Sprintf("%+v", *refused)} {
				gone(t, text, "s3cret", "Kq+7", "0123456")
			}
		})
	}
}

func TestAnAccessTokenThatTheAPIEchoesIsInNoError(t *testing.T) {
	for name, spell := range spellings {
		t.Run(name, func(t *testing.T) {
			server := newThingsWithToken(t, func(w http.ResponseWriter, r *http.Request) {
				token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
				w.Header().Set("Things-Request-Id", url.QueryEscape(token))
				answer(w, http.StatusBadRequest, map[string]string{"title": "no " + spell(token), "detail": "got " + spell(token)})
			})
			err := runtime.DoEmpty(t.Context(), server, getThing1())
			var refused *runtime.Error
			require.ErrorAs(t, err, &refused)
			require.True(t, json.Valid(refused.Body), "%s", refused.Body)
			require.Contains(t, refused.Problem.Detail, "[token removed]")
			for _, text := range []string{err.Error(), string(refused.Body), fmt.Sprintf("%+v", *refused)} {
				gone(t, text, "t0ken", "AbCdEf", "0123456")
			}

			// Nor in the error of a success that cannot be read.
			for _, field := range []string{"Content-Encoding", "Content-Type"} {
				server = newThingsWithToken(t, func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Things-Request-Id", url.QueryEscape(oddToken))
					w.Header().Set(field, url.QueryEscape(spell(oddToken)))
					_, _ = w.Write([]byte("{"))
				})
				_, err = doJSON[thing](t.Context(), server, getThing1())
				var unreadable *runtime.DecodeError
				require.ErrorAs(t, err, &unreadable)
				for _, text := range []string{err.Error(), fmt.Sprintf("%+v", *unreadable)} {
					gone(t, text, "t0ken", "AbCdEf", "0123456")
				}
			}
		})
	}
}

// newThingsWithToken returns what calls an API whose access token is oddToken.
func newThingsWithToken(t *testing.T, handler http.HandlerFunc) runtime.Caller {
	mux := http.NewServeMux()
	mux.HandleFunc("/oauth/token", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]any{"access_token": oddToken, "token_type": "bearer", "expires_in": 3600})
	})
	mux.HandleFunc("/", handler)
	s := newIssuer(t, grantFor(""))
	s.Config.Handler = mux
	return runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t, thingsAPI())))
}

func TestABodyThatIsCutWithinATokenDoesNotKeepItsBeginning(t *testing.T) {
	alone(t)
	const limit = 64 << 10
	for part := range len(`\u0061`) { // the limit may be within an escape sequence
		c := newThingsWithToken(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(strings.Repeat(" ", limit-len(`\u0061`)*8-part) + unicodeEscapes(oddToken)))
		})
		var refused *runtime.Error
		require.ErrorAs(t, runtime.DoEmpty(t.Context(), c, getThing1()), &refused)
		require.Equal(t, "[token removed]", strings.TrimSpace(string(refused.Body)), "%d", part)
	}
	for n := 4; n <= len(oddToken); n++ {
		for _, spell := range []func(string) string{spellings["AsItIs"], unicodeEscapes} {
			shown := len(spell(oddToken[:n]))
			c := newThingsWithToken(t, func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(strings.Repeat(" ", limit-shown) + spell(oddToken) + "more"))
			})
			err := runtime.DoEmpty(t.Context(), c, getThing1())
			var refused *runtime.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, "[token removed]", strings.TrimSpace(string(refused.Body)), "%d", n)

			// The connection breaks there.
			c = newThingsWithToken(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				w.WriteHeader(http.StatusBadRequest)
				_, _ = w.Write([]byte(spell(oddToken[:n])))
				w.(http.Flusher).Flush()
				panic(http.ErrAbortHandler)
			})
			require.ErrorAs(t, runtime.DoEmpty(t.Context(), c, getThing1()), &refused)
			require.Equal(t, "[token removed]", string(refused.Body), "%d", n)
		}
	}
}

func TestBasicCredentialsThatAreEchoedAreInNoError(t *testing.T) {
	for name, spell := range spellings {
		if name == "UpperCase" || name == "LowerCase" || name == "CutShort" {
			continue // not base64 any more, or too short to be cut
		}
		s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) {
			w.WriteHeader(http.StatusBadRequest)
			_ = json.NewEncoder(w).Encode(map[string]string{"error": "no", "error_description": spell(r.Header.Get("Authorization"))})
		})
		api := thingsAPI()
		api.Token.Basic = true
		err := runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t, api))), getThing1())
		require.Error(t, err)
		pair := base64.StdEncoding.EncodeToString([]byte("c1:s3cret"))
		gone(t, err.Error(), pair[:len(pair)-4], url.QueryEscape(pair))
	}
}

func TestASecretInAnAnswerThatIsNotHTTPIsInNoError(t *testing.T) {
	broken := func(w http.ResponseWriter, line string) {
		conn, _, _ := http.NewResponseController(w).Hijack()
		_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\n" + line + "\r\n\r\n"))
		_ = conn.Close()
	}
	s := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) { broken(w, r.FormValue("client_secret")) })
	session := s.open(t, thingsAPI(), runtime.WithoutRetry())
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1())
	require.ErrorContains(t, err, "[secret]")
	gone(t, err.Error(), "s3cret")

	c := newThingsWithToken(t, func(w http.ResponseWriter, r *http.Request) {
		broken(w, strings.ReplaceAll(r.Header.Get("Authorization"), ":", ""))
	})
	err = runtime.DoEmpty(t.Context(), c, getThing1(), runtime.WithoutRetry())
	require.ErrorContains(t, err, "[token removed]")
	gone(t, err.Error(), "t0ken")
}

func FuzzRedact(f *testing.F) {
	for _, spell := range spellings {
		f.Add("you sent "+spell(oddSecret)+" to us", oddSecret)
	}
	f.Add(`\u`, "secret")
	f.Add("%2", "secret")
	f.Add("&#x;&#", "secret")
	f.Add(`\ud83d\ude00`, "😀😀")
	f.Fuzz(func(t *testing.T, text, secret string) {
		out := runtime.Redact(text, secret)
		if len(secret) < 4 || strings.Contains("_", secret) {
			return
		}
		// What stands on both sides of a replacement may come to join only
		// through the replacement itself.
		if strings.Contains(strings.ToLower(strings.ReplaceAll(out, "\x00", "\n")), strings.ToLower(secret)) && !strings.ContainsAny(secret, "\x00\n") && ascii(secret) {
			t.Fatalf("%q in %q", secret, out)
		}
		if !strings.Contains(out, "\x00") && out != text {
			t.Fatalf("%q was changed to %q without a replacement", text, out)
		}
	})
}

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' })
}
