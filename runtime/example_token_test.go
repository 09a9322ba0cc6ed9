package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

// What follows up to the examples is what scopegen generates for an API of two
// scopes, shortened.

type ThingsRead interface{ thingsReadScope() }

type ThingsAdmin interface{ thingsAdminScope() }

func exampleAPI() *clientimpl.API {
	return &clientimpl.API{
		Name: "things",
		Scopes: clientimpl.NewScopes(
			clientimpl.Scope{Name: "things:read", Pointer: (*ThingsRead)(nil)},
			clientimpl.Scope{Name: "things:admin", Pointer: (*ThingsAdmin)(nil)},
		),
		Token: clientimpl.TokenEndpoint{Path: "/token"},
	}
}

// Reader can do what the scope "things:read" permits.
type Reader struct{ reader runtime.Caller }

func NewReader[S ThingsRead](token runtime.Token[S]) *Reader {
	return &Reader{reader: runtime.NewCaller[ThingsRead](token)}
}

func (c *Reader) RetrieveThing(ctx context.Context, id string, opts ...runtime.CallOption) (*thing, error) {
	request := runtime.NewRequest(&getThing)
	request.Path("id", id)
	var result thing
	if err := runtime.DoJSON(ctx, c.reader, request, &result, opts...); err != nil {
		return nil, err
	}
	return &result, nil
}

// exampleServer grants what it is asked for, but for scopes that the client is
// not configured for.
func exampleServer() *httptest.Server {
	return httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Path != "/token":
			fmt.Fprint(w, `{"id":"t1"}`)
		case r.FormValue("scope") == "things:read":
			fmt.Println("the endpoint is asked for", r.FormValue("scope"))
			fmt.Fprint(w, `{"access_token":"a1","token_type":"bearer","expires_in":3600}`)
		default:
			w.WriteHeader(http.StatusUnauthorized)
			fmt.Fprint(w, `{"error":"invalid_scope","error_description":"not configured"}`)
		}
	}))
}

// What a service may do is an interface that embeds scopes; a token of that set
// makes the clients that the scopes permit.
func Example() {
	type access interface {
		ThingsRead
		ThingsAdmin
	}
	server := exampleServer()
	defer server.Close()

	// With a generated package: things.Open(things.Live, credentials).
	session, err := runtime.Open(exampleAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")})
	if err != nil {
		fmt.Println(err)
		return
	}
	token := runtime.Authorize[access](session)
	fmt.Println("the token may stand for", token.Scopes())

	reader := NewReader(token) // does not compile if access has no ThingsRead
	for range 3 {
		found, err := reader.RetrieveThing(context.Background(), "t1")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(found.ID)
	}
	// Output:
	// the token may stand for [things:admin things:read]
	// the endpoint is asked for things:read
	// t1
	// t1
	// t1
}

// Why there is no token.
func ExampleTokenError() {
	server := exampleServer()
	defer server.Close()
	session, err := runtime.Open(exampleAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")})
	if err != nil {
		fmt.Println(err)
		return
	}
	caller := runtime.NewCaller[ThingsAdmin](runtime.Authorize[ThingsAdmin](session)) // a generated constructor does this

	err = runtime.DoEmpty(context.Background(), caller, runtime.NewRequest(&createThing))
	var refused *runtime.TokenError
	if errors.As(err, &refused) {
		fmt.Println(refused.Status, refused.Code, refused.Detail, refused.Scopes)
	}
	// Output: 401 invalid_scope not configured [things:admin]
}

// A token that must not be used says why, before anything is sent.
func ExampleToken_Err() {
	var forgotten runtime.Token[ThingsRead]
	fmt.Println(errors.Is(forgotten.Err(), runtime.ErrFailClosed))

	_, err := NewReader(forgotten).RetrieveThing(context.Background(), "t1")
	fmt.Println(errors.Is(err, runtime.ErrFailClosed))
	// Output:
	// true
	// true
}

// What holds for every call is given to Open. A call may differ.
func ExampleDefaultOption() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token":"a1","token_type":"bearer","expires_in":3600}`)
			return
		}
		fmt.Println(r.UserAgent(), r.Header.Get("Accept-Language"))
		fmt.Fprint(w, `{"id":"t1"}`)
	}))
	defer server.Close()
	session, err := runtime.Open(exampleAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")},
		runtime.WithTimeout(10*time.Second),
		runtime.WithHeader("User-Agent", "shop/1.4"),
		runtime.WithHeader("Accept-Language", "en"))
	if err != nil {
		fmt.Println(err)
		return
	}
	reader := NewReader(runtime.Authorize[ThingsRead](session))
	for _, opts := range [][]runtime.CallOption{nil, {runtime.WithHeader("Accept-Language", "de")}} {
		if _, err := reader.RetrieveThing(context.Background(), "t1", opts...); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// shop/1.4 en
	// shop/1.4 de
}

// A secret stays one however it is printed.
func ExampleSecret() {
	credentials := runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}
	fmt.Printf("%+v\n", credentials)
	// Output: {ClientID:c1 ClientSecret:[secret] Authentication:<nil>}
}

// Access tokens that are bound to a key are of no use to a thief.
func ExampleWithDPoP() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Println(r.Method, r.URL.Path, "with a proof:", strings.Count(r.Header.Get("DPoP"), ".") == 2)
		if r.URL.Path == "/token" {
			fmt.Fprint(w, `{"access_token":"a1","token_type":"DPoP","expires_in":3600}`)
			return
		}
		fmt.Println(r.Header.Get("Authorization"))
		fmt.Fprint(w, `{"id":"t1"}`)
	}))
	defer server.Close()
	api := exampleAPI()
	api.Token.DPoP = "required" // as the catalogue says it: "dpop: required"
	session, err := runtime.Open(api, runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}, runtime.WithDPoP())
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := NewReader(runtime.Authorize[ThingsRead](session)).RetrieveThing(context.Background(), "t1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(found.ID)
	// Output:
	// POST /token with a proof: true
	// GET /things/t1 with a proof: true
	// DPoP a1
	// t1
}

// Sessions that share a store share their access tokens; a fleet uses a Store
// over Redis, Valkey or what it has.
func ExampleWithStore() {
	server := exampleServer()
	defer server.Close()
	var store runtime.MemoryStore
	for range 2 {
		session, err := runtime.Open(exampleAPI(), runtime.Server{URL: server.URL},
			runtime.Credentials{ClientID: "c1", ClientSecret: runtime.NewSecret("s1")}, runtime.WithStore(&store))
		if err != nil {
			fmt.Println(err)
			return
		}
		found, err := NewReader(runtime.Authorize[ThingsRead](session)).RetrieveThing(context.Background(), "t1")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(found.ID)
	}
	// Output:
	// the endpoint is asked for things:read
	// t1
	// t1
}
