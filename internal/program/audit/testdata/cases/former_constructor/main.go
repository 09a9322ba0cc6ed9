// A client is made by the constructor that a rename left behind.
//
//	operations: create_customer
//	scopes: customers:admin
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
	scope.CustomersManage
}

func token() runtime.Token[access] { return runtime.Authorize[access](open.Session()) }

func main() {
	_, _ = customers.NewManager(token()).CreateCustomer(context.Background(), customers.NewCustomer{})
}
