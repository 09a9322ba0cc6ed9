// A client passes through any and a type switch finds it.
//
//	operations: get_order
//	scopes: orders:read
//	findings: SG1005
package main

import (
	"context"
	"fmt"

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

func use(v any) {
	switch v := v.(type) {
	case *orders.Reader:
		_, _ = v.GetOrder(context.Background(), 1)
	case fmt.Stringer:
		fmt.Println(v)
	}
}

func main() { use(orders.NewReader(token())) }
