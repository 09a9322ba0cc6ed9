package httpsig_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/stretchr/testify/require"
)

// order returns a signed request as a server receives it.
func order(t testing.TB, profile *httpsig.Profile, key httpsig.Key) *http.Request {
	t.Helper()
	r := request(t, http.MethodPost, "https://example.com/orders?a=b", `{"side":"BUY"}`,
		"Content-Type: application/json", "Accept: application/json", "Authorization: Bearer x")
	return signed(t, profile, r, `{"side":"BUY"}`, key)
}

func replace(r *http.Request, name, old, new string) {
	r.Header.Set(name, strings.Replace(r.Header.Get(name), old, new, 1))
}

func TestEveryRefusalHasItsOwnError(t *testing.T) {
	key := edKey(t, "k")
	input := func(old, new string) func(*http.Request) {
		return func(r *http.Request) { replace(r, "Signature-Input", old, new) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   error
	}{
		"nothing":                       {func(*http.Request) {}, nil},
		"no signature-input":            {func(r *http.Request) { r.Header.Del("Signature-Input") }, httpsig.ErrNoSignature},
		"no signature":                  {func(r *http.Request) { r.Header.Del("Signature") }, httpsig.ErrNoSignature},
		"an empty signature":            {func(r *http.Request) { r.Header.Set("Signature", "") }, httpsig.ErrNoSignature},
		"another label":                 {func(r *http.Request) { replace(r, "Signature", "sig1", "sig2") }, httpsig.ErrLabel},
		"not a structured field":        {func(r *http.Request) { r.Header.Set("Signature-Input", "sig1=(") }, httpsig.ErrMalformed},
		"rubbish behind the signature":  {func(r *http.Request) { r.Header.Set("Signature", r.Header.Get("Signature")+" x") }, httpsig.ErrMalformed},
		"a signature that is a string":  {func(r *http.Request) { r.Header.Set("Signature", `sig1="AAAA"`) }, httpsig.ErrMalformed},
		"a signature with a parameter":  {func(r *http.Request) { r.Header.Set("Signature", r.Header.Get("Signature")+";a") }, httpsig.ErrMalformed},
		"base64 without padding":        {func(r *http.Request) { replace(r, "Signature", "==:", ":") }, httpsig.ErrMalformed},
		"an input that is a string":     {func(r *http.Request) { r.Header.Set("Signature-Input", `sig1="a"`) }, httpsig.ErrMalformed},
		"a component that is a token":   {input(`"@method"`, `@method`), httpsig.ErrMalformed},
		"a component that is a symbol":  {input(`"@method"`, `method`), httpsig.ErrMalformed},
		"a label twice":                 {func(r *http.Request) { r.Header.Add("Signature-Input", r.Header.Get("Signature-Input")) }, httpsig.ErrDuplicate},
		"a signature twice":             {func(r *http.Request) { r.Header.Add("Signature", r.Header.Get("Signature")) }, httpsig.ErrDuplicate},
		"a component twice":             {input(`"@path"`, `"@path" "@path"`), httpsig.ErrDuplicate},
		"a parameter twice":             {input(";created=", ";created=1700000000;created="), httpsig.ErrDuplicate},
		"a component parameter twice":   {input(`"accept"`, `"accept";bs;bs`), httpsig.ErrDuplicate},
		"no component":                  {func(r *http.Request) { r.Header.Set("Signature-Input", `sig1=();keyid="k";created=1700000000`) }, httpsig.ErrEmptyCoverage},
		"a missing component":           {input(`"@method" `, ""), httpsig.ErrNotCovered},
		"authorization left out":        {input(`"authorization" `, ""), httpsig.ErrNotCovered},
		"the digest left out":           {input(` "content-digest"`, ""), httpsig.ErrNotCovered},
		"the query left out":            {input(`"@query" `, ""), httpsig.ErrNotCovered},
		"a component not in the header": {input(`"accept"`, `"accept" "missing"`), httpsig.ErrComponent},
		"an unknown derived component":  {input(`"accept"`, `"accept" "@unknown"`), httpsig.ErrComponent},
		"a trailer":                     {input(`"accept"`, `"accept" "x";tr`), httpsig.ErrComponent},
		"an unknown component param":    {input(`"accept"`, `"accept" "x";new`), httpsig.ErrComponent},
		"a query parameter":             {input(`"accept"`, `"accept" "@query-param";name="a"`), httpsig.ErrComponent},
		"an upper-case name":            {input(`"accept"`, `"accept" "Date"`), httpsig.ErrComponent},
		"an unknown parameter":          {input(";created", ";crit=1;created"), httpsig.ErrParameter},
		"a created that is a string":    {input("created=1700000000", `created="1700000000"`), httpsig.ErrParameter},
		"a created that is a decimal":   {input("created=1700000000", `created=1700000000.0`), httpsig.ErrParameter},
		"a created that is a date":      {input("created=1700000000", `created=@1700000000`), httpsig.ErrParameter},
		"a keyid that is a token":       {input(`keyid="k"`, `keyid=k`), httpsig.ErrParameter},
		"a nonce without a value":       {input(`nonce=`, `nonce;tag=`), httpsig.ErrParameter},
		"no keyid":                      {input(`;keyid="k"`, ""), httpsig.ErrMissingParameter},
		"no created":                    {input(`;created=1700000000`, ""), httpsig.ErrMissingParameter},
		"an unknown key":                {input(`keyid="k"`, `keyid="other"`), httpsig.ErrUnknownKey},
		"an alg of another kind":        {input(";created", `;alg="hmac-sha256";created`), httpsig.ErrAlgorithm},
		"an empty alg":                  {input(";created", `;alg="";created`), httpsig.ErrAlgorithm},
		"a parameter that was not signed": {
			input(";created", `;tag="x";created`), httpsig.ErrSignature},
		"parameters in another order": {input(`keyid="k";created=1700000000`, `created=1700000000;keyid="k"`), httpsig.ErrSignature},
		"another space in the list":   {input(`"@method" `, `"@method"  `), httpsig.ErrSignature},
		"another method":              {func(r *http.Request) { r.Method = "PUT" }, httpsig.ErrSignature},
		"another path":                {func(r *http.Request) { r.RequestURI = "/others?a=b" }, httpsig.ErrSignature},
		"another query":               {func(r *http.Request) { r.RequestURI = "/orders?a=c" }, httpsig.ErrSignature},
		"another token":               {func(r *http.Request) { r.Header.Set("Authorization", "Bearer y") }, httpsig.ErrSignature},
		"another digest":              {func(r *http.Request) { replace(r, "Content-Digest", ":", ":A") }, httpsig.ErrSignature},
		"a field twice":               {func(r *http.Request) { r.Header.Add("Accept", "application/json") }, httpsig.ErrSignature},
		"another signature":           {func(r *http.Request) { r.Header.Set("Signature", "sig1=:AAAA:") }, httpsig.ErrSignature},
		"another body":                {func(r *http.Request) { r.Body = readCloser(`{"side":"BYE"}`) }, httpsig.ErrDigest},
		"no body":                     {func(r *http.Request) { r.Body = http.NoBody }, httpsig.ErrDigest},
		"a body that breaks off":      {func(r *http.Request) { r.Body = io.NopCloser(broken{}) }, httpsig.ErrBody},
		"a body over the limit":       {func(r *http.Request) { r.Body = readCloser(strings.Repeat("x", 101)) }, httpsig.ErrBodyTooLarge},
		"a length over the limit":     {func(r *http.Request) { r.ContentLength = 1 << 40 }, httpsig.ErrBodyTooLarge},
		"no version":                  {func(r *http.Request) { r.Header.Del("Upvest-Signature-Version") }, httpsig.ErrVersion},
		"another version":             {func(r *http.Request) { r.Header.Set("Upvest-Signature-Version", "6") }, httpsig.ErrVersion},
		"two versions":                {func(r *http.Request) { r.Header.Add("Upvest-Signature-Version", "15") }, httpsig.ErrVersion},
	} {
		r := order(t, httpsig.UpvestV15(), key)
		c.change(r)
		v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key), MaxBody: 100})
		_, err := v.Verify(r)
		if c.want == nil {
			require.NoError(t, err, name)
			continue
		}
		require.ErrorIs(t, err, c.want, name)
		require.NotContains(t, err.Error(), "Bearer", "an error shows a secret")
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("connection reset") }

