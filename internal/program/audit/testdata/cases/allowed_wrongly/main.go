// Suppressions that are unused, expired, without a reason, for an unknown scope.
//
//	scopes: orders:read
//	findings: SG1006 SG1006 SG1008 SG1008 SG1008 SG1008
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

//scopegen:allow orders:read until=2999-01-01 there is nothing here
//scopegen:allow orders:reed until=2999-01-01 there is no such scope
func main() {
	//scopegen:allow orders:read until=2001-01-01 this has expired
	caller := runtime.NewCaller[scope.OrdersRead](runtime.Authorize[scope.OrdersRead](open.Session()))
	//scopegen:allow SG1006 until=2999-01-01
	_ = runtime.DoEmpty(context.Background(), caller, runtime.UnlistedCall("GET", "/orders/1"))
}
