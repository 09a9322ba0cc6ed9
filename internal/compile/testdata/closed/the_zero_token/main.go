package main

import (
	"context"
	"fmt"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
)

func main() {
	try(func(runtime.Server) error {
		_, err := users.NewAdmin(runtime.Token[scope.UsersAdmin]{}).RetrieveUser(context.Background(), "id")
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
