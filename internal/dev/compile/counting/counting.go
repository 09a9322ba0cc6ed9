// Package counting is what the programs share that must send nothing: a
// server that counts what arrives, and a session with it.
package counting

import (
	"crypto/ed25519"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/runtime"
)

// Try runs a call against a server of its own and prints what came of it.
func Try(call func(server runtime.Server) error) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	fmt.Println("error:", call(runtime.Server{Name: "test", URL: server.URL}))
	fmt.Println("requests:", requests.Load())
}

// Open opens a session of the Upvest API with the server.
func Open(server runtime.Server) *runtime.Session {
	_, key, err := ed25519.GenerateKey(nil)
	if err != nil {
		panic(err)
	}
	session, err := upvest.Open(server, runtime.Credentials{ClientID: "client", ClientSecret: runtime.NewSecret("secret")}, runtime.WithKey("key", key))
	if err != nil {
		panic(err)
	}
	return session
}
