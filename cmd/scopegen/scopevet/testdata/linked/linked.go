// Command linked calls a link, which may lead to an operation of another client.
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.OrdersRead
	scope.CustomersAdmin
}

var session *runtime.Session

func main() {
	_, _ = orders.NewReader(runtime.Authorize[access](session)).GetOrder(context.Background(), 1, runtime.WithLink("/customers"))
}
