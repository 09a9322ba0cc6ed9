package httpsig_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
)

// A client signs its requests, and a server verifies them.
func Example() {
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize)) // or keyfile.Load, or an HSM
	key, err := httpsig.NewKey("client-1", private)
	if err != nil {
		fmt.Println(err)
		return
	}

	// The server has only the public key.
	public, err := httpsig.NewPublicKey("client-1", private.Public())
	if err != nil {
		fmt.Println(err)
		return
	}
	verifier, err := httpsig.NewVerifier(httpsig.UpvestV15(), httpsig.Policy{
		Keys: func(ctx context.Context, id string) (httpsig.Key, error) {
			if id != public.ID() {
				return httpsig.Key{}, httpsig.ErrUnknownKey
			}
			return public, nil
		},
		Nonces: httpsig.NewMemoryNonces(100_000),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		verified, err := verifier.Verify(r)
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		body, _ := io.ReadAll(r.Body)
		fmt.Fprintf(w, "%s sent %s", verified.KeyID, body)
	}))
	defer server.Close()

	body := []byte(`{"side":"BUY"}`)
	request, err := http.NewRequest(http.MethodPost, server.URL+"/orders", bytes.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	request.Header.Set("Content-Type", "application/json")
	fields, err := httpsig.UpvestV15().Sign(request, body, key, time.Now())
	if err != nil {
		fmt.Println(err)
		return
	}
	for name, values := range fields {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(response.Body)
	fmt.Println(response.Status, string(text))
	// Output: 200 OK client-1 sent {"side":"BUY"}
}

// A profile that covers other components, and says what its signatures are for.
func ExampleProfile_With() {
	profile, err := httpsig.RFC9421().With(func(s *httpsig.Settings) {
		s.Label = "gateway"
		s.Cover = []string{"@method", "@target-uri", `@query-param;name="id"`}
		s.CoverPresent = []string{"content-digest", "authorization"}
		s.Window = 30 * time.Second
		s.Tag = "example"
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	key, err := httpsig.NewSecretKey("shared", []byte("thirty-two bytes that both know."))
	if err != nil {
		fmt.Println(err)
		return
	}
	request, err := http.NewRequest(http.MethodGet, "https://EXAMPLE.com:443/users?id=7", nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fields, err := profile.Sign(request, nil, key, time.Unix(1700000000, 0))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(fields["Signature-Input"][0])
	fmt.Println(fields["Signature"][0])
	// Output:
	// gateway=("@method" "@target-uri" "@query-param";name="id");created=1700000000;expires=1700000030;keyid="shared";tag="example"
	// gateway=:myKYbe6ZKGtCOMo6hn2Nk71z1613/1piMrvNjuiM3qw=:
}

// Each reason for a refusal has an error of its own.
func ExampleVerifier_Verify() {
	verifier, err := httpsig.NewVerifier(httpsig.RFC9421(), httpsig.Policy{
		Keys: func(context.Context, string) (httpsig.Key, error) { return httpsig.Key{}, httpsig.ErrUnknownKey },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = verifier.Verify(httptest.NewRequest(http.MethodGet, "/users", nil))
	switch {
	case errors.Is(err, httpsig.ErrNoSignature):
		fmt.Println("sign your requests:", err)
	case errors.Is(err, httpsig.ErrExpired), errors.Is(err, httpsig.ErrTooOld):
		fmt.Println("is your clock right?", err)
	case err != nil:
		fmt.Println("refused:", err)
	}
	// Output: sign your requests: message is not signed: it must have the fields signature-input and signature
}
