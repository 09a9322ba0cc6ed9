package httpsig_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// line returns the line of the signature base that one component makes, or the
// error of covering it.
func line(t testing.TB, r *http.Request, component string) (string, error) {
	t.Helper()
	profile, err := httpsig.RFC9421().With(func(s *httpsig.Settings) {
		s.Cover, s.CoverPresent, s.Digest = []string{component}, nil, httpsig.NoDigest
	})
	if err != nil {
		return "", err
	}
	s := &catcher{Signer: edSigner}
	key, err := httpsig.NewKey("k", s)
	require.NoError(t, err)
	_, err = profile.Sign(r, nil, key, now)
	first, _, _ := strings.Cut(s.base, "\n")
	return first, err
}

func TestComponentsHaveTheValuesThatRFC9421Gives(t *testing.T) {
	const path = "/path?param=value&foo=bar&baz=batman&qux="
	for _, c := range []struct {
		method, url string
		lines       []string
		component   string
		want        string
	}{
		// Section 2.1
		{"GET", "/", []string{"Date: Tue, 20 Apr 2021 02:07:56 GMT"}, "date", `"date": Tue, 20 Apr 2021 02:07:56 GMT`},
		{"GET", "/", []string{"X-OWS-Header:   Leading and trailing whitespace.   "}, "x-ows-header", `"x-ows-header": Leading and trailing whitespace.`},
		{"GET", "/", []string{"Cache-Control: max-age=60", "Cache-Control:    must-revalidate"}, "cache-control", `"cache-control": max-age=60, must-revalidate`},
		{"GET", "/", []string{"Example-Dict:  a=1,    b=2;x=1;y=2,   c=(a   b   c)"}, "example-dict", `"example-dict": a=1,    b=2;x=1;y=2,   c=(a   b   c)`},
		{"GET", "/", []string{"X-Empty-Header: "}, "x-empty-header", `"x-empty-header": `},
		// Section 2.1.1, on a field that is registered as structured
		{"GET", "/", []string{"Priority:  a=1,    b=2;x=1;y=2,   c=(a   b   c)"}, "priority;sf", `"priority";sf: a=1, b=2;x=1;y=2, c=(a b c)`},
		{"GET", "/", []string{"Cache-Status: one;  hit , two"}, "cache-status;sf", `"cache-status";sf: one;hit, two`},
		{"GET", "/", []string{"Idempotency-Key: \"a\"; b=?1"}, "idempotency-key;sf", `"idempotency-key";sf: "a";b`},
		// Section 2.1.2
		{"GET", "/", []string{"Example-Dict:  a=1, b=2;x=1;y=2, c=(a   b    c), d"}, `example-dict;key="a"`, `"example-dict";key="a": 1`},
		{"GET", "/", []string{"Example-Dict:  a=1, b=2;x=1;y=2, c=(a   b    c), d"}, `example-dict;key="d"`, `"example-dict";key="d": ?1`},
		{"GET", "/", []string{"Example-Dict:  a=1, b=2;x=1;y=2, c=(a   b    c), d"}, `example-dict;key="b"`, `"example-dict";key="b": 2;x=1;y=2`},
		{"GET", "/", []string{"Example-Dict:  a=1, b=2;x=1;y=2", "Example-Dict: c=(a   b    c), d"}, `example-dict;key="c"`, `"example-dict";key="c": (a b c)`},
		// Section 2.1.3
		{"GET", "/", []string{"Example-Header: value, with, lots", "Example-Header: of, commas"}, "example-header;bs", `"example-header";bs: :dmFsdWUsIHdpdGgsIGxvdHM=:, :b2YsIGNvbW1hcw==:`},
		{"GET", "/", []string{"Example-Header: value, with, lots, of, commas"}, "example-header;bs", `"example-header";bs: :dmFsdWUsIHdpdGgsIGxvdHMsIG9mLCBjb21tYXM=:`},
		// Sections 2.2.1 to 2.2.8
		{"POST", path, nil, "@method", `"@method": POST`},
		{"POST", path, nil, "@target-uri", `"@target-uri": https://www.example.com` + path},
		{"GET", path, nil, "@authority", `"@authority": www.example.com`},
		{"GET", path, nil, "@scheme", `"@scheme": https`},
		{"GET", path, nil, "@request-target", `"@request-target": ` + path},
		{"GET", path, nil, "@path", `"@path": /path`},
		{"GET", path, nil, "@query", `"@query": ?param=value&foo=bar&baz=batman&qux=`},
		{"GET", "/path?queryString", nil, "@query", `"@query": ?queryString`},
		{"GET", "/path", nil, "@query", `"@query": ?`},
		{"GET", path, nil, `@query-param;name="baz"`, `"@query-param";name="baz": batman`},
		{"GET", path, nil, `@query-param;name="qux"`, `"@query-param";name="qux": `},
		{"GET", "/parameters?var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace&fa%C3%A7ade%22%3A%20=something", nil,
			`@query-param;name="var"`, `"@query-param";name="var": this%20is%20a%20big%0Amultiline%20value`},
		{"GET", "/parameters?var=1&bar=with+plus+whitespace", nil, `@query-param;name="bar"`, `"@query-param";name="bar": with%20plus%20whitespace`},
		{"GET", "/parameters?fa%C3%A7ade%22%3A%20=something", nil, `@query-param;name="fa%C3%A7ade%22%3A%20"`, `"@query-param";name="fa%C3%A7ade%22%3A%20": something`},
	} {
		r := request(t, c.method, "https://www.example.com"+c.url, "", c.lines...)
		got, err := line(t, r, c.component)
		require.NoError(t, err, c.want)
		require.Equal(t, c.want, got)
	}
}

