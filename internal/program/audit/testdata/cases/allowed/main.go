// A raw call and an idle token that are allowed, with a reason.
//
//	scopes: orders:read
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	//scopegen:allow orders:read until=2999-01-01 the API has an operation that the table lacks
	caller := runtime.NewCaller[scope.OrdersRead](runtime.Authorize[scope.OrdersRead](open.Session()))
	//scopegen:allow SG1006 until=2999-01-01 the same
	_ = runtime.DoEmpty(context.Background(), caller, runtime.UnlistedCall("GET", "/orders/1"))
}

//scopegen:allow SG2001 until=2999-01-01 only the analyzer of one package has this finding
func idle(token runtime.Token[scope.OrdersRead]) {}
