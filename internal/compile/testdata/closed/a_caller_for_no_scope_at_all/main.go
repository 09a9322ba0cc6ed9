package main

import (
	"context"
	"crypto/ed25519"
	"fmt"
	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/runtime"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

func main() {
	try(func(server runtime.Server) error {
		token := runtime.Authorize[scope.UsersRead](open(server))
		caller := runtime.NewCaller[any](token)
		_, err := runtime.Do(context.Background(), caller, runtime.NewRequest(&runtime.Operation{ID: "list_users", Method: "GET", Path: "/users"}))
		return err
	})
}

// try runs a call against a server of its own and tells what came of it.
func try(call func(server runtime.Server) error) {
	var requests atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	defer server.Close()
	fmt.Println("error:", call(runtime.Server{Name: "test", URL: server.URL}))
	fmt.Println("requests:", requests.Load())
}

func open(server runtime.Server) *runtime.Session {
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
