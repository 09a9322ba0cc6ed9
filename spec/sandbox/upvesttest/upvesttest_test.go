package upvesttest_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/scopegen/scopegen/generated/upvest"
	"github.com/scopegen/scopegen/generated/upvest/accounts"
	"github.com/scopegen/scopegen/generated/upvest/model"
	"github.com/scopegen/scopegen/generated/upvest/orders"
	"github.com/scopegen/scopegen/generated/upvest/scope"
	"github.com/scopegen/scopegen/generated/upvest/users"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/spec/sandbox"
	"github.com/scopegen/scopegen/spec/sandbox/upvesttest"
)

type everything interface {
	scope.UsersAdmin
	scope.AccountsAdmin
	scope.OrdersAdmin
	scope.OrdersRead
}

func ada() users.UserCreateRequest {
	return users.UserCreateRequest{UserBYOLCreateRequest: &users.UserBYOLCreateRequest{
		FirstName: "Ada", LastName: "Lovelace",
		BirthDate:     runtime.Date{Year: 1990, Month: 12, Day: 10},
		Nationalities: []string{"GB"},
		Address:       model.Address{AddressLine1: "12 St James's Square", Postcode: "SW1Y 4JH", Country: "GB", City: "London"},
	}}
}

func TestTheGeneratedClientsFindWhatTheyCreated(t *testing.T) {
	ctx := context.Background()
	srv := upvesttest.New(t)
	token := runtime.Authorize[everything](srv.Open())

	admin := users.NewAdmin(token)
	user, err := admin.CreateUser(ctx, ada())
	require.NoError(t, err)
	require.Equal(t, "Ada", user.BYOL.FirstName)
	again, err := admin.RetrieveUser(ctx, user.BYOL.ID)
	require.NoError(t, err)
	require.Equal(t, user.BYOL, again.BYOL)

	accountsAdmin := accounts.NewAdmin(token)
	group, err := accountsAdmin.CreateAccountGroup(ctx, accounts.AccountGroupCreateRequest{UserID: user.BYOL.ID, Type: "PERSONAL"})
	require.NoError(t, err)
	account, err := accountsAdmin.CreateAccount(ctx, accounts.AccountCreateRequest{UserID: user.BYOL.ID, AccountGroupID: group.ID, Type: "TRADING"})
	require.NoError(t, err)
	require.Equal(t, group.ID, account.AccountGroupID)
	renamed, err := accountsAdmin.UpdateAccount(ctx, account.ID, accounts.AccountUpdateRequest{Name: runtime.Some("rainy days")})
	require.NoError(t, err)
	require.Equal(t, "rainy days", renamed.Name)

	ordersAdmin := orders.NewAdmin(token)
	var placed []string
	for range 5 {
		order, err := ordersAdmin.PlaceOrder(ctx, orders.PlaceOrderRequest{
			UserID: runtime.Some(user.BYOL.ID), AccountID: account.ID, CashAmount: runtime.Some(runtime.Decimal("10.50")),
			Side: "BUY", InstrumentID: "US0378331005", InstrumentIDType: "ISIN",
		})
		require.NoError(t, err)
		require.Equal(t, runtime.Decimal("10.50"), order.CashAmount)
		placed = append(placed, order.ID)
	}
	var listed []string
	for order, err := range orders.NewReader(token).ListAccountOrders(ctx, account.ID, orders.ListAccountOrdersParams{Limit: runtime.Some(int32(2))}) {
		require.NoError(t, err)
		listed = append(listed, order.ID)
	}
	require.Equal(t, placed, listed)

	_, err = ordersAdmin.CancelOrder(ctx, placed[0])
	require.NoError(t, err)
	_, err = ordersAdmin.RetrieveOrder(ctx, placed[0])
	require.ErrorIs(t, err, runtime.ErrNotFound)

	var used []string
	for _, u := range srv.Usage() {
		used = append(used, u.Used...)
	}
	require.ElementsMatch(t, []string{"users:admin", "accounts:admin", "orders:admin", "orders:read"}, used)
}

func TestAClientGetsNoTokenForAScopeThatItIsNotConfiguredFor(t *testing.T) {
	token := runtime.Authorize[everything](upvesttest.New(t).Open("users:read"))
	_, err := users.NewAdmin(token).CreateUser(context.Background(), ada())
	require.ErrorContains(t, err, "the client is not configured for")
}

func TestAProgramOpensItsSessionFromTheParts(t *testing.T) {
	srv := upvesttest.New(t, sandbox.Config{Populate: true})
	session, err := upvest.Open(srv.Server(), srv.Credentials("users:read"), runtime.WithKey(srv.Key()))
	require.NoError(t, err)
	n := 0
	for user, err := range users.NewReader(runtime.Authorize[scope.UsersRead](session)).ListUsers(context.Background(), users.ListUsersParams{}) {
		require.NoError(t, err)
		require.NotNil(t, user.BYOL)
		n++
	}
	require.Equal(t, 3, n)
}
