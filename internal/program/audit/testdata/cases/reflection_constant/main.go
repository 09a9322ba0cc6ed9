// Reflection calls a method by a constant name.
//
//	operations: get_order
//	scopes: orders:write
//	findings: SG1002 SG1005
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

func main() {
	writer := orders.NewWriter(token())
	reflect.ValueOf(writer).MethodByName("GetOrder").Call([]reflect.Value{reflect.ValueOf(context.Background()), reflect.ValueOf(int64(1))})
}