func TestTheClockDecidesHowOldASignatureMayBe(t *testing.T) {
	key := edKey(t, "k")
	at := func(seconds int, policy httpsig.Policy) error {
		policy.Keys = knows(key)
		policy.Now = func() time.Time { return now.Add(time.Duration(seconds) * time.Second) }
		_, err := verifier(t, httpsig.UpvestV15(), policy).Verify(order(t, httpsig.UpvestV15(), key))
		return err
	}
	// The signature is valid for 60 s, and clocks may differ by 5 s.
	require.NoError(t, at(0, httpsig.Policy{}))
	require.NoError(t, at(-5, httpsig.Policy{}))
	require.ErrorIs(t, at(-6, httpsig.Policy{}), httpsig.ErrNotYetValid)
	require.NoError(t, at(64, httpsig.Policy{}))
	require.ErrorIs(t, at(65, httpsig.Policy{}), httpsig.ErrExpired)
	require.NoError(t, at(35, httpsig.Policy{MaxAge: 30 * time.Second}))
	require.ErrorIs(t, at(36, httpsig.Policy{MaxAge: 30 * time.Second}), httpsig.ErrTooOld)
	require.NoError(t, at(59, httpsig.Policy{Skew: -1, MaxAge: -1}))
	require.ErrorIs(t, at(60, httpsig.Policy{Skew: -1, MaxAge: -1}), httpsig.ErrExpired)
	require.ErrorIs(t, at(-1, httpsig.Policy{Skew: -1}), httpsig.ErrNotYetValid)
}

