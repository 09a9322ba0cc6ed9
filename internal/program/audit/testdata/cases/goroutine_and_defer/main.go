// Calls are made by go and defer.
//
//	operations: get_order place_order
//	scopes: orders:read orders:write
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

func main() {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = orders.NewReader(token()).GetOrder(context.Background(), 1)
	}()
	<-done
	writer := orders.NewWriter(token())
	defer func() { _, _ = writer.PlaceOrder(context.Background(), orders.NewOrder{}) }()
}
