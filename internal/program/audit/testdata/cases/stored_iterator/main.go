// An iterator is stored and read elsewhere.
//
//	operations: list_customers
//	scopes: customers:read
package main

import (
	"context"
	"iter"

	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/model"
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

type feed struct {
	all iter.Seq2[model.Customer, error]
}

func (f feed) read() {
	for range f.all {
	}
}

func main() {
	feed{customers.NewReader(token()).ListCustomers(context.Background(), customers.ListCustomersParams{})}.read()
}