func TestANonceIsTakenOnce(t *testing.T) {
	key := edKey(t, "k")
	nonces := httpsig.NewMemoryNonces(2)
	clock := now
	v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key), Nonces: nonces, Now: func() time.Time { return clock }})

	// A forgery or a changed body does not use up the nonce of the real request.
	r := order(t, httpsig.UpvestV15(), key)
	forged := r.Clone(t.Context())
	forged.Method = "PUT"
	forged.Body = readCloser("")
	_, err := v.Verify(forged)
	require.ErrorIs(t, err, httpsig.ErrSignature)
	changed := r.Clone(t.Context())
	changed.Body = readCloser("other")
	_, err = v.Verify(changed)
	require.ErrorIs(t, err, httpsig.ErrDigest)

	_, err = v.Verify(r)
	require.NoError(t, err)
	_, err = v.Verify(r)
	require.ErrorIs(t, err, httpsig.ErrReplayed)

	_, err = v.Verify(order(t, httpsig.UpvestV15(), key))
	require.NoError(t, err)
	_, err = v.Verify(order(t, httpsig.UpvestV15(), key))
	require.ErrorIs(t, err, httpsig.ErrNoncesFull, "a nonce that is still valid must not be forgotten")
	// In the last moment of a signature its nonce is still stored; after that there is room.
	clock = now.Add(64 * time.Second)
	_, err = v.Verify(r)
	require.ErrorIs(t, err, httpsig.ErrReplayed)
	clock = now.Add(6 * time.Minute)
	require.NoError(t, nonces.Use(t.Context(), "k", "n", clock, clock.Add(time.Second), clock))

	profile := derive(t, httpsig.UpvestV15(), func(s *httpsig.Settings) { s.Nonce = nil })
	_, err = v.Verify(order(t, profile, key))
	require.ErrorIs(t, err, httpsig.ErrMissingParameter)
	_, err = httpsig.NewVerifier(profile, httpsig.Policy{Keys: knows(key), Nonces: nonces, MaxAge: -1})
	require.ErrorIs(t, err, httpsig.ErrParameter, "such nonces would have to be kept for ever")
	_, err = httpsig.NewVerifier(profile, httpsig.Policy{Keys: knows(key), Nonces: nonces, RequireParams: []string{}})
	require.ErrorIs(t, err, httpsig.ErrParameter, "a signature without created has no age")
	require.ErrorIs(t, nonces.Use(t.Context(), "k", strings.Repeat("n", 300), clock, clock, clock), httpsig.ErrParameter)
}

