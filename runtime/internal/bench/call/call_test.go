//go:build unix

// Package call measures what a whole call costs, through client, token and
// signature, beside the same call of bare net/http with the bare cryptography.
//
//	go test -run=NONE -bench=. -benchtime=5000x ./runtime/internal/bench/call
//
// "ratio" is CPU time over CPU time, in one run, with calls of both kinds in
// turns; the server is a process of its own and is not counted. At most 1.08 is
// what the runtime promises.
package call

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
	"github.com/scopegen/scopegen/runtime/httpsig"
)

const serverVariable = "SCOPEGEN_BENCH_SERVER"

func TestMain(m *testing.M) {
	if os.Getenv(serverVariable) != "" {
		serve()
		return
	}
	os.Exit(m.Run())
}

// serve is the server process. It ends when its standard input does.
func serve() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	response, _ := json.Marshal(newOrder())
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			kind := "bearer"
			if r.Header.Get("DPoP") != "" {
				kind = "DPoP"
			}
			fmt.Fprintf(w, `{"access_token":"ory_at_0123456789012345678901234567890123456789","token_type":%q,"expires_in":86400,"scope":"orders:admin"}`, kind)
			return
		}
		_, _ = w.Write(response)
	})}
	fmt.Println(listener.Addr())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = server.Close()
	}()
	_ = server.Serve(listener)
}

