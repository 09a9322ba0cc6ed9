// Reflection puts a client into a variable of an interface type.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1005
package main

import (
	"context"
	"reflect"

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

func main() {
	var g getter
	reflect.ValueOf(&g).Elem().Set(reflect.ValueOf(orders.NewReader(token())))
	_, _ = g.GetOrder(context.Background(), 1)
}
