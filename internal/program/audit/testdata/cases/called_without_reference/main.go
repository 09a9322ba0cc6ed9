// Assembly calls a function, and so does another package, under a name that a directive
// gives it.
//
//	operations: get_order place_order
//	scopes: orders:read orders:write
package main

import (
	"context"
	_ "unsafe"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/hook"
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

func get() { _, _ = orders.NewReader(token()).GetOrder(context.Background(), 1) }

//go:linkname place github.com/scopegen/scopegen/internal/program/audit/testdata/hook.hooked
func place() { _, _ = orders.NewWriter(token()).PlaceOrder(context.Background(), orders.NewOrder{}) }

func jump()

func main() {
	jump()
	hook.Run()
}
