package runtime_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// proofOf is what a proof says.
type proofOf struct {
	Header struct {
		Type      string `json:"typ"`
		Algorithm string `json:"alg"`
	}
	ID     string `json:"jti"`
	Method string `json:"htm"`
	Target string `json:"htu"`
	Issued int64  `json:"iat"`
	Token  string `json:"ath"`
	Nonce  string `json:"nonce"`
}

func readProof(t testing.TB, r *http.Request) (p proofOf) {
	t.Helper()
	parts := strings.Split(r.Header.Get("DPoP"), ".")
	if len(parts) != 3 {
		t.Errorf("%s %s has the proof %q", r.Method, r.URL, r.Header["Dpop"])
		return p
	}
	for i, to := range []any{&p.Header, &p} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		if err == nil {
			err = json.Unmarshal(text, to)
		}
		if err != nil {
			t.Error(err)
		}
	}
	return p
}

func boundAPI() *clientimpl.API {
	api := thingsAPI()
	api.Token.DPoP = "optional"
	return api
}

const boundToken = `{"access_token":"Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU","token_type":"DPoP","expires_in":3600}`

// boundServer is a token endpoint and an API that both keep the proofs they get.
type boundServer struct {
	*httptest.Server
	clock *stepClock
	token http.HandlerFunc // nil grants boundToken
	api   http.HandlerFunc // nil answers 204

	mu     sync.Mutex
	tokens []proofOf
	calls  []proofOf
}

func newBoundServer(t testing.TB, token, api http.HandlerFunc) *boundServer {
	t.Helper()
	s := &boundServer{clock: newStepClock(), token: token, api: api}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		proof := readProof(t, r)
		handler, list := s.api, &s.calls
		if r.URL.Path == "/oauth/token" {
			handler, list = s.token, &s.tokens
		}
		s.mu.Lock()
		*list = append(*list, proof)
		s.mu.Unlock()
		switch {
		case handler != nil:
			handler(w, r)
		case r.URL.Path == "/oauth/token":
			_, _ = io.WriteString(w, boundToken)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *boundServer) counts() [2]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return [2]int{len(s.tokens), len(s.calls)}
}

func (s *boundServer) open(t testing.TB, opts ...runtime.Option) *runtime.Session {
	t.Helper()
	session, err := runtime.Open(boundAPI(), runtime.Server{URL: s.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")},
		append([]runtime.Option{runtime.WithClock(s.clock), runtime.WithDPoP()}, opts...)...)
	require.NoError(t, err)
	return session
}

func (s *boundServer) call(t testing.TB, opts ...runtime.Option) error {
	t.Helper()
	return runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t, opts...))), getThing1())
}

func challenge(w http.ResponseWriter, code, nonce string) {
	w.Header()["Dpop-Nonce"] = []string{nonce}
	w.Header().Set("WWW-Authenticate", `Bearer realm="x, DPoP error=\"no\"", DPoP algs="ES256", error="`+code+`"`)
	w.WriteHeader(http.StatusUnauthorized)
}

func refuseProof(w http.ResponseWriter, code, nonce string) {
	w.Header()["Dpop-Nonce"] = []string{nonce}
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error":%q,"error_description":"see the header"}`, code)
}

func TestAProofSaysWhatTheRequestIs(t *testing.T) {
	s := newBoundServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Get("Authorization"); got != "DPoP Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU" {
			t.Errorf("Authorization: %q", got)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	session := s.open(t)
	for range 2 {
		request := getThing1()
		request.Query("q", "x")
		require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), request))
	}
	require.Equal(t, [2]int{1, 2}, s.counts())
	for _, p := range append(s.tokens, s.calls...) {
		require.Equal(t, "dpop+jwt", p.Header.Type)
		require.Equal(t, "ES256", p.Header.Algorithm)
		require.Equal(t, s.clock.Now().Unix(), p.Issued)
		require.Len(t, p.ID, 26)
		require.Empty(t, p.Nonce)
	}
	require.Equal(t, [3]string{"POST", s.URL + "/oauth/token", ""}, [3]string{s.tokens[0].Method, s.tokens[0].Target, s.tokens[0].Token})
	// The hash that RFC 9449, section 7.1, gives for this access token.
	require.Equal(t, [3]string{"GET", s.URL + "/things/1", "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"}, [3]string{s.calls[0].Method, s.calls[0].Target, s.calls[0].Token})
	require.NotEqual(t, s.calls[0].ID, s.calls[1].ID)
}

