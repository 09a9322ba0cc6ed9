// An unsafe pointer makes a writer of a reader.
//
//	operations: get_order place_order
//	scopes: orders:read orders:write
//	findings: SG1006
package main

import (
	"context"
	"unsafe"

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
	reader := orders.NewReader(token())
	_, _ = reader.GetOrder(context.Background(), 1)
	_, _ = (*orders.Writer)(unsafe.Pointer(reader)).PlaceOrder(context.Background(), orders.NewOrder{})
}
