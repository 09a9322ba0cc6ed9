package upvestwebhook_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime/httpsig"
	"github.com/scopegen/scopegen/runtime/upvestwebhook"
)

func ExampleReceiver_Middleware() {
	// In your program the key set comes from the generated client.
	sender := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	x := base64.RawURLEncoding.EncodeToString(sender.Public().(ed25519.PublicKey))
	fetch := func(context.Context) ([]upvestwebhook.JWK, error) {
		return upvestwebhook.ParseKeySet([]byte(`{"keys":[{"kid":"k1","kty":"OKP","crv":"Ed25519","x":"` + x + `"}]}`))
	}

	keys := upvestwebhook.NewKeys(fetch, upvestwebhook.KeyPolicy{})
	receiver, err := upvestwebhook.NewReceiver(upvestwebhook.Policy{
		Keys:    keys.Lookup,
		Refused: func(r *http.Request, err error) { fmt.Println("refused:", err) },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	handler := receiver.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, event := range upvestwebhook.FromContext(r.Context()).Events {
			fmt.Println(event.Type, event.ID, "again:", event.Duplicate)
		}
	}))

	// The same event is delivered twice, and then a delivery without a signature.
	const body = `{"payload":[{"id":"e1","type":"USER.CREATED","object":{"id":"u1"}}]}`
	for range 2 {
		fmt.Println(deliver(handler, sender, body))
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/webhooks", nil))
	fmt.Println(recorder.Code)
	// Output:
	// USER.CREATED e1 again: false
	// 200
	// USER.CREATED e1 again: true
	// 200
	// refused: message is not signed: it must have the fields signature-input and signature
	// 401
}

// deliver sends a signed delivery, as the API does.
func deliver(handler http.Handler, sender ed25519.PrivateKey, body string) int {
	key, err := httpsig.NewKey("k1", sender)
	if err != nil {
		panic(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/webhooks", strings.NewReader(body))
	fields, err := httpsig.UpvestV6().Sign(r, []byte(body), key, time.Now())
	if err != nil {
		panic(err)
	}
	for name, values := range fields {
		r.Header[name] = values
	}
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, r)
	return recorder.Code
}
