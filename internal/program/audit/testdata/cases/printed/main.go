// A client is printed, which calls none of its methods.
//
//	findings: SG1001 SG1005
package main

import (
	"fmt"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/orders"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

func main() { fmt.Println(orders.NewWriter(runtime.Authorize[scope.OrdersWrite](open.Session()))) }
