// A request for an operation that the program made, without the mark of an unlisted call.
//
//	scopes: orders:write
//	findings: SG1006 SG1006 SG1006
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
	"github.com/scopegen/scopegen/runtime/clientimpl"
)

func main() {
	caller := runtime.NewCaller[scope.OrdersWrite](runtime.Authorize[scope.OrdersWrite](open.Session()))
	_ = runtime.DoEmpty(context.Background(), caller, runtime.NewRequest(&operation))
}

var operation = clientimpl.Operation{ID: "get_order", Method: "GET", Path: "/orders/1", Requires: [][]string{{"orders:read"}}}
