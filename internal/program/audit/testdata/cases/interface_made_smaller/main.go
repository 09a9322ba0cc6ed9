// A client is an interface with more methods before it is one with fewer.
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

type orderer interface {
	getter
	PlaceOrder(context.Context, orders.NewOrder, ...runtime.CallOption) (*orders.Order, error)
}

func main() {
	var o orderer = orders.NewWriter(token())
	g := getter(o)
	_, _ = g.GetOrder(context.Background(), 1)
}