func TestANonceIsKeptForAsLongAsItsSignatureHolds(t *testing.T) {
	key := edKey(t, "k")
	for _, policy := range []httpsig.Policy{
		{MaxAge: 2 * time.Hour},
		{MaxAge: 10 * time.Minute},
	} {
		profile := derive(t, httpsig.UpvestV15(), func(s *httpsig.Settings) { s.Window = time.Hour })
		r := order(t, profile, key)
		clock := now
		policy.Keys, policy.Nonces, policy.Now = knows(key), httpsig.NewMemoryNonces(200), func() time.Time { return clock }
		v := verifier(t, profile, policy)
		_, err := v.Verify(r)
		require.NoError(t, err)
		for ; clock.Before(now.Add(3 * time.Hour)); clock = clock.Add(time.Minute) {
			require.NoError(t, policy.Nonces.Use(t.Context(), "other", clock.String(), clock, clock, clock), "what is over goes")
			_, err := v.Verify(r)
			require.Error(t, err, "taken again at %s", clock)
		}
	}
}

func TestANonceIsTakenOnceByManyAtATime(t *testing.T) {
	nonces := httpsig.NewMemoryNonces(1000)
	results := make(chan error)
	for range 100 {
		go func() { results <- nonces.Use(context.Background(), "k", "n", now, now.Add(time.Minute), now) }()
	}
	taken := 0
	for range 100 {
		if <-results == nil {
			taken++
		}
	}
	require.Equal(t, 1, taken)
}

func TestABodyOfUnknownLengthMustBeCoveredToo(t *testing.T) {
	key := edKey(t, "k")
	profile := derive(t, httpsig.UpvestV15(), func(s *httpsig.Settings) { s.Digest = httpsig.NoDigest })
	v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key)})
	for body, want := range map[string]error{"": nil, "x": httpsig.ErrNotCovered} {
		r := request(t, http.MethodPost, "https://example.com/", "")
		fields, err := profile.Sign(r, nil, key, now)
		require.NoError(t, err)
		setAll(r.Header, fields)
		got := parseRequest(t, "POST / HTTP/1.1", "Host: example.com", "Transfer-Encoding: chunked", "", chunked(body), "")
		setAll(got.Header, fields)
		_, err = v.Verify(got)
		if want == nil {
			require.NoError(t, err)
		} else {
			require.ErrorIs(t, err, want)
		}
	}
}

func chunked(body string) string {
	if body == "" {
		return "0\r\n"
	}
	return "1\r\n" + body + "\r\n0\r\n"
}

func TestAVerifierNeedsAPolicyThatCanBe(t *testing.T) {
	key := edKey(t, "k")
	for _, c := range []struct {
		policy httpsig.Policy
		want   error
	}{
		{httpsig.Policy{}, httpsig.ErrKey},
		{httpsig.Policy{Keys: knows(key), Require: []string{"@nothing"}}, httpsig.ErrComponent},
		{httpsig.Policy{Keys: knows(key), RequirePresent: []string{"Upper"}}, httpsig.ErrComponent},
		{httpsig.Policy{Keys: knows(key), RequireParams: []string{"once"}}, httpsig.ErrParameter},
	} {
		_, err := httpsig.NewVerifier(httpsig.RFC9421(), c.policy)
		require.ErrorIs(t, err, c.want)
	}
	for _, policy := range []httpsig.Policy{{Require: []string{"@path;req"}}, {RequirePresent: []string{"accept;bs"}}} {
		policy.Keys = knows(key)
		_, err := httpsig.NewVerifier(httpsig.UpvestV15(), policy)
		require.ErrorIs(t, err, httpsig.ErrComponent, "Upvest's signatures cannot cover it")
		_, err = httpsig.NewVerifier(httpsig.RFC9421(), policy)
		require.NoError(t, err)
	}
}