func TestComponentsThatCannotBeCoveredAreRefused(t *testing.T) {
	r := request(t, "GET", "https://example.com/a?x=1&x=2&bad=%zz", "", "Dict: a=1, a=2", "Text: not a (field", "Umlaut: \xc3\xbc")
	for _, component := range []string{
		"missing", "@missing", "@status", "@signature-params", "", "Upper-Case", "with space", "date;req", "text;tr",
		"text;unknown", "text;sf", "text;sf=?0", `text;sf="a"`, "text;key=a", "text;key", "text;bs;sf", `text;bs;key="a"`,
		"@method;sf", "@method;bs", `@path;key="a"`, "@query-param", `@path;name="x"`, `@query-param;name="x"`, `@query-param;name="no"`,
		`@query-param;name="bad"`, `dict;key="a"`, `dict;key="b"`, `text;key="a"`, "umlaut", "host", "user-agent", "transfer-encoding",
		"content-length", "signature", "signature-input", "signature;sf", "signature;bs", "@scheme;tr", "priority;sf",
	} {
		_, err := line(t, r, component)
		require.ErrorIs(t, err, httpsig.ErrComponent, component)
	}
	for component, want := range map[string]error{
		"text;bs;bs": httpsig.ErrDuplicate, "text;": httpsig.ErrMalformed, "text; bs ;": httpsig.ErrMalformed, "text;BS": httpsig.ErrMalformed,
		`text;key="a`: httpsig.ErrMalformed,
	} {
		_, err := line(t, r, component)
		require.ErrorIs(t, err, want, component)
	}
}

