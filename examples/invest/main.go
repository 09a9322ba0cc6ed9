// Command invest reads users and places an order with the Upvest Investment
// API, with a token for just that.
//
// It takes where to call and as whom from the environment, as "scopegen
// sandbox" prints it: SCOPEGEN_URL, SCOPEGEN_CLIENT_ID, SCOPEGEN_CLIENT_SECRET,
// SCOPEGEN_KEY_ID and SCOPEGEN_KEY_FILE.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/model"
	"github.com/scopegen/scopegen/generated/upvest/orders"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/keyfile"
)

// access is what this program may do. Nothing more compiles.
type access interface {
	scope.UsersRead
	scope.OrdersAdmin
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "invest:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	key, err := keyfile.Load(os.Getenv("SCOPEGEN_KEY_FILE"), nil)
	if err != nil {
		return err
	}
	session, err := upvest.Open(
		runtime.Server{Name: "sandbox", URL: os.Getenv("SCOPEGEN_URL")},
		runtime.Credentials{
			ClientID:     os.Getenv("SCOPEGEN_CLIENT_ID"),
			ClientSecret: runtime.NewSecret(os.Getenv("SCOPEGEN_CLIENT_SECRET")),
		},
		runtime.WithKey(os.Getenv("SCOPEGEN_KEY_ID"), key),
	)
	if err != nil {
		return err
	}
	token := runtime.Authorize[access](session)

	userID, err := readUsers(ctx, users.NewReader(token))
	if err != nil {
		return err
	}
	if err := placeOrder(ctx, orders.NewAdmin(token), userID); err != nil {
		return err
	}
	return overreach(ctx, token)
}

func readUsers(ctx context.Context, reader *users.Reader) (userID string, err error) {
	fmt.Println("users:read permits to list users:")
	n := 0
	params := users.ListUsersParams{Limit: runtime.Some[int32](2)} // two a page, to see pages being read
	for user, err := range reader.ListUsers(ctx, params) {
		if err != nil {
			return "", err
		}
		if person := user.BYOL; person != nil {
			n++
			userID = person.ID
			fmt.Printf("  %s %s %s\n", person.ID, person.FirstName, person.LastName)
		}
	}
	fmt.Printf("  %d users, two a page\n", n)
	return userID, nil
}

func placeOrder(ctx context.Context, admin *orders.Admin, userID string) error {
	fmt.Println("orders:admin permits to place an order, with an idempotency key:")
	order := orders.PlaceOrderRequest{
		UserID:           runtime.Some(userID),
		AccountID:        "5a4d8f0e-0000-4000-8000-0000000000aa",
		CashAmount:       runtime.Some[runtime.Decimal]("250.00"),
		Currency:         orders.PlaceOrderRequestCurrencyEUR,
		Side:             model.OrderSideBuy,
		InstrumentID:     "IE00B4L5Y983",
		InstrumentIDType: orders.PlaceOrderRequestInstrumentIDTypeISIN,
		OrderType:        model.OrderTypeMarket,
	}
	// The key is made for each call; one of your own makes a call that you
	// repeat the same call.
	key := runtime.WithIdempotencyKey("6f1f7c1e-9d6b-4c55-8a51-0f2f4a1f9d10")
	placed, err := admin.PlaceOrder(ctx, order, key)
	if err != nil {
		return err
	}
	again, err := admin.PlaceOrder(ctx, order, key)
	if err != nil {
		return err
	}
	fmt.Printf("  order %s is %s; sent again with the same key it is order %s\n", placed.ID, placed.Status, again.ID)
	return nil
}

// overreach does by hand what no client of this token can do.
func overreach(ctx context.Context, token runtime.Token[access]) error {
	fmt.Println("users:read does not permit to offboard a user. A raw call, which the compiler does not check, is refused by the API:")
	//scopegen:allow users:read until=2036-12-31 the example shows that the API refuses what the compiler cannot check
	caller := runtime.NewCaller[scope.UsersRead](token)
	//scopegen:allow SG1006 until=2036-12-31 for the same reason
	err := runtime.DoEmpty(ctx, caller, runtime.UnlistedCall("DELETE", "/users/5a4d8f0e-0000-4000-8000-0000000000bb"))
	var refused *runtime.Error
	if !errors.As(err, &refused) || refused.Status != 403 {
		return fmt.Errorf("the API should have answered 403, and this came: %w", err)
	}
	fmt.Printf("  %v\n", err)
	return nil
}
