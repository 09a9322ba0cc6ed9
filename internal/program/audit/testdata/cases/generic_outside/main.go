// A package that knows nothing of the API has a generic interface that a client implements.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1005
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
	container.Fetch[int64, runtime.CallOption, *orders.Order](context.Background(), orders.NewReader(token()), 1)
}
