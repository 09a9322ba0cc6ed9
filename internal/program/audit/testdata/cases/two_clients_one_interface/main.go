// Two clients implement an interface; one of them is called through it, of the other nothing is.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1005
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

var kept any

func use(g getter) { _, _ = g.GetOrder(context.Background(), 1) }

func main() {
	use(orders.NewReader(token()))
	kept = orders.NewWriter(token())
}