func TestTheTargetOfAProofIsNormalized(t *testing.T) {
	for server, want := range map[string]string{
		"https://API.Example:443/v1/": "https://api.example/v1/things/a%2Fb",
		"https://api.example:8443":    "https://api.example:8443/things/a%2Fb",
		"http://LOCALHOST:80":         "http://localhost/things/a%2Fb",
		"https://[::1]:443":           "https://[::1]/things/a%2Fb",
	} {
		var target string
		session, err := runtime.Open(boundAPI(), runtime.Server{URL: strings.Replace(server, "LOCALHOST", "localhost", 1)}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithDPoP(),
			runtime.WithTransport(roundTripper(func(r *http.Request) (*http.Response, error) {
				if strings.HasSuffix(r.URL.Path, "/oauth/token") {
					return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(boundToken))}, nil
				}
				target = readProof(t, r).Target
				return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}}, nil
			})))
		require.NoError(t, err)
		request := runtime.NewRequest(&getThing)
		request.Path("id", "a/b")
		request.Query("q", "x")
		require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), request))
		require.Equal(t, want, target)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestANonceIsAskedForOnceAndKept(t *testing.T) {
	s := newBoundServer(t, func(w http.ResponseWriter, r *http.Request) {
		if readProof(t, r).Nonce == "" {
			refuseProof(w, "use_dpop_nonce", "n-1")
			return
		}
		_, _ = io.WriteString(w, boundToken)
	}, func(w http.ResponseWriter, r *http.Request) {
		switch readProof(t, r).Nonce {
		case "n-1":
			challenge(w, "use_dpop_nonce", "n-2")
		case "n-2":
			w.Header().Set("DPoP-Nonce", "n-3") // of a response that is no refusal
			w.WriteHeader(http.StatusNoContent)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	caller := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t)))
	var info runtime.ResponseInfo
	require.NoError(t, runtime.DoEmpty(t.Context(), caller, getThing1(), runtime.WithResponseInfo(&info)))
	require.Equal(t, [2]int{2, 2}, s.counts())
	require.Equal(t, 2, info.Attempts)
	require.NotContains(t, info.Header, "Dpop-Nonce")
	require.NoError(t, runtime.DoEmpty(t.Context(), caller, getThing1(), runtime.WithoutRetry()))
	require.Equal(t, [2]int{2, 3}, s.counts())
	require.Equal(t, "n-3", s.calls[2].Nonce)
}

func TestANonceOfOneServerIsNotSentToAnother(t *testing.T) {
	var atAPI []string
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		atAPI = append(atAPI, readProof(t, r).Nonce)
		w.Header().Set("DPoP-Nonce", "of-the-api")
		w.WriteHeader(http.StatusNoContent)
	}))
	defer api.Close()
	s := newBoundServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", "of-the-token-endpoint")
		_, _ = io.WriteString(w, strings.Replace(boundToken, "3600", "0", 1)) // for one call
	}, nil)
	elsewhere := boundAPI()
	elsewhere.Token.Path = s.URL + "/oauth/token"
	session, err := runtime.Open(elsewhere, runtime.Server{URL: api.URL}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}, runtime.WithDPoP())
	require.NoError(t, err)
	for range 2 {
		require.NoError(t, runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1()))
	}
	require.Equal(t, []string{"", "of-the-api"}, atAPI)
	require.Equal(t, []string{"", "of-the-token-endpoint"}, []string{s.tokens[0].Nonce, s.tokens[1].Nonce})
}

