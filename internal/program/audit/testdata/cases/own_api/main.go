// A session with an API value that the program made.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1006 SG1006
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	api := shop.API()
	api.Headers = nil
	session, err := runtime.Open(api, runtime.Server{}, runtime.Credentials{})
	if err != nil {
		return
	}
	_, _ = orders.NewReader(runtime.Authorize[scope.OrdersRead](session)).GetOrder(context.Background(), 1)
}