func TestRequestsThatNetHTTPCannotSendAreRefused(t *testing.T) {
	for name, change := range map[string]func(*http.Request){
		"a space in the query":          func(r *http.Request) { r.URL.RawQuery = "a=b c" },
		"a line break in the query":     func(r *http.Request) { r.URL.RawQuery = "a=b\r\nX: y" },
		"a path without a slash":        func(r *http.Request) { r.URL.Path = "users" },
		"a host outside of ASCII":       func(r *http.Request) { r.Host = "bücher.example" },
		"a line break in a value":       func(r *http.Request) { r.Header["Accept"] = []string{"a/b\r\nX: y"} },
		"a field in two spellings":      func(r *http.Request) { r.Header["accept"] = []string{"c/d"} },
		"a name in lower case":          func(r *http.Request) { r.Header["trace-part"] = []string{"one"} },
		"a host beside the Host":        func(r *http.Request) { r.Header["host"] = []string{"other.example"} },
		"a signature beside ours":       func(r *http.Request) { r.Header["signature"] = []string{"sig1=:AAAA:"} },
		"a space in the host":           func(r *http.Request) { r.Host = "example.com /x" },
		"a path in the host":            func(r *http.Request) { r.Host = "example.com/x" },
		"a host of its own in Opaque":   func(r *http.Request) { r.URL.Opaque = "//other.example/a" },
		"an absolute target by Opaque":  func(r *http.Request) { r.URL.Opaque = "//example.com/a" },
		"a covered cookie":              func(r *http.Request) { r.Header.Set("Cookie", "a=b") },
		"a covered Connection":          func(r *http.Request) { r.Header.Set("Connection", "close") },
		"a covered Te":                  func(r *http.Request) { r.Header.Set("Te", "trailers") },
		"a covered Upgrade":             func(r *http.Request) { r.Header.Set("Upgrade", "websocket") },
		"a covered Expect":              func(r *http.Request) { r.Header.Set("Expect", "100-continue") },
		"an asterisk for a target":      func(r *http.Request) { r.URL.Opaque = "*" },
		"no URL":                        func(r *http.Request) { r.URL = nil },
		"no host":                       func(r *http.Request) { r.Host, r.URL.Host = "", "" },
		"a zone in the host":            func(r *http.Request) { r.Host = "[fe80::1%25eth0]" },
		"a method with a line break":    func(r *http.Request) { r.Method = "GET\n" },
		"an authorization from the URL": func(r *http.Request) { r.URL, _ = r.URL.Parse("https://user:pass@example.com/") },
	} {
		for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15()} {
			profile := derive(t, profile, func(s *httpsig.Settings) {
				s.CoverPresent = append(s.CoverPresent, "@authority", "@request-target", "cookie", "connection", "te", "upgrade", "expect")
				if s.Nonce == nil {
					s.Cover = []string{"@method", "@authority", "@path"}
					s.CoverPresent = []string{"accept", "@request-target", "cookie", "connection", "te", "upgrade", "expect"}
				}
			})
			r := request(t, "GET", "https://example.com/a?b=c", "", "Accept: a/b")
			change(r)
			_, err := profile.Sign(r, nil, edKey(t, "k"), now)
			require.ErrorIs(t, err, httpsig.ErrComponent, name)
		}
	}
}

func TestABodyOtherThanTheRequestsIsRefused(t *testing.T) {
	key := edKey(t, "k")
	r := request(t, "POST", "https://example.com/", "four")
	_, err := httpsig.RFC9421().Sign(r, []byte("three"), key, now)
	require.ErrorIs(t, err, httpsig.ErrBody)
	_, err = httpsig.RFC9421().Sign(r, nil, key, now)
	require.ErrorIs(t, err, httpsig.ErrBody)
	r.Body, r.ContentLength = http.NoBody, 0
	_, err = httpsig.RFC9421().Sign(r, []byte("four"), key, now)
	require.ErrorIs(t, err, httpsig.ErrBody)
	for _, length := range []int64{0, -1} { // both say that net/http must find out
		r.Body, r.ContentLength = readCloser("four"), length
		_, err = httpsig.RFC9421().Sign(r, nil, key, now)
		require.ErrorIs(t, err, httpsig.ErrBody, "a body that nobody measured was signed as none")
		_, err = httpsig.RFC9421().Sign(r, []byte("four"), key, now)
		require.NoError(t, err)
	}
	r = request(t, "POST", "https://example.com/", "four")
	r.TransferEncoding = []string{"chunked"}
	_, err = httpsig.RFC9421().Sign(r, []byte("four"), key, now)
	require.ErrorIs(t, err, httpsig.ErrBody, "HTTP/2 sends a content-length")
}