func TestComponentsAreTakenInEveryOrderAndSpelling(t *testing.T) {
	key := edKey(t, "k")
	v := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key), Require: []string{"@method", "@path", `@query-param;name="a"`}})
	for _, cover := range [][]string{
		{"@method", "@path", `@query-param;name="a"`},
		{`@query-param;name="a"`, "@method", "@path"},
		{"@path", "accept", "@method", `@query-param;name="ab"`, `@query-param;name="a"`},
	} {
		profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) { s.Cover, s.CoverPresent = cover, nil })
		r := request(t, "GET", "https://api.test/p?a=1&ab=2", "", "Accept: text/plain")
		fields, err := profile.Sign(r, nil, key, now)
		require.NoError(t, err)
		setAll(r.Header, fields)
		verified, err := v.Verify(received(t, r))
		require.NoError(t, err, cover)
		for _, text := range cover {
			require.True(t, verified.Covers(text), text)
		}
		require.False(t, verified.Covers("@authority"))

		// A component that is there twice is refused, at any place.
		replace(r, "Signature-Input", `"@path"`, `"@path" "@path"`)
		_, err = v.Verify(received(t, r))
		require.ErrorIs(t, err, httpsig.ErrDuplicate)
	}
}

func TestTheKeyLookupHasTheRequestsContextAndItsErrorComesBack(t *testing.T) {
	type mark struct{}
	down := errors.New("database is down")
	v := verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: func(ctx context.Context, id string) (httpsig.Key, error) {
		require.Equal(t, "yes", ctx.Value(mark{}))
		require.Equal(t, "k", id)
		return httpsig.Key{}, down
	}})
	r := order(t, httpsig.UpvestV15(), edKey(t, "k"))
	_, err := v.Verify(r.WithContext(context.WithValue(t.Context(), mark{}, "yes")))
	require.ErrorIs(t, err, down)

	// A lookup that returns the zero Key and no error permits nothing.
	v = verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: func(context.Context, string) (httpsig.Key, error) { return httpsig.Key{}, nil }})
	_, err = v.Verify(r)
	require.ErrorIs(t, err, httpsig.ErrUnknownKey)
}

func TestUpvestsVersionsDoNotVerifyEachOther(t *testing.T) {
	key := edKey(t, "k")
	r := order(t, httpsig.UpvestV6(), key)
	_, err := verifier(t, httpsig.UpvestV6(), httpsig.Policy{Keys: knows(key)}).Verify(r)
	require.NoError(t, err)
	r = order(t, httpsig.UpvestV6(), key)
	r.Header.Set("Upvest-Signature-Version", "15")
	_, err = verifier(t, httpsig.UpvestV15(), httpsig.Policy{Keys: knows(key), RequirePresent: []string{}}).Verify(r)
	require.ErrorIs(t, err, httpsig.ErrSignature)
}

func TestEveryAlgorithmSignsAndVerifiesWhereItsProfileHasIt(t *testing.T) {
	for _, key := range []httpsig.Key{
		edKey(t, "ed"), ecKey(t, "p256", elliptic.P256()), ecKey(t, "p384", elliptic.P384()), ecKey(t, "p521", elliptic.P521()),
		rsaKey(t, "pss", httpsig.RSAPSSSHA512), rsaKey(t, "v15", httpsig.RSAv15SHA256), secretKey(t, "hmac"),
	} {
		for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()} {
			upvest := profile.Settings().Nonce != nil
			profile := derive(t, profile, func(s *httpsig.Settings) { s.NameAlgorithm = true })
			allowed := key.ID() == "ed" || upvest == (key.ID() == "p521")
			if upvest && key.ID() != "ed" && key.ID() != "p521" {
				allowed = false
			}
			r := request(t, "GET", "https://example.com/", "")
			_, err := profile.Sign(r, nil, key, now)
			require.Equal(t, allowed, profile.Allows(key) == nil, "%v", key)
			if !allowed {
				require.ErrorIs(t, err, httpsig.ErrAlgorithm, "%v", key)
				continue
			}
			require.NoError(t, err, "%v", key)
			for range 20 { // ECDSA numbers have leading zeros now and then
				got := order(t, profile, key)
				verified, err := verifier(t, profile, httpsig.Policy{Keys: knows(key)}).Verify(got)
				require.NoError(t, err, "%v", key)
				require.Equal(t, key.Algorithm(), verified.Algorithm)
				got = order(t, profile, key)
				got.Header.Set("Authorization", "Bearer other")
				_, err = verifier(t, profile, httpsig.Policy{Keys: knows(key)}).Verify(got)
				require.ErrorIs(t, err, httpsig.ErrSignature, "%v", key)
			}
		}
	}
}