func TestANonceLoopEndsAfterOneRepetition(t *testing.T) {
	n := 0
	s := newBoundServer(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		refuseProof(w, "use_dpop_nonce", fmt.Sprint("n-", n))
	}, nil)
	err := s.call(t)
	require.ErrorContains(t, err, "asks for another nonce in the DPoP proof, again and again")
	require.Equal(t, [2]int{2, 0}, s.counts())

	s = newBoundServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		n++
		challenge(w, "use_dpop_nonce", fmt.Sprint("n-", n))
	})
	err = s.call(t)
	require.ErrorIs(t, err, runtime.ErrUnauthorized)
	require.ErrorContains(t, err, "asks for another nonce in the DPoP proof, again and again")
	require.Equal(t, [2]int{1, 2}, s.counts()) // the access token was not at fault, and not dropped
}

func TestALoopThatTakesTurnsIsBounded(t *testing.T) {
	n := 0
	s := newBoundServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n%2 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		challenge(w, "use_dpop_nonce", fmt.Sprint("n-", n))
	})
	err := s.call(t, runtime.WithClock(newQuickClock()))
	require.ErrorIs(t, err, runtime.ErrUnavailable)
	require.Equal(t, [2]int{1, 8}, s.counts()) // four attempts, each after a nonce
}

func TestANonceThatCannotBeSentIsNotKept(t *testing.T) {
	for name, nonce := range map[string]string{
		"Empty": "", "OneMegabyte": strings.Repeat("n", 1<<20), "Controls": "a\x01b", "Space": "a b", "Quote": `a"b`, "Backslash": `a\b`, "NotASCII": "é",
	} {
		t.Run(name, func(t *testing.T) {
			raw := func(status, body string) http.HandlerFunc { // net/http would mend some of them
				return func(w http.ResponseWriter, _ *http.Request) {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						t.Error(err)
						return
					}
					fmt.Fprintf(conn, "HTTP/1.1 %s\r\nConnection: close\r\nWWW-Authenticate: DPoP error=\"use_dpop_nonce\"\r\nDPoP-Nonce: %s\r\nContent-Length: %d\r\n\r\n%s", status, nonce, len(body), body)
					_ = conn.Close()
				}
			}
			s := newBoundServer(t, raw("400 Bad Request", `{"error":"use_dpop_nonce"}`), nil)
			err := s.call(t, runtime.WithoutRetry())
			require.Error(t, err)
			require.Equal(t, [2]int{1, 0}, s.counts())
			if name != "Controls" { // which net/http may refuse by itself
				require.ErrorContains(t, err, "gives none that can be sent")
			}
			s = newBoundServer(t, nil, raw("401 Unauthorized", ""))
			err = s.call(t, runtime.WithoutRetry())
			require.Error(t, err)
			require.Equal(t, [2]int{1, 1}, s.counts())
			require.Less(t, len(err.Error()), 2000)
		})
	}
	s := newBoundServer(t, nil, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Dpop-Nonce"] = []string{"one", "two"}
		w.Header().Set("WWW-Authenticate", `DPoP error="use_dpop_nonce"`)
		w.WriteHeader(http.StatusUnauthorized)
	})
	require.ErrorContains(t, s.call(t), "gives none that can be sent")
}

