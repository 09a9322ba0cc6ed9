// A function finds an implementation of the interface that a pointer is to.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"context"
	"errors"

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

type failure struct{ *orders.Reader }

func (failure) Error() string { return "" }

func main() {
	var g getter
	if errors.As(error(failure{orders.NewReader(token())}), &g) {
		_, _ = g.GetOrder(context.Background(), 1)
	}
}
