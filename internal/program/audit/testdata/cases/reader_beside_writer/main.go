// A reader is in use beside a writer that could read too.
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
	scope.OrdersRead
	scope.OrdersWrite
}

func main() {
	token := runtime.Authorize[access](open.Session())
	_, _ = orders.NewReader(token).GetOrder(context.Background(), 1)
	_, _ = orders.NewWriter(token).PlaceOrder(context.Background(), orders.NewOrder{})
}