func TestATokenTypeThatWasNotAskedForIsRefused(t *testing.T) {
	var kind string
	bearer := func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"access_token":"s3cret-token","token_type":%q,"expires_in":3600}`, kind)
	}
	s := newBoundServer(t, bearer, nil)
	for asked, says := range map[string]string{
		"":       "the response has no token_type, so the server has not bound the access token to the key",
		"Bearer": "so the server has not bound the access token to the key",
		"bearer": "have the client configured for DPoP, or open the session without runtime.WithDPoP",
		"mac":    "only access tokens of the type DPoP can be used",
	} {
		kind = asked
		err := s.call(t)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "s3cret")
	}
	kind = "dpop"
	require.NoError(t, s.call(t))
	require.Len(t, s.calls, 1)

	plain := newIssuer(t, func(w http.ResponseWriter, r *http.Request, _ int64) { bearer(w, r) })
	require.ErrorContains(t, plain.caller(t)(t.Context()), "the access token is bound to a key: open the session with runtime.WithDPoP")
	plain.bearers.Range(func(key, _ any) bool { t.Errorf("sent: %v", key); return true })
}

// givesType is a grant of one's own.
type givesType string

func (givesType) Prepare(*clientimpl.API, string) (runtime.Holder, error) {
	return runtime.Holder{}, nil
}

func (g givesType) AccessToken(context.Context, *runtime.TokenRequest) (runtime.AccessToken, error) {
	return runtime.AccessToken{Value: runtime.NewSecret("a"), Type: string(g), Life: time.Hour}, nil
}

func TestAGrantOfOnesOwnCannotDowngrade(t *testing.T) {
	s := newBoundServer(t, nil, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "DPoP a" {
			t.Errorf("%q", r.Header)
		}
		w.WriteHeader(http.StatusNoContent)
	})
	for kind, says := range map[string]string{"Bearer": "has not bound", "DPoP": "", "": ""} {
		session, err := runtime.Open(boundAPI(), runtime.Server{URL: s.URL}, givesType(kind), runtime.WithDPoP())
		require.NoError(t, err)
		err = runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session)), getThing1())
		if says == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, says)
		}
	}
	require.Equal(t, [2]int{0, 2}, s.counts())
}

func TestATokenThatIsBoundToAnotherKeyIsReplacedOnce(t *testing.T) {
	s := newBoundServer(t, func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"access_token":%q,"token_type":"DPoP","expires_in":3600}`, rand.Text())
	}, func(w http.ResponseWriter, _ *http.Request) { challenge(w, "invalid_token", "n") })
	err := s.call(t)
	require.ErrorIs(t, err, runtime.ErrUnauthorized)
	require.Equal(t, [2]int{2, 2}, s.counts())
}

func TestAClockThatIsWrongIsToldWhereAProofIsRefused(t *testing.T) {
	late := func(s **boundServer, refuse http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Date", (*s).clock.Now().Add(time.Hour).UTC().Format(http.TimeFormat))
			refuse(w, r)
		}
	}
	var s *boundServer
	s = newBoundServer(t, nil, late(&s, func(w http.ResponseWriter, _ *http.Request) { challenge(w, "invalid_dpop_proof", "n") }))
	err := s.call(t)
	require.ErrorContains(t, err, "the API refused the DPoP proof; this machine's clock is 1h0m1s behind the server's")
	require.Equal(t, [2]int{1, 1}, s.counts())
	s = newBoundServer(t, late(&s, func(w http.ResponseWriter, _ *http.Request) { refuseProof(w, "invalid_dpop_proof", "n") }), nil)
	require.ErrorContains(t, s.call(t), "this machine's clock is 1h0m1s behind the server's")
	require.Equal(t, [2]int{1, 0}, s.counts())
}

func TestEachAttemptHasAProofOfItsOwn(t *testing.T) {
	n := 0
	s := newBoundServer(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, boundToken)
	}, func(w http.ResponseWriter, r *http.Request) {
		if n++; n < 6 {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	})
	require.NoError(t, s.call(t, runtime.WithClock(newQuickClock())))
	require.Equal(t, [2]int{3, 3}, s.counts())
	seen := map[string]bool{}
	for _, p := range append(s.tokens, s.calls...) {
		require.False(t, seen[p.ID])
		seen[p.ID] = true
	}
}

func TestAProofFollowsNoRedirect(t *testing.T) {
	var strangers atomic.Int64
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strangers.Add(1) }))
	defer elsewhere.Close()
	away := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL, http.StatusTemporaryRedirect)
	}
	s := newBoundServer(t, away, nil)
	require.ErrorContains(t, s.call(t), "follows no redirect")
	s = newBoundServer(t, nil, away)
	require.ErrorContains(t, s.call(t), "redirects are not followed")
	require.Zero(t, strangers.Load())
}