func TestAnAnswerIsBoundToItsRequest(t *testing.T) {
	key := edKey(t, "k")
	profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Cover = []string{"@status", "content-type", "content-digest", "@method;req", "@path;req", `signature;req;key="sig1"`}
		s.CoverPresent, s.Label = nil, "response"
	})

	asked := request(t, "GET", "https://example.com/users", "")
	fields, err := httpsig.RFC9421().Sign(asked, nil, key, now)
	require.NoError(t, err)
	setAll(asked.Header, fields)

	// The server signs for the request that it received, and the client verifies for the one that it sent.
	body := `{"users":[]}`
	response := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Request: received(t, asked)}
	fields, err = profile.SignResponse(response, []byte(body), key, now)
	require.NoError(t, err)
	setAll(response.Header, fields)
	response.Body = readCloser(body)
	response.ContentLength = int64(len(body))
	response.Request = asked
	v := verifier(t, profile, httpsig.Policy{Keys: knows(key)})
	verified, err := v.VerifyResponse(t.Context(), response)
	require.NoError(t, err)
	require.True(t, verified.Covers("@path;req"))
	require.False(t, verified.Covers("@path"))

	other := *response
	other.Request = request(t, "GET", "https://example.com/orders", "")
	other.Request.Header = asked.Header
	_, err = v.VerifyResponse(t.Context(), &other)
	require.ErrorIs(t, err, httpsig.ErrSignature)
	other.Request = nil
	_, err = v.VerifyResponse(t.Context(), &other)
	require.ErrorIs(t, err, httpsig.ErrComponent)
}

func TestADigestIsCoveredAsAStructuredFieldToo(t *testing.T) {
	key := edKey(t, "k")
	profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Cover = []string{`content-digest;key="sha-512"`, "content-digest;sf", "content-digest;bs"}
		s.CoverPresent = nil
	})
	r := request(t, "POST", "https://example.com/", "body", "Content-Digest: sha-512=:AAAA:")
	got := signed(t, profile, r, "body", key)
	verified, err := verifier(t, profile, httpsig.Policy{Keys: knows(key)}).Verify(got)
	require.NoError(t, err)
	require.True(t, verified.Covers(`content-digest;key="sha-512"`))
	got = received(t, r)
	got.Body = readCloser("other")
	_, err = verifier(t, profile, httpsig.Policy{Keys: knows(key)}).Verify(got)
	require.ErrorIs(t, err, httpsig.ErrDigest)
}

func TestAnAnswerThatWasDecompressedIsRefused(t *testing.T) {
	v := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows()})
	_, err := v.VerifyResponse(t.Context(), &http.Response{StatusCode: 200, Uncompressed: true})
	require.ErrorIs(t, err, httpsig.ErrBody)
}

