// A branch with a constant condition never runs.
//
//	operations: get_order
//	scopes: orders:read
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

const debug = false

func main() {
	_, _ = orders.NewReader(token()).GetOrder(context.Background(), 1)
	if debug {
		_, _ = orders.NewWriter(token()).PlaceOrder(context.Background(), orders.NewOrder{})
	}
	if !debug {
		return
	} else {
		_, _ = orders.NewWriter(token()).PlaceOrder(context.Background(), orders.NewOrder{})
	}
}
