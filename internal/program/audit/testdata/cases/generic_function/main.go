// A generic function calls a method of its type parameter.
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

type getter interface {
	GetOrder(context.Context, int64, ...runtime.CallOption) (*orders.Order, error)
}

func use[G getter](g G) { _, _ = g.GetOrder(context.Background(), 1) }

func main() { use(orders.NewReader(token())) }
