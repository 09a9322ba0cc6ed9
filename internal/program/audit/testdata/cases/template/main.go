// A template calls a method by name.
//
//	operations: get_order place_order
//	scopes: orders:write
package main

import (
	"context"
	"os"
	"text/template"

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

type page struct {
	Ctx   context.Context
	Order *orders.Writer
}

func main() {
	t := template.Must(template.New("").Parse("{{.Order.GetOrder .Ctx 1}}"))
	_ = t.Execute(os.Stdout, page{context.Background(), orders.NewWriter(token())})
}