// start starts the server process and returns its URL.
func start(b *testing.B) string {
	cmd := exec.Command(os.Args[0], "-test.run=NONE")
	cmd.Env = append(os.Environ(), serverVariable+"=1")
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	fatal(b, err)
	stdout, err := cmd.StdoutPipe()
	fatal(b, err)
	fatal(b, cmd.Start())
	b.Cleanup(func() {
		stdin.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	fatal(b, err)
	return "http://" + strings.TrimSpace(line)
}

func fatal(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

// order is a body of about 1 KiB, both ways.
type order struct {
	ID       string   `json:"id"`
	Side     string   `json:"side"`
	Quantity string   `json:"quantity"`
	Note     string   `json:"note"`
	Parts    []string `json:"parts"`
}

func newOrder() *order {
	return &order{"36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11", "BUY", "10.50", strings.Repeat("n", 500), []string{strings.Repeat("p", 200), strings.Repeat("q", 150)}}
}

type ordersAdmin interface{ ordersAdmin() }

var placeOrder = clientimpl.Operation{ID: "place_order", Method: http.MethodPost, Path: "/orders/{kind}", Requires: [][]string{{"orders:admin"}}, IdempotencyKey: true}

func api() *clientimpl.API {
	return &clientimpl.API{
		Name:        "bench",
		Scopes:      clientimpl.NewScopes(clientimpl.Scope{Name: "orders:admin", Pointer: (*ordersAdmin)(nil)}),
		Token:       clientimpl.TokenEndpoint{Path: "/token"},
		Signing:     httpsig.UpvestV15().Signer,
		Headers:     map[string]string{"upvest-client-id": "{client_id}", "upvest-api-version": "1"},
		RequestID:   "upvest-request-id",
		Idempotency: "idempotency-key",
	}
}

const clientID = "363f3305-7ab0-4e82-a158-f9d382ad08b6"

// whole returns the call through the runtime.
func whole(b *testing.B, url string, key ed25519.PrivateKey) func() {
	session, err := runtime.Open(api(), runtime.Server{URL: url}, runtime.Credentials{ClientID: clientID, ClientSecret: runtime.NewSecret("s")},
		runtime.WithKey("0c6c3b0e-37f2-4d5c-a5a7-0d5b9d3d1c11", key))
	fatal(b, err)
	caller := runtime.NewCaller[ordersAdmin](runtime.Authorize[ordersAdmin](session))
	asked := newOrder()
	return func() {
		request := runtime.NewRequest(&placeOrder)
		request.Path("kind", "market")
		request.Accept("application/json")
		request.JSON(asked)
		var placed order
		if err := runtime.DoJSON(context.Background(), caller, request, &placed); err != nil {
			b.Fatal(err)
		}
	}
}

// bare returns the same call as one would write it for a measurement: headers
// of the same size, a digest and a signature over a base of the same size, and
// nothing that would have to be right.
func bare(b *testing.B, url string, key ed25519.PrivateKey) func() {
	client := &http.Client{}
	asked := newOrder()
	base := bytes.Repeat([]byte("b"), 900)
	return func() {
		body, err := json.Marshal(asked)
		fatal(b, err)
		digest := sha512.Sum512(body)
		signature := ed25519.Sign(key, base)
		req, err := http.NewRequestWithContext(context.Background(), http.MethodPost, url+"/orders/market", bytes.NewReader(body))
		fatal(b, err)
		req.Header.Set("Accept", "application/json")
		req.Header.Set("Authorization", "Bearer ory_at_0123456789012345678901234567890123456789")
		req.Header.Set("Content-Digest", "sha-512=:"+base64.StdEncoding.EncodeToString(digest[:])+":")
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Idempotency-Key", "36e6e1b2-0e0e-4a5c-9d8e-8a8a6a5f7c11")
		req.Header.Set("Signature", "sig1=:"+base64.StdEncoding.EncodeToString(signature)+":")
		req.Header.Set("Signature-Input", `sig1=("@method" "@path" "accept" "authorization" "content-length" "content-type" "content-digest" "idempotency-key" "upvest-client-id" "upvest-api-version");keyid="0c6c3b0e-37f2-4d5c-a5a7-0d5b9d3d1c11";created=1700000000;expires=1700000060;nonce="ABCDEFGHIJKLMNOPQRSTUVWXYZ"`)
		req.Header.Set("Upvest-Api-Version", "1")
		req.Header.Set("Upvest-Client-Id", clientID)
		req.Header.Set("Upvest-Signature-Version", "15")
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

// cpu is the CPU time of this process so far.
func cpu(b *testing.B) time.Duration {
	var usage syscall.Rusage
	fatal(b, syscall.Getrusage(syscall.RUSAGE_SELF, &usage))
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

func BenchmarkWholeCallOverBareCall(b *testing.B) {
	url := start(b)
	_, key, err := ed25519.GenerateKey(nil)
	fatal(b, err)
	compare(b, whole(b, url, key), bare(b, url, key))
}

// compare reports how much CPU time one kind of call takes over another.
func compare(b *testing.B, through, without func()) {
	const turn = 50
	for range turn { // connections, token, caches
		through()
		without()
	}
	// The median of many short turns, each kind first by turns: what else the
	// machine does meanwhile falls on both, and on outliers.
	var ratios []float64
	measure := func(call func()) float64 {
		began := cpu(b)
		for range turn {
			call()
		}
		return float64(cpu(b) - began)
	}
	b.ResetTimer()
	for n := 0; n < b.N; n += turn {
		var a, z float64
		if len(ratios)%2 == 0 {
			a = measure(through)
			z = measure(without)
		} else {
			z = measure(without)
			a = measure(through)
		}
		ratios = append(ratios, a/z)
	}
	slices.Sort(ratios)
	b.ReportMetric(ratios[len(ratios)/2], "ratio")
	b.ReportMetric(0, "ns/op") // of both kinds together means nothing
}

func BenchmarkWholeCall(b *testing.B) {
	one(b, whole)
}

func BenchmarkBareCall(b *testing.B) {
	one(b, bare)
}

func one(b *testing.B, make func(*testing.B, string, ed25519.PrivateKey) func()) {
	url := start(b)
	_, key, err := ed25519.GenerateKey(nil)
	fatal(b, err)
	call := make(b, url, key)
	call()
	b.ReportAllocs()
	began := cpu(b)
	for b.Loop() {
		call()
	}
	b.ReportMetric(float64(cpu(b)-began)/float64(b.N), "cpu-ns/op")
}
