package runtime_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/scopegen/scopegen/runtime"
)

// exampleCaller stands for what a generated client holds; its server answers
// with status and body.
func exampleCaller(status int, body string) (runtime.Caller, func()) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Things-Request-Id", "f00d")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}))
	session, err := runtime.Open(thingsAPI(), runtime.Server{URL: server.URL},
		runtime.Credentials{ClientID: "id", ClientSecret: runtime.NewSecret("secret")})
	if err != nil {
		panic(err)
	}
	return runtime.NewPublicCaller(session), server.Close
}

// How a program tells errors apart.
func ExampleError() {
	caller, done := exampleCaller(http.StatusUnprocessableEntity, `{"title":"Invalid request","detail":"quantity is negative"}`)
	defer done()

	// With a generated client: order, err := client.PlaceOrder(ctx, request)
	var created thing
	err := runtime.DoJSON(context.Background(), caller, runtime.NewRequest(&createThing), &created)

	var failed *runtime.Error
	switch {
	case errors.Is(err, runtime.ErrForbidden):
		fmt.Println("ask for another scope")
	case errors.As(err, &failed):
		fmt.Println(failed.Status, failed.Problem.Detail, failed.RequestID)
	case errors.Is(err, runtime.ErrNoResponse):
		fmt.Println("it may have happened or not: call again with the same idempotency key")
	}
	fmt.Println(err)
	// Output:
	// 422 quantity is negative f00d
	// create_thing: 422 Unprocessable Entity: Invalid request: quantity is negative; request id f00d
}

// A key that the program chooses, and keeps, makes a call safe to repeat even
// after a crash.
func ExampleWithIdempotencyKey() {
	caller, done := exampleCaller(http.StatusOK, `{"id":"t1"}`)
	defer done()

	key := "8f7a1d52-4a7e-4a55-9c1c-0b3c7d1c9d10" // stored with the order before it is placed
	var created thing
	err := runtime.DoJSON(context.Background(), caller, runtime.NewRequest(&createThing), &created,
		runtime.WithIdempotencyKey(key), runtime.WithTimeout(10*time.Second))
	fmt.Println(created.ID, err)
	// Output: t1 <nil>
}

// What a response says beside its body.
func ExampleWithResponseInfo() {
	caller, done := exampleCaller(http.StatusOK, `{"id":"t1"}`)
	defer done()

	var info runtime.ResponseInfo
	request := runtime.UnlistedCall(http.MethodGet, "/things/{id}/history")
	request.Path("id", "t1")
	err := runtime.DoEmpty(context.Background(), caller, request, runtime.WithResponseInfo(&info))
	fmt.Println(info.Status, info.RequestID, info.Attempts, err)
	// Output: 200 f00d 1 <nil>
}

// Absent, null, empty and present are four things.
func ExampleOptional() {
	update := struct {
		Name runtime.Optional[string] `json:"name,omitzero"`
		Note runtime.Nullable[string] `json:"note,omitzero"`
	}{
		Note: runtime.Null[string](), // remove the note, leave the name as it is
	}
	request := runtime.NewRequest(&createThing)
	request.JSON(update)
	fmt.Printf("%+v\n", update)
	fmt.Println(update.Name.Or("(as it is)"))
	// Output:
	// {Name:absent Note:null}
	// (as it is)
}

// A decimal keeps its text; Rat computes with it exactly.
func ExampleDecimal_Rat() {
	price, err := runtime.Decimal("0.10").Rat()
	if err != nil {
		panic(err)
	}
	fmt.Println(price.Mul(price, price).FloatString(4))
	// Output: 0.0100
}
