// A type parameter is asserted.
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

func as[T any](v any) T { return v.(T) }

func main() { _, _ = as[getter](orders.NewReader(token())).GetOrder(context.Background(), 1) }
