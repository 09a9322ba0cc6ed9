// A request that no generated client makes.
//
//	scopes: orders:write
//	findings: SG1006 SG1006
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	caller := runtime.NewCaller[scope.OrdersWrite](runtime.Authorize[scope.OrdersWrite](open.Session()))
	_ = runtime.DoEmpty(context.Background(), caller, runtime.UnlistedCall("GET", "/orders/1"))
}
