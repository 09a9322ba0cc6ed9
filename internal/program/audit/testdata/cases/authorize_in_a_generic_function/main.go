// The set is a type parameter of a function of the program.
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
	scope.StockManage
}

func connect[S scope.OrdersRead]() *orders.Reader {
	return orders.NewReader(runtime.Authorize[S](open.Session()))
}

func main() { _, _ = connect[access]().GetOrder(context.Background(), 1) }
