// A generic function has the client itself as type parameter, and calls through a pointer.
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

type pointer[T any] interface {
	*T
	GetOrder(context.Context, int64, ...runtime.CallOption) (*orders.Order, error)
}

func use[T any, P pointer[T]](p P) { _, _ = p.GetOrder(context.Background(), 1) }

func main() { use(orders.NewReader(token())) }
