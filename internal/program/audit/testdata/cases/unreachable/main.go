// A scope is in the set and no client of it is made.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1001
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
	scope.CustomersRead
}

func main() {
	_, _ = orders.NewReader(runtime.Authorize[access](open.Session())).GetOrder(context.Background(), 1)
}
