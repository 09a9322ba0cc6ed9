// A function of a generated package is linked to by name.
//
//	operations: place_order
//	scopes: orders:write
//	findings: SG1006
package main

import (
	"context"
	_ "unsafe"

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

//go:linkname place github.com/scopegen/scopegen/internal/dev/golden/shop/orders.(*Writer).PlaceOrder
func place(c *orders.Writer, ctx context.Context, body orders.NewOrder, opts ...runtime.CallOption) (*orders.Order, error)

func main() { _, _ = place(orders.NewWriter(token()), context.Background(), orders.NewOrder{}) }
