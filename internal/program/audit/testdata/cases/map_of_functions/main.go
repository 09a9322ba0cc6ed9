// Methods are values of a map.
//
//	operations: get_order place_order
//	scopes: orders:read orders:write
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.CustomersRead
	scope.CustomersAdmin
	scope.OrdersRead
	scope.OrdersWrite
}

func token() runtime.Token[access] { return runtime.Authorize[access](open.Session()) }

func main() {
	commands := map[string]any{"get": orders.NewReader(token()).GetOrder, "place": orders.NewWriter(token()).PlaceOrder}
	_, _ = commands["get"].(func(context.Context, int64, ...runtime.CallOption) (*orders.Order, error))(context.Background(), 1)
}