func TestAProofThatIsEchoedIsInNoError(t *testing.T) {
	const nonce = "nonce-0123456789-abcdef"
	echo := func(r *http.Request) string {
		return r.Header.Get("DPoP") + " " + readProof(t, r).Nonce + " " + r.Header.Get("Authorization")
	}
	s := newBoundServer(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("DPoP-Nonce", nonce)
		_, _ = io.WriteString(w, boundToken)
	}, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Things-Request-Id", r.Header.Get("DPoP"))
		answer(w, http.StatusBadRequest, map[string]string{"title": "no", "detail": echo(r)})
	})
	err := s.call(t)
	var refused *runtime.Error
	require.ErrorAs(t, err, &refused)
	require.Contains(t, refused.Problem.Detail, "[token removed]")
	require.Equal(t, nonce, s.calls[0].Nonce)
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", *refused), string(refused.Body)} {
		gone(t, text, "eyJ", nonce, "Kz~8mXK1")
	}
	s = newBoundServer(t, func(w http.ResponseWriter, r *http.Request) {
		if p := readProof(t, r); p.Nonce == "" {
			refuseProof(w, "use_dpop_nonce", nonce)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]string{"error": "invalid_dpop_proof", "error_description": echo(r)})
	}, nil)
	err = s.call(t)
	require.ErrorContains(t, err, "[secret]")
	gone(t, err.Error(), "eyJ", nonce)
}

func TestOpenTakesDPoPAsTheCatalogueSaysIt(t *testing.T) {
	open := func(dpop string, opts ...runtime.Option) error {
		api := thingsAPI()
		api.Token.DPoP = dpop
		_, err := runtime.Open(api, runtime.Server{URL: "http://127.0.0.1:1"}, runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s")}, opts...)
		return err
	}
	require.ErrorContains(t, open("required"), "open the session with runtime.WithDPoP")
	require.ErrorContains(t, open("", runtime.WithDPoP()), "add dpop to token in the catalogue")
	require.NoError(t, open("optional"))
	require.NoError(t, open("optional", runtime.WithDPoP()))
	require.NoError(t, open("required", runtime.WithDPoP()))
	key, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	require.NoError(t, err)
	require.ErrorContains(t, open("required", runtime.WithDPoPKey(key, "")), "WithDPoPKey: a key of type")
	require.ErrorContains(t, open("required", runtime.WithDPoPKey(nil, "")), "WithDPoPKey: the key is nil")
	good, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	require.NoError(t, err)
	require.ErrorContains(t, open("required", runtime.WithDPoPKey(good, "ES256")), `the algorithm "ES256" is not one of the key's`)
	require.NoError(t, open("required", runtime.WithDPoPKey(good, "ES384")))
}

func TestAServerThatWantsProofsIsNamedAsSuch(t *testing.T) {
	for _, code := range []string{"use_dpop_nonce", "invalid_dpop_proof"} {
		s := newIssuer(t, func(w http.ResponseWriter, _ *http.Request, _ int64) { refuseProof(w, code, "n") })
		require.ErrorContains(t, s.caller(t)(t.Context()), "the server binds access tokens to a key: open the session with runtime.WithDPoP")
		require.EqualValues(t, 1, s.requests.Load())
	}
}

func TestTheHeaderOfAProofCannotBeGiven(t *testing.T) {
	s := newBoundServer(t, nil, nil)
	err := runtime.DoEmpty(t.Context(), runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t))), getThing1(), runtime.WithHeader("DPoP", "x"))
	require.ErrorIs(t, err, runtime.ErrInvalidCall)
	require.Equal(t, [2]int{0, 0}, s.counts())
}