// Property: a signed request verifies, unless a covered part of it is changed.
func TestRandomRequestsVerifyAfterSigning(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(of ...string) string { return of[random.IntN(len(of))] }
	text := func(alphabet string, most int) string {
		var b strings.Builder
		for range random.IntN(most + 1) {
			b.WriteByte(alphabet[random.IntN(len(alphabet))])
		}
		return b.String()
	}
	const path = "abc/-_.~%2F%20;=@:+"
	key := edKey(t, "k")
	for range 2000 {
		profile := []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()}[random.IntN(3)]
		body := text("{}\x00\xff abc", 40)
		target := pick("http", "https") + "://" + pick("a.example", "A.Example:443", "b.example:80", "[::1]:8080") + "/" +
			strings.NewReplacer("%", "%41").Replace(text(path, 12)) + pick("", "?", "?"+text("ab=&+", 9))
		r := request(t, pick("GET", "POST", "PATCH", "DELETE"), target, body)
		for range random.IntN(5) {
			name := http.CanonicalHeaderKey("f" + text("abc-", 5) + "z")
			r.Header[name] = append(r.Header[name], text(" \t~!,;\"abc", 12))
		}
		got := signed(t, profile, r, body, key)
		v := verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: r.URL.Scheme})
		verified, err := v.Verify(got)
		require.NoError(t, err, "%s %s %q %q", r.Method, target, r.Header, body)
		after, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		require.True(t, bytes.Equal([]byte(body), after))

		broken := received(t, r)
		switch random.IntN(4) {
		case 0:
			broken.Method += "X"
		case 1:
			broken.RequestURI = "/q" + broken.RequestURI
		case 2:
			broken.Body = readCloser(body + "x")
			if body == "" { // then nothing vouches for the body: it must not be there
				broken.ContentLength = 1
			}
		case 3:
			names := []string{}
			for name := range r.Header {
				if verified.Covers(strings.ToLower(name)) && !strings.Contains(name, "Digest") {
					names = append(names, name)
				}
			}
			slices.Sort(names)
			if len(names) == 0 {
				continue
			}
			broken.Header.Add(names[random.IntN(len(names))], "x")
		}
		_, err = v.Verify(broken)
		require.Error(t, err)
	}
}

func TestSigningAndVerifyingAllocateLittle(t *testing.T) {
	key := edKey(t, "k")
	profile := httpsig.RFC9421()
	body := bytes.Repeat([]byte("x"), 1024)
	r := request(t, http.MethodPost, "https://example.com/orders?a=b", string(body), "Content-Type: application/json", "Authorization: Bearer x")
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		if _, err := profile.Sign(r, body, key, now); err != nil {
			t.Fatal(err)
		}
	}), 8.0)
	got := signed(t, profile, r, string(body), key)
	v := verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: "https"})
	again := &again{data: body}
	require.LessOrEqual(t, testing.AllocsPerRun(100, func() {
		got.Body = again
		if _, err := v.Verify(got); err != nil {
			t.Fatal(err)
		}
	}), 5.0)
}

func TestAnAnswerWithoutAStatusIsRefused(t *testing.T) {
	key := edKey(t, "k")
	profile := derive(t, httpsig.RFC9421(), func(s *httpsig.Settings) { s.Cover, s.CoverPresent = []string{"content-type"}, nil })
	response := &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"text/plain"}}}
	fields, err := profile.SignResponse(response, nil, key, now)
	require.NoError(t, err)
	for _, cover := range []string{fields["Signature-Input"][0], `sig1=("@method");created=1700000000;keyid="k"`, `sig1=("@query");created=1700000000;keyid="k"`} {
		for _, status := range []string{"000", "099"} {
			lines := []string{"HTTP/1.1 " + status + " OK", "Content-Type: text/plain", "Signature-Input: " + cover, "Signature: " + fields["Signature"][0], "", ""}
			got, err := http.ReadResponse(bufio.NewReader(strings.NewReader(strings.Join(lines, "\r\n"))), nil)
			require.NoError(t, err)
			v := verifier(t, profile, httpsig.Policy{Keys: knows(key), Require: []string{}, RequirePresent: []string{}})
			_, err = v.VerifyResponse(t.Context(), got)
			require.ErrorIs(t, err, httpsig.ErrMalformed)
		}
	}
}

