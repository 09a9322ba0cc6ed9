// An interface that embeds another is narrowed before the call.
//
//	operations: get_order
//	scopes: orders:write
//	findings: SG1002
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

type both interface {
	getter
	PlaceOrder(context.Context, orders.NewOrder, ...runtime.CallOption) (*orders.Order, error)
}

func main() {
	var b both = orders.NewWriter(token())
	var g getter = b
	_, _ = g.GetOrder(context.Background(), 1)
}