func TestKeysProofsAndNoncesDoNotPrint(t *testing.T) {
	const nonce = "nonce-0123456789-abcdef"
	s := newBoundServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("DPoP-Nonce", nonce)
		_, _ = io.WriteString(w, boundToken)
	}, nil)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	private, err := key.Bytes()
	require.NoError(t, err)
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s3cret")}
	opt := runtime.WithDPoPKey(key, "")
	session := s.open(t, opt)
	token := runtime.Authorize[thingsRead](session)
	caller := runtime.NewCaller[thingsRead](token)
	for range 2 {
		require.NoError(t, runtime.DoEmpty(t.Context(), caller, getThing1()))
	}
	require.Equal(t, nonce, s.calls[1].Nonce)
	number := new(big.Int).SetBytes(private)
	requireUnprintable(t, credentials, []any{session, token, caller, opt, session.NewTokenRequest("things:read")},
		nonce, "eyJ", "Kz~8mXK1", number.String(), number.Text(16), base64.RawURLEncoding.EncodeToString(private), strings.Trim(fmt.Sprint(private), "[]"))
}

// brokenKey is a key in a module that has gone away.
type brokenKey struct{ crypto.Signer }

func (brokenKey) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) {
	return nil, errors.New("the module is not there")
}

func TestAKeyThatCannotSignIsAnErrorBeforeAnythingIsSent(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	s := newBoundServer(t, nil, nil)
	require.ErrorContains(t, s.call(t, runtime.WithDPoPKey(brokenKey{key}, "")), "the DPoP proof cannot be signed: the module is not there")
	require.Equal(t, [2]int{0, 0}, s.counts())
}

func TestManyCallersAndANonceThatChanges(t *testing.T) {
	var mu sync.Mutex
	var served int
	generation := func() int { // two are good at a time
		mu.Lock()
		defer mu.Unlock()
		served++
		return served / 300
	}
	s := newBoundServer(t, nil, nil)
	s.api = func(w http.ResponseWriter, r *http.Request) {
		now := generation()
		nonce := readProof(t, r).Nonce
		if nonce != fmt.Sprint("n-", now) && nonce != fmt.Sprint("n-", now-1) {
			challenge(w, "use_dpop_nonce", fmt.Sprint("n-", now))
			return
		}
		w.Header().Set("DPoP-Nonce", fmt.Sprint("n-", now))
		w.WriteHeader(http.StatusNoContent)
	}
	caller := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](s.open(t)))
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for range 60 {
				if err := runtime.DoEmpty(t.Context(), caller, getThing1()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, p := range s.calls {
		require.False(t, seen[p.ID])
		seen[p.ID] = true
	}
	require.Len(t, s.tokens, 1)
}

// A proof costs little more than its signature. "ratio" is the time of a proof over
// that of a bare ECDSA signature, in one run, in turns.
func BenchmarkProof(b *testing.B) {
	s := newBoundServer(b, nil, nil)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(b, err)
	prove := runtime.Prove(s.open(b, runtime.WithDPoPKey(key, "")))
	target, err := url.Parse("https://api.example/v1/things/36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11?limit=100")
	require.NoError(b, err)
	token := strings.Repeat("t", 800) // as a JWT has them
	digest := make([]byte, 32)
	const turn = 200
	measure := func(one func() error) float64 {
		began := time.Now()
		for range turn {
			if err := one(); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(began)) / turn
	}
	proof := func() error { _, err := prove(http.MethodGet, target, token); return err }
	bare := func() error { _, err := ecdsa.SignASN1(rand.Reader, key, digest); return err }
	var proofs, ratios []float64
	b.ReportAllocs()
	for n := 0; n < b.N; n += turn {
		var x, y float64
		if len(ratios)%2 == 0 {
			x = measure(proof)
			y = measure(bare)
		} else {
			y = measure(bare)
			x = measure(proof)
		}
		proofs, ratios = append(proofs, x), append(ratios, x/y)
	}
	slices.Sort(proofs)
	slices.Sort(ratios)
	b.ReportMetric(proofs[len(proofs)/2], "proof-ns")
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op") // of both together means nothing
}
