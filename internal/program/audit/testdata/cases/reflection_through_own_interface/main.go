// Reflection calls methods through an interface of the program.
//
//	operations: get_order place_order
//	scopes: orders:write
//	findings: SG1005
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

// methods is what reflect.Type is, among others.
type methods interface {
	MethodByName(name string) (reflect.Method, bool)
}

func main() {
	name := os.Args[0]
	if len(os.Args) == 1 {
		name = "GetOrder"
	}
	writer := reflect.ValueOf(orders.NewWriter(token()))
	var m methods = writer.Type()
	method, _ := m.MethodByName(name)
	method.Func.Call([]reflect.Value{writer, reflect.ValueOf(context.Background()), reflect.ValueOf(int64(1))})
}
