//go:build unix

package call

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/scopegen/scopegen/runtime"
)

// boundCall returns a call through the runtime whose access token is bound to a key,
// without a message signature.
func boundCall(b *testing.B, url string, key *ecdsa.PrivateKey) func() {
	a := api()
	a.Signing, a.Token.DPoP = nil, "required"
	session, err := runtime.Open(a, runtime.Server{URL: url}, runtime.Credentials{ClientID: clientID, ClientSecret: runtime.NewSecret("s")}, runtime.WithDPoPKey(key, ""))
	fatal(b, err)
	caller := runtime.NewCaller[ordersAdmin](runtime.Authorize[ordersAdmin](session))
	asked := newOrder()
	return func() {
		request := runtime.NewRequest(&placeOrder)
		request.Path("kind", "market")
		request.JSON(asked)
		var placed order
		if err := runtime.DoJSON(context.Background(), caller, request, &placed); err != nil {
			b.Fatal(err)
		}
	}
}

// bareBoundCall returns the same call as one would write it for a measurement:
// headers of the same size, one ECDSA signature, and nothing that would have to be
// right.
func bareBoundCall(b *testing.B, url string, key *ecdsa.PrivateKey) func() {
	client := &http.Client{}
	asked := newOrder()
	proof := strings.Repeat("p", 530)
	return func() {
		body, err := json.Marshal(asked)
		fatal(b, err)
		digest := sha256.Sum256([]byte(proof))
		_, err = ecdsa.SignASN1(rand.Reader, key, digest[:])
		fatal(b, err)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/orders/market", bytes.NewReader(body))
		fatal(b, err)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Authorization", "DPoP ory_at_0123456789012345678901234567890123456789")
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("DPoP", proof)
		req.Header.Set("Idempotency-Key", "36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11")
		req.Header.Set("Upvest-Api-Version", "1")
		req.Header.Set("Upvest-Client-Id", clientID)
		resp, err := client.Do(req)
		fatal(b, err)
		content, err := io.ReadAll(resp.Body)
		fatal(b, err)
		fatal(b, resp.Body.Close())
		if resp.StatusCode != http.StatusOK {
			b.Fatal(resp.Status)
		}
		var response order
		fatal(b, json.Unmarshal(content, &response))
	}
}

// BenchmarkBoundCallOverBareCall is BenchmarkWholeCallOverBareCall for access tokens
// that are bound to an ECDSA key on P-256.
func BenchmarkBoundCallOverBareCall(b *testing.B) {
	url := start(b)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fatal(b, err)
	compare(b, boundCall(b, url, key), bareBoundCall(b, url, key))
}