func TestManyParametersOfOneRequestAreParsedOnce(t *testing.T) {
	key := edKey(t, "k")
	v := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key), Require: []string{}, RequirePresent: []string{}})
	list := func(of, separator string, n int) string {
		var parts []string
		for i := range n {
			parts = append(parts, fmt.Sprintf(of, i))
		}
		return strings.Join(parts, separator)
	}
	// verify returns how long it takes to refuse a request that covers n components.
	verify := func(r *http.Request, component string, n int, want error) time.Duration {
		r.Header.Set("Signature-Input", "sig1=("+list(component, " ", n)+`);created=1700000000;keyid="k"`)
		r.Header.Set("Signature", "sig1=:AAAA:")
		least := time.Hour
		for range 5 {
			start := time.Now()
			_, err := v.Verify(r)
			least = min(least, time.Since(start))
			require.ErrorIs(t, err, want)
		}
		return least
	}
	const parameter, member = `"@query-param";name="p%d"`, `"dict";key="p%d"`
	query := func(text string) *http.Request {
		return parseRequest(t, "GET /?"+text+" HTTP/1.1", "Host: a", "", "")
	}
	dictionary := func(n int) *http.Request {
		return parseRequest(t, "GET / HTTP/1.1", "Host: a", "Dict: "+list("p%d=1", ", ", n), "", "")
	}
	for name, c := range map[string]struct {
		request   *http.Request
		component string
	}{
		"a query of many parameters":      {query(list("p%d=1", "&", 1000)), parameter},
		"a query with one long parameter": {query("x=" + strings.Repeat("%41", 300_000) + "&" + list("p%d=1", "&", 124)), parameter},
		"a dictionary of many members":    {dictionary(1000), member},
	} {
		one := verify(c.request, c.component, 1, httpsig.ErrSignature)
		all := verify(c.request, c.component, 124, httpsig.ErrSignature)
		require.Less(t, all, 20*one, "%s is parsed for each component that covers a part of it", name)
	}
	verify(query(list("p%d=1", "&", 1001)), parameter, 1, httpsig.ErrComponent)
	verify(dictionary(1001), member, 1, httpsig.ErrComponent)
}

func TestLongFieldsOfAnUnsignedRequestAreNotParsed(t *testing.T) {
	key := edKey(t, "k")
	v := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key), Require: []string{}, RequirePresent: []string{}})
	refused := func(covered string, fields ...string) error {
		lines := append([]string{"GET / HTTP/1.1", "Host: a"}, fields...)
		lines = append(lines, "Signature-Input: sig1=("+covered+`);created=1700000000;keyid="k"`, "Signature: sig1=:AAAA:", "", "")
		_, err := v.Verify(parseRequest(t, lines...))
		return err
	}
	list := func(bytes int) string { return "a=(" + strings.Repeat("1 ", bytes/2) + ")" }
	for _, covered := range []string{`"priority";key="a"`, `"priority";sf`} {
		require.ErrorIs(t, refused(covered, "Priority: "+list(60<<10)), httpsig.ErrSignature)
		require.ErrorIs(t, refused(covered, "Priority: "+list(800<<10)), httpsig.ErrComponent)
		require.ErrorContains(t, refused(covered, "Priority: "+list(800<<10)), `"priority"`)
	}
	// Many fields cost no more than one.
	half := list(40 << 10)
	require.ErrorIs(t, refused(`"x";key="a" "y"`, "X: "+half, "Y: "+half), httpsig.ErrSignature)
	require.ErrorIs(t, refused(`"x";key="a" "y";key="a"`, "X: "+half, "Y: "+half), httpsig.ErrComponent)
	require.ErrorIs(t, refused(`"priority" "priority";bs`, "Priority: "+list(800<<10)), httpsig.ErrSignature, "a whole field is not parsed")
}

