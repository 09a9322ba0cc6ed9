package main

import (
	"context"

	"github.com/scopegen/scopegen/internal/dev/compile/counting"
	"github.com/scopegen/scopegen/internal/dev/golden/shop/customers"
	shop "github.com/scopegen/scopegen/internal/dev/golden/shop/scope"
	"github.com/scopegen/scopegen/runtime"
)

func main() {
	counting.Try(func(server runtime.Server) error {
		_, err := customers.NewReader(runtime.Authorize[shop.CustomersRead](counting.Open(server))).GetCustomer(context.Background(), "id")
		return err
	})
}
