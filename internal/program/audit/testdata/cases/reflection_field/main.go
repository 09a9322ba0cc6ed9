// Reflection finds a client in a field.
//
//	operations: get_order
//	scopes: orders:read
package main

import (
	"context"
	"os"
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

type service struct{ Reader *orders.Reader }

func main() {
	v := reflect.ValueOf(service{orders.NewReader(token())})
	v.Field(0).Method(len(os.Args) - 1).Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(int64(1))})
}
