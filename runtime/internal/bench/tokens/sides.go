package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// side opens a client of a token endpoint.
type side func(endpoint string) client

// client obtains a token; holder is what holds the secret.
type client struct {
	token  func(context.Context) error
	holder any
}

const secret = "correct-horse"

type thingsRead interface{ thingsRead() }

var getThing = clientimpl.Operation{ID: "get_thing", Method: http.MethodGet, Path: "/thing", Requires: [][]string{{"things:read"}}}

// behind stands for the API without a network, so that what remains is the token.
type behind struct{ http.RoundTripper }

func (b behind) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Path == "/thing" {
		return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	}
	return b.RoundTripper.RoundTrip(r)
}

func ours(endpoint string) client {
	api := &clientimpl.API{
		Name:   "things",
		Scopes: clientimpl.NewScopes(clientimpl.Scope{Name: "things:read", Pointer: (*thingsRead)(nil)}),
		Token:  clientimpl.TokenEndpoint{Path: "/token"},
	}
	session, err := runtime.Open(api, runtime.Server{URL: endpoint},
		runtime.Credentials{ClientID: "c", ClientSecret: runtime.NewSecret(secret)}, runtime.WithTransport(behind{http.DefaultTransport}))
	if err != nil {
		panic(err) // the arguments are constant
	}
	caller := runtime.NewCaller[thingsRead](runtime.Authorize[thingsRead](session))
	return client{holder: session, token: func(ctx context.Context) error {
		return runtime.DoEmpty(ctx, caller, runtime.NewRequest(&getThing), runtime.WithoutRetry())
	}}
}

func theirs(endpoint string) client {
	config := &clientcredentials.Config{
		ClientID: "c", ClientSecret: secret, TokenURL: endpoint + "/token", Scopes: []string{"things:read"},
		AuthStyle: oauth2.AuthStyleInParams, // spares the request that finds out
	}
	source := config.TokenSource(context.Background())
	return client{holder: config, token: func(context.Context) error { // Token takes no context
		_, err := source.Token()
		return err
	}}
}

// endpoint is a token endpoint that counts what it is asked.
type endpoint struct {
	*httptest.Server
	requests atomic.Int64
	handler  atomic.Pointer[http.HandlerFunc]
}

func serve(handler http.HandlerFunc) *endpoint {
	e := &endpoint{}
	e.set(handler)
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.requests.Add(1)
		(*e.handler.Load())(w, r)
	}))
	return e
}

func (e *endpoint) set(handler http.HandlerFunc) { e.handler.Store(&handler) }

// grant answers with a token; members are added to it.
func grant(members string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"a","token_type":"bearer"%s}`, members)
	}
}

func fail(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }
