// A client is given to a function that takes an interface, which has one of its methods.
//
//	operations: list_customers
//	scopes: customers:admin
//	findings: SG1002
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
	scope.CustomersAdmin
	scope.OrdersRead
	scope.OrdersWrite
}

func token() runtime.Token[access] { return runtime.Authorize[access](open.Session()) }

type lister interface {
	ListCustomersPage(context.Context, customers.ListCustomersParams, ...runtime.CallOption) (*customers.CustomerList, error)
}

func show(l lister) {
	_, _ = l.ListCustomersPage(context.Background(), customers.ListCustomersParams{})
}

func main() { show(customers.NewAdmin(token())) }
