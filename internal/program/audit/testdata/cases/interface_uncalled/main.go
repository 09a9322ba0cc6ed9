// A client becomes a value of an interface whose methods nothing calls.
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

var sink lister

func main() { sink = customers.NewAdmin(token()) }
