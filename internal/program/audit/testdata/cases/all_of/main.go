// An operation needs two scopes at once.
//
//	operations: list_orders_of_customer
//	scopes: customers:read orders:read
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
	_, _ = orders.NewHistory(token()).ListOrdersOfCustomerPage(context.Background(), "5a4d8f0e-0000-4000-8000-0000000000aa", orders.ListOrdersOfCustomerParams{})
}