func TestABodyBesideALengthOfZeroIsNotTakenForNone(t *testing.T) {
	key := edKey(t, "k")
	for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()} {
		r := request(t, http.MethodPost, "https://example.com/", "")
		got := signed(t, profile, r, "", key)
		require.Zero(t, got.ContentLength)
		got.Body = readCloser("smuggled")
		_, err := verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: "https"}).Verify(got)
		require.ErrorIs(t, err, httpsig.ErrNotCovered)
	}
}

func TestAChunkedRequestMayBeFramedAnew(t *testing.T) {
	key := edKey(t, "k")
	const body = `{"side":"BUY"}`
	for _, profile := range []*httpsig.Profile{httpsig.RFC9421(), httpsig.UpvestV15(), httpsig.UpvestV6()} {
		r := request(t, http.MethodPost, "https://example.com/", body, "Content-Type: application/json")
		r.ContentLength = -1
		fields, err := profile.Sign(r, []byte(body), key, now)
		require.NoError(t, err)
		setAll(r.Header, fields)
		r.ContentLength = int64(len(body)) // what a proxy does
		got := received(t, r)
		require.Equal(t, "14", got.Header.Get("Content-Length"))
		_, err = verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: "https"}).Verify(got)
		require.NoError(t, err)
		// A policy can require content-length all the same.
		_, err = verifier(t, profile, httpsig.Policy{Keys: knows(key), Scheme: "https", RequirePresent: []string{"content-length"}}).Verify(received(t, r))
		require.ErrorIs(t, err, httpsig.ErrNotCovered)
	}
}

func TestACoveredHostFieldVerifies(t *testing.T) {
	key := secretKey(t, "k")
	const input = `("@method" "host");created=1700000000;keyid="k"`
	mac := hmac.New(sha256.New, []byte("a secret of some thirty-two bytes"))
	fmt.Fprintf(mac, "\"@method\": GET\n\"host\": Example.com:8080\n\"@signature-params\": %s", input)
	v := verifier(t, httpsig.RFC9421(), httpsig.Policy{Keys: knows(key), Require: []string{"@method", "host"}, RequirePresent: []string{"host"}})
	for target, want := range map[string]error{"/": nil, "http://example.com:8080/": httpsig.ErrComponent} {
		r := parseRequest(t, "GET "+target+" HTTP/1.1", "Host: Example.com:8080", "Signature-Input: sig1="+input,
			"Signature: sig1=:"+base64.StdEncoding.EncodeToString(mac.Sum(nil))+":", "", "")
		_, err := v.Verify(r)
		require.ErrorIs(t, err, want, target)
	}
}

func TestWhatIsTheMessagesFaultIsRefusedAndNothingElse(t *testing.T) {
	down := errors.New("down")
	for _, err := range []error{httpsig.ErrKey, httpsig.ErrNoncesFull, down} {
		require.NotErrorIs(t, err, httpsig.ErrRefused)
	}
	for _, err := range []error{httpsig.ErrUnknownKey, httpsig.ErrSignature, httpsig.ErrReplayed, httpsig.ErrBodyTooLarge, httpsig.ErrMalformed} {
		require.ErrorIs(t, err, httpsig.ErrRefused)
	}
	key := edKey(t, "k")
	for _, c := range []struct {
		policy  httpsig.Policy
		refused bool
	}{
		{httpsig.Policy{Keys: func(context.Context, string) (httpsig.Key, error) { return httpsig.Key{}, down }}, false},
		{httpsig.Policy{Keys: knows(key), Nonces: httpsig.NewMemoryNonces(0)}, false},
		{httpsig.Policy{Keys: knows()}, true},
		{httpsig.Policy{Keys: knows(key), Label: "other"}, true},
	} {
		_, err := verifier(t, httpsig.UpvestV15(), c.policy).Verify(order(t, httpsig.UpvestV15(), key))
		require.Error(t, err)
		require.Equal(t, c.refused, errors.Is(err, httpsig.ErrRefused), "%v", err)
	}
}
