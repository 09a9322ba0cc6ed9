// A client is a field of a struct.
//
//	operations: place_order
//	scopes: orders:write
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

type service struct{ writer *orders.Writer }

func (s service) run() { _, _ = s.writer.PlaceOrder(context.Background(), orders.NewOrder{}) }

func main() { service{orders.NewWriter(token())}.run() }