func TestSeveralSignaturesKeepTheirLabels(t *testing.T) {
	client, proxy := edKey(t, "client"), secretKey(t, "proxy")
	r := request(t, "GET", "https://example.com/users", "")
	fields, err := httpsig.RFC9421().Sign(r, nil, client, now)
	require.NoError(t, err)
	setAll(r.Header, fields)

	_, err = httpsig.RFC9421().Sign(r, nil, proxy, now)
	require.ErrorIs(t, err, httpsig.ErrLabel, "the label is taken")

	second := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) {
		s.Label, s.Cover = "proxy", []string{"@authority", `signature;key="sig1"`}
		s.Tag, s.NameAlgorithm, s.Nonce = "forwarded", true, func() string { return `a "nonce" \` }
	})
	fields, err = second.Sign(r, nil, proxy, now)
	require.NoError(t, err)
	require.Len(t, r.Header["Signature"], 1, "the request was modified")
	setAll(r.Header, fields)
	got := received(t, r)
	require.Len(t, got.Header["Signature"], 2)

	keys := knows(client, proxy)
	verified, err := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: keys, Label: "sig1"}).Verify(got)
	require.NoError(t, err)
	require.Equal(t, "client", verified.KeyID)
	verified, err = verifier(t, second, httpsig.Policy{Keys: keys, Label: "proxy"}).Verify(got)
	require.NoError(t, err)
	require.Equal(t, httpsig.HMACSHA256, verified.Algorithm)
	require.Equal(t, "forwarded", verified.Tag)
	require.Equal(t, `a "nonce" \`, verified.Nonce)
	require.True(t, verified.Covers(`signature;key="sig1"`))

	_, err = verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: keys}).Verify(got)
	require.ErrorIs(t, err, httpsig.ErrSeveralSignatures)
	_, err = verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: keys, Label: "other"}).Verify(got)
	require.ErrorIs(t, err, httpsig.ErrLabel)
}

func TestUpvestCoversEveryHeaderThatProxiesLeaveAlone(t *testing.T) {
	r := request(t, "POST", "https://example.com/a%20b", "{}",
		"Accept: application/json", "Authorization: Bearer x", "Content-Type: application/json", "Idempotency-Key: 1",
		"Upvest-Client-Id: c", "Upvest-Api-Version: 1", "Date: today", "Tenant: t", "Hostess: h", "Test: t", "Priorities: p",
		"Cf-Ray: 1", "Cdn-Loop: 1", "Cookie: a=b", "X-Request-Id: 1", "Priority: u=1", "Upvest-Signature-Version: 6", "Sec-Fetch-Mode: x",
		"User-Agent: go", "Accept-Encoding: gzip", "Connection: close", "Te: trailers", "Keep-Alive: 5")
	base := baseOf(t, httpsig.UpvestV15(), r, "{}", "k")
	var names []string
	for line := range strings.Lines(base) {
		name, _, _ := strings.Cut(line, ": ")
		names = append(names, strings.Trim(name, `"`))
	}
	require.Equal(t, []string{"@method", "@path", "accept", "authorization", "content-length", "content-type", "content-digest",
		"idempotency-key", "upvest-client-id", "date", "hostess", "priorities", "tenant", "test", "upvest-api-version", "@signature-params"}, names)
	require.Contains(t, base, "\"@path\": /a%20b\n")

	r.Header.Set("Accept", "application/json, text/plain")
	_, err := httpsig.UpvestV15().Sign(r, []byte("{}"), edKey(t, "k"), now)
	require.ErrorIs(t, err, httpsig.ErrComponent, "one media type only")
}

func TestUpvestsVersionHeader(t *testing.T) {
	r := request(t, "GET", "https://example.com/users", "")
	fields, err := httpsig.UpvestV15().Sign(r, nil, edKey(t, "k"), now)
	require.NoError(t, err)
	require.Equal(t, []string{"15"}, fields["Upvest-Signature-Version"])
	fields, err = httpsig.UpvestV6().Sign(r, nil, edKey(t, "k"), now)
	require.NoError(t, err)
	require.NotContains(t, fields, "Upvest-Signature-Version")
	require.Contains(t, fields["Signature-Input"][0], `sig1=("@method" "@path");keyid="k";created=1700000000;expires=1700000060;nonce="`)
}

func TestSharedComponentExamples(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "vectors", "rfc9421", "component_examples.json"))
	if err != nil {
		t.Skip("no shared vectors beside the repository")
	}
	var examples struct {
		Derived []struct{ Component, Target, Method, Host, Scheme, Value string }
	}
	require.NoError(t, json.Unmarshal(data, &examples))
	require.NotEmpty(t, examples.Derived)
	for _, c := range examples.Derived {
		host, scheme, method := c.Host, c.Scheme, c.Method
		if host == "" {
			host, scheme = "example.com", "https"
		}
		if method == "" {
			method = "GET"
		}
		got, err := line(t, request(t, method, scheme+"://"+host+c.Target, ""), c.Component)
		require.NoError(t, err)
		require.Equal(t, `"`+c.Component+`": `+c.Value, got)
	}
}
