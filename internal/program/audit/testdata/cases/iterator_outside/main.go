// A package outside runs an iterator of the program.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/container"
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
	reader := orders.NewReader(token())
	for range container.Twice(func(yield func(int) bool) {
		_, _ = reader.GetOrder(context.Background(), 1)
		yield(1)
	}) {
	}
}
