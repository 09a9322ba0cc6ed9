// A call goes to a link that the program has, and that may lead to any operation.
//
//	operations: get_customer
//	scopes: customers:read orders:write
//	findings: SG1006
package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/internal/program/audit/testdata/open"
	"github.com/scopegen/scopegen/runtime"
)

type access interface {
	scope.CustomersRead
	scope.OrdersWrite
}

func main() {
	token := runtime.Authorize[access](open.Session())
	_, _ = customers.NewReader(token).GetCustomer(context.Background(), "c1", runtime.WithLink("/orders/1"))
}
